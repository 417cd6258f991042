/* SPDX-License-Identifier: BSD-2-Clause
 * vst - stabilisation of Poisson-Gaussian noise and its unbiased inverse.
 *
 *   f(z) = (2/gain) sqrt(max(0, gain (z - offset) + 3/8 gain^2 + read^2))
 *   D(y) = E(f(z) | y)     z = gain p + n, p ~ Poisson((y - offset)/gain),
 *                          n ~ N(offset, read^2)
 *
 * f(z) has noise of standard deviation about 1. The inverse takes D to y, from
 * a table of D below 64 electrons and by the expansion of D to the fourth
 * moment of the noise above; both are exact to 0.001 electrons. The algebraic
 * inverse of f is biased and not offered.
 *
 * Source: Makitalo, Foi, IEEE Trans. Image Process. 22, 91 (2013),
 * 10.1109/TIP.2012.2202675; Starck, Murtagh, Bijaoui (1998).
 */
#ifndef AE_IMAGE_VST_H
#define AE_IMAGE_VST_H

#include <stddef.h>
#include "base/error.h"
#include "image/noise.h"

/* image[n] = f(image), in place; noise->gain > 0. */
void ae_vst_forward(float *image, size_t n, const struct ae_noise *noise);

struct ae_vst; /* the table of D */
int ae_vst_new(
    struct ae_vst **vst, const struct ae_noise *noise, struct ae_error *err);
void ae_vst_free(struct ae_vst *vst);
/* D of y (intensity), and y of D, at least the offset. */
double ae_vst_mean(const struct ae_vst *vst, double y);
double ae_vst_inverse(const struct ae_vst *vst, double d);

/* image[n] = inverse of it, in place. */
int ae_vst_back(
    float *image, size_t n, const struct ae_noise *noise, struct ae_error *err);

/* Sum (noisy - offset) / sum (image - offset) over n samples, by which the
 * intensities above the offset are multiplied: the level of a denoised image is
 * that of the noisy one, whose noise has the mean 0. The least-squares scale
 * sum z y / sum y^2 would not do: it makes up for the contrast that denoising
 * takes by raising all, by some percent at a few electrons. 1, and nothing
 * done, where a sum is not positive. */
double ae_vst_level(float *image, const float *noisy, size_t n, double offset);

#endif
