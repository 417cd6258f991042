/* SPDX-License-Identifier: BSD-2-Clause
 * idpc - images made from scanned signals: finite source, differential phase
 * contrast, and its integral.
 */
#ifndef AE_SIM_IDPC_H
#define AE_SIM_IDPC_H

#include <stddef.h>
#include "base/error.h"

/* Blur image [ny][nx] by a Gaussian of this full width at half maximum (same
 * unit as step); its samples are cut at 4 sigma and renormalised at borders. */
int ae_source_blur(double *image, size_t nx, size_t ny, double step,
    double fwhm, struct ae_error *err);

/* (A - C)/(A + B + C + D) and (B - D)/(A + B + C + D) of the four quadrants
 * centred on +x, +y, -x, -y, signal[n][stride] from its first; 0 where all are
 * 0. */
void ae_dpc(
    const double *signal, size_t n, size_t stride, double *x, double *y);

/* I with F[I](k) = -i (kx F[gx] + ky F[gy]) / (2 pi |k|^2), I(0) = 0: the image
 * whose gradient is (gx, gy), periodic, or with mirrored borders. */
int ae_idpc(const double *gx, const double *gy, size_t nx, size_t ny,
    double step, int mirror, double *image, struct ae_error *err);
/* The images of one detector from its signals [ny * nx][stride], the first (of
 * four, with dpc): blurred by the source, then as they are, or both components
 * of the differential phase contrast, or its integral (mirrored borders).
 * planes[1 or 2][ny][nx]. */
struct ae_signal_setup {
    size_t nx, ny, stride;
    double step, source; /* angstrom */
    int dpc, integrate;
};
int ae_signal_planes(const struct ae_signal_setup *setup, const double *signal,
    float *planes, struct ae_error *err);

#endif
