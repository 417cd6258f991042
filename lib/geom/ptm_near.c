/* SPDX-License-Identifier: BSD-2-Clause */
#include "geom/ptm_near.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "base/rng.h"
#include "geom/rank_kernel.h"
#include "geom/within.h"

#define FILL                                                                   \
    4.6              /* atoms of a cell: 27 then hold the 18 of two shells of
                           fcc, at any place in the cell */
#define CROWDED 10.0 /* atoms that an atom's own cell may hold on average */
#define WRAP    0x1fffff /* cells along an axis, before their numbers repeat */

struct point {
    double p[3];
    size_t index;
};

struct ae_ptm_near {
    size_t n;
    double edge, low[3], high[3];
    int periodic, pbc[3];
    double lattice[3][3], inverse[3][3], width[3];
    struct point *point; /* [n] by cell */
    size_t ncell, nslot; /* nslot: a power of 2 */
    size_t *start;       /* [ncell + 1] */
    uint64_t *key;       /* [ncell] */
    size_t *slot;        /* [nslot] number of a cell + 1; 0 is free */
};

/* ---- the grid ----------------------------------------------------------- */

/* The bits of x with two free ones between. */
static uint64_t spread(uint64_t x)
{
    x = (x | x << 32) & 0x1f00000000ffffull;
    x = (x | x << 16) & 0x1f0000ff0000ffull;
    x = (x | x << 8) & 0x100f00f00f00f00full;
    x = (x | x << 4) & 0x10c30c30c30c30c3ull;
    return (x | x << 2) & 0x1249249249249249ull;
}

static uint64_t key_of(const int64_t c[3])
{
    return spread((uint64_t)c[0] & WRAP) | spread((uint64_t)c[1] & WRAP) << 1 |
           spread((uint64_t)c[2] & WRAP) << 2;
}

/* Beyond 1e15 cells all are one: distances decide in the end. */
static int64_t cell_of(const struct ae_ptm_near *near, double x, int axis)
{
    double c = floor((x - near->low[axis]) / near->edge);
    return (int64_t)fmin(fmax(c, -1e15), 1e15);
}

static int set_box(struct ae_ptm_near *near, const double *lattice,
    const int *pbc, struct ae_error *err)
{
    double(*L)[3] = near->lattice, volume = 0;
    memcpy(L, lattice, 9 * sizeof *lattice);
    for (int i = 0; i < 3; i++) {
        const double *u = L[(i + 1) % 3], *v = L[(i + 2) % 3];
        for (int k = 0; k < 3; k++)
            near->inverse[i][k] = u[(k + 1) % 3] * v[(k + 2) % 3] -
                                  u[(k + 2) % 3] * v[(k + 1) % 3];
        near->pbc[i] = pbc[i];
        near->periodic |= pbc[i];
    }
    for (int k = 0; k < 3; k++)
        volume += L[0][k] * near->inverse[0][k];
    if (!(fabs(volume) > 0))
        return ae_fail(err, AE_EDATA, "the lattice has no volume");
    for (int i = 0; i < 3; i++) {
        double square = 0;
        for (int k = 0; k < 3; k++) {
            near->inverse[i][k] /= volume;
            square += near->inverse[i][k] * near->inverse[i][k];
        }
        near->width[i] = 1 / sqrt(square);
    }
    return AE_OK;
}

static void wrap(const struct ae_ptm_near *near, double p[3])
{
    for (int i = 0; i < 3; i++) {
        const double *g = near->inverse[i];
        if (!near->pbc[i])
            continue;
        double f = floor(g[0] * p[0] + g[1] * p[1] + g[2] * p[2]);
        for (int k = 0; k < 3; k++)
            p[k] -= f * near->lattice[i][k];
    }
}

struct sortable {
    uint64_t key;
    size_t index;
};

