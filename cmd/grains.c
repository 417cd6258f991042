/* SPDX-License-Identifier: BSD-2-Clause
 * grains - atoms of one lattice and orientation that hang together.
 *
 *   join i and j when |r_i - r_j| < rc, type_i = type_j and
 *       min over g of the angle of q_i^-1 q_j g < --misorientation
 *   q  orientation by ptm   g  rotations of the lattice (24 cubic, 12 of hcp)
 *   the least misorientation first, and only while the mean orientations of
 *   the two parts differ by less than that too
 *   then, in rounds: a crystalline atom (boo >= threshold) without grain that
 *   has at least 3 atoms of grains within rc takes the grain of most of them
 *
 * Source: methods; union-find: R. E. Tarjan, J. ACM 22, 215 (1975),
 * doi:10.1145/321879.321884.
 * Cost: O(N n), n neighbours within rc.
 * reads: extended XYZ with the columns of ptm, and boo to adopt
 * writes: the same with grain (0 the largest, -1 none)
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "atoms/sites.h"
#include "base/mem.h"
#include "base/tool.h"
#include "geom/grains.h"
#include "geom/ptm.h"
#include "io/tsv.h"
#include "io/xyz.h"

static const char *report, *species;
static double misorientation, cutoff, rmsd_max, threshold;
static long min_size;
static int adopt, no_adopt, allow;
static const struct ae_opt opts[] = {
    AE_REAL('m', "misorientation", &misorientation, "degrees", "5", 0, 90,
        "neighbours turned by less are of one grain"),
    AE_INT('n', "min-size", &min_size, "N", "20", 1, 1e15,
        "smaller grains are none"),
    AE_REAL('c', "cutoff", &cutoff, "angstrom", "4.5", 0.01, 1000,
        "largest distance of neighbours"),
    AE_REAL('r', "rmsd-max", &rmsd_max, "R", "0.15", 0, 10,
        "atoms with a larger ptm_rmsd have no orientation"),
    AE_FLAG('a', "adopt", &adopt,
        "stop when there is no column boo to adopt by (adopting is the "
        "default where there is one)"),
    AE_FLAG(0, "no-adopt", &no_adopt, "atoms without template stay without"),
    AE_REAL('t', "threshold", &threshold, "BOO", "0.5", 0, 10,
        "least boo of an adopted atom"),
    AE_STR(0, "report", &report, "FILE", "",
        "write size, type, orientation and neighbours of each grain (TSV)"),
    AE_STR(0, "species", &species, "LIST", "",
        "atoms looked at; all, without O where there is a metal"),
    AE_FLAG(0, "allow-duplicates", &allow,
        "leave out an atom given twice instead of stopping"),
    AE_END_OPTS,
};
static const struct ae_about about = {"grains",
    "grains of one lattice and orientation", "[FILE]", opts, .streams = 0};

/* What is known of each site. */
struct field {
    size_t n;
    int *type;
    double (*q)[4], *dist, *boo; /* boo NULL: no adoption */
};

static void *need(void *p)
{
    if (!p)
        ae_die("out of memory for the grains");
    return p;
}

static void read_field(
    const struct ae_atoms *atoms, const struct ae_sites *sites, struct field *f)
{
    struct ae_column *type, *rmsd, *dist, *q, *boo = NULL;
    if (ae_atoms_need(atoms, "ptm_type", 'I', 1, &type, ae_err()) ||
        ae_atoms_need(atoms, "ptm_rmsd", 'R', 1, &rmsd, ae_err()) ||
        ae_atoms_need(atoms, "ptm_dist", 'R', 1, &dist, ae_err()) ||
        ae_atoms_need(atoms, "orientation", 'R', 4, &q, ae_err()))
        ae_die("%s; run ptm first", ae_err()->msg);
    if (adopt)
        ae_must(ae_atoms_need(atoms, "boo", 'R', 1, &boo, ae_err()));
    else if (!no_adopt && (boo = ae_atoms_find(atoms, "boo")) &&
             (boo->type != 'R' || boo->width != 1))
        boo = NULL;
    if (!boo && !no_adopt)
        ae_say("no column boo: no atom is adopted; run boo first");
    f->n = sites->n;
    f->type = need(ae_alloc_raw(f->n, sizeof *f->type));
    f->q = need(ae_alloc_raw(f->n, sizeof *f->q));
    f->dist = need(ae_alloc_raw(f->n, sizeof *f->dist));
    f->boo = boo ? need(ae_alloc_raw(f->n, sizeof *f->boo)) : NULL;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < f->n; i++) {
        size_t row = sites->row[i];
        const double *p = q->real + 4 * row;
        double length =
            sqrt(p[0] * p[0] + p[1] * p[1] + p[2] * p[2] + p[3] * p[3]);
        int64_t t = type->integer[row];
        int usable = t > 0 && t < AE_PTM_TYPES && rmsd->real[row] < rmsd_max &&
                     length > 0 && isfinite(length);
        f->type[i] = usable ? (int)t : AE_PTM_OTHER;
        for (int k = 0; k < 4; k++)
            f->q[i][k] = usable ? p[k] / length : 0;
        f->dist[i] = dist->real[row];
        if (boo)
            f->boo[i] = boo->real[row];
    }
}

