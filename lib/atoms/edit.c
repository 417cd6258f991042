/* SPDX-License-Identifier: BSD-2-Clause
 * edit - corrections of a model by hand, each with its reason.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "atoms/edit.h"
#include "atoms/match.h"
#include "base/mem.h"

enum { TEXT = 400, MAX_WORDS = 8, MAX_SPECIES = 100 };

/* Shortest text of x that reads back equal. */
static void print_real(char out[32], double x)
{
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(out, 32, "%.*g", digits, x);
        if (strtod(out, NULL) == x) {
            return;
        }
    }
}

static void print_pos(
    char *out, size_t size, const double p[3], const char *species)
{
    char x[3][32];

    for (int a = 0; a < 3; a++) {
        print_real(x[a], p[a]);
    }
    snprintf(out, size, "%s %s %s%s%s", x[0], x[1], x[2], *species ? " " : "",
        species);
}

static int read_real(const char *word, double *x)
{
    char *end;

    *x = strtod(word, &end);
    return strspn(word, "+-.0123456789eE") == strlen(word) && !*end &&
           end != word && isfinite(*x);
}

static int read_int(const char *word, int64_t *x)
{
    char *end;
    double size;

    *x = strtoll(word, &end, 10);
    return read_real(word, &size) && fabs(size) < 9e15 && !*end && end != word;
}

static int read_pos(char *const *word, double pos[3])
{
    return read_real(word[0], &pos[0]) && read_real(word[1], &pos[1]) &&
           read_real(word[2], &pos[2]);
}

/* Split at blanks, in place. */
static int split(char *text, char **word)
{
    int n = 0;

    char *rest;

    for (char *p = strtok_r(text, " \t\r", &rest); p;
         p = strtok_r(NULL, " \t\r", &rest)) {
        if (n == MAX_WORDS) {
            return MAX_WORDS + 1;
        }
        word[n++] = p;
    }
    return n;
}

/* One operation from its words; 0 when they are none. */
static int read_words(
    char *const *word, int n, struct ae_edit *e, const char **species)
{
    int by_id = n >= 3 && !strcmp(word[1], "id") && read_int(word[2], &e->id);

    *species = NULL;
    if (!strcmp(word[0], "del") && n == 3 && by_id) {
        e->op = AE_EDIT_DEL;
    } else if (!strcmp(word[0], "del") && n == 6 && !strcmp(word[1], "near")) {
        e->op = AE_EDIT_DEL_NEAR;
        return read_pos(word + 2, e->pos) && read_real(word[5], &e->radius) &&
               e->radius > 0;
    } else if (!strcmp(word[0], "add") && n == 5) {
        e->op = AE_EDIT_ADD;
        *species = word[4];
        if (!read_pos(word + 1, e->pos)) {
            return 0;
        }
    } else if (!strcmp(word[0], "move") && n == 6 && by_id) {
        e->op = AE_EDIT_MOVE;
        return read_pos(word + 3, e->pos);
    } else if (!strcmp(word[0], "species") && n == 4 && by_id) {
        e->op = AE_EDIT_SPECIES;
        *species = word[3];
    } else if (!strcmp(word[0], "label") && n == 4 && by_id) {
        e->op = AE_EDIT_LABEL;
        return read_int(word[3], &e->label);
    } else {
        return 0;
    }
    return !*species || strlen(*species) <= MAX_SPECIES;
}

/* Blanks off both ends, ';' and control bytes made harmless. */
static char *tidy(char *text)
{
    size_t n;

    text += strspn(text, " \t");
    n = strlen(text);
    while (n && strchr(" \t\r", text[n - 1])) {
        text[--n] = '\0';
    }
    for (char *p = text; *p; p++) {
        *p = *p == ';' ? ',' : (unsigned char)*p < ' ' ? ' ' : *p;
    }
    return text;
}

/* A row of a log as a line of a script: "del id 3 # reason". */
static int log_line(char *line, char out[2 * TEXT], char **reason)
{
    char *cell[5] = {line, NULL, NULL, NULL, NULL};

    for (int k = 1; k < 5; k++) {
        char *tab = strchr(cell[k - 1], '\t');

        if (!tab) {
            return 0;
        }
        *tab = '\0';
        cell[k] = tab + 1;
    }
    *reason = cell[4];
    if (!strcmp(cell[0], "add")) {
        snprintf(out, 2 * TEXT, "add %s", cell[3]);
    } else if (!strcmp(cell[0], "del")) {
        snprintf(out, 2 * TEXT, "del id %s", cell[1]);
    } else {
        snprintf(out, 2 * TEXT, "%.20s id %s %s", cell[0], cell[1], cell[3]);
    }
    return 1;
}

