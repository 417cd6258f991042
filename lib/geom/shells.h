/* SPDX-License-Identifier: BSD-2-Clause
 * shells - how much of the spherical shells about points lies in a region of
 * tetrahedra: what a pair distribution is divided by.
 */
#ifndef AE_GEOM_SHELLS_H
#define AE_GEOM_SHELLS_H

#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "geom/delaunay.h"

/* The shells about pos[n] (the points of the mesh), width k <= r < width (k +
 * 1), k = 0 ... nshell - 1. volume[a * nshell + k] becomes the sum, over the
 * points of kind a, of the volume of shell k inside (angstrom^3). in[mesh->n]
 * as by ae_alpha_region; kind[n] < kinds, or NULL when kinds is 1. */
struct ae_shells {
    const struct ae_delaunay *mesh;
    const unsigned char *in;
    const double (*pos)[3];
    size_t n;
    const uint32_t *kind;
    size_t kinds, nshell;
    double width; /* angstrom */
};

/* From the correlation of the points with the region on a grid of that
 * spacing (angstrom). */
int ae_shells_correlated(const struct ae_shells *shells, double spacing,
    double *volume, struct ae_error *err);

/* From the share of points on spheres half way through the shells that lie
 * inside: a subdivided icosahedron of at least so many corners. */
int ae_shells_sampled(const struct ae_shells *shells, size_t corners,
    double *volume, struct ae_error *err);

#endif
