/* SPDX-License-Identifier: BSD-2-Clause
 * tomo_body - the loops of tomo_kernel.c, included once per number type and
 * instruction set: REAL is the type, WIDTH the bytes of a register, LOCAL makes
 * the names. */

/* ---- fast path: the same weights for all lanes --------------------------- */

static void LOCAL(spread)(size_t lanes, const struct pair *p,
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

static void LOCAL(gather)(size_t lanes, const struct pair *p, REAL *restrict a,
    REAL *restrict b, const REAL *restrict row, size_t stride)
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

static void LOCAL(fast_forward)(const struct ae_tomo_shape *s, double R[3][3],
    const struct ae_tile *tile, const REAL *volume, REAL *image)
{
    struct pair pair[AE_TILE * AE_TILE];
    size_t n = make_pairs(s, R, tile, pair), lanes = s->lanes_y;
    for (size_t i = 0; i < n; i++) {
        const struct pair *p = &pair[i];
        const REAL *a = volume + p->a * lanes, *b = volume + p->b * lanes;
        if (p->bin >= 0 && p->bin + 3 < (long)s->nu) {
            LOCAL(spread)
            (lanes, p, a, b, image + (size_t)p->bin * lanes, lanes);
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

static void LOCAL(fast_back)(const struct ae_tomo_shape *s, double R[3][3],
    const struct ae_tile *tile, const REAL *image, REAL *volume)
{
    struct pair pair[AE_TILE * AE_TILE];
    size_t n = make_pairs(s, R, tile, pair), lanes = s->lanes_y;
    for (size_t i = 0; i < n; i++) {
        const struct pair *p = &pair[i];
        REAL *a = volume + p->a * lanes, *b = volume + p->b * lanes;
        if (p->bin >= 0 && p->bin + 3 < (long)s->nu && p->a != p->b) {
            LOCAL(gather)
            (lanes, p, a, b, image + (size_t)p->bin * lanes, lanes);
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
