/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/xyz.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"

enum { MAX_COLUMNS = 200, MAX_WIDTH = 1000 };

/* Rows are read some thousands at a time, and parsed by many threads while the
 * next ones are read. */
enum { PART = 256, PARTS = 64, BATCH_BYTES = 1 << 20 };

struct batch {
    char *text; /* lines, each ended by 0 */
    size_t room, n;
    size_t lineno;                  /* lines before it */
    size_t start[PARTS * PART + 1]; /* of each line in text */
};

struct ae_xyz {
    FILE *file;
    char *name;
    char *line;
    size_t room;
    size_t lineno, frame;
    int whole;         /* the last line ended with a line feed */
    size_t left, want; /* rows of this frame: to come, in all */
    struct batch batch[2];
};

/* ---- reading ------------------------------------------------------------- */

int ae_xyz_open(
    struct ae_xyz **reader, struct ae_source *in, struct ae_error *err)
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
    free(r->batch[0].text);
    free(r->batch[1].text);
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
        return ae_fail(
            err, AE_EDATA, "%s: empty input; want extended XYZ", r->name);
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

static int bad_properties(
    struct ae_xyz *r, const char *text, struct ae_error *err)
{
    char quoted[340];
    return ae_fail(err, AE_EDATA,
        "%s: line %zu: want Properties=name:R|I|S|L:width:..., got '%s'",
        r->name, r->lineno, ae_quote(quoted, text));
}

static int add_properties(
    struct ae_xyz *r, char *text, struct ae_atoms *atoms, struct ae_error *err)
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

