/* SPDX-License-Identifier: BSD-2-Clause
 * scattering - atomic numbers, and electron scattering factors.
 *
 *   f_e(q) = sum_i a_i/(q^2 + b_i) + sum_i c_i exp(-d_i q^2),  i = 1, 2, 3
 *
 *   q    spatial frequency 2 sin(theta)/lambda (1/angstrom)
 *   f_e  elastic scattering amplitude of the free atom, first Born
 *        approximation (angstrom)
 *
 * Source: E. J. Kirkland, Advanced Computing in Electron Microscopy (2010),
 * Appendix C, 10.1007/978-1-4419-6533-2.
 */
#ifndef AE_SIM_SCATTERING_H
#define AE_SIM_SCATTERING_H

/* Atomic number of an element's symbol ("Zr"), 0 when there is none. */
int ae_scattering_z(const char *symbol);
/* Symbol of an atomic number 1 ... 118, else NULL. */
const char *ae_scattering_symbol(int z);

/* Is there a table row for this atomic number? */
int ae_scattering_known(int z);
/* f_e(q) in angstrom, q in 1/angstrom; 0 for an element without a row. */
double ae_scattering_fe(int z, double q);
/* The Fourier transform of f_e over the plane (1/angstrom), at distance r > 0
 * (angstrom) from the atom: 2 pi sum_i a_i K0(2 pi r sqrt(b_i)) +
 * pi sum_i (c_i/d_i) exp(-pi^2 r^2/d_i), K0 the modified Bessel function. */
double ae_scattering_projected(int z, double r);

#endif
