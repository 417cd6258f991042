/* SPDX-License-Identifier: BSD-2-Clause
 * bm3d_refilter - what the noise cannot have left in a residual.
 *
 *   r  = z - y        z noisy, y filtered
 *   m  = 1 where the set of frequencies with |F r| > 3 sqrt(S), blurred by a
 *        Gaussian of 2 (9 x 9 samples), is 0.01 or more, else 0
 *   z' = y + F^-1 (m F r), to be filtered again: noise of the spectrum m S
 *
 *   S  spectrum of the noise
 *
 * What repeats over the whole image, as a lattice does, gathers in a few
 * frequencies there, though it is lost in each group of blocks.
 * Source: Makinen, Azzari, Foi, IEEE Trans. Image Process. 29, 8339 (2020),
 * 10.1109/TIP.2020.3014721.
 */
#ifndef AE_IMAGE_BM3D_REFILTER_H
#define AE_IMAGE_BM3D_REFILTER_H

#include <stddef.h>
#include "base/error.h"

/* noisy becomes z'; rho [2 reach + 1][2 reach + 1] the autocovariance of its
 * noise. filtered = y; noise of sigma and the spectrum psd[py][px] (frequency 0
 * first, any scale; NULL: flat). Returns AE_END, and changes nothing, where no
 * frequency stands out. */
int ae_bm3d_refilter(float *noisy, const float *filtered, size_t nx, size_t ny,
    const float *psd, size_t px, size_t py, double sigma, size_t reach,
    float *rho, struct ae_error *err);

#endif
