/* SPDX-License-Identifier: BSD-2-Clause
 * boxclass - tell kinds of atoms apart by the whole box of samples about each,
 * not its sum alone.
 *
 * Labels: 0 = non-atom, 1 ... k-1 kinds of atoms. Boxes are cubes of
 * (2 half + 1)^3 samples (math/boxread.h).
 */
#ifndef AE_ATOMS_BOXCLASS_H
#define AE_ATOMS_BOXCLASS_H

#include <stddef.h>
#include "base/error.h"
#include "base/vol.h"

struct ae_boxes {
    size_t n, size; /* boxes, samples of each */
    long half;
    float *box; /* [n][size] */
};

/* Read the boxes about n positions (angstrom). */
int ae_boxclass_read(const struct ae_vol *vol, const double (*pos)[3], size_t n,
    long half, double over, struct ae_boxes *boxes, struct ae_error *err);
void ae_boxclass_clear(struct ae_boxes *boxes);

/* The sum over the cube (ball: the sphere) about each position, out[i stride].
 * Each is independent of the others. */
void ae_boxclass_intensities(const struct ae_vol *vol, const double (*pos)[3],
    size_t n, long half, double over, int ball, double *out, size_t stride);

/* Non-atoms at voxels of the mask above 0 become 1; only: atoms elsewhere
 * become 0. */
void ae_boxclass_support(const struct ae_vol *mask, const double (*pos)[3],
    size_t n, int only, int *label);

/* Local correction among the atoms: each gets the label of the nearest of the
 * mean boxes of the kinds, taken over the other atoms within the radius
 * (angstrom; over all others where a kind has none there). All labels change
 * at once; rounds follow until none changes, or as many as in the 5 rounds
 * before. norm 1 or 2: distance of boxes. *rounds may be NULL. */
int ae_boxclass_local(const struct ae_boxes *boxes, const double (*pos)[3],
    int *label, int k, double radius, int norm, int *rounds,
    struct ae_error *err);

/* The mean box of label 1 as c + A exp(-v^T M v), v in samples from its
 * centre. */
struct ae_boxclass_shape {
    double c, A, M[3][3];
    double residual; /* r.m.s. of the fit over A */
};

/* Fit the shape; then an item is an atom when its L1 distance to the mean box
 * of label 1 is less than that to the constant c: others become 0, atoms
 * labelled 0 become 1. */
int ae_boxclass_template(const struct ae_boxes *boxes, int *label,
    struct ae_boxclass_shape *shape, struct ae_error *err);

/* Clustering of whole boxes: mean box of each label (label 0: zero), each item
 * to the least |box - mean|_1 / sum(box), until no label changes (at most 100
 * rounds). Items whose samples sum to 0 or less become 0. */
int ae_boxclass_iterate(const struct ae_boxes *boxes, int *label, int k,
    int *rounds, struct ae_error *err);

#endif
