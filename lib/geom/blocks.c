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

/* How far a block looks over its border, in distances of a point from the one
 * next to it: circumspheres of close-packed points (radius 0.71) do not reach
 * farther, those of most disordered ones neither */
static const double look = 1.5;

/* No tetrahedron: dropped, or not there. */
#define NONE AE_TETRAHEDRA_HULL

struct block {
    double from[3], to[3];  /* takes the circumcentres from <= x < to */
    double low[3], high[3]; /* knows all points of low <= x < high */
    struct ae_tetrahedra own;
    uint32_t *place; /* [own.n] among all that are taken, or NONE */
    size_t first, n; /* place of the first, how many */
    int code;
};

struct work {
    const double (*pos)[3];
    size_t n;
    int nblock;
    struct block *block;
    struct ae_boxtree *tree;
    struct ae_tetrahedra all; /* vertices are points */
};

/* ---- how to cut ---- */

/* Is p where from <= x < to on all axes? */
static int is_in(const double p[3], const double from[3], const double to[3])
{
    int in = 1;
    for (int k = 0; k < 3; k++)
        in &= (p[k] >= from[k]) & (p[k] < to[k]);
    return in;
}

/* From a point to the next. */
static double nearest(const struct work *w, size_t i)
{
    double best = INFINITY;
    for (size_t j = 0; j < w->n; j++) {
        double sum = 0;
        for (int k = 0; k < 3; k++) {
            double d = w->pos[j][k] - w->pos[i][k];
            sum += d * d;
        }
        best = sum < best && j != i ? sum : best;
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

/* The longest axis of a block's points and where the first share of them ends
 * on it. 0 when a bin holds too many: something is far away. */
static int find_cut(const struct work *w, const struct block *block,
    double share, int *axis, double *at)
{
    double low[3] = {INFINITY, INFINITY, INFINITY};
    double high[3] = {-INFINITY, -INFINITY, -INFINITY};
    size_t count[BINS] = {0}, n = 0, sum = 0, b = 0;
    for (size_t i = 0; i < w->n; i++) {
        if (!is_in(w->pos[i], block->from, block->to))
            continue;
        for (int k = 0; k < 3; k++) {
            low[k] = fmin(low[k], w->pos[i][k]);
            high[k] = fmax(high[k], w->pos[i][k]);
        }
        n++;
    }
    *axis = 0;
    for (int k = 1; k < 3; k++)
        *axis = high[k] - low[k] > high[*axis] - low[*axis] ? k : *axis;
    double x = low[*axis], bin = (high[*axis] - x) / BINS;
    for (size_t i = 0; i < w->n && bin > 0; i++) {
        double place = (w->pos[i][*axis] - x) / bin;
        if (is_in(w->pos[i], block->from, block->to))
            count[place < BINS ? (size_t)place : BINS - 1]++;
    }
    while (b < BINS && (double)sum < share * (double)n)
        sum += count[b++];
    *at = x + (double)b * bin;
    return (double)sum < (share + 1) / 2 * (double)n;
}

/* Into parts with as many points each: the blocks from block on. 0 when they
 * would save nothing. */
static int divide(struct work *w, struct block *block, int parts, double reach)
{
    int axis, left = parts / 2;
    double at;
    for (int k = 0; k < 3; k++) {
        block->low[k] = block->from[k] - reach;
        block->high[k] = block->to[k] + reach;
        if (!(block->to[k] - block->from[k] > 2 * reach))
            return 0;
    }
    if (parts == 1)
        return 1;
    if (!find_cut(w, block, (double)left / parts, &axis, &at))
        return 0;
    block[left] = *block;
    block->to[axis] = block[left].from[axis] = at;
    return divide(w, block, left, reach) &&
           divide(w, block + left, parts - left, reach);
}

static int cut(struct work *w)
{
    for (int k = 0; k < 3; k++) {
        w->block->from[k] = -INFINITY;
        w->block->to[k] = INFINITY;
    }
    return divide(w, w->block, w->nblock, look * usual_distance(w));
}

/* ---- each block by itself ---- */

/* Is tetrahedron t of the block's points one of all points, and this block's to
 * take? */
static int takes(const struct work *w, const struct block *block, size_t t)
{
    double p[4][3], centre[3], radius;
    struct ae_sphere sphere;
    for (int k = 0; k < 4; k++)
        memcpy(p[k], w->pos[block->own.vertex[t][k]], sizeof p[k]);
    ae_sphere_set(&sphere, p);
    if (!ae_sphere_known(&sphere, p[0], centre, &radius))
        return 0;
    int inside = 1;
    radius += AE_SPHERE_NEAR;
    if (!is_in(centre, block->from, block->to))
        return 0;
    for (int k = 0; k < 3; k++)
        inside &= (centre[k] - radius >= block->low[k]) &
                  (centre[k] + radius < block->high[k]);
    return inside ||
           !ae_boxtree_beyond(w->tree, centre, radius, block->low, block->high);
}

/* Its points, ascending, so that the order of vertices stays. */
static size_t take_points(const struct work *w, const struct block *block,
    uint32_t *row, double (*place)[3])
{
    size_t n = 0;
    for (size_t i = 0; i < w->n; i++)
        if (is_in(w->pos[i], block->low, block->high)) {
            memcpy(place[n], w->pos[i], sizeof *place);
            row[n++] = (uint32_t)i;
        }
    return n;
}

static int triangulate(const struct work *w, struct block *block)
{
    uint32_t *row = ae_alloc_raw(w->n, sizeof *row);
    double(*place)[3] = ae_alloc_raw(w->n, sizeof *place);
    int code = row && place ? AE_OK : AE_EMEM;
    if (!code) {
        size_t n = take_points(w, block, row, place);
        code = ae_tetrahedra_qhull(
            &block->own, (const double(*)[3])place, n, NULL);
    }
    free(place);
    block->place = ae_alloc_raw(block->own.n, sizeof *block->place);
    if (!code && !block->place)
        code = AE_EMEM;
    for (size_t t = 0; t < block->own.n && !code; t++) {
        for (int k = 0; k < 4; k++)
            block->own.vertex[t][k] = row[block->own.vertex[t][k]];
        block->place[t] = takes(w, block, t) ? (uint32_t)block->n++ : NONE;
    }
    free(row);
    return code;
}

/* ---- together ---- */

/* all: what the slabs took; a neighbour that its block did not take is NONE. */
static int gather(struct work *w)
{
    size_t n = 0;
    for (int s = 0; s < w->nblock; s++) {
        w->block[s].first = n;
        n += w->block[s].n;
    }
    w->all.n = n;
    w->all.vertex = ae_alloc_raw(n, sizeof *w->all.vertex);
    w->all.neighbour = ae_alloc_raw(n, sizeof *w->all.neighbour);
    if (!w->all.vertex || !w->all.neighbour)
        return AE_EMEM;
#pragma omp parallel for schedule(dynamic, 1)
    for (int s = 0; s < w->nblock; s++) {
        struct block *block = &w->block[s];
        for (size_t t = 0; t < block->own.n; t++) {
            if (block->place[t] == NONE)
                continue;
            size_t at = block->first + block->place[t];
            memcpy(
                w->all.vertex[at], block->own.vertex[t], sizeof *w->all.vertex);
            for (int k = 0; k < 4; k++) {
                uint32_t next = block->own.neighbour[t][k];
                next = next == AE_TETRAHEDRA_HULL ? NONE : block->place[next];
                w->all.neighbour[at][k] =
                    next == NONE ? NONE : next + (uint32_t)block->first;
            }
        }
        ae_tetrahedra_clear(&block->own);
        free(block->place);
        block->place = NULL;
    }
    return AE_OK;
}

static int run(struct work *w)
{
    int code = AE_OK;
#pragma omp parallel for schedule(dynamic, 1)
    for (int s = 0; s < w->nblock; s++)
        w->block[s].code = triangulate(w, &w->block[s]);
    for (int s = 0; s < w->nblock && !code; s++)
        code = w->block[s].code;
    if (!code)
        code = gather(w);
    return code ? code : ae_tetrahedra_mend(&w->all, w->pos, w->n);
}

static void clear(struct work *w)
{
    for (int s = 0; s < w->nblock && w->block; s++) {
        ae_tetrahedra_clear(&w->block[s].own);
        free(w->block[s].place);
    }
    free(w->block);
    ae_boxtree_free(w->tree);
    ae_tetrahedra_clear(&w->all);
}

int ae_tetrahedra_blocks(
    struct ae_tetrahedra *tetra, const double (*pos)[3], size_t n, int blocks)
{
    struct work w = {.pos = pos, .n = n, .nblock = blocks};
    w.block = blocks > 1 ? ae_alloc((size_t)blocks, sizeof *w.block) : NULL;
    int done = w.block && cut(&w) && !ae_boxtree_new(&w.tree, pos, n, NULL) &&
               !run(&w);
    memset(tetra, 0, sizeof *tetra);
    if (done) {
        *tetra = w.all;
        memset(&w.all, 0, sizeof w.all);
    }
    clear(&w);
    return done;
}
