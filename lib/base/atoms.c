/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/atoms.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"

static int short_of_memory(struct ae_error *err)
{
    return ae_fail(err, AE_EMEM, "out of memory for the atoms");
}

static void column_clear(struct ae_column *col)
{
    free(col->name);
    free(col->real);
    free(col->integer);
    free(col->text);
    for (uint32_t i = 0; i < col->nword; i++)
        free(col->word[i]);
    free(col->word);
    free(col->hash);
    *col = (struct ae_column){0};
}

/* Room for that many rows; new ones are zeroed in a new column only. */
static int column_room(struct ae_column *col, size_t room)
{
    size_t w = (size_t)col->width, cells;
    if (ae_mul(room, w, &cells))
        return AE_EMEM;
    void *p;
    switch (col->type) {
    case 'R':
        p = ae_resize(col->real, cells, cells, sizeof *col->real);
        if (p)
            col->real = p;
        break;
    case 'S':
        p = ae_resize(col->text, cells, cells, sizeof *col->text);
        if (p)
            col->text = p;
        break;
    default:
        p = ae_resize(col->integer, cells, cells, sizeof *col->integer);
        if (p)
            col->integer = p;
    }
    return p ? AE_OK : AE_EMEM;
}

static uint32_t hash_of(const char *text)
{
    uint32_t h = 2166136261u; /* FNV-1a */
    for (; *text; text++)
        h = (h ^ (unsigned char)*text) * 16777619u;
    return h;
}

static int rehash(struct ae_column *col, uint32_t size)
{
    uint32_t *hash = malloc(size * sizeof *hash);
    if (!hash)
        return AE_EMEM;
    memset(hash, 0xff, size * sizeof *hash);
    for (uint32_t i = 0; i < col->nword; i++) {
        uint32_t at = hash_of(col->word[i]) & (size - 1);
        while (hash[at] != UINT32_MAX)
            at = (at + 1) & (size - 1);
        hash[at] = i;
    }
    free(col->hash);
    col->hash = hash;
    col->nhash = size;
    return AE_OK;
}

/* The place in the hash table where the text is, or would be. */
static uint32_t place_of(const struct ae_column *col, const char *text)
{
    uint32_t at = hash_of(text) & (col->nhash - 1);
    while (col->hash[at] != UINT32_MAX &&
        strcmp(col->word[col->hash[at]], text) != 0)
        at = (at + 1) & (col->nhash - 1);
    return at;
}

uint32_t ae_atoms_known(const struct ae_column *col, const char *text)
{
    return col->nhash ? col->hash[place_of(col, text)] : UINT32_MAX;
}

uint32_t ae_atoms_word(struct ae_column *col, const char *text)
{
    if (2 * (col->nword + 1) > col->nhash &&
        rehash(col, col->nhash ? 2 * col->nhash : 16))
        return UINT32_MAX;
    uint32_t at = place_of(col, text);
    if (col->hash[at] != UINT32_MAX)
        return col->hash[at];
    uint32_t n = col->nword;
    if (!(n & (n - 1))) { /* full at 0, 1, 2, 4, 8, ... words */
        char **more =
            ae_resize(col->word, n, n ? 2 * (size_t)n : 1, sizeof *more);
        if (!more)
            return UINT32_MAX;
        col->word = more;
    }
    char *copy = ae_strdup(text);
    if (!copy)
        return UINT32_MAX;
    col->word[n] = copy;
    col->hash[at] = n;
    return col->nword++;
}

const char *ae_atoms_text(const struct ae_column *col, size_t i)
{
    return col->word[col->text[i]];
}

int ae_atoms_set_text(struct ae_column *col, size_t i, const char *text)
{
    uint32_t word = ae_atoms_word(col, text);
    if (word == UINT32_MAX)
        return AE_EMEM;
    col->text[i] = word;
    return AE_OK;
}

static void set_pos(struct ae_atoms *atoms)
{
    struct ae_column *pos = ae_atoms_find(atoms, "pos");
    atoms->pos = pos ? (double(*)[3])pos->real : NULL;
}

static int column_init(struct ae_column *col, const char *name, char type,
    int width, size_t room)
{
    *col = (struct ae_column){.type = type, .width = width};
    col->name = ae_strdup(name);
    if (!col->name || column_room(col, room ? room : 1) ||
        (type == 'S' && ae_atoms_word(col, "") == UINT32_MAX)) {
        column_clear(col);
        return AE_EMEM;
    }
    return AE_OK;
}

