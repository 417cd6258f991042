/* SPDX-License-Identifier: BSD-2-Clause
 * background - the smooth background under a particle.
 *
 * Inside the mask the background is the solution of Laplace's equation on the
 * pixel grid, its boundary values the pixels of the ring, which is every pixel
 * outside the mask that shares an edge with it:
 *
 *   sum over the 4 neighbours n of p of w_n (B_n - B_p) = 0     p inside
 *   neighbours outside the image are left out (no flow through the border)
 *
 * w_n = 1 above and below, across to the left and right. A film tilted by theta
 * about y is seen at x = X cos(theta): what is harmonic in the film's own X and
 * y has across = cos(theta)^2 in the image.
 *
 * or a plane fitted to the ring, or the ring's median. Images are [ny][nx],
 * mask 0 or 1, any intensity unit.
 *
 * The linear equations are solved by conjugate gradients with a modified
 * incomplete Cholesky preconditioner (Gustafsson, BIT 18, 142 (1978),
 * 10.1007/BF01931691): some 50 iterations for 10^5 unknowns.
 */
#ifndef AE_IMAGE_BACKGROUND_H
#define AE_IMAGE_BACKGROUND_H

#include <stddef.h>
#include "base/error.h"

struct ae_background_ring {
    size_t n;         /* pixels */
    double mean, std; /* of the raw pixels */
    double low, high; /* of the values used as boundary */
};

/* Every function sets back [ny][nx]: the background everywhere. The mask holds
 * at least one pixel and not all (else AE_EDATA).
 *
 * Laplace: outside the mask back is the Gaussian average (sigma pixels) of
 * image over the pixels outside, on top of a quadratic surface fitted to a band
 * of 3 sigma along the mask, so that averaging over one side only does not move
 * values on a slope; sigma = 0: the pixels themselves. Inside, residual at most
 * tolerance times the range of the ring's values. *steps: iterations taken. */
int ae_background_laplace(float *back, const float *image,
    const unsigned char *mask, size_t nx, size_t ny, double across,
    double sigma, double tolerance, struct ae_background_ring *ring,
    int *steps, struct ae_error *err);
/* Least-squares plane, and median, of the ring's pixels. */
int ae_background_plane(float *back, const float *image,
    const unsigned char *mask, size_t nx, size_t ny,
    struct ae_background_ring *ring, struct ae_error *err);
int ae_background_const(float *back, const float *image,
    const unsigned char *mask, size_t nx, size_t ny,
    struct ae_background_ring *ring, struct ae_error *err);

#endif
