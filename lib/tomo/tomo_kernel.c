/* SPDX-License-Identifier: BSD-2-Clause */
#include "tomo/tomo_kernel.h"

#include <math.h>
#include <string.h>

/* Voxels that follow each other along the axis on which u moves least, by at
 * most sqrt(1/2): each shares its value among three bins in a row, the first
 * of which is bin + shift. One voxel, or three with shifts that rise by 0 or 1
 * from one to the next. */
struct trio {
    size_t at[3]; /* places of the voxels, x + nx * z */
    long bin;
    int n, shift[3];
    double w[3][3];
};

/* The first of the bins of a voxel at u, whose sub-samples are at +-a and +-b,
 * and its weights: the mean of the four tents. */
static long weigh(double w[3], double u, double a, double b)
{
    enum { BIAS = 1 << 24 }; /* conversion truncates, of positive numbers too */
    double reach = a > b ? a : b;
    long bin = (long)(u - reach + BIAS) - BIAS;
    double d = u - (double)(bin + 1), far = fabs(d);
    double e = (far > a ? far : a) + (far > b ? far : b);
    w[0] = 0.25 * e - 0.5 * d;
    w[1] = 1 - 0.5 * e;
    w[2] = 0.25 * e + 0.5 * d;
    return bin;
}

/* n voxels from the one at place on, by so many places and u each. */
static void make_trio(struct trio *t, int n, size_t place, size_t step,
    double u, double move, double a, double b)
{
    t->n = n;
    for (int i = 0; i < n; i++) {
        int j = move < 0 ? n - 1 - i : i; /* u rises */
        long bin = weigh(t->w[i], u + j * move, a, b);
        t->at[i] = place + (size_t)j * step;
        if (i == 0)
            t->bin = bin;
        t->shift[i] = (int)(bin - t->bin);
    }
}

/* All of a tile that reach the frame; how many. */
static size_t make_trios(const struct ae_tomo_shape *s, double R[3][3],
    const struct ae_tile *t, struct trio *trio)
{
    int along_z = fabs(R[0][2]) <= fabs(R[0][0]);
    double by = s->subsample > 1 ? 0.25 : 0;
    double a = by * fabs(R[0][0] + R[0][2]), b = by * fabs(R[0][0] - R[0][2]);
    double move = along_z ? R[0][2] : R[0][0];
    size_t nx = t->x1 - t->x0, nz = t->z1 - t->z0, n = 0;
    size_t lines = along_z ? nx : nz, length = along_z ? nz : nx;
    size_t step = along_z ? s->nx : 1;
    for (size_t line = 0; line < lines; line++)
        for (size_t i = 0; i < length;) {
            size_t x = t->x0 + (along_z ? line : i);
            size_t z = t->z0 + (along_z ? i : line);
            double u = R[0][0] * ((double)x - (double)(s->nx / 2)) +
                       R[0][2] * ((double)z - (double)(s->nz / 2)) +
                       (double)(s->nu / 2);
            int many = i + 3 <= length ? 3 : 1;
            make_trio(&trio[n], many, x + s->nx * z, step, u, move, a, b);
            n += trio[n].bin > -6 && trio[n].bin < (long)s->nu;
            i += (size_t)many;
        }
    return n;
}

/* Do all bins lie in the frame? */
static int is_inside(const struct ae_tomo_shape *s, const struct trio *t)
{
    return t->n == 3 && t->bin >= 0 && t->bin + t->shift[2] + 2 < (long)s->nu;
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
