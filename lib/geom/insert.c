/* SPDX-License-Identifier: BSD-2-Clause */
#include "geom/insert.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "base/rng.h"
#include "geom/exact.h"
#include "geom/hilbert.h"

#define OUTSIDE UINT32_MAX /* the vertex beyond the hull */
/* Numbers of tetrahedra are kept four times: 4 t + face. */
enum { ATTEMPTS = 32, LEVELS = 10 };
static const size_t most_tetra = UINT32_MAX / 4 - 64;

/* Neighbour across the face opposite to v[k], as 4 t + (the face's number
 * there). v[0] is never OUTSIDE. */
struct tetra {
    uint32_t v[4], next[4];
};

/* Which points lie inside the sphere (or, of a tetrahedron with OUTSIDE,
 * beyond the face): those with d |x|^2 - n.x < 0, x = p - v[0]. The sign is
 * sure where the left side is beyond e1 X^2 + e0 X, X = max |x_k|. */
struct sphere {
    double n[3], d, e1, e0;
};

/* A face of the hole that the new point is joined with. */
struct rim {
    uint32_t v[3], beyond; /* beyond: 4 t + face */
    struct sphere sphere;
};

struct edge {
    uint32_t a, b, face, stamp; /* face: 4 (rim) + which */
};

struct work {
    size_t n, ntetra, room;
    double (*p)[3]; /* in the order of insertion */
    struct tetra *tetra;
    struct sphere *sphere;
    uint32_t *mark; /* stamp: in the hole, stamp + 1: not */
    uint32_t stamp, last;
    uint32_t *hole, *spare; /* spare: numbers in no use, their v[0] OUTSIDE */
    size_t nhole, hole_room, nspare, spare_room;
    struct rim *rim;
    size_t nrim, rim_room;
    struct edge *edge; /* hash table */
    size_t nedge;      /* a power of 2 */
};

/* The corners after v[k] is taken out, such that a point on its side and they
 * turn as the tetrahedron does. */
static const int others[4][3] = {{1, 2, 3}, {0, 3, 2}, {0, 1, 3}, {0, 2, 1}};

static const double unit = 0x1p-53; /* roundoff of a double */

/* ---- order of insertion ---- */

struct key {
    uint64_t code;
    uint32_t index;
};

static int by_code(const void *p, const void *q)
{
    const struct key *a = p, *b = q;
    if (a->code != b->code)
        return a->code < b->code ? -1 : 1;
    return a->index < b->index ? -1 : a->index > b->index;
}

/* One point in eight goes a level up, and levels run from the top. */
static void make_order(double (*pos)[3], size_t n, struct key *key)
{
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < n; i++) {
        uint32_t x[3];
        uint64_t h = ae_hash64(i), level = LEVELS;
        for (int k = 0; k < 3; k++)
            x[k] = (uint32_t)ldexp(pos[i][k], AE_HILBERT_BITS - AE_EXACT_BITS);
        for (int k = 0; k < 3; k++)
            x[k] = x[k] >> AE_HILBERT_BITS ? (1u << AE_HILBERT_BITS) - 1 : x[k];
        for (; level && (h & 7) == 0; h >>= 3)
            level--;
        key[i].code = level << 60 | ae_hilbert_code(x);
        key[i].index = (uint32_t)i;
    }
    qsort(key, n, sizeof *key, by_code);
}

/* ---- places and spheres ---- */

/* Whole steps from the lowest corner, 2^40 across the largest extent. */
static int to_grid(double (*pos)[3], size_t n, double low[3], double *step)
{
    double high[3], extent = 0;
    for (int k = 0; k < 3; k++)
        low[k] = high[k] = pos[0][k];
    for (size_t i = 1; i < n; i++)
        for (int k = 0; k < 3; k++) {
            low[k] = fmin(low[k], pos[i][k]);
            high[k] = fmax(high[k], pos[i][k]);
        }
    for (int k = 0; k < 3; k++)
        extent = fmax(extent, high[k] - low[k]);
    if (!(extent > 0 && extent < 1e150))
        return AE_EDATA;
    int exponent;
    frexp(extent, &exponent);
    *step = ldexp(1, exponent - AE_EXACT_BITS);
    for (size_t i = 0; i < n; i++)
        for (int k = 0; k < 3; k++)
            pos[i][k] = round((pos[i][k] - low[k]) / *step);
    return AE_OK;
}

