/* SPDX-License-Identifier: BSD-2-Clause
 * void-find - vacancies and pores: clusters of large empty Delaunay spheres.
 *
 *   region   = Delaunay tetrahedra of circumradius R <= alpha, and what is
 *              enclosed by them (angstrom)
 *   void     = tetrahedra of the region with R > r, joined through faces
 *   V        = sum of |a.(b x c)| / 6 over its tetrahedra (angstrom^3)
 *   porosity = sum of V / volume of the region
 *   M        = (1/V) integral of (x - c)(x - c)^T over the void, c its centre;
 *              M u = l u: axes u, half axes sqrt(5 l) of the like ellipsoid
 *   length L = extent of its corners along the first axis
 *   radius   = sqrt(V / (pi L))
 *   Vc       = V - v0 sum of w / 4 pi,   v0 = volume / sum of w / 4 pi of the
 *              solid tetrahedra,   w solid angle of a tetrahedron at its atoms
 *
 * V reaches to the centres of the atoms around the void; Vc is what is left
 * when each of them keeps the volume v0 that an atom has in the solid, and
 * Vc / v0 is the number of atoms that would fill it.
 *
 * Source: Zhang et al., Nat. Commun. 2024 (rule, limits of the classes);
 * filling, shape, Vc: methods.   Cost: O(N log N) for N atoms.
 * reads: extended XYZ, one frame
 * writes: TSV of voids, or extended XYZ; --summary, --mesh, --atoms: TSV, PLY,
 *   extended XYZ
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "atoms/groups.h"
#include "atoms/sites.h"
#include "atoms/voidmarks.h"
#include "base/mem.h"
#include "base/tool.h"
#include "geom/alpha.h"
#include "geom/surface.h"
#include "geom/voiderror.h"
#include "geom/voids.h"
#include "geom/voidsum.h"
#include "io/ply.h"
#include "io/tsv.h"
#include "io/xyz.h"

static double alpha, radius, purity, sigma;
static long draws, seed;
static int join, at_surface, minor, write, no_fill, duplicates;
static const char *species, *label, *summary, *mesh_file, *each, *atoms_file;
static struct ae_reals limits;
enum { KEEP, DROP };
enum { TABLE, ATOMS, CENTRES };
static const struct ae_opt opts[] = {
    AE_REAL('a', "alpha", &alpha, "angstrom", "4.5", 1e-3, 1e6,
        "largest circumradius of a tetrahedron of the region"),
    AE_REAL('r', "radius", &radius, "angstrom", "3.19", 1e-3, 1e6,
        "larger circumradii are void"),
    AE_REALS('c', "classes", &limits, "V1,V2,V3", "45,125,4500", 0, 1e15,
        "volumes between minor, vacancy, nano-pore and pore, angstrom^3"),
    AE_CHOICE(0, "join", &join, "face|edge", "face",
        "tetrahedra are one void when they share a face, or an edge"),
    AE_CHOICE(0, "surface", &at_surface, "keep|drop", "keep",
        "drop the voids up to V2 that touch the outside"),
    AE_CHOICE('w', "write", &write, "table|atoms|centres", "table",
        "the voids; the atoms with a column void; these and an X per void"),
    AE_FLAG(0, "minor", &minor, "list those below V1 too"),
    AE_STR('l', "label", &label, "COLUMN", "",
        "column of the phases (default: phase, where there is one)"),
    AE_REAL(0, "purity", &purity, "share", "0.8", 0.5, 1,
        "a void lies in a phase that so many of its atoms belong to"),
    AE_STR('s', "summary", &summary, "FILE", "",
        "table by class and phase, and the porosity"),
    AE_STR('m', "mesh", &mesh_file, "FILE", "", "PLY of all voids listed"),
    AE_STR(0, "mesh-each", &each, "PREFIX", "",
        "PLY of each void listed, PREFIX-ID.ply"),
    AE_STR(0, "atoms", &atoms_file, "FILE", "",
        "the atoms, with a column void: the void they border, -1 none"),
    AE_REAL('E', "error", &sigma, "angstrom", "0", 0, 100,
        "error of a position per axis: adds volume_mean, volume_std"),
    AE_INT(0, "draws", &draws, "N", "32", 2, 1e6, "samples of --error"),
    AE_INT(0, "seed", &seed, "N", "1", 0, 9e15, "seed of --error"),
    AE_FLAG(0, "no-fill", &no_fill, "leave enclosed empty space out"),
    AE_STR(0, "species", &species, "LIST", "",
        "these species (default: all but O beside a metal)"),
    AE_FLAG(0, "allow-duplicates", &duplicates,
        "drop atoms at the place of another"),
    AE_END_OPTS,
};
static const struct ae_about about = {"void-find",
    "vacancies and pores between atoms", "[FILE]", opts, .streams = 0};

struct found {
    struct ae_sites sites;
    struct ae_delaunay mesh;
    unsigned char *in; /* [mesh.n] of the region */
    struct ae_voids voids;
    struct ae_void_shape *shape; /* [voids.n] */
    struct ae_groups groups;     /* the phases */
    struct ae_voidsum sum;
    double *mean, *std; /* [voids.n] of the volumes, with --error */
};

