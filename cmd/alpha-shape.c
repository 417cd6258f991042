/* SPDX-License-Identifier: BSD-2-Clause
 * alpha-shape - the region that atoms fill: its surface, volume, area, atoms.
 *
 *   region  = { Delaunay tetrahedra of circumradius R <= alpha }, and what is
 *             enclosed by it
 *   surface = faces of exactly one tetrahedron of the region
 *   volume  = sum of |a.(b x c)| / 6,   area = sum of |u x v| / 2
 *   a, b, c  edges of a tetrahedron from one corner   u, v  of a face (angstrom)
 *
 * alpha is a radius: the surface is that which a ball of radius alpha rolling
 * over the atoms' centres touches; it passes through the centres.
 *
 * Source: Edelsbrunner and Muecke 1994, 10.1145/174462.156635; filling of
 * enclosed space: methods.   Cost: O(N log N) for N atoms.
 * reads: extended XYZ, one frame
 * writes: PLY; a TSV of numbers; or extended XYZ
 */
#include <stdlib.h>
#include <string.h>
#include "atoms/expr.h"
#include "atoms/sites.h"
#include "base/mem.h"
#include "base/tool.h"
#include "geom/alpha.h"
#include "geom/surface.h"
#include "io/ply.h"
#include "io/tsv.h"
#include "io/xyz.h"

static double alpha;
static int empty, all, duplicates, what;
static const char *species, *selection;
enum { MESH, TABLE, ATOMS, ON, INSIDE };
static const struct ae_opt opts[] = {
    AE_REAL('a', "alpha", &alpha, "angstrom", "4.5", 1e-3, 1e6,
        "largest circumradius of a tetrahedron of the region"),
    AE_CHOICE('w', "write", &what, "mesh|table|atoms|on|inside", "mesh",
        "the surface as PLY; its numbers; all atoms with columns surface and "
        "inside; the atoms on the surface; the atoms inside or on it"),
    AE_FLAG(0, "no-fill", &empty, "leave enclosed empty space out"),
    AE_CHOICE(0, "regions", &all, "largest|all", "all",
        "keep all pieces of the region or the largest"),
    AE_STR(0, "select", &selection, "EXPR", "", "region of these atoms only"),
    AE_STR(0, "species", &species, "LIST", "",
        "region of these species (default: all but O beside a metal)"),
    AE_FLAG(0, "allow-duplicates", &duplicates,
        "drop atoms at the place of another"),
    AE_END_OPTS,
};
static const struct ae_about about = {"alpha-shape",
    "surface, volume and area of the region that atoms fill", "[FILE]", opts,
    .streams = 0};

struct region {
    struct ae_sites sites;
    struct ae_delaunay mesh;
    unsigned char *in; /* [mesh.n] */
    struct ae_surface surface;
};

static void *allocate(size_t n, size_t size)
{
    void *p = ae_alloc(n, size);
    if (!p)
        ae_die("out of memory for the region");
    return p;
}

static void make_region(struct region *r, const struct ae_atoms *atoms)
{
    unsigned char *keep = NULL;
    if (*selection) {
        keep = allocate(atoms->n, 1);
        ae_must(ae_expr_mask(selection, atoms, keep, ae_err()));
    }
    ae_must(
        ae_sites_masked(&r->sites, atoms, species, keep, duplicates, ae_err()));
    free(keep);
    if (*selection && !r->sites.n)
        ae_die("--select '%s': no atom is selected", selection);
    if (r->sites.dropped)
        ae_warn("%zu atoms at the place of another dropped", r->sites.dropped);
    if (r->sites.oxygen)
        ae_say("%zu O atoms are no part of the region", r->sites.others);
    const double(*pos)[3] = (const double(*)[3])r->sites.pos;
    ae_must(ae_delaunay_new(
        &r->mesh, pos, r->sites.n, AE_DELAUNAY_JITTER, ae_err()));
    r->in = allocate(r->mesh.n, 1);
    ae_must(ae_alpha_region(&r->mesh, alpha, !empty, !all, r->in, ae_err()));
    if (!memchr(r->in, 1, r->mesh.n))
        ae_warn("the region is empty: no circumradius is at most %g angstrom",
            alpha);
    ae_must(ae_surface_new(&r->surface, &r->mesh, pos, r->in, ae_err()));
}

static void clear(struct region *r)
{
    ae_sites_clear(&r->sites);
    ae_delaunay_clear(&r->mesh);
    ae_surface_clear(&r->surface);
    free(r->in);
}

/* ---- numbers ---- */

static void row(const char *name, double value, const char *unit)
{
    ae_tsv_put(ae_out(), "srs", name, value, unit);
}

/* Volumes of the regions, largest first. */
static int falling(const void *p, const void *q)
{
    double a = *(const double *)p, b = *(const double *)q;
    return a > b ? -1 : a < b;
}

