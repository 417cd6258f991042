/* SPDX-License-Identifier: BSD-2-Clause
 * rotation - the one rotation convention (right-handed, degrees).
 */
#ifndef AE_MATH_ROTATION_H
#define AE_MATH_ROTATION_H

/* R = (Rz(phi) Ry(theta) Rx(psi))^T, degrees: takes a specimen point (x, y, z)
 * to (u, v, w) of the image; the beam runs along w. For phi = psi = 0:
 * u = x cos(theta) - z sin(theta), v = y, w = x sin(theta) + z cos(theta).
 * cos and sin are exact at multiples of 90 degrees. */
void ae_rotation(const double euler[3], double R[3][3]);

/* r = R p, and r = R^T p. */
void ae_rotate(double r[3], double R[3][3], const double p[3]);
void ae_rotate_back(double r[3], double R[3][3], const double p[3]);

/* cos and sin of an angle in degrees, exact at multiples of 90 (and 30 where
 * the value is 0 or 1/2). */
void ae_sincos_deg(double angle, double *sine, double *cosine);

/* Rotation matrix of the unit quaternion q = w, x, y, z: Rp turns p. */
void ae_quaternion_matrix(const double q[4], double R[3][3]);

#endif
