/* SPDX-License-Identifier: BSD-2-Clause
 * tomo_general_runs - where the voxels of a tile land in general orientation,
 * for tomo_general_kernel.c alone: the view, the columns of a tile in a good
 * order, the runs of a column. */
#ifndef AE_TOMO_TOMO_GENERAL_RUNS_H
#define AE_TOMO_TOMO_GENERAL_RUNS_H

#include <math.h>
#include <stdint.h>
#include <string.h>
#include "tomo/tomo_kernel.h"

/* Working arrays [row -1 ... nu][lane / width][ARRAYS][width], the first lane
 * being -BEFORE: what belongs to a register is together. A register of
 * MOST_LANES may be the first of its row, and what lies beside its border is
 * one register before it: MARGIN samples are before the arrays. */
enum {
    BEFORE = 16,
    MOST_LANES = 16,
    ARRAYS = 6,
    LINES = 4, /* to work in */
    MARGIN = ARRAYS * MOST_LANES
};

/* u is counted in parts of 2^-40 pixel. */
#define FIXED_BITS 40
#define FIXED      (INT64_C(1) << FIXED_BITS)

/* One image's geometry. The sub-samples of a voxel are displaced in the frame
 * by +-(a, da) and +-(b, db) with a, b >= 0; u moves by turn per lane and v by
 * 1 + slope. */
struct view {
    double R[2][3], a, b, da, db, reach_u, reach_v;
    double moment; /* sum over the four of du dv */
    double turn, slope, minus_zero;
    double lanes_a_pixel; /* 1 / slope, or 0 */
    int quads;            /* 2: at +-1/4 in y as well */
    double low_u;         /* of a register's sub-samples, less u of lane 0 */
    int64_t turn_fixed, fits; /* parts that a register may be above its row - 1
                                 for that to be the middle one of all lanes */
};

static struct view make_view(const struct ae_tomo_shape *s, double R[3][3])
{
    struct view w = {.turn = R[0][1],
        .slope = R[1][1] - 1,
        .minus_zero = -0.0,
        .lanes_a_pixel = R[1][1] != 1 ? 1 / (R[1][1] - 1) : 0,
        .quads = s->subsample == 8 ? 2 : 1};
    double by = s->subsample == 1 ? 0 : 0.25;
    memcpy(w.R, R, sizeof w.R);
    w.a = by * (R[0][0] + R[0][2]);
    w.b = by * (R[0][0] - R[0][2]);
    w.da = copysign(by, w.a) * (R[1][0] + R[1][2]);
    w.db = copysign(by, w.b) * (R[1][0] - R[1][2]);
    w.a = fabs(w.a);
    w.b = fabs(w.b);
    w.moment = 2 * (w.a * w.da + w.b * w.db);
    w.reach_u = fmax(w.a, w.b);
    w.reach_v = fmax(fabs(w.da), fabs(w.db));
    return w;
}

/* For registers of so many lanes. */
static void set_width(struct view *w, int lanes)
{
    double end = (lanes - 1) * w->turn, span = fabs(end) + 2 * w->reach_u;
    w->low_u = fmin(0, end) - w->reach_u;
    w->turn_fixed = llrint(w->turn * FIXED);
    w->fits = llrint((2 - span) * FIXED);
}

/* Of a register's first lane. */
static inline __attribute__((always_inline)) size_t place_of(
    const struct ae_tomo_shape *s, long row, long lane)
{
    return MARGIN +
           ((size_t)(row + 1) * s->lanes_w + (size_t)(lane + BEFORE)) * ARRAYS;
}

static inline __attribute__((always_inline)) int is_on(
    const struct ae_tomo_shape *s, long row)
{
    return (unsigned long)(row + 1) < s->nu + 2;
}

/* ---- the columns of a tile, and the runs of a column ------------------------ */

/* Where voxel 0 of a column lands. */
struct start {
    size_t column;
    double v;
    int64_t low_u; /* parts; the least of the first register's sub-samples */
    size_t ahead;  /* samples to what the next columns want of the next row */
};

/* Of the tile's first column. */
static struct start corner_of(const struct ae_tomo_shape *s,
    const struct view *w, const struct ae_tile *t, int quad)
{
    double y = w->quads == 1 ? 0 : quad ? 0.25 : -0.25;
    double a = (double)t->x0 - (double)(s->nx / 2);
    double b = y - (double)(s->ny / 2);
    double e = (double)t->z0 - (double)(s->nz / 2);
    double u = w->R[0][0] * a + w->R[0][1] * b + w->R[0][2] * e;
    double v = w->R[1][0] * a + w->R[1][1] * b + w->R[1][2] * e;
    return (struct start){.column = t->x0 + s->nx * t->z0,
        .v = v + (double)(s->nv / 2),
        .low_u = llrint((u + (double)(s->nu / 2) + w->low_u) * FIXED)};
}

