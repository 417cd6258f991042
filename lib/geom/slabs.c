/* SPDX-License-Identifier: BSD-2-Clause */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "geom/boxtree.h"
#include "geom/sphere.h"
#include "geom/tetrahedra.h"

enum {
    BINS = 4096, /* to share the points out by */
    SAMPLE = 64  /* points of which the nearest is looked for */
};

/* How far a slab looks over its border, in distances of a point from the one
 * next to it: circumspheres of close-packed points (radius 0.71) do not reach
 * farther, those of most disordered ones neither */
static const double look = 1.5;

/* No tetrahedron: dropped, or not there. */
#define NONE AE_TETRAHEDRA_HULL

struct slab {
    double from, to;  /* takes the circumcentres from <= x < to */
    double low, high; /* knows all points of low <= x < high */
    struct ae_tetrahedra own;
    uint32_t *place; /* [own.n] among all that are taken, or NONE */
    size_t first, n; /* place of the first, how many */
    int code;
};

struct work {
    const double (*pos)[3];
    size_t n;
    int axis, nslab;
    struct slab *slab;
    struct ae_boxtree *tree;
    struct ae_tetrahedra all; /* vertices are points */
};

/* ---- how to cut ---- */

/* From a point to the next. */
static double nearest(const struct work *w, size_t i)
{
    double best = INFINITY, at = w->pos[i][w->axis];
    for (size_t j = 0; j < w->n; j++) {
        double along = w->pos[j][w->axis] - at, sum = 0;
        if (along * along >= best || j == i)
            continue;
        for (int k = 0; k < 3; k++) {
            double d = w->pos[j][k] - w->pos[i][k];
            sum += d * d;
        }
        best = sum < best ? sum : best;
    }
    return sqrt(best);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The median distance of some points from the next. */
static double usual_distance(const struct work *w)
{
    double distance[SAMPLE];
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < SAMPLE; i++)
        distance[i] = nearest(w, w->n * i / SAMPLE);
    qsort(distance, SAMPLE, sizeof *distance, by_size);
    return distance[SAMPLE / 2];
}

static void find_bounds(struct work *w, double low[3], double high[3])
{
    for (int k = 0; k < 3; k++) {
        low[k] = INFINITY;
        high[k] = -INFINITY;
        for (size_t i = 0; i < w->n; i++) {
            low[k] = fmin(low[k], w->pos[i][k]);
            high[k] = fmax(high[k], w->pos[i][k]);
        }
        if (high[k] - low[k] > high[w->axis] - low[w->axis])
            w->axis = k;
    }
}

/* Slabs across the longest axis with as many points each. 0 when they would
 * save nothing. */
static int cut(struct work *w)
{
    double low[3], high[3];
    size_t count[BINS] = {0}, sum = 0;
    find_bounds(w, low, high);
    double x = low[w->axis], bin = (high[w->axis] - x) / BINS;
    double reach = look * usual_distance(w);
    for (size_t i = 0; i < w->n && bin > 0; i++) {
        double b = (w->pos[i][w->axis] - x) / bin;
        count[b < BINS ? (size_t)b : BINS - 1]++;
    }
    w->slab[0].from = -INFINITY;
    for (int b = 0, s = 1; b < BINS && s < w->nslab; b++) {
        sum += count[b];
        if (sum * (size_t)w->nslab < w->n * (size_t)s)
            continue;
        if (2 * sum * (size_t)w->nslab > w->n * (size_t)(2 * s + 1))
            return 0; /* the bin holds half a slab: something is far away */
        w->slab[s++].from = x + (b + 1) * bin;
    }
    for (int s = 0; s < w->nslab; s++) {
        struct slab *slab = &w->slab[s];
        slab->to = s + 1 < w->nslab ? w->slab[s + 1].from : INFINITY;
        slab->low = slab->from - reach;
        slab->high = slab->to + reach;
        if (!(slab->to - slab->from > 2 * reach))
            return 0;
    }
    return 1;
}

/* ---- each slab by itself ---- */

/* Is tetrahedron t of the slab's points one of all points, and this slab's to
 * take? */
static int takes(const struct work *w, const struct slab *slab, size_t t)
{
    double p[4][3], centre[3], radius;
    struct ae_sphere sphere;
    for (int k = 0; k < 4; k++)
        memcpy(p[k], w->pos[slab->own.vertex[t][k]], sizeof p[k]);
    ae_sphere_set(&sphere, p);
    if (!ae_sphere_known(&sphere, p[0], centre, &radius))
        return 0;
    double x = centre[w->axis], reach = radius + AE_SPHERE_NEAR;
    if (!(x >= slab->from && x < slab->to))
        return 0;
    return (x - reach >= slab->low && x + reach < slab->high) ||
           !ae_boxtree_beyond(
               w->tree, centre, reach, w->axis, slab->low, slab->high);
}

