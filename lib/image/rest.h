/* SPDX-License-Identifier: BSD-2-Clause
 * rest - what a denoiser left out, put back through the best Gaussian.
 *
 *   x = y + G_s (z - y)         z noisy, y denoised, G_s Gaussian of s pixels
 *   s: the least of  R(s) = mean over the particle of (z - G_s z)^2
 *                           + 2 sum_ij g_i g_j rho(i, j)
 *
 *   rho  autocovariance of the noise     g  samples of the Gaussian, sum 1
 *
 * R less the variance of the noise is Stein's unbiased estimate of the mean
 * squared error of G_s z: no clean image is needed. A denoiser that is right
 * for one image leaves out what does not stand out of its noise there, single
 * atoms first. The images of a tilt series show each atom many times: with
 * the rest put back every atom keeps at least the share that a Gaussian
 * filter leaves, in all images alike.
 *
 * Source: Stein, Ann. Stat. 9, 1135 (1981), 10.1214/aos/1176345632.
 */
#ifndef AE_IMAGE_REST_H
#define AE_IMAGE_REST_H

#include <stddef.h>
#include "base/error.h"

/* *width = s, pixels, 0 to 4, of image[ny][nx] with stationary noise of sigma
 * and the spectrum psd[py][px] (frequency 0 first, any scale; NULL: flat). */
int ae_rest_width(double *width, const float *image, size_t nx, size_t ny,
    const float *psd, size_t px, size_t py, double sigma, struct ae_error *err);

/* denoised += G (noisy - denoised), edges mirrored: the sum of the result is
 * that of noisy. */
int ae_rest_put(float *denoised, const float *noisy, size_t nx, size_t ny,
    double width, struct ae_error *err);

#endif
