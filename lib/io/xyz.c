/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/xyz.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"

enum { MAX_COLUMNS = 200, MAX_WIDTH = 1000 };

struct ae_xyz {
    FILE *file;
    char *name;
    char *line;
    size_t room;
    size_t lineno, frame;
    int whole;               /* the last line ended with a line feed */
    size_t left, want;       /* rows of this frame: to come, in all */
};

/* ---- reading ------------------------------------------------------------- */

int ae_xyz_open(struct ae_xyz **reader, struct ae_source *in,
    struct ae_error *err)
{
    struct ae_xyz *r = ae_alloc(1, sizeof *r);
    *reader = r;
    if (!r || !(r->name = ae_strdup(in->name))) {
        free(r);
        *reader = NULL;
        return ae_fail(err, AE_EMEM, "%s: out of memory", in->name);
    }
    r->file = in->file;
    return AE_OK;
}

void ae_xyz_free(struct ae_xyz *r)
{
    if (!r)
        return;
    free(r->name);
    free(r->line);
    free(r);
}

/* The next line without its end; its length, -1 at the end of the file. */
static ssize_t next_line(struct ae_xyz *r)
{
    ssize_t n = getline(&r->line, &r->room, r->file);
    if (n < 0)
        return -1;
    r->lineno++;
    r->whole = n && r->line[n - 1] == '\n';
    while (n && (r->line[n - 1] == '\n' || r->line[n - 1] == '\r'))
        r->line[--n] = 0;
    return n;
}

static int count_line(struct ae_xyz *r, size_t *n, struct ae_error *err)
{
    char quoted[340], *end;
    ssize_t length;
    while ((length = next_line(r)) >= 0 && r->frame &&
        !r->line[strspn(r->line, " \t")])
        ; /* blank lines after the last frame */
    if (length < 0 && r->frame)
        return AE_END;
    if (length < 0)
        return ae_fail(err, AE_EDATA, "%s: empty input; want extended XYZ",
            r->name);
    const char *text = r->line + strspn(r->line, " \t");
    errno = 0;
    unsigned long long count = strtoull(text, &end, 10);
    if (!isdigit((unsigned char)*text) || end[strspn(end, " \t")] || errno)
        return ae_fail(err, AE_EDATA,
            "%s: line %zu: want the number of atoms, got '%s'", r->name,
            r->lineno, ae_quote(quoted, r->line));
    *n = (size_t)count;
    return AE_OK;
}

/* The next key=value of a comment line, in place; NULL at the end. A value
 * stands bare or in "..." or '...' or {...}, with \" and \\ inside quotes; a
 * key alone means true. */
static char *next_pair(char *at, char **key, char **value)
{
    at += strspn(at, " \t");
    if (!*at)
        return NULL;
    char *to = at;
    char quote = *at == '"' || *at == '\'' ? *at++ : 0;
    *key = to;
    while (*at && (quote ? *at != quote : !strchr(" \t=", *at)))
        *to++ = *at++;
    at += quote && *at == quote;
    char stop = *at;
    *to = 0;
    if (stop != '=') {
        *value = NULL;
        return stop && at == to ? at + 1 : at;
    }
    at++;
    quote = *at == '"' || *at == '\'' ? *at : *at == '{' ? '}' : 0;
    at += quote != 0;
    *value = to = at;
    while (*at && (quote ? *at != quote : !strchr(" \t", *at))) {
        if (quote && *at == '\\' && at[1]) {
            at++;
            *to++ = *at == 'n' ? '\n' : *at;
            at++;
        } else
            *to++ = *at++;
    }
    at += *at != 0;
    *to = 0;
    return at;
}

static int bad_properties(struct ae_xyz *r, const char *text,
    struct ae_error *err)
{
    char quoted[340];
    return ae_fail(err, AE_EDATA,
        "%s: line %zu: want Properties=name:R|I|S|L:width:..., got '%s'",
        r->name, r->lineno, ae_quote(quoted, text));
}

