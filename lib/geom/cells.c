/* SPDX-License-Identifier: BSD-2-Clause */
#include "geom/cells.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "base/rng.h"
#include "geom/within.h"

_Static_assert(
    (int)AE_WITHIN_BLOCK <= (int)AE_CELLS_PADDING, "readable blocks");

enum {
    STRETCH = 128, /* points tested in one go */
    CHUNK = 2048,  /* points whose links one thread collects at a time */
    WAVE = 64      /* chunks collected before they are put together */
};

/* A point, or the image of one, before it is sorted in. */
struct point {
    double p[3];
    uint32_t index;
    uint32_t image;
};

/* The same with its cell, to be sorted by rows. */
struct placed {
    struct point point;
    int64_t cell[3];
};

/* The points of a row, all cells along x at one y and z. */
struct row {
    int64_t y, z;
    size_t first;
};

struct ae_cells {
    size_t n;     /* points given */
    size_t total; /* with images */
    double cutoff;
    int periodic, pbc[3];
    double lattice[3][3], inverse[3][3]; /* inverse: rows give fractions */
    double margin[3];  /* of a face, in fractions: images are taken there */
    double *x, *y, *z; /* [total], row by row, and PADDING more for the tests */
    uint32_t *index, *place;
    double edge, low[3]; /* of the cells; the corner of the grid */
    int dense;           /* a grid, else a table of rows */
    size_t side[3];      /* cells of the grid along x, y, z */
    size_t *first;       /* [cells + 1] points before a cell of the grid */
    size_t nrow, ntable; /* ntable: a power of 2 */
    struct row *row;     /* [nrow + 1] */
    size_t *table;       /* [ntable] 1 + number of a row, 0 none */
    int64_t *column;     /* [total] cell along x, without a grid */
};

/* Number of the cell along one axis; beyond 1e15 cells all are the last. */
static int64_t cell_of(const struct ae_cells *cells, int axis, double x)
{
    double c = (x - cells->low[axis]) / cells->edge;
    if (!(c > -1e15 && c < 1e15))
        return c < 0 ? -1000000000000000 : 1000000000000000;
    int64_t whole = (int64_t)c;
    return whole - ((double)whole > c);
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
        cells->margin[i] = cells->cutoff * sqrt(square) + 1e-9;
        if (pbc[i] && !(cells->cutoff < width / 2))
            return ae_fail(err, AE_EDATA,
                "cutoff %g angstrom in a periodic box %g wide: it must be "
                "less than half of that; take a smaller cutoff or more cells",
                cells->cutoff, width);
    }
    return AE_OK;
}

/* The images of a wrapped point within the cutoff of the box, itself the
 * first; stores them when out is not NULL. */
static size_t images(
    const struct ae_cells *cells, const double p[3], double (*out)[3])
{
    size_t n = 1;
    int s[3], first[3] = {0}, last[3] = {0};
    if (out)
        memcpy(out[0], p, sizeof out[0]);
    for (int i = 0; i < 3 && cells->periodic; i++) {
        const double *g = cells->inverse[i];
        double f = g[0] * p[0] + g[1] * p[1] + g[2] * p[2];
        first[i] = cells->pbc[i] && f - 1 >= -cells->margin[i] ? -1 : 0;
        last[i] = cells->pbc[i] && f <= cells->margin[i] ? 1 : 0;
    }
    for (s[0] = first[0]; s[0] <= last[0]; s[0]++)
        for (s[1] = first[1]; s[1] <= last[1]; s[1]++)
            for (s[2] = first[2]; s[2] <= last[2]; s[2]++) {
                if (!s[0] && !s[1] && !s[2])
                    continue;
                for (int k = 0; k < 3 && out; k++)
                    out[n][k] = p[k] + s[0] * cells->lattice[0][k] +
                                s[1] * cells->lattice[1][k] +
                                s[2] * cells->lattice[2][k];
                n++;
            }
    return n;
}

/* ---- sorting the points in ---------------------------------------------- */

/* The edge of the cells, and whether a grid of the box is worth it: at most
 * four cells a point. While the points are many enough, cells of a half to a
 * quarter of the cutoff follow its sphere more closely. */