/* fmax without its care for NaN, which costs a call. */
static double larger(double a, double b)
{
    return a > b ? a : b;
}

static void cross(double c[3], const double a[3], const double b[3])
{
    c[0] = a[1] * b[2] - a[2] * b[1];
    c[1] = a[2] * b[0] - a[0] * b[2];
    c[2] = a[0] * b[1] - a[1] * b[0];
}

static double dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/* The tetrahedron o, v[0], v[1], v[2]; AE_EDATA when it is flat. */
static int make_sphere(const struct work *w, const double *o,
    const uint32_t v[3], struct sphere *s)
{
    double e[3][3] = {{0}}, c[3][3], big = 0;
    int out = -1;
    for (int i = 0; i < 3; i++) {
        if (v[i] == OUTSIDE) {
            out = i;
            continue;
        }
        for (int k = 0; k < 3; k++) {
            e[i][k] = w->p[v[i]][k] - o[k];
            big = larger(big, fabs(e[i][k]));
        }
    }
    for (int i = 0; i < 3; i++)
        cross(c[i], e[(i + 1) % 3], e[(i + 2) % 3]);
    if (out >= 0) {
        const double *q = w->p[v[(out + 1) % 3]], *r = w->p[v[(out + 2) % 3]];
        memcpy(s->n, c[out], sizeof s->n);
        s->d = s->e1 = 0;
        s->e0 = 40 * unit * big * big;
        double size = fmax(fabs(s->n[0]), fmax(fabs(s->n[1]), fabs(s->n[2])));
        return size > s->e0 || !ae_exact_line(o, q, r) ? AE_OK : AE_EDATA;
    }
    double square[3], cube = big * big * big;
    for (int i = 0; i < 3; i++)
        square[i] = dot(e[i], e[i]);
    for (int k = 0; k < 3; k++)
        s->n[k] =
            square[0] * c[0][k] + square[1] * c[1][k] + square[2] * c[2][k];
    s->d = dot(e[0], c[0]);
    /* counted: 216 and 756 roundings of terms of this size */
    s->e1 = 1000 * unit * cube;
    s->e0 = 1000 * unit * cube * big;
    if (s->d > 60 * unit * cube)
        return AE_OK;
    return ae_exact_orient(o, w->p[v[0]], w->p[v[1]], w->p[v[2]]) > 0
               ? AE_OK
               : AE_EDATA;
}

/* -1 when p is inside the sphere of t, 1 outside, 0 on it. */
static int side(const struct work *w, uint32_t t, const double p[3])
{
    const struct sphere *s = &w->sphere[t];
    const uint32_t *v = w->tetra[t].v;
    const double *o = w->p[v[0]];
    double x = p[0] - o[0], y = p[1] - o[1], z = p[2] - o[2];
    double big = larger(larger(fabs(x), fabs(y)), fabs(z));
    double value = s->d * (x * x + y * y + z * z) -
                   (s->n[0] * x + s->n[1] * y + s->n[2] * z);
    double bound = big * (s->e1 * big + s->e0);
    if (value < -bound)
        return -1;
    if (value > bound)
        return 1;
    for (int i = 1; i < 4; i++)
        if (v[i] == OUTSIDE) {
            const int *f = others[i];
            return -ae_exact_orient(
                p, w->p[v[f[0]]], w->p[v[f[1]]], w->p[v[f[2]]]);
        }
    return ae_exact_sphere(o, w->p[v[1]], w->p[v[2]], w->p[v[3]], p);
}

/* ---- one point ---- */

static int is_out(const struct tetra *t)
{
    return t->v[0] == OUTSIDE || t->v[1] == OUTSIDE || t->v[2] == OUTSIDE ||
           t->v[3] == OUTSIDE;
}

/* A tetrahedron whose sphere holds p: walk towards p. */
static uint32_t find(const struct work *w, const double p[3])
{
    uint32_t t = w->last, from = UINT32_MAX;
    for (int k = 1; k < 4; k++)
        if (w->tetra[t].v[k] == OUTSIDE) {
            t = w->tetra[t].next[k] >> 2;
            break;
        }
    for (uint32_t turn = 0;; turn++) {
        const struct tetra *at = &w->tetra[t];
        int moved = 0;
        for (uint32_t i = 0; i < 4 && !moved; i++) {
            uint32_t k = (turn + i) & 3, u = at->next[k] >> 2;
            const int *f = others[k];
            if (u == from)
                continue;
            if (ae_exact_orient(p, w->p[at->v[f[0]]], w->p[at->v[f[1]]],
                    w->p[at->v[f[2]]]) < 0) {
                if (is_out(&w->tetra[u]))
                    return u;
                from = t;
                t = u;
                moved = 1;
            }
        }
        if (!moved)
            return t;
    }
}

