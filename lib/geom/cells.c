/* SPDX-License-Identifier: BSD-2-Clause */
#include "geom/cells.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "base/rng.h"

/* A point, or the image of one, with the cell it lies in. */
struct point {
    double p[3];
    int64_t cell[3];
    size_t index;
};

struct ae_cells {
    size_t n;     /* points given */
    size_t total; /* with images */
    double cutoff;
    double edge;
    int periodic, pbc[3];
    double lattice[3][3], inverse[3][3]; /* inverse: rows give fractions */
    struct point *point; /* [total], those of a bucket together */
    double (*own)[3];    /* [n] in the order given, wrapped into the box */
    size_t nbucket;      /* a power of 2 */
    size_t *bucket;      /* [nbucket + 1] */
};

static size_t bucket_of(const struct ae_cells *cells, const int64_t c[3])
{
    uint64_t h = ae_hash64((uint64_t)c[0]);
    h = ae_hash64(h ^ (uint64_t)c[1]);
    h = ae_hash64(h ^ (uint64_t)c[2]);
    return (size_t)(h & (cells->nbucket - 1));
}

/* Number of the cell along one axis; beyond 1e15 cells all are the last. */
static int64_t cell_of(const struct ae_cells *cells, double x)
{
    double c = floor(x / cells->edge);
    return (int64_t)fmin(fmax(c, -1e15), 1e15);
}

static void wrap(const struct ae_cells *cells, const double p[3], double out[3])
{
    memcpy(out, p, 3 * sizeof *out);
    for (int i = 0; i < 3 && cells->periodic; i++) {
        const double *g = cells->inverse[i];
        if (!cells->pbc[i])
            continue;
        double f = floor(g[0] * out[0] + g[1] * out[1] + g[2] * out[2]);
        for (int k = 0; k < 3; k++)
            out[k] -= f * cells->lattice[i][k];
    }
}

/* The inverse of the lattice, and whether the cutoff fits into it. */
static int set_box(struct ae_cells *cells, const double *lattice,
    const int *pbc, struct ae_error *err)
{
    double(*L)[3] = cells->lattice, volume = 0;
    memcpy(L, lattice, 9 * sizeof *lattice);
    for (int i = 0; i < 3; i++) {
        const double *u = L[(i + 1) % 3], *v = L[(i + 2) % 3];
        for (int k = 0; k < 3; k++)
            cells->inverse[i][k] = u[(k + 1) % 3] * v[(k + 2) % 3] -
                                   u[(k + 2) % 3] * v[(k + 1) % 3];
        cells->pbc[i] = pbc[i];
        cells->periodic |= pbc[i];
    }
    for (int k = 0; k < 3; k++)
        volume += L[0][k] * cells->inverse[0][k];
    if (!(fabs(volume) > 0))
        return ae_fail(err, AE_EDATA, "the lattice has no volume");
    for (int i = 0; i < 3; i++) {
        double *g = cells->inverse[i], square = 0;
        for (int k = 0; k < 3; k++) {
            g[k] /= volume;
            square += g[k] * g[k];
        }
        double width = 1 / sqrt(square);
        if (pbc[i] && !(cells->cutoff < width / 2))
            return ae_fail(err, AE_EDATA,
                "cutoff %g angstrom in a periodic box %g wide: it must be "
                "less than half of that; take a smaller cutoff or more cells",
                cells->cutoff, width);
    }
    return AE_OK;
}

/* The images of a wrapped point within the cutoff of the box, itself
 * included; stores them when out is not NULL. */
static size_t images(
    const struct ae_cells *cells, const double p[3], double (*out)[3])
{
    double low[3], high[3];
    size_t n = 0;
    int s[3], first[3] = {0}, last[3] = {0};
    for (int i = 0; i < 3; i++) {
        const double *g = cells->inverse[i];
        double f = g[0] * p[0] + g[1] * p[1] + g[2] * p[2];
        double reach =
            cells->cutoff * sqrt(g[0] * g[0] + g[1] * g[1] + g[2] * g[2]);
        low[i] = f - 1 >= -reach - 1e-9;
        high[i] = f + 1 <= 1 + reach + 1e-9;
        first[i] = cells->pbc[i] && low[i] ? -1 : 0;
        last[i] = cells->pbc[i] && high[i] ? 1 : 0;
    }
    for (s[0] = first[0]; s[0] <= last[0]; s[0]++)
        for (s[1] = first[1]; s[1] <= last[1]; s[1]++)
            for (s[2] = first[2]; s[2] <= last[2]; s[2]++, n++)
                for (int k = 0; k < 3 && out; k++)
                    out[n][k] = p[k] + s[0] * cells->lattice[0][k] +
                                s[1] * cells->lattice[1][k] +
                                s[2] * cells->lattice[2][k];
    return n;
}

