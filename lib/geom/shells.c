/* SPDX-License-Identifier: BSD-2-Clause */
#include "geom/shells.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "math/fft.h"

/* Nodes origin + h (i, j, k), x fastest. */
struct grid {
    double origin[3], h;
    size_t n[3], total;
    unsigned char *inside;
};

static double shell_volume(const struct ae_shells *s, size_t k)
{
    double a = (double)k * s->width, b = (double)(k + 1) * s->width;
    return 4.0 / 3 * M_PI * (b * b * b - a * a * a);
}

/* A grid of nodes about all points, with a margin. */
static int grid_new(struct grid *g, const struct ae_shells *s, double h,
    double margin, struct ae_error *err)
{
    memset(g, 0, sizeof *g);
    g->h = h;
    g->total = 1;
    for (int k = 0; k < 3; k++) {
        double low = INFINITY, high = -INFINITY;
        for (size_t i = 0; i < s->n; i++) {
            low = fmin(low, s->pos[i][k]);
            high = fmax(high, s->pos[i][k]);
        }
        double n = ceil((high - low) / h) + 2 + ceil(margin / h);
        if (!(n < 20000))
            return ae_fail(err, AE_EMEM,
                "a grid of %g angstrom over %g is too large; take a wider one",
                h, high - low);
        g->origin[k] = low;
        g->n[k] = k ? ae_fft_good((size_t)n) : ae_fft_good_even((size_t)n);
        if (ae_mul(g->total, g->n[k], &g->total))
            g->total = SIZE_MAX;
    }
    g->inside = ae_alloc(g->total, 1);
    return g->inside ? AE_OK
                     : ae_fail(err, AE_EMEM, "out of memory for the region");
}

/* Faces of a tetrahedron as n . p <= d. */
static void face_planes(double p[4][3], double plane[4][4])
{
    for (int f = 0; f < 4; f++) {
        const double *a = p[(f + 1) & 3], *b = p[(f + 2) & 3];
        const double *c = p[(f + 3) & 3];
        double *n = plane[f], side = 0;
        for (int k = 0; k < 3; k++) {
            int x = (k + 1) % 3, y = (k + 2) % 3;
            n[k] =
                (b[x] - a[x]) * (c[y] - a[y]) - (b[y] - a[y]) * (c[x] - a[x]);
        }
        n[3] = n[0] * a[0] + n[1] * a[1] + n[2] * a[2];
        side = n[0] * p[f][0] + n[1] * p[f][1] + n[2] * p[f][2] - n[3];
        for (int k = 0; k < 4 && side > 0; k++)
            n[k] = -n[k];
    }
}

/* First and last node along axis k within [low, high]. */
static void node_range(const struct grid *g, int k, double low, double high,
    long *first, long *last)
{
    *first = (long)ceil((low - g->origin[k]) / g->h - 1e-9);
    *last = (long)floor((high - g->origin[k]) / g->h + 1e-9);
    *first = *first < 0 ? 0 : *first;
    if (*last >= (long)g->n[k])
        *last = (long)g->n[k] - 1;
}

/* Mark the nodes inside a tetrahedron, row by row. */
static void mark_tetra(struct grid *g, double p[4][3])
{
    double plane[4][4], low[3], high[3];
    long a[3], b[3], y, z;
    face_planes(p, plane);
    for (int k = 0; k < 3; k++) {
        low[k] = fmin(fmin(p[0][k], p[1][k]), fmin(p[2][k], p[3][k]));
        high[k] = fmax(fmax(p[0][k], p[1][k]), fmax(p[2][k], p[3][k]));
        node_range(g, k, low[k], high[k], &a[k], &b[k]);
    }
    for (z = a[2]; z <= b[2]; z++)
        for (y = a[1]; y <= b[1]; y++) {
            double lo = low[0], hi = high[0];
            double Y = g->origin[1] + g->h * (double)y;
            double Z = g->origin[2] + g->h * (double)z;
            for (int f = 0; f < 4; f++) {
                const double *n = plane[f];
                double rest = n[3] - n[1] * Y - n[2] * Z;
                if (n[0] > 0)
                    hi = fmin(hi, rest / n[0]);
                else if (n[0] < 0)
                    lo = fmax(lo, rest / n[0]);
                else if (rest < 0)
                    hi = -INFINITY;
            }
            if (!(lo <= hi + 2e-9 * g->h))
                continue;
            long first, last;
            node_range(g, 0, lo, hi, &first, &last);
            size_t row = ((size_t)z * g->n[1] + (size_t)y) * g->n[0];
            if (first <= last)
                memset(g->inside + row + first, 1, (size_t)(last - first + 1));
        }
}

