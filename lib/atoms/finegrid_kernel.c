/* SPDX-License-Identifier: BSD-2-Clause
 * finegrid_kernel - loops over contiguous samples.
 */
#include "atoms/finegrid_kernel.h"

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

CLONES
void ae_fine_mark(const float *row, const float *const *other, int count,
    float threshold, size_t n, unsigned char *restrict mark)
{
    for (size_t i = 0; i < n; i++) {
        mark[i] = row[i] > threshold;
    }
    for (int k = 0; k < count; k++) {
        const float *next = other[k];
        for (size_t i = 0; i < n; i++) {
            mark[i] &= row[i] >= next[i];
        }
    }
}
