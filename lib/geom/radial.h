/* SPDX-License-Identifier: BSD-2-Clause
 * radial - points per volume of a particle, by their distance from a surface.
 *
 * The particle is the alpha region of some points, and the surface is that of
 * the alpha region of others (its core), or its own. Distances are signed:
 * negative inside the surface. Volumes are numbers of places of a cubic grid.
 */
#ifndef AE_GEOM_RADIAL_H
#define AE_GEOM_RADIAL_H

#include <stddef.h>
#include "base/error.h"
#include "math/stats.h"

struct ae_radial_rule {
    double alpha; /* angstrom, of both regions */
    int fill;     /* enclosed space is of the regions */
    double grid;  /* angstrom, between the places that measure the volume */
    double bin;   /* angstrom */
    const double *range; /* low and high of the bins, or NULL: all distances,
                            in bins from whole multiples of their width */
};

struct ae_radial {
    struct ae_bins bins; /* of the distance, angstrom */
    double *volume;      /* [bins.n] of the particle, angstrom^3 */
    size_t *count;       /* [bins.n] points in it */
    size_t outside;      /* points outside the particle */
};

/* outer[nouter], core[ncore] (NULL: the surface is the outer one), point[n],
 * angstrom. AE_EDATA: as ae_delaunay_new; a region is empty; more than 10^10
 * places, or 10^7 bins. */
int ae_radial_density(const double (*outer)[3], size_t nouter,
    const double (*core)[3], size_t ncore, const double (*point)[3], size_t n,
    const struct ae_radial_rule *rule, struct ae_radial *radial,
    struct ae_error *err);
void ae_radial_clear(struct ae_radial *radial);

#endif
