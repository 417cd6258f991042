/* SPDX-License-Identifier: BSD-2-Clause
 * shells - how much of the spherical shells about points lies in the region
 * that they fill: what a pair distribution is divided by.
 *
 *   W(k)   = sum_i integral of r^2 S_i(r) dr over the shell k
 *   S_i(r) = S_i(0) - integral over the surface nearer than r of w_i dA
 *   w_i    = n.(x - p_i) / |x - p_i|^3
 *   S_i(r)  solid angle of the part of the sphere of radius r about p_i that is
 *           inside; S_i(0) that of the tetrahedra at p_i, 4 pi deep inside
 *   x, n    a place on the surface and its outward unit normal (angstrom)
 *
 * Source: Gauss' theorem for w, the solid angle that the surface element
 * subtends: what a ray from p_i leaves and enters.
 */
#ifndef AE_GEOM_SHELLS_H
#define AE_GEOM_SHELLS_H

#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "geom/region.h"

/* The shells about pos[n], the points that the region was made of, width k <=
 * r < width (k + 1), k = 0 ... nshell - 1. volume[a * nshell + k] becomes W of
 * the points of kind a (angstrom^3). kind[n] < kinds, or NULL when kinds is 1. */
struct ae_shells {
    const struct ae_region *region;
    const double (*pos)[3];
    size_t n;
    const uint32_t *kind;
    size_t kinds, nshell;
    double width; /* angstrom */
};

/* From the surface. Cost: the surface's triangles times the points within
 * reach of each. */
int ae_shells_integrated(
    const struct ae_shells *shells, double *volume, struct ae_error *err);

/* From the share of points on spheres half way through the shells that lie
 * inside: a subdivided icosahedron of at least so many corners. */
int ae_shells_sampled(const struct ae_shells *shells, size_t corners,
    double *volume, struct ae_error *err);

/* angstrom^3, of shell k. */
double ae_shells_volume(size_t k, double width);

#endif
