/* SPDX-License-Identifier: BSD-2-Clause
 * spots - the lattice spots in an image's Fourier transform, and their indices.
 *
 * Image less its mean, times a Hann window along both axes, padded with zeros
 * to twice its size; the local maxima of |F| are fitted in 7 x 7 padded samples
 * by
 *
 *   A exp(-(p u^2 + 2 q u v + r v^2)/2) + B       (u, v) from the spot's centre
 *
 * A diamond-structure crystal along [110] shows, h h l, in a frame whose x is
 * along [110] and whose y along [001],
 *
 *   g(h, l) = (h sqrt(2), l)/a        h, l both odd; both even with h + l/2 even
 *
 * Source: Fourier calibration of images of a known crystal; indices by the
 * angle of 70.53 degrees between (1 1 1) and (1 1 -1).
 */
#ifndef AE_IMAGE_SPOTS_H
#define AE_IMAGE_SPOTS_H

#include <stddef.h>
#include "base/error.h"

enum { AE_SPOTS_MOST = 6 }; /* pairs of +k and -k: 12 spots */

struct ae_spot {
    double k[2];   /* cycles per pixel along x and y, of +-k the one with
                      k_x > 0, or k_x = 0 and k_y > 0 */
    double height; /* of |F| above B */
    double ratio;  /* height over the median of |F| around it */
    int h, l;      /* indices h h l */
    int indexed;   /* 1 when they are known */
};

/* The strongest spots of an image [ny][nx], 0.05 to 0.45 cycles per pixel, at
 * least 4/n apart, at least 6 times the local median and 0.0267 of the strongest
 * (below are the window's sidelobes); by falling height. *n of them, at most
 * AE_SPOTS_MOST. */
int ae_spots_find(struct ae_spot spot[AE_SPOTS_MOST], size_t *n,
    const float *image, size_t nx, size_t ny, struct ae_error *err);

/* Indices of a diamond-structure crystal along [110]. The two shortest spots
 * of like length within 5 degrees of 70.53 or 109.47 are (1 1 1) and (1 1 -1);
 * the others get theirs from these. AE_EDATA when there is no such pair. */
int ae_spots_index(struct ae_spot *spot, size_t n, struct ae_error *err);

/* g of the indices for a = 1. */
void ae_spots_ideal(int h, int l, double g[2]);

/* Least squares of k = M g over the spots of {111} and {220}, and its polar
 * form M = U R(turn): U symmetric, pixel size times distortion. */
struct ae_spots_fit {
    size_t n;           /* spots used */
    double u[3];        /* U_xx, U_xy, U_yy for a = 1: per pixel */
    double turn;        /* degrees, of the crystal's x axis towards image y */
    double angle_error; /* degrees, largest deviation of the angle between two
                           spots from the crystal's */
};
struct ae_spots_fit ae_spots_fit(const struct ae_spot *spot, size_t n);

/* Is it of {111} or {220}? */
int ae_spots_used(const struct ae_spot *spot);

#endif
