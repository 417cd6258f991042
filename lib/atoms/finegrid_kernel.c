/* SPDX-License-Identifier: BSD-2-Clause
 * finegrid_kernel - loops over contiguous samples.
 */
#include "atoms/finegrid_kernel.h"

#include <stdint.h>

#define CLONES                                                                 \
    __attribute__((                                                            \
        target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))

CLONES
void ae_fine_mix(const double *const in[4], const double w[4], size_t n,
    double *restrict out)
{
    const double *a = in[0], *b = in[1], *c = in[2], *d = in[3];
    double wa = w[0], wb = w[1], wc = w[2], wd = w[3];
    for (size_t i = 0; i < n; i++) {
        out[i] = wa * a[i] + wb * b[i] + wc * c[i] + wd * d[i];
    }
}

CLONES
void ae_fine_mix_float(
    const double *const in[4], const double w[4], size_t n, float *restrict out)
{
    const double *a = in[0], *b = in[1], *c = in[2], *d = in[3];
    double wa = w[0], wb = w[1], wc = w[2], wd = w[3];
    for (size_t i = 0; i < n; i++) {
        out[i] = (float)(wa * a[i] + wb * b[i] + wc * c[i] + wd * d[i]);
    }
}

/* Eight floats at any place in memory, and what comparing them gives. */
typedef float floats __attribute__((vector_size(32), aligned(4), may_alias));
typedef int32_t ints __attribute__((vector_size(32)));
typedef unsigned char bytes
    __attribute__((vector_size(8), aligned(1), may_alias));

CLONES
void ae_fine_mark(const float *row, const float *const *other, int count,
    float threshold, size_t n, unsigned char *restrict mark)
{
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        const floats here = *(const floats *)(row + i);
        ints kept = here > threshold;
        for (int k = 0; k < count; k++) {
            kept &= here >= *(const floats *)(other[k] + i);
        }
        *(bytes *)(mark + i) = __builtin_convertvector(kept & 1, bytes);
    }
    for (; i < n; i++) {
        mark[i] = row[i] > threshold;
        for (int k = 0; k < count; k++) {
            mark[i] &= row[i] >= other[k][i];
        }
    }
}