static void *allocate(size_t n, size_t size)
{
    void *p = ae_alloc(n, size);
    if (!p)
        ae_die("out of memory for the voids");
    return p;
}

static const double (*places(const struct found *f))[3]
{
    return (const double(*)[3])f->sites.pos;
}

/* ---- voids ---- */

static void find(struct found *f, const struct ae_atoms *atoms)
{
    struct ae_voids_rule rule = {radius, {0, 0, 0}, join};
    memcpy(rule.limit, limits.v, sizeof rule.limit);
    ae_must(ae_sites_new(&f->sites, atoms, species, duplicates, ae_err()));
    if (f->sites.dropped)
        ae_warn("%zu atoms at the place of another dropped", f->sites.dropped);
    if (f->sites.oxygen)
        ae_say("%zu O atoms are not looked at", f->sites.others);
    ae_must(ae_delaunay_new(
        &f->mesh, places(f), f->sites.n, AE_DELAUNAY_JITTER, ae_err()));
    f->in = allocate(f->mesh.n, 1);
    ae_must(ae_alpha_region(&f->mesh, alpha, !no_fill, 0, f->in, ae_err()));
    ae_must(
        ae_voids_by(&f->mesh, places(f), f->in, &rule, &f->voids, ae_err()));
    if (!(f->voids.region > 0))
        ae_die("no tetrahedron has a circumradius up to %g angstrom; are the "
               "coordinates in angstrom?",
            alpha);
    double share;
    f->shape = allocate(f->voids.n, sizeof *f->shape);
    ae_must(ae_void_shapes(
        &f->mesh, places(f), f->in, &f->voids, f->shape, &share, ae_err()));
    if (*label || ae_atoms_find(atoms, "phase"))
        ae_must(ae_groups_new(&f->groups, atoms, *label ? label : "phase",
            f->sites.row, f->sites.n, ae_err()));
    if (sigma > 0) {
        const struct ae_void_error how = {
            sigma, (size_t)draws, (uint64_t)seed, alpha, !no_fill};
        f->mean = allocate(f->voids.n, sizeof *f->mean);
        f->std = allocate(f->voids.n, sizeof *f->std);
        ae_must(ae_void_errors(places(f), f->sites.n, &rule, &f->voids,
            f->shape, &how, f->mean, f->std, ae_err()));
    }
    ae_must(ae_voidsum_new(&f->sum, &f->mesh, f->in, &f->voids, f->shape, share,
        limits.v[1], f->groups.of, f->groups.n, purity, ae_err()));
}

static int listed(const struct found *f, size_t i)
{
    if (at_surface == DROP && ae_voidsum_dropped(&f->sum, i))
        return 0;
    return minor || f->voids.item[i].class != AE_VOID_MINOR;
}

static const char *phase_name(const struct found *f, size_t phase)
{
    return phase < f->groups.n ? f->groups.name[phase]
           : f->groups.n       ? "between"
                               : "-";
}

/* ---- tables ---- */

/* No "-0.0000". */
static double tidy(double x)
{
    return fabs(x) < 5e-5 ? 0 : x;
}