int ae_atoms_new(struct ae_atoms *atoms, struct ae_error *err)
{
    *atoms = (struct ae_atoms){0};
    if (!ae_atoms_column(atoms, "species", 'S', 1, err) ||
        !ae_atoms_column(atoms, "pos", 'R', 3, err)) {
        ae_atoms_clear(atoms);
        return AE_EMEM;
    }
    return AE_OK;
}

void ae_atoms_clear(struct ae_atoms *atoms)
{
    for (int c = 0; c < atoms->ncol; c++)
        column_clear(&atoms->col[c]);
    free(atoms->col);
    ae_keys_clear(&atoms->keys);
    *atoms = (struct ae_atoms){0};
}

int ae_atoms_reserve(struct ae_atoms *atoms, size_t n, struct ae_error *err)
{
    if (n <= atoms->room)
        return AE_OK;
    /* columns grown before a failure are larger than room says: harmless */
    for (int c = 0; c < atoms->ncol; c++)
        if (column_room(&atoms->col[c], n))
            return short_of_memory(err);
    atoms->room = n;
    set_pos(atoms);
    return AE_OK;
}

int ae_atoms_extend(struct ae_atoms *atoms, size_t n, struct ae_error *err)
{
    if (n > atoms->room) {
        size_t room = 2 * atoms->room > n ? 2 * atoms->room : n;
        int code = ae_atoms_reserve(atoms, room, err);
        if (code)
            return code;
    }
    atoms->n = n;
    return AE_OK;
}

int ae_atoms_resize(struct ae_atoms *atoms, size_t n, struct ae_error *err)
{
    size_t old = atoms->n;
    int code = ae_atoms_extend(atoms, n, err);
    if (code)
        return code;
    for (int c = 0; c < atoms->ncol && n > old; c++) {
        struct ae_column *col = &atoms->col[c];
        size_t w = (size_t)col->width;
        size_t from = old * w, cells = (n - old) * w;
        if (col->type == 'R')
            memset(col->real + from, 0, cells * sizeof *col->real);
        else if (col->type == 'S')
            memset(col->text + from, 0, cells * sizeof *col->text);
        else
            memset(col->integer + from, 0, cells * sizeof *col->integer);
    }
    return AE_OK;
}

struct ae_column *ae_atoms_find(const struct ae_atoms *atoms, const char *name)
{
    for (int c = 0; c < atoms->ncol; c++)
        if (!strcmp(atoms->col[c].name, name))
            return &atoms->col[c];
    return NULL;
}

struct ae_column *ae_atoms_column(struct ae_atoms *atoms, const char *name,
    char type, int width, struct ae_error *err)
{
    struct ae_column *old = ae_atoms_find(atoms, name);
    if (old && old->type == type && old->width == width)
        return old;
    struct ae_column fresh;
    if (column_init(&fresh, name, type, width, atoms->room)) {
        short_of_memory(err);
        return NULL;
    }
    if (old) {
        column_clear(old);
        *old = fresh;
        set_pos(atoms);
        return old;
    }
    struct ae_column *more = ae_resize(atoms->col, (size_t)atoms->ncol,
        (size_t)atoms->ncol + 1, sizeof *more);
    if (!more) {
        column_clear(&fresh);
        short_of_memory(err);
        return NULL;
    }
    atoms->col = more;
    more[atoms->ncol++] = fresh;
    set_pos(atoms);
    return &more[atoms->ncol - 1];
}

int ae_atoms_need(const struct ae_atoms *atoms, const char *name, char type,
    int width, struct ae_column **col, struct ae_error *err)
{
    char quoted[340];
    *col = ae_atoms_find(atoms, name);
    if (*col && (*col)->type == type && (*col)->width == width)
        return AE_OK;
    if (*col)
        return ae_fail(err, AE_EDATA, "column '%s' is %c:%d; want %c:%d",
            ae_quote(quoted, name), (*col)->type, (*col)->width, type, width);
    char have[200] = "";
    for (int c = 0; c < atoms->ncol; c++) {
        size_t at = strlen(have);
        if (at + strlen(atoms->col[c].name) + 2 < sizeof have) {
            strcat(have, " ");
            strcat(have, atoms->col[c].name);
        }
    }
    return ae_fail(err, AE_EDATA, "no column '%s'; the file has%s",
        ae_quote(quoted, name), have);
}

