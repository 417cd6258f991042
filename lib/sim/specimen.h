/* SPDX-License-Identifier: BSD-2-Clause
 * specimen - what an oxidised metal particle is at a place: its outline, the
 * metal core, the oxide's grains, and the parts without crystalline order.
 * Lengths in angstrom; everything follows from (settings, seed).
 */
#ifndef AE_SIM_SPECIMEN_H
#define AE_SIM_SPECIMEN_H

#include <stdint.h>
#include "base/error.h"

enum {
    AE_SPECIMEN_GRAINS = 64, /* at most */
    AE_SPECIMEN_WAVES = 96,  /* plane waves of a random field */
    AE_SPECIMEN_FACETS = 14, /* {111} and {100} */
    AE_SPECIMEN_LOBES = 21   /* 5 + 7 + 9 terms of degree 2, 3, 4 */
};

/* A smooth Gaussian random field of variance 1. */
struct ae_specimen_field {
    double k[AE_SPECIMEN_WAVES][3], phase[AE_SPECIMEN_WAVES];
};

struct ae_specimen_grain {
    double seed[3]; /* of the Voronoi split */
    double origin[3], R[3][3], a;
};

struct ae_specimen {
    double radius; /* mean */
    struct {
        int degree;
        double axis[3], weight;
    } lobe[AE_SPECIMEN_LOBES];
    int metal;
    double core_centre[3], core_R[3][3], core_radius;
    double facet[AE_SPECIMEN_FACETS][3], facet_at[AE_SPECIMEN_FACETS];
    double core_a, blend[2]; /* lattice constant; width of the interface inside
                                and outside the facets */
    double strain[3][3];
    struct ae_specimen_field bend[3], disorder;
    int grains;
    struct ae_specimen_grain grain[AE_SPECIMEN_GRAINS];
};

/* AE_EUSAGE: diameter below 25. */
int ae_specimen_new(struct ae_specimen *s, double diameter, int metal,
    int grains, uint64_t seed, struct ae_error *err);

/* Depth below the outline, along the ray from the centre; < 0 outside. */
double ae_specimen_depth(const struct ae_specimen *s, const double x[3]);
/* Distance from the core's facets, > 0 outside, edges rounded; normal[3] (may
 * be NULL) points away from the core. Infinite without a core. */
double ae_specimen_core(
    const struct ae_specimen *s, const double x[3], double *normal);
/* The grain of a place, and the distance to the next one's border. */
int ae_specimen_grain_of(
    const struct ae_specimen *s, const double x[3], double *border);
double ae_specimen_field(
    const struct ae_specimen_field *field, const double x[3]);

/* Where an atom of the undeformed crystal goes: x = its place. Between metal
 * and oxide the crystals are stretched along the normal so that the density of
 * atoms changes linearly across the interface. core: the atom belongs to the
 * metal. Returns 0 when the atom lies beyond its own side. */
int ae_specimen_place(
    const struct ae_specimen *s, int core, const double p[3], double x[3]);

#endif