static void choose_grid(
    struct ae_cells *cells, const struct point *all, double high[3])
{
    for (int k = 0; k < 3; k++) {
        cells->low[k] = cells->total ? INFINITY : 0;
        high[k] = -INFINITY;
    }
    for (size_t i = 0; i < cells->total; i++)
        for (int k = 0; k < 3; k++) {
            double x = all[i].p[k];
            cells->low[k] = x < cells->low[k] ? x : cells->low[k];
            high[k] = x > high[k] ? x : high[k];
        }
    for (int split = 4; split >= 1; split--) {
        double n = 1, room = split > 1 ? 0.7 : 4;
        cells->edge = cells->cutoff / split;
        for (int k = 0; k < 3; k++)
            n *= floor((high[k] - cells->low[k]) / cells->edge) + 1;
        cells->dense = n <= room * (double)cells->total + 64;
        if (cells->dense)
            break;
    }
    for (int k = 0; k < 3; k++)
        cells->side[k] =
            cells->dense && cells->total
                ? (size_t)floor((high[k] - cells->low[k]) / cells->edge) + 1
                : 1;
}

static void put(struct ae_cells *cells, size_t k, const struct point *one)
{
    cells->x[k] = one->p[0];
    cells->y[k] = one->p[1];
    cells->z[k] = one->p[2];
    cells->index[k] = one->index;
    if (!one->image)
        cells->place[one->index] = (uint32_t)k;
}

static size_t grid_cell(const struct ae_cells *cells, const double p[3])
{
    return ((size_t)cell_of(cells, 2, p[2]) * cells->side[1] +
               (size_t)cell_of(cells, 1, p[1])) *
               cells->side[0] +
           (size_t)cell_of(cells, 0, p[0]);
}

/* By cell, and by the order given within each. */
static int sort_grid(
    struct ae_cells *cells, const struct point *all, struct ae_error *err)
{
    size_t n = cells->side[0] * cells->side[1] * cells->side[2];
    size_t *cell = ae_alloc_raw(cells->total, sizeof *cell);
    cells->first = ae_alloc(n + 2, sizeof *cells->first);
    if (!cell || !cells->first) {
        free(cell);
        return ae_fail(
            err, AE_EMEM, "out of memory for the cells of %zu atoms", cells->n);
    }
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < cells->total; i++)
        cell[i] = grid_cell(cells, all[i].p);
    /* first[c + 1] runs from the points before c to those before c + 1 */
    for (size_t i = 0; i < cells->total; i++)
        cells->first[cell[i] + 2]++;
    for (size_t c = 0; c < n; c++)
        cells->first[c + 2] += cells->first[c + 1];
    for (size_t i = 0; i < cells->total; i++)
        cells->index[cells->first[cell[i] + 1]++] = (uint32_t)i;
    free(cell);
#pragma omp parallel for schedule(static)
    for (size_t k = 0; k < cells->total; k++)
        put(cells, k, &all[cells->index[k]]);
    return AE_OK;
}

static int by_row(const void *p, const void *q)
{
    const struct placed *a = p, *b = q;
    for (int k = 2; k >= 0; k--)
        if (a->cell[k] != b->cell[k])
            return a->cell[k] < b->cell[k] ? -1 : 1;
    if (a->point.index != b->point.index)
        return a->point.index < b->point.index ? -1 : 1;
    for (int k = 0; k < 3; k++)
        if (a->point.p[k] != b->point.p[k])
            return a->point.p[k] < b->point.p[k] ? -1 : 1;
    return 0;
}

static size_t slot_of(const struct ae_cells *cells, int64_t y, int64_t z)
{
    uint64_t h = ae_hash64(ae_hash64((uint64_t)y) ^ (uint64_t)z);
    return (size_t)(h & (cells->ntable - 1));
}

