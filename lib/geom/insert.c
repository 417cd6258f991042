/* SPDX-License-Identifier: BSD-2-Clause */
#include "geom/insert.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "base/rng.h"
#include "geom/exact.h"
#include "geom/hilbert.h"

#define FAR  UINT32_MAX       /* the point at infinity */
#define GONE (UINT32_MAX - 1) /* first corner of what is no tetrahedron */
#define NONE UINT32_MAX

enum {
    ROUND_BITS = 3, /* each round is 2^3 times larger than those before */
    LAST_ROUND = 7
};

/* tetrahedra per point to begin with; there are 6.8 of random points */
static const size_t likely = 8;

struct tetra {
    uint32_t v[4], n[4]; /* corners; neighbours opposite to them */
};

/* A face of the hole: that opposite to corner k of tetrahedron t. */
struct face {
    uint32_t t, k;
};

struct work {
    double (*p)[3]; /* [n] in their order of insertion */
    size_t n, ntetra, room;
    struct tetra *tetra; /* [room] */
    uint32_t *mark;  /* [room] 2 i: in the hole of point i - 1; 2 i + 1: not */
    uint32_t *spare; /* [nspare] places to use again */
    size_t nspare, spare_room;
    uint32_t *hole; /* [nhole] tetrahedra to be replaced */
    size_t nhole, hole_room;
    struct face *face; /* [nface] of the hole */
    size_t nface, face_room;
    uint32_t last; /* a tetrahedron without FAR */
};

static int make_room(void *array, size_t *room, size_t want, size_t size)
{
    void **p = array, *q;
    if (want <= *room)
        return AE_OK;
    want += want / 2 + 64;
    q = ae_resize(*p, *room, want, size);
    if (!q)
        return AE_EMEM;
    *p = q;
    *room = want;
    return AE_OK;
}

/* It is in the list. Without branches, which would be guesses. */
static uint32_t place_of(const uint32_t list[4], uint32_t what)
{
    return (uint32_t)(list[1] == what) + 2 * (uint32_t)(list[2] == what) +
           3 * (uint32_t)(list[3] == what);
}

static int is_ghost(const struct tetra *t)
{
    return (t->v[0] == FAR) | (t->v[1] == FAR) | (t->v[2] == FAR) |
           (t->v[3] == FAR);
}

/* The turn of tetrahedron t with q for its corner k. */
static int turn_with(
    const struct work *w, const struct tetra *t, uint32_t k, const double q[3])
{
    const double *a[4];
    for (uint32_t i = 0; i < 4; i++)
        a[i] = i == k ? q : w->p[t->v[i]];
    return ae_exact_turn(a[0], a[1], a[2], a[3]);
}

/* Does the sphere of tetrahedron t hold q? That of a face of the hull is the
 * half space beyond it and, in its plane, its circle. */
static int holds(const struct work *w, uint32_t at, const double q[3])
{
    const struct tetra *t = &w->tetra[at];
    if (is_ghost(t)) {
        uint32_t k = place_of(t->v, FAR);
        int side = turn_with(w, t, k, q);
        if (side)
            return side > 0;
        t = &w->tetra[t->n[k]];
    }
    return ae_exact_sphere(w->p[t->v[0]], w->p[t->v[1]], w->p[t->v[2]],
               w->p[t->v[3]], q) > 0;
}

/* The tetrahedron where q is, or that of a face of the hull which q is beyond.
 * Among Delaunay tetrahedra the walk comes to an end. */
static uint32_t locate(const struct work *w, const double q[3])
{
    uint32_t at = w->last, from = NONE;
    for (uint32_t step = 0;; step++) {
        const struct tetra *t = &w->tetra[at];
        uint32_t next = NONE;
        for (uint32_t i = 0; i < 4 && next == NONE; i++) {
            uint32_t k = (step + i) & 3;
            if (t->n[k] != from && turn_with(w, t, k, q) < 0)
                next = t->n[k];
        }
        if (next == NONE)
            return at;
        if (is_ghost(&w->tetra[next]))
            return next;
        from = at;
        at = next;
    }
}