static int more_room(void **array, size_t *room, size_t size)
{
    size_t want = *room ? 2 * *room : 256;
    void *more = ae_resize(*array, *room, want, size);
    if (!more)
        return AE_EMEM;
    *array = more;
    *room = want;
    return AE_OK;
}

/* The hole: the tetrahedra whose spheres hold p, from first on, and its rim.
 * AE_END when p lies on a sphere. */
static int dig(struct work *w, uint32_t first, const double p[3])
{
    int code = AE_OK;
    w->stamp += 2;
    w->nrim = 0;
    w->nhole = 0;
    int at = side(w, first, p);
    if (at >= 0)
        return AE_END;
    w->mark[first] = w->stamp;
    w->hole[w->nhole++] = first;
    for (size_t i = 0; i < w->nhole; i++) {
        uint32_t t = w->hole[i];
        for (int k = 0; k < 4; k++) {
            uint32_t u = w->tetra[t].next[k] >> 2;
            if (w->mark[u] == w->stamp)
                continue;
            if (w->mark[u] != w->stamp + 1) {
                if ((at = side(w, u, p)) == 0)
                    return AE_END;
                w->mark[u] = w->stamp + (at > 0);
                if (at < 0) {
                    if (w->nhole == w->hole_room)
                        code = more_room(
                            (void **)&w->hole, &w->hole_room, sizeof *w->hole);
                    if (code)
                        return code;
                    w->hole[w->nhole++] = u;
                    continue;
                }
            }
            if (w->nrim == w->rim_room)
                code =
                    more_room((void **)&w->rim, &w->rim_room, sizeof *w->rim);
            if (code)
                return code;
            struct rim *r = &w->rim[w->nrim++];
            for (int j = 0; j < 3; j++)
                r->v[j] = w->tetra[t].v[others[k][j]];
            r->beyond = w->tetra[t].next[k];
            if (make_sphere(w, p, r->v, &r->sphere))
                return AE_END;
        }
    }
    return AE_OK;
}

/* Join tetrahedron t, face k, with the one that shares this edge. */
static void join_edge(struct work *w, uint32_t a, uint32_t b, uint32_t face)
{
    if (a > b) {
        uint32_t keep = a;
        a = b;
        b = keep;
    }
    size_t h =
        (a * UINT64_C(0x9e3779b97f4a7c15) ^ b * UINT64_C(0xc2b2ae3d27d4eb4f)) >>
        20;
    for (;; h++) {
        struct edge *e = &w->edge[h & (w->nedge - 1)];
        if (e->stamp != w->stamp) {
            *e = (struct edge){a, b, face, w->stamp};
            return;
        }
        if (e->a == a && e->b == b) {
            w->tetra[face >> 2].next[face & 3] = e->face;
            w->tetra[e->face >> 2].next[e->face & 3] = face;
            return;
        }
    }
}

static int make_room(struct work *w)
{
    while (w->nedge < 4 * w->nrim) { /* 3/2 edges for a face */
        size_t more = 2 * w->nedge;
        free(w->edge);
        w->edge = ae_alloc(more, sizeof *w->edge);
        if (!w->edge)
            return AE_EMEM;
        w->nedge = more;
    }
    size_t need = w->ntetra + w->nrim - w->nhole;
    if (w->nrim <= w->nhole || need <= w->room)
        return AE_OK;
    size_t room = w->room + w->room / 2 + w->nrim;
    if (room > most_tetra)
        return AE_EMEM;
    void *tetra = ae_resize(w->tetra, w->room, room, sizeof *w->tetra);
    w->tetra = tetra ? tetra : w->tetra;
    void *sphere = ae_resize(w->sphere, w->room, room, sizeof *w->sphere);
    w->sphere = sphere ? sphere : w->sphere;
    void *mark = ae_resize(w->mark, w->room, room, sizeof *w->mark);
    w->mark = mark ? mark : w->mark;
    if (!tetra || !sphere || !mark)
        return AE_EMEM;
    w->room = room;
    return AE_OK;
}