static void mark_region(struct grid *g, const struct ae_shells *s)
{
    for (size_t t = 0; t < s->mesh->n; t++) {
        double p[4][3];
        if (!s->in[t])
            continue;
        ae_delaunay_corners(s->mesh, s->pos, t, p);
        mark_tetra(g, p);
    }
}

/* ---- by correlation ------------------------------------------------------ */

/* Real arrays with two more places a row, transformed in place. */
struct transform {
    struct ae_fft *there, *back;
    float *region, *points;
    size_t row; /* reals */
};

static void transform_clear(struct transform *t)
{
    ae_fft_free(t->there);
    ae_fft_free(t->back);
    ae_fft_buffer_free(t->region);
    ae_fft_buffer_free(t->points);
}

static int transform_new(
    struct transform *t, const struct grid *g, struct ae_error *err)
{
    const size_t n[3] = {g->n[2], g->n[1], g->n[0]};
    memset(t, 0, sizeof *t);
    t->row = g->n[0] + 2;
    size_t reals = g->n[2] * g->n[1] * t->row;
    t->region = ae_fft_alloc(reals, sizeof *t->region);
    t->points = ae_fft_alloc(reals, sizeof *t->points);
    if (!t->region || !t->points)
        return ae_fail(err, AE_EMEM,
            "out of memory for a grid of %zu x %zu x %zu; take a wider one",
            g->n[0], g->n[1], g->n[2]);
    int code = ae_fft_new(
        &t->there, AE_FFT_FLOAT, AE_FFT_R2C, 3, n, t->region, t->region, err);
    if (!code)
        code = ae_fft_new(&t->back, AE_FFT_FLOAT, AE_FFT_C2R, 3, n, t->points,
            t->points, err);
    return code;
}

/* The points of one kind shared among the eight nodes about each. */
static void spread(const struct ae_shells *s, const struct grid *g, size_t kind,
    size_t row, float *out)
{
    memset(out, 0, g->n[2] * g->n[1] * row * sizeof *out);
    for (size_t i = 0; i < s->n; i++) {
        double f[3];
        size_t at[3];
        if (s->kind && s->kind[i] != kind)
            continue;
        for (int k = 0; k < 3; k++) {
            f[k] = (s->pos[i][k] - g->origin[k]) / g->h;
            at[k] = (size_t)f[k];
            f[k] -= (double)at[k];
        }
        for (int c = 0; c < 8; c++) {
            double w = 1;
            size_t j[3];
            for (int k = 0; k < 3; k++) {
                w *= c >> k & 1 ? f[k] : 1 - f[k];
                j[k] = at[k] + (size_t)(c >> k & 1);
            }
            out[(j[2] * g->n[1] + j[1]) * row + j[0]] += (float)w;
        }
    }
}

/* points = region correlated with points: sum over x of P(x) R(x + v). */
static void correlate(const struct transform *t, const struct grid *g)
{
    float *P = t->points, *R = t->region;
    size_t n = g->n[2] * g->n[1] * t->row;
    float scale = 1 / (float)g->total;
    ae_fft_run(t->there, P, P);
    for (size_t i = 0; i < n; i += 2) {
        float re = P[i] * R[i] + P[i + 1] * R[i + 1];
        float im = P[i] * R[i + 1] - P[i + 1] * R[i];
        P[i] = scale * re;
        P[i + 1] = scale * im;
    }
    ae_fft_run(t->back, P, P);
}

/* value[n] at the places at[n], ascending, to mean[k] half way through each
 * shell, by straight lines. */
static void lay_out(const struct ae_shells *s, const double *at,
    const double *value, size_t n, double *mean)
{
    for (size_t k = 0, i = 0; k < s->nshell; k++) {
        double r = ((double)k + 0.5) * s->width;
        while (i + 2 < n && at[i + 1] < r)
            i++;
        mean[k] = value[i];
        if (i + 1 < n)
            mean[k] +=
                (value[i + 1] - value[i]) * (r - at[i]) / (at[i + 1] - at[i]);
    }
}

/* Means over the lattice vectors of each shell, at their mean length: a shell
 * holds few or none, and not at its middle. */
