/* SPDX-License-Identifier: BSD-2-Clause
 * atoms-splat - a volume of a per-atom value, smoothed by a Gaussian.
 *
 *   M(r) = sum_i w_i v_i / sum_i w_i     w_i = exp(-|r - r_i|^2 / 2 s^2)
 *   --density: M(r) = sum_i w_i / (2 pi s^2)^(3/2)     (1/angstrom^3)
 *   v  the value   s  --sigma (angstrom)   w_i = 0 beyond 4 s
 *
 * M is undefined where sum w < 0.001, and outside the alpha region of the
 * atoms. Atoms whose value is NaN are left out.
 *
 * Source: Zhang et al. 2024, Nat. Commun. (a "2-angstrom-wide" kernel: sigma);
 * the weighted mean: Nadaraya 1964, 10.1137/1109020.
 * Cost: O(N (8 s / h)^3) for N atoms, h --grid, and O(V) for V voxels.
 * reads: extended XYZ, one frame       writes: NRRD volume
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "atoms/expr.h"
#include "atoms/sites.h"
#include "base/mem.h"
#include "base/tool.h"
#include "base/vol.h"
#include "geom/alpha.h"
#include "geom/paint.h"
#include "io/nrrd.h"
#include "io/xyz.h"

static const char *column, *outside, *species, *selection;
static double sigma, step, alpha;
static int density, no_mask;
static const struct ae_opt opts[] = {
    AE_STR('c', "column", &column, "EXPR", "",
        "value to average: a column or an expression of columns"),
    AE_FLAG('d', "density", &density, "number of atoms per volume instead"),
    AE_REAL('s', "sigma", &sigma, "angstrom", "2", 1e-3, 1e4,
        "standard deviation of the Gaussian"),
    AE_REAL('g', "grid", &step, "angstrom", "1", 1e-3, 1e4, "edge of a voxel"),
    AE_STR(0, "outside", &outside, "VALUE", "nan",
        "what to write where the mean is undefined: nan or a number"),
    AE_FLAG(0, "no-mask", &no_mask, "also outside the alpha region"),
    AE_REAL('a', "alpha", &alpha, "angstrom", "4.5", 1e-3, 1e6,
        "largest circumradius of a tetrahedron of that region"),
    AE_STR(
        0, "select", &selection, "EXPR", "", "the values of these atoms only"),
    AE_STR(0, "species", &species, "LIST", "",
        "region of these species (default: all but O beside a metal)"),
    AE_END_OPTS,
};
static const struct ae_about about = {"atoms-splat",
    "volume of a per-atom value, smoothed by a Gaussian", "[FILE]", opts,
    .streams = 0};

static const double margin = 4; /* angstrom, of the box around the atoms */
static const double reach = 4;  /* sigma, where the Gaussian ends */
static const double least_sum = 1e-3; /* of weights */
static const double most_voxels = 1e10;

struct values {
    size_t n, skipped;
    double (*pos)[3], *v;
};

static void *allocate(size_t n, size_t size)
{
    void *p = ae_alloc(n, size);
    if (!p)
        ae_die("out of memory for the volume");
    return p;
}

static void take_values(struct values *s, const struct ae_atoms *atoms)
{
    size_t *row, rows;
    struct ae_expr *expr = NULL;
    ae_must(ae_expr_rows(selection, atoms, &row, &rows, ae_err()));
    if (*column && ae_expr_new(&expr, column, atoms, ae_err()))
        ae_usage("'%s': %s", column, ae_err()->msg);
    s->pos = allocate(rows, sizeof *s->pos);
    s->v = allocate(rows, sizeof *s->v);
    for (size_t i = 0; i < rows; i++) {
        double v = expr ? ae_expr_value(expr, row[i]) : 1;
        if (!isfinite(v)) {
            s->skipped++;
            continue;
        }
        memcpy(s->pos[s->n], atoms->pos[row[i]], sizeof *s->pos);
        s->v[s->n++] = v;
    }
    free(row);
    ae_expr_free(expr);
}

