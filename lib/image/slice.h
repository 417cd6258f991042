/* SPDX-License-Identifier: BSD-2-Clause
 * slice - planes cut out of a volume, straight and oblique, and the grey
 * range to show them with.
 */
#ifndef AE_IMAGE_SLICE_H
#define AE_IMAGE_SLICE_H

#include <stddef.h>
#include "base/error.h"
#include "base/vol.h"

/* A picture plane in the specimen: pixel (i, j) shows the point
 * corner + i*right + j*down (angstrom, or samples where the step is unknown).
 * normal has length 1. */
struct ae_plane {
    size_t w, h;
    double corner[3], right[3], down[3], normal[3];
    float *image;          /* [h][w] */
    unsigned char *inside; /* [h][w], 1 where the volume has samples */
};

/* Mean of the samples of axis (0 x, 1 y, 2 z) whose coordinate lies within
 * thickness/2 of at; the nearest one when there is none. right x down is x y
 * for axis z, x z for y, y z for x. AE_EUSAGE when at is outside. */
int ae_slice_straight(struct ae_plane *plane, const struct ae_vol *vol,
    int axis, double at, double thickness, struct ae_error *err);

/* The plane through point across normal, up (made perpendicular to normal)
 * pointing up, seen against the normal: right = up x normal. Interpolated by
 * the cubic spline, pixels as large as voxels; mean of planes one voxel apart
 * within thickness/2 on both sides. vol->data become spline coefficients. */
int ae_slice_oblique(struct ae_plane *plane, struct ae_vol *vol,
    const double normal[3], const double up[3], const double point[3],
    double thickness, struct ae_error *err);

void ae_slice_clear(struct ae_plane *plane);

/* Where a point is seen: pixel coordinates, and its signed distance. */
void ae_slice_place(const struct ae_plane *plane, const double point[3],
    double *x, double *y, double *distance);

/* Percentiles low and high (0 ... 100) of the n values whose mask is not 0
 * (NULL: of all). */
int ae_slice_range(const float *image, const unsigned char *mask, size_t n,
    const double percentile[2], double range[2], struct ae_error *err);

#endif
