/* SPDX-License-Identifier: BSD-2-Clause
 * ptm_guess - the match of an atom by the lattice of one beside it: every
 * neighbour is the site that it is nearest to, if each then has its own.
 */
#ifndef AE_GEOM_PTM_GUESS_KERNEL_H
#define AE_GEOM_PTM_GUESS_KERNEL_H

#include <stdint.h>
#include "geom/ptm_template.h"

/* The sites around an atom of that lattice. */
struct ae_ptm_guess {
    int type, n;               /* AE_PTM_OTHER: none */
    float x[16], y[16], z[16]; /* [n] from the atom, angstrom */
};

/* Those of a template turned by q (w x y z), dist (angstrom) wide. */
void ae_ptm_guess_set(struct ae_ptm_guess *guess, enum ae_ptm_type type,
    const struct ae_ptm_template *t, const double q[4], double dist);

/* match[i] for the n neighbours v[i] (angstrom); 0 when two share a site. */
int ae_ptm_guess_match(const struct ae_ptm_guess *guess, const double (*v)[3],
    uint8_t match[AE_PTM_MOST]);

#endif
