/* SPDX-License-Identifier: BSD-2-Clause
 * voidmarks - voids in a table of atoms: the atoms at their corners, and a
 * place X at the centre of each.
 */
#ifndef AE_ATOMS_VOIDMARKS_H
#define AE_ATOMS_VOIDMARKS_H

#include <stddef.h>
#include "base/atoms.h"
#include "base/error.h"
#include "geom/voids.h"

/* A column void: the number of the largest void with keep[voids->n] != 0 that
 * the atom borders, -1 for none. row: of the points of the triangulation. */
int ae_voidmarks_atoms(struct ae_atoms *atoms, const size_t *row,
    const struct ae_voids *voids, const struct ae_void_shape *shape,
    const unsigned char *keep, struct ae_error *err);

/* An X at the centre of each void with keep, with void, void_class and
 * void_volume (angstrom^3), and phase[i] in the column named column (NULL:
 * none of them). */
int ae_voidmarks_centres(struct ae_atoms *atoms, const struct ae_voids *voids,
    const unsigned char *keep, const char *column, const char *const *phase,
    struct ae_error *err);

#endif