/* The hole of point q and its faces, from one of its tetrahedra. */
static int dig(struct work *w, uint32_t first, const double q[3], uint32_t in)
{
    w->nface = 0;
    w->nhole = 1;
    w->hole[0] = first;
    w->mark[first] = in;
    for (size_t m = 0; m < w->nhole; m++) {
        uint32_t at = w->hole[m];
        if (make_room(&w->hole, &w->hole_room, w->nhole + 4, sizeof *w->hole) ||
            make_room(&w->face, &w->face_room, w->nface + 4, sizeof *w->face))
            return AE_EMEM;
        for (uint32_t k = 0; k < 4; k++) {
            uint32_t u = w->tetra[at].n[k];
            if (w->mark[u] == in)
                continue;
            if (w->mark[u] != in + 1 && holds(w, u, q)) {
                w->mark[u] = in;
                w->hole[w->nhole++] = u;
                continue;
            }
            w->mark[u] = in + 1;
            w->face[w->nface++] = (struct face){at, k};
        }
    }
    return AE_OK;
}

/* A place for a new tetrahedron. */
static uint32_t place(struct work *w)
{
    return w->nspare ? w->spare[--w->nspare] : (uint32_t)w->ntetra++;
}

/* One new tetrahedron for each face of the hole, joined to what lies outside;
 * the old one behind the face points to it. */
static int fill(struct work *w, uint32_t point)
{
    size_t fresh = w->nface > w->nspare ? w->nface - w->nspare : 0;
    size_t room = w->room;
    if (make_room(&w->mark, &room, w->ntetra + fresh, sizeof *w->mark) ||
        make_room(&w->tetra, &w->room, w->ntetra + fresh, sizeof *w->tetra))
        return AE_EMEM;
    for (size_t f = 0; f < w->nface; f++) {
        struct tetra *old = &w->tetra[w->face[f].t];
        uint32_t id = place(w), k = w->face[f].k, u = old->n[k];
        struct tetra *t = &w->tetra[id];
        memcpy(t->v, old->v, sizeof t->v);
        t->v[k] = point;
        for (int i = 0; i < 4; i++)
            t->n[i] = NONE;
        t->n[k] = u;
        w->tetra[u].n[place_of(w->tetra[u].n, w->face[f].t)] = id;
        old->n[k] = id;
        if (!is_ghost(t))
            w->last = id;
    }
    return AE_OK;
}

/* Join the new tetrahedra to each other: about an edge of the hole's surface,
 * through the hole, to its other face there. */
static void join(struct work *w, uint32_t in)
{
    for (size_t f = 0; f < w->nface; f++)
        for (uint32_t j = 0; j < 4; j++) {
            uint32_t at = w->face[f].t, keep = w->face[f].k, cross = j, next;
            uint32_t id = w->tetra[at].n[keep];
            if (j == keep || w->tetra[id].n[j] != NONE)
                continue;
            while (w->mark[next = w->tetra[at].n[cross]] == in) {
                uint32_t x = w->tetra[at].v[keep];
                keep = place_of(w->tetra[next].n, at);
                cross = place_of(w->tetra[next].v, x);
                at = next;
            }
            w->tetra[id].n[j] = next;
            w->tetra[next].n[keep] = id;
        }
}

static int insert(struct work *w, uint32_t point)
{
    const double *q = w->p[point];
    uint32_t first = locate(w, q), in = 2 * (point + 1);
    if (!holds(w, first, q))
        return AE_OK; /* at a corner */
    if (dig(w, first, q, in) || fill(w, point))
        return AE_EMEM;
    join(w, in);
    if (make_room(
            &w->spare, &w->spare_room, w->nspare + w->nhole, sizeof *w->spare))
        return AE_EMEM;
    for (size_t m = w->nhole; m-- > 0;) {
        w->tetra[w->hole[m]].v[0] = GONE;
        w->spare[w->nspare++] = w->hole[m];
    }
    return AE_OK;
}

/* ---- the first tetrahedron ---- */

/* Of the first m of the corners and p: the square of their distance, of twice
 * the area, of six times the volume. */
static double spread(double (*corner)[3], int m, const double p[3])
{
    double d[3], a[3], b[3], c[3] = {0};
    for (int k = 0; k < 3; k++) {
        d[k] = p[k] - corner[0][k];
        a[k] = m > 1 ? corner[1][k] - corner[0][k] : 0;
        b[k] = m > 2 ? corner[2][k] - corner[0][k] : 0;
    }
    if (m == 1)
        return d[0] * d[0] + d[1] * d[1] + d[2] * d[2];
    for (int k = 0; k < 3; k++) {
        const double *x = m > 2 ? b : d;
        int u = (k + 1) % 3, v = (k + 2) % 3;
        c[k] = a[u] * x[v] - a[v] * x[u];
    }
    double volume = c[0] * d[0] + c[1] * d[1] + c[2] * d[2];
    return m > 2 ? volume * volume : c[0] * c[0] + c[1] * c[1] + c[2] * c[2];
}