int ae_atoms_drop(struct ae_atoms *atoms, const char *name)
{
    struct ae_column *col = ae_atoms_find(atoms, name);
    if (!col)
        return AE_EDATA;
    column_clear(col);
    size_t after = (size_t)(atoms->col + atoms->ncol - col) - 1;
    memmove(col, col + 1, after * sizeof *col);
    atoms->ncol--;
    set_pos(atoms);
    return AE_OK;
}

/* Copy the values of row j of from to row i of to (same type and width). */
static int copy_cells(struct ae_column *to, size_t i,
    const struct ae_column *from, size_t j)
{
    size_t w = (size_t)to->width;
    for (size_t k = 0; k < w; k++) {
        if (to->type == 'R')
            to->real[i * w + k] = from->real[j * w + k];
        else if (to->type != 'S')
            to->integer[i * w + k] = from->integer[j * w + k];
        else {
            uint32_t word = ae_atoms_word(to,
                from->word[from->text[j * w + k]]);
            if (word == UINT32_MAX)
                return AE_EMEM;
            to->text[i * w + k] = word;
        }
    }
    return AE_OK;
}

int ae_atoms_pick(struct ae_atoms *to, const struct ae_atoms *from,
    const size_t *row, size_t n, struct ae_error *err)
{
    *to = (struct ae_atoms){.has_lattice = from->has_lattice};
    memcpy(to->lattice, from->lattice, sizeof to->lattice);
    memcpy(to->pbc, from->pbc, sizeof to->pbc);
    if (ae_keys_copy(&to->keys, &from->keys))
        goto fail;
    for (int c = 0; c < from->ncol; c++) {
        const struct ae_column *col = &from->col[c];
        if (!ae_atoms_column(to, col->name, col->type, col->width, NULL))
            goto fail;
    }
    if (ae_atoms_reserve(to, n, NULL) || ae_atoms_resize(to, n, NULL))
        goto fail;
    for (int c = 0; c < from->ncol; c++)
        for (size_t i = 0; i < n; i++)
            if (copy_cells(&to->col[c], i, &from->col[c], row[i]))
                goto fail;
    return AE_OK;
fail:
    ae_atoms_clear(to);
    return short_of_memory(err);
}

static int fill_missing(struct ae_column *col, size_t from, size_t n)
{
    size_t w = (size_t)col->width;
    uint32_t none = 0;
    if (col->type == 'S') {
        none = ae_atoms_word(col, "-");
        if (none == UINT32_MAX)
            return AE_EMEM;
    }
    for (size_t k = from * w; k < n * w; k++) {
        if (col->type == 'R')
            col->real[k] = NAN;
        else if (col->type == 'S')
            col->text[k] = none;
        else
            col->integer[k] = col->type == 'I' ? -1 : 0;
    }
    return AE_OK;
}

int ae_atoms_append(struct ae_atoms *atoms, const struct ae_atoms *more,
    struct ae_error *err)
{
    size_t old = atoms->n;
    for (int c = 0; c < more->ncol; c++) {
        const struct ae_column *col = &more->col[c];
        if (ae_atoms_find(atoms, col->name))
            continue;
        struct ae_column *added =
            ae_atoms_column(atoms, col->name, col->type, col->width, err);
        if (!added)
            return AE_EMEM;
        if (fill_missing(added, 0, old))
            return short_of_memory(err);
    }
    int code = ae_atoms_resize(atoms, old + more->n, err);
    if (code)
        return code;
    for (int c = 0; c < atoms->ncol; c++) {
        struct ae_column *to = &atoms->col[c];
        const struct ae_column *from = ae_atoms_find(more, to->name);
        if (!from) {
            if (fill_missing(to, old, atoms->n))
                return short_of_memory(err);
            continue;
        }
        if (from->type != to->type || from->width != to->width)
            return ae_fail(err, AE_EDATA,
                "column '%.60s' is %c:%d in one file and %c:%d in the other",
                to->name, to->type, to->width, from->type, from->width);
        for (size_t i = 0; i < more->n; i++)
            if (copy_cells(to, old + i, from, i))
                return short_of_memory(err);
    }
    return AE_OK;
}
