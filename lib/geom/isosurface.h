/* SPDX-License-Identifier: BSD-2-Clause
 * isosurface - the surface on which a sampled function has one value, by
 * marching tetrahedra.
 *
 * Every cube of eight samples is cut into six tetrahedra around the diagonal
 * from its lowest to its highest corner, the same in all cubes, so that faces
 * of neighbours match: the surface has no holes and no ambiguous case.
 */
#ifndef AE_GEOM_ISOSURFACE_H
#define AE_GEOM_ISOSURFACE_H

#include <stddef.h>
#include "base/error.h"
#include "base/mesh.h"

/* data[n[2]][n[1]][n[0]]; NaN counts as the lowest value. Sample (i, j, k) lies
 * at origin + (i, j, k) step (angstrom). Inside is data >= level, and the faces
 * turn anticlockwise seen from outside. closed: the box stands in a world of
 * the lowest value, one sample away; else the surface ends at the box. AE_EDATA:
 * more than 2^32 - 2 vertices. */
int ae_isosurface(const float *data, const size_t n[3], const double origin[3],
    const double step[3], double level, int closed, struct ae_mesh *mesh,
    struct ae_error *err);

#endif
