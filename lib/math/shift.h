/* SPDX-License-Identifier: BSD-2-Clause
 * shift - move an image by a fraction of a pixel, by Fourier phase.
 *
 *   F(kx, ky) <- F(kx, ky) exp(-2 pi i (kx dx/Nx + ky dy/Ny))
 *
 *   d  pixels; the content moves to larger indices for d > 0
 *   N  samples of the image with its mirrored margin of ceil(reach) + 8 pixels
 *
 * The Nyquist term of an even N takes the cosine alone, or a real image would
 * become complex. What moves in from outside is the image's mirror.
 *
 * Source: the shift theorem. Cost: two transforms an image.
 */
#ifndef AE_MATH_SHIFT_H
#define AE_MATH_SHIFT_H

#include <stddef.h>
#include "base/error.h"

struct ae_shift; /* plans for one size; many threads may share them */

/* For images [ny][nx] and shifts |dx|, |dy| <= reach (pixels). */
int ae_shift_new(struct ae_shift **shift, size_t nx, size_t ny, double reach,
    struct ae_error *err);
void ae_shift_free(struct ae_shift *shift); /* NULL is allowed */

/* out = image with its content moved by (dx, dy). out may be image. */
int ae_shift_image(const struct ae_shift *shift, const float *image, double dx,
    double dy, float *out, struct ae_error *err);

/* factor[m] = exp(-2 pi i m d/n) of the frequencies 0 ... n/2 (half) or of all
 * n in the order of the transform, as pairs of cosine and sine. */
void ae_shift_phase(double *factor, size_t n, double d, int half);

#endif
