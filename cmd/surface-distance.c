/* SPDX-License-Identifier: BSD-2-Clause
 * surface-distance - how far each atom lies from the surface of some atoms.
 *
 *   d_i = + min_f |r_i - f|  outside the region, - inside it, 0 on it
 *   f  a point of a face of the surface of the alpha region (angstrom) of the
 *      atoms that --from selects
 *
 * The surface passes through the centres of the outer atoms: they have d = 0.
 *
 * Source: methods; alpha shapes: Edelsbrunner and Muecke 1994,
 * 10.1145/174462.156635.   Cost: some 40 microseconds for each atom within two
 * alpha of the surface (geom/rind.h), 5 for each of the others.
 * reads: extended XYZ, any number of frames       writes: extended XYZ
 */
#include <stdlib.h>
#include <string.h>
#include "atoms/expr.h"
#include "atoms/inside.h"
#include "atoms/sites.h"
#include "base/mem.h"
#include "base/tool.h"
#include "geom/nearest.h"
#include "geom/region.h"
#include "geom/surface.h"
#include "io/xyz.h"

static double alpha;
static int empty, all, duplicates;
static const char *from, *species, *column;
static const struct ae_opt opts[] = {
    AE_STR('f', "from", &from, "EXPR", "",
        "the surface of the atoms for which this is true (default: all)"),
    AE_REAL('a', "alpha", &alpha, "angstrom", "4.5", 1e-3, 1e6,
        "largest circumradius of a tetrahedron of the region"),
    AE_STR('c', "column", &column, "NAME", "distance", "column to write"),
    AE_FLAG(0, "no-fill", &empty, "leave enclosed empty space out"),
    AE_CHOICE(0, "regions", &all, "largest|all", "all",
        "all pieces of the region or the largest"),
    AE_STR(0, "species", &species, "LIST", "",
        "surface of these species (default: all but O beside a metal)"),
    AE_FLAG(0, "allow-duplicates", &duplicates,
        "leave atoms at the place of another out of the surface"),
    AE_END_OPTS,
};
static const struct ae_about about = {"surface-distance",
    "distance of atoms from the surface of some of them", "[FILE]", opts,
    .streams = 0};

/* Atoms, the region that they fill, and its surface. */
struct filled {
    struct ae_sites sites;
    struct ae_region region;
    struct ae_surface surface;
};

static void *allocate(size_t n, size_t size)
{
    void *p = ae_alloc(n, size);
    if (!p)
        ae_die("out of memory for the region");
    return p;
}

static void fill_region(struct filled *f, const struct ae_atoms *atoms)
{
    unsigned char *keep = NULL;
    if (*from) {
        keep = allocate(atoms->n, 1);
        ae_must(ae_expr_mask(from, atoms, keep, ae_err()));
    }
    ae_must(
        ae_sites_masked(&f->sites, atoms, species, keep, duplicates, ae_err()));
    free(keep);
    if (*from && !f->sites.n)
        ae_die(
            "--from '%s': no atom is selected, so there is no surface", from);
    if (f->sites.dropped)
        ae_warn("%zu atoms at the place of another are no part of the surface",
            f->sites.dropped);
    if (f->sites.oxygen)
        ae_say("O atoms are no part of the surface");
    ae_must(ae_region_new(&f->region, (const double(*)[3])f->sites.pos,
        f->sites.n, alpha, !empty, !all, ae_err()));
    ae_must(ae_surface_new(&f->surface, &f->region.mesh,
        (const double(*)[3])f->region.pos, f->region.in, ae_err()));
    if (!f->surface.mesh.nface)
        ae_die("the region is empty: no circumradius is at most %g angstrom; "
               "raise --alpha",
            alpha);
}

static void clear(struct filled *f)
{
    ae_region_clear(&f->region);
    ae_sites_clear(&f->sites);
    ae_surface_clear(&f->surface);
}

static void one_frame(struct ae_atoms *atoms)
{
    struct filled f = {0};
    struct ae_nearest *tree;
    fill_region(&f, atoms);
    unsigned char *inside = allocate(atoms->n, 1);
    unsigned char *on = allocate(atoms->n, 1);
    double *distance = allocate(atoms->n, sizeof *distance);
    ae_must(ae_inside(&f.region, &f.sites, atoms, inside, ae_err()));
    for (size_t i = 0; i < f.surface.mesh.nvertex; i++)
        on[f.sites.row[f.region.point[f.surface.point[i]]]] = 1;
    ae_say("surface of %zu atoms: %zu faces", f.sites.n, f.surface.mesh.nface);
    ae_must(ae_nearest_new(&tree, &f.surface.mesh, ae_err()));
    clear(&f);
    ae_must(ae_nearest_distances(
        tree, (const double(*)[3])atoms->pos, atoms->n, distance, ae_err()));
    struct ae_column *col = ae_atoms_column(atoms, column, 'R', 1, ae_err());
    ae_must(col ? AE_OK : ae_err()->code);
    for (size_t i = 0; i < atoms->n; i++)
        col->real[i] = on[i] ? 0 : inside[i] ? -distance[i] : distance[i];
    ae_nearest_free(tree);
    free(inside);
    free(on);
    free(distance);
}

int main(int argc, char **argv)
{
    struct ae_atoms atoms = {0};
    struct ae_xyz *reader;
    ae_begin(&about, argc, argv);
    ae_must(ae_xyz_open(&reader, ae_in(), ae_err()));
    while (ae_must(ae_xyz_next(reader, &atoms, ae_err())) != AE_END) {
        if (atoms.n)
            one_frame(&atoms);
        else /* an empty frame passes */
            ae_must(ae_atoms_column(&atoms, column, 'R', 1, ae_err())
                        ? AE_OK
                        : ae_err()->code);
        ae_history(&atoms.keys);
        ae_must(ae_xyz_write(ae_out(), &atoms, ae_err()));
    }
    ae_xyz_free(reader);
    ae_atoms_clear(&atoms);
    return ae_end();
}