/* Each the farthest from those before it go to the front. 0 when all points lie
 * in one plane. */
static int first_four(double (*pos)[3], size_t *row, size_t n)
{
    for (size_t m = 1; m < 4; m++) {
        size_t best = m;
        double most = -1, keep[3];
        for (size_t i = m; i < n; i++) {
            double s = spread(pos, (int)m, pos[i]);
            if (s > most) {
                most = s;
                best = i;
            }
        }
        size_t at = row[best];
        memcpy(keep, pos[best], sizeof keep);
        for (size_t i = best; i > m; i--) {
            memcpy(pos[i], pos[i - 1], sizeof keep);
            row[i] = row[i - 1];
        }
        memcpy(pos[m], keep, sizeof keep);
        row[m] = at;
    }
    return ae_exact_turn(pos[0], pos[1], pos[2], pos[3]);
}

/* Tetrahedron 0 and those beyond its four faces. */
static void begin(struct work *w, int turn)
{
    struct tetra *t = w->tetra;
    for (uint32_t k = 0; k < 4; k++)
        t->v[k] = k < 2 || turn > 0 ? k : 5 - k;
    for (uint32_t k = 0; k < 4; k++) {
        uint32_t a = (k + 1) & 3, b = (k + 2) & 3;
        t->n[k] = 1 + k;
        memcpy(t[1 + k].v, t->v, sizeof t->v);
        t[1 + k].v[k] = FAR;
        t[1 + k].v[a] = t->v[b];
        t[1 + k].v[b] = t->v[a];
    }
    for (uint32_t k = 0; k < 4; k++)
        for (uint32_t i = 0; i < 4; i++)
            t[1 + k].n[i] =
                t[1 + k].v[i] == FAR ? 0 : 1 + place_of(t->v, t[1 + k].v[i]);
    w->ntetra = 5;
}

/* ---- the order of insertion ---- */

static int round_of(size_t row)
{
    uint64_t bits = ae_hash64(row);
    int r = 0;
    while (r < LAST_ROUND && !(bits >> ROUND_BITS * r & 7))
        r++;
    return LAST_ROUND - r;
}

/* Copies of the points in their order, and their numbers. */
static int sort_points(
    struct work *w, const double (*pos)[3], size_t **row, struct ae_error *err)
{
    size_t n = w->n, start[LAST_ROUND + 2] = {0};
    size_t *order = ae_alloc_raw(n, sizeof *order);
    *row = ae_alloc_raw(n, sizeof **row);
    w->p = ae_alloc_raw(n, sizeof *w->p);
    int code = order && *row && w->p ? AE_OK : AE_EMEM;
    if (!code)
        code = ae_hilbert_order(pos, n, order, err);
    for (size_t i = 0; i < n && !code; i++)
        start[round_of(i) + 1]++;
    for (int r = 0; r < LAST_ROUND; r++)
        start[r + 1] += start[r];
    for (size_t i = 0; i < n && !code; i++) {
        size_t at = start[round_of(order[i])]++;
        (*row)[at] = order[i];
        memcpy(w->p[at], pos[order[i]], sizeof *pos);
    }
    free(order);
    return code;
}

/* ---- the result ---- */

/* Corners become numbers of points, the smallest first, then the next. */
static void name_corners(struct tetra *t, const size_t *row)
{
    static const uint32_t even[12][4] = {{0, 1, 2, 3}, {0, 2, 3, 1},
        {0, 3, 1, 2}, {1, 0, 3, 2}, {1, 3, 2, 0}, {1, 2, 0, 3}, {2, 0, 1, 3},
        {2, 1, 3, 0}, {2, 3, 0, 1}, {3, 0, 2, 1}, {3, 2, 1, 0}, {3, 1, 0, 2}};
    struct tetra old = *t;
    uint32_t first = 0, best = 0;
    for (uint32_t k = 0; k < 4; k++) {
        old.v[k] = (uint32_t)row[old.v[k]];
        first = old.v[k] < old.v[first] ? k : first;
    }
    for (uint32_t m = 3 * first; m < 3 * first + 3; m++)
        if (m == 3 * first || old.v[even[m][1]] < old.v[even[best][1]])
            best = m;
    for (uint32_t k = 0; k < 4; k++) {
        t->v[k] = old.v[even[best][k]];
        t->n[k] = old.n[even[best][k]];
    }
}

