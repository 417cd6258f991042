/* SPDX-License-Identifier: BSD-2-Clause
 * noise_find - the noise of one image, from the image alone.
 *
 * Around the particle (outside the mask of image/mask.h, less its plane): the
 * standard deviation as ae_noise_white has it, and the spectrum of the blocks
 * that the particle does not touch. In the whole image: how the variance grows
 * with the intensity, from the diagonal differences
 *   d = (z00 - z10 - z01 + z11)/2,  Var d = Var z where Z is a plane
 * of 2 x 2 pixels and, one size up, of 2 x 2 sums of 2 x 2 pixels over 2.
 * Noise that is independent from pixel to pixel gives both the same line. What
 * the microscope resolves is coarser than a pixel: its part of the second line,
 * which may grow with the intensity too, is several times that of the first.
 */
#ifndef AE_IMAGE_NOISE_FIND_H
#define AE_IMAGE_NOISE_FIND_H

#include <stddef.h>
#include "base/error.h"
#include "image/noise.h"

struct ae_noise_found {
    size_t outside; /* pixels around the particle */
    double sigma;   /* there; of the whole image where they are too few */
    size_t blocks;  /* of the spectrum, 0: no room */
    double colour;  /* its largest over its smallest value; 1 without it */
    struct ae_noise line;
    double line_error, line_coarse; /* of the gain; the gain one size up */
    float psd[AE_NOISE_BLOCK * AE_NOISE_BLOCK];
};

/* offset: the known one, or NULL. */
int ae_noise_find(struct ae_noise_found *found, const float *image, size_t nx,
    size_t ny, const double *offset, struct ae_error *err);

/* What the numbers say: the spectrum is not flat; the variance grows with the
 * intensity, significantly and by more than structure would at one pixel. */
int ae_noise_is_correlated(const struct ae_noise_found *found);
int ae_noise_is_poisson(const struct ae_noise_found *found);

#endif
