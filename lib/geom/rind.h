/* SPDX-License-Identifier: BSD-2-Clause
 * rind - the points that decide where the surface of an alpha region is.
 *
 * Below: an empty ball holds none of the points, a candidate is a point on an
 * empty ball of radius beta = 0.95 alpha. D are the Delaunay tetrahedra of all
 * points; K is a set that holds every candidate, E are the Delaunay tetrahedra
 * of K: those of E with no point of D in their circumspheres are of D. R is a
 * circumradius; the outside are the tetrahedra with r > alpha that chains of
 * such, face to face, join to the hull (r = R, but for nearly flat ones, of which
 * r is that of the points before ae_delaunay_new displaces them).
 *
 * 1. Points of the hull are candidates (a ball outside): D and E have one hull.
 * 2. Let a sphere of R >= beta hold no point of K, and c be a point on it. The
 *    balls that touch it from within at c grow from radius beta to R, and the
 *    first point they meet would be on an empty ball: a candidate, in K. So when
 *    the one of radius beta is empty the sphere is.
 * 3. Let all tetrahedra of the outside of E, and those with a face to it, be of
 *    D. Then chains from the hull meet the same tetrahedra in D as in E: the
 *    outside of E is that of D, with the same faces to the region, and around
 *    an edge of a face they are the same.
 *
 * What 3 asks for is seen from E and the points that are left out:
 * ae_rind_holds, by 2 where r > alpha, by the whole sphere where there is a face
 * to the outside. Were it not so, K is to be made larger:
 *
 * 4. Let K hold all within 2 beta of the candidates. A tetrahedron of D with a
 *    candidate for a corner is one of E: if R >= beta all its corners are
 *    candidates, if not they are within 2 beta of that one. So if all of
 *    the outside of E have R >= beta, 3 is so.
 *
 * With holes filled the region is what is not outside, so that its surface is
 * the same.
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

struct ae_rind;

/* keep[n] becomes 1 for a set K, the candidates and what is within depth
 * (angstrom) of them (all points where a grid would be too large), else 0. */
int ae_rind_new(struct ae_rind **rind, const double (*pos)[3], size_t n,
    double alpha, double depth, unsigned char *keep, struct ae_error *err);
void ae_rind_free(struct ae_rind *rind);

/* For E (ae_delaunay_rows of K) and its region (ae_alpha_region with fill): is
 * their surface that of all points? 1 when no point was left out. */
int ae_rind_holds(const struct ae_rind *rind, const struct ae_delaunay *mesh,
    const unsigned char *in);

#endif