static int comment_line(
    struct ae_xyz *r, struct ae_atoms *atoms, struct ae_error *err)
{
    if (next_line(r) < 0 || !r->whole)
        return ae_fail(
            err, AE_EDATA, "%s: the file ends in the comment line", r->name);
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

int ae_xyz_head(
    struct ae_xyz *r, struct ae_atoms *atoms, size_t *n, struct ae_error *err)
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

/* A text of a batch that its column does not know yet. */
struct fresh {
    int col;
    size_t cell, at; /* at: its place in the batch */
};

/* What one thread makes of PART lines, until the first that is wrong. */
struct part {
    struct fresh *fresh;
    size_t n, room;
    struct ae_error err;
};

static int bad_cell(const struct ae_xyz *r, size_t line,
    const struct ae_column *col, const char *text, struct ae_error *err)
{
    char copy[100], quoted[340];
    snprintf(copy, sizeof copy, "%.90s", text);
    static const char *const want[] = {"a number", "a whole number", "T or F"};
    return ae_fail(err, AE_EDATA, "%s: line %zu: %s: want %s, got '%s'",
        r->name, line, col->name,
        want[col->type == 'R'   ? 0
             : col->type == 'I' ? 1
                                : 2],
        ae_quote(quoted, copy));
}

static int remember(struct part *part, int c, size_t cell, size_t at)
{
    if (part->n == part->room) {
        size_t room = 2 * part->room + 64;
        void *more =
            ae_resize(part->fresh, part->room, room, sizeof *part->fresh);
        if (!more)
            return ae_fail(&part->err, AE_EMEM, "out of memory for the atoms");
        part->fresh = more;
        part->room = room;
    }
    part->fresh[part->n++] = (struct fresh){c, cell, at};
    return AE_OK;
}

/* The cell [at, end), end[0] == 0, of a type other than text; 0 when it is not
 * of that type. */
static int set_cell(
    struct ae_column *col, size_t cell, const char *at, const char *end)
{
    if (col->type == 'R')
        return ae_parse_real(at, end, &col->real[cell]) == end;
    if (col->type == 'L') {
        int yes = strchr("Tt1", *at) != NULL;
        col->integer[cell] = yes;
        return yes || strchr("Ff0", *at);
    }
    const char *digit = at + (*at == '-');
    uint64_t m = 0;
    while (digit < end && digit - at < 18 && *digit >= '0' && *digit <= '9')
        m = 10 * m + (uint64_t)(*digit++ - '0');
    if (digit == end && digit[-1] != '-') {
        col->integer[cell] = *at == '-' ? -(int64_t)m : (int64_t)m;
        return 1;
    }
    char *stop; /* a plus sign, 19 digits, nonsense */
    errno = 0;
    col->integer[cell] = strtoll(at, &stop, 10);
    return stop == end && !errno;
}

/* Line k of the batch into row i. */
static int read_row(const struct ae_xyz *r, const struct batch *batch,
    struct ae_atoms *atoms, size_t k, size_t i, struct part *part)
{
    char *at = batch->text + batch->start[k];
    char *stop = batch->text + batch->start[k + 1] - 1;
    size_t line = batch->lineno + k + 1;
    struct ae_error *err = &part->err;
    for (int c = 0; c < atoms->ncol; c++) {
        struct ae_column *col = &atoms->col[c];
        size_t width = (size_t)col->width;
        for (size_t cell = i * width; cell < (i + 1) * width; cell++) {
            while (*at == ' ' || *at == '\t')
                at++;
            char *end = at;
            while (end < stop && *end != ' ' && *end != '\t')
                end++;
            if (at == end)
                return ae_fail(err, AE_EDATA,
                    "%s: line %zu: too few values; want %s", r->name, line,
                    col->name);
            *end = 0;
            if (col->type == 'S') {
                col->text[cell] = ae_atoms_known(col, at);
                if (col->text[cell] == UINT32_MAX &&
                    remember(part, c, cell, (size_t)(at - batch->text)))
                    return err->code;
            } else if (!set_cell(col, cell, at, end))
                return bad_cell(r, line, col, at, err);
            at = end + (end < stop);
        }
    }
    if (at[strspn(at, " \t")])
        return ae_fail(err, AE_EDATA,
            "%s: line %zu: more values than Properties names", r->name, line);
    for (int a = 0; a < 3; a++)
        if (!isfinite(atoms->pos[i][a]))
            return ae_fail(err, AE_EDATA,
                "%s: line %zu: %c is %s; drop the row or mend it", r->name,
                line, 'x' + a, isnan(atoms->pos[i][a]) ? "nan" : "infinite");
    return AE_OK;
}

/* The next lines of the frame, at most max. */
static int read_lines(
    struct ae_xyz *r, struct batch *b, size_t max, struct ae_error *err)
{
    size_t used = 0;
    b->start[0] = 0;
    b->lineno = r->lineno;
    for (b->n = 0; b->n < max && b->n < PARTS * PART && used < BATCH_BYTES;
         b->n++) {
        ssize_t length = next_line(r);
        if (length < 0)
            break;
        size_t more = (size_t)length + 1;
        if (b->room - used < more) {
            size_t room = 2 * (used + more);
            char *text = realloc(b->text, room);
            if (!text)
                return ae_fail(err, AE_EMEM, "%s: out of memory", r->name);
            b->text = text;
            b->room = room;
        }
        memcpy(b->text + used, r->line, more);
        used += more;
        b->start[b->n + 1] = used;
    }
    return AE_OK;
}

/* What the threads found in a batch, in the order of its lines: new words, and
 * the first error. */
static int settle(const struct ae_xyz *r, const struct batch *batch,
    struct ae_atoms *atoms, const struct part *part, struct ae_error *err)
{
    for (size_t p = 0; p < PARTS; p++) {
        for (size_t f = 0; f < part[p].n; f++) {
            const struct fresh *fresh = &part[p].fresh[f];
            struct ae_column *col = &atoms->col[fresh->col];
            uint32_t word = ae_atoms_word(col, batch->text + fresh->at);
            col->text[fresh->cell] = word;
            if (word == UINT32_MAX)
                return ae_fail(err, AE_EMEM, "%s: out of memory", r->name);
        }
        if (part[p].err.code) {
            if (err)
                *err = part[p].err;
            return part[p].err.code;
        }
    }
    return AE_OK;
}

/* The batch into the rows from first on, while at most max lines more are read
 * into the next one. */
static int parse_lines(struct ae_xyz *r, const struct batch *batch,
    struct ae_atoms *atoms, size_t first, struct batch *next, size_t max,
    struct ae_error *err)
{
    struct part *part = ae_alloc(PARTS, sizeof *part);
    if (!part)
        return ae_fail(err, AE_EMEM, "out of memory");
    struct ae_error later = {0};
    size_t n = batch->n, parts = (n + PART - 1) / PART;
    int read = AE_OK;
#pragma omp parallel if (parts > 1)
    {
#pragma omp master
        read = read_lines(r, next, max, &later);
#pragma omp for schedule(dynamic, 1)
        for (size_t p = 0; p < parts; p++)
            for (size_t k = p * PART; k < n && k < (p + 1) * PART; k++)
                if (read_row(r, batch, atoms, k, first + k, &part[p]))
                    break;
    }
    int code = settle(r, batch, atoms, part, err);
    if (!code && read) {
        code = read;
        if (err)
            *err = later;
    }
    for (size_t p = 0; p < PARTS; p++)
        free(part[p].fresh);
    free(part);
    return code;
}

/* n more rows; room for twice as many, but for no more than are to come. */
static int make_rows(
    struct ae_atoms *atoms, size_t n, size_t left, struct ae_error *err)
{
    size_t want = atoms->n + n, room = 2 * want;
    room = room - atoms->n < left ? room : atoms->n + left;
    int code = want > atoms->room ? ae_atoms_reserve(atoms, room, err) : AE_OK;
    return code ? code : ae_atoms_extend(atoms, want, err);
}

int ae_xyz_rows(struct ae_xyz *r, struct ae_atoms *atoms, size_t max,
    size_t *got, struct ae_error *err)
{
    struct batch *batch = &r->batch[0], *next = &r->batch[1];
    size_t most = max < r->left ? max : r->left;
    int code = read_lines(r, batch, most, err);
    for (*got = 0; *got < most && !code;) {
        size_t first = atoms->n, n = batch->n;
        if (!n)
            return ae_fail(err, AE_EDATA,
                "%s: the file ends after %zu of %zu atoms", r->name,
                r->want - r->left, r->want);
        code = make_rows(atoms, n, r->left, err);
        if (!code)
            code =
                parse_lines(r, batch, atoms, first, next, most - *got - n, err);
        r->left -= n;
        *got += n;
        struct batch *swap = batch;
        batch = next;
        next = swap;
    }
    return code;
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

int ae_xyz_read(
    struct ae_source *in, struct ae_atoms *atoms, struct ae_error *err)
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
            code = ae_fail(
                err, AE_EDATA, "%s: more than one frame; want one", r->name);
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
    int64_t x = col->integer[cell];
    uint64_t m = x < 0 ? -(uint64_t)x : (uint64_t)x;
    char back[20];
    size_t n = 0, at = 0;
    do
        back[n++] = (char)('0' + m % 10);
    while (m /= 10);
    if (x < 0)
        to[at++] = '-';
    while (n)
        to[at++] = back[--n];
    return at;
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

static void put_row(struct rows *rows, const struct ae_atoms *atoms, size_t i)
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

enum { ROWS = 1024, BLOCKS = 16 }; /* rows of a block, blocks of a set */

/* The rows from first on, a block a thread at a time, while those of the set
 * before them, if any, are written. */
static int put_set(FILE *out, const struct ae_atoms *atoms, size_t first,
    struct rows set[BLOCKS], const struct rows *before)
{
    int failed = 0;
#pragma omp parallel if (atoms->n > ROWS)
    {
#pragma omp master
        for (size_t b = 0; b < BLOCKS && before; b++)
            if (before[b].n)
                fwrite(before[b].text, 1, before[b].n, out);
#pragma omp for schedule(dynamic, 1)
        for (size_t b = 0; b < BLOCKS; b++) {
            size_t i = first + b * ROWS, end = i + ROWS;
            set[b].n = 0;
            for (; i < end && i < atoms->n && !set[b].failed; i++)
                put_row(&set[b], atoms, i);
        }
    }
    for (size_t b = 0; b < BLOCKS; b++)
        failed |= set[b].failed;
    return failed;
}

static int put_rows(FILE *out, const struct ae_atoms *atoms)
{
    struct rows set[2][BLOCKS] = {{{0}}};
    int failed = 0, now = 0;
    const struct rows *before = NULL;
    /* the last set, without rows, writes the one before it */
    for (size_t first = 0; first < atoms->n + ROWS * BLOCKS && !failed;
         first += ROWS * BLOCKS, now = !now) {
        failed = put_set(out, atoms, first, set[now], before);
        before = set[now];
    }
    for (size_t b = 0; b < BLOCKS; b++) {
        free(set[0][b].text);
        free(set[1][b].text);
    }
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
