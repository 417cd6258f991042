/* SPDX-License-Identifier: BSD-2-Clause */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "tomo/tomo_general_runs.h"
#include "tomo/tomo_kernel.h"
#ifdef __x86_64__
#include <immintrin.h>
#endif

size_t ae_general_lanes(size_t nv)
{
    size_t blocks = (BEFORE + nv + 1 + MOST_LANES - 1) / MOST_LANES;
    return MOST_LANES * (blocks | 1); /* odd: rows do not share lines of L1 */
}

size_t ae_general_samples(const struct ae_tomo_shape *s)
{
    return MARGIN + ((s->nu + 2) * ARRAYS + LINES) * s->lanes_w;
}

/* Are so wide registers worth it: do half the lanes always touch three rows at
 * most, and the two cells beside one lane? */
static int is_fit(const struct view *w, int lanes)
{
    double span = lanes > 1 ? lanes / 2 - 1 : 0;
    return 2 * w->reach_u + span * fabs(w->turn) <= 1 &&
           2 * w->reach_v + span * fabs(w->slope) <= 1;
}

/* Lane by lane where there is no instruction. */
#define PICK(TYPE, x, is, y)                                                   \
    __extension__({                                                            \
        TYPE r_ = (x), y_ = (y);                                               \
        for (size_t i_ = 0; i_ < sizeof r_ / sizeof r_[0]; i_++)               \
            r_[i_] = r_[i_] is y_[i_] ? r_[i_] : y_[i_];                       \
        r_;                                                                    \
    })

#define LANE_LOAD(p, mask)                                                     \
    __extension__({                                                            \
        VEC r_ = {0};                                                          \
        for (int i_ = 0; i_ < STEP; i_++)                                      \
            if ((mask)[i_])                                                    \
                r_[i_] = (p)[i_];                                              \
        r_;                                                                    \
    })
#define LANE_STORE(p, mask, x)                                                 \
    do {                                                                       \
        VEC x_ = (x);                                                          \
        for (int i_ = 0; i_ < STEP; i_++)                                      \
            if ((mask)[i_])                                                    \
                (p)[i_] = x_[i_];                                              \
    } while (0)
#define SOME_LOAD  LANE_LOAD
#define SOME_STORE LANE_STORE

#define REAL      float
#define INTEGER   int32_t
#define WIDTH     4
#define LOCAL(f)  f##_float_one
#define MAX(x, y) PICK(vec_float_one, x, >, y)
#define MIN(x, y) PICK(vec_float_one, x, <, y)
#include "tomo/tomo_general_body.h"
#undef LOCAL
#undef WIDTH
#undef MAX
#undef MIN
#define WIDTH    16
#define LOCAL(f) f##_float_base
#ifdef __x86_64__
#define MAX(x, y) ((vec_float_base)_mm_max_ps((__m128)(x), (__m128)(y)))
#define MIN(x, y) ((vec_float_base)_mm_min_ps((__m128)(x), (__m128)(y)))
#else
#define MAX(x, y) PICK(vec_float_base, x, >, y)
#define MIN(x, y) PICK(vec_float_base, x, <, y)
#endif
#include "tomo/tomo_general_body.h"
#undef LOCAL
#undef WIDTH
#undef MAX
#undef MIN
#ifdef __x86_64__
#pragma GCC push_options
#pragma GCC target("avx2,fma")
#undef SOME_LOAD
#undef SOME_STORE
#define SOME_LOAD(p, mask) ((VEC)_mm256_maskload_ps(p, (__m256i)(mask)))
#define SOME_STORE(p, mask, x)                                                 \
    _mm256_maskstore_ps(p, (__m256i)(mask), (__m256)(x))
#define WIDTH     32
#define LOCAL(f)  f##_float_avx2
#define MAX(x, y) ((vec_float_avx2)_mm256_max_ps((__m256)(x), (__m256)(y)))
#define MIN(x, y) ((vec_float_avx2)_mm256_min_ps((__m256)(x), (__m256)(y)))
#include "tomo/tomo_general_body.h"
#undef LOCAL
#undef WIDTH
#undef MAX
#undef MIN
#pragma GCC target("avx512f,avx512dq,avx512vl,avx512bw,prefer-vector-width=512")
#undef SOME_LOAD
#undef SOME_STORE
#define SOME_LOAD(p, mask)                                                     \
    ((VEC)_mm512_maskz_loadu_ps(_mm512_movepi32_mask((__m512i)(mask)), p))
#define SOME_STORE(p, mask, x)                                                 \
    _mm512_mask_storeu_ps(p, _mm512_movepi32_mask((__m512i)(mask)), (__m512)(x))
