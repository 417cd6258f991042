/* SPDX-License-Identifier: BSD-2-Clause */
#include "geom/ptm.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "geom/ptm_fit_kernel.h"
#include "geom/ptm_guess_kernel.h"
#include "geom/ptm_near.h"
#include "math/rotation.h"

/* A match below this is the answer: templates lie at least twice as far from
 * each other (bcc and fcc 0.145, all others 0.2). */
#define CLEAR 0.05
/* Beside a match below this no other is searched for: half of the least
 * distance between two templates of twelve, or one and itself matched
 * otherwise (fcc and ico, 0.2207), is 0.11; and up to there the book holds the
 * graphs of 99.9 % of all jittered neighbourhoods. */
#define ALONE 0.11
/* When the hull of the directions comes this near to the central atom or
 * leaves it outside, there is a cap of 84 degrees without a neighbour. Every
 * cap of that size holds sites of every template; to leave it they move by
 * more than LOPSIDED r.m.s. (fcc along a cube axis, centre moved too: 0.156). */
#define CAP      0.1
#define LOPSIDED 0.15
/* frames that are refined where no graph fits */
#define FRAMES 4

enum {
    CHUNK = 32, /* cells whose atoms are matched in a row */
    GUESSES = 2 /* lattices that are remembered: hcp has two kinds of sites */
};

static const int sites[AE_PTM_TYPES] = {0, 12, 12, 14, 12, 6, 12};
static const char *const names[AE_PTM_TYPES] = {
    "other", "fcc", "hcp", "bcc", "ico", "sc", "dec"};

const char *ae_ptm_name(enum ae_ptm_type type)
{
    return names[type];
}

enum ae_ptm_type ae_ptm_named(const char *name)
{
    for (int type = AE_PTM_FCC; type < AE_PTM_TYPES; type++)
        if (!strcmp(name, names[type]))
            return type;
    return AE_PTM_OTHER;
}

struct matcher {
    struct ae_ptm_options options;
    struct ae_ptm_template template[AE_PTM_TYPES];
    struct ae_ptm_book *book;
};

/* The lattices that the last atoms of a chunk had, the newest at next - 1. */
struct memory {
    struct ae_ptm_guess guess[GUESSES];
    int next;
};

/* The best match so far. */
struct best {
    int type;
    double rmsd2, limit; /* limit: of rmsd^2, for the next */
    double T, M[3][3];
    struct ae_ptm_shell shell;
    uint8_t match[AE_PTM_MOST];
};

static int matcher_new(struct matcher *m, const struct ae_ptm_options *options,
    struct ae_error *err)
{
    memset(m, 0, sizeof *m);
    m->options = *options;
    for (int type = 1; type < AE_PTM_TYPES; type++)
        ae_ptm_template(type, &m->template[type]);
    return options->search ? AE_OK
                           : ae_ptm_book_new(&m->book, options->mask, err);
}

/* Is this match of a type the best? */
static void try_match(const struct matcher *m, int type,
    const struct ae_ptm_shell *shell, const uint8_t *match, struct best *best)
{
    double M[3][3], T;
    double rmsd2 =
        ae_ptm_rmsd2(shell, &m->template[type], match, best -> limit, M, &T);
    if (!(rmsd2 <= best->limit) || (best->type && rmsd2 == best->limit))
        return;
    best->type = type;
    best->rmsd2 = best->limit = rmsd2;
    best->T = T;
    memcpy(best->M, M, sizeof M);
    memcpy(best->match, match, AE_PTM_MOST);
    best->shell = *shell;
}

/* The matches that the facet graph of the shell has in the book; 1 when the
 * shell is too lopsided for any. */
