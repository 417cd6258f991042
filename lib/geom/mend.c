/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "geom/tetrahedra.h"

/* No tetrahedron: missing, or beyond the hull. */
#define NONE AE_TETRAHEDRA_HULL

/* A face with a tetrahedron on one side: corner k of tetrahedron t is opposite
 * to it. */
struct face {
    uint32_t vertex[3], t;
    int k;
    int linked, found;
};

struct work {
    const double (*pos)[3];
    size_t n;
    struct ae_tetrahedra *all;
    struct face *face; /* [nface] open ones, sorted by their names */
    size_t nface;
};

static void name_face(const uint32_t vertex[4], int k, uint32_t name[3])
{
    for (int i = 0, j = 0; i < 4; i++)
        if (i != k)
            name[j++] = vertex[i];
}

static int by_name(const void *a, const void *b)
{
    const uint32_t *x = ((const struct face *)a)->vertex;
    const uint32_t *y = ((const struct face *)b)->vertex;
    int k = 0;
    while (k < 2 && x[k] == y[k])
        k++;
    return (x[k] > y[k]) - (x[k] < y[k]);
}

/* Which side of the face with these corners is p on? */
static int side_of(const struct work *w, const uint32_t face[3], uint32_t p)
{
    const double *o = w->pos[p];
    long double e[3][3];
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++)
            e[i][k] = (long double)w->pos[face[i]][k] - o[k];
    return e[0][0] * (e[1][1] * e[2][2] - e[1][2] * e[2][1]) +
               e[0][1] * (e[1][2] * e[2][0] - e[1][0] * e[2][2]) +
               e[0][2] * (e[1][0] * e[2][1] - e[1][1] * e[2][0]) >
           0;
}

/* Do the tetrahedra of two faces with one name lie on both sides of it? */
static int are_apart(const struct work *w, const uint32_t name[3],
    const uint32_t a[4], int ka, const uint32_t b[4], int kb)
{
    return side_of(w, name, a[ka]) != side_of(w, name, b[kb]);
}

/* face[nface]: those of all that no other tetrahedron of all has, sorted.
 * AE_EDATA when some do not fit. */
static int open_faces(struct work *w)
{
    size_t n = 0, m = 0;
    for (size_t t = 0; t < w->all->n; t++)
        for (int k = 0; k < 4; k++)
            n += w->all->neighbour[t][k] == NONE;
    struct face *face = w->face = ae_alloc(n, sizeof *face);
    if (!face)
        return AE_EMEM;
    for (size_t t = 0; t < w->all->n; t++)
        for (int k = 0; k < 4; k++)
            if (w->all->neighbour[t][k] == NONE) {
                name_face(w->all->vertex[t], k, face[m].vertex);
                face[m].t = (uint32_t)t;
                face[m++].k = k;
            }
    qsort(face, n, sizeof *face, by_name);
    for (size_t i = 0; i < n; i++) {
        struct face *a = &face[i], *b = a + 1;
        if (i + 1 == n || by_name(a, b)) {
            face[w->nface++] = *a;
            continue;
        }
        if (!are_apart(w, a->vertex, w->all->vertex[a->t], a->k,
                w->all->vertex[b->t], b->k))
            return AE_EDATA;
        w->all->neighbour[a->t][a->k] = b->t;
        w->all->neighbour[b->t][b->k] = a->t;
        i++;
    }
    return AE_OK;
}

struct rest {
    struct ae_tetrahedra border; /* of the points that something misses */
    struct face **beyond;        /* [border.n][4] open faces by their names */
    uint32_t *place;             /* [border.n] among all, or NONE */
    uint32_t *stack;             /* [border.n] */
    size_t n;                    /* on the stack, ever: all that is taken */
};

static int triangulate_border(
    const struct work *w, struct ae_tetrahedra *border)
{
    unsigned char *wanted = ae_alloc_raw(w->n, 1);
    uint32_t *row = ae_alloc_raw(w->n, sizeof *row);
    double(*place)[3] = ae_alloc_raw(w->n, sizeof *place);
    size_t n = 0;
    int code = wanted && row && place ? AE_OK : AE_EMEM;
    if (!code) {
        memset(wanted, 1, w->n);
        for (size_t t = 0; t < w->all->n; t++)
            for (int k = 0; k < 4; k++)
                wanted[w->all->vertex[t][k]] = 0;
        for (size_t f = 0; f < w->nface; f++)
            for (int k = 0; k < 3; k++)
                wanted[w->face[f].vertex[k]] = 1;
        for (size_t i = 0; i < w->n; i++)
            if (wanted[i]) {
                memcpy(place[n], w->pos[i], sizeof *place);
                row[n++] = (uint32_t)i;
            }
        code = ae_tetrahedra_qhull(border, (const double(*)[3])place, n, NULL);
    }
    for (size_t t = 0; t < border->n && !code; t++)
        for (int k = 0; k < 4; k++)
            border->vertex[t][k] = row[border->vertex[t][k]];
    free(wanted);
    free(row);
    free(place);
    return code;
}