/* The number of the j-th new tetrahedron. */
static uint32_t take_number(struct work *w, size_t j)
{
    if (j < w->nhole)
        return w->hole[j];
    return w->nspare ? w->spare[--w->nspare] : (uint32_t)w->ntetra++;
}

/* A hole of more tetrahedra than its rim has faces leaves numbers over. */
static int put_aside(struct work *w)
{
    for (size_t j = w->nrim; j < w->nhole; j++) {
        if (w->nspare == w->spare_room &&
            more_room((void **)&w->spare, &w->spare_room, sizeof *w->spare))
            return AE_EMEM;
        w->tetra[w->hole[j]].v[0] = OUTSIDE;
        w->spare[w->nspare++] = w->hole[j];
    }
    return AE_OK;
}

/* Fill the hole with the tetrahedra of point i and the faces of the rim. */
static int fill(struct work *w, uint32_t i)
{
    if (make_room(w))
        return AE_EMEM;
    for (size_t j = 0; j < w->nrim; j++) {
        const struct rim *r = &w->rim[j];
        uint32_t t = take_number(w, j);
        w->tetra[t] = (struct tetra){{i, r->v[0], r->v[1], r->v[2]},
            {r->beyond, UINT32_MAX, UINT32_MAX, UINT32_MAX}};
        w->tetra[r->beyond >> 2].next[r->beyond & 3] = 4 * t;
        w->sphere[t] = r->sphere;
        w->mark[t] = 0;
        for (uint32_t k = 0; k < 3; k++)
            join_edge(w, r->v[(k + 1) % 3], r->v[(k + 2) % 3], 4 * t + k + 1);
        w->last = t;
    }
    return put_aside(w);
}

/* A few steps aside, more with every attempt. */
static void displace(struct work *w, uint32_t i, int attempt)
{
    for (uint64_t k = 0; k < 3; k++) {
        uint64_t h = ae_hash64(((uint64_t)attempt << 40 | i) * 3 + k);
        int64_t reach = INT64_C(1) << attempt;
        int64_t by = (int64_t)(h >> 16) % (2 * reach + 1) - reach;
        w->p[i][k] += (double)by;
    }
}

static int insert(struct work *w, uint32_t i)
{
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        double p[3];
        memcpy(p, w->p[i], sizeof p);
        int code = dig(w, find(w, p), p);
        if (!code)
            return fill(w, i);
        if (code != AE_END)
            return code;
        displace(w, i, attempt);
    }
    return AE_EDATA;
}

/* ---- all points ---- */

/* The first tetrahedron that is not flat, its points brought to the front. */
static int first_four(struct work *w, struct key *key)
{
    size_t at[4] = {0, 1, 1, 1};
    for (int m = 1; m < 4; m++) {
        size_t i = at[m - 1] + 1;
        for (; i < w->n; i++) {
            const double *q[4] = {w->p[0], w->p[at[1]], w->p[at[2]], w->p[i]};
            if ((m == 1 && memcmp(q[0], q[3], sizeof *w->p) != 0) ||
                (m == 2 && !ae_exact_line(q[0], q[1], q[3])) ||
                (m == 3 && ae_exact_orient(q[0], q[1], q[2], q[3]) != 0))
                break;
        }
        if (i == w->n)
            return AE_EDATA;
        at[m] = i;
    }
    for (size_t m = 1; m < 4; m++) {
        double p[3];
        struct key k = key[at[m]];
        memcpy(p, w->p[at[m]], sizeof p);
        memcpy(w->p[at[m]], w->p[m], sizeof p);
        memcpy(w->p[m], p, sizeof p);
        key[at[m]] = key[m];
        key[m] = k;
    }
    return AE_OK;
}

