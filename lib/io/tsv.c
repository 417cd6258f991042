/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/tsv.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "io/xyz.h"

/* Split at tabs, in place, into cells; how many. */
static size_t split(char *line, char **cell, size_t max)
{
    size_t n = 0;
    for (char *at = line; n < max; at++) {
        cell[n++] = at;
        at += strcspn(at, "\t");
        if (!*at)
            break;
        *at = 0;
    }
    return n;
}

/* The header is the last '#' line before the rows, or, without one, the first
 * line; both may begin with "# ". */
int ae_tsv_read(struct ae_source *in, struct ae_table *table,
    struct ae_error *err)
{
    enum { MAX_CELLS = 4096 };
    char *line = NULL, *header = NULL, **cell = NULL;
    size_t room = 0, lineno = 0;
    ssize_t n;
    int code = AE_OK, hash = 0;
    *table = (struct ae_table){0};
    cell = malloc(MAX_CELLS * sizeof *cell);
    if (!cell)
        return ae_fail(err, AE_EMEM, "%s: out of memory", in->name);
    while (!code && (n = getline(&line, &room, in->file)) >= 0) {
        lineno++;
        while (n && (line[n - 1] == '\n' || line[n - 1] == '\r'))
            line[--n] = 0;
        if (!n)
            continue;
        if (*line == '#' && table->ncol)
            continue;
        if (*line == '#' || !header) {
            char *name = line + (*line == '#');
            free(header);
            hash = *line == '#';
            header = ae_strdup(name + (*name == ' '));
            if (!header)
                code = ae_fail(err, AE_EMEM, "%s: out of memory", in->name);
            continue;
        }
        /* a second comment, then a header without '#': as many cells decide */
        size_t cells = split(line, cell, MAX_CELLS);
        if (!table->ncol) {
            char *copy = ae_strdup(header);
            char **name = malloc(MAX_CELLS * sizeof *name);
            size_t names = copy && name ? split(copy, name, MAX_CELLS) : 0;
            if (hash && names != cells) {
                free(header);
                header = NULL;
                code = ae_table_new(table, cells, (const char *const *)cell,
                    err);
                free(copy);
                free(name);
                header = ae_strdup("");
                continue;
            }
            code = names ? ae_table_new(table, names,
                               (const char *const *)name, err)
                         : ae_fail(err, AE_EMEM, "%s: out of memory", in->name);
            free(copy);
            free(name);
        }
        if (!code && cells != table->ncol)
            code = ae_fail(err, AE_EDATA, "%s: line %zu: %zu cells; want %zu",
                in->name, lineno, cells, table->ncol);
        if (!code)
            code = ae_table_row(table, (const char *const *)cell, err);
    }
    if (!code && !header)
        code = ae_fail(err, AE_EDATA, "%s: empty input; want a table",
            in->name);
    if (!code && !table->ncol) { /* a header alone */
        size_t names = split(header, cell, MAX_CELLS);
        code = ae_table_new(table, names, (const char *const *)cell, err);
    }
    free(line);
    free(header);
    free(cell);
    if (code)
        ae_table_clear(table);
    return code;
}

int ae_tsv_write(FILE *out, const struct ae_table *table, struct ae_error *err)
{
    fputc('#', out);
    for (size_t c = 0; c < table->ncol; c++)
        fprintf(out, "%s%s", c ? "\t" : "", table->name[c]);
    fputc('\n', out);
    for (size_t r = 0; r < table->nrow; r++)
        for (size_t c = 0; c < table->ncol; c++)
            fprintf(out, "%s%c", ae_table_text(table, r, c),
                c + 1 < table->ncol ? '\t' : '\n');
    if (ferror(out))
        return ae_fail(err, AE_ESYS, "cannot write: %s", strerror(errno));
    return AE_OK;
}

void ae_tsv_head(FILE *out, const char *names)
{
    fprintf(out, "#%s\n", names);
}

void ae_tsv_put(FILE *out, const char *types, ...)
{
    va_list args;
    char text[32];
    va_start(args, types);
    for (const char *t = types; *t; t++) {
        if (t > types)
            fputc('\t', out);
        if (*t == 'd')
            fprintf(out, "%ld", va_arg(args, long));
        else if (*t == 's')
            fputs(va_arg(args, const char *), out);
        else if (*t == 'r') {
            ae_print_real(text, va_arg(args, double));
            fputs(text, out);
        } else
            fprintf(out, "%.6g", va_arg(args, double));
    }
    fputc('\n', out);
    va_end(args);
}
