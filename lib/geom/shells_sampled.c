/* SPDX-License-Identifier: BSD-2-Clause */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "geom/paint.h"
#include "geom/shells.h"

/* angstrom, of the table of what is inside */
static const double spacing = 1;
static const double most_places = 4e9;

/* Cells of the table, each by the place at its middle: INSIDE, or not; MIXED
 * where the surface comes near. */
enum { INSIDE = 1, MIXED = 2 };

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

static int table_new(
    struct ae_paint *g, const struct ae_shells *s, struct ae_error *err)
{
    double places = 1;
    memset(g, 0, sizeof *g);
    g->step = spacing;
    for (int k = 0; k < 3; k++) {
        double low = INFINITY, high = -INFINITY;
        for (size_t i = 0; i < s->n; i++) {
            low = fmin(low, s->pos[i][k]);
            high = fmax(high, s->pos[i][k]);
        }
        places *= ceil((high - low) / spacing) + 2;
        g->origin[k] = low;
        g->n[k] = (size_t)(ceil((high - low) / spacing) + 2);
        if (places > most_places)
            return ae_fail(err, AE_EMEM,
                "the atoms are spread too far for points on spheres");
    }
    g->mark = ae_alloc((size_t)places, 1);
    return g->mark ? AE_OK
                   : ae_fail(err, AE_EMEM, "out of memory for the region");
}

/* The cells within low ... high. */
static void mark_box(
    struct ae_paint *g, const double low[3], const double high[3])
{
    size_t a[3], b[3];
    for (int k = 0; k < 3; k++) {
        double first = floor((low[k] - g->origin[k]) / g->step + 0.4);
        double last = ceil((high[k] - g->origin[k]) / g->step - 0.4);
        a[k] = first > 0 ? (size_t)first : 0;
        b[k] = last < (double)g->n[k] ? (size_t)last : g->n[k] - 1;
    }
    for (size_t z = a[2]; z <= b[2]; z++)
        for (size_t y = a[1]; y <= b[1]; y++)
            memset(g->mark + (z * g->n[1] + y) * g->n[0] + a[0], MIXED,
                b[0] - a[0] + 1);
}

static void mark_surface(struct ae_paint *g, const struct ae_region *r)
{
    const struct ae_delaunay *mesh = &r->mesh;
    for (size_t t = 0; t < mesh->n; t++)
        for (int f = 0; f < 4 && r->in[t]; f++) {
            size_t other = mesh->neighbour[t][f];
            double low[3] = {INFINITY, INFINITY, INFINITY};
            double high[3] = {-INFINITY, -INFINITY, -INFINITY};
            if (other != AE_DELAUNAY_HULL && r->in[other])
                continue;
            for (int c = 0; c < 4; c++)
                for (int k = 0; k < 3 && c != f; k++) {
                    double x = r->pos[mesh->vertex[t][c]][k];
                    low[k] = fmin(low[k], x);
                    high[k] = fmax(high[k], x);
                }
            mark_box(g, low, high);
        }
}

static int is_inside(const struct ae_region *r, const struct ae_paint *g,
    const double p[3], size_t *start)
{
    size_t at = 0;
    for (int k = 2; k >= 0; k--) {
        double x = floor((p[k] - g->origin[k]) / g->step + 0.5);
        if (!(x >= 0 && x < (double)g->n[k]))
            return 0;
        at = at * g->n[k] + (size_t)x;
    }
    if (g->mark[at] != MIXED)
        return g->mark[at] == INSIDE;
    size_t t = ae_delaunay_locate(&r->mesh, p, *start);
    if (t == AE_DELAUNAY_HULL)
        return 0;
    *start = t;
    return r->in[t];
}

/* Of the spheres about point i: how many corners lie inside. */
static void sample_point(const struct ae_shells *s, const struct ae_paint *g,
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
            count[k] += (uint32_t)is_inside(s->region, g, p, &start);
        }
    }
}

int ae_shells_sampled(const struct ae_shells *s, size_t corners, double *volume,
    struct ae_error *err)
{
    const struct ae_region *r = s->region;
    struct ae_paint table = {0};
    size_t n, numbers;
    double(*corner)[3] = icosphere(corners, &n);
    uint32_t *count = NULL;
    int code = table_new(&table, s, err);
    if (!ae_mul(s->n, s->nshell, &numbers))
        count = ae_alloc(numbers, sizeof *count);
    if (!code && (!corner || !count))
        code = ae_fail(err, AE_EMEM, "out of memory for the spheres");
    if (!code) {
        ae_paint_tetra(
            &table, &r->mesh, (const double(*)[3])r->pos, r->in, INSIDE);
        mark_surface(&table, r);
#pragma omp parallel for schedule(dynamic, 16)
        for (size_t i = 0; i < s->n; i++)
            sample_point(s, &table, (const double(*)[3])corner, n, i,
                count + i * s->nshell);
        memset(volume, 0, s->kinds * s->nshell * sizeof *volume);
        for (size_t i = 0; i < s->n; i++)
            for (size_t k = 0; k < s->nshell; k++)
                volume[(s->kind ? s->kind[i] : 0) * s->nshell + k] +=
                    ae_shells_volume(k, s->width) * count[i * s->nshell + k] /
                    (double)n;
    }
    free(count);
    free(corner);
    free(table.mark);
    return code;
}
