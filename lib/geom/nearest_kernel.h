/* SPDX-License-Identifier: BSD-2-Clause
 * nearest_kernel - the distance of a point from several triangles at once.
 */
#ifndef AE_GEOM_NEAREST_KERNEL_H
#define AE_GEOM_NEAREST_KERNEL_H

enum { AE_NEAREST_LEAF = 8 };

/* Triangles a, a + u, a + v, one in each place. */
struct ae_nearest_leaf {
    double a[3][AE_NEAREST_LEAF], u[3][AE_NEAREST_LEAF], v[3][AE_NEAREST_LEAF];
    double uu[AE_NEAREST_LEAF], uv[AE_NEAREST_LEAF], vv[AE_NEAREST_LEAF];
    double per_u[AE_NEAREST_LEAF]; /* 1 / u.u, 0 for none */
    double per_v[AE_NEAREST_LEAF];
    double per_side[AE_NEAREST_LEAF]; /* 1 / |u - v|^2 */
    double per_area[AE_NEAREST_LEAF]; /* 1 / (uu vv - uv^2), NaN for none */
};

/* The least square of the distances from p (angstrom^2). */
double ae_nearest_leaf(const struct ae_nearest_leaf *leaf, const double p[3]);

#endif
