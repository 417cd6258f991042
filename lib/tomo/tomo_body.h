/* SPDX-License-Identifier: BSD-2-Clause
 * tomo_body - the loops of tomo_kernel.c, included once per number type: REAL
 * is the type, NAME and LOCAL make the names. */
#ifndef REAL /* read on its own */
#include "tomo/tomo_kernel.h"
#include <math.h>
#define CLONES
#define REAL float
#define NAME(f) ae_##f##_float
#define LOCAL(f) f##_float
struct pair {
    size_t a, b;
    long bin;
    double wa[4], wb[4];
};
size_t make_pairs(const struct ae_tomo_shape *s, double R[3][3],
    const struct ae_tile *t, struct pair *pair);
#endif

/* ---- fast path: the same weights for all lanes --------------------------- */

CLONES static void LOCAL(spread)(size_t lanes, const struct pair *p,
    const REAL *restrict a, const REAL *restrict b, REAL *restrict row,
    size_t stride)
{
    REAL wa0 = (REAL)p->wa[0], wb0 = (REAL)p->wb[0];
    REAL wa1 = (REAL)p->wa[1], wb1 = (REAL)p->wb[1];
    REAL wa2 = (REAL)p->wa[2], wb2 = (REAL)p->wb[2];
    REAL wa3 = (REAL)p->wa[3], wb3 = (REAL)p->wb[3];
    REAL *restrict r1 = row + stride;
    REAL *restrict r2 = row + 2 * stride;
    REAL *restrict r3 = row + 3 * stride;
#pragma GCC ivdep
    for (size_t i = 0; i < lanes; i++) {
        REAL va = a[i], vb = b[i];
        row[i] += wa0 * va + wb0 * vb;
        r1[i] += wa1 * va + wb1 * vb;
        r2[i] += wa2 * va + wb2 * vb;
        r3[i] += wa3 * va + wb3 * vb;
    }
}

CLONES static void LOCAL(gather)(size_t lanes, const struct pair *p,
    REAL *restrict a, REAL *restrict b, const REAL *restrict row,
    size_t stride)
{
    REAL wa0 = (REAL)p->wa[0], wb0 = (REAL)p->wb[0];
    REAL wa1 = (REAL)p->wa[1], wb1 = (REAL)p->wb[1];
    REAL wa2 = (REAL)p->wa[2], wb2 = (REAL)p->wb[2];
    REAL wa3 = (REAL)p->wa[3], wb3 = (REAL)p->wb[3];
    const REAL *restrict r1 = row + stride;
    const REAL *restrict r2 = row + 2 * stride;
    const REAL *restrict r3 = row + 3 * stride;
#pragma GCC ivdep
    for (size_t i = 0; i < lanes; i++) {
        REAL s0 = row[i], s1 = r1[i], s2 = r2[i], s3 = r3[i];
        a[i] += wa0 * s0 + wa1 * s1 + wa2 * s2 + wa3 * s3;
        b[i] += wb0 * s0 + wb1 * s1 + wb2 * s2 + wb3 * s3;
    }
}

/* One voxel and one bin, where a pair reaches over the edge of the frame. */
static void LOCAL(add)(size_t lanes, REAL w, const REAL *from, REAL *to)
{
    for (size_t i = 0; i < lanes; i++)
        to[i] += w * from[i];
}

void NAME(fast_forward)(const struct ae_tomo_shape *s, double R[3][3],
    const struct ae_tile *tile, const REAL *volume, REAL *image)
{
    struct pair pair[AE_TILE * AE_TILE];
    size_t n = make_pairs(s, R, tile, pair), lanes = s->lanes_y;
    for (size_t i = 0; i < n; i++) {
        const struct pair *p = &pair[i];
        const REAL *a = volume + p->a * lanes, *b = volume + p->b * lanes;
        if (p->bin >= 0 && p->bin + 3 < (long)s->nu) {
            LOCAL(spread)(lanes, p, a, b, image + (size_t)p->bin * lanes,
                lanes);
            continue;
        }
        for (long j = 0; j < 4; j++) {
            if (p->bin + j < 0 || p->bin + j >= (long)s->nu)
                continue;
            REAL *row = image + (size_t)(p->bin + j) * lanes;
            LOCAL(add)(lanes, (REAL)p->wa[j], a, row);
            LOCAL(add)(lanes, (REAL)p->wb[j], b, row);
        }
    }
}

