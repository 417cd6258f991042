/* SPDX-License-Identifier: BSD-2-Clause
 * voidsum - numbers of voids taken together: by class and by phase, as they
 * are, without the small ones at the surface, and corrected for the atoms
 * around them.
 */
#ifndef AE_GEOM_VOIDSUM_H
#define AE_GEOM_VOIDSUM_H

#include <stddef.h>
#include "base/error.h"
#include "geom/delaunay.h"
#include "geom/voids.h"

enum { AE_VOIDSUM_ALL = AE_VOID_CLASSES, AE_VOIDSUM_COUNTED };

struct ae_voidsum {
    const struct ae_voids *voids;
    const struct ae_void_shape *shape; /* [voids->n] */
    double small;                      /* angstrom^3, of dropped ones */
    double v0;                         /* volume of an atom of the solid */
    double atoms;  /* volume of all that are in the region */
    size_t ngroup; /* phases, 0: none */
    size_t *phase; /* [voids->n] number, ngroup: between */
    size_t *count; /* [voids->n][ngroup] atoms of each phase */
};

/* group[npoint]: phase of each atom (NULL when there are none). A void is of
 * the phase that at least purity of its atoms have. solid_share: of
 * ae_void_shapes. voids and shape stay the caller's. */
int ae_voidsum_new(struct ae_voidsum *sum, const struct ae_delaunay *mesh,
    const unsigned char *in, const struct ae_voids *voids,
    const struct ae_void_shape *shape, double solid_share, double small,
    const size_t *group, size_t ngroup, double purity, struct ae_error *err);
void ae_voidsum_clear(struct ae_voidsum *sum);

/* The volume that the atoms around void i leave of it. */
double ae_voidsum_corrected(const struct ae_voidsum *sum, size_t i);

/* Up to the small volume, and it touches the outside. */
int ae_voidsum_dropped(const struct ae_voidsum *sum, size_t i);

/* Number and volume, angstrom^3: literal; without the dropped; corrected. */
struct ae_voidsum_row {
    size_t n, n_drop;
    double v, v_drop, v_corrected;
};

/* Of the voids of a class, AE_VOIDSUM_ALL or AE_VOIDSUM_COUNTED (all that are
 * not minor), in a phase (ngroup: between, ngroup + 1: all). */
struct ae_voidsum_row ae_voidsum_add(
    const struct ae_voidsum *sum, int class, size_t phase);

#endif