static int shell_means(const struct ae_shells *s, const struct grid *g,
    const struct transform *t, double *mean, struct ae_error *err)
{
    long far = (long)floor((double)s->nshell * s->width / g->h), x, y, z;
    size_t *count = ae_alloc(s->nshell, sizeof *count), n = 0;
    double *sum = ae_alloc(s->nshell, sizeof *sum);
    double *at = ae_alloc(s->nshell, sizeof *at);
    if (!count || !sum || !at) {
        free(count);
        free(sum);
        free(at);
        return ae_fail(err, AE_EMEM, "out of memory for the shells");
    }
    for (z = -far; z <= far; z++)
        for (y = -far; y <= far; y++)
            for (x = -far; x <= far; x++) {
                double r = g->h * sqrt((double)(x * x + y * y + z * z));
                size_t k = (size_t)(r / s->width + 1e-9);
                if (k >= s->nshell)
                    continue;
                size_t row = ae_fft_index(z, g->n[2]) * g->n[1] +
                             ae_fft_index(y, g->n[1]);
                sum[k] +=
                    (double)t->points[row * t->row + ae_fft_index(x, g->n[0])];
                at[k] += r;
                count[k]++;
            }
    for (size_t k = 0; k < s->nshell; k++)
        if (count[k]) {
            sum[n] = sum[k] / (double)count[k];
            at[n++] = at[k] / (double)count[k];
        }
    lay_out(s, at, sum, n, mean);
    free(count);
    free(sum);
    free(at);
    return AE_OK;
}

int ae_shells_correlated(const struct ae_shells *s, double spacing,
    double *volume, struct ae_error *err)
{
    struct grid g;
    struct transform t = {0};
    int code =
        grid_new(&g, s, spacing, (double)s->nshell * s->width + spacing, err);
    if (code)
        return code;
    mark_region(&g, s);
    code = transform_new(&t, &g, err);
    if (!code) {
        for (size_t row = 0; row < g.n[1] * g.n[2]; row++)
            for (size_t x = 0; x < g.n[0]; x++)
                t.region[row * t.row + x] = g.inside[row * g.n[0] + x];
        ae_fft_run(t.there, t.region, t.region);
    }
    for (size_t a = 0; a < s->kinds && !code; a++) {
        spread(s, &g, a, t.row, t.points);
        correlate(&t, &g);
        code = shell_means(s, &g, &t, volume + a * s->nshell, err);
        for (size_t k = 0; k < s->nshell && !code; k++)
            volume[a * s->nshell + k] *= shell_volume(s, k);
    }
    transform_clear(&t);
    free(g.inside);
    return code;
}

/* ---- by points on spheres ------------------------------------------------ */

/* The point a + (b - a) i + (c - a) j on the unit sphere. */
static void lay(double *out, const double *a, const double *b, const double *c,
    double i, double j)
{
    double sum = 0;
    for (int k = 0; k < 3; k++) {
        out[k] = a[k] + (b[k] - a[k]) * i + (c[k] - a[k]) * j;
        sum += out[k] * out[k];
    }
    for (int k = 0; k < 3; k++)
        out[k] /= sqrt(sum);
}

static int is_edge(const double *a, const double *b)
{
    double square = 0;
    for (int k = 0; k < 3; k++)
        square += (a[k] - b[k]) * (a[k] - b[k]);
    return square < 4.1; /* edges are 2 long, other distances above 3.2 */
}

/* Corners of an icosahedron whose edges are cut into a power of 2 of steps:
 * its own, then those inside each edge, then those inside each face. */
static double (*icosphere(size_t corners, size_t *n))[3]
{
    const double g = (1 + sqrt(5)) / 2;
    double v[12][3];
    size_t steps = 1, m = 0;
    for (int axis = 0; axis < 3; axis++)
        for (int s = 0; s < 4; s++, m++) {
            v[m][axis] = 0;
            v[m][(axis + 1) % 3] = s & 1 ? 1 : -1;
            v[m][(axis + 2) % 3] = s & 2 ? g : -g;
        }
    while (10 * steps * steps + 2 < corners)
        steps *= 2;
    double(*out)[3] = ae_alloc(10 * steps * steps + 2, sizeof *out);
    double step = 1 / (double)steps;
    *n = 0;
    for (int a = 0; a < 12 && out; a++) {
        lay(out[(*n)++], v[a], v[a], v[a], 0, 0);
        for (int b = a + 1; b < 12; b++) {
            if (!is_edge(v[a], v[b]))
                continue;
            for (size_t i = 1; i < steps; i++)
                lay(out[(*n)++], v[a], v[b], v[b], (double)i * step, 0);
            for (int c = b + 1; c < 12; c++)
                for (size_t i = 1;
                     is_edge(v[a], v[c]) && is_edge(v[b], v[c]) && i < steps;
                     i++)
                    for (size_t j = 1; i + j < steps; j++)
                        lay(out[(*n)++], v[a], v[b], v[c], (double)i * step,
                            (double)j * step);
        }
    }
    return out;
}

