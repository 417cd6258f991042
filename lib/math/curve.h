/* SPDX-License-Identifier: BSD-2-Clause
 * curve - smoothing and extrema of values at equal steps.
 */
#ifndef AE_MATH_CURVE_H
#define AE_MATH_CURVE_H

#include <stddef.h>

/* In place: a Gaussian of sigma samples, cut at ceil(2 sigma), the end values
 * repeated beyond the ends; sigma = 0 leaves y. 0, or AE_EMEM. */
int ae_curve_smooth(double *y, size_t n, double sigma);

/* Where, in samples, y has its highest local maximum (sign 1) or lowest local
 * minimum (sign -1) among first <= k < last, by a parabola through three
 * samples; NaN when there is none. The ends of y are no extrema. */
double ae_curve_extremum(
    const double *y, size_t n, int sign, size_t first, size_t last);

#endif
