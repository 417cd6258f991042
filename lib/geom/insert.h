/* SPDX-License-Identifier: BSD-2-Clause
 * insert - Delaunay tetrahedra by inserting points one at a time (Bowyer,
 * Comput. J. 24, 162 (1981); Watson, same volume, 167), in the order of a
 * Hilbert curve run through coarse to fine (Amenta, Choi, Rote, SoCG 2003,
 * 10.1145/777792.777824).
 *
 * Places are rounded to a grid of 2^40 steps across the whole set, on which
 * all signs are exact (geom/exact). A point that would lie on a sphere or
 * plane of others is displaced by a few steps, a hash of its number: so the
 * tetrahedra are those of a set without ties, and there is one answer.
 */
#ifndef AE_GEOM_INSERT_H
#define AE_GEOM_INSERT_H

#include <stddef.h>
#include <stdint.h>
#include "base/error.h"

#define AE_INSERT_NONE UINT32_MAX

struct ae_insert {
    size_t n;              /* tetrahedra, those of the hull's outside last
                                removed */
    uint32_t (*vertex)[4]; /* [n] points; det(v1 - v0, v2 - v0, v3 - v0) > 0 */
    uint32_t (*neighbour)[4]; /* [n] across the face opposite to vertex k, or
                                 AE_INSERT_NONE beyond the hull */
};

/* pos[n] (angstrom) is replaced by the places on the grid. AE_EDATA: all lie
 * in one plane, or more than half of the points at one place. */
int ae_insert_all(
    struct ae_insert *out, double (*pos)[3], size_t n, struct ae_error *err);
void ae_insert_clear(struct ae_insert *out);

#endif