static int add_properties(struct ae_xyz *r, char *text, struct ae_atoms *atoms,
    struct ae_error *err)
{
    while (*text) {
        char *name = text, *type = strchr(name, ':'), *end;
        if (!type || type == name || !type[1] || !strchr("RISL", type[1]) ||
            type[2] != ':')
            return bad_properties(r, name, err);
        long width = strtol(type + 3, &end, 10);
        if (width < 1 || width > MAX_WIDTH || (*end && *end != ':') ||
            atoms->ncol == MAX_COLUMNS)
            return bad_properties(r, name, err);
        *type = 0;
        if (ae_atoms_find(atoms, name))
            return ae_fail(err, AE_EDATA, "%s: line %zu: column '%.60s' twice",
                r->name, r->lineno, name);
        if (!ae_atoms_column(atoms, name, type[1], (int)width, err))
            return AE_EMEM;
        text = *end ? end + 1 : end;
    }
    return AE_OK;
}

static int set_lattice(struct ae_xyz *r, const char *text,
    struct ae_atoms *atoms, struct ae_error *err)
{
    const char *at = text, *end = text + strlen(text);
    for (int i = 0; i < 9; i++) {
        at += strspn(at, " \t,");
        at = ae_parse_real(at, end, &atoms->lattice[i]);
        if (!at || !isfinite(atoms->lattice[i]))
            return ae_fail(err, AE_EDATA,
                "%s: line %zu: Lattice wants nine finite numbers", r->name,
                r->lineno);
    }
    atoms->has_lattice = 1;
    return AE_OK;
}

static void set_pbc(const char *text, struct ae_atoms *atoms)
{
    for (int i = 0; i < 3 && *text; i++) {
        text += strspn(text, " \t,[]");
        atoms->pbc[i] = *text == 'T' || *text == 't' || *text == '1';
        text += strcspn(text, " \t,]");
    }
}

static int comment_line(struct ae_xyz *r, struct ae_atoms *atoms,
    struct ae_error *err)
{
    if (next_line(r) < 0 || !r->whole)
        return ae_fail(err, AE_EDATA, "%s: the file ends in the comment line",
            r->name);
    char *at = r->line, *key, *value;
    int code = AE_OK, has_properties = 0, has_pbc = 0;
    while (!code && (at = next_pair(at, &key, &value))) {
        if (value && !strcasecmp(key, "Properties")) {
            has_properties = 1;
            code = add_properties(r, value, atoms, err);
        } else if (value && !strcasecmp(key, "Lattice"))
            code = set_lattice(r, value, atoms, err);
        else if (value && !strcasecmp(key, "pbc")) {
            has_pbc = 1;
            set_pbc(value, atoms);
        } else if (*key && ae_keys_set(&atoms->keys, key, value ? value : "T"))
            code = ae_fail(err, AE_EMEM, "%s: out of memory", r->name);
    }
    if (code)
        return code;
    if (!has_properties) {
        /* plain XYZ: the comment is free text, rows are "symbol x y z" */
        ae_keys_clear(&atoms->keys);
        char plain[] = "species:S:1:pos:R:3";
        code = add_properties(r, plain, atoms, err);
    }
    if (atoms->has_lattice && !has_pbc)
        atoms->pbc[0] = atoms->pbc[1] = atoms->pbc[2] = 1;
    struct ae_column *col;
    if (!code)
        code = ae_atoms_need(atoms, "species", 'S', 1, &col, err);
    if (!code)
        code = ae_atoms_need(atoms, "pos", 'R', 3, &col, err);
    return code;
}

int ae_xyz_head(struct ae_xyz *r, struct ae_atoms *atoms, size_t *n,
    struct ae_error *err)
{
    ae_atoms_clear(atoms);
    int code = count_line(r, n, err);
    if (!code)
        code = comment_line(r, atoms, err);
    if (code) {
        ae_atoms_clear(atoms);
        return code;
    }
    r->frame++;
    r->left = r->want = *n;
    return AE_OK;
}

static int bad_cell(struct ae_xyz *r, const struct ae_column *col,
    const char *text, size_t length, struct ae_error *err)
{
    char copy[100], quoted[340];
    snprintf(copy, sizeof copy, "%.*s", (int)(length < 90 ? length : 90), text);
    static const char *const want[] = {"a number", "a whole number", "T or F"};
    return ae_fail(err, AE_EDATA, "%s: line %zu: %s: want %s, got '%s'",
        r->name, r->lineno, col->name,
        want[col->type == 'R'      ? 0
                : col->type == 'I' ? 1
                                   : 2],
        ae_quote(quoted, copy));
}