static int add_edit(struct ae_edit_script *script, const struct ae_edit *e,
    const char *species, const char *reason, struct ae_error *err)
{
    struct ae_edit *more = script->edit;

    if ((script->n & (script->n - 1)) == 0) { /* room for 1, 2, 4, ... */
        more = ae_resize(script->edit, script->n, script->n ? 2 * script->n : 1,
            sizeof *more);
    }
    if (more) {
        script->edit = more;
        more[script->n] = *e;
        more[script->n].species = species ? ae_strdup(species) : NULL;
        more[script->n].reason = ae_strdup(reason);
        script->n++;
    }
    if (!more || (species && !more[script->n - 1].species) ||
        !more[script->n - 1].reason) {
        return ae_fail(err, AE_EMEM, "out of memory for the script");
    }
    return AE_OK;
}

static int parse_line(char *line, long number, int is_log, int need_reason,
    struct ae_edit_script *script, struct ae_error *err)
{
    char buffer[2 * TEXT], quoted[340], whole[TEXT], *word[MAX_WORDS];
    char *hash = NULL, *reason = NULL;
    const char *species;
    struct ae_edit e = {.line = number};
    int n;

    snprintf(whole, sizeof whole, "%s", line);
    if (is_log && *line && *line != '#') {
        if (!log_line(line, buffer, &reason)) {
            return ae_fail(err, AE_EDATA,
                "line %ld: a row of a log has 5 "
                "columns; give the log as it was written",
                number);
        }
        line = buffer;
    } else if ((hash = strchr(line, '#'))) {
        *hash = '\0';
        reason = hash + 1;
    }
    n = split(line, word);
    if (n == 0) {
        return AE_OK;
    }
    if (n > MAX_WORDS || !read_words(word, n, &e, &species)) {
        return ae_fail(err, AE_EDATA,
            "line %ld: '%s' is no operation; want "
            "del id N, del near X Y Z R, add X Y Z SPECIES, move id N X Y Z, "
            "species id N S or label id N L",
            number, ae_quote(quoted, whole));
    }
    reason = tidy(reason ? reason : (char[]){""});
    if (need_reason && !*reason) {
        return ae_fail(err, AE_EDATA,
            "line %ld: '%s' has no reason; add one "
            "behind '#'",
            number, ae_quote(quoted, whole));
    }
    return add_edit(script, &e, species, reason, err);
}

int ae_edit_parse(const char *text, size_t length, int need_reason,
    int semicolons, struct ae_edit_script *script, struct ae_error *err)
{
    static const char mark[] = "# atom-edit log";
    char *copy = ae_alloc(length + 1, 1), *line = copy;
    int code = AE_OK, is_log = 0;

    memset(script, 0, sizeof *script);
    if (!copy) {
        return ae_fail(err, AE_EMEM, "out of memory for the script");
    }
    memcpy(copy, text, length);
    if (memchr(text, '\0', length)) {
        code = ae_fail(err, AE_EDATA,
            "the script holds a zero byte; give a "
            "text");
    }
    if (!strncmp(copy, mark, sizeof mark - 1)) {
        const char *sum = strstr(copy, "checksum ");

        is_log = 1;
        if (!sum || strspn(sum + 9, "0123456789abcdef") < 16) {
            code = ae_fail(err, AE_EDATA,
                "line 1: the log names no checksum; "
                "give it as it was written");
        } else {
            memcpy(script->checksum, sum + 9, 16);
        }
    }
    for (long number = 1; !code && line; number++) {
        char *next = line + strcspn(line, semicolons ? ";\n" : "\n");
        int last = !*next;

        *next = '\0';
        code = parse_line(line, number, is_log, need_reason, script, err);
        line = last ? NULL : next + 1;
    }
    free(copy);
    if (code) {
        ae_edit_script_clear(script);
    }
    return code;
}

void ae_edit_script_clear(struct ae_edit_script *script)
{
    for (size_t i = 0; i < script->n; i++) {
        free(script->edit[i].species);
        free(script->edit[i].reason);
    }
    free(script->edit);
    memset(script, 0, sizeof *script);
}

