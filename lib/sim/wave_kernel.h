/* SPDX-License-Identifier: BSD-2-Clause
 * wave_kernel - the inner loops of wave: products of complex rows, in single
 * (f) and double (d) precision. A complex number is two neighbouring reals.
 */
#ifndef AE_SIM_WAVE_KERNEL_H
#define AE_SIM_WAVE_KERNEL_H

#include <stddef.h>
#include <stdint.h>

/* a[i] *= t[i], n complex numbers */
void ae_wave_times_f(float *a, const float *t, size_t n);
void ae_wave_times_d(double *a, const double *t, size_t n);
/* a[i] *= p[i] c */
void ae_wave_times2_f(float *a, const float *p, const float c[2], size_t n);
void ae_wave_times2_d(double *a, const double *p, const double c[2], size_t n);
/* sum of w[i] |a[at[i]]|^2 */
double ae_wave_sum_f(
    const float *a, const uint32_t *at, const float *w, size_t n);
double ae_wave_sum_d(
    const double *a, const uint32_t *at, const float *w, size_t n);
/* to[j][i] += (cre[j] + i cim[j]) a[i]: see prism */
void ae_wave_add_f(float *to, const float *a, const float c[2], size_t n);
void ae_wave_add_d(double *to, const double *a, const double c[2], size_t n);
/* t = exp(i sigma v) - 1, n numbers, to 1e-13 before rounding */
void ae_wave_change(float *t, const double *v, double sigma, size_t n);
/* sre + i sim += (cre + i cim)(ere + i eim), n numbers, parts apart */
void ae_wave_phase(double *sre, double *sim, const double *ere,
    const double *eim, double cre, double cim, size_t n);

#endif