/* May any of a column lie on the frame, as far as u tells? */
static inline int is_seen(
    const struct ae_tomo_shape *s, const struct view *w, int64_t low_u)
{
    int64_t end = low_u + (int64_t)s->lanes_y * w->turn_fixed;
    int64_t least = -2 * FIXED, most = (int64_t)(s->nu + 1) * FIXED;
    return ((low_u > least) | (end > least)) & ((low_u < most) | (end < most));
}

enum { ALL_COLUMNS = 2 * AE_TILE * AE_TILE };

/* Columns by u to 1/8 pixel: the rows that one of them touches are in L1 when
 * the next comes. What lies one row on is fetched beforehand, of each register
 * another line of the cache with every column. */
static void sort_columns(const struct start *start, size_t n, size_t row,
    size_t size, size_t lanes, struct start *sorted)
{
    enum { SHIFT = FIXED_BITS - 3, MOST = 3 * 8 * AE_TILE };
    unsigned count[MOST + 1] = {0};
    int64_t least = INT64_MAX;
    for (size_t i = 0; i < n; i++)
        least = start[i].low_u < least ? start[i].low_u : least;
    for (size_t i = 0; i < n; i++)
        count[((start[i].low_u - least) >> SHIFT) + 1]++;
    for (size_t i = 0; i < MOST; i++)
        count[i + 1] += count[i];
    for (size_t i = 0; i < n; i++)
        sorted[count[(start[i].low_u - least) >> SHIFT]++] = start[i];
    for (size_t i = 0; i < n; i++)
        sorted[i].ahead = row + i * (64 / size) % (ARRAYS * lanes);
}

/* The columns of a tile for registers of so many lanes of so many bytes; returns
 * how many there are. */
static size_t columns_of(const struct ae_tomo_shape *s, const struct view *w,
    const struct ae_tile *t, size_t size, size_t lanes, struct start *sorted)
{
    struct start start[ALL_COLUMNS];
    int64_t step_x = llrint(w->R[0][0] * FIXED);
    int64_t step_z = llrint(w->R[0][2] * FIXED);
    size_t n = 0, nx = t->x1 - t->x0, nz = t->z1 - t->z0;
    for (int j = 0; j < w->quads; j++) {
        struct start first = corner_of(s, w, t, j);
        for (size_t z = 0; z < nz; z++)
            for (size_t x = 0; x < nx; x++) {
                start[n] =
                    (struct start){.column = first.column + x + s->nx * z,
                        .v = first.v + w->R[1][0] * (double)x +
                             w->R[1][2] * (double)z,
                        .low_u = first.low_u + (int64_t)x * step_x +
                                 (int64_t)z * step_z};
                n += (size_t)is_seen(s, w, start[n].low_u);
            }
    }
    sort_columns(start, n, ARRAYS * s->lanes_w, size, lanes, sorted);
    return n;
}

/* Into the cache, what the next column but one wants. */
static inline void fetch(const void *p, size_t bytes)
{
    for (size_t i = 0; i < bytes; i += 64)
        __builtin_prefetch((const char *)p + i);
}

/* Voxels from <= y < to of a column that land in lane y + shift, at first with
 * all their sub-samples between it and the next lane, from the register of lane
 * border on with some before it. Those behind the frame are left out; the next
 * run begins at next. */
struct run {
    long from, to, shift, next;
    long first, border, end; /* lanes: of its first register, and behind all */
};

/* How many voxels, of one that lies at off and those after it, v of which falls
 * behind by -slope a voxel, are not below the least; most, if that is less. */
static inline __attribute__((always_inline)) long stay_above(
    const struct view *w, double off, double least, long most)
{
    double left = (least - off) * w->lanes_a_pixel;
    if (off < least)
        return 0;
    return w->slope != 0 && left < (double)(most - 1) ? 1 + (long)left : most;
}

/* v: of voxel 0. 0: there is no other run. */
static inline __attribute__((always_inline)) int next_run(
    const struct ae_tomo_shape *s, const struct view *w, double v, long lanes,
    struct run *r)
{
    long y = r->next, left = (long)s->ny - y;
    if (left <= 0)
        return 0;
    double off = v + (double)y * w->slope, reach = w->reach_v;
    double cell = floor(off + reach);
    long all = stay_above(w, off, cell - reach, left);
    long whole = stay_above(w, off, cell + reach, left);
    r->shift = (long)cell;
    r->next = y + (all ? all : 1); /* rounding */
    r->from = y > -1 - r->shift ? y : -1 - r->shift;
    r->to = (long)s->nv + 1 - r->shift;
    r->to = r->next < r->to ? r->next : r->to;
    r->first = (r->from + r->shift) & -lanes;
    r->end = r->to + r->shift;
    r->border = y + whole + r->shift - lanes + 1;
    r->border = whole < left && r->border < r->end ? r->border : r->end;
    return 1;
}

#endif
