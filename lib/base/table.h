/* SPDX-License-Identifier: BSD-2-Clause
 * table - a table of numbers and texts with named columns, as TSV has them.
 */
#ifndef AE_BASE_TABLE_H
#define AE_BASE_TABLE_H

#include <stddef.h>
#include "base/error.h"

struct ae_table {
	size_t nrow, ncol, room;
	char **name;        /* [ncol], with the unit: "r (A)" */
	char **cell;        /* [nrow * ncol] text of every cell */
};

int ae_table_new(struct ae_table *table, size_t ncol, const char *const *name,
	struct ae_error *err);
/* Append a row of ncol texts (copied). */
int ae_table_row(struct ae_table *table, const char *const *cell, struct ae_error *err);
/* Column of that name: the whole header, or the header up to its " (unit)" or
 * "_unit" part; -1 when there is none. */
int ae_table_find(const struct ae_table *table, const char *name);
const char *ae_table_text(const struct ae_table *table, size_t row, size_t col);
/* The cell as a number; AE_EDATA when it is none (nan and inf are numbers). */
int ae_table_real(const struct ae_table *table, size_t row, size_t col, double *value,
	struct ae_error *err);
void ae_table_clear(struct ae_table *table);

#endif
