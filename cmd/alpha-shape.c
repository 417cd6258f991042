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
 * enclosed space: methods.   Cost: that of triangulating the atoms within two
 * alpha of the surface (geom/rind.h), with --no-fill all atoms.
 * reads: extended XYZ, one frame
 * writes: PLY; a TSV of numbers; or extended XYZ
 */
#include <stdlib.h>
#include <string.h>
#include "atoms/expr.h"
#include "atoms/inside.h"
#include "atoms/sites.h"
#include "base/mem.h"
#include "base/tool.h"
#include "geom/alpha.h"
#include "geom/region.h"
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
    if (*selection) {
        keep = allocate(atoms->n, 1);
        ae_must(ae_expr_mask(selection, atoms, keep, ae_err()));
    }
    ae_must(
        ae_sites_masked(&f->sites, atoms, species, keep, duplicates, ae_err()));
    free(keep);
    if (*selection && !f->sites.n)
        ae_die("--select '%s': no atom is selected", selection);
    if (f->sites.dropped)
        ae_warn("%zu atoms at the place of another dropped", f->sites.dropped);
    if (f->sites.oxygen)
        ae_say("%zu O atoms are no part of the region", f->sites.others);
    ae_must(ae_region_new(&f->region, (const double(*)[3])f->sites.pos,
        f->sites.n, alpha, !empty, !all, ae_err()));
    ae_must(ae_surface_new(&f->surface, &f->region.mesh,
        (const double(*)[3])f->region.pos, f->region.in, ae_err()));
    if (!f->surface.mesh.nface)
        ae_warn("the region is empty: no circumradius is at most %g angstrom",
            alpha);
}

static void clear(struct filled *f)
{
    ae_sites_clear(&f->sites);
    ae_region_clear(&f->region);
    ae_surface_clear(&f->surface);
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

static void region_rows(const struct ae_region *r)
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
static void surface_rows(const struct ae_mesh *mesh)
{
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

static void write_result(const struct filled *f, struct ae_atoms *atoms)
{
    unsigned char *on = allocate(atoms->n, 1), *in = allocate(atoms->n, 1);
    ae_must(ae_inside(&f->region, &f->sites, atoms, in, ae_err()));
    for (size_t i = 0; i < f->surface.mesh.nvertex; i++)
        on[f->sites.row[f->region.point[f->surface.point[i]]]] = 1;
    if (what == TABLE) {
        ae_tsv_head(ae_out(), "quantity\tvalue\tunit");
        row("volume", ae_alpha_volume(&f->region.mesh, f->region.in), "A3");
        row("area", ae_surface_area(&f->surface.mesh), "A2");
        row("atoms_on", (double)count(on, atoms->n), "");
        row("atoms_inside", (double)count(in, atoms->n), "");
        surface_rows(&f->surface.mesh);
        region_rows(&f->region);
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
    struct filled f = {0};
    ae_begin(&about, argc, argv);
    ae_must(ae_xyz_read(ae_in(), &atoms, ae_err()));
    fill_region(&f, &atoms);
    ae_say("volume %.8g A3, area %.8g A2",
        ae_alpha_volume(&f.region.mesh, f.region.in),
        ae_surface_area(&f.surface.mesh));
    if (what == MESH)
        ae_must(ae_ply_write(ae_out(), &f.surface.mesh, ae_err()));
    else
        write_result(&f, &atoms);
    clear(&f);
    ae_atoms_clear(&atoms);
    return ae_end();
}