/* By key, equal ones in their order: 11 bits a pass. */
static void sort_keys(struct sortable *a, struct sortable *b, size_t n)
{
    uint64_t all = 0;
    size_t *count = ae_alloc(2049, sizeof *count);
    struct sortable *from = a, *to = b;
    for (size_t i = 0; i < n; i++)
        all |= a[i].key;
    for (int shift = 0; count && shift < 64 && all >> shift; shift += 11) {
        memset(count, 0, 2049 * sizeof *count);
        for (size_t i = 0; i < n; i++)
            count[(from[i].key >> shift & 2047) + 1]++;
        for (int k = 0; k < 2048; k++)
            count[k + 1] += count[k];
        for (size_t i = 0; i < n; i++)
            to[count[from[i].key >> shift & 2047]++] = from[i];
        struct sortable *swap = from;
        from = to;
        to = swap;
    }
    if (from != a)
        memcpy(a, b, n * sizeof *a);
    free(count);
}

/* Mean number of atoms in an atom's own cell. */
static double crowd(const struct sortable *item, size_t n)
{
    double squares = 0;
    for (size_t i = 0, j; i < n; i = j) {
        for (j = i; j < n && item[j].key == item[i].key; j++)
            ;
        squares += (double)(j - i) * (double)(j - i);
    }
    return squares / (double)n;
}

/* Sort the points by cells of an edge that suits their density. */
static int sort_points(struct ae_ptm_near *near, struct point *all)
{
    size_t n = near->n;
    struct sortable *item = ae_alloc_raw(n, sizeof *item);
    struct sortable *other = ae_alloc_raw(n, sizeof *other);
    double extent = 0, volume = 1;
    if (!item || !other) {
        free(item);
        free(other);
        return AE_EMEM;
    }
    for (int a = 0; a < 3; a++)
        extent = fmax(extent, near->high[a] - near->low[a]);
    for (int a = 0; a < 3; a++) /* a flat box is taken 1/n of its extent deep */
        volume *= fmax((near->high[a] - near->low[a]) / extent, 1 / (double)n);
    near->edge = extent * cbrt(volume * FILL / (double)n);
    if (!(near->edge > 0 && isfinite(near->edge)))
        near->edge = 1; /* one atom, or a box beyond all numbers */
    for (int round = 0; round < 100; round++) {
#pragma omp parallel for schedule(static)
        for (size_t i = 0; i < n; i++) {
            int64_t c[3];
            for (int a = 0; a < 3; a++)
                c[a] = cell_of(near, all[i].p[a], a);
            item[i] = (struct sortable){key_of(c), i};
        }
        sort_keys(item, other, n);
        double crowded = crowd(item, n);
        if (crowded <= CROWDED)
            break;
        near->edge *= cbrt(FILL / crowded);
    }
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < n; i++)
        near->point[i] = all[item[i].index];
    for (size_t i = 0; i < n; i++)
        near->ncell += !i || item[i].key != item[i - 1].key;
    near->start = ae_alloc(near->ncell + 1, sizeof *near->start);
    near->key = ae_alloc(near->ncell, sizeof *near->key);
    for (size_t i = 0, c = 0; near->start && near->key && i < n; i++)
        if (!i || item[i].key != item[i - 1].key) {
            near->start[c] = i;
            near->key[c++] = item[i].key;
        }
    free(item);
    free(other);
    if (!near->start || !near->key)
        return AE_EMEM;
    near->start[near->ncell] = n;
    return AE_OK;
}

static int fill_slots(struct ae_ptm_near *near)
{
    near->nslot = 16;
    while (near->nslot < 2 * near->ncell)
        near->nslot *= 2;
    near->slot = ae_alloc(near->nslot, sizeof *near->slot);
    if (!near->slot)
        return AE_EMEM;
    for (size_t c = 0; c < near->ncell; c++) {
        size_t s = ae_hash64(near->key[c]) & (near->nslot - 1);
        while (near->slot[s])
            s = (s + 1) & (near->nslot - 1);
        near->slot[s] = c + 1;
    }
    return AE_OK;
}

