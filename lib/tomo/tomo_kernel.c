/* SPDX-License-Identifier: BSD-2-Clause */
#include "tomo/tomo_kernel.h"

#include <math.h>
#include <string.h>

/* Share of a sub-sample at distance d from a pixel's centre. */
static double tent(double d)
{
    d = fabs(d);
    return d < 1 ? 1 - d : 0;
}

/* Two neighbouring voxels along the axis on which u moves least (by at most
 * sqrt(1/2)) touch at most four bins in a row: bin + 0 ... bin + 3. */
struct pair {
    size_t a, b; /* places of the two voxels, x + nx * z */
    long bin;
    double wa[4], wb[4];
};

/* Weights of the voxel at u on bins bin + j: the mean over the sub-samples. */
static void weigh(
    double w[4], double u, long bin, double R11, double R13, int subsample)
{
    double p = subsample > 1 ? (R11 + R13) / 4 : 0;
    double q = subsample > 1 ? (R11 - R13) / 4 : 0;
    for (int j = 0; j < 4; j++) {
        double d = u - (double)(bin + j);
        w[j] = (tent(d + p) + tent(d - p) + tent(d + q) + tent(d - q)) / 4;
    }
}

static int make_pair(const struct ae_tomo_shape *s, double R[3][3], size_t x,
    size_t z, int along_z, int is_single, struct pair *out)
{
    double a = (double)x - (double)(s->nx / 2);
    double e = (double)z - (double)(s->nz / 2);
    double u = R[0][0] * a + R[0][2] * e + (double)(s->nu / 2);
    double move = is_single ? 0 : along_z ? R[0][2] : R[0][0];
    double reach = s->subsample > 1 ? (fabs(R[0][0]) + fabs(R[0][2])) / 4 : 0;
    out->a = x + s->nx * z;
    out->b = is_single ? out->a : along_z ? out->a + s->nx : out->a + 1;
    out->bin = (long)floor(fmin(u, u + move) - reach);
    weigh(out->wa, u, out->bin, R[0][0], R[0][2], s->subsample);
    if (is_single)
        memset(out->wb, 0, sizeof out->wb);
    else
        weigh(out->wb, u + move, out->bin, R[0][0], R[0][2], s->subsample);
    return out->bin > -4 && out->bin < (long)s->nu;
}

/* All pairs of a tile that reach the frame; how many. */
static size_t make_pairs(const struct ae_tomo_shape *s, double R[3][3],
    const struct ae_tile *t, struct pair *pair)
{
    int along_z = fabs(R[0][2]) <= fabs(R[0][0]);
    size_t n = 0;
    for (size_t z = t->z0; z < t->z1; z += along_z ? 2 : 1)
        for (size_t x = t->x0; x < t->x1; x += along_z ? 1 : 2) {
            int is_single = along_z ? z + 1 == t->z1 : x + 1 == t->x1;
            n += (size_t)make_pair(s, R, x, z, along_z, is_single, pair + n);
        }
    return n;
}

#define REAL     float
#define LOCAL(f) f##_float_base
#include "tomo/tomo_body.h"
#undef LOCAL
#ifdef __x86_64__
#pragma GCC push_options
#pragma GCC target("avx2,fma")
#define LOCAL(f) f##_float_avx2
#include "tomo/tomo_body.h"
#undef LOCAL
#pragma GCC target("avx512f,avx512dq,avx512vl,avx512bw,prefer-vector-width=512")
#define LOCAL(f) f##_float_avx512
#include "tomo/tomo_body.h"
#undef LOCAL
#pragma GCC pop_options
#endif
#undef REAL

#define REAL     double
#define LOCAL(f) f##_double
#include "tomo/tomo_body.h"

/* The widest instruction set that this machine has. */
#ifdef __x86_64__
#define CHOOSE(f)                                                              \
    (__builtin_cpu_supports("avx512f") &&                                      \
                __builtin_cpu_supports("avx512dq") &&                          \
                __builtin_cpu_supports("avx512vl") &&                          \
                __builtin_cpu_supports("avx512bw")                             \
            ? f##_float_avx512                                                 \
        : __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")      \
            ? f##_float_avx2                                                   \
            : f##_float_base)
#else
#define CHOOSE(f) f##_float_base
#endif

void ae_fast_forward_float(const struct ae_tomo_shape *s, double R[3][3],
    const struct ae_tile *tile, const float *volume, float *image)
{
    CHOOSE(fast_forward)(s, R, tile, volume, image);
}

void ae_fast_back_float(const struct ae_tomo_shape *s, double R[3][3],
    const struct ae_tile *tile, const float *image, float *volume)
{
    CHOOSE(fast_back)(s, R, tile, image, volume);
}

void ae_fast_forward_double(const struct ae_tomo_shape *s, double R[3][3],
    const struct ae_tile *tile, const double *volume, double *image)
{
    fast_forward_double(s, R, tile, volume, image);
}

void ae_fast_back_double(const struct ae_tomo_shape *s, double R[3][3],
    const struct ae_tile *tile, const double *image, double *volume)
{
    fast_back_double(s, R, tile, image, volume);
}
