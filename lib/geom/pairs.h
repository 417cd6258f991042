/* SPDX-License-Identifier: BSD-2-Clause
 * pairs - how many pairs of points lie how far apart.
 */
#ifndef AE_GEOM_PAIRS_H
#define AE_GEOM_PAIRS_H

#include <stddef.h>
#include <stdint.h>
#include "base/error.h"

/* Bin b of a distance r: floor(r / width + shift), exactly in r times the
 * whole number 1 / width where that is one. */
struct ae_pair_bins {
    size_t n;
    double width, shift; /* angstrom; bins */
};

/* Ordered pairs (i, j), i != j, so that each pair counts twice, by distance and
 * kinds: count[(a * kinds + b) * bins.n + bin] of kind a and a neighbour of
 * kind b. kind[n] < kinds, or NULL when kinds is 1. lattice and pbc as for
 * ae_cells_new, with a cutoff at the end of the bins. */
int ae_pairs_count(const double (*pos)[3], size_t n, const uint32_t *kind,
    size_t kinds, const struct ae_pair_bins *bins, const double *lattice,
    const int *pbc, uint64_t *count, struct ae_error *err);

#endif
