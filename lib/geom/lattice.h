/* SPDX-License-Identifier: BSD-2-Clause
 * lattice - crystal structures by name, and their atoms inside a ball or block.
 */
#ifndef AE_GEOM_LATTICE_H
#define AE_GEOM_LATTICE_H

#include <stddef.h>
#include "base/error.h"

enum { AE_LATTICE_BASIS = 64 };

struct ae_lattice {
    double cell[3][3];                 /* rows a, b, c, angstrom */
    size_t n;                          /* atoms of a cell */
    double basis[AE_LATTICE_BASIS][3]; /* fractional */
    char species[AE_LATTICE_BASIS][8];
};

/* Cell from three edges (angstrom) and the angles alpha, beta, gamma (degree):
 * a along x, b in the xy plane. AE_EUSAGE when no such cell exists. */
int ae_lattice_cell(struct ae_lattice *lattice, const double edge[3],
    const double angle[3], struct ae_error *err);

/* The structure of that name: fcc-zr hcp-zr bcc-zr c-zro2 t-zro2 m-zro2 si, or
 * fcc hcp bcc sc diamond (these need a, and c for hcp, and are of the given
 * species). a, b, c (angstrom) replace the tabulated edges when > 0.
 * AE_EUSAGE: no such name, or an edge is missing. */
int ae_lattice_named(struct ae_lattice *lattice, const char *name,
    const double edge[3], const char *species, struct ae_error *err);

/* Atoms of "Zr 0 0 0, O 0.25 0.25 0.25": the basis. */
int ae_lattice_basis(
    struct ae_lattice *lattice, const char *text, struct ae_error *err);

/* Volume of the cell, angstrom^3. */
double ae_lattice_volume(const struct ae_lattice *lattice);

/* Turn the cell: every edge e becomes R e. */
void ae_lattice_rotate(struct ae_lattice *lattice, double R[3][3]);

/* The rotation that takes the direction u of the crystal (coefficients of a,
 * b, c) to z, and v, as far as it is across u, to x. v = 0 0 0: the lattice
 * vector a, b or c (in this order) that is not along u. */
int ae_lattice_zone(const struct ae_lattice *lattice, const double u[3],
    const double v[3], double R[3][3], struct ae_error *err);

struct ae_lattice_atoms {
    size_t n, room;
    double (*pos)[3];    /* angstrom */
    unsigned char *site; /* [n] number in the basis */
};

/* All atoms with |x - centre| <= radius, or, when radius is 0, with
 * -size/2 <= x - centre < size/2 on each axis (within 1e-9 angstrom), in the
 * order of cells a, b, c and the basis; the origin of the lattice is at
 * origin. AE_EMEM beyond 2^31 cells. */
int ae_lattice_fill(const struct ae_lattice *lattice, const double origin[3],
    const double centre[3], double radius, const double size[3],
    struct ae_lattice_atoms *atoms, struct ae_error *err);
/* Whole cells: 0 <= i < cells along a, b, c. */
int ae_lattice_cells(const struct ae_lattice *lattice, const long cells[3],
    struct ae_lattice_atoms *atoms, struct ae_error *err);
void ae_lattice_clear(struct ae_lattice_atoms *atoms);

#endif