enum { OUTSIDE, INSIDE, MIXED };

/* Cells of the grid, each by its middle, the node, and MIXED where a face of
 * the surface comes near. */
static void mark_surface(struct grid *g, const struct ae_shells *s)
{
    for (size_t t = 0; t < s->mesh->n; t++)
        for (int f = 0; f < 4 && s->in[t]; f++) {
            size_t other = s->mesh->neighbour[t][f];
            double low[3] = {INFINITY, INFINITY, INFINITY};
            double high[3] = {-INFINITY, -INFINITY, -INFINITY};
            long a[3], b[3], y, z;
            if (other != AE_DELAUNAY_HULL && s->in[other])
                continue;
            for (int c = 0; c < 4; c++)
                for (int k = 0; k < 3 && c != f; k++) {
                    double x = s->pos[s->mesh->vertex[t][c]][k];
                    low[k] = fmin(low[k], x);
                    high[k] = fmax(high[k], x);
                }
            for (int k = 0; k < 3; k++)
                node_range(g, k, low[k] - 0.6 * g->h, high[k] + 0.6 * g->h,
                    &a[k], &b[k]);
            for (z = a[2]; z <= b[2]; z++)
                for (y = a[1]; y <= b[1]; y++)
                    if (a[0] <= b[0])
                        memset(g->inside +
                                   ((size_t)z * g->n[1] + (size_t)y) * g->n[0] +
                                   a[0],
                            MIXED, (size_t)(b[0] - a[0] + 1));
        }
}

static int is_inside(const struct ae_shells *s, const struct grid *g,
    const double p[3], size_t *start)
{
    size_t at = 0;
    for (int k = 2; k >= 0; k--) {
        double x = floor((p[k] - g->origin[k]) / g->h + 0.5);
        if (!(x >= 0 && x < (double)g->n[k]))
            return 0;
        at = at * g->n[k] + (size_t)x;
    }
    if (g->inside[at] != MIXED)
        return g->inside[at] == INSIDE;
    size_t t = ae_delaunay_locate(s->mesh, p, *start);
    if (t == AE_DELAUNAY_HULL)
        return 0;
    *start = t;
    return s->in[t];
}

/* Of the spheres about point i: how many corners lie inside. */
static void sample_point(const struct ae_shells *s, const struct grid *g,
    const double (*corner)[3], size_t corners, size_t i, uint32_t *count)
{
    size_t start = 0;
    for (size_t k = 0; k < s->nshell; k++) {
        double r = ((double)k + 0.5) * s->width;
        count[k] = 0;
        for (size_t c = 0; c < corners; c++) {
            double p[3];
            for (int a = 0; a < 3; a++)
                p[a] = s->pos[i][a] + r * corner[c][a];
            count[k] += (uint32_t)is_inside(s, g, p, &start);
        }
    }
}

int ae_shells_sampled(const struct ae_shells *s, size_t corners, double *volume,
    struct ae_error *err)
{
    struct grid g;
    size_t n, numbers;
    const double spacing = 1; /* angstrom, of the table of what is inside */
    double(*corner)[3] = icosphere(corners, &n);
    uint32_t *count = NULL;
    int code = grid_new(&g, s, spacing, 0, err);
    if (!ae_mul(s->n, s->nshell, &numbers))
        count = ae_alloc(numbers, sizeof *count);
    if (!code && (!corner || !count))
        code = ae_fail(err, AE_EMEM, "out of memory for the spheres");
    if (!code) {
        mark_region(&g, s);
        mark_surface(&g, s);
#pragma omp parallel for schedule(dynamic, 16)
        for (size_t i = 0; i < s->n; i++)
            sample_point(
                s, &g, (const double(*)[3])corner, n, i, count + i * s->nshell);
        memset(volume, 0, s->kinds * s->nshell * sizeof *volume);
        for (size_t i = 0; i < s->n; i++)
            for (size_t k = 0; k < s->nshell; k++)
                volume[(s->kind ? s->kind[i] : 0) * s->nshell + k] +=
                    shell_volume(s, k) * count[i * s->nshell + k] / (double)n;
    }
    free(count);
    free(corner);
    free(g.inside);
    return code;
}
