/* SPDX-License-Identifier: BSD-2-Clause
 * nearest - the distance of points from a triangle mesh.
 *
 * The triangles lie in a tree of boxes, built over their order along a Hilbert
 * curve; a search skips boxes that are farther than what is found.
 */
#ifndef AE_GEOM_NEAREST_H
#define AE_GEOM_NEAREST_H

#include <stddef.h>
#include "base/error.h"
#include "base/mesh.h"

struct ae_nearest;

/* The mesh (at least one face) is copied. */
int ae_nearest_new(
    struct ae_nearest **tree, const struct ae_mesh *mesh, struct ae_error *err);
void ae_nearest_free(struct ae_nearest *tree);

/* Distance (angstrom) of p from the nearest face, when that is at most reach
 * (may be INFINITY), else INFINITY. */
double ae_nearest_distance(
    const struct ae_nearest *tree, const double p[3], double reach);

/* Of a point from a triangle. */
double ae_triangle_distance(
    const double p[3], const double a[3], const double b[3], const double c[3]);

/* distance[n] of all points. */
int ae_nearest_distances(const struct ae_nearest *tree, const double (*pos)[3],
    size_t n, double *distance, struct ae_error *err);

#endif
