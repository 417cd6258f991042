/* SPDX-License-Identifier: BSD-2-Clause
 * delaunay - Delaunay tetrahedra of a set of points (Qhull), their
 * neighbours, volumes and circumspheres.
 *
 * Before Qhull sees it, each point is displaced by a vector of length at most
 * jitter (1e-6 angstrom), a hash of its row number: perfect lattices are
 * cospherical, and without it Qhull merges facets. Geometry is that of the points as given, but for the
 * circumspheres of tetrahedra below 1e-4 angstrom^3, which are those of the
 * displaced points.
 */
#ifndef AE_GEOM_DELAUNAY_H
#define AE_GEOM_DELAUNAY_H

#include <stddef.h>
#include <stdint.h>
#include "base/error.h"

#define AE_DELAUNAY_HULL   SIZE_MAX
#define AE_DELAUNAY_JITTER 1e-6 /* angstrom */

struct ae_delaunay {
    size_t npoint, n;
    size_t (*vertex)[4];    /* [n] points of each tetrahedron; of the displaced
                               points det(v1 - v0, v2 - v0, v3 - v0) > 0 */
    size_t (*neighbour)[4]; /* [n] across the face opposite to vertex k, or
                               AE_DELAUNAY_HULL */
    double (*moved)[3];     /* [npoint] the displaced points */
    double *volume;         /* [n] angstrom^3 */
    double (*centre)[3];    /* [n] circumcentre */
    double *radius;         /* [n] circumradius, angstrom */
};

/* pos[n], angstrom. AE_EDATA: fewer than 5 points, all in one plane, or
 * 1e7 angstrom apart. */
int ae_delaunay_new(struct ae_delaunay *mesh, const double (*pos)[3], size_t n,
    double jitter, struct ae_error *err);
/* The same of points that are displaced as those of the numbers row[n]: some of
 * a set, so that all are where they are in the triangulation of the whole. */
int ae_delaunay_rows(struct ae_delaunay *mesh, const double (*pos)[3], size_t n,
    const size_t *row, double jitter, struct ae_error *err);
void ae_delaunay_clear(struct ae_delaunay *mesh);

/* Of one tetrahedron p[4]: volume; circumcentre and radius (infinite when
 * flat); longest over mean edge less 1; solid angle at p[0]. */
double ae_tetra_volume(double p[4][3]);
double ae_tetra_sphere(double p[4][3], double centre[3]);
double ae_tetra_distortion(double p[4][3]);
double ae_tetra_solid_angle(double p[4][3]);

/* The tetrahedron that holds p, walking from start (any; an earlier answer is
 * near), or AE_DELAUNAY_HULL beyond the hull. */
size_t ae_delaunay_locate(
    const struct ae_delaunay *mesh, const double p[3], size_t start);

/* The corners of tetrahedron t. */
void ae_delaunay_corners(const struct ae_delaunay *mesh, const double (*pos)[3],
    size_t t, double p[4][3]);

#endif