int ae_ptm_near_new(struct ae_ptm_near **out, const double (*pos)[3], size_t n,
    const double *lattice, const int *pbc, struct ae_error *err)
{
    struct ae_ptm_near *near = ae_alloc(1, sizeof *near);
    struct point *all = ae_alloc_raw(n, sizeof *all);
    int code = near && all ? AE_OK : AE_EMEM;
    if (!code) {
        near->n = n;
        near->point = ae_alloc_raw(n, sizeof *near->point);
        code = near->point ? AE_OK : AE_EMEM;
    }
    if (!code && lattice && pbc && (pbc[0] || pbc[1] || pbc[2]))
        code = set_box(near, lattice, pbc, err);
    for (size_t i = 0; !code && i < n; i++) {
        memcpy(all[i].p, pos[i], sizeof pos[i]);
        all[i].index = i;
        if (near->periodic)
            wrap(near, all[i].p);
        for (int a = 0; a < 3; a++) {
            double x = all[i].p[a];
            near->low[a] = i && near->low[a] < x ? near->low[a] : x;
            near->high[a] = i && near->high[a] > x ? near->high[a] : x;
        }
    }
    if (!code && n)
        code = sort_points(near, all);
    if (!code)
        code = fill_slots(near);
    free(all);
    if (code == AE_EMEM)
        ae_fail(err, code, "out of memory for the neighbours of %zu atoms", n);
    if (code) {
        ae_ptm_near_free(near);
        near = NULL;
    }
    *out = near;
    return code;
}

void ae_ptm_near_free(struct ae_ptm_near *near)
{
    if (!near)
        return;
    free(near->point);
    free(near->start);
    free(near->key);
    free(near->slot);
    free(near);
}

size_t ae_ptm_near_cells(const struct ae_ptm_near *near)
{
    return near->ncell;
}

void ae_ptm_near_work_clear(struct ae_ptm_near_work *work)
{
    free(work->x);
    free(work->y);
    free(work->z);
    free(work->hit);
    free(work->index);
    memset(work, 0, sizeof *work);
}

/* ---- candidates ---------------------------------------------------------- */

static int make_room(struct ae_ptm_near_work *w, size_t more)
{
    if (w->n + more + AE_WITHIN_BLOCK <= w->room)
        return AE_OK;
    if (w->n + more >= UINT32_MAX / 2)
        return AE_EMEM;
    size_t room = 2 * (w->n + more) + 128;
    double **array[3] = {&w->x, &w->y, &w->z};
    for (int k = 0; k < 3; k++) {
        double *p = ae_resize(*array[k], w->room, room, sizeof *p);
        if (!p)
            return AE_EMEM;
        *array[k] = p;
    }
    size_t *p = ae_resize(w->index, w->room, room, sizeof *p);
    if (!p)
        return AE_EMEM;
    w->index = p;
    uint32_t *q = ae_resize(w->hit, w->room, room, sizeof *q);
    if (!q)
        return AE_EMEM;
    w->hit = q;
    w->room = room;
    return AE_OK;
}

static int take(const struct ae_ptm_near *near, size_t first, size_t last,
    const double shift[3], struct ae_ptm_near_work *w)
{
    if (make_room(w, last - first))
        return AE_EMEM;
    for (size_t i = first; i < last; i++, w->n++) {
        w->x[w->n] = near->point[i].p[0] + shift[0];
        w->y[w->n] = near->point[i].p[1] + shift[1];
        w->z[w->n] = near->point[i].p[2] + shift[2];
        w->index[w->n] = near->point[i].index;
    }
    return AE_OK;
}

/* Points, moved by shift, of the cells that the box low ... high meets; all
 * points where that would be more cells than there are. */
static int take_box(const struct ae_ptm_near *near, const double low[3],
    const double high[3], const double shift[3], struct ae_ptm_near_work *w)
{
    int64_t lo[3], hi[3], c[3];
    double visits = 1;
    for (int a = 0; a < 3; a++) {
        lo[a] = cell_of(near, fmax(low[a] - shift[a], near->low[a]), a);
        hi[a] = cell_of(near, fmin(high[a] - shift[a], near->high[a]), a);
        if (hi[a] < lo[a])
            return AE_OK;
        visits *= (double)(hi[a] - lo[a] + 1);
    }
    if (visits > (double)near->ncell + 27 || hi[0] - lo[0] >= WRAP ||
        hi[1] - lo[1] >= WRAP || hi[2] - lo[2] >= WRAP)
        return take(near, 0, near->n, shift, w);
    for (c[2] = lo[2]; c[2] <= hi[2]; c[2]++)
        for (c[1] = lo[1]; c[1] <= hi[1]; c[1]++)
            for (c[0] = lo[0]; c[0] <= hi[0]; c[0]++) {
                uint64_t key = key_of(c);
                size_t s = ae_hash64(key) & (near->nslot - 1), cell;
                while ((cell = near->slot[s]) && near->key[cell - 1] != key)
                    s = (s + 1) & (near->nslot - 1);
                if (cell && take(near, near->start[cell - 1], near->start[cell],
                                shift, w))
                    return AE_EMEM;
            }
    return AE_OK;
}

