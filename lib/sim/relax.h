/* SPDX-License-Identifier: BSD-2-Clause
 * relax - push apart atoms that are too near.
 */
#ifndef AE_SIM_RELAX_H
#define AE_SIM_RELAX_H

#include <stddef.h>
#include "base/error.h"

enum { AE_RELAX_KINDS = 3 };

/* steps times: each pair nearer than near[kind_i][kind_j] (angstrom) moves
 * apart by half of what it lacks, all pairs at once; stops when none is left.
 * kind[n] < AE_RELAX_KINDS, NULL: all 0. */
int ae_relax(double (*pos)[3], const unsigned char *kind, size_t n,
    double near[AE_RELAX_KINDS][AE_RELAX_KINDS], int steps,
    struct ae_error *err);

/* Until no pair is nearer than dmin; pairs that do not come apart are left to
 * keep[n]: 0 for the later atom. */
int ae_relax_apart(double (*pos)[3], size_t n, double dmin, unsigned char *keep,
    struct ae_error *err);

#endif
