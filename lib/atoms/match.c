/* SPDX-License-Identifier: BSD-2-Clause
 * match - which atom of one model is which of another.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "atoms/match.h"

static const double settled = 1e-4; /* angstrom, published stop rule */

/* Atoms of b sorted into cubes of the edge. */
struct grid {
    double low[3], edge;
    size_t n[3];
    size_t *first; /* [cells + 1] */
    size_t *atom;  /* [nb] by cell, then index */
};

static size_t cell_of(const struct grid *g, const double p[3])
{
    size_t i[3];

    for (int a = 0; a < 3; a++) {
        i[a] = (size_t)((p[a] - g->low[a]) / g->edge);
        i[a] = i[a] < g->n[a] ? i[a] : g->n[a] - 1;
    }
    return (i[2] * g->n[1] + i[1]) * g->n[0] + i[0];
}

/* The edge is r, or more where a wide, thin set would need many empty cells. */
static int grid_build(struct grid *g, const double (*b)[3], size_t nb, double r,
    struct ae_error *err)
{
    double high[3], cells;

    memset(g, 0, sizeof *g);
    for (int a = 0; a < 3; a++) {
        g->low[a] = high[a] = nb ? b[0][a] : 0;
        for (size_t j = 1; j < nb; j++) {
            g->low[a] = fmin(g->low[a], b[j][a]);
            high[a] = fmax(high[a], b[j][a]);
        }
    }
    g->edge = r / 2;
    do {
        g->edge *= 2;
        cells = 1;
        for (int a = 0; a < 3; a++) {
            cells *= floor((high[a] - g->low[a]) / g->edge) + 1;
        }
    } while (cells > 8.0 * (double)nb + 64);
    for (int a = 0; a < 3; a++) {
        g->n[a] = (size_t)((high[a] - g->low[a]) / g->edge) + 1;
    }
    g->first = ae_alloc((size_t)cells + 2, sizeof *g->first);
    g->atom = ae_alloc(nb, sizeof *g->atom);
    if (!g->first || !g->atom) {
        free(g->first);
        free(g->atom);
        return ae_fail(
            err, AE_EMEM, "matching: out of memory for %zu atoms", nb);
    }
    for (size_t j = 0; j < nb; j++) {
        g->first[cell_of(g, b[j]) + 2]++;
    }
    for (size_t c = 2; c < (size_t)cells + 2; c++) {
        g->first[c] += g->first[c - 1];
    }
    for (size_t j = 0; j < nb; j++) {
        g->atom[g->first[cell_of(g, b[j]) + 1]++] = j;
    }
    return AE_OK;
}

struct list {
    struct ae_match_pair *pair;
    size_t n, room;
};

static int list_add(struct list *list, size_t a, size_t b, double distance)
{
    if (list->n == list->room) {
        size_t room = list->room ? 2 * list->room : 1024;
        struct ae_match_pair *more =
            ae_resize(list->pair, list->room, room, sizeof *more);

        if (!more) {
            return -1;
        }
        list->pair = more;
        list->room = room;
    }
    list->pair[list->n++] = (struct ae_match_pair){a, b, distance};
    return 0;
}

/* Atoms of b within r of p. */
static int around(const struct grid *g, const double (*b)[3], double r,
    size_t i, const double p[3], struct list *list)
{
    size_t from[3], to[3];

    for (int a = 0; a < 3; a++) {
        double low = floor((p[a] - r - g->low[a]) / g->edge);
        double high = floor((p[a] + r - g->low[a]) / g->edge);

        if (high < 0 || low > (double)g->n[a] - 1) {
            return 0;
        }
        from[a] = low < 0 ? 0 : (size_t)low;
        to[a] = high > (double)g->n[a] - 1 ? g->n[a] - 1 : (size_t)high;
    }
    for (size_t z = from[2]; z <= to[2]; z++) {
        for (size_t y = from[1]; y <= to[1]; y++) {
            size_t row = (z * g->n[1] + y) * g->n[0];

            for (size_t k = g->first[row + from[0]];
                 k < g->first[row + to[0] + 1]; k++) {
                const double *q = b[g->atom[k]];
                double d = sqrt((p[0] - q[0]) * (p[0] - q[0]) +
                                (p[1] - q[1]) * (p[1] - q[1]) +
                                (p[2] - q[2]) * (p[2] - q[2]));

                if (d <= r && list_add(list, i, g->atom[k], d)) {
                    return -1;
                }
            }
        }
    }
    return 0;
}

int ae_match_pairs(const double (*a)[3], size_t na, const double (*b)[3],
    size_t nb, double r, struct ae_match_pair **pair, size_t *npair,
    struct ae_error *err)
{
    struct list list = {0};
    struct grid g;
    int code = grid_build(&g, b, nb, r, err);

    if (code) {
        return code;
    }
    for (size_t i = 0; i < na && nb; i++) {
        if (around(&g, b, r, i, a[i], &list)) {
            free(list.pair);
            list.pair = NULL;
            code = ae_fail(err, AE_EMEM,
                "matching: out of memory for %zu pairs; take a smaller "
                "distance than %g angstrom",
                list.n, r);
            break;
        }
    }
    free(g.first);
    free(g.atom);
    *pair = list.pair;
    *npair = code ? 0 : list.n;
    return code;
}

