/* SPDX-License-Identifier: BSD-2-Clause
 * voiderror - how sure the volumes of voids are when the atoms' positions are
 * not: they are found again between atoms displaced at random.
 */
#ifndef AE_GEOM_VOIDERROR_H
#define AE_GEOM_VOIDERROR_H

#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "geom/voids.h"

struct ae_void_error {
    double sigma; /* angstrom per axis, of a normal distribution */
    size_t draws; /* at least 2 */
    uint64_t seed;
    double alpha; /* angstrom, of the region */
    int fill;
};

/* mean[voids->n], std[voids->n], angstrom^3: of the volumes, over the draws, of
 * the void that has the most of void i's atoms (shape[i].atom) at its corners,
 * the larger one of two; 0 where none has any. */
int ae_void_errors(const double (*pos)[3], size_t n,
    const struct ae_voids_rule *rule, const struct ae_voids *voids,
    const struct ae_void_shape *shape, const struct ae_void_error *how,
    double *mean, double *std, struct ae_error *err);

#endif
