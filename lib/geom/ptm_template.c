/* SPDX-License-Identifier: BSD-2-Clause */
#include "geom/ptm_template.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "base/rng.h"

/* ---- quaternions --------------------------------------------------------- */

void ae_ptm_product(const double a[4], const double b[4], double ab[4])
{
    double p[4] = {a[0] * b[0] - a[1] * b[1] - a[2] * b[2] - a[3] * b[3],
        a[0] * b[1] + a[1] * b[0] + a[2] * b[3] - a[3] * b[2],
        a[0] * b[2] - a[1] * b[3] + a[2] * b[0] + a[3] * b[1],
        a[0] * b[3] + a[1] * b[2] - a[2] * b[1] + a[3] * b[0]};
    memcpy(ab, p, sizeof p);
}

/* ---- templates ----------------------------------------------------------- */

static void put(struct ae_ptm_template *t, double x, double y, double z)
{
    double p[3] = {x, y, z};
    memcpy(t->w[t->n++], p, sizeof p);
}

static void put_cubic(struct ae_ptm_template *t, enum ae_ptm_type type)
{
    const double golden = (1 + sqrt(5)) / 2;
    for (int i = -1; i <= 1; i += 2) {
        if (type == AE_PTM_SC || type == AE_PTM_BCC)
            for (int a = 0; a < 3; a++) {
                double r = type == AE_PTM_BCC ? 2 * i : i;
                put(t, r * (a == 0), r * (a == 1), r * (a == 2));
            }
        for (int j = -1; j <= 1; j += 2) {
            double one = i, two = type == AE_PTM_ICO ? j * golden : j;
            if (type == AE_PTM_FCC || type == AE_PTM_ICO) {
                put(t, 0, one, two);
                put(t, two, 0, one);
                put(t, one, two, 0);
            }
            for (int k = -1; k <= 1 && type == AE_PTM_BCC; k += 2)
                put(t, i, j, k);
        }
    }
}

static void put_axial(struct ae_ptm_template *t, enum ae_ptm_type type)
{
    const double turn = atan(1) * 8;
    int fold = type == AE_PTM_HCP ? 6 : 5;
    if (type == AE_PTM_HCP)
        for (int k = 0; k < fold; k++)
            put(t, cos(turn * k / fold), sin(turn * k / fold), 0);
    for (int side = -1; side <= 1; side += 2) {
        if (type == AE_PTM_HCP)
            for (int k = 0; k < 3; k++)
                put(t, cos(turn * (k / 3.0 + 1 / 12.0)) / sqrt(3),
                    sin(turn * (k / 3.0 + 1 / 12.0)) / sqrt(3),
                    side * sqrt(2.0 / 3));
        else {
            for (int k = 0; k < fold; k++)
                put(t, sqrt(3) / 2 * cos(turn * k / fold),
                    sqrt(3) / 2 * sin(turn * k / fold), side / 2.0);
            put(t, 0, 0, side);
        }
    }
}

static double dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static void cross(const double a[3], const double b[3], double c[3])
{
    c[0] = a[1] * b[2] - a[2] * b[1];
    c[1] = a[2] * b[0] - a[0] * b[2];
    c[2] = a[0] * b[1] - a[1] * b[0];
}

/* R a = p and R b = q for pairs of the same lengths and angle. */
static void rotation_between(const double a[3], const double b[3],
    const double p[3], const double q[3], double R[3][3])
{
    double from[3][3], to[3][3], inverse[3][3], det;
    memcpy(from[0], a, sizeof from[0]);
    memcpy(from[1], b, sizeof from[1]);
    cross(a, b, from[2]);
    memcpy(to[0], p, sizeof to[0]);
    memcpy(to[1], q, sizeof to[1]);
    cross(p, q, to[2]);
    for (int k = 0; k < 3; k++)
        cross(from[(k + 1) % 3], from[(k + 2) % 3], inverse[k]);
    det = dot(from[0], inverse[0]);
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) {
            R[i][j] = 0;
            for (int k = 0; k < 3; k++)
                R[i][j] += to[k][i] * inverse[k][j] / det;
        }
}

