/* SPDX-License-Identifier: BSD-2-Clause
 * expr - the expression that selects atoms, the same in atoms-select and in
 * every --select and --from.
 *
 *   expr   := expr || expr | expr && expr | cmp
 *   cmp    := sum [(== != < <= > >=) sum]
 *   sum    := sum (+ -) term        term := term (* / %) factor
 *   factor := - factor | ! factor | number | "text" | name | name[k]
 *           | f(...) | ( expr )
 *
 * Names are columns; x y z are the position, row the number of the atom from
 * 0. Functions: abs sqrt min max floor, near(x,y,z,r), plane(h,k,l,d0,d1),
 * plane(nx,ny,nz,px,py,pz,d0,d1), neighbours(r), isnan(c), in(a,b,...).
 * Numbers are doubles; text compares with == and != only. A comparison with
 * NaN is false, != included; a value counts as true when it is neither 0 nor
 * NaN. && and || stop at the answer.
 *
 * A compiled expression is a list of steps for a stack machine; a row costs
 * some nanoseconds a step.
 */
#ifndef AE_ATOMS_EXPR_H
#define AE_ATOMS_EXPR_H

#include <stddef.h>
#include "base/atoms.h"
#include "base/error.h"

struct ae_expr;

/* Compile text against the columns of atoms, which must stay as they are while
 * the expression lives. Errors are AE_EUSAGE, "column N: ..." with N counted
 * from 1 in the text. */
int ae_expr_new(struct ae_expr **expr, const char *text,
    const struct ae_atoms *atoms, struct ae_error *err);
void ae_expr_free(struct ae_expr *expr);

/* The value for an atom; several threads may ask at once. */
double ae_expr_value(const struct ae_expr *expr, size_t row);

/* Compile, evaluate for every atom, free: keep[atoms->n] = 0 or 1. */
int ae_expr_mask(const char *text, const struct ae_atoms *atoms,
    unsigned char *keep, struct ae_error *err);

/* The rows for which text is true, in order: *row[*n], to be freed; an empty
 * text is true for every atom. */
int ae_expr_rows(const char *text, const struct ae_atoms *atoms, size_t **row,
    size_t *n, struct ae_error *err);

#endif
