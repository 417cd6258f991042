/* SPDX-License-Identifier: BSD-2-Clause
 * agreement - differences and counts of a match.
 */
#include "atoms/agreement.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/mem.h"

typedef const double (*points)[3];

enum { MOST_VALUES = 1000 };

/* Pairs beyond the tolerance are undone. */
static size_t undo_beyond(struct ae_match *m, double tolerance)
{
    size_t n = 0;
    while (n < m->n && m->pair[n].distance <= tolerance) {
        n++;
    }
    for (size_t k = n; k < m->n; k++) {
        m->of_a[m->pair[k].a] = m->of_b[m->pair[k].b] = AE_MATCH_NONE;
    }
    return n;
}

int ae_agreement(const struct ae_atoms *A, const struct ae_atoms *B,
    const struct ae_overlay *best, double tolerance, double widest,
    struct ae_agreement *g, struct ae_error *err)
{
    double(*moved)[3] = ae_alloc(A->n, sizeof *moved);
    *g = (struct ae_agreement){.turned = ae_alloc(A->n, sizeof *g->turned),
        .d = ae_alloc(A->n, sizeof *g->d)};
    int code = AE_OK;
    if (!moved || !g->turned || !g->d) {
        code = ae_fail(err, AE_EMEM, "out of memory for %zu atoms", A->n);
        goto out;
    }
    ae_overlay_turn(best->axes, (points)A->pos, A->n, g->turned);
    ae_match_move(&best->fit, (points)g->turned, A->n, moved);
    code = ae_match((points)moved, A->n, (points)B->pos, B->n,
        fmax(tolerance, widest), &g->match, err);
    if (code) {
        goto out;
    }
    for (size_t k = 0; k < g->match.n; k++) {
        const struct ae_match_pair *pair = &g->match.pair[k];
        for (int a = 0; a < 3; a++) {
            g->d[k][a] = moved[pair->a][a] - B->pos[pair->b][a];
        }
    }
    g->n = undo_beyond(&g->match, tolerance);
out:
    free(moved);
    if (code) {
        free(g->turned);
        free(g->d);
        *g = (struct ae_agreement){0};
    }
    return code;
}

void ae_agreement_clear(struct ae_agreement *g)
{
    ae_match_clear(&g->match);
    free(g->turned);
    free(g->d);
    *g = (struct ae_agreement){0};
}

size_t ae_agreement_within(const struct ae_agreement *g, double r)
{
    size_t n = 0;
    while (n < g->match.n && g->match.pair[n].distance <= r) {
        n++;
    }
    return n;
}

/* The value of a text or integer column as a word, its number. */
static size_t word_of(
    struct ae_column *words, const struct ae_column *col, size_t i)
{
    char buffer[32];
    const char *text = buffer;
    if (col->type == 'S') {
        text = ae_atoms_text(col, i);
    } else {
        snprintf(buffer, sizeof buffer, "%lld", (long long)col->integer[i]);
    }
    return ae_atoms_word(words, text);
}

static int column_of(const struct ae_atoms *atoms, const char *name,
    const char *by, struct ae_column **col, struct ae_error *err)
{
    *col = ae_atoms_find(atoms, by);
    if (!*col) {
        return ae_fail(err, AE_EDATA,
            "%s: no column '%s'; choose another with --by", name, by);
    }
    if ((*col)->type == 'R' || (*col)->width != 1) {
        return ae_fail(err, AE_EDATA,
            "%s: column '%s' is not a text or an integer; choose another with "
            "--by",
            name, by);
    }
    return AE_OK;
}

/* All values of both columns become words. */
static int collect(struct ae_column *words, const struct ae_column *ca,
    size_t na, const struct ae_column *cb, size_t nb)
{
    int bad = 0;
    for (size_t j = 0; j < nb && !bad; j++) {
        bad = word_of(words, cb, j) == UINT32_MAX;
    }
    for (size_t i = 0; i < na && !bad; i++) {
        bad = word_of(words, ca, i) == UINT32_MAX;
    }
    return bad;
}

static void count_all(const struct ae_match *m, struct ae_column *words,
    const struct ae_column *ca, size_t na, const struct ae_column *cb,
    size_t nb, struct ae_confusion *table)
{
    size_t n = table->n;
    for (size_t i = 0; i < na; i++) {
        size_t j = m->of_a[i];
        size_t b = j == AE_MATCH_NONE ? n : word_of(words, cb, j);
        table->count[word_of(words, ca, i) * (n + 1) + b]++;
    }
    for (size_t j = 0; j < nb; j++) {
        if (m->of_b[j] == AE_MATCH_NONE) {
            table->count[n * (n + 1) + word_of(words, cb, j)]++;
        }
    }
}

int ae_confusion(const struct ae_atoms *A, const struct ae_atoms *B,
    const struct ae_match *m, const char *by, struct ae_confusion *table,
    struct ae_error *err)
{
    struct ae_column *ca, *cb;
    *table = (struct ae_confusion){0};
    if (column_of(A, "A", by, &ca, err) || column_of(B, "B", by, &cb, err) ||
        ae_atoms_new(&table->values, err)) {
        return err->code;
    }
    struct ae_column *words = ae_atoms_find(&table->values, "species");
    int bad = collect(words, ca, A->n, cb, B->n);
    table->n = words->nword;
    table->word = words->word;
    if (!bad && table->n <= MOST_VALUES) {
        table->count =
            ae_alloc((table->n + 1) * (table->n + 1), sizeof *table->count);
        bad = !table->count;
    }
    if (bad) {
        ae_fail(err, AE_EMEM, "out of memory for the values of '%s'", by);
    } else if (table->n > MOST_VALUES) {
        bad = ae_fail(err, AE_EDATA,
            "column '%s' has %zu different values; choose another with --by",
            by, table->n);
    } else {
        count_all(m, words, ca, A->n, cb, B->n, table);
    }
    if (bad) {
        ae_confusion_clear(table);
        return err->code;
    }
    return AE_OK;
}

void ae_confusion_clear(struct ae_confusion *table)
{
    ae_atoms_clear(&table->values);
    free(table->count);
    *table = (struct ae_confusion){0};
}

int ae_agreement_rest(const struct ae_atoms *from, const size_t *partner,
    struct ae_atoms *rest, struct ae_error *err)
{
    size_t *rows = ae_alloc(from->n, sizeof *rows), n = 0;
    if (!rows) {
        return ae_fail(err, AE_EMEM, "out of memory for %zu atoms", from->n);
    }
    for (size_t i = 0; i < from->n; i++) {
        if (partner[i] == AE_MATCH_NONE) {
            rows[n++] = i;
        }
    }
    int code = ae_atoms_pick(rest, from, rows, n, err);
    free(rows);
    return code;
}