static int less(const struct tetra *a, const struct tetra *b)
{
    int k = 1;
    while (k < 3 && a->v[k] == b->v[k])
        k++;
    return a->v[k] < b->v[k];
}

/* order[...]: the tetrahedra that are to be given, sorted; the number of each
 * becomes its mark. */
static size_t sort_tetra(struct work *w, size_t *start, uint32_t *order)
{
    size_t n = 0;
    for (size_t t = 0; t < w->ntetra; t++)
        if (w->tetra[t].v[0] < GONE)
            start[w->tetra[t].v[0] + 2]++;
    for (size_t i = 0; i < w->n; i++)
        start[i + 2] += start[i + 1];
    for (size_t t = 0; t < w->ntetra; t++)
        if (w->tetra[t].v[0] < GONE)
            order[start[w->tetra[t].v[0] + 1]++] = (uint32_t)t;
    for (size_t i = 0; i < w->n; i++)
        for (; n < start[i + 1]; n++) {
            uint32_t t = order[n];
            size_t m = n;
            for (; m > start[i] && less(&w->tetra[t], &w->tetra[order[m - 1]]);
                 m--)
                order[m] = order[m - 1];
            order[m] = t;
        }
    for (size_t m = 0; m < n; m++)
        w->mark[order[m]] = (uint32_t)m;
    return n;
}

static int give(struct work *w, const size_t *row, struct ae_insert *mesh)
{
    size_t *start = ae_alloc(w->n + 2, sizeof *start);
    uint32_t *order = ae_alloc_raw(w->ntetra, sizeof *order);
    int code = start && order ? AE_OK : AE_EMEM;
    for (size_t t = 0; t < w->ntetra && !code; t++) {
        w->mark[t] = AE_INSERT_HULL;
        if (w->tetra[t].v[0] == GONE)
            continue;
        if (is_ghost(&w->tetra[t]))
            w->tetra[t].v[0] = GONE;
        else
            name_corners(&w->tetra[t], row);
    }
    if (!code)
        mesh->n = sort_tetra(w, start, order);
    mesh->vertex = ae_alloc_raw(mesh->n, sizeof *mesh->vertex);
    mesh->neighbour = ae_alloc_raw(mesh->n, sizeof *mesh->neighbour);
    if (!mesh->vertex || !mesh->neighbour)
        code = AE_EMEM;
    for (size_t m = 0; m < mesh->n && !code; m++) {
        const struct tetra *t = &w->tetra[order[m]];
        memcpy(mesh->vertex[m], t->v, sizeof t->v);
        for (int k = 0; k < 4; k++)
            mesh->neighbour[m][k] = w->mark[t->n[k]];
    }
    free(start);
    free(order);
    return code;
}

void ae_insert_clear(struct ae_insert *mesh)
{
    free(mesh->vertex);
    free(mesh->neighbour);
    memset(mesh, 0, sizeof *mesh);
}

int ae_insert_new(struct ae_insert *mesh, const double (*pos)[3], size_t n,
    struct ae_error *err)
{
    struct work w = {.n = n, .room = likely * n};
    size_t *row = NULL;
    int turn = 0;
    memset(mesh, 0, sizeof *mesh);
    int code = n < 4 ? AE_EDATA : sort_points(&w, pos, &row, err);
    if (!code && !(turn = first_four(w.p, row, n)))
        code = AE_EDATA;
    w.tetra = ae_alloc_raw(w.room, sizeof *w.tetra);
    w.mark = ae_alloc(w.room, sizeof *w.mark);
    if (!code && (!w.tetra || !w.mark ||
                     make_room(&w.hole, &w.hole_room, 64, sizeof *w.hole)))
        code = AE_EMEM;
    if (!code)
        begin(&w, turn);
    for (size_t i = 4; i < n && !code; i++)
        code = insert(&w, (uint32_t)i);
    if (!code)
        code = give(&w, row, mesh);
    free(row);
    free(w.p);
    free(w.tetra);
    free(w.mark);
    free(w.spare);
    free(w.hole);
    free(w.face);
    if (code)
        ae_insert_clear(mesh);
    return code == AE_EDATA ? ae_fail(err, code,
                                  "the %zu atoms lie in one plane; a "
                                  "triangulation needs more",
                                  n)
           : code ? ae_fail(err, code, "out of memory for the tetrahedra")
                  : AE_OK;
}
