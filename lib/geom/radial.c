/* SPDX-License-Identifier: BSD-2-Clause */
#include "geom/radial.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "base/threads.h"
#include "geom/alpha.h"
#include "geom/delaunay.h"
#include "geom/nearest.h"
#include "geom/paint.h"
#include "geom/surface.h"

enum { OUTER = 1, CORE = 2 };

static const double most_places = 4e9;

/* The alpha region of some points. */
struct region {
    const double (*pos)[3];
    struct ae_delaunay mesh;
    unsigned char *in; /* [mesh.n] */
    double low[3], high[3];
};

static void clear_region(struct region *r)
{
    ae_delaunay_clear(&r->mesh);
    free(r->in);
}

static int make_region(struct region *r, const double (*pos)[3], size_t n,
    const struct ae_radial_rule *rule, struct ae_error *err)
{
    int code;
    r->pos = pos;
    if ((code = ae_delaunay_new(&r->mesh, pos, n, AE_DELAUNAY_JITTER, err)))
        return code;
    r->in = ae_alloc(r->mesh.n, 1);
    if (!r->in)
        return ae_fail(err, AE_EMEM, "out of memory for the region");
    code = ae_alpha_region(&r->mesh, rule->alpha, rule->fill, 0, r->in, err);
    for (int k = 0; k < 3; k++) {
        r->low[k] = INFINITY;
        r->high[k] = -INFINITY;
    }
    for (size_t t = 0; t < r->mesh.n; t++)
        for (int i = 0; i < 4 && r->in[t]; i++)
            for (int k = 0; k < 3; k++) {
                double x = pos[r->mesh.vertex[t][i]][k];
                r->low[k] = fmin(r->low[k], x);
                r->high[k] = fmax(r->high[k], x);
            }
    if (!code && !(r->low[0] <= r->high[0]))
        return ae_fail(err, AE_EDATA,
            "the region is empty: no circumradius is at most %g angstrom; "
            "raise --alpha",
            rule->alpha);
    return code;
}

/* ---- the grid ---- */

/* Places at the middle of cells around the region. */
static int make_grid(struct ae_paint *g, const struct region *outer,
    double step, struct ae_error *err)
{
    double places = 1;
    g->step = step;
    for (int k = 0; k < 3; k++) {
        double first = floor(outer->low[k] / step);
        double n = ceil(outer->high[k] / step) - first + 1;
        if (!((places *= n) < most_places))
            return ae_fail(err, AE_EDATA,
                "the region needs %.3g places %g angstrom apart; take a "
                "larger --grid",
                places, step);
        g->n[k] = (size_t)n;
        g->origin[k] = (first + 0.5) * step;
    }
    g->mark = ae_alloc(g->n[0] * g->n[1] * g->n[2], 1);
    return g->mark
               ? AE_OK
               : ae_fail(err, AE_EMEM, "out of memory for %.3g places", places);
}

/* Places of one row in each bin: count[bins->n]. The distance changes by no
 * more than the way, so that those near a place in the middle of a bin are in
 * that bin too. */
static void count_row(const struct ae_paint *g, size_t row,
    const struct ae_nearest *tree, int inside, const struct ae_bins *bins,
    size_t *count)
{
    const unsigned char *mark = g->mark + row * g->n[0];
    double p[3] = {0, ae_paint_place(g, 1, row % g->n[1]),
        ae_paint_place(g, 2, row / g->n[1])};
    double reach = INFINITY, same = 0; /* so far on it is the same bin */
    size_t bin = bins->n;
    for (size_t x = 0; x < g->n[0]; x++) {
        reach += g->step * (1 + 1e-9);
        same -= g->step * (1 + 1e-9);
        if (!(mark[x] & OUTER))
            continue;
        if (!(same > 0)) {
            p[0] = ae_paint_place(g, 0, x);
            double d = reach = ae_nearest_distance(tree, p, reach);
            d = mark[x] & inside ? -d : d;
            bin = ae_stats_bin(bins, d);
            same = bin < bins->n ? fmin(d - ae_stats_edge(bins, bin),
                                       ae_stats_edge(bins, bin + 1) - d)
                                 : 0;
        }
        if (bin < bins->n)
            count[bin]++;
    }
}

static int count_places(const struct ae_paint *g, const struct ae_nearest *tree,
    int inside, struct ae_radial *radial, struct ae_error *err)
{
    size_t n = radial->bins.n;
    double volume = g->step * g->step * g->step;
    int failed = 0;
    size_t *sum = ae_alloc(n, sizeof *sum);
#pragma omp parallel
    {
        size_t *count = ae_alloc(n, sizeof *count);
#pragma omp for schedule(dynamic, 16)
        for (size_t row = 0; row < g->n[1] * g->n[2]; row++)
            if (count)
                count_row(g, row, tree, inside, &radial->bins, count);
#pragma omp critical
        {
            failed |= !count || !sum;
            for (size_t b = 0; b < n && !failed; b++)
                sum[b] += count[b];
        }
        free(count);
    }
    for (size_t b = 0; b < n && !failed; b++)
        radial->volume[b] = (double)sum[b] * volume;
    free(sum);
    return failed ? ae_fail(err, AE_EMEM, "out of memory for the bins") : AE_OK;
}

