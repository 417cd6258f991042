/* SPDX-License-Identifier: BSD-2-Clause
 * polytope - a convex body cut by planes, one after the other.
 *
 * A vertex is kept as the three planes that meet in it, so that the vertices
 * are the triangles of a closed surface whose corners are the planes. A plane
 * that cuts vertices off leaves a hole in it, which is joined with the new
 * plane. Four planes in a point make two vertices at one place.
 */
#ifndef AE_GEOM_POLYTOPE_H
#define AE_GEOM_POLYTOPE_H

#include <stdint.h>

enum { AE_POLYTOPE_PLANES = 128, AE_POLYTOPE_VERTICES = 256 };

struct ae_polytope {
    int nplane, n;                          /* planes used; vertices */
    uint8_t plane[AE_POLYTOPE_VERTICES][3]; /* turn alike at all vertices */
    double v[AE_POLYTOPE_VERTICES][3];      /* angstrom */
    double s[AE_POLYTOPE_VERTICES];         /* work: above the plane */
    uint16_t owner[AE_POLYTOPE_PLANES][AE_POLYTOPE_PLANES]; /* vertex by two of
                                                    its planes, in its turn */
};

/* A cube |x_k| <= half (planes 0 ... 5); a tetrahedron (planes 0 ... 3). */
void ae_polytope_cube(struct ae_polytope *body, double half);
void ae_polytope_tetra(struct ae_polytope *body, double corner[4][3]);

/* Keep n.x <= d (vertices within tolerance above it are kept). The number of
 * the plane; -1 when it cuts nothing off; -2 when nothing is left (n = 0); -3
 * when there is no room for it. */
int ae_polytope_cut(
    struct ae_polytope *body, const double n[3], double d, double tolerance);

double ae_polytope_volume(const struct ae_polytope *body);

/* Edges longer than shortest of the face that lies in a plane; 0 when there is
 * no such face. */
int ae_polytope_edges(
    const struct ae_polytope *body, int plane, double shortest);

#endif