/* One cell [at, end) into row i, component k; 0 when it is not of the type. */
static int set_cell(struct ae_column *col, size_t i, size_t k, char *at,
    char *end)
{
    size_t cell = i * (size_t)col->width + k;
    if (col->type == 'R')
        return ae_parse_real(at, end, &col->real[cell]) == end;
    if (col->type == 'S') {
        char keep = *end;
        *end = 0;
        uint32_t word = ae_atoms_word(col, at);
        *end = keep;
        col->text[cell] = word;
        return word != UINT32_MAX;
    }
    if (col->type == 'L') {
        int yes = strchr("Tt1", *at) != NULL;
        col->integer[cell] = yes;
        return yes || strchr("Ff0", *at);
    }
    char *stop;
    errno = 0;
    col->integer[cell] = strtoll(at, &stop, 10);
    return stop == end && !errno;
}

static int read_row(struct ae_xyz *r, struct ae_atoms *atoms, size_t i,
    struct ae_error *err)
{
    ssize_t n = next_line(r);
    if (n < 0)
        return ae_fail(err, AE_EDATA, "%s: the file ends after %zu of %zu"
            " atoms", r->name, r->want - r->left, r->want);
    char *at = r->line, *stop = r->line + n;
    for (int c = 0; c < atoms->ncol; c++) {
        struct ae_column *col = &atoms->col[c];
        for (size_t k = 0; k < (size_t)col->width; k++) {
            while (at < stop && (*at == ' ' || *at == '\t'))
                at++;
            char *end = at;
            while (end < stop && *end != ' ' && *end != '\t')
                end++;
            if (at == end)
                return ae_fail(err, AE_EDATA,
                    "%s: line %zu: too few values; want %s", r->name,
                    r->lineno, col->name);
            if (!set_cell(col, i, k, at, end))
                return bad_cell(r, col, at, (size_t)(end - at), err);
            at = end;
        }
    }
    if (at[strspn(at, " \t")])
        return ae_fail(err, AE_EDATA,
            "%s: line %zu: more values than Properties names", r->name,
            r->lineno);
    for (int k = 0; k < 3; k++)
        if (!isfinite(atoms->pos[i][k]))
            return ae_fail(err, AE_EDATA,
                "%s: line %zu: %c is %s; drop the row or mend it", r->name,
                r->lineno, 'x' + k,
                isnan(atoms->pos[i][k]) ? "nan" : "infinite");
    return AE_OK;
}

int ae_xyz_rows(struct ae_xyz *r, struct ae_atoms *atoms, size_t max,
    size_t *got, struct ae_error *err)
{
    for (*got = 0; *got < max && r->left; (*got)++) {
        size_t i = atoms->n;
        int code = ae_atoms_resize(atoms, i + 1, err);
        if (!code)
            code = read_row(r, atoms, i, err);
        if (code)
            return code;
        r->left--;
    }
    return AE_OK;
}

int ae_xyz_next(struct ae_xyz *r, struct ae_atoms *atoms, struct ae_error *err)
{
    size_t n, got;
    int code = ae_xyz_head(r, atoms, &n, err);
    if (!code)
        code = ae_xyz_rows(r, atoms, n, &got, err);
    if (code)
        ae_atoms_clear(atoms);
    return code;
}

int ae_xyz_read(struct ae_source *in, struct ae_atoms *atoms,
    struct ae_error *err)
{
    struct ae_xyz *r;
    *atoms = (struct ae_atoms){0};
    int code = ae_xyz_open(&r, in, err);
    if (code)
        return code;
    code = ae_xyz_next(r, atoms, err);
    if (!code) {
        struct ae_atoms more = {0};
        size_t n;
        code = ae_xyz_head(r, &more, &n, err);
        ae_atoms_clear(&more);
        if (code == AE_OK)
            code = ae_fail(err, AE_EDATA, "%s: more than one frame; want one",
                r->name);
        else if (code == AE_END)
            code = AE_OK;
        if (code)
            ae_atoms_clear(atoms);
    }
    ae_xyz_free(r);
    return code;
}

/* ---- writing ------------------------------------------------------------- */

static void put_value(FILE *out, const char *value)
{
    if (*value && !value[strcspn(value, " \t\n\"\\'={}")]) {
        fputs(value, out);
        return;
    }
    fputc('"', out);
    for (; *value; value++) {
        if (*value == '"' || *value == '\\')
            fputc('\\', out);
        if (*value == '\n')
            fputs("\\n", out);
        else
            fputc(*value, out);
    }
    fputc('"', out);
}

