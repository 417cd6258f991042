/* SPDX-License-Identifier: BSD-2-Clause
 * series - a tilt series made ready for a reconstruction: the operator, the
 * packed images, and the grid of the volume.
 */
#ifndef AE_TOMO_SERIES_H
#define AE_TOMO_SERIES_H

#include "base/error.h"
#include "base/vol.h"
#include "tomo/tomo.h"

struct ae_series_choice {
    enum ae_tomo_kind kind;
    int subsample;  /* 1, 4, 8 */
    double over[3]; /* fst: oversampling along x, y, z */
    size_t nz;      /* samples along the beam; 0: as many as x */
    int extended;   /* the object is wider than the frame */
};

struct ae_series {
    struct ae_tomo *tomo;
    size_t n[3]; /* the grid, larger than the frame if extended */
    size_t nu, nv, images;
    double beam;     /* L: samples along the beam, max(nu, nz) */
    float *data;     /* [images][packed image] */
    double *sum_abs; /* [images] sum of |b_k| */
    double *sum_sq;  /* [images] sum of b_k^2 */
};

/* Grid, operator and packed images of a stack with angles; fails on an image
 * whose sum is 0. The stack's data are not needed afterwards. */
int ae_series_new(struct ae_series *series, const struct ae_vol *stack,
    const struct ae_series_choice *choice, struct ae_error *err);
void ae_series_clear(struct ae_series *series);

/* A packed volume of zeros; one of a volume with the frame's x and y and the
 * grid's z (outside: fill); and the way back, cropped, into [nz][nv][nu]. */
float *ae_series_volume(const struct ae_series *series);
int ae_series_embed(const struct ae_series *series, const float *volume,
    float fill, float *packed, struct ae_error *err);
int ae_series_crop(const struct ae_series *series, const float *packed,
    float *volume, struct ae_error *err);

/* R factors of the images first, first + stride, ...: r1[k] = sum |c - b| /
 * sum |b|, r2[k] the same with 2-norms; c packed as data is. */
void ae_series_rfactors(const struct ae_series *series, const float *computed,
    double *r1, double *r2);

/* Bytes of the packed volume and of all packed images. */
double ae_series_volume_bytes(const struct ae_series *series);
double ae_series_image_bytes(const struct ae_series *series);

#endif