static void write_table(const struct found *f)
{
    FILE *out = ae_out();
    fputs("#id\tclass\tphase\tvolume (A3)\tvolume_corrected (A3)\tmissing\t"
          "ntet\tsurface\topenings\tcontact (A2)\tarea (A2)\tx (A)\ty (A)\t"
          "z (A)\trmax (A)\tlength (A)\tradius (A)\tratio\ta (A)\tb (A)\t"
          "c (A)\tux\tuy\tuz\twx\twy\twz\tatoms",
        out);
    for (size_t p = 0; p < f->groups.n; p++)
        fprintf(out, "\tn_%s", f->groups.name[p]);
    fputs(f->mean ? "\tvolume_mean (A3)\tvolume_std (A3)\n" : "\n", out);
    for (size_t i = 0; i < f->voids.n; i++) {
        const struct ae_void *v = &f->voids.item[i];
        const struct ae_void_shape *s = &f->shape[i];
        double left = ae_voidsum_corrected(&f->sum, i);
        if (!listed(f, i))
            continue;
        fprintf(out, "%zu\t%s\t%s\t%.4f\t%.4f\t%.3f\t%zu\t%d\t%zu\t%.4f\t%.4f",
            i, ae_void_class_name(v->class), phase_name(f, f->sum.phase[i]),
            v->volume, left, f->sum.v0 > 0 ? left / f->sum.v0 : 0, v->ntet,
            v->surface, s->openings, s->contact, s->area);
        fprintf(out, "\t%.4f\t%.4f\t%.4f\t%.4f\t%.4f\t%.4f\t%.4f",
            tidy(v->centroid[0]), tidy(v->centroid[1]), tidy(v->centroid[2]),
            v->rmax, s->length, s->radius, s->length / s->radius);
        for (int k = 0; k < 3; k++)
            fprintf(out, "\t%.4f", s->half[k]);
        for (int k = 0; k < 6; k++)
            fprintf(out, "\t%.5f", tidy(s->axis[k < 3 ? 0 : 2][k % 3]));
        fprintf(out, "\t%zu", s->natom);
        for (size_t p = 0; p < f->groups.n; p++)
            fprintf(out, "\t%zu", f->sum.count[i * f->groups.n + p]);
        if (f->mean)
            fprintf(out, "\t%.4f\t%.4f", f->mean[i], f->std[i]);
        fputc('\n', out);
    }
}

static double share(double part, double whole)
{
    return whole > 0 ? part / whole : 0;
}

static void summary_row(FILE *out, const struct found *f, int class,
    size_t phase, const struct ae_voidsum_row *whole)
{
    const char *name = class == AE_VOIDSUM_ALL ? "all"
                       : class == AE_VOIDSUM_COUNTED
                           ? "counted"
                           : ae_void_class_name((enum ae_void_class) class);
    struct ae_voidsum_row s = ae_voidsum_add(&f->sum, class, phase);
    fprintf(out,
        "%s\t%s\t%zu\t%.4f\t%.6f\t%.6f\t%zu\t%.4f\t%.6f\t%.6f\t%.4f\t%.6f\n",
        name, phase > f->groups.n ? "all" : phase_name(f, phase), s.n, s.v,
        share(s.v, whole->v), s.v / f->voids.region, s.n_drop, s.v_drop,
        share(s.v_drop, whole->v_drop), s.v_drop / f->voids.region,
        s.v_corrected, s.v_corrected / (f->sum.atoms + whole->v_corrected));
}

static void write_summary(const struct found *f)
{
    FILE *out = ae_create(summary);
    struct ae_voidsum_row whole =
        ae_voidsum_add(&f->sum, AE_VOIDSUM_ALL, f->groups.n + 1);
    fputs("#class\tphase\tcount\tvolume (A3)\tshare\tporosity\tcount_drop\t"
          "volume_drop (A3)\tshare_drop\tporosity_drop\t"
          "volume_corrected (A3)\tporosity_corrected\n",
        out);
    fprintf(out,
        "region\tall\t%zu\t%.4f\tnan\tnan\t%zu\t%.4f\tnan\tnan\t%.4f\tnan\n",
        f->sites.n, f->voids.region, f->sites.n, f->voids.region,
        f->sum.atoms + whole.v_corrected);
    summary_row(out, f, AE_VOIDSUM_ALL, f->groups.n + 1, &whole);
    summary_row(out, f, AE_VOIDSUM_COUNTED, f->groups.n + 1, &whole);
    for (int class = 0; class < AE_VOID_CLASSES; class ++)
        summary_row(out, f, class, f->groups.n + 1, &whole);
    for (int class = 0; class < AE_VOID_CLASSES && f->groups.n; class ++)
        for (size_t p = 0; p <= f->groups.n; p++)
            summary_row(out, f, class, p, &whole);
}

