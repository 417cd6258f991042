/* SPDX-License-Identifier: BSD-2-Clause
 * translate - move an image by a fraction of a pixel, by Fourier phases.
 *
 *   out(x, y) = in(x + dx, y + dy)
 *   F_out(k)  = F_in(k) exp(2 pi i (kx dx/Mx + ky dy/My))
 *
 * The image is first continued by its mirrored edges, at least ceil(|d|) + 8
 * pixels on each side, so that what leaves on one side does not come in on the
 * other. At the Nyquist frequency of an even size the factor is its real part,
 * which keeps a real image real. Whole pixels are copied, not transformed.
 */
#ifndef AE_IMAGE_TRANSLATE_H
#define AE_IMAGE_TRANSLATE_H

#include <stddef.h>
#include "base/error.h"

/* Keeps its buffers and plans from one image to the next; one thread's. */
struct ae_translate;
int ae_translate_new(
    struct ae_translate **t, size_t nx, size_t ny, struct ae_error *err);
void ae_translate_free(struct ae_translate *t); /* NULL is allowed */

/* in[ny][nx] -> out[ny][nx], which may be the same array. |dx| < nx,
 * |dy| < ny pixels. */
int ae_translate_image(struct ae_translate *t, const float *in, double dx,
    double dy, float *out, struct ae_error *err);

/* First and one past the last sample i of n with 0 <= i + d <= n - 1: those
 * that a move by d fills with data and not with the mirrored edge. */
void ae_translate_range(size_t n, double d, size_t *first, size_t *end);

#endif
