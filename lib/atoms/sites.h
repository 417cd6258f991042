/* SPDX-License-Identifier: BSD-2-Clause
 * sites - the atoms that a geometry filter works on: those of some species,
 * no two at one place. The other atoms pass through with NaN.
 */
#ifndef AE_ATOMS_SITES_H
#define AE_ATOMS_SITES_H

#include <stddef.h>
#include "base/atoms.h"
#include "base/error.h"

#define AE_SITES_SAME 0.01 /* angstrom: closer atoms are one atom given twice */

struct ae_sites {
    size_t n;
    size_t *row;      /* [n] rows of the table, ascending */
    double (*pos)[3]; /* [n] their places, angstrom */
    size_t others;    /* rows that are of another species */
    size_t dropped;   /* rows that repeat an earlier one */
    int oxygen;       /* the others are the O atoms that a "" leaves out */
};

/* species: names separated by commas ("Zr,Hf"), or "" for all, except O where
 * the table has a metal. AE_EDATA: no atom is of a named species, or two atoms
 * lie closer than AE_SITES_SAME and allow is 0 (with allow the later one is
 * dropped). 0 atoms are no error. */
int ae_sites_new(struct ae_sites *sites, const struct ae_atoms *atoms,
    const char *species, int allow, struct ae_error *err);
/* Of those rows only that have keep[atoms->n] != 0 (NULL: all). */
int ae_sites_masked(struct ae_sites *sites, const struct ae_atoms *atoms,
    const char *species, const unsigned char *keep, int allow,
    struct ae_error *err);
void ae_sites_clear(struct ae_sites *sites);

/* Is this the symbol of a metal? (Not: nonmetals, metalloids, X, numbers.) */
int ae_sites_metal(const char *symbol);

#endif
