/* SPDX-License-Identifier: BSD-2-Clause
 * lines - profiles of the images of a tilt series, matched with one another.
 *
 * Along the tilt axis the profile of every image is the same, the common line;
 * each is matched with the mean of the others. Across it only neighbouring
 * tilts are alike. A profile is moved by its spectrum's phase, and two of them
 * match at the least squares over displacement and scale.
 *
 * Source: as tomo/align.h, of which this is a part. Cost: one pass over the
 * images, then some 10^3 operations a sample.
 */
#ifndef AE_TOMO_LINES_H
#define AE_TOMO_LINES_H

#include <stddef.h>
#include "base/error.h"
#include "base/vol.h"
#include "math/fft.h"

/* Profiles of n samples, one for each image, as spectra of m >= 2 n samples. */
struct ae_lines {
    size_t images, n, m, half; /* half = m/2 + 1 frequencies */
    double *spectrum;          /* [images][2 half], of the profile as it is */
    double *d;                 /* [images] displacement found so far */
    double *total, *rest;      /* [2 half] sum of the aligned; without one */
    double *phase, *work;      /* [2 half], [m + 2] */
    struct ae_fft *forward, *backward;
};

/* For so many profiles of n samples. */
int ae_lines_new(
    struct ae_lines *l, size_t images, size_t n, struct ae_error *err);
void ae_lines_clear(struct ae_lines *l);

/* order: the images by |theta - theta_0|, theta_0 the least tilted's. */
void ae_lines_order(size_t *order, const struct ae_vol *stack);

/* The common lines along an axis at so many degrees to image y, matched: l->d,
 * and score[k], the correlation of line k with the mean of the others. A lag is
 * at most reach samples. AE_EDATA names an image whose sum is not positive. */
int ae_lines_along(struct ae_lines *l, const struct ae_vol *stack,
    const size_t *order, double axis, double reach, double *score,
    struct ae_error *err);

/* The profiles across an axis that is image y; and each of them matched with
 * its neighbour's nearer to the least tilted image. */
int ae_lines_fill_across(
    struct ae_lines *l, const struct ae_vol *stack, struct ae_error *err);
int ae_lines_chain(struct ae_lines *l, const size_t *order,
    const struct ae_vol *stack, double reach, struct ae_error *err);

#endif
