/* SPDX-License-Identifier: BSD-2-Clause
 * atoms - a table of atoms with named columns, as extended XYZ has them.
 *
 * Every table has the columns species (text) and pos (3 reals, angstrom);
 * all others are kept in order, known or not.
 */
#ifndef AE_BASE_ATOMS_H
#define AE_BASE_ATOMS_H

#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "base/keys.h"

struct ae_column {
	char *name;
	char type;          /* 'R' real, 'I' integer, 'L' logical, 'S' text */
	int width;          /* values per atom, 1 for a scalar */
	double *real;       /* [n][width], type R */
	int64_t *integer;   /* [n][width], types I and L (0 or 1) */
	uint32_t *text;     /* [n][width], type S: index into word */
	char **word;        /* distinct texts of the column */
	uint32_t nword;
	uint32_t *hash;     /* open-addressing table over word, private */
	uint32_t nhash;
};

struct ae_atoms {
	size_t n;           /* atoms */
	size_t room;        /* rows allocated in every column */
	int ncol;
	struct ae_column *col;
	double (*pos)[3];   /* the pos column's values, angstrom; [n] */
	int has_lattice;
	double lattice[9];  /* rows a, b, c in angstrom, as in the comment line */
	int pbc[3];
	struct ae_keys keys;/* every other key of the comment line, history included */
};

/* An empty table with species and pos. */
int ae_atoms_new(struct ae_atoms *atoms, struct ae_error *err);
void ae_atoms_clear(struct ae_atoms *atoms);

/* Make room for n rows / set the number of rows (new ones zeroed; text columns
 * then hold the empty word ""). atoms->pos may move. */
int ae_atoms_reserve(struct ae_atoms *atoms, size_t n, struct ae_error *err);
int ae_atoms_resize(struct ae_atoms *atoms, size_t n, struct ae_error *err);
/* The same for a caller that sets every cell of the new rows: they hold
 * anything. */
int ae_atoms_extend(struct ae_atoms *atoms, size_t n, struct ae_error *err);

/* The column of that name, or NULL. Pointers hold until a column is added. */
struct ae_column *ae_atoms_find(const struct ae_atoms *atoms, const char *name);

/* The column of that name, type and width: an existing one is reused when type
 * and width fit, replaced (same place) when not, else appended. Values zeroed
 * when new or replaced. */
struct ae_column *ae_atoms_column(struct ae_atoms *atoms, const char *name, char type,
	int width, struct ae_error *err);

/* As ae_atoms_find, but fails with "no column 'x'; the file has ..." */
int ae_atoms_need(const struct ae_atoms *atoms, const char *name, char type, int width,
	struct ae_column **col, struct ae_error *err);

int ae_atoms_drop(struct ae_atoms *atoms, const char *name);

/* Text of row i (width 1), and its setter. */
const char *ae_atoms_text(const struct ae_column *col, size_t i);
int ae_atoms_set_text(struct ae_column *col, size_t i, const char *text);
/* Index of a word of the column, added when new; UINT32_MAX: out of memory. */
uint32_t ae_atoms_word(struct ae_column *col, const char *text);
/* The same, UINT32_MAX when it is new; changes nothing. */
uint32_t ae_atoms_known(const struct ae_column *col, const char *text);

/* Keep rows row[0..n) (any order, repeats allowed): to = from[row]; keys,
 * lattice and columns copied. from is unchanged. */
int ae_atoms_pick(struct ae_atoms *to, const struct ae_atoms *from, const size_t *row,
	size_t n, struct ae_error *err);

/* Append all rows of more to atoms: columns matched by name, missing ones get
 * NaN (R), -1 (I), 0 (L), "-" (S). */
int ae_atoms_append(struct ae_atoms *atoms, const struct ae_atoms *more,
	struct ae_error *err);

#endif
