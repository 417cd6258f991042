/* SPDX-License-Identifier: BSD-2-Clause
 * fst - the Fourier-slice projector and its published companion, the pair
 * that the RESIRE codes of 2021 and 2022 use (Pham et al., Sci. Rep. 13, 5624
 * (2023); Yang et al., Nature 592, 60 (2021)).
 *
 * Forward: the volume is zero-padded to N = round(over * n) samples per axis
 * (centre sample on centre sample), transformed, read on the plane
 * k = R^T (ku, kv, 0) by trilinear interpolation (0 outside the sampled box),
 * and the real part of the inverse transform of that plane, cropped to the
 * frame, is the image. The plane has Nu x Nv = Nx x Ny samples (at least the
 * frame's).
 * Linear interpolation of the transform shades the object by sinc^2(x/N) per
 * axis: 0.912 at the box's edge for over = 3, 0.68 for 1.5.
 * Back: V(r) = sum_k of ONE bilinear read of image k at (u, v) = R_k r + c; a
 * read outside [0, nu-1] x [0, nv-1] gives 0. This is not the transpose of the
 * forward operator (tomo.h has an exact pair).
 *
 * Volumes are float [z][y][x], stacks float [image][v][u], intensities are
 * sums over voxels along the ray. Same bytes for any number of threads.
 */
#ifndef AE_TOMO_FST_H
#define AE_TOMO_FST_H

#include <stddef.h>
#include "base/error.h"

struct ae_fst; /* workspace: the padded transform, plans, row buffers */

/* n: volume samples along x, y, z; nu, nv: the frame; images: the
 * length of the whole stack; over >= 1 per volume
 * axis (published: 3 or 4 for particles, 1.5, 3, 3 for films). */
int ae_fst_new(struct ae_fst **fst, const size_t n[3], size_t nu, size_t nv,
    size_t images, const double over[3], struct ae_error *err);
void ae_fst_free(struct ae_fst *fst); /* NULL is allowed */

/* Bytes that ae_fst_new takes (as a double: it may be any size), and the
 * estimated CPU seconds of one forward and one back-projection of images
 * images. */
double ae_fst_bytes(
    const size_t n[3], size_t nu, size_t nv, const double over[3]);
double ae_fst_seconds(const size_t n[3], size_t nu, size_t nv,
    const double over[3], size_t images);

/* Images k = first, first + stride, ... < images of the stack become the
 * projections of vol (unchanged) in orientations euler[k] = phi, theta, psi in
 * degrees; the others are left alone. The transform of vol is made once per
 * call. */
void ae_fst_forward(struct ae_fst *fst, const float *vol, size_t first,
    size_t stride, size_t images, const double (*euler)[3], float *stack);

/* vol = sum over the same k of their companion back-projections. */
void ae_fst_back(struct ae_fst *fst, size_t first, size_t stride, size_t images,
    const double (*euler)[3], const float *stack, float *vol);

#endif