/* A box around all atoms, voxels at whole multiples of the step. */
static void make_grid(struct ae_vol *vol, const struct ae_atoms *atoms)
{
    double voxels = 1;
    memset(vol, 0, sizeof *vol);
    vol->kind = AE_VOLUME;
    vol->dim = 3;
    vol->n[3] = 1;
    for (int k = 0; k < 3; k++) {
        double low = INFINITY, high = -INFINITY;
        for (size_t i = 0; i < atoms->n; i++) {
            low = fmin(low, atoms->pos[i][k]);
            high = fmax(high, atoms->pos[i][k]);
        }
        double first = floor((low - margin) / step);
        double n = ceil((high + margin) / step) - first + 1;
        if (!((voxels *= n) < most_voxels))
            ae_die("the atoms need %.3g voxels of %g angstrom; drop those far "
                   "away or take a larger --grid",
                voxels, step);
        vol->n[k] = (size_t)n;
        vol->step[k] = step;
        vol->origin[k] = first * step;
    }
    ae_vol_set_centre(vol);
    ae_must(ae_vol_alloc(vol, ae_err()));
}

/* Atoms in the order of the planes that they begin to act on. */
struct planes {
    size_t *start, *atom; /* those of plane z: atom[start[z]] ... */
    size_t span;          /* an atom acts on so many planes from there */
};

static size_t first_plane(const struct ae_vol *vol, double z)
{
    double p = ceil((z - reach * sigma - vol->origin[2]) / step);
    return p > 0 ? (size_t)p : 0;
}

static void sort_planes(
    struct planes *p, const struct values *s, const struct ae_vol *vol)
{
    size_t nz = vol->n[2];
    p->start = allocate(nz + 2, sizeof *p->start);
    p->atom = allocate(s->n, sizeof *p->atom);
    p->span = (size_t)(2 * reach * sigma / step) + 1;
    for (size_t i = 0; i < s->n; i++)
        p->start[first_plane(vol, s->pos[i][2]) + 2]++;
    for (size_t z = 0; z < nz; z++)
        p->start[z + 2] += p->start[z + 1];
    for (size_t i = 0; i < s->n; i++)
        p->atom[p->start[first_plane(vol, s->pos[i][2]) + 1]++] = i;
}

/* Indices lo ... hi - 1 along an axis that lie within half of x. */
static void interval(const struct ae_vol *vol, int k, double x, double half,
    size_t *lo, size_t *hi)
{
    double a = ceil((x - half - vol->origin[k]) / step);
    double b = floor((x + half - vol->origin[k]) / step) + 1;
    *lo = a > 0 ? (size_t)a : 0;
    *hi = b < (double)vol->n[k] ? b > 0 ? (size_t)b : 0 : vol->n[k];
}

/* One atom's weights on one plane. */
static void add_atom(const struct values *s, size_t i, const struct ae_vol *vol,
    double dz, double *sum, double *weights)
{
    const double *p = s->pos[i];
    double width = reach * sigma, per = 1 / (2 * sigma * sigma);
    double square = width * width - dz * dz;
    if (square < 0)
        return;
    size_t y, ylo, yhi, x, xlo, xhi;
    interval(vol, 1, p[1], sqrt(square), &ylo, &yhi);
    for (y = ylo; y < yhi; y++) {
        double dy = vol->origin[1] + (double)y * step - p[1];
        double left = square - dy * dy;
        if (left < 0)
            continue;
        interval(vol, 0, p[0], sqrt(left), &xlo, &xhi);
        double plane = exp(-(dz * dz + dy * dy) * per);
        for (x = xlo; x < xhi; x++) {
            double dx = vol->origin[0] + (double)x * step - p[0];
            double w = plane * exp(-dx * dx * per);
            weights[y * vol->n[0] + x] += w;
            sum[y * vol->n[0] + x] += w * s->v[i];
        }
    }
}

/* Plane z: the atoms in the order of their rows within each first plane. */
static void fill_plane(const struct values *s, const struct planes *planes,
    struct ae_vol *vol, size_t z, double *sum, double *weights)
{
    size_t plane = vol->n[0] * vol->n[1];
    float *out = vol->data + z * plane;
    double height = vol->origin[2] + (double)z * step;
    double norm = pow(2 * M_PI * sigma * sigma, -1.5);
    memset(sum, 0, plane * sizeof *sum);
    memset(weights, 0, plane * sizeof *weights);
    for (size_t b = z >= planes->span ? z - planes->span : 0; b <= z; b++)
        for (size_t m = planes->start[b]; m < planes->start[b + 1]; m++) {
            size_t i = planes->atom[m];
            add_atom(s, i, vol, height - s->pos[i][2], sum, weights);
        }
    for (size_t i = 0; i < plane; i++)
        out[i] = (float)(density                  ? norm * weights[i]
                         : weights[i] < least_sum ? NAN
                                                  : sum[i] / weights[i]);
}