/* All points and images in the box, and others near it. */
static int take_images(const struct ae_ptm_near *near, const double low[3],
    const double high[3], struct ae_ptm_near_work *w)
{
    double shift[3] = {0};
    int first[3] = {0}, last[3] = {0}, s[3];
    w->n = 0;
    if (!near->periodic)
        return take_box(near, low, high, shift, w);
    for (int i = 0; i < 3; i++) {
        const double *g = near->inverse[i];
        double middle = 0, reach = 0;
        for (int a = 0; a < 3; a++) {
            middle += g[a] * (low[a] + high[a]) / 2;
            reach += fabs(g[a]) * (high[a] - low[a]) / 2;
        }
        if (near->pbc[i]) {
            first[i] = (int)fmax(floor(middle - reach - 1e-9), -1e6);
            last[i] = (int)fmin(floor(middle + reach + 1e-9), 1e6);
        }
    }
    for (s[0] = first[0]; s[0] <= last[0]; s[0]++)
        for (s[1] = first[1]; s[1] <= last[1]; s[1]++)
            for (s[2] = first[2]; s[2] <= last[2]; s[2]++) {
                for (int a = 0; a < 3; a++)
                    shift[a] = s[0] * near->lattice[0][a] +
                               s[1] * near->lattice[1][a] +
                               s[2] * near->lattice[2][a];
                if (take_box(near, low, high, shift, w))
                    return AE_EMEM;
            }
    return AE_OK;
}

int ae_ptm_near_gather(
    const struct ae_ptm_near *near, size_t c, struct ae_ptm_near_work *work)
{
    double low[3], high[3];
    work->first = near->start[c];
    work->count = near->start[c + 1] - work->first;
    /* the atoms' own extent: an edge beyond it on every side */
    for (int a = 0; a < 3; a++) {
        low[a] = INFINITY;
        high[a] = -INFINITY;
        for (size_t i = work->first; i < work->first + work->count; i++) {
            low[a] = fmin(low[a], near->point[i].p[a]);
            high[a] = fmax(high[a], near->point[i].p[a]);
        }
        low[a] -= near->edge;
        high[a] += near->edge;
    }
    return take_images(near, low, high, work);
}

/* ---- the nearest --------------------------------------------------------- */

static double square_of(
    const struct ae_ptm_near_work *w, const double p[3], size_t i)
{
    double dx = w->x[i] - p[0], dy = w->y[i] - p[1], dz = w->z[i] - p[2];
    return dx * dx + dy * dy + dz * dz;
}

/* The nearest of them by distance, then by number; how many. */
static int insert_all(const struct ae_ptm_near_work *w, const double p[3],
    const uint32_t *item, size_t n, uint32_t found[AE_PTM_NEAR_MOST],
    double best[AE_PTM_NEAR_MOST])
{
    int m = 0;
    for (size_t h = 0; h < n; h++) {
        uint32_t i = item[h];
        double s = square_of(w, p, i);
        if (m == AE_PTM_NEAR_MOST &&
            (s > best[m - 1] ||
                (s == best[m - 1] && w->index[i] > w->index[found[m - 1]])))
            continue;
        int k = m < AE_PTM_NEAR_MOST ? m++ : m - 1;
        for (; k &&
               (best[k - 1] > s ||
                   (best[k - 1] == s && w->index[found[k - 1]] > w->index[i]));
             k--) {
            best[k] = best[k - 1];
            found[k] = found[k - 1];
        }
        best[k] = s;
        found[k] = i;
    }
    return m;
}

/* The same for a few, no two of those that count at one distance; 0: there are
 * such. */
