/* SPDX-License-Identifier: BSD-2-Clause
 * superpose - the shift, rotation and scale that lay one set of points on
 * another, point by point, with the least sum of squares.
 *
 *   q_i ~ s R p_i + t
 *
 * R by Horn's quaternion: the eigenvector of the largest eigenvalue of a
 * symmetric 4 x 4 matrix made of the sums of (p - <p>)(q - <q>)^T, always a
 * proper rotation. Source: B. K. P. Horn, J. Opt. Soc. Am. A 4, 629 (1987),
 * doi:10.1364/JOSAA.4.000629.
 */
#ifndef AE_MATH_SUPERPOSE_H
#define AE_MATH_SUPERPOSE_H

#include <stddef.h>
#include "base/error.h"

enum ae_superpose_fit {
    AE_SUPERPOSE_SHIFT,
    AE_SUPERPOSE_RIGID,
    AE_SUPERPOSE_SCALE
};

struct ae_superpose {
    double scale, rotation[3][3], shift[3];
};

/* scale 1, rotation 1, shift 0 */
void ae_superpose_identity(struct ae_superpose *fit);

/* to = scale * rotation * from + shift */
void ae_superpose_apply(
    const struct ae_superpose *fit, const double from[3], double to[3]);

/* The best fit of the kind for n pairs p[i] -> q[i]. Fewer than 3 pairs, or
 * pairs on a line, fix no rotation: the shift alone is then fitted (and
 * *reduced, if not NULL, set to 1). n = 0: AE_EDATA. */
int ae_superpose(const double (*p)[3], const double (*q)[3], size_t n,
    enum ae_superpose_fit kind, struct ae_superpose *fit, int *reduced,
    struct ae_error *err);

/* Angle (degrees, 0 ... 180) and unit axis of a rotation (axis 0 0 1 at 0). */
void ae_superpose_axis(
    const double rotation[3][3], double *angle, double axis[3]);

#endif