static void quaternion_of(double R[3][3], double q[4])
{
    double most = -1,
           row[4][4] = {{1 + R[0][0] + R[1][1] + R[2][2], R[2][1] - R[1][2],
                            R[0][2] - R[2][0], R[1][0] - R[0][1]},
               {R[2][1] - R[1][2], 1 + R[0][0] - R[1][1] - R[2][2],
                   R[0][1] + R[1][0], R[0][2] + R[2][0]},
               {R[0][2] - R[2][0], R[0][1] + R[1][0],
                   1 - R[0][0] + R[1][1] - R[2][2], R[1][2] + R[2][1]},
               {R[1][0] - R[0][1], R[0][2] + R[2][0], R[1][2] + R[2][1],
                   1 - R[0][0] - R[1][1] + R[2][2]}};
    for (int i = 0; i < 4; i++)
        if (row[i][i] > most) {
            most = row[i][i];
            memcpy(q, row[i], sizeof row[i]);
        }
    double length = sqrt(q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3]);
    double sign = q[0] < 0 ? -1 : 1;
    for (int i = 0; i < 4; i++)
        q[i] *= sign / length;
}

/* Where the template goes under R: 0 when onto itself. */
static int images(
    const struct ae_ptm_template *t, double R[3][3], uint8_t image[AE_PTM_MOST])
{
    for (int i = 0; i < t->n; i++) {
        double p[3] = {
            dot(R[0], t->w[i]), dot(R[1], t->w[i]), dot(R[2], t->w[i])};
        int k = 0;
        while (k < t->n && fabs(p[0] - t->w[k][0]) + fabs(p[1] - t->w[k][1]) +
                                   fabs(p[2] - t->w[k][2]) >
                               1e-6)
            k++;
        if (k == t->n)
            return -1;
        image[i] = (uint8_t)k;
    }
    return 0;
}

/* The neighbour at the smallest angle to neighbour i, of those not left out. */
static int closest(const struct ae_ptm_template *t, int i, int out1, int out2)
{
    int best = -1;
    double most = -2;
    for (int k = 0; k < t->n; k++) {
        double c = dot(t->w[i], t->w[k]) /
                   sqrt(dot(t->w[i], t->w[i]) * dot(t->w[k], t->w[k]));
        if (k != i && k != out1 && k != out2 && c > most + 1e-9) {
            most = c;
            best = k;
        }
    }
    return best;
}

static void find_turns(struct ae_ptm_template *t)
{
    const double *a = t->w[t->pair[0][0]], *b = t->w[t->pair[0][1]];
    for (int i = 0; i < t->n; i++)
        for (int j = 0; j < t->n; j++) {
            const double *p = t->w[i], *q = t->w[j];
            double R[3][3];
            if (fabs(dot(p, p) - dot(a, a)) > 1e-9 ||
                fabs(dot(q, q) - dot(b, b)) > 1e-9 ||
                fabs(dot(p, q) - dot(a, b)) > 1e-9)
                continue;
            rotation_between(a, b, p, q, R);
            if (images(t, R, t->image[t->nturn]) == 0)
                quaternion_of(R, t->turn[t->nturn++]);
        }
}

void ae_ptm_template(enum ae_ptm_type type, struct ae_ptm_template *t)
{
    double mean = 0, S[3][3] = {{0}};
    memset(t, 0, sizeof *t);
    if (type == AE_PTM_HCP || type == AE_PTM_DEC)
        put_axial(t, type);
    else
        put_cubic(t, type);
    for (int i = 0; i < t->n; i++)
        mean += sqrt(dot(t->w[i], t->w[i])) / t->n;
    for (int i = 0; i < t->n; i++)
        for (int a = 0; a < 3; a++)
            t->w[i][a] /= mean;
    for (int i = 0; i < t->n; i++) {
        double r = sqrt(dot(t->w[i], t->w[i]));
        int k = i + 1; /* radius[0] is the centre's */
        for (; k > 1 && t->radius[k - 1] > r; k--)
            t->radius[k] = t->radius[k - 1];
        t->radius[k] = r;
        t->square += r * r;
        for (int a = 0; a < 3; a++)
            for (int b = 0; b < 3; b++)
                S[a][b] += t->w[i][a] * t->w[i][b];
    }
    for (int a = 0; a < 3; a++)
        cross(S[(a + 1) % 3], S[(a + 2) % 3], t->inverse[a]);
    double det = dot(S[0], t->inverse[0]);
    for (int a = 0; a < 9; a++)
        t->inverse[a / 3][a % 3] /= det;
    t->pair[0][0] = 0;
    t->pair[0][1] = closest(t, 0, -1, -1);
    while (t->pair[1][0] == t->pair[0][0] || t->pair[1][0] == t->pair[0][1])
        t->pair[1][0]++;
    t->pair[1][1] = closest(t, t->pair[1][0], t->pair[0][0], t->pair[0][1]);
    find_turns(t);
}

