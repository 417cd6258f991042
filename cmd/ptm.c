/* SPDX-License-Identifier: BSD-2-Clause
 * ptm - crystal structure around each atom by polyhedral template matching.
 *
 *   rmsd = min over Q, s, match of
 *          sqrt( 1/(n+1) sum_i |s v_i - Q w_match(i)|^2 )
 *   F    = (sum_i s v_i w_i^T) (sum_i w_i w_i^T)^-1
 *   v_i  atom and its n nearest neighbours, from their barycentre (angstrom)
 *   w    template, mean neighbour distance 1     Q  rotation
 *   s    scale, 1/angstrom; ptm_dist = 1/s       F  deformation gradient
 *
 * The type is that of the smallest rmsd, if this is at most --rmsd-max.
 *
 * Source: P. M. Larsen, S. Schmidt, J. Schiotz, Modelling Simul. Mater. Sci.
 * Eng. 24, 055007 (2016), doi:10.1088/0965-0393/24/5/055007; the methods are in
 * lib/geom/ptm.h.   Cost: 2 microseconds an atom of a crystal and 2 for its
 * text, up to 50 in a glass; --method search a millisecond.
 * reads: extended XYZ, any number of frames
 * writes: the same with ptm_type, ptm_rmsd, ptm_dist, orientation, deformation
 */
#include "geom/ptm.h"
#include <math.h>
#include <string.h>
#include "atoms/sites.h"
#include "base/tool.h"
#include "io/xyz.h"

/* Values are written to this: far finer than any position, and short. */
#define STEP 1e-10

static const char *structures, *species;
static double rmsd_max;
static int method, allow;
static const struct ae_opt opts[] = {
    AE_REAL('r', "rmsd-max", &rmsd_max, "R", "0.15", 0, 10,
        "largest rmsd of a match, in units of the bond"),
    AE_STR('s', "structures", &structures, "LIST", "fcc,hcp,bcc",
        "templates, of fcc hcp bcc ico sc dec"),
    AE_CHOICE('m', "method", &method, "graph|search", "graph",
        "by facet graphs, or by trying all frames (slow)"),
    AE_STR(0, "species", &species, "LIST", "",
        "atoms looked at; all, without O where there is a metal"),
    AE_FLAG(0, "allow-duplicates", &allow,
        "leave out an atom given twice instead of stopping"),
    AE_END_OPTS,
};
static const struct ae_about about = {
    "ptm", "crystal structure around each atom", "[FILE]", opts, .streams = 0};

/* The templates named in --structures as a mask. */
static unsigned mask_of(const char *list)
{
    unsigned mask = 0;
    while (*list) {
        char name[8] = "";
        size_t n = strcspn(list, ",");
        if (n < sizeof name)
            memcpy(name, list, n);
        enum ae_ptm_type type = ae_ptm_named(name);
        if (type == AE_PTM_OTHER)
            ae_usage("--structures: '%.*s' is none of fcc hcp bcc ico sc dec",
                (int)(n < 40 ? n : 40), list);
        mask |= 1u << type;
        list += n + (list[n] == ',');
    }
    if (!mask)
        ae_usage("--structures: want at least one of fcc hcp bcc ico sc dec");
    return mask;
}

static double *real_column(struct ae_atoms *atoms, const char *name, int width)
{
    struct ae_column *col = ae_atoms_column(atoms, name, 'R', width, ae_err());
    if (!col)
        ae_must(AE_EMEM);
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < atoms->n * (size_t)width; i++)
        col->real[i] = NAN;
    return col->real;
}

static void round_all(double *x, size_t n)
{
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < n; i++)
        x[i] = rint(x[i] * (1 / STEP)) / (1 / STEP);
}

static void say_counts(const struct ae_atoms *atoms, const int64_t *type)
{
    size_t count[AE_PTM_TYPES] = {0};
    char text[200];
    int n = 0;
    for (size_t i = 0; i < atoms->n; i++)
        count[type[i]]++;
    for (int t = 0; t < AE_PTM_TYPES; t++)
        n += snprintf(text + n, sizeof text - (size_t)n, " %s %zu",
            ae_ptm_name(t), count[t]);
    ae_say("%zu atoms:%s", atoms->n, text);
}

static void match_frame(
    struct ae_atoms *atoms, const struct ae_ptm_options *options)
{
    struct ae_sites sites = {0};
    ae_must(ae_sites_new(&sites, atoms, species, allow, ae_err()));
    if (sites.oxygen)
        ae_say(
            "%zu O atoms are left out; --species names others", sites.others);
    struct ae_column *type =
        ae_atoms_column(atoms, "ptm_type", 'I', 1, ae_err());
    if (!type)
        ae_must(AE_EMEM);
    memset(type->integer, 0, atoms->n * sizeof *type->integer);
    struct ae_ptm_columns out = {.row = sites.row};
    /* adding a column moves the others */
    out.rmsd = real_column(atoms, "ptm_rmsd", 1);
    out.dist = real_column(atoms, "ptm_dist", 1);
    out.orientation = real_column(atoms, "orientation", 4);
    out.deformation = real_column(atoms, "deformation", 9);
    out.type = ae_atoms_find(atoms, "ptm_type")->integer;
    ae_must(
        ae_ptm(sites.pos, sites.n, atoms->has_lattice ? atoms->lattice : NULL,
            atoms->pbc, options, &out, ae_err()));
    round_all(out.rmsd, atoms->n);
    round_all(out.dist, atoms->n);
    round_all(out.orientation, 4 * atoms->n);
    round_all(out.deformation, 9 * atoms->n);
    say_counts(atoms, out.type);
    ae_sites_clear(&sites);
}

int main(int argc, char **argv)
{
    struct ae_xyz *reader;
    struct ae_atoms atoms = {0};
    ae_begin(&about, argc, argv);
    struct ae_ptm_options options = {
        .mask = mask_of(structures), .rmsd_max = rmsd_max, .search = method};
    ae_must(ae_xyz_open(&reader, ae_in(), ae_err()));
    while (ae_must(ae_xyz_next(reader, &atoms, ae_err())) != AE_END) {
        match_frame(&atoms, &options);
        ae_history(&atoms.keys);
        ae_must(ae_xyz_write(ae_out(), &atoms, ae_err()));
    }
    ae_xyz_free(reader);
    ae_atoms_clear(&atoms);
    return ae_end();
}
