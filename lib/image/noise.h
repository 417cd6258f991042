/* SPDX-License-Identifier: BSD-2-Clause
 * noise - what an image's own pixels tell of its noise.
 */
#ifndef AE_IMAGE_NOISE_H
#define AE_IMAGE_NOISE_H

#include <stddef.h>
#include "base/error.h"

/* Standard deviation of white noise: median |d| / 0.6745 of the diagonal Haar
 * coefficients d = (z00 - z10 - z01 + z11)/2 of the 2 x 2 blocks outside the
 * mask (NULL: of all). 0 for an image without noise. Biased up by a lattice
 * whose period is a few pixels.
 * Source: Donoho, Johnstone, Biometrika 81, 425 (1994),
 * 10.1093/biomet/81.3.425. */
int ae_noise_white(const float *image, const unsigned char *mask, size_t nx,
    size_t ny, double *sigma, struct ae_error *err);

#endif
