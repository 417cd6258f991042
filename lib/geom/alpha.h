/* SPDX-License-Identifier: BSD-2-Clause
 * alpha - the region that a set of atoms fills: the Delaunay tetrahedra of
 * circumradius at most alpha, and the holes inside.
 */
#ifndef AE_GEOM_ALPHA_H
#define AE_GEOM_ALPHA_H

#include <stddef.h>
#include "base/error.h"
#include "geom/delaunay.h"

/* in[mesh->n] becomes 1 for the tetrahedra of the region, 0 outside. alpha is
 * a radius (angstrom). With fill, groups of larger tetrahedra that no chain of
 * faces connects to the outside are of the region too. With largest, only the
 * face-connected component of the largest volume is kept. */
int ae_alpha_region(const struct ae_delaunay *mesh, double alpha, int fill,
    int largest, unsigned char *in, struct ae_error *err);

/* Sum of the volumes of the region, angstrom^3. */
double ae_alpha_volume(const struct ae_delaunay *mesh, const unsigned char *in);

/* Numbers of the face-connected components of the tetrahedra with in != 0, by
 * their first tetrahedron, in part[mesh->n] (AE_DELAUNAY_HULL elsewhere). */
int ae_alpha_parts(const struct ae_delaunay *mesh, const unsigned char *in,
    size_t *part, size_t *nparts, struct ae_error *err);

#endif
