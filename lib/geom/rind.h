/* SPDX-License-Identifier: BSD-2-Clause
 * rind - the points that decide where the surface of an alpha region is.
 *
 * Below: an empty ball holds none of the points, a candidate is a point on an
 * empty ball of radius beta = 0.95 alpha. D are the Delaunay tetrahedra of all
 * points, R is the circumradius of one; the outside are those with r > alpha
 * that chains of such, face to face, join to the hull (r = R, but for nearly
 * flat ones, of which r is that of the points before ae_delaunay_new displaces
 * them). K is a set that holds every point within 2 beta of a candidate, E are
 * the Delaunay tetrahedra of K, so that a tetrahedron of D with all its corners
 * in K is one of E.
 *
 * 1. A tetrahedron of D with R >= beta has four candidates for corners: the ball
 *    of radius beta that touches its sphere from within at a corner is empty.
 *    Points of the hull are candidates too (a ball outside).
 * 2. A tetrahedron of D with a candidate for a corner is one of E: if R >= beta
 *    all its corners are candidates; if not, they are within 2 beta of that one.
 * 3. So D and E have the same hull and the same tetrahedra at it. From these on:
 *    if a tetrahedron of the outside is of D and E and has R >= beta, so are of D
 *    and E all that share a corner with it. If all of the outside of E have R >=
 *    beta, it is hence the outside of D, with the same faces to the region; and
 *    around an edge of a face the tetrahedra are the same.
 *
 * What 3 asks for is seen from E alone: ae_rind_holds. Were it not so, all points
 * are to be triangulated. With holes filled the region is what is not outside,
 * so that its surface is the same.
 *
 * The empty balls' middles are sought on a grid: a place whose cell has its
 * centre within half a diagonal h, and no point within beta - h of that centre,
 * and the candidates are within beta + h of it.
 */
#ifndef AE_GEOM_RIND_H
#define AE_GEOM_RIND_H

#include <stddef.h>
#include "base/error.h"
#include "geom/delaunay.h"

#define AE_RIND_SHARE 0.95 /* beta / alpha */

/* keep[n] becomes 1 for a set K (all points where a grid would be too large),
 * else 0. */
int ae_rind(const double (*pos)[3], size_t n, double alpha, unsigned char *keep,
    struct ae_error *err);

/* For E (ae_delaunay_rows of K) and its region (ae_alpha_region with fill): is
 * their surface that of all points? */
int ae_rind_holds(
    const struct ae_delaunay *mesh, const unsigned char *in, double alpha);

#endif
