/* SPDX-License-Identifier: BSD-2-Clause
 * paint - the places of a grid that lie inside tetrahedra.
 */
#ifndef AE_GEOM_PAINT_H
#define AE_GEOM_PAINT_H

#include <stddef.h>
#include "geom/delaunay.h"

/* Places origin + i step, angstrom, x fastest. */
struct ae_paint {
    size_t n[3];
    double origin[3], step;
    unsigned char *mark; /* [n[2]][n[1]][n[0]] */
};

static inline double ae_paint_place(
    const struct ae_paint *paint, int k, size_t i)
{
    return paint->origin[k] + (double)i * paint->step;
}

/* mark |= bit at the places inside the tetrahedra with in[mesh->n] != 0. A
 * place on a face goes to the side where it were if moved by less than 1e-6
 * angstrom, always the same way, so that regions along the axes of the grid
 * hold as many places as their volume says. Cost: rows of the grid through
 * each tetrahedron. */
void ae_paint_tetra(struct ae_paint *paint, const struct ae_delaunay *mesh,
    const double (*pos)[3], const unsigned char *in, int bit);

#endif