/* ---- the book ------------------------------------------------------------ */

struct entry {
    uint16_t row[16];
    int first, n; /* maps */
};

struct ae_ptm_book {
    struct ae_ptm_template template[AE_PTM_TYPES];
    int nentry, room, nslot; /* nslot: a power of 2 */
    struct entry *entry;
    int *slot; /* [nslot] entry + 1, 0 free */
    int nmap, maproom;
    struct ae_ptm_map *map; /* while the book grows: a list for each entry */
    int *link;              /* next map of the same entry, -1 at the end */
};

/* Flips of edges between facets that are not in one plane, for each type: the
 * graphs that a jitter of a tenth of the bond makes (see tests/unit/ptm.c for
 * the share of neighbourhoods that they recognise). */
static const int flips_of[AE_PTM_TYPES] = {0, 1, 1, 2, 1, 0, 1};

static uint64_t hash_rows(const uint16_t row[16])
{
    uint64_t word[4], h = 0;
    memcpy(word, row, sizeof word);
    for (int k = 0; k < 4; k++)
        h = (h ^ word[k]) * 0x9e3779b97f4a7c15ull ^ h >> 29;
    return h ^ h >> 32;
}

static int find_entry(const struct ae_ptm_book *book, const uint16_t row[16])
{
    int s = (int)(hash_rows(row) & (uint64_t)(book->nslot - 1));
    for (; book->slot[s]; s = (s + 1) & (book->nslot - 1))
        if (!memcmp(book->entry[book->slot[s] - 1].row, row,
                sizeof book->entry[0].row))
            return book->slot[s] - 1;
    return -1;
}

int ae_ptm_book_find(const struct ae_ptm_book *book,
    const struct ae_ptm_code *code, const struct ae_ptm_map **map)
{
    int e = find_entry(book, code->row);
    if (e < 0)
        return 0;
    *map = book->map + book->entry[e].first;
    return book->entry[e].n;
}

static int rehash(struct ae_ptm_book *book)
{
    int nslot = book->nslot ? 4 * book->nslot : 1024;
    int *slot = ae_alloc((size_t)nslot, sizeof *slot);
    if (!slot)
        return AE_EMEM;
    free(book->slot);
    book->slot = slot;
    book->nslot = nslot;
    for (int e = 0; e < book->nentry; e++) {
        int s = (int)(hash_rows(book->entry[e].row) & (uint64_t)(nslot - 1));
        while (slot[s])
            s = (s + 1) & (nslot - 1);
        slot[s] = e + 1;
    }
    return AE_OK;
}

static int new_entry(struct ae_ptm_book *book, const uint16_t row[16])
{
    if (book->nentry == book->room) {
        int room = book->room ? 2 * book->room : 512;
        struct entry *p =
            ae_resize(book->entry, (size_t)book->room, (size_t)room, sizeof *p);
        if (!p)
            return -1;
        book->entry = p;
        book->room = room;
    }
    if (2 * (book->nentry + 1) > book->nslot && rehash(book))
        return -1;
    struct entry *e = &book->entry[book->nentry];
    memcpy(e->row, row, sizeof e->row);
    e->first = -1;
    e->n = 0;
    int s = (int)(hash_rows(row) & (uint64_t)(book->nslot - 1));
    while (book->slot[s])
        s = (s + 1) & (book->nslot - 1);
    book->slot[s] = book->nentry + 1;
    return book->nentry++;
}

