/* SPDX-License-Identifier: BSD-2-Clause
 * gofr - pair distribution functions of a set of points, total and partial.
 *
 *   g(k)    = H(k) V / (N W(k)),   g_ab(k) = H_ab(k) V / (N_b W_a(k))
 *   H(k)    ordered pairs at a distance in shell k, k = floor(r / dr + shift)
 *   W(k)    volume of the shells k about all points, as far as it is inside
 *           the region that they fill (angstrom^3)
 *   V       volume of the region    N  points
 * g_ab is the mean of both orders of the pair.
 *
 * Source: eq. 1 of Zhang et al. 2024, 10.1038/s41467-024-52026-w.
 */
#ifndef AE_GEOM_GOFR_H
#define AE_GEOM_GOFR_H

#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "geom/pairs.h"

/* What W is: the shells inside the alpha region by its surface, inside a ball, of
 * endless space, inside the alpha region by points on spheres, or N with
 * V = 1. A periodic box is its own region. */
enum ae_gofr_norm {
    AE_GOFR_REGION,
    AE_GOFR_BALL,
    AE_GOFR_BULK,
    AE_GOFR_SPHERES,
    AE_GOFR_NONE
};

struct ae_gofr_rule {
    struct ae_pair_bins bins;
    enum ae_gofr_norm norm;
    double alpha;   /* largest circumradius of the region, angstrom */
    int fill;       /* enclosed empty space is of the region */
    size_t corners; /* least points on a sphere */
    double radius;  /* of the ball; 0: of one of the same gyration radius */
    const double *lattice; /* of a periodic box, or NULL */
    const int *pbc;
};

struct ae_gofr {
    size_t n, kinds;  /* points; kinds of them */
    double (*pos)[3]; /* [n] angstrom */
    uint32_t *kind;   /* [n], or NULL when kinds is 1 */
    size_t *members;  /* [kinds] points of each */
    double volume;    /* V */
    uint64_t *pairs;  /* [kinds * kinds * bins] H_ab */
    double *shell;    /* [kinds * bins] W_a */
    double *g;        /* [(1 + kinds * kinds) * bins], the total first */
};

/* From n, kinds, pos, kind and members all the others. AE_EDATA where the
 * points fill no region. */
int ae_gofr(
    struct ae_gofr *g, const struct ae_gofr_rule *rule, struct ae_error *err);
/* Frees all of it, what the caller gave too. */
void ae_gofr_clear(struct ae_gofr *g);

/* Divide a curve of n bins by its mean over the last tenth; 0 when that is
 * nought. */
int ae_gofr_scale(double *g, size_t n);

#endif