/* Points and images into buckets, by increasing index within each. */
static int sort_points(
    struct ae_cells *cells, struct point *all, struct ae_error *err)
{
    size_t *at = NULL;
    while (cells->nbucket < 2 * cells->total)
        cells->nbucket *= 2;
    cells->bucket = ae_alloc(cells->nbucket + 1, sizeof *cells->bucket);
    cells->point = ae_alloc(cells->total, sizeof *cells->point);
    at = ae_alloc(cells->nbucket, sizeof *at);
    if (!cells->bucket || !cells->point || !at) {
        free(at);
        return ae_fail(
            err, AE_EMEM, "out of memory for the cells of %zu atoms", cells->n);
    }
    for (size_t i = 0; i < cells->total; i++) {
        for (int k = 0; k < 3; k++)
            all[i].cell[k] = cell_of(cells, all[i].p[k]);
        cells->bucket[bucket_of(cells, all[i].cell) + 1]++;
    }
    for (size_t b = 0; b < cells->nbucket; b++) {
        at[b] = cells->bucket[b];
        cells->bucket[b + 1] += cells->bucket[b];
    }
    for (size_t i = 0; i < cells->total; i++)
        cells->point[at[bucket_of(cells, all[i].cell)]++] = all[i];
    free(at);
    return AE_OK;
}

int ae_cells_new(struct ae_cells **out, const double (*pos)[3], size_t n,
    double cutoff, const double *lattice, const int *pbc, struct ae_error *err)
{
    struct ae_cells *cells = ae_alloc(1, sizeof *cells);
    struct point *all = NULL;
    double image[27][3];
    int code = AE_OK;
    *out = NULL;
    if (!cells)
        return ae_fail(err, AE_EMEM, "out of memory for the cells");
    cells->n = n;
    cells->cutoff = cells->edge = cutoff;
    cells->nbucket = 16;
    if (!(cutoff > 0)) {
        code = ae_fail(err, AE_EDATA, "cutoff %g: it must be positive", cutoff);
        goto out;
    }
    if (lattice && pbc && (pbc[0] || pbc[1] || pbc[2]) &&
        (code = set_box(cells, lattice, pbc, err)) != 0)
        goto out;
    cells->own = ae_alloc(n, sizeof *cells->own);
    code = cells->own ? AE_OK
                      : ae_fail(err, AE_EMEM, "out of memory for %zu atoms", n);
    for (size_t i = 0; i < n && !code; i++) {
        wrap(cells, pos[i], cells->own[i]);
        cells->total +=
            cells->periodic ? images(cells, cells->own[i], NULL) : 1;
    }
    all = code ? NULL : ae_alloc(cells->total, sizeof *all);
    if (!code && !all)
        code = ae_fail(err, AE_EMEM, "out of memory for %zu atoms", n);
    if (code)
        goto out;
    for (size_t i = 0, at = 0; i < n; i++) {
        size_t m = 1;
        if (cells->periodic)
            m = images(cells, cells->own[i], image);
        else
            memcpy(image[0], cells->own[i], sizeof image[0]);
        for (size_t j = 0; j < m; j++, at++) {
            memcpy(all[at].p, image[j], sizeof image[j]);
            all[at].index = i;
        }
    }
    code = sort_points(cells, all, err);
out:
    free(all);
    if (code) {
        ae_cells_free(cells);
        return code;
    }
    *out = cells;
    return AE_OK;
}

void ae_cells_free(struct ae_cells *cells)
{
    if (!cells)
        return;
    free(cells->point);
    free(cells->own);
    free(cells->bucket);
    free(cells);
}

static int before(const struct ae_neighbour *p, const struct ae_neighbour *q)
{
    if (p->distance != q->distance)
        return p->distance < q->distance;
    return p->index < q->index;
}

static int order(const void *p, const void *q)
{
    return before(p, q) ? -1 : before(q, p);
}

/* One point: closer than r? then it is stored while there is room. */
static size_t take(const struct point *point, const double p[3], double r,
    struct ae_neighbour *found, size_t n, size_t room)
{
    struct ae_neighbour one;
    for (int k = 0; k < 3; k++)
        one.d[k] = point->p[k] - p[k];
    one.distance =
        sqrt(one.d[0] * one.d[0] + one.d[1] * one.d[1] + one.d[2] * one.d[2]);
    if (!(one.distance < r))
        return 0;
    one.index = point->index;
    if (n < room)
        found[n] = one;
    return 1;
}

/* Points but skip closer than r to the wrapped place p, in no order; stops
 * after enough. */
