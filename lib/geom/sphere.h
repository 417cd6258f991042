/* SPDX-License-Identifier: BSD-2-Clause
 * sphere - the circumsphere of a tetrahedron, and what rounding may have done
 * to it.
 *
 * With a, b, c the edges from corner 0, six = a . (b x c) and above =
 * |a|^2 b x c + |b|^2 c x a + |c|^2 a x b, the circumcentre is corner 0 +
 * above / (2 six). Nearly flat tetrahedra want every digit: long double.
 */
#ifndef AE_GEOM_SPHERE_H
#define AE_GEOM_SPHERE_H

/* angstrom: points so near to a sphere count as inside, centres less certain
 * than a tenth of it as unknown */
#define AE_SPHERE_NEAR 1e-3

struct ae_sphere {
    long double above[3], length; /* angstrom^4; length: of above */
    long double six;              /* six volumes, angstrom^3, with a sign */
    long double above_error, six_error;
};

void ae_sphere_set(struct ae_sphere *s, double p[4][3]);

/* Centre and radius (angstrom), p corner 0. 0 when they may be
 * AE_SPHERE_NEAR / 10 off. */
int ae_sphere_known(const struct ae_sphere *s, const double p[3],
    double centre[3], double *radius);

#endif
