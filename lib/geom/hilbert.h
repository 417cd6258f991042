/* SPDX-License-Identifier: BSD-2-Clause
 * hilbert - points in the order of a space-filling curve: near in it, near in
 * space.
 */
#ifndef AE_GEOM_HILBERT_H
#define AE_GEOM_HILBERT_H

#include <stddef.h>
#include <stdint.h>
#include "base/error.h"

enum { AE_HILBERT_BITS = 20 };

/* Place along the Hilbert curve of a cell, 0 <= x[k] < 2^AE_HILBERT_BITS
 * (Skilling, AIP Conf. Proc. 707, 381 (2004), 10.1063/1.1751381). */
uint64_t ae_hilbert_code(const uint32_t x[3]);

/* order[n]: the points along the curve through their bounding cube. */
int ae_hilbert_order(
    const double (*pos)[3], size_t n, size_t *order, struct ae_error *err);

#endif