int ae_edit_begin(
    struct ae_edit_state *state, struct ae_atoms *atoms, struct ae_error *err)
{
    static const char *const names[] = {
        "op", "id", "before", "after", "reason"};
    const struct ae_column *id = ae_atoms_find(atoms, "id");
    int code;

    if (id && (id->type != 'I' || id->width != 1)) {
        return ae_fail(err, AE_EDATA,
            "column 'id' does not hold one integer "
            "per atom; drop or rename it");
    }
    memset(state, 0, sizeof *state);
    state->atoms = atoms;
    state->input = state->room = atoms->n;
    state->id = ae_alloc(atoms->n, sizeof *state->id);
    state->gone = ae_alloc(atoms->n, 1);
    code = ae_table_new(&state->log, 5, names, err);
    if (code || !state->id || !state->gone) {
        ae_edit_clear(state);
        return code ? code
                    : ae_fail(err, AE_EMEM,
                          "out of memory for %zu "
                          "atoms",
                          atoms->n);
    }
    for (size_t i = 0; i < atoms->n; i++) {
        state->id[i] = id ? id->integer[i] : (int64_t)i;
        state->next =
            state->id[i] >= state->next ? state->id[i] + 1 : state->next;
    }
    return AE_OK;
}

/* Row of the atom with this number that is still there, or AE_MATCH_NONE. */
static size_t find(const struct ae_edit_state *s, int64_t id)
{
    if (id >= 0 && (uint64_t)id < s->atoms->n && s->id[id] == id &&
        !s->gone[id]) {
        return (size_t)id;
    }
    for (size_t i = 0; i < s->atoms->n; i++) {
        if (s->id[i] == id && !s->gone[i]) {
            return i;
        }
    }
    return AE_MATCH_NONE;
}

static int find_near(const struct ae_edit_state *s, const struct ae_edit *e,
    size_t *found, struct ae_error *err)
{
    size_t n = 0;

    for (size_t i = 0; i < s->atoms->n; i++) {
        const double *p = s->atoms->pos[i];
        double d =
            hypot(hypot(p[0] - e->pos[0], p[1] - e->pos[1]), p[2] - e->pos[2]);

        if (!s->gone[i] && d <= e->radius) {
            *found = i;
            n++;
        }
    }
    if (n != 1) {
        return ae_fail(err, AE_EDATA,
            "line %ld: %zu atoms within %g angstrom "
            "of %g %g %g; want exactly one",
            e->line, n, e->radius, e->pos[0], e->pos[1], e->pos[2]);
    }
    return AE_OK;
}

static int log_row(struct ae_edit_state *s, const char *op, int64_t id,
    const char *before, const char *after, const char *reason,
    struct ae_error *err)
{
    char number[32];
    const char *cell[] = {op, number, before, after, reason};

    snprintf(number, sizeof number, "%" PRId64, id);
    return ae_table_row(&s->log, cell, err);
}

static int remove_row(
    struct ae_edit_state *s, size_t i, const char *reason, struct ae_error *err)
{
    char before[TEXT];

    print_pos(before, sizeof before, s->atoms->pos[i],
        ae_atoms_text(ae_atoms_find(s->atoms, "species"), i));
    s->gone[i] = 1;
    return log_row(s, "del", s->id[i], before, "-", reason, err);
}

/* A row behind the last: the columns that a script does not give hold what the
 * format has for undefined. */
static int add_row(
    struct ae_edit_state *s, const struct ae_edit *e, struct ae_error *err)
{
    struct ae_atoms one = {0};
    size_t n = s->atoms->n;
    char after[TEXT];
    int code = ae_atoms_new(&one, err);