static int try_graph(const struct matcher *m, const struct ae_ptm_shell *shell,
    struct best *best)
{
    struct ae_ptm_graph graph;
    struct ae_ptm_code code;
    const struct ae_ptm_map *map;
    int a = 0, b = 0;
    if (ae_ptm_graph(shell->v, shell->n, &graph))
        return 0;
    if (graph.nearest < CAP && best->limit <= LOPSIDED * LOPSIDED)
        return 1;
    ae_ptm_start(&graph, &a, &b);
    ae_ptm_code(&graph, a, b, &code);
    int n = ae_ptm_book_find(m->book, &code, &map);
    for (int k = 0; k < n; k++) {
        uint8_t match[AE_PTM_MOST] = {0};
        for (int i = 0; i < shell->n; i++)
            match[code.corner[i]] = map[k].map[i];
        try_match(m, map[k].type, shell, match, best);
    }
    return 0;
}

/* The search for all templates of the shell's size that can still be best. */
static void try_search(
    const struct matcher *m, struct ae_ptm_shell *shell, struct best *best)
{
    int all = m->options.search;
    ae_ptm_shell_radii(shell);
    for (int type = 1; type < AE_PTM_TYPES; type++) {
        const struct ae_ptm_template *t = &m->template[type];
        uint8_t match[AE_PTM_MOST] = {0};
        if (sites[type] != shell->n || !(m->options.mask >> type & 1) ||
            (!all && ae_ptm_bound(shell, t) > best->limit))
            continue;
        double rmsd2 =
            ae_ptm_search(shell, t, all ? 0 : FRAMES, best->limit, match);
        if (rmsd2 <= best->limit)
            try_match(m, type, shell, match, best);
    }
}

/* Do fourteen of the radii look more like bcc than twelve like one shell? */
static int bcc_first(const double (*d)[3], const struct ae_ptm_template *bcc)
{
    double r[AE_PTM_MOST], sum = 0, twelve = 0, squares = 0, overlap = 0;
    for (int i = 0; i < 14; i++) {
        r[i] = sqrt(d[i][0] * d[i][0] + d[i][1] * d[i][1] + d[i][2] * d[i][2]);
        sum += i < 12 ? r[i] : 0;
        twelve += i < 12 ? r[i] * r[i] : 0;
        squares += r[i] * r[i];
        overlap += r[i] * bcc->radius[i + 1];
    }
    /* sines of the angles between the lists of radii */
    return 1 - overlap * overlap / (squares * bcc->square) <
           1 - sum * sum / (12 * twelve);
}

/* Is p the turn of the smaller angle? Of equal ones that with the larger x, y
 * or z (w >= 0) comes first, so that the choice is no matter of the match. */
static int comes_first(const double p[4], const double q[4])
{
    double sign_p = p[0] < 0 ? -1 : 1, sign_q = q[0] < 0 ? -1 : 1;
    for (int k = 0; k < 4; k++) {
        double more = sign_p * p[k] - sign_q * q[k];
        if (fabs(more) > 1e-9)
            return more > 0;
    }
    return 0;
}

static void finish(
    const struct matcher *m, const struct best *best, struct ae_ptm_match *out)
{
    const struct ae_ptm_template *t = &m->template[best->type];
    const struct ae_ptm_shell *s = &best->shell;
    double q[4], R[3][3], F[3][3], G[3][3], turned[4], first[4], sum = 0;
    double scale = best->T / s->square;
    int turn = 0;
    ae_ptm_quaternion((double(*)[3])best->M, best->T, q);
    ae_quaternion_matrix(q, R);
    for (int i = -1; i < s->n; i++) /* the central atom is at the origin */
        for (int a = 0; a < 3; a++) {
            const double *w = i < 0 ? NULL : t->w[best->match[i]];
            double v = i < 0 ? 0 : s->v[i][a];
            double site =
                w ? R[a][0] * w[0] + R[a][1] * w[1] + R[a][2] * w[2] : 0;
            double off = scale * (v - s->centre[a]) - site;
            sum += off * off;
        }
    for (int g = 0; g < t->nturn; g++) {
        ae_ptm_product(q, t->turn[g], turned);
        if (!g || comes_first(turned, first)) {
            memcpy(first, turned, sizeof first);
            turn = g;
        }
    }
    ae_ptm_product(q, t->turn[turn], out->orientation);
    for (int k = 3; k >= 0; k--)
        out->orientation[k] *= out->orientation[0] < 0 ? -1 : 1;
    ae_quaternion_matrix(t->turn[turn], G);
    for (int a = 0; a < 3; a++)
        for (int b = 0; b < 3; b++) {
            F[a][b] = 0;
            for (int k = 0; k < 3; k++)
                F[a][b] += scale * best->M[a][k] * t->inverse[k][b];
        }
    for (int a = 0; a < 3; a++)
        for (int b = 0; b < 3; b++)
            out->deformation[a][b] =
                F[a][0] * G[0][b] + F[a][1] * G[1][b] + F[a][2] * G[2][b];
    out->type = best->type;
    out->rmsd = sqrt(sum / (s->n + 1));
    out->dist = 1 / scale;
}