/* Does a rotation of the template take map p to map q? */
static int same_map(
    const struct ae_ptm_template *t, const uint8_t *p, const uint8_t *q)
{
    for (int g = 0; g < t->nturn; g++) {
        int i = 0;
        while (i < t->n && t->image[g][p[i]] == q[i])
            i++;
        if (i == t->n)
            return 1;
    }
    return 0;
}

/* Is the map of this code in the book? */
static int known(
    const struct ae_ptm_book *book, int type, const struct ae_ptm_code *code)
{
    int e = book->nslot ? find_entry(book, code->row) : -1;
    for (int m = e < 0 ? -1 : book->entry[e].first; m >= 0; m = book->link[m])
        if (book->map[m].type == type &&
            same_map(&book->template[type], book -> map[m].map, code->corner))
            return 1;
    return 0;
}

static int add_map(
    struct ae_ptm_book *book, int type, const struct ae_ptm_code *code)
{
    if (known(book, type, code))
        return AE_OK;
    int e = book->nslot ? find_entry(book, code->row) : -1;
    if (e < 0 && (e = new_entry(book, code->row)) < 0)
        return AE_EMEM;
    if (book->nmap == book->maproom) {
        int room = book->maproom ? 2 * book->maproom : 1024;
        struct ae_ptm_map *p = ae_resize(
            book->map, (size_t)book->maproom, (size_t)room, sizeof *p);
        if (!p)
            return AE_EMEM;
        book->map = p;
        int *q = ae_resize(
            book->link, (size_t)book->maproom, (size_t)room, sizeof *q);
        if (!q)
            return AE_EMEM;
        book->link = q;
        book->maproom = room;
    }
    book->map[book->nmap].type = type;
    memcpy(book->map[book->nmap].map, code->corner, sizeof code->corner);
    book->link[book->nmap] = book->entry[e].first;
    book->entry[e].first = book->nmap++;
    book->entry[e].n++;
    return AE_OK;
}

/* All codes of a graph of the template, one for each edge of highest rank. */
static int add_graph(
    struct ae_ptm_book *book, int type, const struct ae_ptm_graph *graph)
{
    struct ae_ptm_code code;
    int a = 0, b = 0, code_of = AE_OK;
    ae_ptm_start(graph, &a, &b);
    ae_ptm_code(graph, a, b, &code);
    if (known(book, type, &code))
        return AE_OK;
    unsigned most = ae_ptm_rank(graph, a, b);
    for (int i = 0; i < graph->n; i++) {
        int j = graph->first[i];
        for (int e = 0; e < graph->degree[i] && !code_of; e++) {
            if (ae_ptm_rank(graph, i, j) == most) {
                ae_ptm_code(graph, i, j, &code);
                code_of = add_map(book, type, &code);
            }
            j = graph->next[i][j];
        }
    }
    return code_of;
}

static int joined(const struct ae_ptm_graph *g, int a, int b)
{
    int j = g->first[a];
    for (int e = 0; e < g->degree[a]; e++, j = g->next[a][j])
        if (j == b)
            return 1;
    return 0;
}

/* The edge a - b becomes the other diagonal c - d of its two facets; -1 when
 * that is no triangulation. */
static int flip(struct ae_ptm_graph *g, int a, int b)
{
    int c = g->next[a][b], d = g->next[b][a];
    if (g->degree[a] < 4 || g->degree[b] < 4 || joined(g, c, d))
        return -1;
    int facet[2][3] = {{a, d, c}, {d, b, c}};
    for (int f = 0; f < 2; f++)
        for (int e = 0; e < 3; e++)
            g->next[facet[f][e]][facet[f][(e + 1) % 3]] =
                (uint8_t)facet[f][(e + 2) % 3];
    g->degree[a]--;
    g->degree[b]--;
    g->degree[c]++;
    g->degree[d]++;
    g->first[a] = (uint8_t)c;
    g->first[b] = (uint8_t)c;
    return 0;
}

