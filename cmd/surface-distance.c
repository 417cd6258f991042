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
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "atoms/expr.h"
#include "atoms/sites.h"
#include "base/mem.h"
#include "base/tool.h"
#include "geom/alpha.h"
#include "geom/hilbert.h"
#include "geom/nearest.h"
#include "geom/rind.h"
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

enum { CHUNK = 512 };

struct region {
    struct ae_sites sites;
    size_t n, *site;  /* points of the triangulation: those of the sites that */
    double (*pos)[3]; /* decide on the surface */
    struct ae_rind *rind;
    struct ae_delaunay mesh;
    unsigned char *in; /* [mesh.n] */
    struct ae_surface surface;
};

enum { OUT, IN, ON };

static void *allocate(size_t n, size_t size)
{
    void *p = ae_alloc(n, size);
    if (!p)
        ae_die("out of memory for the region");
    return p;
}

/* The points that decide on the surface and those within depth of them; all
 * with --no-fill, or a depth without end. */
static void choose_points(struct region *r, double depth)
{
    const struct ae_sites *s = &r->sites;
    unsigned char *keep = allocate(s->n, 1);
    memset(keep, 1, s->n);
    if (!empty && isfinite(depth))
        ae_must(ae_rind_new(&r->rind, (const double(*)[3])s->pos, s->n, alpha,
            depth, keep, ae_err()));
    r->site = allocate(s->n, sizeof *r->site);
    r->pos = allocate(s->n, sizeof *r->pos);
    for (size_t i = r->n = 0; i < s->n; i++)
        if (keep[i]) {
            memcpy(r->pos[r->n], s->pos[i], sizeof *r->pos);
            r->site[r->n++] = i;
        }
    free(keep);
}

static void triangulate(struct region *r)
{
    const double(*pos)[3] = (const double(*)[3])r->pos;
    ae_must(ae_delaunay_rows(
        &r->mesh, pos, r->n, r->site, AE_DELAUNAY_JITTER, ae_err()));
    r->in = allocate(r->mesh.n, 1);
    ae_must(ae_alpha_region(&r->mesh, alpha, !empty, !all, r->in, ae_err()));
}

static void clear_points(struct region *r)
{
    ae_delaunay_clear(&r->mesh);
    ae_rind_free(r->rind);
    free(r->in);
    free(r->site);
    free(r->pos);
    r->rind = NULL;
}

static void make_region(struct region *r, const struct ae_atoms *atoms)
{
    /* a thin rind first: 0.15 alpha held for fcc, bcc and hcp with 0.1 to 0.3
     * angstrom of jitter and for measured glasses, 0 not for all of them */
    const double depth[] = {0.15 * alpha, 2 * AE_RIND_SHARE * alpha, INFINITY};
    unsigned char *keep = NULL;
    if (*from) {
        keep = allocate(atoms->n, 1);
        ae_must(ae_expr_mask(from, atoms, keep, ae_err()));
    }
    ae_must(
        ae_sites_masked(&r->sites, atoms, species, keep, duplicates, ae_err()));
    free(keep);
    if (*from && !r->sites.n)
        ae_die(
            "--from '%s': no atom is selected, so there is no surface", from);
    if (r->sites.dropped)
        ae_warn("%zu atoms at the place of another are no part of the surface",
            r->sites.dropped);
    if (r->sites.oxygen)
        ae_say("O atoms are no part of the surface");
    for (size_t i = 0; i < sizeof depth / sizeof *depth; i++) {
        clear_points(r);
        choose_points(r, depth[i]);
        triangulate(r);
        if (!r->rind || ae_rind_holds(r->rind, &r->mesh, r->in))
            break;
    }
    ae_must(ae_surface_new(
        &r->surface, &r->mesh, (const double(*)[3])r->pos, r->in, ae_err()));
    if (!r->surface.mesh.nface)
        ae_die("the region is empty: no circumradius is at most %g angstrom; "
               "raise --alpha",
            alpha);
}

static void clear(struct region *r)
{
    clear_points(r);
    ae_sites_clear(&r->sites);
    ae_surface_clear(&r->surface);
}

/* side[atoms]: IN the corners of the region's tetrahedra, the sites that are no
 * points of the triangulation, and what the tetrahedra hold, ON the corners of
 * the surface. The walk to a place begins at the one before it on a space-filling curve. */
static void mark_sides(
    const struct region *r, const struct ae_atoms *atoms, unsigned char *side)
{
    unsigned char *site = allocate(atoms->n, 1);
    size_t n = 0, *row = allocate(atoms->n, sizeof *row);
    size_t *order = allocate(atoms->n, sizeof *order);
    double(*place)[3] = allocate(atoms->n, sizeof *place);
    for (size_t i = 0; i < r->sites.n; i++)
        site[r->sites.row[i]] = 1;
    for (size_t i = 0; i < r->sites.n; i++)
        side[r->sites.row[i]] = IN;
    for (size_t i = 0; i < r->n; i++)
        side[r->sites.row[r->site[i]]] = OUT;
    for (size_t t = 0; t < r->mesh.n; t++)
        for (int k = 0; k < 4 && r->in[t]; k++)
            side[r->sites.row[r->site[r->mesh.vertex[t][k]]]] = IN;
    for (size_t i = 0; i < r->surface.mesh.nvertex; i++)
        side[r->sites.row[r->site[r->surface.point[i]]]] = ON;
    for (size_t i = 0; i < atoms->n; i++)
        if (!site[i]) {
            memcpy(place[n], atoms->pos[i], sizeof *place);
            row[n++] = i;
        }
    ae_must(ae_hilbert_order((const double(*)[3])place, n, order, ae_err()));
    size_t chunks = (n + CHUNK - 1) / CHUNK;
#pragma omp parallel for schedule(dynamic, 1)
    for (size_t c = 0; c < chunks; c++) {
        size_t at = 0;
        for (size_t m = c * CHUNK; m < n && m < (c + 1) * CHUNK; m++) {
            size_t t = ae_delaunay_locate(&r->mesh, place[order[m]], at);
            side[row[order[m]]] = t != AE_DELAUNAY_HULL && r->in[t] ? IN : OUT;
            at = t != AE_DELAUNAY_HULL ? t : at;
        }
    }
    free(site);
    free(row);
    free(order);
    free(place);
}

static void one_frame(struct ae_atoms *atoms)
{
    struct region region = {0};
    struct ae_nearest *tree;
    make_region(&region, atoms);
    unsigned char *side = allocate(atoms->n, 1);
    double *distance = allocate(atoms->n, sizeof *distance);
    mark_sides(&region, atoms, side);
    ae_say("surface of %zu atoms: %zu faces", region.sites.n,
        region.surface.mesh.nface);
    ae_must(ae_nearest_new(&tree, &region.surface.mesh, ae_err()));
    clear(&region);
    ae_must(ae_nearest_distances(
        tree, (const double(*)[3])atoms->pos, atoms->n, distance, ae_err()));
    struct ae_column *col = ae_atoms_column(atoms, column, 'R', 1, ae_err());
    ae_must(col ? AE_OK : ae_err()->code);
    for (size_t i = 0; i < atoms->n; i++)
        col->real[i] = side[i] == ON   ? 0
                       : side[i] == IN ? -distance[i]
                                       : distance[i];
    ae_nearest_free(tree);
    free(side);
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