#define WIDTH     64
#define LOCAL(f)  f##_float_avx512
#define MAX(x, y) ((vec_float_avx512)_mm512_max_ps((__m512)(x), (__m512)(y)))
#define MIN(x, y) ((vec_float_avx512)_mm512_min_ps((__m512)(x), (__m512)(y)))
#include "tomo/tomo_general_body.h"
#undef LOCAL
#undef WIDTH
#undef MAX
#undef MIN
#pragma GCC pop_options
#undef SOME_LOAD
#undef SOME_STORE
#define SOME_LOAD  LANE_LOAD
#define SOME_STORE LANE_STORE
#endif
#undef REAL
#undef INTEGER

#define REAL      double
#define INTEGER   int64_t
#define WIDTH     8
#define LOCAL(f)  f##_double_one
#define MAX(x, y) PICK(vec_double_one, x, >, y)
#define MIN(x, y) PICK(vec_double_one, x, <, y)
#include "tomo/tomo_general_body.h"
#undef LOCAL
#undef WIDTH
#undef MAX
#undef MIN
#define WIDTH     16
#define LOCAL(f)  f##_double
#define MAX(x, y) PICK(vec_double, x, >, y)
#define MIN(x, y) PICK(vec_double, x, <, y)
#include "tomo/tomo_general_body.h"
#undef LOCAL
#undef WIDTH
#undef MAX
#undef MIN

/* The widest register that this machine has and the view allows. */
static size_t choose_float(const struct view *w)
{
#ifdef __x86_64__
    if (is_fit(w, 16) && __builtin_cpu_supports("avx512f") &&
        __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512bw"))
        return 16;
    if (is_fit(w, 8) && __builtin_cpu_supports("avx2") &&
        __builtin_cpu_supports("fma"))
        return 8;
#endif
    return is_fit(w, 4) ? 4 : 1;
}

static size_t choose_double(const struct view *w)
{
    return is_fit(w, 2) ? 2 : 1;
}

void ae_general_forward_float(const struct ae_tomo_shape *s, double R[3][3],
    const struct ae_tile *tile, const float *volume, float *work)
{
    struct view w = make_view(s, R);
    switch (choose_float(&w)) {
#ifdef __x86_64__
    case 16:
        forward_float_avx512(s, &w, tile, volume, work);
        return;
    case 8:
        forward_float_avx2(s, &w, tile, volume, work);
        return;
#endif
    case 4:
        forward_float_base(s, &w, tile, volume, work);
        return;
    default:
        forward_float_one(s, &w, tile, volume, work);
    }
}

void ae_general_back_float(const struct ae_tomo_shape *s, double R[3][3],
    const struct ae_tile *tile, const float *work, float *volume)
{
    struct view w = make_view(s, R);
    switch (choose_float(&w)) {
#ifdef __x86_64__
    case 16:
        back_float_avx512(s, &w, tile, work, volume);
        return;
    case 8:
        back_float_avx2(s, &w, tile, work, volume);
        return;
#endif
    case 4:
        back_float_base(s, &w, tile, work, volume);
        return;
    default:
        back_float_one(s, &w, tile, work, volume);
    }
}

void ae_general_forward_double(const struct ae_tomo_shape *s, double R[3][3],
    const struct ae_tile *tile, const double *volume, double *work)
{
    struct view w = make_view(s, R);
    (choose_double(&w) == 2 ? forward_double : forward_double_one)(
        s, &w, tile, volume, work);
}

void ae_general_back_double(const struct ae_tomo_shape *s, double R[3][3],
    const struct ae_tile *tile, const double *work, double *volume)
{
    struct view w = make_view(s, R);
    (choose_double(&w) == 2 ? back_double : back_double_one)(
        s, &w, tile, work, volume);
}

/* ---- from the working arrays to an image and back --------------------------- */

/* One row of what stays in its lane (first = 0) or moves to the next (3): the
 * middle row gets 4 M - 2 E, those beside it E -+ 2 D, for the four sub-samples
 * of a voxel together; moment / 2 of M goes from below to above. */
#define SUM_ROW(REAL)                                                          \
    static REAL *lines_##REAL(const struct ae_tomo_shape *s, REAL *work)       \
    {                                                                          \
        return work + MARGIN + (s->nu + 2) * ARRAYS * s->lanes_w;              \
    }                                                                          \
    static void sum_row_##REAL(const struct ae_tomo_shape *s,                  \
        const REAL *work, size_t n, size_t first, REAL moment, long row,       \
        REAL *sum)                                                             \
    {                                                                          \
        size_t next = ARRAYS * s->lanes_w;                                     \
        const REAL *at = work + place_of(s, row, -BEFORE);                     \
        for (size_t b = 0; b < s->lanes_w; b += n, at += ARRAYS * n) {         \
            const REAL *here = at + first * n;                                 \
            const REAL *up = here + next, *down = here - next;                 \
            const REAL *mup = at + next, *mdown = at - next;                   \
            for (size_t i = 0; i < n; i++)                                     \
                sum[b + i] = 4 * here[i] - 2 * here[2 * n + i] +               \
                             (up[2 * n + i] - 2 * up[n + i]) +                 \
                             (down[2 * n + i] + 2 * down[n + i]) +             \
                             moment / 2 * (mdown[i] - mup[i]);                 \
        }                                                                      \
    }

