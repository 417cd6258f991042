/* SPDX-License-Identifier: BSD-2-Clause
 * rind - the points that decide where the surface of an alpha region is.
 *
 * Below: an empty ball holds none of the points, a tetrahedron (of the Delaunay
 * tetrahedra D of all points) is empty when its circumradius is above alpha,
 * else solid. A candidate is a point on an empty ball of radius alpha. Let K be
 * a set of points that holds every point within 2 alpha of a candidate. Then:
 *
 * 1. The corners of empty tetrahedra are candidates (the ball of radius alpha
 *    inside the circumsphere that touches it there is empty), and so are those
 *    of the convex hull (a ball outside). So K has the same hull, and every
 *    empty tetrahedron of D is one of K's own, E, with the same neighbours: a
 *    solid neighbour has three candidates as corners, and its fourth corner is
 *    not farther from them than 2 alpha.
 * 2. A tetrahedron of E that is not of D has a point left out in its sphere. By
 *    1 it is no neighbour of an empty one of D, and none is at the hull. So
 *    where those of E above alpha are joined by faces, all are of D or none is,
 *    and groups of the second kind do not reach the hull: with holes filled
 *    they belong to the region, as does the place that they take.
 * 3. So the regions of D and E are the same set of places, and the same faces
 *    bound them; around an edge of the boundary the tetrahedra are the same,
 *    all their corners being within 2 alpha of the edge's ends.
 *
 * The empty balls' middles are sought on a grid: a place whose cell has its
 * centre within half a diagonal h, and no point within alpha - h of that
 * centre, and the candidates are within alpha + h of it. A twentieth is added
 * on either side of alpha for the displacements of ae_delaunay_new, which
 * change the radii of nearly flat tetrahedra.
 */
#ifndef AE_GEOM_RIND_H
#define AE_GEOM_RIND_H

#include <stddef.h>
#include "base/error.h"

/* keep[n] becomes 1 for a set K (all points where a grid would be too large),
 * else 0. With it ae_delaunay_rows and ae_alpha_region with fill != 0 give the
 * region and the surface of all points. */
int ae_rind(const double (*pos)[3], size_t n, double alpha, unsigned char *keep,
    struct ae_error *err);

#endif
