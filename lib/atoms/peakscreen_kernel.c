/* SPDX-License-Identifier: BSD-2-Clause
 * peakscreen_kernel - six dot products at once.
 */
#include "atoms/peakscreen_kernel.h"

#define CLONES                                                                 \
    __attribute__((                                                            \
        target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))

/* Four doubles at any place in memory. */
typedef double four __attribute__((vector_size(32), aligned(8), may_alias));

CLONES
void ae_peakscreen_sums(const double *data, const ptrdiff_t *offset,
    size_t rows, size_t chunks, const double *weight, double sum[6])
{
    four a = {0}, b = {0}, c = {0}, d = {0}, e = {0}, f = {0};
    for (size_t r = 0; r < rows; r++) {
        const double *row = data + offset[r];
        for (size_t i = 0; i < chunks; i++, row += 4, weight += 24) {
            const four x = *(const four *)row;
            const four *w = (const four *)weight;
            a += w[0] * x;
            b += w[1] * x;
            c += w[2] * x;
            d += w[3] * x;
            e += w[4] * x;
            f += w[5] * x;
        }
    }
    const four *all[6] = {&a, &b, &c, &d, &e, &f};
    for (int k = 0; k < 6; k++) {
        const four v = *all[k];
        sum[k] = v[0] + v[1] + v[2] + v[3];
    }
}
