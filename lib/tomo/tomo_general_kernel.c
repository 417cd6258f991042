/* SPDX-License-Identifier: BSD-2-Clause */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "tomo/tomo_kernel.h"
#ifdef __x86_64__
#include <immintrin.h>
#endif

/* Lanes of the working arrays before the frame: those of a register and one. */
enum { BEFORE = 32, ARRAYS = 6 };

/* How far the lanes of a register and their sub-samples lie from lane 0. */
struct margins {
    double low_u, high_u, low_v, high_v;
};

/* One image's geometry. The sub-samples of a voxel are displaced in the frame
 * by +-(a, da) and +-(b, db) with a, b >= 0; u moves by turn per lane and v by
 * 1 + slope. */
struct view {
    double R[2][3], a, b, da, db, reach_u, reach_v;
    double moment; /* sum over the four of du dv */
    double turn, slope, minus_zero;
    int quads; /* 2: at +-1/4 in y as well */
    int along_z;
    struct margins margins; /* for the width of register that is used */
};

static struct view make_view(const struct ae_tomo_shape *s, double R[3][3])
{
    struct view w = {.turn = R[0][1],
        .slope = R[1][1] - 1,
        .minus_zero = -0.0,
        .quads = s->subsample == 8 ? 2 : 1,
        .along_z = fabs(R[0][2]) <= fabs(R[0][0])};
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

static struct margins margins_of(const struct view *w, int lanes)
{
    double end_u = (lanes - 1) * w->turn, end_v = (lanes - 1) * w->slope;
    return (struct margins){.low_u = fmin(0, end_u) - w->reach_u,
        .high_u = fmax(0, end_u) + w->reach_u,
        .low_v = fmin(0, end_v) - w->reach_v,
        .high_v = fmax(0, end_v) + w->reach_v};
}

size_t ae_general_lanes(size_t nv)
{
    size_t lines = (BEFORE + nv + 16 + 15) / 16;
    return 16 * (lines | 1); /* odd: the arrays do not share lines of L1 */
}

size_t ae_general_samples(const struct ae_tomo_shape *s)
{
    return ((s->nu + 2) * ARRAYS + 2) * s->lanes_w;
}

/* Row -1 ... nu of the first array, lane -BEFORE ... */
static inline size_t place_of(
    const struct ae_tomo_shape *s, long row, long lane)
{
    return (size_t)(row + 1) * ARRAYS * s->lanes_w + (size_t)(lane + BEFORE);
}

/* Where lane 0 of the voxel column (x, z) lands; 0: all of it off the frame. */
static inline int start_column(const struct ae_tomo_shape *s,
    const struct view *w, size_t x, size_t z, int quad, double *u, double *v)
{
    double y = w->quads == 1 ? 0 : quad ? 0.25 : -0.25;
    double a = (double)x - (double)(s->nx / 2);
    double b = y - (double)(s->ny / 2);
    double e = (double)z - (double)(s->nz / 2);
    *u = w->R[0][0] * a + w->R[0][1] * b + w->R[0][2] * e + (double)(s->nu / 2);
    *v = w->R[1][0] * a + w->R[1][1] * b + w->R[1][2] * e + (double)(s->nv / 2);
    double end = *u + (double)(s->lanes_y - 1) * w->turn, most = (double)s->nu;
    return (*u > -2 || end > -2) && (*u < most + 1 || end < most + 1);
}

/* Do half the lanes of so wide a register always touch three rows at most, and
 * the two cells beside one lane? */
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
static int choose(const struct view *w)
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

void ae_general_forward_float(const struct ae_tomo_shape *s, double R[3][3],
    const struct ae_tile *tile, const float *volume, float *work)
{
    struct view w = make_view(s, R);
    switch (choose(&w)) {
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
    switch (choose(&w)) {
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
    (is_fit(&w, 2) ? forward_double : forward_double_one)(
        s, &w, tile, volume, work);
}

void ae_general_back_double(const struct ae_tomo_shape *s, double R[3][3],
    const struct ae_tile *tile, const double *work, double *volume)
{
    struct view w = make_view(s, R);
    (is_fit(&w, 2) ? back_double : back_double_one)(s, &w, tile, work, volume);
}

/* ---- from the working arrays to an image and back --------------------------- */

/* One row of what stays in its lane (first = 0) or moves to the next (3): the
 * middle row gets 4 M - 2 E, those beside it E -+ 2 D, for the four sub-samples
 * of a voxel together; moment / 2 of M goes from below to above. */
#define SUM_ROW(REAL)                                                          \
    static REAL *two_lines_##REAL(const struct ae_tomo_shape *s, REAL *work)   \
    {                                                                          \
        return work + (s->nu + 2) * ARRAYS * s->lanes_w;                       \
    }                                                                          \
    static void sum_row_##REAL(const struct ae_tomo_shape *s,                  \
        const REAL *work, size_t first, REAL moment, long row, REAL *sum)      \
    {                                                                          \
        size_t n = s->lanes_w;                                                 \
        const REAL *at = work + place_of(s, row, -BEFORE);                     \
        const REAL *here = at + first * n;                                     \
        const REAL *up = here + ARRAYS * n, *down = here - ARRAYS * n;         \
        const REAL *mup = at + ARRAYS * n, *mdown = at - ARRAYS * n;           \
        for (size_t i = 0; i < n; i++)                                         \
            sum[i] = 4 * here[i] - 2 * here[2 * n + i] +                       \
                     (up[2 * n + i] - 2 * up[n + i]) +                         \
                     (down[2 * n + i] + 2 * down[n + i]) +                     \
                     moment / 2 * (mdown[i] - mup[i]);                         \
    }

#define COLLECT(REAL)                                                          \
    void ae_general_collect_##REAL(const struct ae_tomo_shape *s,              \
        double R[3][3], REAL *work, REAL *image)                               \
    {                                                                          \
        struct view w = make_view(s, R);                                       \
        REAL unit = (REAL)(0.25 / w.quads), moment = (REAL)w.moment;           \
        REAL *stay = two_lines_##REAL(s, work), *move = stay + s->lanes_w;     \
        for (size_t u = 0; u < s->nu; u++) {                                   \
            REAL *row = image + u * s->lanes_v;                                \
            sum_row_##REAL(s, work, 0, 0, (long)u, stay);                      \
            sum_row_##REAL(s, work, 3, moment, (long)u, move);                 \
            for (size_t v = 0; v < s->nv; v++)                                 \
                row[v] = unit * (stay[BEFORE + v] - move[BEFORE + v] +         \
                                    move[BEFORE + v - 1]);                     \
            memset(row + s->nv, 0, (s->lanes_v - s->nv) * sizeof *row);        \
        }                                                                      \
    }

/* The transpose: row u of the image, what lies before and after it being 0,
 * into the three arrays that read it. */
#define PREPARE(REAL)                                                          \
    static void share_row_##REAL(const struct ae_tomo_shape *s,                \
        const REAL *sum, size_t first, REAL moment, long row, REAL *work)      \
    {                                                                          \
        size_t n = s->lanes_w;                                                 \
        REAL *at = work + place_of(s, row, -BEFORE);                           \
        REAL *here = at + first * n;                                           \
        REAL *up = here + ARRAYS * n, *down = here - ARRAYS * n;               \
        REAL *mup = at + ARRAYS * n, *mdown = at - ARRAYS * n;                 \
        for (size_t i = 0; i < n; i++) {                                       \
            REAL x = sum[i], part = moment / 2 * x;                            \
            here[i] += 4 * x;                                                  \
            here[2 * n + i] -= 2 * x;                                          \
            up[n + i] -= 2 * x;                                                \
            up[2 * n + i] += x;                                                \
            down[n + i] += 2 * x;                                              \
            down[2 * n + i] += x;                                              \
            mup[i] -= part;                                                    \
            mdown[i] += part;                                                  \
        }                                                                      \
    }                                                                          \
    void ae_general_prepare_##REAL(const struct ae_tomo_shape *s,              \
        double R[3][3], const REAL *image, REAL *work)                         \
    {                                                                          \
        struct view w = make_view(s, R);                                       \
        REAL unit = (REAL)(0.25 / w.quads), moment = (REAL)w.moment;           \
        REAL *line = two_lines_##REAL(s, work);                                \
        size_t n = s->lanes_w;                                                 \
        memset(work, 0, ae_general_samples(s) * sizeof *work);                 \
        for (size_t u = 0; u < s->nu; u++) {                                   \
            const REAL *row = image + u * s->lanes_v;                          \
            for (size_t v = 0; v < s->nv; v++)                                 \
                line[BEFORE + v] = unit * row[v];                              \
            for (size_t i = 0; i + 1 < n; i++)                                 \
                line[n + i] = line[i + 1] - line[i];                           \
            share_row_##REAL(s, line, 0, 0, (long)u, work);                    \
            share_row_##REAL(s, line + n, 3, moment, (long)u, work);           \
        }                                                                      \
    }

SUM_ROW(float)
SUM_ROW(double)
COLLECT(float)
COLLECT(double)
PREPARE(float)
PREPARE(double)