/* ---- bins and points ---- */

/* Without a range, bins for any distance within a box around both regions. */
static int make_bins(struct ae_radial *radial, const struct region *outer,
    const struct region *core, const struct ae_radial_rule *rule,
    struct ae_error *err)
{
    double square = 0;
    for (int k = 0; k < 3; k++) {
        double extent = fmax(outer->high[k], core->high[k]) -
                        fmin(outer->low[k], core->low[k]);
        square += extent * extent;
    }
    double far = sqrt(square) + rule->grid;
    const double *range = rule->range;
    int code = range ? ae_stats_bins_exact(
                           &radial->bins, range[0], range[1], rule->bin)
                     : ae_stats_bins(&radial->bins, -far, far, rule->bin, 0);
    if (code)
        return ae_fail(
            err, AE_EDATA, "bins of %g angstrom are too many", rule->bin);
    radial->volume = ae_alloc(radial->bins.n, sizeof *radial->volume);
    radial->count = ae_alloc(radial->bins.n, sizeof *radial->count);
    if (!radial->volume || !radial->count)
        return ae_fail(err, AE_EMEM, "out of memory for the bins");
    return AE_OK;
}

static int holds(const struct region *r, const double p[3])
{
    size_t t = ae_delaunay_locate(&r->mesh, p, 0);
    return t != AE_DELAUNAY_HULL && r->in[t];
}

/* A point on the particle's own surface lies in it. */
static void count_points(const struct region *outer, const struct region *core,
    const struct ae_nearest *tree, const double (*point)[3], size_t n,
    struct ae_radial *radial)
{
    for (size_t i = 0; i < n; i++) {
        double d = ae_nearest_distance(tree, point[i], INFINITY);
        int on = core == outer && d < 1e-9;
        if (!on && !holds(outer, point[i])) {
            radial->outside++;
            continue;
        }
        d = on ? -1e-9 : holds(core, point[i]) ? -d : d;
        size_t bin = ae_stats_bin(&radial->bins, d);
        if (bin < radial->bins.n)
            radial->count[bin]++;
    }
}

/* Drop the bins before the first and after the last that holds anything. */
static void trim(struct ae_radial *r)
{
    size_t first = 0, last = r->bins.n;
    while (last > 0 && !(r->volume[last - 1] > 0) && !r->count[last - 1])
        last--;
    while (first < last && !(r->volume[first] > 0) && !r->count[first])
        first++;
    r->bins.high = ae_stats_edge(&r->bins, last);
    r->bins.first += (double)first;
    r->bins.n = last - first;
    memmove(r->volume, r->volume + first, r->bins.n * sizeof *r->volume);
    memmove(r->count, r->count + first, r->bins.n * sizeof *r->count);
}

void ae_radial_clear(struct ae_radial *radial)
{
    free(radial->volume);
    free(radial->count);
    memset(radial, 0, sizeof *radial);
}

int ae_radial_density(const double (*outer)[3], size_t nouter,
    const double (*core)[3], size_t ncore, const double (*point)[3], size_t n,
    const struct ae_radial_rule *rule, struct ae_radial *radial,
    struct ae_error *err)
{
    struct region whole = {0}, part = {0};
    const struct region *within = core ? &part : &whole;
    struct ae_surface surface = {0};
    struct ae_nearest *tree = NULL;
    struct ae_paint grid = {0};
    int code;
    memset(radial, 0, sizeof *radial);
    if ((code = make_region(&whole, outer, nouter, rule, err)) ||
        (core && (code = make_region(&part, core, ncore, rule, err))) ||
        (code = ae_surface_new(
             &surface, &within->mesh, within->pos, within->in, err)) ||
        (code = ae_nearest_new(&tree, &surface.mesh, err)) ||
        (code = make_bins(radial, &whole, within, rule, err)) ||
        (code = make_grid(&grid, &whole, rule->grid, err)))
        goto out;
    ae_paint_tetra(&grid, &whole.mesh, whole.pos, whole.in, OUTER);
    if (core)
        ae_paint_tetra(&grid, &part.mesh, part.pos, part.in, CORE);
    code = count_places(&grid, tree, core ? CORE : OUTER, radial, err);
    count_points(&whole, within, tree, point, n, radial);
    if (!code && !rule->range)
        trim(radial);
out:
    if (code)
        ae_radial_clear(radial);
    free(grid.mark);
    ae_nearest_free(tree);
    ae_surface_clear(&surface);
    clear_region(&whole);
    clear_region(&part);
    return code;
}
