/* SPDX-License-Identifier: BSD-2-Clause
 * boxread - the samples of a volume in a small cube about a point.
 *
 * The volume is read trilinearly, zero outside, at the points p + m/over
 * (m = -half ... half on each axis): a cube of 2 half + 1 samples per axis on
 * the fine spacing h = step/over. The integrated intensity of an atom is their
 * sum; peak-find and kmeans-trace share it.
 */
#ifndef AE_MATH_BOXREAD_H
#define AE_MATH_BOXREAD_H

#include <stddef.h>
#include "base/vol.h"

/* Half width in fine samples of a cube of edge box (angstrom) at a spacing
 * step/over (angstrom): round((box over/step - 1)/2), at least 0. 1.7 A at
 * h = 0.1143 A: 7, that is 15 samples per axis. */
long ae_boxread_half(double box, double step, double over);

/* Index coordinates (samples from 0 on each axis) of a position in angstrom. */
void ae_boxread_index(
    const struct ae_vol *vol, const double pos[3], double p[3]);

/* 1 when the cube about p reaches beyond the first or last sample. */
int ae_boxread_leaves(
    const struct ae_vol *vol, const double p[3], long half, double over);

/* Sum of the samples of the cube about p (index coordinates). The 2 half + 1
 * hats of an axis add up to one weight per voxel, so that the cost is that of
 * the voxels touched. */
double ae_boxread_sum(
    const struct ae_vol *vol, const double p[3], long half, double over);

/* The same over the sphere |m| <= half + 1/2 (fine samples). */
double ae_boxread_sphere(
    const struct ae_vol *vol, const double p[3], long half, double over);

/* All (2 half + 1)^3 samples, x fastest, into box. */
void ae_boxread_samples(const struct ae_vol *vol, const double p[3], long half,
    double over, float *box);

#endif
