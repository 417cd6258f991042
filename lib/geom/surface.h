/* SPDX-License-Identifier: BSD-2-Clause
 * surface - the boundary of a set of tetrahedra as a triangle mesh, and what
 * one asks of a mesh: area, volume, pieces.
 */
#ifndef AE_GEOM_SURFACE_H
#define AE_GEOM_SURFACE_H

#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "base/mesh.h"
#include "geom/delaunay.h"

struct ae_surface {
    struct ae_mesh mesh; /* angstrom; faces anticlockwise from outside */
    size_t *point;       /* [mesh.nvertex] point of the triangulation */
    size_t *tetra;       /* [mesh.nface] the tetrahedron behind the face */
};

/* The faces of the tetrahedra with in[mesh->n] != 0 to those without, or to
 * the hull. Every edge belongs to two faces, once in either direction: where
 * the set meets itself in an edge or a point only, the vertices are doubled,
 * so that each piece is closed and its faces are joined through the set. */
int ae_surface_new(struct ae_surface *surface, const struct ae_delaunay *mesh,
    const double (*pos)[3], const unsigned char *in, struct ae_error *err);
void ae_surface_clear(struct ae_surface *surface);

/* angstrom^2; angstrom^3, that of a hole is negative. */
double ae_surface_area(const struct ae_mesh *mesh);
double ae_surface_volume(const struct ae_mesh *mesh);

/* part[mesh->nface]: number of the piece (joined through vertices) that a
 * face belongs to, by their first faces. */
int ae_surface_parts(const struct ae_mesh *mesh, uint32_t *part, size_t *nparts,
    struct ae_error *err);

/* Keep the faces with keep != 0 and their vertices. point and tetra follow. */
int ae_surface_keep(struct ae_surface *surface, const unsigned char *keep,
    struct ae_error *err);

#endif
