/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/table.h"

#include <stdlib.h>
#include <string.h>
#include "base/mem.h"

static int short_of_memory(struct ae_error *err)
{
    return ae_fail(err, AE_EMEM, "out of memory for the table");
}

int ae_table_new(struct ae_table *table, size_t ncol, const char *const *name,
    struct ae_error *err)
{
    *table = (struct ae_table){0};
    table->name = ae_alloc(ncol, sizeof *table->name);
    if (!table->name)
        return short_of_memory(err);
    table->ncol = ncol;
    for (size_t i = 0; i < ncol; i++) {
        table->name[i] = ae_strdup(name[i]);
        if (!table->name[i]) {
            ae_table_clear(table);
            return short_of_memory(err);
        }
    }
    return AE_OK;
}

int ae_table_row(struct ae_table *table, const char *const *cell,
    struct ae_error *err)
{
    if (table->nrow == table->room) {
        size_t room = table->room ? 2 * table->room : 64;
        char **more = ae_resize(table->cell, table->room * table->ncol,
            room * table->ncol, sizeof *more);
        if (!more)
            return short_of_memory(err);
        table->cell = more;
        table->room = room;
    }
    char **row = table->cell + table->nrow * table->ncol;
    for (size_t i = 0; i < table->ncol; i++) {
        row[i] = ae_strdup(cell[i]);
        if (!row[i]) {
            while (i--)
                free(row[i]);
            return short_of_memory(err);
        }
    }
    table->nrow++;
    return AE_OK;
}

/* "r (A)" and "d_px" answer to "r" and "d" as well as to their whole names. */
static int is_named(const char *header, const char *name)
{
    size_t n = strlen(name);
    if (strncmp(header, name, n))
        return 0;
    const char *rest = header + n;
    static const char *const unit[] = {"_px", "_deg", "_A", "_pm", "_percent"};
    if (!*rest || !strncmp(rest, " (", 2))
        return 1;
    for (size_t i = 0; i < sizeof unit / sizeof *unit; i++)
        if (!strcmp(rest, unit[i]))
            return 1;
    return 0;
}

int ae_table_find(const struct ae_table *table, const char *name)
{
    for (size_t i = 0; i < table->ncol; i++)
        if (!strcmp(table->name[i], name))
            return (int)i;
    for (size_t i = 0; i < table->ncol; i++)
        if (is_named(table->name[i], name))
            return (int)i;
    return -1;
}

const char *ae_table_text(const struct ae_table *table, size_t row, size_t col)
{
    return table->cell[row * table->ncol + col];
}

int ae_table_real(const struct ae_table *table, size_t row, size_t col,
    double *value, struct ae_error *err)
{
    const char *text = ae_table_text(table, row, col);
    char *end;
    *value = strtod(text, &end);
    if (end == text || *end) {
        char quoted[340];
        return ae_fail(err, AE_EDATA,
            "row %zu, column '%.40s': want a number, found '%s'", row + 1,
            table->name[col], ae_quote(quoted, text));
    }
    return AE_OK;
}

void ae_table_clear(struct ae_table *table)
{
    for (size_t i = 0; i < table->ncol && table->name; i++)
        free(table->name[i]);
    for (size_t i = 0; i < table->nrow * table->ncol; i++)
        free(table->cell[i]);
    free(table->name);
    free(table->cell);
    *table = (struct ae_table){0};
}
