/* SPDX-License-Identifier: BSD-2-Clause
 * grains - atoms of one lattice and orientation that hang together.
 *
 * Two atoms of one type closer than the cutoff are joined when their
 * orientations differ by less than a limit, those of the least misorientation
 * first, and only while the mean orientations of the two parts differ by less
 * than that too: the atoms of a boundary are turned half way and would else
 * join two grains. Then, in rounds, a crystalline atom without grain that has
 * at least 3 atoms of grains around it takes the grain of most of them.
 *
 * Source: methods; union-find: R. E. Tarjan, J. ACM 22, 215 (1975),
 * doi:10.1145/321879.321884.   Cost: O(N n), n neighbours within the cutoff.
 */
#ifndef AE_GEOM_GRAINS_H
#define AE_GEOM_GRAINS_H

#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "geom/ptm_template.h"

struct ae_grains_rule {
    double misorientation; /* degrees */
    double cutoff;         /* angstrom */
    size_t least;          /* atoms; smaller grains are none */
    double threshold;      /* least boo of an atom that is adopted */
    int touching;          /* list the grains that touch */
};

/* At most 2^32 - 2 atoms. lattice and pbc as for ae_cells_new. */
struct ae_grains_atoms {
    size_t n;
    const double (*pos)[3]; /* angstrom */
    const double *lattice;
    const int *pbc;
    const int *type;      /* AE_PTM_OTHER: no orientation */
    const double (*q)[4]; /* w x y z, unit, of those with one */
    const double *dist;   /* ptm_dist, angstrom */
    const double *boo;    /* NULL: none is adopted */
};

struct ae_grain {
    size_t n, matched, first; /* atoms, those with a template, first of these */
    int type;
    double q[4], spread; /* mean orientation; r.m.s. angle from it, degrees */
    double dist;         /* mean, angstrom */
};

struct ae_grain_touch {
    size_t grain;
    double angle; /* degrees; NaN where the lattices differ in symmetry */
};

#define AE_GRAINS_NONE (-1)

struct ae_grains {
    size_t n;
    struct ae_grain *grain; /* [n], largest first */
    int64_t *of;            /* [atoms] number of the grain, or AE_GRAINS_NONE */
    size_t *start;          /* [n + 1] of the touching ones, or NULL */
    struct ae_grain_touch *touch; /* by grain, ascending */
};

int ae_grains_new(struct ae_grains *grains, const struct ae_grains_atoms *atoms,
    const struct ae_grains_rule *rule, struct ae_error *err);
void ae_grains_clear(struct ae_grains *grains);

#endif