static void put_comment(FILE *out, const struct ae_atoms *atoms)
{
    char text[32];
    if (atoms->has_lattice) {
        fputs("Lattice=\"", out);
        for (int i = 0; i < 9; i++) {
            ae_print_real(text, atoms->lattice[i]);
            fprintf(out, "%s%s", i ? " " : "", text);
        }
        fputs("\" ", out);
    }
    fputs("Properties=", out);
    for (int c = 0; c < atoms->ncol; c++)
        fprintf(out, "%s%s:%c:%d", c ? ":" : "", atoms->col[c].name,
            atoms->col[c].type, atoms->col[c].width);
    fprintf(out, " pbc=\"%c %c %c\"", atoms->pbc[0] ? 'T' : 'F',
        atoms->pbc[1] ? 'T' : 'F', atoms->pbc[2] ? 'T' : 'F');
    for (size_t i = 0; i < atoms->keys.n; i++) {
        fputc(' ', out);
        put_value(out, atoms->keys.key[i].name);
        fputc('=', out);
        put_value(out, atoms->keys.key[i].value);
    }
    fputc('\n', out);
}

/* A cell's text at to (32 bytes are there for numbers); its length. */
static size_t print_cell(const struct ae_column *col, size_t cell, char *to)
{
    if (col->type == 'R')
        return (size_t)ae_print_real(to, col->real[cell]);
    if (col->type == 'L') {
        *to = col->integer[cell] ? 'T' : 'F';
        return 1;
    }
    return (size_t)sprintf(to, "%lld", (long long)col->integer[cell]);
}

/* Rows as text, formatted by one thread. */
struct rows {
    char *text;
    size_t n, room;
    int failed; /* no memory */
};

static int make_room(struct rows *rows, size_t more)
{
    if (rows->room - rows->n >= more)
        return 1;
    size_t room = 2 * rows->room + more;
    char *text = realloc(rows->text, room);
    if (!text) {
        rows->failed = 1;
        return 0;
    }
    rows->text = text;
    rows->room = room;
    return 1;
}

static void put_row(
    struct rows *rows, const struct ae_atoms *atoms, size_t i)
{
    for (int c = 0; c < atoms->ncol; c++) {
        const struct ae_column *col = &atoms->col[c];
        size_t width = (size_t)col->width;
        for (size_t k = 0; k < width; k++) {
            size_t cell = i * width + k;
            const char *word =
                col->type == 'S' ? col->word[col->text[cell]] : "";
            size_t length = strlen(word);
            if (!make_room(rows, length + 40))
                return;
            if (c || k)
                rows->text[rows->n++] = ' ';
            if (col->type != 'S')
                rows->n += print_cell(col, cell, rows->text + rows->n);
            else if (length) {
                memcpy(rows->text + rows->n, word, length);
                rows->n += length;
            } else
                rows->text[rows->n++] = '-';
        }
    }
    if (make_room(rows, 1))
        rows->text[rows->n++] = '\n';
}

/* All rows, some thousands a thread at a time. */
static int put_rows(FILE *out, const struct ae_atoms *atoms)
{
    enum { ROWS = 4096, BLOCKS = 16 };
    struct rows block[BLOCKS] = {{0}};
    int failed = 0;
    for (size_t first = 0; first < atoms->n && !failed;
         first += ROWS * BLOCKS) {
#pragma omp parallel for schedule(dynamic, 1)
        for (size_t b = 0; b < BLOCKS; b++) {
            size_t i = first + b * ROWS, end = i + ROWS;
            block[b].n = 0;
            for (; i < end && i < atoms->n && !block[b].failed; i++)
                put_row(&block[b], atoms, i);
        }
        for (size_t b = 0; b < BLOCKS; b++) {
            failed |= block[b].failed;
            if (!failed && block[b].n)
                fwrite(block[b].text, 1, block[b].n, out);
        }
    }
    for (size_t b = 0; b < BLOCKS; b++)
        free(block[b].text);
    return failed;
}

int ae_xyz_write(FILE *out, const struct ae_atoms *atoms, struct ae_error *err)
{
    fprintf(out, "%zu\n", atoms->n);
    put_comment(out, atoms);
    if (put_rows(out, atoms))
        return ae_fail(err, AE_EMEM, "out of memory for the rows");
    if (fflush(out) || ferror(out))
        return ae_fail(err, AE_ESYS, "cannot write: %s", strerror(errno));
    return AE_OK;
}
