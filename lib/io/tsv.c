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

/* A line without its end; its length, -1 at the end of the file. */
static ssize_t next_line(FILE *in, char **line, size_t *room)
{
    ssize_t n = getline(line, room, in);
    while (n > 0 && strchr("\r\n", (*line)[n - 1]))
        (*line)[--n] = 0;
    return n;
}

enum { MAX_CELLS = 4096 };

/* Names from a header line, which is cut up. */
static int set_names(struct ae_table *table, char *header, struct ae_error *err)
{
    char *name[MAX_CELLS];
    size_t n = split(header, name, MAX_CELLS);
    return ae_table_new(table, n, (const char *const *)name, err);
}

static size_t count_cells(const char *line)
{
    size_t n = 1;
    for (; *line; line++)
        n += *line == '\t';
    return n;
}

/* The first line without '#': a row when the '#' line before it has as many
 * cells, and then that line is the header; else the header itself. */
static int first_line(struct ae_table *table, char *comment, char *line,
    int *is_row, struct ae_error *err)
{
    *is_row = comment && count_cells(comment) == count_cells(line);
    return set_names(table, *is_row ? comment : line, err);
}

int ae_tsv_read(struct ae_source *in, struct ae_table *table,
    struct ae_error *err)
{
    char *line = NULL, *comment = NULL, *cell[MAX_CELLS];
    size_t room = 0, lineno = 0;
    ssize_t n;
    int code = AE_OK;
    *table = (struct ae_table){0};
    while (!code && (n = next_line(in->file, &line, &room)) >= 0) {
        int is_row = 1;
        lineno++;
        if (!n || (*line == '#' && table->ncol))
            continue;
        if (*line == '#') {
            free(comment);
            comment = ae_strdup(line + 1 + (line[1] == ' '));
            if (!comment)
                code = ae_fail(err, AE_EMEM, "%s: out of memory", in->name);
            continue;
        }
        if (!table->ncol)
            code = first_line(table, comment, line, &is_row, err);
        size_t cells = is_row && !code ? split(line, cell, MAX_CELLS) : 0;
        if (cells && cells != table->ncol)
            code = ae_fail(err, AE_EDATA, "%s: line %zu: %zu cells; want %zu",
                in->name, lineno, cells, table->ncol);
        else if (cells)
            code = ae_table_row(table, (const char *const *)cell, err);
    }
    if (!code && !table->ncol)
        code = comment ? set_names(table, comment, err)
                       : ae_fail(err, AE_EDATA,
                             "%s: empty input; want a table", in->name);
    free(line);
    free(comment);
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
