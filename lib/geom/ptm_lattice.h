/* SPDX-License-Identifier: BSD-2-Clause
 * ptm_lattice - the lattice of a grain: every atom indexed, the cell by least
 * squares.
 *
 *   r = origin + n1 a1 + n2 a2 + n3 a3
 *
 * From an atom with a template the neighbours' sites are predicted; an atom
 * within a quarter of the bond of a site that is still free takes its indices,
 * and after each shell origin and cell are fitted again, until no atom is
 * added. Cells are the usual ones: cubic (fcc, bcc, sc; indices are multiples
 * of 1/2), hexagonal (hcp: a, b, c; sites at thirds and halves).
 */
#ifndef AE_GEOM_PTM_LATTICE_H
#define AE_GEOM_PTM_LATTICE_H

#include <stddef.h>
#include "base/error.h"
#include "geom/ptm_template.h"

struct ae_ptm_lattice {
    enum ae_ptm_type type;
    size_t n, indexed;
    double origin[3], cell[3][3]; /* rows a1, a2, a3, angstrom */
    double edge[3], angle[3];     /* a b c; alpha beta gamma (degrees) */
    double ideal[3][3];           /* the cell in the template's frame, mean
                                     neighbour distance 1 */
    double orientation[4];        /* mean of ptm over the indexed atoms */
    double rms;                   /* of the positions, angstrom */
    double (*index)[3];           /* [n]; NaN of atoms that are not indexed */
};

/* pos[n] in an open box. AE_EDATA: no atom has a cubic or hcp template with
 * rmsd of at most 0.15, or fewer than 5 atoms not in one plane are indexed. */
int ae_ptm_lattice(const double (*pos)[3], size_t n,
    struct ae_ptm_lattice *lattice, struct ae_error *err);
void ae_ptm_lattice_clear(struct ae_ptm_lattice *lattice);

/* Normal (unit) and distance of the planes h k l. */
void ae_ptm_lattice_planes(const struct ae_ptm_lattice *lattice,
    const double hkl[3], double normal[3], double *spacing);

#endif