/* The rows that hold points, in a table. */
static int set_rows(
    struct ae_cells *cells, const struct placed *all, struct ae_error *err)
{
    for (size_t i = 0; i < cells->total; i++)
        cells->nrow += !i || all[i].cell[1] != all[i - 1].cell[1] ||
                       all[i].cell[2] != all[i - 1].cell[2];
    for (cells->ntable = 16; cells->ntable < 2 * cells->nrow;)
        cells->ntable *= 2;
    cells->row = ae_alloc(cells->nrow + 1, sizeof *cells->row);
    cells->table = ae_alloc(cells->ntable, sizeof *cells->table);
    cells->column = ae_alloc(cells->total, sizeof *cells->column);
    if (!cells->row || !cells->table || !cells->column)
        return ae_fail(
            err, AE_EMEM, "out of memory for the cells of %zu atoms", cells->n);
    for (size_t i = 0, r = 0; i < cells->total; i++) {
        put(cells, i, &all[i].point);
        cells->column[i] = all[i].cell[0];
        if (i && all[i].cell[1] == all[i - 1].cell[1] &&
            all[i].cell[2] == all[i - 1].cell[2])
            continue;
        cells->row[r] =
            (struct row){.y = all[i].cell[1], .z = all[i].cell[2], .first = i};
        size_t s = slot_of(cells, all[i].cell[1], all[i].cell[2]);
        while (cells->table[s])
            s = (s + 1) & (cells->ntable - 1);
        cells->table[s] = ++r;
    }
    cells->row[cells->nrow].first = cells->total;
    return AE_OK;
}

static int sort_rows(
    struct ae_cells *cells, const struct point *all, struct ae_error *err)
{
    struct placed *placed = ae_alloc_raw(cells->total, sizeof *placed);
    if (!placed)
        return ae_fail(
            err, AE_EMEM, "out of memory for the cells of %zu atoms", cells->n);
    for (size_t i = 0; i < cells->total; i++) {
        placed[i].point = all[i];
        for (int k = 0; k < 3; k++)
            placed[i].cell[k] = cell_of(cells, k, all[i].p[k]);
    }
    qsort(placed, cells->total, sizeof *placed, by_row);
    int code = set_rows(cells, placed, err);
    free(placed);
    return code;
}

/* The numbers of each point and its images, from *at on. */
static int count_images(struct ae_cells *cells, const double (*pos)[3],
    size_t **at, struct ae_error *err)
{
    *at = ae_alloc_raw(cells->n + 1, sizeof **at);
    if (!*at)
        return ae_fail(err, AE_EMEM, "out of memory for %zu atoms", cells->n);
    (*at)[0] = 0;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < cells->n; i++) {
        double p[3];
        wrap(cells, pos[i], p);
        (*at)[i + 1] = cells->periodic ? images(cells, p, NULL) : 1;
    }
    for (size_t i = 0; i < cells->n; i++)
        (*at)[i + 1] += (*at)[i];
    cells->total = (*at)[cells->n];
    return AE_OK;
}

/* The points given and their images, in the order given. */
static int collect(struct ae_cells *cells, const double (*pos)[3],
    struct point **out, struct ae_error *err)
{
    size_t *at;
    *out = NULL;
    int code = count_images(cells, pos, &at, err);
    if (code)
        return code;
    if (cells->total >= UINT32_MAX) {
        code = ae_fail(err, AE_EMEM, "%zu atoms are too many", cells->total);
        goto out;
    }
    struct point *all = ae_alloc_raw(cells->total, sizeof *all);
    if (!all) {
        code = ae_fail(err, AE_EMEM, "out of memory for %zu atoms", cells->n);
        goto out;
    }
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < cells->n; i++) {
        double p[3], image[27][3];
        wrap(cells, pos[i], p);
        size_t m = images(cells, p, image);
        for (size_t j = 0; j < m; j++) {
            struct point *one = &all[at[i] + j];
            memcpy(one->p, image[j], sizeof image[j]);
            one->index = (uint32_t)i;
            one->image = j > 0;
        }
    }
    *out = all;
out:
    free(at);
    return code;
}

