/* SPDX-License-Identifier: BSD-2-Clause
 * images - the points of a periodic box with those of their copies that lie
 * near it.
 */
#ifndef AE_GEOM_IMAGES_H
#define AE_GEOM_IMAGES_H

#include <stddef.h>
#include "base/error.h"

struct ae_images {
    size_t n;         /* the points of the box first, then copies */
    double (*pos)[3]; /* [n] angstrom; the first wrapped into the box */
    size_t *of;       /* [n] point that this is a copy of */
};

/* Copies along the periodic axes as far as margin (angstrom) from the box.
 * AE_EDATA: the lattice has no volume. AE_EMEM beyond 2^31 copies. */
int ae_images_new(struct ae_images *images, const double (*pos)[3], size_t n,
    const double *lattice, const int *pbc, double margin, struct ae_error *err);
void ae_images_clear(struct ae_images *images);

#endif
