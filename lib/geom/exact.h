/* SPDX-License-Identifier: BSD-2-Clause
 * exact - signs of determinants of whole numbers, without rounding.
 *
 * Coordinates are whole numbers of magnitude up to 2^40, differences of them
 * up to 2^41. A double is tried first; only when its error bound leaves the
 * sign open are 128- and 256-bit integers used.
 */
#ifndef AE_GEOM_EXACT_H
#define AE_GEOM_EXACT_H

/* Whole numbers, |x| <= 2^40; a few steps beyond do no harm. */
#define AE_EXACT_BITS 40

/* Sign of det(b - a, c - a, d - a), 0 when the four lie in one plane. */
int ae_exact_orient(
    const double a[3], const double b[3], const double c[3], const double d[3]);

/* Sign of |d|^2 D - |a|^2 d.(b x c) - |b|^2 d.(c x a) - |c|^2 d.(a x b) with
 * D = a.(b x c) > 0 and the points relative to o: -1 when p lies inside the
 * sphere through o, a, b, c, 1 outside, 0 on it. */
int ae_exact_sphere(const double o[3], const double a[3], const double b[3],
    const double c[3], const double p[3]);

/* Are the three points on one line? */
int ae_exact_line(const double a[3], const double b[3], const double c[3]);

#endif