static int sort_points(
    struct ae_cells *cells, const double (*pos)[3], struct ae_error *err)
{
    struct point *all;
    double high[3];
    int code = collect(cells, pos, &all, err);
    if (code)
        return code;
    cells->x = ae_alloc(cells->total + AE_CELLS_PADDING, sizeof *cells->x);
    cells->y = ae_alloc(cells->total + AE_CELLS_PADDING, sizeof *cells->y);
    cells->z = ae_alloc(cells->total + AE_CELLS_PADDING, sizeof *cells->z);
    cells->index = ae_alloc(cells->total, sizeof *cells->index);
    cells->place = ae_alloc(cells->n, sizeof *cells->place);
    if (!cells->x || !cells->y || !cells->z || !cells->index || !cells->place)
        code = ae_fail(err, AE_EMEM, "out of memory for %zu atoms", cells->n);
    else {
        choose_grid(cells, all, high);
        code = cells->dense ? sort_grid(cells, all, err)
                            : sort_rows(cells, all, err);
    }
    free(all);
    return code;
}

int ae_cells_new(struct ae_cells **out, const double (*pos)[3], size_t n,
    double cutoff, const double *lattice, const int *pbc, struct ae_error *err)
{
    struct ae_cells *cells = ae_alloc(1, sizeof *cells);
    int code = AE_OK;
    *out = NULL;
    if (!cells)
        return ae_fail(err, AE_EMEM, "out of memory for the cells");
    cells->n = n;
    cells->cutoff = cutoff;
    if (!(cutoff > 0))
        code = ae_fail(err, AE_EDATA, "cutoff %g: it must be positive", cutoff);
    else if (lattice && pbc && (pbc[0] || pbc[1] || pbc[2]))
        code = set_box(cells, lattice, pbc, err);
    if (!code)
        code = sort_points(cells, pos, err);
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
    free(cells->x);
    free(cells->y);
    free(cells->z);
    free(cells->index);
    free(cells->place);
    free(cells->first);
    free(cells->row);
    free(cells->table);
    free(cells->column);
    free(cells);
}

void ae_cells_points(
    const struct ae_cells *cells, struct ae_cells_points *points)
{
    *points = (struct ae_cells_points){.n = cells->n,
        .total = cells->total,
        .x = cells->x,
        .y = cells->y,
        .z = cells->z,
        .index = cells->index,
        .place = cells->place};
}

/* ---- searching ----------------------------------------------------------- */

/* First point of row r whose cell along x is at least c. */
static size_t row_from(const struct ae_cells *cells, size_t r, int64_t c)
{
    size_t a = cells->row[r].first, b = cells->row[r + 1].first;
    while (a < b) {
        size_t m = a + (b - a) / 2;
        if (cells->column[m] < c)
            a = m + 1;
        else
            b = m;
    }
    return a;
}

/* The points of the cells lo ... hi along x of one row: from *a to before
 * *b. */
static inline void stretch(const struct ae_cells *cells, int64_t lo, int64_t hi,
    int64_t y, int64_t z, size_t *a, size_t *b)
{
    if (cells->dense) {
        size_t c = ((size_t)z * cells->side[1] + (size_t)y) * cells->side[0];
        *a = cells->first[c + (size_t)lo];
        *b = cells->first[c + (size_t)hi + 1];
        return;
    }
    *a = *b = 0;
    for (size_t s = slot_of(cells, y, z); cells->table[s];
         s = (s + 1) & (cells->ntable - 1)) {
        size_t r = cells->table[s] - 1;
        if (cells->row[r].y == y && cells->row[r].z == z) {
            *a = row_from(cells, r, lo);
            *b = row_from(cells, r, hi + 1);
            return;
        }
    }
}

/* The links of CHUNK points, collected by one thread. */
struct chunk {
    uint32_t *link;
    size_t n, room;
    int failed; /* no memory */
};

/* What a search does with the points that it finds. */
struct hunt {
    double p[3], r, square; /* sqrt(s) < r for s < square */
    size_t enough, n;       /* stop at enough */
    struct ae_neighbour *found;
    size_t room;
    struct chunk *chunk; /* or their places, */
    size_t skip;         /* but for this one */
};

