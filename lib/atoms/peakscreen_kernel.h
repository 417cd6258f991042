/* SPDX-License-Identifier: BSD-2-Clause
 * peakscreen_kernel - the inner loop of peakscreen (private to it).
 */
#ifndef AE_ATOMS_PEAKSCREEN_KERNEL_H
#define AE_ATOMS_PEAKSCREEN_KERNEL_H

#include <stddef.h>

/* sum[k] = sum over rows r and i < 4 chunks of weight[r][i / 4][k][i % 4] *
 * data[offset[r] + i], k = 0 ... 5. */
void ae_peakscreen_sums(const double *data, const ptrdiff_t *offset,
    size_t rows, size_t chunks, const double *weight, double sum[6]);

#endif
