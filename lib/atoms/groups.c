/* SPDX-License-Identifier: BSD-2-Clause */
#include "atoms/groups.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"

static void text_of(
    const struct ae_column *col, size_t row, char out[AE_GROUPS_NAME])
{
    if (col->type == 'S')
        snprintf(out, AE_GROUPS_NAME, "%s", ae_atoms_text(col, row));
    else
        snprintf(out, AE_GROUPS_NAME, "%lld", (long long)col->integer[row]);
}

/* The group of that name, found or added, in *g. */
static int number(struct ae_groups *groups, const char *text, size_t *g,
    const char *column, struct ae_error *err)
{
    for (*g = 0; *g < groups->n; ++*g)
        if (!strcmp(groups->name[*g], text))
            return AE_OK;
    if (groups->n == AE_GROUPS_MOST)
        return ae_fail(err, AE_EDATA,
            "column '%s' has more than %d different values", column,
            (int)AE_GROUPS_MOST);
    void *more =
        ae_resize(groups->name, groups->n, groups->n + 1, sizeof *groups->name);
    if (!more)
        return ae_fail(err, AE_EMEM, "out of memory for the groups");
    groups->name = more;
    snprintf(groups->name[groups->n++], sizeof *groups->name, "%s", text);
    return AE_OK;
}

int ae_groups_new(struct ae_groups *groups, const struct ae_atoms *atoms,
    const char *column, const size_t *row, size_t rows, struct ae_error *err)
{
    struct ae_column *col = ae_atoms_find(atoms, column);
    int code = AE_OK;
    memset(groups, 0, sizeof *groups);
    if (!col)
        return ae_atoms_need(atoms, column, 'S', 1, &col, err);
    if (col->width != 1 || col->type == 'R')
        return ae_fail(err, AE_EDATA,
            "column '%s': want text or whole numbers, one value an atom",
            column);
    groups->of = ae_alloc(rows, sizeof *groups->of);
    if (!groups->of)
        return ae_fail(err, AE_EMEM, "out of memory for the groups");
    for (size_t i = 0; i < rows && !code; i++) {
        char text[AE_GROUPS_NAME];
        text_of(col, row ? row[i] : i, text);
        code = number(groups, text, &groups->of[i], column, err);
    }
    if (code)
        ae_groups_clear(groups);
    return code;
}

void ae_groups_clear(struct ae_groups *groups)
{
    free(groups->name);
    free(groups->of);
    memset(groups, 0, sizeof *groups);
}