/* ---- meshes and atoms ---- */

/* The surface of void i, or of all that are listed (i = voids.n). */
static void write_mesh(const struct found *f, const char *path, size_t only)
{
    struct ae_surface surface;
    unsigned char *set = allocate(f->mesh.n, 1);
    for (size_t t = 0; t < f->mesh.n; t++) {
        size_t i = f->voids.of[t];
        set[t] = i != AE_DELAUNAY_HULL &&
                 (only == f->voids.n ? listed(f, i) : i == only);
    }
    ae_must(ae_surface_new(&surface, &f->mesh, places(f), set, ae_err()));
    ae_must(ae_ply_write(ae_create(path), &surface.mesh, ae_err()));
    ae_surface_clear(&surface);
    free(set);
}

static void write_each(const struct found *f)
{
    for (size_t i = 0; i < f->voids.n; i++) {
        char path[4096];
        if (!listed(f, i))
            continue;
        if (snprintf(path, sizeof path, "%s-%zu.ply", each, i) >=
            (int)sizeof path)
            ae_usage("--mesh-each: the name is too long");
        write_mesh(f, path, i);
    }
}

/* The atoms with a column void, then an X for each void listed. */
static void write_atoms(const struct found *f, struct ae_atoms *atoms)
{
    const char *of = f->groups.n ? *label ? label : "phase" : NULL;
    unsigned char *keep = allocate(f->voids.n, 1);
    const char **phase = allocate(f->voids.n, sizeof *phase);
    for (size_t i = 0; i < f->voids.n; i++) {
        keep[i] = (unsigned char)listed(f, i);
        phase[i] = phase_name(f, f->sum.phase[i]);
    }
    if (of && ae_atoms_find(atoms, of)->type != 'S')
        of = NULL; /* "between" is no number */
    ae_must(ae_voidmarks_atoms(
        atoms, f->sites.row, &f->voids, f->shape, keep, ae_err()));
    ae_history(&atoms->keys);
    if (*atoms_file)
        ae_must(ae_xyz_write(ae_create(atoms_file), atoms, ae_err()));
    if (write == CENTRES)
        ae_must(
            ae_voidmarks_centres(atoms, &f->voids, keep, of, phase, ae_err()));
    if (write != TABLE)
        ae_must(ae_xyz_write(ae_out(), atoms, ae_err()));
    free(keep);
    free(phase);
}

static void clear(struct found *f)
{
    ae_void_shapes_clear(f->shape, f->voids.n);
    free(f->shape);
    ae_voids_clear(&f->voids);
    ae_delaunay_clear(&f->mesh);
    ae_sites_clear(&f->sites);
    free(f->in);
    free(f->mean);
    free(f->std);
    ae_groups_clear(&f->groups);
    ae_voidsum_clear(&f->sum);
}

static void say(const struct found *f)
{
    struct ae_voidsum_row all =
        ae_voidsum_add(&f->sum, AE_VOIDSUM_ALL, f->groups.n + 1);
    struct ae_voidsum_row counted =
        ae_voidsum_add(&f->sum, AE_VOIDSUM_COUNTED, f->groups.n + 1);
    ae_say("%zu voids (%zu without small ones at the surface), porosity %.4f "
           "(%.4f; %.4f without minor ones), region %.1f angstrom^3",
        counted.n, counted.n_drop, all.v / f->voids.region,
        all.v_drop / f->voids.region, counted.v / f->voids.region,
        f->voids.region);
}

int main(int argc, char **argv)
{
    struct ae_atoms atoms = {0};
    struct found found = {0};
    ae_begin(&about, argc, argv);
    if (limits.n != 3 || limits.v[0] > limits.v[1] || limits.v[1] > limits.v[2])
        ae_usage("--classes: want three volumes, none below the one before");
    ae_must(ae_xyz_read(ae_in(), &atoms, ae_err()));
    find(&found, &atoms);
    if (write == TABLE)
        write_table(&found);
    if (*summary)
        write_summary(&found);
    if (*mesh_file)
        write_mesh(&found, mesh_file, found.voids.n);
    if (*each)
        write_each(&found);
    if (*atoms_file || write != TABLE)
        write_atoms(&found, &atoms);
    say(&found);
    clear(&found);
    ae_atoms_clear(&atoms);
    return ae_end();
}