/* Its points, ascending, so that the order of vertices stays. */
static size_t take_points(const struct work *w, const struct slab *slab,
    uint32_t *row, double (*place)[3])
{
    size_t n = 0;
    for (size_t i = 0; i < w->n; i++)
        if (w->pos[i][w->axis] >= slab->low &&
            w->pos[i][w->axis] < slab->high) {
            memcpy(place[n], w->pos[i], sizeof *place);
            row[n++] = (uint32_t)i;
        }
    return n;
}

static int triangulate(const struct work *w, struct slab *slab)
{
    uint32_t *row = ae_alloc_raw(w->n, sizeof *row);
    double(*place)[3] = ae_alloc_raw(w->n, sizeof *place);
    int code = row && place ? AE_OK : AE_EMEM;
    if (!code) {
        size_t n = take_points(w, slab, row, place);
        code =
            ae_tetrahedra_qhull(&slab->own, (const double(*)[3])place, n, NULL);
    }
    free(place);
    slab->place = ae_alloc_raw(slab->own.n, sizeof *slab->place);
    if (!code && !slab->place)
        code = AE_EMEM;
    for (size_t t = 0; t < slab->own.n && !code; t++) {
        for (int k = 0; k < 4; k++)
            slab->own.vertex[t][k] = row[slab->own.vertex[t][k]];
        slab->place[t] = takes(w, slab, t) ? (uint32_t)slab->n++ : NONE;
    }
    free(row);
    return code;
}

/* ---- together ---- */

/* all: what the slabs took; a neighbour that its slab did not take is NONE. */
static int gather(struct work *w)
{
    size_t n = 0;
    for (int s = 0; s < w->nslab; s++) {
        w->slab[s].first = n;
        n += w->slab[s].n;
    }
    w->all.n = n;
    w->all.vertex = ae_alloc_raw(n, sizeof *w->all.vertex);
    w->all.neighbour = ae_alloc_raw(n, sizeof *w->all.neighbour);
    if (!w->all.vertex || !w->all.neighbour)
        return AE_EMEM;
#pragma omp parallel for schedule(dynamic, 1)
    for (int s = 0; s < w->nslab; s++) {
        struct slab *slab = &w->slab[s];
        for (size_t t = 0; t < slab->own.n; t++) {
            if (slab->place[t] == NONE)
                continue;
            size_t at = slab->first + slab->place[t];
            memcpy(
                w->all.vertex[at], slab->own.vertex[t], sizeof *w->all.vertex);
            for (int k = 0; k < 4; k++) {
                uint32_t next = slab->own.neighbour[t][k];
                next = next == AE_TETRAHEDRA_HULL ? NONE : slab->place[next];
                w->all.neighbour[at][k] =
                    next == NONE ? NONE : next + (uint32_t)slab->first;
            }
        }
        ae_tetrahedra_clear(&slab->own);
        free(slab->place);
        slab->place = NULL;
    }
    return AE_OK;
}

static int run(struct work *w)
{
    int code = AE_OK;
#pragma omp parallel for schedule(dynamic, 1)
    for (int s = 0; s < w->nslab; s++)
        w->slab[s].code = triangulate(w, &w->slab[s]);
    for (int s = 0; s < w->nslab && !code; s++)
        code = w->slab[s].code;
    if (!code)
        code = gather(w);
    return code ? code : ae_tetrahedra_mend(&w->all, w->pos, w->n);
}

static void clear(struct work *w)
{
    for (int s = 0; s < w->nslab && w->slab; s++) {
        ae_tetrahedra_clear(&w->slab[s].own);
        free(w->slab[s].place);
    }
    free(w->slab);
    ae_boxtree_free(w->tree);
    ae_tetrahedra_clear(&w->all);
}

int ae_tetrahedra_slabs(
    struct ae_tetrahedra *tetra, const double (*pos)[3], size_t n, int slabs)
{
    struct work w = {.pos = pos, .n = n, .nslab = slabs};
    w.slab = slabs > 1 ? ae_alloc((size_t)slabs, sizeof *w.slab) : NULL;
    int done =
        w.slab && cut(&w) && !ae_boxtree_new(&w.tree, pos, n, NULL) && !run(&w);
    memset(tetra, 0, sizeof *tetra);
    if (done) {
        *tetra = w.all;
        memset(&w.all, 0, sizeof w.all);
    }
    clear(&w);
    return done;
}
