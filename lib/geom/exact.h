/* SPDX-License-Identifier: BSD-2-Clause
 * exact - on which side of a plane or a sphere a point lies, without error.
 *
 * A floating-point value answers where it is beyond its error bound; else the
 * determinant is summed exactly, as an expansion of doubles (Priest 1991;
 * Shewchuk, Discrete Comput. Geom. 18, 305 (1997), 10.1007/PL00009321).
 *
 * The differences of coordinates must be exact, and no product of five of them
 * may over- or underflow: coordinates are to be multiples of ae_exact_step.
 */
#ifndef AE_GEOM_EXACT_H
#define AE_GEOM_EXACT_H

/* A power of two: differences of its multiples are exact where those are not
 * above most, either sign (1e-40 ... 1e40 angstrom). */
double ae_exact_step(double most);

/* 1, 0 or -1, the sign of det(b - a, c - a, d - a). */
int ae_exact_turn(
    const double a[3], const double b[3], const double c[3], const double d[3]);

/* 1 where e is inside the sphere through a, b, c, d, 0 on it, -1 outside. They
 * turn positively. */
int ae_exact_sphere(const double a[3], const double b[3], const double c[3],
    const double d[3], const double e[3]);

#endif