static void splat(const struct values *s, struct ae_vol *vol)
{
    struct planes planes;
    size_t plane = vol->n[0] * vol->n[1];
    int failed = 0;
    sort_planes(&planes, s, vol);
#pragma omp parallel
    {
        double *sum = ae_alloc(plane, sizeof *sum);
        double *weights = ae_alloc(plane, sizeof *weights);
#pragma omp for schedule(dynamic, 1)
        for (size_t z = 0; z < vol->n[2]; z++) {
            if (sum && weights) {
                fill_plane(s, &planes, vol, z, sum, weights);
                continue;
            }
#pragma omp atomic write
            failed = 1;
        }
        free(sum);
        free(weights);
    }
    if (failed)
        ae_die("out of memory for the volume");
    free(planes.start);
    free(planes.atom);
}

/* NaN outside the region that the atoms fill. */
static void mask(const struct ae_atoms *atoms, struct ae_vol *vol)
{
    struct ae_sites sites;
    struct ae_delaunay mesh;
    ae_must(ae_sites_new(&sites, atoms, species, 1, ae_err()));
    ae_must(ae_delaunay_new(&mesh, (const double(*)[3])sites.pos, sites.n,
        AE_DELAUNAY_JITTER, ae_err()));
    unsigned char *in = allocate(mesh.n, 1);
    ae_must(ae_alpha_region(&mesh, alpha, 1, 0, in, ae_err()));
    struct ae_paint paint = {.step = step};
    memcpy(paint.n, vol->n, sizeof paint.n);
    memcpy(paint.origin, vol->origin, sizeof paint.origin);
    paint.mark = allocate(ae_vol_samples(vol), 1);
    ae_paint_tetra(&paint, &mesh, (const double(*)[3])sites.pos, in, 1);
    for (size_t i = 0; i < ae_vol_samples(vol); i++)
        if (!paint.mark[i])
            vol->data[i] = NAN;
    free(paint.mark);
    free(in);
    ae_delaunay_clear(&mesh);
    ae_sites_clear(&sites);
}

/* --outside: nan or a number. */
static float outside_value(void)
{
    const char *end = outside + strlen(outside);
    double x;
    if (!strcmp(outside, "nan"))
        return NAN;
    if (ae_parse_real(outside, end, &x) != end || !isfinite((float)x))
        ae_usage("--outside '%s': want nan or a number", outside);
    return (float)x;
}

int main(int argc, char **argv)
{
    struct ae_atoms atoms = {0};
    struct values values = {0};
    struct ae_vol vol;
    ae_begin(&about, argc, argv);
    if (!*column == !density)
        ae_usage("want --column or --density");
    float undefined = outside_value();
    struct ae_source *in = ae_in();
    ae_must(ae_xyz_read(in, &atoms, ae_err()));
    take_values(&values, &atoms);
    if (!values.n)
        ae_die("%s: no atom has a value", in->name);
    ae_say("%zu atoms have a value, %zu have none", values.n, values.skipped);
    make_grid(&vol, &atoms);
    splat(&values, &vol);
    if (!no_mask)
        mask(&atoms, &vol);
    for (size_t i = 0; i < ae_vol_samples(&vol); i++)
        vol.data[i] = isnan(vol.data[i]) ? undefined : vol.data[i];
    if (ae_keys_copy(&vol.keys, &atoms.keys))
        ae_die("out of memory for the header");
    ae_keys_drop(&vol.keys, "rotation_centre"); /* of another volume */
    ae_history(&vol.keys);
    ae_must(ae_nrrd_write(ae_out(), &vol, ae_err()));
    free(values.pos);
    free(values.v);
    ae_vol_clear(&vol);
    ae_atoms_clear(&atoms);
    return ae_end();
}