void NAME(fast_back)(const struct ae_tomo_shape *s, double R[3][3],
    const struct ae_tile *tile, const REAL *image, REAL *volume)
{
    struct pair pair[AE_TILE * AE_TILE];
    size_t n = make_pairs(s, R, tile, pair), lanes = s->lanes_y;
    for (size_t i = 0; i < n; i++) {
        const struct pair *p = &pair[i];
        REAL *a = volume + p->a * lanes, *b = volume + p->b * lanes;
        if (p->bin >= 0 && p->bin + 3 < (long)s->nu && p->a != p->b) {
            LOCAL(gather)(lanes, p, a, b, image + (size_t)p->bin * lanes,
                lanes);
            continue;
        }
        for (long j = 0; j < 4; j++) {
            if (p->bin + j < 0 || p->bin + j >= (long)s->nu)
                continue;
            const REAL *row = image + (size_t)(p->bin + j) * lanes;
            LOCAL(add)(lanes, (REAL)p->wa[j], row, a);
            if (p->a != p->b)
                LOCAL(add)(lanes, (REAL)p->wb[j], row, b);
        }
    }
}

/* ---- any orientation ----------------------------------------------------- */

/* Along y a sub-sample moves by (R12, R22) per lane. A run is a stretch of
 * lanes on which the row u and the difference of the lanes v - y are constant:
 * there the four shares are smooth functions of the lane. */
struct LOCAL(run) {
    size_t from, to;       /* lanes y */
    size_t row;            /* of the image, margin included */
    size_t lane;           /* v of lane from, margin included */
    REAL fu, fv, du, dv;   /* fractions at from, and their slopes */
};

/* The run that begins at lane y; 0 when this lane misses the frame (then only
 * from and to are set). */
static int LOCAL(next_run)(const struct ae_tomo_shape *s, double u0, double v0,
    double R12, double R22, size_t y, struct LOCAL(run) *run)
{
    double u = u0 + R12 * (double)y, v = v0 + R22 * (double)y;
    double iu = floor(u), iv = floor(v);
    /* lanes until u, and v - y, leave their cell */
    double left_u = R12 > 0 ? (iu + 1 - u) / R12
        : R12 < 0           ? (iu - u) / R12 + 1e-9
                            : 1e9;
    double slope = R22 - 1, fv = v - iv;
    double left_v = slope > 0 ? (1 - fv) / slope
        : slope < 0           ? fv / -slope + 1e-9
                              : 1e9;
    double left = ceil(fmin(fmin(left_u, left_v), (double)(s->ny - y)));
    size_t n = left > 1 ? (size_t)left : 1;
    if (n > s->ny - y)
        n = s->ny - y;
    run->from = y;
    run->to = y + n;
    if (iu < -1 || iu >= (double)s->nu)
        return 0;
    /* v may run out of the frame inside the run */
    if (iv < -1) {
        double skip = -1 - iv;
        run->to = skip < (double)n ? y + (size_t)skip : y + n;
        return 0;
    }
    if (iv >= (double)s->nv)
        return 0;
    double room = (double)s->nv - iv;
    if (room < (double)n)
        run->to = y + (size_t)room;
    run->row = (size_t)(iu + 1);
    run->lane = (size_t)(iv + 1);
    run->fu = (REAL)(u - iu);
    run->fv = (REAL)fv;
    run->du = (REAL)R12;
    run->dv = (REAL)slope;
    return 1;
}

enum { LOCAL(PIECE) = 256 };

CLONES static void LOCAL(spread_run)(size_t n, REAL q, REAL fu, REAL fv,
    REAL du, REAL dv, const REAL *restrict v, REAL *restrict r0,
    REAL *restrict r1)
{
    REAL here0[LOCAL(PIECE)], here1[LOCAL(PIECE)];
    REAL next0[LOCAL(PIECE) + 1], next1[LOCAL(PIECE) + 1];
    next0[0] = next1[0] = 0;
    for (size_t i = 0; i < n; i++) {
        REAL x = q * v[i], gu = fu + (REAL)(int)i * du;
        REAL gv = fv + (REAL)(int)i * dv;
        REAL x1 = x * gu, x0 = x - x1;
        REAL y0 = x0 * gv, y1 = x1 * gv;
        next0[i + 1] = y0;
        next1[i + 1] = y1;
        here0[i] = x0 - y0;
        here1[i] = x1 - y1;
    }
    for (size_t i = 0; i < n; i++) {
        r0[i] += here0[i] + next0[i];
        r1[i] += here1[i] + next1[i];
    }
    r0[n] += next0[n];
    r1[n] += next1[n];
}