/* Are the two facets of the edge a - b in one plane? */
static int flat(
    const struct ae_ptm_template *t, const struct ae_ptm_graph *g, int a, int b)
{
    double side[3][3], normal[3];
    int other[3] = {b, g->next[a][b], g->next[b][a]};
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++)
            side[i][k] =
                t->w[other[i]][k] / sqrt(dot(t->w[other[i]], t->w[other[i]])) -
                t->w[a][k] / sqrt(dot(t->w[a], t->w[a]));
    cross(side[0], side[1], normal);
    return fabs(dot(normal, side[2])) < 1e-6;
}

/* Graphs still to be flipped. */
struct graphs {
    struct ae_ptm_graph *graph;
    size_t n, room;
};

static int push(struct graphs *list, const struct ae_ptm_graph *graph)
{
    if (list->n == list->room) {
        size_t room = list->room ? 2 * list->room : 256;
        struct ae_ptm_graph *p =
            ae_resize(list->graph, list->room, room, sizeof *p);
        if (!p)
            return AE_EMEM;
        list->graph = p;
        list->room = room;
    }
    list->graph[list->n++] = *graph;
    return AE_OK;
}

/* Add every graph that one flip makes of graph i of the list, across a flat
 * or a bent edge, and list those that are new. */
static int flip_all(struct ae_ptm_book *book, int type, struct graphs *list,
    size_t i, int want_flat, struct graphs *out)
{
    const struct ae_ptm_template *t = &book->template[type];
    int code = AE_OK;
    for (int a = 0; a < t->n && !code; a++)
        for (int b = a + 1; b < t->n && !code; b++) {
            struct ae_ptm_graph g = list->graph[i];
            int before = book->nmap;
            if (!joined(&g, a, b) || flat(t, &g, a, b) != want_flat ||
                flip(&g, a, b))
                continue;
            code = add_graph(book, type, &g);
            if (!code && book->nmap > before)
                code = push(out, &g);
        }
    return code;
}

static int add_type(struct ae_ptm_book *book, int type)
{
    const struct ae_ptm_template *t = &book->template[type];
    struct graphs list = {0};
    struct ae_ptm_graph graph = {0};
    size_t from = 0, level;
    ae_ptm_graph(t->w, t->n, &graph);
    int code = add_graph(book, type, &graph);
    if (!code)
        code = push(&list, &graph);
    /* all triangulations of the flat facets, then bent edges, one at a time */
    for (size_t i = 0; i < list.n && !code; i++)
        code = flip_all(book, type, &list, i, 1, &list);
    for (int depth = 0; depth < flips_of[type] && !code; depth++) {
        level = list.n;
        for (size_t i = from; i < level && !code; i++)
            code = flip_all(book, type, &list, i, 0, &list);
        from = level;
    }
    free(list.graph);
    return code;
}

/* The maps of each entry side by side. */
static int settle(struct ae_ptm_book *book)
{
    struct ae_ptm_map *map = ae_alloc((size_t)book->nmap + 1, sizeof *map);
    int n = 0;
    if (!map)
        return AE_EMEM;
    for (int e = 0; e < book->nentry; e++) {
        int m = book->entry[e].first;
        book->entry[e].first = n;
        for (; m >= 0; m = book->link[m])
            map[n++] = book->map[m];
    }
    free(book->map);
    free(book->link);
    book->map = map;
    book->link = NULL;
    return AE_OK;
}

int ae_ptm_book_new(
    struct ae_ptm_book **out, unsigned mask, struct ae_error *err)
{
    struct ae_ptm_book *book = ae_alloc(1, sizeof *book);
    int code = book ? rehash(book) : AE_EMEM;
    for (int type = 1; type < AE_PTM_TYPES && !code; type++)
        if (mask >> type & 1) {
            ae_ptm_template(type, &book->template[type]);
            code = add_type(book, type);
        }
    if (!code)
        code = settle(book);
    if (code) {
        ae_ptm_book_free(book);
        book = NULL;
        ae_fail(err, code, "out of memory for the templates");
    }
    *out = book;
    return code;
}

void ae_ptm_book_free(struct ae_ptm_book *book)
{
    if (!book)
        return;
    free(book->entry);
    free(book->slot);
    free(book->map);
    free(book->link);
    free(book);
}
