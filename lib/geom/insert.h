/* SPDX-License-Identifier: BSD-2-Clause
 * insert - the Delaunay tetrahedra of a set of points, put in one by one
 * (Bowyer, Comput. J. 24, 162 (1981), 10.1093/comjnl/24.2.162; Watson, ibid.
 * 167, 10.1093/comjnl/24.2.167).
 *
 * A new point takes the place of all tetrahedra whose spheres hold it: the hole
 * that they leave is filled with the tetrahedra from it to the hole's faces.
 * Beyond each face of the hull lies a tetrahedron to a point at infinity. The
 * points come in rounds, each eight times larger than those before it, and in a
 * round along a Hilbert curve (Amenta, Choi and Rote, SoCG 2003,
 * 10.1145/777792.777824), so that the walk from the last point is short.
 */
#ifndef AE_GEOM_INSERT_H
#define AE_GEOM_INSERT_H

#include <stddef.h>
#include <stdint.h>
#include "base/error.h"

#define AE_INSERT_HULL UINT32_MAX

struct ae_insert {
    size_t n;
    uint32_t (*vertex)[4];    /* [n] points; they turn positively */
    uint32_t (*neighbour)[4]; /* [n] opposite to each, or AE_INSERT_HULL */
};

/* pos[n]: as ae_exact_turn wants them, n < 2^28. A point at the place of an
 * earlier one is of no tetrahedron. Without five points on an empty sphere the
 * result is a function of the points alone: the first corner of each
 * tetrahedron has the smallest number, then the second, and the tetrahedra are
 * sorted by their corners. AE_EDATA: all points lie in one plane. */
int ae_insert_new(struct ae_insert *mesh, const double (*pos)[3], size_t n,
    struct ae_error *err);
void ae_insert_clear(struct ae_insert *mesh);

#endif