CLONES static void LOCAL(gather_run)(size_t n, REAL q, REAL fu, REAL fv,
    REAL du, REAL dv, REAL *restrict v, const REAL *restrict r0,
    const REAL *restrict r1)
{
    for (size_t i = 0; i < n; i++) {
        REAL gu = fu + (REAL)(int)i * du, gv = fv + (REAL)(int)i * dv;
        REAL low = r0[i] + gu * (r1[i] - r0[i]);
        REAL high = r0[i + 1] + gu * (r1[i + 1] - r0[i + 1]);
        v[i] += q * (low + gv * (high - low));
    }
}

/* Displacements of the sub-samples in the frame. */
static int LOCAL(subsamples)(const struct ae_tomo_shape *s, double R[3][3],
    double du[8], double dv[8])
{
    if (s->subsample == 1) {
        du[0] = dv[0] = 0;
        return 1;
    }
    for (int i = 0; i < s->subsample; i++) {
        double a = i & 1 ? 0.25 : -0.25, e = i & 2 ? 0.25 : -0.25;
        double b = s->subsample == 8 ? (i & 4 ? 0.25 : -0.25) : 0;
        du[i] = R[0][0] * a + R[0][1] * b + R[0][2] * e;
        dv[i] = R[1][0] * a + R[1][1] * b + R[1][2] * e;
    }
    return s->subsample;
}

/* Where lane 0 of the voxel column (x, z) lands. */
static void LOCAL(start)(const struct ae_tomo_shape *s, double R[3][3],
    size_t x, size_t z, double *u, double *v)
{
    double a = (double)x - (double)(s->nx / 2);
    double b = -(double)(s->ny / 2);
    double e = (double)z - (double)(s->nz / 2);
    *u = R[0][0] * a + R[0][1] * b + R[0][2] * e + (double)(s->nu / 2);
    *v = R[1][0] * a + R[1][1] * b + R[1][2] * e + (double)(s->nv / 2);
}

void NAME(general_forward)(const struct ae_tomo_shape *s, double R[3][3],
    const struct ae_tile *tile, const REAL *volume, REAL *image)
{
    double du[8], dv[8], u, v;
    int n = LOCAL(subsamples)(s, R, du, dv);
    struct LOCAL(run) run;
    for (size_t z = tile->z0; z < tile->z1; z++)
        for (size_t x = tile->x0; x < tile->x1; x++) {
            const REAL *column = volume + (x + s->nx * z) * s->lanes_y;
            LOCAL(start)(s, R, x, z, &u, &v);
            for (int k = 0; k < n; k++)
                for (size_t y = 0; y < s->ny; y = run.to) {
                    if (!LOCAL(next_run)(s, u + du[k], v + dv[k], R[0][1],
                            R[1][1], y, &run))
                        continue;
                    if (run.to - y > LOCAL(PIECE))
                        run.to = y + LOCAL(PIECE);
                    REAL *row = image + run.row * s->lanes_v + run.lane;
                    LOCAL(spread_run)(run.to - y, (REAL)(1.0 / n), run.fu,
                        run.fv, run.du, run.dv, column + y, row,
                        row + s->lanes_v);
                }
        }
}

void NAME(general_back)(const struct ae_tomo_shape *s, double R[3][3],
    const struct ae_tile *tile, const REAL *image, REAL *volume)
{
    double du[8], dv[8], u, v;
    int n = LOCAL(subsamples)(s, R, du, dv);
    struct LOCAL(run) run;
    for (size_t z = tile->z0; z < tile->z1; z++)
        for (size_t x = tile->x0; x < tile->x1; x++) {
            REAL *column = volume + (x + s->nx * z) * s->lanes_y;
            LOCAL(start)(s, R, x, z, &u, &v);
            for (int k = 0; k < n; k++)
                for (size_t y = 0; y < s->ny; y = run.to) {
                    if (!LOCAL(next_run)(s, u + du[k], v + dv[k], R[0][1],
                            R[1][1], y, &run))
                        continue;
                    if (run.to - y > LOCAL(PIECE))
                        run.to = y + LOCAL(PIECE);
                    const REAL *row = image + run.row * s->lanes_v + run.lane;
                    LOCAL(gather_run)(run.to - y, (REAL)(1.0 / n), run.fu,
                        run.fv, run.du, run.dv, column + y, row,
                        row + s->lanes_v);
                }
        }
}