/* Put tetrahedron b of the border beside those that are taken. */
static void take(struct work *w, struct rest *r, uint32_t b)
{
    if (r->place[b] != NONE)
        return;
    r->place[b] = (uint32_t)(w->all->n + r->n);
    r->stack[r->n++] = b;
}

/* beyond, and the first that are taken: those on the far side of an open face. */
static int meet_border(struct work *w, struct rest *r)
{
    for (size_t b = 0; b < r->border.n; b++)
        for (int k = 0; k < 4; k++) {
            struct face key;
            name_face(r->border.vertex[b], k, key.vertex);
            struct face *f =
                bsearch(&key, w->face, w->nface, sizeof key, by_name);
            r->beyond[4 * b + (size_t)k] = f;
            if (!f)
                continue;
            f->found = 1;
            if (are_apart(w, f->vertex, w->all->vertex[f->t], f->k,
                    r->border.vertex[b], k))
                take(w, r, (uint32_t)b);
        }
    for (size_t f = 0; f < w->nface; f++)
        if (!w->face[f].found)
            return AE_EDATA;
    return AE_OK;
}

/* From there to all that is missing. */
static void spread(struct work *w, struct rest *r)
{
    for (size_t i = 0; i < r->n; i++) {
        uint32_t b = r->stack[i];
        for (int k = 0; k < 4; k++) {
            uint32_t next = r->border.neighbour[b][k];
            if (!r->beyond[4 * (size_t)b + (size_t)k] &&
                next != AE_TETRAHEDRA_HULL)
                take(w, r, next);
        }
    }
}

/* Join what was taken to all. AE_EDATA where a face does not fit. */
static int join(struct work *w, struct rest *r)
{
    struct ae_tetrahedra *all = w->all;
    size_t n = all->n + r->n;
    void *vertex = ae_resize(all->vertex, all->n, n, sizeof *all->vertex);
    all->vertex = vertex ? vertex : all->vertex;
    void *neighbour =
        ae_resize(all->neighbour, all->n, n, sizeof *all->neighbour);
    all->neighbour = neighbour ? neighbour : all->neighbour;
    if (!vertex || !neighbour)
        return AE_EMEM;
    for (size_t i = 0; i < r->n; i++) {
        uint32_t b = r->stack[i], at = r->place[b];
        memcpy(all->vertex[at], r->border.vertex[b], sizeof *all->vertex);
        for (int k = 0; k < 4; k++) {
            uint32_t next = r->border.neighbour[b][k];
            struct face *f = r->beyond[4 * (size_t)b + (size_t)k];
            if (!f) {
                all->neighbour[at][k] =
                    next == AE_TETRAHEDRA_HULL ? NONE : r->place[next];
                continue;
            }
            if (f->linked++ || !are_apart(w, f->vertex, all->vertex[f->t], f->k,
                                   r->border.vertex[b], k))
                return AE_EDATA;
            all->neighbour[at][k] = f->t;
            all->neighbour[f->t][f->k] = at;
        }
    }
    all->n = n;
    return AE_OK;
}

static int fill_in(struct work *w)
{
    struct rest r = {0};
    int code = triangulate_border(w, &r.border);
    if (!code) {
        r.beyond = ae_alloc_raw(4 * r.border.n, sizeof *r.beyond);
        r.place = ae_alloc_raw(r.border.n, sizeof *r.place);
        r.stack = ae_alloc_raw(r.border.n, sizeof *r.stack);
        code = r.beyond && r.place && r.stack ? AE_OK : AE_EMEM;
    }
    if (!code) {
        memset(r.place, 0xff, r.border.n * sizeof *r.place); /* NONE */
        code = meet_border(w, &r);
    }
    if (!code) {
        spread(w, &r);
        code = join(w, &r);
    }
    ae_tetrahedra_clear(&r.border);
    free(r.beyond);
    free(r.place);
    free(r.stack);
    return code;
}

int ae_tetrahedra_mend(
    struct ae_tetrahedra *part, const double (*pos)[3], size_t n)
{
    struct work w = {.pos = pos, .n = n, .all = part};
    int code = part->n ? open_faces(&w) : AE_EDATA;
    if (!code)
        code = fill_in(&w);
    free(w.face);
    return code;
}
