/* SPDX-License-Identifier: BSD-2-Clause
 * region - the alpha region of a set of points, from few of them.
 *
 * With holes filled the region is what is inside its surface, and the points
 * deep inside do not matter: only those of the rind (geom/rind.h) are
 * triangulated. The tetrahedra are then not those of all points, but the
 * region that they fill is the same.
 */
#ifndef AE_GEOM_REGION_H
#define AE_GEOM_REGION_H

#include <stddef.h>
#include "base/error.h"
#include "geom/delaunay.h"

struct ae_region {
    size_t n;         /* points that are triangulated: */
    size_t *point;    /* [n] their numbers, ascending */
    double (*pos)[3]; /* [n] angstrom */
    struct ae_delaunay mesh;
    unsigned char *in; /* [mesh.n] tetrahedra of the region */
    int partial;       /* pieces were left out, as largest asks for */
};

/* pos[n]; alpha, fill and largest as of ae_alpha_region. Errors of
 * ae_delaunay_new. */
int ae_region_new(struct ae_region *region, const double (*pos)[3], size_t n,
    double alpha, int fill, int largest, struct ae_error *err);
void ae_region_clear(struct ae_region *region);

/* in[n] becomes 1 for the places inside. */
int ae_region_holds(const struct ae_region *region, const double (*place)[3],
    size_t n, unsigned char *in, struct ae_error *err);

/* in[n] becomes 1 for the points that the region was made of, as far as they are
 * in it or on its surface: all but those that are a corner of none of its
 * tetrahedra. */
int ae_region_points(const struct ae_region *region, const double (*pos)[3],
    size_t n, unsigned char *in, struct ae_error *err);

#endif
