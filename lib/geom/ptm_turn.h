/* SPDX-License-Identifier: BSD-2-Clause
 * ptm_turn - how far two orientations are apart, lattices of one symmetry
 * being equal.
 *
 *   misorientation(p, q) = min over g of the angle of p^-1 q g
 *
 * g are the rotations of the lattice: 24 of the cubic types, 12 of hcp (two of
 * its atoms have templates that differ by 60 degrees about the axis; together
 * they have the hexagonal group), 60 of ico, 10 of dec. Quaternions are
 * w x y z, of unit length.
 */
#ifndef AE_GEOM_PTM_TURN_H
#define AE_GEOM_PTM_TURN_H

#include <stddef.h>
#include "geom/ptm_template.h"

struct ae_ptm_group {
    int n;
    double turn[AE_PTM_TURNS][4];
    int none;    /* number of the turn by 0 */
    double near; /* |p . q| above: none of the others is better */
};

void ae_ptm_group(enum ae_ptm_type type, struct ae_ptm_group *group);

/* Degrees. */
double ae_ptm_misorientation(
    const struct ae_ptm_group *group, const double p[4], const double q[4]);

/* Of all q g the one nearest to p, with the sign that makes p . q > 0. */
void ae_ptm_nearest(const struct ae_ptm_group *group, const double p[4],
    const double q[4], double out[4]);

/* The mean of q[row[0]] ... q[row[n - 1]] (row NULL: of the first n), each
 * brought to the copy nearest the first, then once more to the mean so found;
 * and the r.m.s. misorientation from it, degrees. n >= 1. */
double ae_ptm_mean(const struct ae_ptm_group *group, const double (*q)[4],
    const size_t *row, size_t n, double mean[4]);

#endif