static void print_report(const struct ae_grains *grains)
{
    FILE *out = ae_create(report);
    ae_tsv_head(out, "grain\tatoms\tmatched\ttype\tqw\tqx\tqy\tqz\t"
                     "spread (degrees)\tptm_dist (A)\t"
                     "touching (grain:degrees)");
    for (size_t k = 0; k < grains->n; k++) {
        const struct ae_grain *g = &grains->grain[k];
        size_t first = grains->start[k], last = grains->start[k + 1];
        fprintf(out, "%zu\t%zu\t%zu\t%s", k, g->n, g->matched,
            ae_ptm_name(g->type));
        for (int c = 0; c < 4; c++)
            fprintf(out, "\t%.8f", (g->q[0] < 0 ? -1 : 1) * g->q[c]);
        fprintf(out, "\t%.4f\t%.6f\t", g->spread, g->dist);
        for (size_t t = first; t < last; t++)
            fprintf(out, "%s%zu:%.3f", t > first ? "," : "",
                grains->touch[t].grain, grains->touch[t].angle);
        fprintf(out, "%s\n", first < last ? "" : "-");
    }
}

static void label_frame(struct ae_atoms *atoms)
{
    const struct ae_grains_rule rule = {.misorientation = misorientation,
        .cutoff = cutoff,
        .least = (size_t)min_size,
        .threshold = threshold,
        .touching = *report != 0};
    struct ae_sites sites = {0};
    struct ae_grains grains;
    struct field f = {0};
    ae_must(ae_sites_new(&sites, atoms, species, allow, ae_err()));
    read_field(atoms, &sites, &f);
    const struct ae_grains_atoms known = {.n = f.n,
        .pos = (const double(*)[3])sites.pos,
        .lattice = atoms->has_lattice ? atoms->lattice : NULL,
        .pbc = atoms->pbc,
        .type = f.type,
        .q = (const double(*)[4])f.q,
        .dist = f.dist,
        .boo = f.boo};
    ae_must(ae_grains_new(&grains, &known, &rule, ae_err()));
    struct ae_column *col = ae_atoms_column(atoms, "grain", 'I', 1, ae_err());
    if (!col)
        ae_must(AE_EMEM);
    for (size_t i = 0; i < atoms->n; i++)
        col->integer[i] = AE_GRAINS_NONE;
    for (size_t i = 0; i < f.n; i++)
        col->integer[sites.row[i]] = grains.of[i];
    ae_say("%zu grains", grains.n);
    if (*report)
        print_report(&grains);
    free(f.type);
    free(f.q);
    free(f.dist);
    free(f.boo);
    ae_grains_clear(&grains);
    ae_sites_clear(&sites);
}

int main(int argc, char **argv)
{
    struct ae_xyz *reader;
    struct ae_atoms atoms = {0};
    ae_begin(&about, argc, argv);
    if (adopt && no_adopt)
        ae_usage("--adopt and --no-adopt: take one");
    ae_must(ae_xyz_open(&reader, ae_in(), ae_err()));
    for (int frame = 0;
         ae_must(ae_xyz_next(reader, &atoms, ae_err())) != AE_END; frame++) {
        if (frame && *report)
            ae_die("--report is of one frame; there are more");
        label_frame(&atoms);
        ae_history(&atoms.keys);
        ae_must(ae_xyz_write(ae_out(), &atoms, ae_err()));
    }
    ae_xyz_free(reader);
    ae_atoms_clear(&atoms);
    return ae_end();
}