/* One tetrahedron, and four between its faces and OUTSIDE. */
static void begin(struct work *w)
{
    uint32_t v[4] = {0, 1, 2, 3};
    if (ae_exact_orient(w->p[0], w->p[1], w->p[2], w->p[3]) < 0) {
        v[2] = 3;
        v[3] = 2;
    }
    memcpy(w->tetra[0].v, v, sizeof v);
    make_sphere(w, w->p[v[0]], v + 1, &w->sphere[0]);
    w->nedge = w->nedge ? w->nedge : 1024;
    w->stamp = 2;
    for (uint32_t k = 0; k < 4; k++) {
        const int *f = others[k];
        uint32_t t = k + 1;
        w->tetra[t] =
            (struct tetra){{v[f[0]], v[f[1]], v[f[2]], OUTSIDE}, {0, 0, 0, k}};
        w->tetra[0].next[k] = 4 * t + 3;
        make_sphere(w, w->p[v[f[0]]], w->tetra[t].v + 1, &w->sphere[t]);
        for (uint32_t j = 0; j < 3; j++)
            join_edge(w, w->tetra[t].v[(j + 1) % 3], w->tetra[t].v[(j + 2) % 3],
                4 * t + j);
    }
    w->ntetra = 5;
}

static int allocate(struct work *w, size_t n)
{
    w->n = n;
    w->room = 7 * n + n / 4 + 64;
    w->hole_room = w->rim_room = 256;
    w->nedge = 1024;
    w->p = ae_alloc(n, sizeof *w->p);
    w->tetra = ae_alloc(w->room, sizeof *w->tetra);
    w->sphere = ae_alloc(w->room, sizeof *w->sphere);
    w->mark = ae_alloc(w->room, sizeof *w->mark);
    w->hole = ae_alloc(w->hole_room, sizeof *w->hole);
    w->rim = ae_alloc(w->rim_room, sizeof *w->rim);
    w->edge = ae_alloc(w->nedge, sizeof *w->edge);
    return w->p && w->tetra && w->sphere && w->mark && w->hole && w->rim &&
                   w->edge
               ? AE_OK
               : AE_EMEM;
}

static void clear(struct work *w)
{
    free(w->p);
    free(w->tetra);
    free(w->sphere);
    free(w->mark);
    free(w->hole);
    free(w->spare);
    free(w->rim);
    free(w->edge);
}

/* What lies inside the hull, with the points' own numbers. */
static int take_out(
    struct work *w, const struct key *key, struct ae_insert *out)
{
    uint32_t *number = w->mark;
    free(w->sphere);
    w->sphere = NULL;
    for (size_t t = 0; t < w->ntetra; t++)
        number[t] = is_out(&w->tetra[t]) ? AE_INSERT_NONE : (uint32_t)out->n++;
    out->vertex = ae_alloc(out->n, sizeof *out->vertex);
    out->neighbour = ae_alloc(out->n, sizeof *out->neighbour);
    if (!out->vertex || !out->neighbour)
        return AE_EMEM;
    for (size_t t = 0; t < w->ntetra; t++)
        for (int k = 0; k < 4 && number[t] != AE_INSERT_NONE; k++) {
            out->vertex[number[t]][k] = key[w->tetra[t].v[k]].index;
            out->neighbour[number[t]][k] = number[w->tetra[t].next[k] >> 2];
        }
    return AE_OK;
}

void ae_insert_clear(struct ae_insert *out)
{
    free(out->vertex);
    free(out->neighbour);
    memset(out, 0, sizeof *out);
}

int ae_insert_all(
    struct ae_insert *out, double (*pos)[3], size_t n, struct ae_error *err)
{
    struct work w = {0};
    double low[3], step;
    struct key *key = ae_alloc(n, sizeof *key);
    memset(out, 0, sizeof *out);
    int code = n > most_tetra / 8 || !key || allocate(&w, n) ? AE_EMEM : AE_OK;
    if (!code)
        code = n < 4 ? AE_EDATA : to_grid(pos, n, low, &step);
    if (!code) {
        make_order(pos, n, key);
        for (size_t i = 0; i < n; i++)
            memcpy(w.p[i], pos[key[i].index], sizeof *w.p);
        code = first_four(&w, key);
    }
    if (!code)
        begin(&w);
    for (size_t i = 4; i < n && !code; i++)
        code = insert(&w, (uint32_t)i);
    for (size_t i = 0; i < n && !code; i++)
        for (int k = 0; k < 3; k++)
            pos[key[i].index][k] = low[k] + w.p[i][k] * step;
    if (!code)
        code = take_out(&w, key, out);
    free(key);
    clear(&w);
    if (code)
        ae_insert_clear(out);
    if (code == AE_EDATA)
        return ae_fail(err, AE_EDATA,
            "the %zu atoms lie in one plane or at one place; a triangulation "
            "needs more",
            n);
    return code
               ? ae_fail(err, code, "out of memory to triangulate %zu atoms", n)
               : AE_OK;
}