int ae_match_order(const void *p, const void *q)
{
    const struct ae_match_pair *s = p, *t = q;

    if (s->distance != t->distance) {
        return s->distance < t->distance ? -1 : 1;
    }
    if (s->a != t->a) {
        return s->a < t->a ? -1 : 1;
    }
    return s->b < t->b ? -1 : s->b > t->b;
}

int ae_match(const double (*a)[3], size_t na, const double (*b)[3], size_t nb,
    double tolerance, struct ae_match *match, struct ae_error *err)
{
    size_t npair = 0, kept = 0;
    int code;

    memset(match, 0, sizeof *match);
    code = ae_match_pairs(a, na, b, nb, tolerance, &match->pair, &npair, err);
    if (code) {
        return code;
    }
    match->of_a = ae_alloc(na, sizeof *match->of_a);
    match->of_b = ae_alloc(nb, sizeof *match->of_b);
    if (!match->of_a || !match->of_b) {
        ae_match_clear(match);
        return ae_fail(
            err, AE_EMEM, "matching: out of memory for %zu atoms", na + nb);
    }
    for (size_t i = 0; i < na; i++) {
        match->of_a[i] = AE_MATCH_NONE;
    }
    for (size_t j = 0; j < nb; j++) {
        match->of_b[j] = AE_MATCH_NONE;
    }
    if (npair) {
        qsort(match->pair, npair, sizeof *match->pair, ae_match_order);
    }
    for (size_t k = 0; k < npair; k++) {
        struct ae_match_pair p = match->pair[k];

        if (match->of_a[p.a] == AE_MATCH_NONE &&
            match->of_b[p.b] == AE_MATCH_NONE) {
            match->of_a[p.a] = p.b;
            match->of_b[p.b] = p.a;
            match->pair[kept++] = p;
        }
    }
    match->n = kept;
    return AE_OK;
}

void ae_match_clear(struct ae_match *match)
{
    free(match->pair);
    free(match->of_a);
    free(match->of_b);
    memset(match, 0, sizeof *match);
}

void ae_match_move(const struct ae_superpose *fit, const double (*pos)[3],
    size_t n, double (*moved)[3])
{
    for (size_t i = 0; i < n; i++) {
        ae_superpose_apply(fit, pos[i], moved[i]);
    }
}

/* One pass: match the moved atoms, fit the matched ones; *step = mean length
 * of the change (sum of the axes of the mean change for a shift). */
static int pass(const double (*a)[3], size_t na, const double (*b)[3],
    size_t nb, double tolerance, enum ae_superpose_fit kind,
    struct ae_superpose *fit, double (*moved)[3], double (*p)[3],
    double (*q)[3], double *step, size_t *n, struct ae_error *err)
{
    struct ae_match match;
    struct ae_superpose next = *fit;
    int code;

    ae_match_move(fit, a, na, moved);
    code =
        ae_match((const double(*)[3])moved, na, b, nb, tolerance, &match, err);
    if (code) {
        return code;
    }
    *n = match.n;
    *step = 0;
    for (size_t k = 0; k < match.n; k++) {
        const double *from = kind == AE_SUPERPOSE_SHIFT ? moved[match.pair[k].a]
                                                        : a[match.pair[k].a];

        memcpy(p[k], from, sizeof p[k]);
        memcpy(q[k], b[match.pair[k].b], sizeof q[k]);
    }
    if (match.n) {
        code = ae_superpose((const double(*)[3])p, (const double(*)[3])q,
            match.n, kind, &next, NULL, err);
    }
    if (!code && match.n && kind == AE_SUPERPOSE_SHIFT) {
        for (int i = 0; i < 3; i++) {
            *step += fabs(next.shift[i]);
            fit->shift[i] += next.shift[i];
        }
    } else if (!code && match.n) {
        for (size_t k = 0; k < match.n; k++) {
            double r[3];

            ae_superpose_apply(&next, p[k], r);
            for (int i = 0; i < 3; i++) {
                *step +=
                    fabs(r[i] - moved[match.pair[k].a][i]) / (double)match.n;
            }
        }
        *fit = next;
    }
    ae_match_clear(&match);
    return code;
}

int ae_match_fit(const double (*a)[3], size_t na, const double (*b)[3],
    size_t nb, double tolerance, enum ae_superpose_fit kind,
    struct ae_superpose *fit, int max_passes, int *passes, struct ae_error *err)
{
    size_t least = na < nb ? na : nb;
    double(*moved)[3] = ae_alloc(na, sizeof *moved);
    double(*p)[3] = ae_alloc(least, sizeof *p);
    double(*q)[3] = ae_alloc(least, sizeof *q);
    int code = AE_OK, done = 0;

    if (!moved || !p || !q) {
        code = ae_fail(
            err, AE_EMEM, "matching: out of memory for %zu atoms", na + nb);
    }
    while (!code && done < max_passes) {
        double step;
        size_t n;

        code = pass(
            a, na, b, nb, tolerance, kind, fit, moved, p, q, &step, &n, err);
        if (code || !n) {
            break;
        }
        done++;
        if (step <= settled) {
            break;
        }
    }
    if (passes) {
        *passes = done;
    }
    free(moved);
    free(p);
    free(q);
    return code;
}
