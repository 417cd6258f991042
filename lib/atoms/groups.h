/* SPDX-License-Identifier: BSD-2-Clause
 * groups - the atoms by the values of a column of text or whole numbers:
 * phases, grains, species.
 */
#ifndef AE_ATOMS_GROUPS_H
#define AE_ATOMS_GROUPS_H

#include <stddef.h>
#include "base/atoms.h"
#include "base/error.h"

enum { AE_GROUPS_NAME = 80, AE_GROUPS_MOST = 10000 };

struct ae_groups {
    size_t n;
    char (*name)[AE_GROUPS_NAME]; /* [n] in the order of appearance */
    size_t *of;                   /* [rows] group of each row */
};

/* The groups of the rows row[rows] (NULL: all) of the table. AE_EDATA: no such
 * column, it holds reals or several values, or there are more than
 * AE_GROUPS_MOST. */
int ae_groups_new(struct ae_groups *groups, const struct ae_atoms *atoms,
    const char *column, const size_t *row, size_t rows, struct ae_error *err);
void ae_groups_clear(struct ae_groups *groups);

#endif