static const unsigned of_size[3] = {
    1u << AE_PTM_FCC | 1u << AE_PTM_HCP | 1u << AE_PTM_ICO | 1u << AE_PTM_DEC,
    1u << AE_PTM_BCC, 1u << AE_PTM_SC};
static const int size_of[3] = {12, 14, 6};

/* The atom as one of a lattice before it: 1 when no other match of its size
 * can be better. */
static int try_guess(const struct matcher *m, const struct ae_ptm_guess *guess,
    const struct ae_ptm_shell *shell, struct best *best)
{
    double sure = shell->n == 12 ? ALONE : CLEAR, limit = best->limit;
    uint8_t match[AE_PTM_MOST] = {0};
    if (!ae_ptm_guess_match(guess, shell->v, match))
        return 0;
    best->limit = fmin(limit, sure * sure);
    try_match(m, guess->type, shell, match, best);
    if (best->type)
        return 1;
    best->limit = limit;
    return 0;
}

/* The graphs of the shells of 12, 14 and 6 neighbours, the most promising
 * first; use[k] stays 1 where they leave a doubt. known: the shell whose best
 * match is there already, or -1. */
static void try_graphs(const struct matcher *m, const double (*d)[3], int n,
    int known, struct ae_ptm_shell shell[3], int use[3], struct best *best)
{
    static const int model[3] = {AE_PTM_FCC, AE_PTM_BCC, AE_PTM_SC};
    unsigned mask = m->options.mask;
    int second = n >= 14 && mask & of_size[1] && mask & of_size[0] &&
                 known < 0 && bcc_first(d, &m->template[AE_PTM_BCC]);
    for (int i = 0; i < 3; i++) {
        int k = i < 2 && second ? 1 - i : i;
        if (n < size_of[k] || !(mask & of_size[k]) || k == known ||
            best->rmsd2 < CLEAR * CLEAR)
            continue;
        ae_ptm_shell_set(&shell[k], d, size_of[k]);
        use[k] = shell[k].square > 0;
        if (!use[k] || m->options.search)
            continue;
        if (best->type) { /* can this shell be better at all? */
            ae_ptm_shell_radii(&shell[k]);
            use[k] =
                ae_ptm_bound(&shell[k], &m->template[model[k]]) <= best->limit;
        }
        use[k] = use[k] && !try_graph(m, &shell[k], best);
    }
}

/* The lattices of the atoms before, the graphs, then the search where they
 * leave a doubt. */
