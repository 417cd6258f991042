/* SPDX-License-Identifier: BSD-2-Clause
 * atoms-select - the atoms for which an expression is true.
 *
 *   keep atom i when E(columns of i) is neither 0 nor NaN
 *   E  arithmetic, comparisons and && || ! on the columns; the grammar is in
 *      lib/atoms/expr.h and in the man page
 *
 * Source: methods.   Cost: O(N) for N atoms, and the neighbour search of
 * neighbours(r) where it is used.
 * reads: extended XYZ, any number of frames
 * writes: extended XYZ, every frame with its kept atoms, all columns; or
 *         their number, one line a frame (--count)
 */
#include <stdlib.h>
#include "atoms/expr.h"
#include "base/mem.h"
#include "base/tool.h"
#include "io/xyz.h"

static int count, invert;
static const struct ae_opt opts[] = {
    AE_FLAG('c', "count", &count, "print the number of atoms instead of them"),
    AE_FLAG('i', "invert", &invert,
        "the atoms for which the expression is not true"),
    AE_END_OPTS,
};
static const struct ae_about about = {"atoms-select",
    "atoms for which an expression is true", "EXPR [FILE]", opts, .streams = 0};

/* The rows to keep, in order; the caller frees them. */
static size_t *rows_kept(
    const struct ae_atoms *atoms, const char *expression, size_t *n)
{
    unsigned char *is_true = ae_alloc(atoms->n, 1);
    size_t *row = ae_alloc(atoms->n, sizeof *row);
    if (!is_true || !row)
        ae_die("out of memory for the selection");
    ae_must(ae_expr_mask(expression, atoms, is_true, ae_err()));
    *n = 0;
    for (size_t i = 0; i < atoms->n; i++)
        if (is_true[i] != invert)
            row[(*n)++] = i;
    free(is_true);
    return row;
}

static void select_frame(struct ae_atoms *atoms, const char *expression)
{
    struct ae_atoms kept = {0};
    size_t n, *row = rows_kept(atoms, expression, &n);
    ae_say("%zu of %zu atoms", n, atoms->n);
    if (count)
        fprintf(ae_out(), "%zu\n", n);
    else {
        ae_must(ae_atoms_pick(&kept, atoms, row, n, ae_err()));
        ae_history(&kept.keys);
        ae_must(ae_xyz_write(ae_out(), &kept, ae_err()));
    }
    ae_atoms_clear(&kept);
    free(row);
}

int main(int argc, char **argv)
{
    struct ae_xyz *reader;
    struct ae_atoms atoms = {0};
    ae_begin(&about, argc, argv);
    const char *expression = ae_operand(0);
    ae_must(ae_xyz_open(&reader, ae_in(), ae_err()));
    while (ae_must(ae_xyz_next(reader, &atoms, ae_err())) != AE_END)
        select_frame(&atoms, expression);
    ae_xyz_free(reader);
    ae_atoms_clear(&atoms);
    return ae_end();
}
