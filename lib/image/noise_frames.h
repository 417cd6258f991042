/* SPDX-License-Identifier: BSD-2-Clause
 * noise_frames - the noise of an average, from the differences of its frames.
 *
 *   gain, read   line of the variance over the mean of each pixel's F values,
 *                both smoothed alike
 *   S(k)         mean periodogram of (f(z_a) - f(z_b))/sqrt 2 of successive
 *                frames, f the stabilisation of image/vst.h with the line of
 *                the first tilt; rescaled to the line of all tilts
 *
 * for aligned frames: moved by Fourier phases, which keep the noise's power.
 * The average's gain is that of a frame over F, and so is its read^2.
 */
#ifndef AE_IMAGE_NOISE_FRAMES_H
#define AE_IMAGE_NOISE_FRAMES_H

#include <stddef.h>
#include "base/error.h"
#include "image/noise.h"

/* Memory does not grow with the number of tilts, of which some 2^18 pixels are
 * kept in all. offset: the known one (copied), or NULL. nf >= 2. */
struct ae_noise_frames;
int ae_noise_frames_new(struct ae_noise_frames **a, size_t nf, size_t nx,
    size_t ny, size_t tilts, const double *offset, struct ae_error *err);
void ae_noise_frames_free(struct ae_noise_frames *a);

/* frames[nf][ny][nx] of one tilt; use[ny][nx] is 0 where one has no data. */
int ae_noise_frames_add(struct ae_noise_frames *a, const float *frames,
    const unsigned char *use, struct ae_error *err);

/* Of the average: psd[AE_NOISE_BLOCK^2]. AE_EDATA where no block fits. */
int ae_noise_frames_get(struct ae_noise_frames *a, struct ae_noise *noise,
    float *psd, struct ae_error *err);

#endif
