/* SPDX-License-Identifier: BSD-2-Clause
 * pairs_kernel - distances from one point to many, counted by bins.
 */
#ifndef AE_GEOM_PAIRS_KERNEL_H
#define AE_GEOM_PAIRS_KERNEL_H

#include <stddef.h>
#include <stdint.h>

enum { AE_PAIRS_BLOCK = 8 };

struct ae_pairs_bins {
    double scale, shift;
    int last;
};

/* count[bin of |q - p|]++ for the points q = (x, y, z) of n stretches, from
 * stretch[][0] to before stretch[][1]; bin = floor(r scale + shift), at most
 * last. at, unless NULL, is added to the bin. The arrays can be read
 * AE_PAIRS_BLOCK beyond the end of a stretch. */
void ae_pairs_kernel(const double *x, const double *y, const double *z,
    const size_t (*stretch)[2], size_t n, const double p[3],
    const struct ae_pairs_bins *bins, const uint32_t *at, uint64_t *count);

#endif