static void match_one(const struct matcher *m, const double (*d)[3], int n,
    struct memory *memory, struct ae_ptm_match *out)
{
    struct ae_ptm_shell shell[3];
    struct best best;
    int use[3] = {0}, known = -1;
    best.type = AE_PTM_OTHER;
    best.limit = m->options.rmsd_max * m->options.rmsd_max;
    best.rmsd2 = INFINITY;
    for (int g = 0; g < GUESSES && known < 0 && !m->options.search; g++) {
        const struct ae_ptm_guess *guess =
            &memory->guess[(memory->next + GUESSES - 1 - g) % GUESSES];
        int k = guess->n == 12 ? 0 : guess->n == 14 ? 1 : 2;
        if (!guess->type || n < guess->n)
            continue;
        ae_ptm_shell_set(&shell[k], d, guess->n);
        if (try_guess(m, guess, &shell[k], &best))
            known = k;
    }
    try_graphs(m, d, n, known, shell, use, &best);
    for (int k = 0; k < 3; k++)
        if (use[k] && !(best.rmsd2 < ALONE * ALONE && !m->options.search))
            try_search(m, &shell[k], &best);
    if (!best.type) {
        out->type = AE_PTM_OTHER;
        return;
    }
    finish(m, &best, out);
    if (known >= 0 || m->options.search)
        return;
    ae_ptm_guess_set(&memory->guess[memory->next], out->type,
        &m->template[out->type], out -> orientation, out -> dist);
    memory->next = (memory->next + 1) % GUESSES;
}

static void put(const struct ae_ptm_columns *out, size_t i,
    const struct ae_ptm_match *match)
{
    size_t row = out->row ? out->row[i] : i;
    int other = match->type == AE_PTM_OTHER;
    out->type[row] = match->type;
    out->rmsd[row] = other ? NAN : match->rmsd;
    out->dist[row] = other ? NAN : match->dist;
    for (size_t k = 0; k < 4; k++)
        out->orientation[4 * row + k] = other ? NAN : match->orientation[k];
    for (size_t k = 0; k < 9; k++)
        out->deformation[9 * row + k] =
            other ? NAN : match->deformation[k / 3][k % 3];
}

/* The atoms of the cells first ... last - 1; AE_EMEM. */
static int match_cells(const struct matcher *m, const struct ae_ptm_near *near,
    size_t first, size_t last, struct ae_ptm_near_work *work,
    const struct ae_ptm_columns *out)
{
    struct memory memory = {0};
    for (size_t c = first; c < last; c++) {
        if (ae_ptm_near_gather(near, c, work))
            return AE_EMEM;
        for (size_t k = 0; k < work->count; k++) {
            struct ae_ptm_near_list list;
            struct ae_ptm_match match;
            if (ae_ptm_near_list(near, k, work, &list))
                return AE_EMEM;
            match_one(m, list.d, list.n, &memory, &match);
            put(out, list.centre, &match);
        }
    }
    return AE_OK;
}

int ae_ptm(const double (*pos)[3], size_t n, const double *lattice,
    const int *pbc, const struct ae_ptm_options *options,
    const struct ae_ptm_columns *out, struct ae_error *err)
{
    struct matcher m = {0};
    struct ae_ptm_near *near = NULL;
    int failed = 0, code = matcher_new(&m, options, err);
    if (!code)
        code = ae_ptm_near_new(&near, pos, n, lattice, pbc, err);
    size_t cells = code ? 0 : ae_ptm_near_cells(near);
#pragma omp parallel
    {
        struct ae_ptm_near_work work = {0};
        int bad = 0;
#pragma omp for schedule(dynamic, 1)
        for (size_t first = 0; first < cells; first += CHUNK) {
            size_t last = first + CHUNK < cells ? first + CHUNK : cells;
            bad = bad || match_cells(&m, near, first, last, &work, out);
        }
        ae_ptm_near_work_clear(&work);
        if (bad) {
#pragma omp atomic write
            failed = 1;
        }
    }
    if (failed)
        code = ae_fail(
            err, AE_EMEM, "out of memory for the neighbours of an atom");
    ae_ptm_near_free(near);
    ae_ptm_book_free(m.book);
    return code;
}

int ae_ptm_one(const double (*d)[3], int m,
    const struct ae_ptm_options *options, struct ae_ptm_match *match,
    struct ae_error *err)
{
    struct matcher matcher;
    struct memory memory = {0};
    int code = matcher_new(&matcher, options, err);
    if (!code)
        match_one(&matcher, d, m, &memory, match);
    ae_ptm_book_free(matcher.book);
    return code;
}
