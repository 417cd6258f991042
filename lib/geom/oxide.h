/* SPDX-License-Identifier: BSD-2-Clause
 * oxide - the sites between metal atoms that hold oxygen, by their geometry.
 *
 * A Delaunay tetrahedron of the metal atoms inside their region, not empty
 * (circumradius at most radius) and not too distorted is a site; one of more
 * than some volume is filled.
 */
#ifndef AE_GEOM_OXIDE_H
#define AE_GEOM_OXIDE_H

#include <stddef.h>
#include <stdint.h>
#include "base/error.h"

struct ae_oxide_rule {
    double alpha, radius; /* angstrom: of the region; of voids */
    int fill;             /* enclosed space is of the region */
    double distortion;    /* retained up to here: longest over mean edge - 1 */
    double edge;          /* retained up to this longest edge, angstrom, or
                             INFINITY */
    double volume;        /* angstrom^3, filled above */
    int eight;            /* degree by 8 sites, not by the retained ones */
};

struct ae_oxide_site {
    size_t corner[4];
    double volume, distortion, edge; /* angstrom^3, -, longest, angstrom */
};

/* The tetrahedra of the region that are not empty, retained or not, to be
 * freed: *site[*n]. AE_EDATA as ae_delaunay_new. */
int ae_oxide_sites(const double (*pos)[3], size_t npos,
    const struct ae_oxide_rule *rule, struct ae_oxide_site **site, size_t *n,
    struct ae_error *err);

int ae_oxide_retained(
    const struct ae_oxide_site *site, const struct ae_oxide_rule *rule);
int ae_oxide_filled(
    const struct ae_oxide_site *site, const struct ae_oxide_rule *rule);

/* Retained and filled sites around each atom: ntet[npos], nox[npos]; the
 * number of filled sites. */
size_t ae_oxide_count(const struct ae_oxide_site *site, size_t n,
    const struct ae_oxide_rule *rule, size_t npos, uint32_t *ntet,
    uint32_t *nox);

/* Degree of oxidation, 0 to 1; NaN when no site is retained. */
double ae_oxide_degree(
    uint32_t ntet, uint32_t nox, const struct ae_oxide_rule *rule);

enum ae_oxide_place { AE_OXIDE_CENTROID, AE_OXIDE_INCENTRE, AE_OXIDE_CIRCUM };

/* Where the oxygen of a site goes; AE_OXIDE_CIRCUM is the circumcentre where
 * that lies inside, else the centroid. */
void ae_oxide_place(const struct ae_oxide_site *site, const double (*pos)[3],
    enum ae_oxide_place place, double out[3]);

/* The degree again with every atom displaced by N(0, sigma) on each axis,
 * draws times (draw k with the random numbers of seed and k): its 16 and 84 %
 * quantiles over the draws in which it is defined, NaN when there are none. */
int ae_oxide_band(const double (*pos)[3], size_t npos,
    const struct ae_oxide_rule *rule, double sigma, size_t draws, uint64_t seed,
    double *low, double *high, struct ae_error *err);

#endif
