/* SPDX-License-Identifier: BSD-2-Clause
 * overlay - lay one model of atoms on another, mirror images included, and
 * the spread of the differences.
 */
#ifndef AE_ATOMS_OVERLAY_H
#define AE_ATOMS_OVERLAY_H

#include <stddef.h>
#include "base/error.h"
#include "math/superpose.h"

/* A signed permutation of the axes: new axis i is sign[i] times old axis
 * from[i]. Number 0 of the 48 is the identity. */
struct ae_overlay_axes {
    int from[3], sign[3];
};

struct ae_overlay_axes ae_overlay_axes(int which);
/* 1 for a rotation, -1 for a mirror image. */
int ae_overlay_hand(int which);
/* turned may be pos itself. */
void ae_overlay_turn(
    int which, const double (*pos)[3], size_t n, double (*turned)[3]);

struct ae_overlay {
    int axes;                /* 0 ... 47: a is turned first */
    struct ae_superpose fit; /* then fitted; the start on entry */
    int passes;              /* of ae_match_fit */
    double score;            /* sum of 1 - (distance/tolerance)^2 over the
                                 matched atoms */
};

/* Lay a on b by ae_match_fit from *best (zeroed axes: as they are). */
int ae_overlay_fit(const double (*a)[3], size_t na, const double (*b)[3],
    size_t nb, double tolerance, enum ae_superpose_fit kind,
    struct ae_overlay *best, struct ae_error *err);

/* The same with all 48 signed permutations of a, each from the given start and
 * from equal centroids: screened by 3 passes of the shift alone, the 3 with
 * the best score fitted in full; equal scores go to the lower number. Works
 * for na, nb > 0. */
int ae_overlay_mirror(const double (*a)[3], size_t na, const double (*b)[3],
    size_t nb, double tolerance, enum ae_superpose_fit kind,
    struct ae_overlay *best, struct ae_error *err);

/* Mean and standard deviation (1/(n-1)) per axis of n differences, the root of
 * the summed variances, the root of the mean square, and the longest; nan
 * where n is too small. Unit of d. */
struct ae_overlay_spread {
    double mean[3], std[3], rmsd, rmsd0, longest;
};

struct ae_overlay_spread ae_overlay_spread(const double (*d)[3], size_t n);

void ae_overlay_centroid(const double (*pos)[3], size_t n, double c[3]);

#endif
