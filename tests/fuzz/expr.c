/* SPDX-License-Identifier: BSD-2-Clause
 * Selections: any text compiles or is refused, and evaluates without harm. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "atoms/expr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { N = 4 };
    struct ae_atoms atoms;
    struct ae_error err;
    unsigned char keep[N];
    char *text = malloc(size + 1);
    if (!text || ae_atoms_new(&atoms, &err))
        abort();
    memcpy(text, data, size);
    text[size] = 0;
    ae_atoms_column(&atoms, "phase", 'S', 1, &err);
    ae_atoms_column(&atoms, "rho", 'R', 1, &err);
    ae_atoms_column(&atoms, "v", 'I', 3, &err);
    if (ae_atoms_resize(&atoms, N, &err))
        abort();
    for (size_t i = 0; i < N; i++)
        atoms.pos[i][i % 3] = (double)i;
    ae_expr_mask(text, &atoms, keep, &err);
    ae_atoms_clear(&atoms);
    free(text);
    return 0;
}