static int rank_all(const struct ae_ptm_near_work *w, const double p[3],
    const uint32_t *item, size_t n, uint32_t found[AE_PTM_NEAR_MOST],
    double best[AE_PTM_NEAR_MOST])
{
    double square[AE_RANK_MOST];
    int64_t rank[AE_RANK_MOST];
    unsigned filled = 0;
    for (size_t h = 0; h < n; h++)
        square[h] = square_of(w, p, item[h]);
    ae_rank(square, (int)n, rank);
    for (size_t h = 0; h < n; h++) {
        filled |= 1u << rank[h];
        if (rank[h] < AE_PTM_NEAR_MOST) {
            found[rank[h]] = item[h];
            best[rank[h]] = square[h];
        }
    }
    /* of two alike the next place stays empty */
    unsigned most = n > AE_PTM_NEAR_MOST ? AE_PTM_NEAR_MOST + 1 : (unsigned)n;
    unsigned want = (1u << most) - 1;
    return (filled & want) == want ? (int)(most - (n > AE_PTM_NEAR_MOST)) : 0;
}

/* The nearest of the candidates closer than sqrt(limit), by distance, then by
 * number; the centre itself, at distance 0, is left out. */
static int nearest(const double p[3], double limit, size_t centre,
    struct ae_ptm_near_work *w, struct ae_ptm_near_list *list)
{
    uint32_t found[AE_PTM_NEAR_MOST];
    size_t all = ae_within(w->x, w->y, w->z, 0, w->n, p, limit, w->hit), n = 0;
    for (size_t h = 0; h < all; h++) {
        uint32_t i = w->hit[h];
        w->hit[n] = i;
        n += w->index[i] != centre || square_of(w, p, i) != 0;
    }
    int m = n && n <= AE_RANK_MOST
                ? rank_all(w, p, w->hit, n, found, list->square)
                : 0;
    if (!m)
        m = insert_all(w, p, w->hit, n, found, list->square);
    list->n = m;
    for (int k = 0; k < m; k++) {
        list->d[k][0] = w->x[found[k]] - p[0];
        list->d[k][1] = w->y[found[k]] - p[1];
        list->d[k][2] = w->z[found[k]] - p[2];
    }
    return m;
}

/* Drop what lies beyond the shell. */
static double shell_of(struct ae_ptm_near_list *list)
{
    double mean = 0;
    for (int k = 0; k < 6; k++)
        mean += sqrt(list->square[k]) / 6;
    return AE_PTM_NEAR_SHELL * mean;
}

static void cut_to_shell(struct ae_ptm_near_list *list)
{
    if (list->n < 6) {
        list->n = 0;
        return;
    }
    if (list->square[list->n - 1] <
        AE_PTM_NEAR_SHELL * AE_PTM_NEAR_SHELL * list->square[0])
        return;
    double shell = shell_of(list);
    while (!(list->square[list->n - 1] < shell * shell))
        list->n--;
}

/* Cubes of growing size until the fourteen, or the whole shell, are found. */
static int search_on(const struct ae_ptm_near *near, const double p[3],
    struct ae_ptm_near_list *list)
{
    struct ae_ptm_near_work own = {0};
    int all = 0, code = AE_OK;
    for (double r = 2 * near->edge; !code && !all; r *= 2) {
        double low[3], high[3];
        for (int a = 0; a < 3; a++) {
            low[a] = p[a] - r;
            high[a] = p[a] + r;
        }
        code = take_images(near, low, high, &own);
        if (code)
            break;
        all = !near->periodic && own.n == near->n;
        double limit = all ? INFINITY : r * r;
        nearest(p, limit, list->centre, &own, list);
        if (list->n == AE_PTM_NEAR_MOST ||
            (list->n >= 6 && shell_of(list) <= r) || !isfinite(r))
            break;
    }
    ae_ptm_near_work_clear(&own);
    return code;
}

int ae_ptm_near_list(const struct ae_ptm_near *near, size_t k,
    struct ae_ptm_near_work *work, struct ae_ptm_near_list *list)
{
    const struct point *point = &near->point[work->first + k];
    double reach = near->edge * near->edge;
    int code = AE_OK;
    list->centre = point->index;
    /* a little more than the last atom needed, else all there is */
    double guess = fmin(1.2 * work->guess, reach);
    if (nearest(point->p, guess, list->centre, work, list) < AE_PTM_NEAR_MOST &&
        nearest(point->p, reach, list->centre, work, list) < AE_PTM_NEAR_MOST)
        code = search_on(near, point->p, list);
    if (list->n == AE_PTM_NEAR_MOST)
        work->guess = list->square[AE_PTM_NEAR_MOST - 1];
    cut_to_shell(list);
    return code;
}
