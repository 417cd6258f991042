/* SPDX-License-Identifier: BSD-2-Clause
 * elements - the chemical elements among a set of atoms, how far their atoms
 * move by heat, and a copy of the places.
 */
#ifndef AE_SIM_ELEMENTS_H
#define AE_SIM_ELEMENTS_H

#include <stddef.h>
#include "base/atoms.h"
#include "base/error.h"

enum { AE_ELEMENTS_MOST = 118 };

struct ae_elements {
    size_t n;
    int z[AE_ELEMENTS_MOST];        /* [n] atomic numbers, as they are met */
    double rms[AE_ELEMENTS_MOST];   /* [n] displacement along each axis, A */
    double still[AE_ELEMENTS_MOST]; /* zeros */
    size_t *of;                     /* [atoms] index into z */
    double (*pos)[3];               /* [atoms] places, which may be changed */
};

/* displacements: one number for all, or "Zr=0.08,O=0.1"; NULL: at rest.
 * AE_EDATA for a species that is no element or has no scattering factor,
 * AE_EUSAGE for an element without a number. */
int ae_elements_read(struct ae_elements *elements, struct ae_atoms *atoms,
    const char *displacements, struct ae_error *err);
void ae_elements_clear(struct ae_elements *elements);

#endif
