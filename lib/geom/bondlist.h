/* SPDX-License-Identifier: BSD-2-Clause
 * bondlist - the bonds of points: those shorter than a cutoff, or, of these,
 * the faces of their Voronoi cells.
 */
#ifndef AE_GEOM_BONDLIST_H
#define AE_GEOM_BONDLIST_H

#include <stddef.h>
#include "base/error.h"

struct ae_bond {
    size_t j;
    double d; /* angstrom */
};

/* Every bond twice, those of point i from start[i] to before start[i + 1], by
 * point, then by length. */
struct ae_bonds {
    size_t n, *start;
    struct ae_bond *bond;
};

/* lattice and pbc as for ae_cells_new. face_area < 0: any two closer than the
 * cutoff (angstrom); else a face between them of at least that share of the
 * cell's area as well. */
int ae_bonds_new(struct ae_bonds *bonds, const double (*pos)[3], size_t n,
    double cutoff, double face_area, const double *lattice, const int *pbc,
    struct ae_error *err);
void ae_bonds_clear(struct ae_bonds *bonds);

#endif
