/* SPDX-License-Identifier: BSD-2-Clause
 * spectra - averages over neighbouring frequencies of a real image's spectrum.
 *
 * A half spectrum [my][half], half = mx/2 + 1, as ae_fft gives it: kx = 0 ...
 * mx/2, ky with frequency 0 first. The other half follows from z(-k) =
 * conj z(k); averages take both into account, and go on past the highest
 * frequency at the lowest.
 */
#ifndef AE_IMAGE_SPECTRA_H
#define AE_IMAGE_SPECTRA_H

#include <complex.h>
#include <stddef.h>
#include "base/error.h"

/* Mean over (2 hx + 1) x (2 hy + 1) frequencies, in place; hx < mx/2,
 * hy < my/2. */
int ae_spectra_box(double _Complex *z, size_t mx, size_t my, size_t hx,
    size_t hy, struct ae_error *err);

/* out(k) = mean of s over the ring of frequencies as high as k: rings of width
 * cycles per pixel, linear between their middles. s is real; out may be s. */
int ae_spectra_ring(double *out, const double *s, size_t mx, size_t my,
    double width, struct ae_error *err);

#endif