    if (!code) {
        code = ae_atoms_resize(&one, 1, err);
    }
    if (!code) {
        memcpy(one.pos[0], e->pos, sizeof e->pos);
        code = ae_atoms_set_text(ae_atoms_find(&one, "species"), 0, e->species);
    }
    if (!code) {
        code = ae_atoms_append(s->atoms, &one, err);
    }
    ae_atoms_clear(&one);
    if (code) {
        return code;
    }
    if (n == s->room) {
        size_t room = 2 * n + 16;
        int64_t *id = ae_resize(s->id, n, room, sizeof *id);
        unsigned char *gone;

        s->id = id ? id : s->id;
        gone = ae_resize(s->gone, n, room, 1);
        s->gone = gone ? gone : s->gone;
        if (!id || !gone) {
            return ae_fail(err, AE_EMEM, "out of memory for %zu atoms", room);
        }
        s->room = room;
    }
    s->id[n] = s->next++;
    s->gone[n] = 0;
    struct ae_column *id = ae_atoms_find(s->atoms, "id");
    if (id) {
        id->integer[n] = s->id[n];
    }
    print_pos(after, sizeof after, e->pos, e->species);
    return log_row(s, "add", s->id[n], "-", after, e->reason, err);
}

static int change_row(struct ae_edit_state *s, const struct ae_edit *e,
    size_t i, struct ae_error *err)
{
    char before[TEXT], after[TEXT];
    struct ae_column *col;
    int code = AE_OK;

    if (e->op == AE_EDIT_MOVE) {
        print_pos(before, sizeof before, s->atoms->pos[i], "");
        print_pos(after, sizeof after, e->pos, "");
        memcpy(s->atoms->pos[i], e->pos, sizeof e->pos);
        return log_row(s, "move", e->id, before, after, e->reason, err);
    }
    if (e->op == AE_EDIT_SPECIES) {
        col = ae_atoms_find(s->atoms, "species");
        snprintf(before, sizeof before, "%s", ae_atoms_text(col, i));
        code = ae_atoms_set_text(col, i, e->species);
        if (code) {
            return ae_fail(err, code, "out of memory for a species");
        }
        return log_row(s, "species", e->id, before, e->species, e->reason, err);
    }
    code = ae_atoms_need(s->atoms, "label", 'I', 1, &col, err);
    if (code) {
        return code;
    }
    snprintf(before, sizeof before, "%" PRId64, col->integer[i]);
    snprintf(after, sizeof after, "%" PRId64, e->label);
    col->integer[i] = e->label;
    return log_row(s, "label", e->id, before, after, e->reason, err);
}

int ae_edit_apply(struct ae_edit_state *state, const struct ae_edit *edit,
    struct ae_error *err)
{
    size_t i = 0;

    if (edit->op == AE_EDIT_ADD) {
        return add_row(state, edit, err);
    }
    if (edit->op == AE_EDIT_DEL_NEAR) {
        int code = find_near(state, edit, &i, err);

        return code ? code : remove_row(state, i, edit->reason, err);
    }
    i = find(state, edit->id);
    if (i == AE_MATCH_NONE) {
        return ae_fail(err, AE_EDATA,
            "line %ld: no atom %" PRId64 " (or it is "
            "deleted already); the input has %zu atoms",
            edit->line, edit->id, state->input);
    }
    if (edit->op == AE_EDIT_DEL) {
        return remove_row(state, i, edit->reason, err);
    }
    return change_row(state, edit, i, err);
}

/* Which of two atoms is weaker: the smaller intensity, of equal ones the later
 * row; an atom without intensity was placed by hand and stays. */
static size_t weaker(const struct ae_column *intensity, size_t a, size_t b)
{
    double ia = intensity->real[a], ib = intensity->real[b];

    ia = isnan(ia) ? INFINITY : ia;
    ib = isnan(ib) ? INFINITY : ib;
    if (ia != ib) {
        return ia < ib ? a : b;
    }
    return a > b ? a : b;
}

int ae_edit_close(struct ae_edit_state *s, double distance, int remove,
    size_t *pairs, int64_t nearest[2], double *least, struct ae_error *err)
{
    struct ae_match_pair *pair = NULL;
    struct ae_column *intensity = NULL;
    size_t n = 0, kept = 0;
    int code = AE_OK;

    *pairs = 0;
    if (!(distance > 0)) {
        return AE_OK;
    }
    if (remove) {
        code = ae_atoms_need(s->atoms, "intensity", 'R', 1, &intensity, err);
    }
    if (!code) {
        code = ae_match_pairs((const double(*)[3])s->atoms->pos, s->atoms->n,
            (const double(*)[3])s->atoms->pos, s->atoms->n, distance, &pair, &n,
            err);
    }
    for (size_t k = 0; k < n; k++) {
        if (pair[k].a < pair[k].b && pair[k].distance < distance &&
            !s->gone[pair[k].a] && !s->gone[pair[k].b]) {
            pair[kept++] = pair[k];
        }
    }
    if (kept) {
        qsort(pair, kept, sizeof *pair, ae_match_order);
        nearest[0] = s->id[pair[0].a];
        nearest[1] = s->id[pair[0].b];
        *least = pair[0].distance;
    }
    *pairs = kept;
    for (size_t k = 0; !code && remove && k < kept; k++) {
        size_t a = pair[k].a, b = pair[k].b, out = weaker(intensity, a, b);
        char reason[TEXT];

        if (s->gone[a] || s->gone[b]) {
            continue;
        }
        snprintf(reason, sizeof reason,
            "weaker of a pair %.3f A apart, the other is %" PRId64,
            pair[k].distance, s->id[out == a ? b : a]);
        code = remove_row(s, out, reason, err);
    }
    free(pair);
    return code;
}

