/* SPDX-License-Identifier: BSD-2-Clause
 * potential - the specimen as slices, and the transmission function of each.
 *
 *   v(k) = C sum_a f_e(|k|) D_a(|k|) exp(-2 pi i k r_a)
 *   v(r) = (1 / lx ly) sum_k v(k) exp(2 pi i k r)       real part
 *   t(r) = exp(i sigma v(r)), kept where |k| is inside the band
 *
 *   C    47.877646 V angstrom^2 = 2 pi a0 e^2
 *   r_a  the atom's place across the beam, as an exact phase
 *   D_a  exp(-2 pi^2 u_a^2 k^2), or 1 (u_a = 0): thermal motion of rms u_a
 *        along each axis, as a mean potential
 *
 * An atom is in the slice [z_j, z_j + dz) of its z with its whole projection.
 *
 * Source: E. J. Kirkland, Advanced Computing in Electron Microscopy (2010),
 * 10.1007/978-1-4419-6533-2.
 * Cost: atoms x nx x ny complex products, and two transforms for each slice.
 */
#ifndef AE_SIM_POTENTIAL_H
#define AE_SIM_POTENTIAL_H

#include <stddef.h>
#include "base/error.h"
#include "sim/microscope.h"

/* Projected potential of one atom at distance r > 0 (angstrom): V angstrom. */
double ae_potential_radial(int z, double r);

/* Atoms of the periodic cell frame.lx x frame.ly x lz, sorted into n slices of
 * thickness dz = lz / n. */
struct ae_slices {
    size_t n;
    double dz, shift; /* slice j begins at j dz + shift, angstrom */
    size_t *start;    /* [n + 1]: slice j holds atom[start[j] ... start[j+1]) */
    size_t *atom;     /* [atoms] */
};
/* The thickest slices up to `thickness` that fill lz. When an atom lies within
 * 1e-6 angstrom of an edge, all edges move to the middle of a gap between the
 * atoms. */
int ae_slices_new(struct ae_slices *slices, const double (*pos)[3], size_t n,
    double lz, double thickness, struct ae_error *err);
/* Sort other positions of the same atoms into the same slices. */
void ae_slices_sort(struct ae_slices *slices, const double (*pos)[3], size_t n);
void ae_slices_clear(struct ae_slices *slices);

struct ae_potential;         /* tables and plans, shared by threads */
struct ae_potential_scratch; /* what one slice under work needs */

struct ae_potential_setup {
    struct ae_frame frame;
    double sigma;    /* rad / (V angstrom) */
    const int *z;    /* [nz] the elements, all with ae_scattering_known */
    const double *u; /* [nz] rms thermal motion, angstrom; 0: D = 1 */
    size_t nz;
};
int ae_potential_new(struct ae_potential **potential,
    const struct ae_potential_setup *setup, struct ae_error *err);
void ae_potential_free(struct ae_potential *potential);
int ae_potential_scratch_new(struct ae_potential_scratch **scratch,
    const struct ae_potential *potential, struct ae_error *err);
void ae_potential_scratch_free(struct ae_potential_scratch *scratch);
double ae_potential_bytes(const struct ae_potential *potential);
double ae_potential_scratch_bytes(const struct ae_potential *potential);

/* v [ny][nx] (V angstrom), in the scratch's memory, of the atoms atom[n];
 * element[] are indices into z. */
const double *ae_potential_slice(const struct ae_potential *potential,
    struct ae_potential_scratch *scratch, const double (*pos)[3],
    const size_t *element, const size_t *atom, size_t n);
/* t [ny][nx][2] of the same, in the scratch's memory. */
const double *ae_potential_transmission(const struct ae_potential *potential,
    struct ae_potential_scratch *scratch, const double (*pos)[3],
    const size_t *element, const size_t *atom, size_t n);
/* t of a potential v [ny][nx] that is given. */
const double *ae_potential_of(const struct ae_potential *potential,
    struct ae_potential_scratch *scratch, const double *v);

#endif
