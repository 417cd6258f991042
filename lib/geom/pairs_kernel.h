/* SPDX-License-Identifier: BSD-2-Clause
 * pairs_kernel - distances from one point to many, counted by bins.
 */
#ifndef AE_GEOM_PAIRS_KERNEL_H
#define AE_GEOM_PAIRS_KERNEL_H

#include <stddef.h>
#include <stdint.h>

enum { AE_PAIRS_BLOCK = 8 };

/* count[bin of |q - p|]++ for the points q = (x, y, z)[n], bin =
 * floor(r scale + shift), at most last. at[n], unless NULL, is added to the
 * bin. The arrays can be read up to the next multiple of AE_PAIRS_BLOCK. */
void ae_pairs_kernel(const double *x, const double *y, const double *z,
    size_t n, const double p[3], double scale, double shift, int last,
    const uint32_t *at, uint64_t *count);

#endif