static struct hunt hunt_new(double r, struct ae_neighbour *found, size_t room)
{
    double square = r * r;
    if (!(r > 0))
        square = 0;
    else {
        while (sqrt(square) >= r)
            square = nextafter(square, 0);
        while (sqrt(square) < r)
            square = nextafter(square, INFINITY);
    }
    return (struct hunt){.r = r,
        .square = square,
        .enough = SIZE_MAX,
        .found = found,
        .room = room};
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

/* found[n] as a heap, the farthest on top: let the entry at i sink. */
static void sink(struct ae_neighbour *found, size_t n, size_t i)
{
    struct ae_neighbour one = found[i];
    for (size_t c; (c = 2 * i + 1) < n; i = c) {
        c += c + 1 < n && before(&found[c], &found[c + 1]);
        if (!before(&one, &found[c]))
            break;
        found[i] = found[c];
    }
    found[i] = one;
}

/* A further one where the room is taken: the nearest stay. */
static void keep_nearest(struct hunt *h, const struct ae_neighbour *one)
{
    if (!h->room)
        return;
    if (h->n == h->room)
        for (size_t i = h->room / 2; i-- > 0;)
            sink(h->found, h->room, i);
    if (before(one, &h->found[0])) {
        h->found[0] = *one;
        sink(h->found, h->room, 0);
    }
}

static void take(const struct ae_cells *cells, struct hunt *h, size_t k)
{
    struct ae_neighbour one = {.index = cells->index[k],
        .d = {cells->x[k] - h->p[0], cells->y[k] - h->p[1],
            cells->z[k] - h->p[2]}};
    one.distance =
        sqrt(one.d[0] * one.d[0] + one.d[1] * one.d[1] + one.d[2] * one.d[2]);
    if (h->n < h->room)
        h->found[h->n] = one;
    else
        keep_nearest(h, &one);
}

static void add_links(struct hunt *h, const uint32_t *hit, size_t n)
{
    struct chunk *chunk = h->chunk;
    if (chunk->room - chunk->n < n) {
        size_t room = 2 * chunk->room + 8 * STRETCH;
        void *more =
            ae_resize(chunk->link, chunk->room, room, sizeof *chunk->link);
        if (!more) {
            chunk->failed = 1;
            return;
        }
        chunk->link = more;
        chunk->room = room;
    }
    for (size_t i = 0; i < n; i++) {
        chunk->link[chunk->n] = hit[i];
        chunk->n += hit[i] != h->skip;
    }
}

/* The points a ... b - 1. */
static void scan(
    const struct ae_cells *cells, struct hunt *h, size_t a, size_t b)
{
    uint32_t hit[STRETCH + 1];
    for (; a < b && h->n < h->enough; a += STRETCH) {
        size_t end = b - a < STRETCH ? b : a + STRETCH;
        size_t hits = ae_within(
            cells->x, cells->y, cells->z, a, end, h->p, h->square, hit);
        if (h->chunk) {
            add_links(h, hit, hits);
            continue;
        }
        for (size_t i = 0; i < hits && h->n < h->enough; i++) {
            if (h->room)
                take(cells, h, hit[i]);
            h->n++;
        }
    }
}

/* The cells that the ball of radius r about p reaches into; 0 when there are
 * none. */
static int reach(const struct ae_cells *cells, const double p[3], double r,
    int64_t lo[3], int64_t hi[3])
{
    for (int k = 0; k < 3; k++) {
        double far = r + 1e-12 * (r + fabs(p[k])); /* rounding */
        lo[k] = cell_of(cells, k, p[k] - far);
        hi[k] = cell_of(cells, k, p[k] + far);
        if (!cells->dense)
            continue;
        int64_t last = (int64_t)cells->side[k] - 1;
        lo[k] = lo[k] < 0 ? 0 : lo[k];
        hi[k] = hi[k] > last ? last : hi[k];
        if (lo[k] > hi[k])
            return 0;
    }
    return 1;
}

/* More rows than there are points in? */
static int many_rows(
    const struct ae_cells *cells, const int64_t lo[3], const int64_t hi[3])
{
    double rows = (double)(hi[1] - lo[1] + 1) * (double)(hi[2] - lo[2] + 1);
    return !cells->dense && !(rows <= (double)cells->nrow);
}

/* The rows of a grid about a place: how far the ball reaches along each. */
struct ball {
    double p[3], square, slack; /* in cells; slack against rounding */
    int64_t lo, hi;
};

static struct ball ball_new(const struct ae_cells *cells, const double p[3],
    double r, const int64_t lo[3], const int64_t hi[3])
{
    struct ball b = {.slack = 1e-9, .lo = lo[0], .hi = hi[0]};
    for (int k = 0; k < 3; k++) {
        b.p[k] = (p[k] - cells->low[k]) / cells->edge;
        b.slack += 1e-12 * fabs(p[k]) / cells->edge;
    }
    b.square = (r / cells->edge + b.slack) * (r / cells->edge + b.slack);
    return b;
}

/* Distance of x from the cell c. */
static inline double beside(double x, int64_t c)
{
    double under = (double)c - x, over = x - (double)(c + 1);
    double d = under > over ? under : over;
    return d > 0 ? d : 0;
}

/* Squared distance of the ball's middle from the cells c along an axis. */
static inline double aside(const struct ball *b, int axis, int64_t c)
{
    double d = beside(b->p[axis], c) - b->slack;
    return d > 0 ? d * d : 0;
}

/* The cells along x that the ball reaches into, left of its squared radius
 * being left in this row; 0: none. */
static inline int ball_row(
    const struct ball *b, double left, int64_t *lo, int64_t *hi)
{
    if (left < 0)
        return 0;
    double half = sqrt(left) + b->slack;
    double low = b->p[0] - half, high = b->p[0] + half;
    *lo = low > (double)b->lo ? (int64_t)low : b->lo;
    *hi = high < (double)b->hi ? (int64_t)high : b->hi;
    return *lo <= *hi;
}

/* The points closer than r to the wrapped place p, in no order. */
static void search(
    const struct ae_cells *cells, struct hunt *h, const double p[3])
{
    int64_t lo[3], hi[3];
    memcpy(h->p, p, sizeof h->p);
    if (!reach(cells, p, h->r, lo, hi))
        return;
    if (many_rows(cells, lo, hi)) {
        scan(cells, h, 0, cells->total);
        return;
    }
    struct ball ball = ball_new(cells, p, h->r, lo, hi);
    for (int64_t z = lo[2]; z <= hi[2]; z++) {
        double left = ball.square - aside(&ball, 2, z);
        for (int64_t y = lo[1]; y <= hi[1]; y++) {
            size_t a, b;
            int64_t first = lo[0], last = hi[0];
            if (cells->dense &&
                !ball_row(&ball, left - aside(&ball, 1, y), &first, &last))
                continue;
            stretch(cells, first, last, y, z, &a, &b);
            scan(cells, h, a, b);
        }
    }
}

/* The stretches of points from k on that hold every one closer than r to p, in
 * the rows from the place (y, z) on. */
static size_t rows_from(const struct ae_cells *cells, const double p[3],
    double r, size_t k, int64_t row_y, int64_t row_z,
    size_t out[AE_CELLS_STRETCHES][2])
{
    int64_t lo[3], hi[3];
    size_t n = 0;
    if (!reach(cells, p, r, lo, hi))
        return 0;
    if (many_rows(cells, lo, hi)) {
        out[0][0] = k;
        out[0][1] = cells->total;
        return 1;
    }
    struct ball ball = ball_new(cells, p, r, lo, hi);
    for (int64_t z = row_z > lo[2] ? row_z : lo[2]; z <= hi[2]; z++) {
        double left = ball.square - aside(&ball, 2, z);
        for (int64_t y = z == row_z ? row_y : lo[1]; y <= hi[1]; y++) {
            size_t a, b;
            int64_t first = lo[0], last = hi[0];
            if (cells->dense &&
                !ball_row(&ball, left - aside(&ball, 1, y), &first, &last))
                continue;
            stretch(cells, first, last, y, z, &a, &b);
            a = a > k ? a : k;
            out[n][0] = a;
            out[n][1] = b;
            n += a < b;
        }
    }
    return n;
}

size_t ae_cells_ahead(const struct ae_cells *cells, size_t k, double r,
    size_t out[AE_CELLS_STRETCHES][2])
{
    const double p[3] = {cells->x[k], cells->y[k], cells->z[k]};
    return rows_from(cells, p, r, k + 1, cell_of(cells, 1, p[1]),
        cell_of(cells, 2, p[2]), out);
}

size_t ae_cells_around(const struct ae_cells *cells, const double p[3],
    double r, size_t out[AE_CELLS_STRETCHES][2])
{
    return rows_from(cells, p, r, 0, INT64_MIN, INT64_MIN, out);
}

static void sort_found(struct ae_neighbour *found, size_t n)
{
    if (n > 64) {
        qsort(found, n, sizeof *found, order);
        return;
    }
    for (size_t i = 1; i < n; i++) {
        struct ae_neighbour one = found[i];
        size_t j = i;
        for (; j > 0 && before(&one, &found[j - 1]); j--)
            found[j] = found[j - 1];
        found[j] = one;
    }
}

size_t ae_cells_near(const struct ae_cells *cells, const double p[3], double r,
    struct ae_neighbour *found, size_t room)
{
    struct hunt h = hunt_new(r, found, room);
    double w[3];
    wrap(cells, p, w);
    search(cells, &h, w);
    sort_found(found, h.n < room ? h.n : room);
    return h.n;
}

size_t ae_cells_count(const struct ae_cells *cells, const double p[3], double r)
{
    struct hunt h = hunt_new(r, NULL, 0);
    double w[3];
    wrap(cells, p, w);
    search(cells, &h, w);
    return h.n;
}

int ae_cells_any(const struct ae_cells *cells, const double p[3], double r)
{
    struct hunt h = hunt_new(r, NULL, 0);
    double w[3];
    h.enough = 1;
    wrap(cells, p, w);
    search(cells, &h, w);
    return h.n > 0;
}

size_t ae_cells_nearest(
    const struct ae_cells *cells, const double p[3], double *distance)
{
    struct ae_neighbour one;
    struct hunt h = {0};
    double w[3], r = cells->cutoff;
    wrap(cells, p, w);
    /* spheres of twice the radius up to eight cutoffs, then every point */
    for (int i = 0; i < (cells->periodic ? 1 : 4) && !h.n; i++, r *= 2) {
        h = hunt_new(r, &one, 1);
        search(cells, &h, w);
    }
    if (!h.n && !cells->periodic) {
        h.square = INFINITY;
        scan(cells, &h, 0, cells->total);
    }
    *distance = h.n ? one.distance : INFINITY;
    return h.n ? one.index : AE_CELLS_NONE;
}

/* ---- lists --------------------------------------------------------------- */

/* Those of the points from first on, and their numbers in count. */
static void collect_links(const struct ae_cells *cells, double r, size_t first,
    struct chunk *chunk, size_t *count)
{
    struct hunt h = hunt_new(r, NULL, 0);
    size_t last = first + CHUNK < cells->total ? first + CHUNK : cells->total;
    h.chunk = chunk;
    for (size_t k = first; k < last && !chunk->failed; k++) {
        const double p[3] = {cells->x[k], cells->y[k], cells->z[k]};
        size_t before_k = chunk->n;
        h.skip = k;
        if (cells->place[cells->index[k]] == k) /* no image */
            search(cells, &h, p);
        count[k] = chunk->n - before_k;
    }
}

/* Append the chunks of the points from first on. Memory is taken for all that
 * are to come, as many as those so far had. */
static int append_chunks(const struct chunk *chunk, size_t n, size_t first,
    struct ae_links *links, size_t *room, struct ae_error *err)
{
    size_t last = first, used = links->start[first], *start = links->start;
    for (size_t c = 0; c < n; c++) {
        size_t end = last + CHUNK < links->total ? last + CHUNK : links->total;
        if (chunk[c].failed)
            return ae_fail(err, AE_EMEM, "out of memory for the neighbours");
        for (; last < end; last++)
            start[last + 1] += start[last];
    }
    if (start[last] > *room) {
        double each = (double)start[last] / (double)last;
        size_t more = start[last] + used / 8 +
                      (size_t)(each * (double)(links->total - last));
        size_t bytes;
        void *item = ae_mul(more, sizeof *links->item, &bytes)
                         ? NULL
                         : realloc(links->item, bytes);
        if (!item)
            return ae_fail(err, AE_EMEM, "out of memory for the neighbours");
        links->item = item;
        *room = more;
    }
    for (size_t c = 0; c < n; c++)
        if (chunk[c].n)
            memcpy(links->item + start[first + c * CHUNK], chunk[c].link,
                chunk[c].n * sizeof *links->item);
    return AE_OK;
}

int ae_cells_links(const struct ae_cells *cells, double r,
    struct ae_links *links, struct ae_error *err)
{
    struct chunk chunk[WAVE] = {{0}};
    size_t total = cells->total, room = 1;
    int code = AE_OK;
    *links = (struct ae_links){.total = total};
    links->start = ae_alloc(total + 1, sizeof *links->start);
    links->item = malloc(sizeof *links->item);
    if (!links->start || !links->item)
        code = ae_fail(err, AE_EMEM, "out of memory for %zu atoms", cells->n);
    for (size_t first = 0; first < total && !code; first += WAVE * CHUNK) {
        size_t n = (total - first + CHUNK - 1) / CHUNK;
        n = n < WAVE ? n : WAVE;
#pragma omp parallel for schedule(dynamic, 1)
        for (size_t c = 0; c < n; c++) {
            chunk[c].n = 0;
            collect_links(
                cells, r, first + c * CHUNK, &chunk[c], links->start + 1);
        }
        code = append_chunks(chunk, n, first, links, &room, err);
    }
    for (size_t c = 0; c < WAVE; c++)
        free(chunk[c].link);
    if (code)
        ae_links_clear(links);
    return code;
}

static double length_of(const struct ae_cells *cells, size_t k, size_t j)
{
    double dx = cells->x[j] - cells->x[k], dy = cells->y[j] - cells->y[k];
    double dz = cells->z[j] - cells->z[k];
    return sqrt(dx * dx + dy * dy + dz * dz);
}

void ae_links_beyond(
    const struct ae_cells *cells, struct ae_links *links, double least)
{
    int any = 0;
#pragma omp parallel for schedule(static) reduction(| : any)
    for (size_t k = 0; k < links->total; k++)
        for (size_t l = links->start[k]; l < links->start[k + 1]; l++)
            any |= length_of(cells, k, links->item[l]) <= least;
    if (!any)
        return;
    size_t n = 0, at = 0;
    for (size_t k = 0; k < links->total; k++) {
        for (; at < links->start[k + 1]; at++) {
            uint32_t j = links->item[at];
            links->item[n] = j;
            n += length_of(cells, k, j) > least;
        }
        links->start[k + 1] = n;
    }
}

void ae_links_clear(struct ae_links *links)
{
    free(links->start);
    free(links->item);
    memset(links, 0, sizeof *links);
}

/* The neighbours of the point k by its links, nearest first. */
static void fill_list(const struct ae_cells *cells,
    const struct ae_links *links, size_t k, struct ae_neighbour *item)
{
    size_t n = links->start[k + 1] - links->start[k];
    struct hunt h = {
        .found = item, .room = n, .p = {cells->x[k], cells->y[k], cells->z[k]}};
    for (; h.n < n; h.n++)
        take(cells, &h, links->item[links->start[k] + h.n]);
    sort_found(item, n);
}

int ae_cells_lists(const struct ae_cells *cells, double r,
    struct ae_neighbours *lists, struct ae_error *err)
{
    size_t n = cells->n;
    struct ae_links links;
    memset(lists, 0, sizeof *lists);
    int code = ae_cells_links(cells, r, &links, err);
    if (code)
        return code;
    lists->n = n;
    lists->start = ae_alloc(n + 1, sizeof *lists->start);
    lists->item = ae_alloc_raw(links.start[links.total], sizeof *lists->item);
    if (!lists->start || !lists->item) {
        code = ae_fail(err, AE_EMEM, "out of memory for the neighbour lists");
        ae_neighbours_clear(lists);
        goto out;
    }
    for (size_t i = 0; i < n; i++) {
        size_t k = cells->place[i];
        lists->start[i + 1] =
            lists->start[i] + links.start[k + 1] - links.start[k];
    }
#pragma omp parallel for schedule(dynamic, 1024)
    for (size_t k = 0; k < cells->total; k++)
        if (cells->place[cells->index[k]] == k)
            fill_list(
                cells, &links, k, lists->item + lists->start[cells->index[k]]);
out:
    ae_links_clear(&links);
    return code;
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