#define COLLECT(REAL)                                                          \
    void ae_general_collect_##REAL(const struct ae_tomo_shape *s,              \
        double R[3][3], REAL *work, REAL *image)                               \
    {                                                                          \
        struct view w = make_view(s, R);                                       \
        REAL unit = (REAL)(0.25 / w.quads), moment = (REAL)w.moment;           \
        size_t lanes = choose_##REAL(&w);                                      \
        REAL *stay = lines_##REAL(s, work), *move = stay + s->lanes_w;         \
        for (size_t u = 0; u < s->nu; u++) {                                   \
            REAL *row = image + u * s->lanes_v;                                \
            sum_row_##REAL(s, work, lanes, 0, 0, (long)u, stay);               \
            sum_row_##REAL(s, work, lanes, 3, moment, (long)u, move);          \
            for (size_t v = 0; v < s->nv; v++)                                 \
                row[v] = unit * (stay[BEFORE + v] - move[BEFORE + v] +         \
                                    move[BEFORE + v - 1]);                     \
            memset(row + s->nv, 0, (s->lanes_v - s->nv) * sizeof *row);        \
        }                                                                      \
    }

/* The transpose: row u of the arrays from rows u - 1, u, u + 1 of the image, x,
 * and what the next lane has more than this one, y; both are 0 off the frame. */
#define PREPARE(REAL)                                                          \
    static void take_row_##REAL(const struct ae_tomo_shape *s,                 \
        const REAL *image, long u, REAL unit, REAL *line)                      \
    {                                                                          \
        int is_row = u >= 0 && u < (long)s->nu;                                \
        for (size_t v = 0; v < s->nv; v++)                                     \
            line[BEFORE + v] =                                                 \
                is_row ? unit * image[(size_t)u * s->lanes_v + v] : 0;         \
    }                                                                          \
    static void make_row_##REAL(const struct ae_tomo_shape *s, size_t n,       \
        REAL moment, const REAL *down, const REAL *here, const REAL *up,       \
        REAL *to)                                                              \
    {                                                                          \
        for (size_t b = 0; b < s->lanes_w; b += n, to += ARRAYS * n)           \
            for (size_t i = 0, j = b; i < n; i++, j++) {                       \
                REAL x = here[j], y = here[j + 1] - x;                         \
                REAL y_up = up[j + 1] - up[j];                                 \
                REAL y_down = down[j + 1] - down[j];                           \
                to[i] = 4 * x + moment / 2 * (y_up - y_down);                  \
                to[n + i] = 2 * (up[j] - down[j]);                             \
                to[2 * n + i] = up[j] + down[j] - 2 * x;                       \
                to[3 * n + i] = 4 * y;                                         \
                to[4 * n + i] = 2 * (y_up - y_down);                           \
                to[5 * n + i] = y_up + y_down - 2 * y;                         \
            }                                                                  \
    }                                                                          \
    void ae_general_prepare_##REAL(const struct ae_tomo_shape *s,              \
        double R[3][3], const REAL *image, REAL *work)                         \
    {                                                                          \
        struct view w = make_view(s, R);                                       \
        REAL unit = (REAL)(0.25 / w.quads);                                    \
        size_t lanes = choose_##REAL(&w), row = ARRAYS * s->lanes_w;           \
        REAL *line[3];                                                         \
        for (size_t i = 0; i < 3; i++)                                         \
            line[i] = lines_##REAL(s, work) + i * s->lanes_w;                  \
        memset(line[0], 0, LINES * s->lanes_w * sizeof *work);                 \
        work += MARGIN;                                                        \
        for (long u = -1; u <= (long)s->nu; u++, work += row) {                \
            REAL *up = line[(u + 2) % 3];                                      \
            take_row_##REAL(s, image, u + 1, unit, up);                        \
            make_row_##REAL(s, lanes, (REAL)w.moment, line[(u + 3) % 3],       \
                line[(u + 1) % 3], up, work);                                  \
        }                                                                      \
    }

SUM_ROW(float)
SUM_ROW(double)
COLLECT(float)
COLLECT(double)
PREPARE(float)
PREPARE(double)
