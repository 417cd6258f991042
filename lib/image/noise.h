/* SPDX-License-Identifier: BSD-2-Clause
 * noise - what images tell of their noise: gain, offset, read noise, spectrum.
 *
 *   Var z = gain (E z - offset) + read^2
 *   S(k)  = E |F n|^2     of a block of nx x ny samples of the noise n
 *   mean of S over all frequencies = nx ny Var n
 *
 *   gain    intensity per electron, 0: the noise does not depend on the signal
 *   offset  intensity without electrons       read  intensity
 *
 * A noise file, as frame-register --noise-out and noise-estimate --noise-out
 * write it and bm3d-denoise --noise-from reads it, is an NRRD image (float,
 * two axes kx ky, both 64 by custom, no spacing) of S with frequency (0, 0)
 * first, kx fastest, and the keys
 *
 *   noise_gain:=0.5      intensity per electron; 0 where S is in intensity^2
 *   noise_offset:=0      intensity
 *   noise_read:=1.25     intensity
 *
 * They hold for the images that the noise file comes with (for the average of
 * F frames gain and read^2 are those of a frame over F). Where noise_gain > 0,
 * S is that of the stabilised image f(z) of image/vst.h with these three
 * numbers, so that its mean is about nx ny; where noise_gain is 0, S is that
 * of the image itself and its mean is nx ny read^2. A file without the keys,
 * as unu would make it, is a spectrum in intensity^2.
 */
#ifndef AE_IMAGE_NOISE_H
#define AE_IMAGE_NOISE_H

#include <stddef.h>
#include "base/error.h"
#include "base/keys.h"

#define AE_NOISE_BLOCK    64 /* samples, side of the spectrum of a noise file */
#define AE_NOISE_COLOURED 2.0 /* of ae_noise_colour: not white */

struct ae_noise {
    double gain, offset, read;
};

/* The keys of a noise file. get: AE_END when there are none (gain, offset and
 * read are 0 then); AE_EDATA for what is no number or below 0. */
int ae_noise_get(
    const struct ae_keys *keys, struct ae_noise *noise, struct ae_error *err);
int ae_noise_set(
    struct ae_keys *keys, const struct ae_noise *noise, struct ae_error *err);

/* Standard deviation of white noise: median |d| / 0.6745 of the diagonal Haar
 * coefficients d = (z00 - z10 - z01 + z11)/2 of the 2 x 2 blocks outside the
 * mask (NULL: of all). 0 for an image without noise. Biased up by a lattice
 * whose period is a few pixels.
 * Source: Donoho, Johnstone, Biometrika 81, 425 (1994),
 * 10.1093/biomet/81.3.425. */
int ae_noise_white(const float *image, const unsigned char *mask, size_t nx,
    size_t ny, double *sigma, struct ae_error *err);

/* Weighted line var = gain mean + rest through the means over 64 bins of equal
 * population in mean[n], where mean and var (unbiased) are those of repeated
 * samples of one pixel each. Weights 1/var^2 of the fitted var. rest is
 * read^2 - gain offset: with the offset given (known), read^2 = rest + gain
 * offset, at least 0; else rest >= 0 is read^2 and rest < 0 is an offset
 * -rest/gain. A slope that is not positive gives gain 0 and the mean variance.
 * *slope_error, unless NULL: standard error of the slope. n < 2 is AE_EDATA. */
int ae_noise_line(const float *mean, const float *var, size_t n,
    const double *offset, struct ae_noise *noise, double *slope_error,
    struct ae_error *err);

/* Mean periodogram of Hann-windowed blocks with half overlap, normalised as
 * above; blocks are taken where use (NULL: everywhere) is not 0 in all their
 * samples. Add as many images as there are. */
struct ae_noise_spectrum;
int ae_noise_spectrum_new(
    struct ae_noise_spectrum **spectrum, size_t block, struct ae_error *err);
void ae_noise_spectrum_free(struct ae_noise_spectrum *spectrum);
int ae_noise_spectrum_add(struct ae_noise_spectrum *spectrum,
    const float *image, const unsigned char *use, size_t nx, size_t ny,
    struct ae_error *err);
/* psd[block * block], frequency 0 first; returns the number of blocks so far
 * (0: psd is all 0). */
size_t ae_noise_spectrum_get(
    const struct ae_noise_spectrum *spectrum, float *psd);

/* Largest over smallest value of psd[ny][nx] after pooling neighbouring
 * frequencies until a pooled value scatters by less than 5 % (blocks: number
 * of periodograms averaged); above 2 the noise is correlated. */
double ae_noise_colour(const float *psd, size_t nx, size_t ny, size_t blocks);

#endif
