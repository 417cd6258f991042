/* SPDX-License-Identifier: BSD-2-Clause
 * tomo_body - the loops of tomo_kernel.c, included once per number type and
 * instruction set: REAL is the type, LOCAL makes the names. */

/* The shares of voxel x on the rows shift ... shift + 2, and the mean of these
 * rows. Shifts are constants, so that of the tests none is left. */
#define SHARE(x, shift)                                                        \
    do {                                                                       \
        if ((shift) == 0) {                                                    \
            t0 += x##0 * x;                                                    \
            t1 += x##1 * x;                                                    \
            t2 += x##2 * x;                                                    \
        } else if ((shift) == 1) {                                             \
            t1 += x##0 * x;                                                    \
            t2 += x##1 * x;                                                    \
            t3 += x##2 * x;                                                    \
        } else {                                                               \
            t2 += x##0 * x;                                                    \
            t3 += x##1 * x;                                                    \
            t4 += x##2 * x;                                                    \
        }                                                                      \
    } while (0)

#define MEAN(x, shift)                                                         \
    ((shift) == 0      ? x##0 * t0 + x##1 * t1 + x##2 * t2                     \
        : (shift) == 1 ? x##0 * t1 + x##1 * t2 + x##2 * t3                     \
                       : x##0 * t2 + x##1 * t3 + x##2 * t4)

#define WEIGHTS                                                                \
    const REAL a0 = (REAL)p->w[0][0], a1 = (REAL)p->w[0][1];                   \
    const REAL a2 = (REAL)p->w[0][2], b0 = (REAL)p->w[1][0];                   \
    const REAL b1 = (REAL)p->w[1][1], b2 = (REAL)p->w[1][2];                   \
    const REAL c0 = (REAL)p->w[2][0], c1 = (REAL)p->w[2][1];                   \
    const REAL c2 = (REAL)p->w[2][2]

/* sb, sc: the shifts of the second and the third voxel. */
static inline __attribute__((always_inline)) void LOCAL(spread)(size_t lanes,
    const struct trio *p, int sb, int sc, const REAL *restrict volume,
    REAL *restrict image)
{
    WEIGHTS;
    const REAL *restrict from_a = volume + p->at[0] * lanes;
    const REAL *restrict from_b = volume + p->at[1] * lanes;
    const REAL *restrict from_c = volume + p->at[2] * lanes;
    REAL *restrict r0 = image + (size_t)p->bin * lanes;
    REAL *restrict r1 = r0 + lanes;
    REAL *restrict r2 = r1 + lanes;
    REAL *restrict r3 = r2 + lanes;
    REAL *restrict r4 = r3 + lanes;
#pragma GCC ivdep
    for (size_t i = 0; i < lanes; i++) {
        REAL a = from_a[i], b = from_b[i], c = from_c[i];
        REAL t0 = r0[i], t1 = r1[i], t2 = r2[i];
        REAL t3 = sc > 0 ? r3[i] : 0, t4 = sc > 1 ? r4[i] : 0;
        SHARE(a, 0);
        SHARE(b, sb);
        SHARE(c, sc);
        r0[i] = t0;
        r1[i] = t1;
        r2[i] = t2;
        if (sc > 0)
            r3[i] = t3;
        if (sc > 1)
            r4[i] = t4;
    }
}

static inline __attribute__((always_inline)) void LOCAL(gather)(size_t lanes,
    const struct trio *p, int sb, int sc, const REAL *restrict image,
    REAL *restrict volume)
{
    WEIGHTS;
    REAL *restrict to_a = volume + p->at[0] * lanes;
    REAL *restrict to_b = volume + p->at[1] * lanes;
    REAL *restrict to_c = volume + p->at[2] * lanes;
    const REAL *restrict r0 = image + (size_t)p->bin * lanes;
    const REAL *restrict r1 = r0 + lanes;
    const REAL *restrict r2 = r1 + lanes;
    const REAL *restrict r3 = r2 + lanes;
    const REAL *restrict r4 = r3 + lanes;
#pragma GCC ivdep
    for (size_t i = 0; i < lanes; i++) {
        REAL t0 = r0[i], t1 = r1[i], t2 = r2[i];
        REAL t3 = sc > 0 ? r3[i] : 0, t4 = sc > 1 ? r4[i] : 0;
        to_a[i] += MEAN(a, 0);
        to_b[i] += MEAN(b, sb);
        to_c[i] += MEAN(c, sc);
    }
}

/* A trio, or one voxel, of which a part may lie outside the frame. */
static void LOCAL(at_edge)(const struct ae_tomo_shape *s, const struct trio *p,
    REAL *volume, REAL *image, int is_back)
{
    size_t lanes = s->lanes_y;
    for (int i = 0; i < p->n; i++)
        for (int j = 0; j < 3; j++) {
            long bin = p->bin + p->shift[i] + j;
            if (bin < 0 || bin >= (long)s->nu)
                continue;
            REAL w = (REAL)p->w[i][j], *row = image + (size_t)bin * lanes;
            REAL *voxel = volume + p->at[i] * lanes;
            REAL *restrict to = is_back ? voxel : row;
            const REAL *restrict from = is_back ? row : voxel;
            for (size_t k = 0; k < lanes; k++)
                to[k] += w * from[k];
        }
}

static void LOCAL(fast_forward)(const struct ae_tomo_shape *s, double R[3][3],
    const struct ae_tile *tile, const REAL *volume, REAL *image)
{
    struct trio trio[AE_TILE * AE_TILE];
    size_t n = make_trios(s, R, tile, trio), lanes = s->lanes_y;
    for (size_t i = 0; i < n; i++) {
        const struct trio *p = &trio[i];
        if (!is_inside(s, p))
            LOCAL(at_edge)(s, p, (REAL *)volume, image, 0);
        else if (p->shift[2] == 0)
            LOCAL(spread)(lanes, p, 0, 0, volume, image);
        else if (p->shift[2] == 2)
            LOCAL(spread)(lanes, p, 1, 2, volume, image);
        else if (p->shift[1])
            LOCAL(spread)(lanes, p, 1, 1, volume, image);
        else
            LOCAL(spread)(lanes, p, 0, 1, volume, image);
    }
}

static void LOCAL(fast_back)(const struct ae_tomo_shape *s, double R[3][3],
    const struct ae_tile *tile, const REAL *image, REAL *volume)
{
    struct trio trio[AE_TILE * AE_TILE];
    size_t n = make_trios(s, R, tile, trio), lanes = s->lanes_y;
    for (size_t i = 0; i < n; i++) {
        const struct trio *p = &trio[i];
        if (!is_inside(s, p))
            LOCAL(at_edge)(s, p, volume, (REAL *)image, 1);
        else if (p->shift[2] == 0)
            LOCAL(gather)(lanes, p, 0, 0, image, volume);
        else if (p->shift[2] == 2)
            LOCAL(gather)(lanes, p, 1, 2, image, volume);
        else if (p->shift[1])
            LOCAL(gather)(lanes, p, 1, 1, image, volume);
        else
            LOCAL(gather)(lanes, p, 0, 1, image, volume);
    }
}

#undef SHARE
#undef MEAN
#undef WEIGHTS