static size_t search(const struct ae_cells *cells, const double p[3], double r,
    size_t skip, struct ae_neighbour *found, size_t room, size_t enough)
{
    int64_t lo[3], hi[3], c[3];
    double visits = 1;
    size_t n = 0;
    for (int k = 0; k < 3; k++) {
        lo[k] = cell_of(cells, p[k] - r);
        hi[k] = cell_of(cells, p[k] + r);
        visits *= (double)(hi[k] - lo[k] + 1);
    }
    if (!(visits <= (double)cells->total + 27)) {
        for (size_t i = 0; i < cells->total && n < enough; i++)
            if (cells->point[i].index != skip)
                n += take(&cells->point[i], p, r, found, n, room);
        return n;
    }
    for (c[0] = lo[0]; c[0] <= hi[0]; c[0]++)
        for (c[1] = lo[1]; c[1] <= hi[1]; c[1]++)
            for (c[2] = lo[2]; c[2] <= hi[2]; c[2]++) {
                size_t b = bucket_of(cells, c);
                for (size_t i = cells->bucket[b]; i < cells->bucket[b + 1]; i++)
                    if (memcmp(cells->point[i].cell, c, sizeof c) == 0 &&
                        cells->point[i].index != skip && n < enough)
                        n += take(&cells->point[i], p, r, found, n, room);
            }
    return n;
}

size_t ae_cells_near(const struct ae_cells *cells, const double p[3], double r,
    struct ae_neighbour *found, size_t room)
{
    double w[3];
    wrap(cells, p, w);
    size_t n = search(cells, w, r, AE_CELLS_NONE, found, room, SIZE_MAX);
    qsort(found, n < room ? n : room, sizeof *found, order);
    return n;
}

size_t ae_cells_count(const struct ae_cells *cells, const double p[3], double r)
{
    double w[3];
    wrap(cells, p, w);
    return search(cells, w, r, AE_CELLS_NONE, NULL, 0, SIZE_MAX);
}

int ae_cells_any(const struct ae_cells *cells, const double p[3], double r)
{
    double w[3];
    wrap(cells, p, w);
    return search(cells, w, r, AE_CELLS_NONE, NULL, 0, 1) > 0;
}

static size_t nearest_of_all(
    const struct ae_cells *cells, const double p[3], double *distance)
{
    size_t best = AE_CELLS_NONE;
    *distance = INFINITY;
    for (size_t i = 0; i < cells->total; i++) {
        struct ae_neighbour one;
        if (take(&cells->point[i], p, INFINITY, &one, 0, 1) &&
            (one.distance < *distance ||
                (one.distance == *distance && one.index < best))) {
            best = one.index;
            *distance = one.distance;
        }
    }
    return best;
}

size_t ae_cells_nearest(
    const struct ae_cells *cells, const double p[3], double *distance)
{
    double w[3], r = cells->cutoff;
    struct ae_neighbour some[64];
    wrap(cells, p, w);
    /* three shells of cells around the place, then every point */
    for (int shell = 0; shell < 3; shell++, r += cells->cutoff) {
        size_t n = search(cells, w, r, AE_CELLS_NONE, some, 64, SIZE_MAX);
        if (n > 64)
            break;
        if (n) {
            qsort(some, n, sizeof *some, order);
            *distance = some[0].distance;
            return some[0].index;
        }
        if (cells->periodic) {
            *distance = INFINITY;
            return AE_CELLS_NONE;
        }
    }
    return nearest_of_all(cells, w, distance);
}

int ae_cells_lists(const struct ae_cells *cells, double r,
    struct ae_neighbours *lists, struct ae_error *err)
{
    size_t n = cells->n;
    memset(lists, 0, sizeof *lists);
    lists->n = n;
    lists->start = ae_alloc(n + 1, sizeof *lists->start);
    if (!lists->start)
        return ae_fail(err, AE_EMEM, "out of memory for %zu atoms", n);
#pragma omp parallel for schedule(dynamic, 256)
    for (size_t i = 0; i < n; i++)
        lists->start[i + 1] =
            search(cells, cells->own[i], r, i, NULL, 0, SIZE_MAX);
    for (size_t i = 0; i < n; i++)
        lists->start[i + 1] += lists->start[i];
    lists->item = ae_alloc(lists->start[n], sizeof *lists->item);
    if (!lists->item) {
        ae_neighbours_clear(lists);
        return ae_fail(err, AE_EMEM, "out of memory for the neighbour lists");
    }
#pragma omp parallel for schedule(dynamic, 256)
    for (size_t i = 0; i < n; i++) {
        struct ae_neighbour *item = lists->item + lists->start[i];
        size_t m = lists->start[i + 1] - lists->start[i];
        search(cells, cells->own[i], r, i, item, m, SIZE_MAX);
        qsort(item, m, sizeof *item, order);
    }
    return AE_OK;
}

int ae_neighbours_new(struct ae_neighbours *lists, const double (*pos)[3],
    size_t n, double r, const double *lattice, const int *pbc,
    struct ae_error *err)
{
    struct ae_cells *cells;
    int code = ae_cells_new(&cells, pos, n, r, lattice, pbc, err);
    if (!code)
        code = ae_cells_lists(cells, r, lists, err);
    ae_cells_free(cells);
    return code;
}

void ae_neighbours_clear(struct ae_neighbours *lists)
{
    free(lists->start);
    free(lists->item);
    memset(lists, 0, sizeof *lists);
}