static void region_rows(const struct region *r)
{
    size_t n, *part = allocate(r->mesh.n, sizeof *part);
    ae_must(ae_alpha_parts(&r->mesh, r->in, part, &n, ae_err()));
    double *volume = allocate(n, sizeof *volume);
    for (size_t t = 0; t < r->mesh.n; t++)
        if (r->in[t])
            volume[part[t]] += r->mesh.volume[t];
    qsort(volume, n, sizeof *volume, falling);
    row("regions", (double)n, "");
    for (size_t i = 0; i < n; i++) {
        char name[40];
        snprintf(name, sizeof name, "volume:%zu", i + 1);
        row(name, volume[i], "A3");
    }
    free(part);
    free(volume);
}

/* Pieces of the surface, those that enclose space outwards or inwards. */
static void surface_rows(const struct region *r)
{
    const struct ae_mesh *mesh = &r->surface.mesh;
    size_t n, inner = 0;
    uint32_t *part = allocate(mesh->nface, sizeof *part);
    ae_must(ae_surface_parts(mesh, part, &n, ae_err()));
    double *volume = allocate(n, sizeof *volume);
    struct ae_mesh one = *mesh;
    for (size_t i = 0; i < mesh->nface; i++) {
        one.face = &mesh->face[i];
        one.nface = 1;
        volume[part[i]] += ae_surface_volume(&one);
    }
    for (size_t i = 0; i < n; i++)
        inner += volume[i] < 0;
    row("surfaces", (double)n, "");
    row("inner_surfaces", (double)inner, "");
    row("vertices", (double)mesh->nvertex, "");
    row("faces", (double)mesh->nface, "");
    free(part);
    free(volume);
}

static size_t count(const unsigned char *mark, size_t n)
{
    size_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += mark[i];
    return sum;
}

/* ---- atoms ---- */

/* on[atoms] a corner of the surface; inside[atoms] in the region or on it. */
static void mark_atoms(const struct region *r, const struct ae_atoms *atoms,
    unsigned char *on, unsigned char *inside)
{
    unsigned char *site = allocate(atoms->n, 1);
    for (size_t i = 0; i < r->sites.n; i++)
        site[r->sites.row[i]] = 1;
    for (size_t i = 0; i < r->surface.mesh.nvertex; i++)
        on[r->sites.row[r->surface.point[i]]] = 1;
    for (size_t t = 0; t < r->mesh.n; t++)
        for (int k = 0; k < 4 && r->in[t]; k++)
            inside[r->sites.row[r->mesh.vertex[t][k]]] = 1;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < atoms->n; i++) {
        if (site[i])
            continue;
        size_t t = ae_delaunay_locate(&r->mesh, atoms->pos[i], 0);
        inside[i] = t != AE_DELAUNAY_HULL && r->in[t];
    }
    free(site);
}

static void add_column(
    struct ae_atoms *atoms, const char *name, const unsigned char *mark)
{
    struct ae_column *col = ae_atoms_column(atoms, name, 'I', 1, ae_err());
    ae_must(col ? AE_OK : ae_err()->code);
    for (size_t i = 0; i < atoms->n; i++)
        col->integer[i] = mark[i];
}

static void write_picked(
    const struct ae_atoms *atoms, const unsigned char *mark)
{
    struct ae_atoms picked = {0};
    size_t n = 0, *rows = allocate(atoms->n, sizeof *rows);
    for (size_t i = 0; i < atoms->n; i++)
        if (mark[i])
            rows[n++] = i;
    ae_must(ae_atoms_pick(&picked, atoms, rows, n, ae_err()));
    ae_history(&picked.keys);
    ae_must(ae_xyz_write(ae_out(), &picked, ae_err()));
    ae_atoms_clear(&picked);
    free(rows);
}

static void write_result(const struct region *r, struct ae_atoms *atoms)
{
    unsigned char *on = allocate(atoms->n, 1), *in = allocate(atoms->n, 1);
    mark_atoms(r, atoms, on, in);
    if (what == TABLE) {
        ae_tsv_head(ae_out(), "quantity\tvalue\tunit");
        row("volume", ae_alpha_volume(&r->mesh, r->in), "A3");
        row("area", ae_surface_area(&r->surface.mesh), "A2");
        row("atoms_on", (double)count(on, atoms->n), "");
        row("atoms_inside", (double)count(in, atoms->n), "");
        surface_rows(r);
        region_rows(r);
    } else if (what == ATOMS) {
        add_column(atoms, "surface", on);
        add_column(atoms, "inside", in);
        ae_history(&atoms->keys);
        ae_must(ae_xyz_write(ae_out(), atoms, ae_err()));
    } else {
        write_picked(atoms, what == ON ? on : in);
    }
    free(on);
    free(in);
}

int main(int argc, char **argv)
{
    struct ae_atoms atoms = {0};
    struct region region = {0};
    ae_begin(&about, argc, argv);
    ae_must(ae_xyz_read(ae_in(), &atoms, ae_err()));
    make_region(&region, &atoms);
    ae_say("volume %.8g A3, area %.8g A2",
        ae_alpha_volume(&region.mesh, region.in),
        ae_surface_area(&region.surface.mesh));
    if (what == MESH)
        ae_must(ae_ply_write(ae_out(), &region.surface.mesh, ae_err()));
    else
        write_result(&region, &atoms);
    clear(&region);
    ae_atoms_clear(&atoms);
    return ae_end();
}
