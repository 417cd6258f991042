/* SPDX-License-Identifier: BSD-2-Clause
 * translate - move images of one size back by shifts of any length.
 *
 *   out(x, y) = in(x + dx, y + dy)
 *
 * Whole pixels are copied; else by Fourier phase with mirrored margins
 * (math/shift.h), which are widened when a shift asks for it.
 */
#ifndef AE_IMAGE_TRANSLATE_H
#define AE_IMAGE_TRANSLATE_H

#include <stddef.h>
#include "base/error.h"

struct ae_translate; /* one thread's */
int ae_translate_new(
    struct ae_translate **t, size_t nx, size_t ny, struct ae_error *err);
void ae_translate_free(struct ae_translate *t); /* NULL is allowed */

/* in[ny][nx] -> out[ny][nx], another array; |dx| < nx, |dy| < ny pixels. */
int ae_translate_image(struct ae_translate *t, const float *in, double dx,
    double dy, float *out, struct ae_error *err);

/* First and one past the last sample i of n with 0 <= i + d <= n - 1: those
 * that a move by d fills with data and not with the mirrored edge. */
void ae_translate_range(size_t n, double d, size_t *first, size_t *end);

#endif
