/* SPDX-License-Identifier: BSD-2-Clause
 * align - the displacement of every image of a single-axis tilt series.
 *
 * With the tilt axis along y the sum of an image over x is a profile along the
 * axis that is the same for every tilt, and the centre of mass moves on
 * x = X cos(theta) - Z sin(theta):
 *
 *   p_k(y) = sum_x P_k(x, y) = sum_x sum_z V(x, y, z)       (common line)
 *   x_k    = sum x P_k / sum P_k                        (centre of mass)
 *
 * Matching the profiles gives the shift along the axis. Moving every x_k to
 * the middle, floor(n/2), puts the rotation axis on the object's centre of
 * mass, which gives the shift across it.
 *
 *   out(r) = in(R(a) r + d)      r from the middle of the image, pixels
 *
 * d is where the content lies, a the angle by which it is turned (x to y), the
 * angle between tilt axis and image y.
 *
 * Source: Scott et al., Nature 483, 444 (2012), 10.1038/nature10934; the
 * one-dimensional least-squares match: Pham et al., Sci. Rep. 13, 5624 (2023).
 * Cost of the profiles: one pass over the images.
 */
#ifndef AE_TOMO_ALIGN_H
#define AE_TOMO_ALIGN_H

#include <stddef.h>
#include "base/error.h"
#include "base/vol.h"

enum ae_align_method {
    AE_ALIGN_LINE, /* dy: profiles against the mean of the others */
    AE_ALIGN_MASS, /* centre of mass */
    AE_ALIGN_CHAIN /* profiles of neighbouring tilts, from the least tilted */
};

struct ae_align_choice {
    enum ae_align_method dx, dy; /* dx: MASS or CHAIN; dy: LINE or MASS */
    double max_shift;            /* pixels, of a profile against the others */
};

struct ae_align_row { /* of one image */
    double d[2];      /* pixels along x and y, of the input */
    double score;     /* correlation of the profile with the others' mean */
    double sum;       /* of the pixels */
    double left_out;  /* R1 of the left-out projection; nan without */
};

/* Shifts of all images of a stack with angles, content turned by axis degrees.
 * AE_EDATA names an image whose sum is not positive, or whose profile has no
 * contrast. */
int ae_align_first(struct ae_align_row *row, const struct ae_vol *stack,
    double axis, const struct ae_align_choice *choice, struct ae_error *err);

/* Degrees on either side of image y in which the axis is looked for. */
#define AE_ALIGN_AXIS_RANGE 5

/* The angle a within +-AE_ALIGN_AXIS_RANGE for which the common lines agree best: mean
 * correlation over the images, in steps of 0.5, then 0.05 degrees, and the
 * vertex of the parabola through the best three. *score: there. */
int ae_align_axis(double *axis, double *score, const struct ae_vol *stack,
    const struct ae_align_choice *choice, struct ae_error *err);

/* Where the rotation axis crosses the images: least squares of
 * d_x = X cos(theta) - Z sin(theta) + x0; *condition of the normal equations'
 * matrix, its unknowns in pixels (large: X and x0 cannot be told apart). */
int ae_align_offset(double *x0, double *condition,
    const struct ae_align_row *row, const struct ae_vol *stack, double axis,
    struct ae_error *err);

/* out [images][ny][nx] = in(R(a) r + d): by Fourier phase, or, when cubic is
 * set or a is not 0, from the interpolating cubic spline, 0 outside. */
int ae_align_apply(float *out, const struct ae_vol *stack,
    const struct ae_align_row *row, double axis, int cubic,
    struct ae_error *err);

/* One round of the refinement against the stack's own reconstruction. aligned
 * is the stack with the present shifts applied. It is cut, about its
 * middle, to what holds all but 1e-4 of its energy: around a particle on 0 there
 * is nothing to reconstruct. For each of so many groups (k
 * mod groups; 1: no image is left out) the images of the others are
 * reconstructed, the group's projected from that, and each image matched with
 * its projection: least squares over shift and scale, at most 2 pixels. Then
 *
 *   step[k]   the displacement left in image k, x and y of the aligned stack,
 *             without the part that only moves the object
 *   left_out  R1 of image k against its projection
 */
int ae_align_round(double (*step)[2], double *left_out,
    const struct ae_vol *aligned, size_t groups, struct ae_error *err);

/* step -= the part that a translation t of the object makes, the t of least
 * squares: (dx, dy) = the first two rows of R_k times t. */
void ae_align_remove_translation(
    double (*step)[2], const double (*euler)[3], size_t images);

/* The direction of step in which the rotation axis is displaced: (1, 0) for
 * every image, less what a translation of the object does, of norm 1; zeros
 * where that is all of it. */
void ae_align_axis_mode(double (*mode)[2], const struct ae_vol *stack);

/* A displacement of the rotation axis is nearly a translation of the object,
 * the reconstruction from the other images shares it, and a round takes off
 * only part of it. So along its mode the step is made longer, by the secant
 * through the last two rounds, at most three times. secant: what was found
 * along the mode and what was stepped, the round before; 0, 0 at the start.
 * True if the step became longer. */
int ae_align_lengthen(double (*step)[2], const double (*mode)[2], size_t images,
    double secant[2]);

/* Displacements += the steps, turned from the frame of an axis at so many
 * degrees to image y. */
void ae_align_move(struct ae_align_row *row, const double (*step)[2],
    size_t images, double axis);

#endif