int ae_edit_finish(struct ae_edit_state *s, struct ae_error *err)
{
    struct ae_atoms left = {0};
    size_t *row = ae_alloc(s->atoms->n, sizeof *row), n = 0;
    int code;

    if (!row) {
        return ae_fail(
            err, AE_EMEM, "out of memory for %zu atoms", s->atoms->n);
    }
    for (size_t i = 0; i < s->atoms->n; i++) {
        if (!s->gone[i]) {
            row[n++] = i;
        }
    }
    code = ae_atoms_pick(&left, s->atoms, row, n, err);
    free(row);
    if (!code) {
        ae_atoms_clear(s->atoms);
        *s->atoms = left;
    }
    return code;
}

void ae_edit_clear(struct ae_edit_state *s)
{
    free(s->id);
    free(s->gone);
    ae_table_clear(&s->log);
    memset(s, 0, sizeof *s);
}

char *ae_edit_text(const struct ae_table *log)
{
    size_t size = 1, at = 0;
    char *out;

    for (size_t r = 0; r < log->nrow; r++) {
        for (size_t c = 0; c < log->ncol; c++) {
            size += strlen(ae_table_text(log, r, c)) + 8;
        }
    }
    out = ae_alloc(size, 1);
    for (size_t r = 0; out && r < log->nrow; r++) {
        const char *op = ae_table_text(log, r, 0);
        const char *id = ae_table_text(log, r, 1);
        const char *after = ae_table_text(log, r, 3);
        const char *reason = ae_table_text(log, r, 4);

        at += (size_t)snprintf(out + at, size - at, "%s%s", r ? "; " : "", op);
        if (strcmp(op, "add")) {
            at += (size_t)snprintf(out + at, size - at, " id %s", id);
        }
        if (strcmp(op, "del")) {
            at += (size_t)snprintf(out + at, size - at, " %s", after);
        }
        if (*reason) {
            at += (size_t)snprintf(out + at, size - at, " # %s", reason);
        }
    }
    return out;
}

/* Eight bytes, the low one first, into an FNV-1a hash. */
static uint64_t fnv(uint64_t hash, uint64_t value)
{
    for (int k = 0; k < 8; k++) {
        hash = (hash ^ (value >> 8 * k & 0xff)) * UINT64_C(0x100000001b3);
    }
    return hash;
}

static uint64_t fnv_text(uint64_t hash, const char *text)
{
    for (; *text; text++) {
        hash = fnv(hash, (unsigned char)*text);
    }
    return fnv(hash, 256); /* no byte of a text: "ab" "c" is not "a" "bc" */
}

void ae_edit_checksum(const struct ae_atoms *atoms, char out[17])
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    hash = fnv(hash, atoms->n);
    for (int c = 0; c < atoms->ncol; c++) {
        const struct ae_column *col = &atoms->col[c];
        size_t n = atoms->n * (size_t)col->width;

        hash = fnv_text(hash, col->name);
        hash = fnv(fnv(hash, (uint64_t)col->type), (uint64_t)col->width);
        for (size_t i = 0; i < n; i++) {
            uint64_t bits = 0;

            if (col->type == 'R') {
                memcpy(&bits, &col->real[i], sizeof bits);
            } else if (col->type != 'S') {
                bits = (uint64_t)col->integer[i];
            } else {
                hash = fnv_text(hash, col->word[col->text[i]]);
                continue;
            }
            hash = fnv(hash, bits);
        }
    }
    snprintf(out, 17, "%016" PRIx64, hash);
}
