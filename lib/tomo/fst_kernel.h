/* SPDX-License-Identifier: BSD-2-Clause
 * fst_kernel - the inner loop of the Fourier-slice pair's back-projection
 * (private to tomo).
 */
#ifndef AE_TOMO_FST_KERNEL_H
#define AE_TOMO_FST_KERNEL_H

/* sum[i] += the image read bilinearly at u = u0 + du*a, v = v0 + dv*a,
 * a = first + i, for i = lo ... hi-1, all of which lie in [0, nu-1] x
 * [0, nv-1] (up to rounding); image[nv][nu]. */
void ae_fst_kernel_read(double *sum, int lo, int hi, int first,
    const float *image, int nu, int nv, double u0, double du, double v0,
    double dv);

#endif
