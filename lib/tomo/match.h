/* SPDX-License-Identifier: BSD-2-Clause
 * match - the displacement of an image from a projection of it.
 *
 *   d = argmax sum_r image(r + d) projection(r)
 *
 * which is least squares over displacement and scale, as the image's norm does
 * not depend on d: by the spectra, the best of a grid, then Newton's steps.
 *
 * Cost: two transforms and some 100 sums over the spectrum an image.
 */
#ifndef AE_TOMO_MATCH_H
#define AE_TOMO_MATCH_H

#include <stddef.h>
#include "base/error.h"
#include "math/fft.h"

#define AE_MATCH_REACH 2.0 /* greatest |dx|, |dy|, pixels */

/* Plans and rooms to match images of one size. */
struct ae_match {
    size_t nx, ny, wide, high;
    struct ae_fft *plan;
};

int ae_match_new(
    struct ae_match *m, size_t nx, size_t ny, struct ae_error *err);
void ae_match_clear(struct ae_match *m);

/* Of an image and its projection, [ny][nx]. AE_OK or AE_EMEM; threads may share
 * m. */
int ae_match_image(const struct ae_match *m, const float *image,
    const float *projection, double d[2]);

#endif
