/* SPDX-License-Identifier: BSD-2-Clause
 * finegrid - planes, windows and local maxima of the oversampled volume.
 *
 * A plane: the 4 coefficient planes about it are mixed, then each row is
 * oversampled along x, then rows are mixed along y. Maxima: each work item
 * holds three consecutive planes (with a frame of zeros) and notes runs of
 * equal maxima along x; runs that touch are joined afterwards.
 */
#include "atoms/finegrid.h"

#include <stdlib.h>
#include <string.h>
#include "atoms/finegrid_kernel.h"
#include "base/mem.h"
#include "math/spline.h"

int ae_finegrid_new(struct ae_finegrid *fine, const float *vol,
    const size_t n[3], long over, enum ae_upsample method, long drop,
    struct ae_error *err)
{
    size_t samples = n[0] * n[1] * n[2];
    *fine = (struct ae_finegrid){.over = over, .first = drop};
    for (int a = 0; a < 3; a++) {
        fine->coarse[a] = n[a];
        fine->end[a] = over * ((long)n[a] - 1) + 1;
    }
    for (long phase = 0; phase < over; phase++) {
        double t = (double)phase / (double)over, *w = fine->weight[phase];
        if (method == AE_UPSAMPLE_SPLINE) {
            ae_spline_weights(t, w);
        } else {
            w[1] = 1 - t;
            w[2] = t;
        }
    }
    fine->coef = ae_alloc(samples, sizeof *fine->coef);
    if (!fine->coef) {
        return ae_fail(err, AE_EMEM,
            "no memory for the coefficients of %zu x %zu x %zu samples", n[0],
            n[1], n[2]);
    }
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < samples; i++) {
        fine->coef[i] = vol[i];
    }
    if (method == AE_UPSAMPLE_SPLINE) {
        ae_spline_volume_double(fine->coef, n[0], n[1], n[2]);
    }
    return AE_OK;
}

void ae_finegrid_clear(struct ae_finegrid *fine)
{
    free(fine->coef);
    fine->coef = NULL;
}

/* The 4 coefficients that fine index w of an axis is made of, and their
 * weights. */
static const double *taps(
    const struct ae_finegrid *fine, int axis, long w, size_t tap[4])
{
    for (long k = 0; k < 4; k++) {
        tap[k] = ae_spline_mirror(w / fine->over - 1 + k, fine->coarse[axis]);
    }
    return fine->weight[w % fine->over];
}

static double mix(const double *row, const size_t tap[4], const double w[4])
{
    return w[0] * row[tap[0]] + w[1] * row[tap[1]] + w[2] * row[tap[2]] +
           w[3] * row[tap[3]];
}

size_t ae_finegrid_scratch(const struct ae_finegrid *fine)
{
    return fine->coarse[1] * (fine->coarse[0] + (size_t)fine->end[0]);
}

/* One row of coefficients oversampled along x. */
static void widen(
    const struct ae_finegrid *fine, const double *row, double *out)
{
    long over = fine->over, n = (long)fine->coarse[0];
    size_t tap[4];
    for (long i = 0; i < n; i++) {
        long phases = i < n - 1 ? over : 1;
        if (i < 1 || i + 2 >= n) { /* mirrored */
            taps(fine, 0, i * over, tap);
        } else {
            for (size_t k = 0; k < 4; k++) {
                tap[k] = (size_t)(i - 1) + k;
            }
        }
        for (long phase = 0; phase < phases; phase++) {
            *out++ = mix(row, tap, fine->weight[phase]);
        }
    }
}

void ae_finegrid_plane(
    const struct ae_finegrid *fine, long w, double *scratch, float *plane)
{
    size_t nx = fine->coarse[0], ny = fine->coarse[1], tap[4];
    size_t fx = (size_t)fine->end[0], fy = (size_t)fine->end[1];
    double *wide = scratch + nx * ny;
    const double *in[4];
    if (w < fine->first || w >= fine->end[2]) {
        memset(plane, 0, fx * fy * sizeof *plane);
        return;
    }
    const double *weight = taps(fine, 2, w, tap);
    for (int k = 0; k < 4; k++) {
        in[k] = fine->coef + tap[k] * nx * ny;
    }
    ae_fine_mix(in, weight, nx * ny, scratch);
    for (size_t j = 0; j < ny; j++) {
        widen(fine, scratch + j * nx, wide + j * fx);
    }
    for (long v = 0; v < fine->end[1]; v++) {
        float *row = plane + (size_t)v * fx;
        weight = taps(fine, 1, v, tap);
        for (int k = 0; k < 4; k++) {
            in[k] = wide + tap[k] * fx;
        }
        ae_fine_mix_float(in, weight, fx, row);
        size_t dropped = v < fine->first ? fx : (size_t)fine->first;
        memset(row, 0, dropped * sizeof *row);
    }
}

/* Coarse samples that a window needs per axis, at most. */
static size_t window_span(const struct ae_finegrid *fine, long half)
{
    return (size_t)(2 * half / fine->over) + 6;
}

size_t ae_finegrid_window_scratch(const struct ae_finegrid *fine, long half)
{
    size_t span = window_span(fine, half), width = (size_t)(2 * half + 1);
    return span * span * width + span * width * width;
}

/* Where a fine index of the window reads: taps relative to the first coarse
 * sample of the window, or none when it lies outside. */
struct place {
    int inside;
    size_t tap; /* first of 4 */
    const double *weight;
};

static void places(const struct ae_finegrid *fine, int axis, long at, long half,
    struct place *place, long *low, size_t *span)
{
    long first = at - half, last = at + half;
    if (first < fine->first) {
        first = fine->first;
    }
    if (last > fine->end[axis] - 1) {
        last = fine->end[axis] - 1;
    }
    *low = first / fine->over - 1;
    *span = first <= last ? (size_t)(last / fine->over + 2 - *low + 1) : 0;
    for (long m = -half; m <= half; m++, place++) {
        long w = at + m;
        place->inside = w >= first && w <= last;
        if (place->inside) {
            place->weight = fine->weight[w % fine->over];
            place->tap = (size_t)(w / fine->over - 1 - *low);
        }
    }
}

void ae_finegrid_window(const struct ae_finegrid *fine, const long at[3],
    long half, double *box, double *scratch)
{
    size_t width = (size_t)(2 * half + 1), span[3];
    struct place place[3][2 * 64 + 1];
    long low[3];
    for (int a = 0; a < 3; a++) {
        places(fine, a, at[a], half, place[a], &low[a], &span[a]);
    }
    double *rows = scratch;                            /* [z][y][width] */
    double *planes = rows + span[2] * span[1] * width; /* [z][width][width] */
    memset(box, 0, width * width * width * sizeof *box);
    if (!span[0] || !span[1] || !span[2]) {
        return;
    }
    double line[2 * 64 + 8];
    static const double none[4] = {0};
    for (size_t r = 0; r < span[2] * span[1]; r++) {
        size_t z =
            ae_spline_mirror(low[2] + (long)(r / span[1]), fine->coarse[2]);
        size_t y =
            ae_spline_mirror(low[1] + (long)(r % span[1]), fine->coarse[1]);
        const double *coef =
            fine->coef + (z * fine->coarse[1] + y) * fine->coarse[0];
        if (low[0] >= 0 && low[0] + (long)span[0] <= (long)fine->coarse[0]) {
            memcpy(line, coef + low[0], span[0] * sizeof *line);
        } else {
            for (size_t k = 0; k < span[0]; k++) {
                line[k] =
                    coef[ae_spline_mirror(low[0] + (long)k, fine->coarse[0])];
            }
        }
        for (size_t i = 0; i < width; i++) {
            const struct place *p = &place[0][i];
            const double *in = line + (p->inside ? p->tap : 0);
            const double *w = p->inside ? p->weight : none;
            rows[r * width + i] =
                w[0] * in[0] + w[1] * in[1] + w[2] * in[2] + w[3] * in[3];
        }
    }
    for (size_t z = 0; z < span[2]; z++) {
        for (size_t j = 0; j < width; j++) {
            const struct place *p = &place[1][j];
            double *out = planes + (z * width + j) * width;
            if (!p->inside) {
                memset(out, 0, width * sizeof *out);
                continue;
            }
            const double *in[4];
            for (int k = 0; k < 4; k++) {
                in[k] = rows + (z * span[1] + (p->tap + (size_t)k)) * width;
            }
            ae_fine_mix(in, p->weight, width, out);
        }
    }
    for (size_t l = 0; l < width; l++) {
        const struct place *p = &place[2][l];
        if (p->inside) {
            const double *in[4];
            for (int k = 0; k < 4; k++) {
                in[k] = planes + (p->tap + (size_t)k) * width * width;
            }
            ae_fine_mix(in, p->weight, width * width, box + l * width * width);
        }
    }
}

/* --- local maxima ------------------------------------------------------- */

struct run {        /* equal maxima side by side along x */
    uint64_t start; /* linear index of the first one */
    uint32_t length;
    float value;
};

struct runs {
    struct run *run;
    size_t n, room;
};

static int add_run(struct runs *runs, struct run run)
{
    if (runs->n == runs->room) {
        size_t room = runs->room ? 2 * runs->room : 256;
        struct run *more = ae_resize(runs->run, runs->room, room, sizeof *more);
        if (!more) {
            return AE_EMEM;
        }
        runs->run = more;
        runs->room = room;
    }
    runs->run[runs->n++] = run;
    return AE_OK;
}

/* Three planes with a frame of one zero on each side. */
struct strip {
    float *plane[3];
    float *flat; /* a plane as ae_finegrid_plane gives it */
    unsigned char *mark;
    double *scratch;
    size_t pitch; /* of a framed row */
};

static void strip_clear(struct strip *s)
{
    for (int k = 0; k < 3; k++) {
        free(s->plane[k]);
    }
    free(s->flat);
    free(s->mark);
    free(s->scratch);
}

static int strip_new(struct strip *s, const struct ae_finegrid *fine)
{
    size_t fx = (size_t)fine->end[0], fy = (size_t)fine->end[1];
    *s = (struct strip){.pitch = fx + 2};
    int missing = 0;
    for (int k = 0; k < 3; k++) {
        s->plane[k] = ae_alloc((fx + 2) * (fy + 2), sizeof *s->plane[k]);
        missing |= !s->plane[k];
    }
    s->flat = ae_alloc(fx * fy, sizeof *s->flat);
    s->mark = ae_alloc(fx + 1, 1);
    s->scratch = ae_alloc(ae_finegrid_scratch(fine), sizeof *s->scratch);
    return missing || !s->flat || !s->mark || !s->scratch ? AE_EMEM : AE_OK;
}

/* Move the planes down by one and read plane w as the last. */
static void advance(struct strip *s, const struct ae_finegrid *fine, long w)
{
    size_t fx = (size_t)fine->end[0];
    float *reused = s->plane[0];
    s->plane[0] = s->plane[1];
    s->plane[1] = s->plane[2];
    s->plane[2] = reused;
    ae_finegrid_plane(fine, w, s->scratch, s->flat);
    for (size_t y = 0; y < (size_t)fine->end[1]; y++) {
        memcpy(reused + (y + 1) * s->pitch + 1, s->flat + y * fx,
            fx * sizeof *reused);
    }
}

/* Rows of neighbours of a row of the middle plane, as pointers that run along
 * with it; returns how many. */
static int neighbour_rows(
    const struct strip *s, size_t y, int neighbours, const float *other[26])
{
    int count = 0;
    for (int dz = -1; dz <= 1; dz++) {
        for (int dy = -1; dy <= 1; dy++) {
            for (int dx = -1; dx <= 1; dx++) {
                int distance = dz * dz + dy * dy + dx * dx;
                if (distance == 1 || (distance > 1 && neighbours == 26)) {
                    other[count++] = s->plane[1 + dz] +
                                     (y + 1 + (size_t)dy) * s->pitch + 1 + dx;
                }
            }
        }
    }
    return count;
}

static int scan_plane(struct strip *s, const struct ae_finegrid *fine, long w,
    int neighbours, float threshold, struct runs *runs)
{
    size_t fx = (size_t)fine->end[0], fy = (size_t)fine->end[1];
    const float *other[26];
    for (size_t y = (size_t)fine->first; y < fy; y++) {
        const float *row = s->plane[1] + (y + 1) * s->pitch + 1;
        int count = neighbour_rows(s, y, neighbours, other);
        ae_fine_mark(row, other, count, threshold, fx, s->mark);
        memset(s->mark, 0, (size_t)fine->first);
        s->mark[fx] = 1; /* ends the search */
        for (size_t x = 0;; x++) {
            unsigned char *next = memchr(s->mark + x, 1, fx + 1 - x);
            x = (size_t)(next - s->mark);
            if (x == fx) {
                break;
            }
            size_t from = x;
            while (x + 1 < fx && s->mark[x + 1] && row[x + 1] == row[from]) {
                x++;
            }
            if (add_run(runs, (struct run){((size_t)w * fy + y) * fx + from,
                                  (uint32_t)(x + 1 - from), row[from]})) {
                return AE_EMEM;
            }
        }
    }
    return AE_OK;
}

/* Largest float not above x: v > x for doubles becomes v > low for floats. */
static float float_below(double x)
{
    float low = (float)x;
    return (double)low > x ? __builtin_nextafterf(low, -__builtin_inff()) : low;
}

static int scan_slab(const struct ae_finegrid *fine, int neighbours,
    double threshold, long from, long to, struct runs *runs)
{
    struct strip s;
    int code = strip_new(&s, fine);
    if (!code) {
        advance(&s, fine, from - 1);
        advance(&s, fine, from);
    }
    for (long w = from; w < to && !code; w++) {
        advance(&s, fine, w + 1);
        code =
            scan_plane(&s, fine, w, neighbours, float_below(threshold), runs);
    }
    strip_clear(&s);
    return code;
}

/* --- plateaus ----------------------------------------------------------- */

static size_t root_of(size_t *parent, size_t i)
{
    while (parent[i] != i) {
        parent[i] = parent[parent[i]];
        i = parent[i];
    }
    return i;
}

/* Lower root wins, so that a root is the first run of its plateau. */
static void join(size_t *parent, size_t i, size_t j)
{
    i = root_of(parent, i);
    j = root_of(parent, j);
    if (i < j) {
        parent[j] = i;
    } else {
        parent[i] = j;
    }
}

/* Join run i with the runs of the row that starts at linear index row and
 * that it touches (widened by reach on both sides). */
static void join_row(const struct runs *all, size_t *parent, size_t i,
    uint64_t row, uint64_t x, uint64_t width, uint64_t reach)
{
    const struct run *run = all->run;
    uint64_t low = row + (x > reach ? x - reach : 0);
    uint64_t end = x + run[i].length + reach;
    end = row + (end < width ? end : width);
    size_t first = i + 1, last = all->n;
    while (first < last) { /* first run that ends beyond low */
        size_t middle = first + (last - first) / 2;
        if (run[middle].start + run[middle].length > low) {
            last = middle;
        } else {
            first = middle + 1;
        }
    }
    for (; first < all->n && run[first].start < end; first++) {
        if (run[first].value == run[i].value) {
            join(parent, i, first);
        }
    }
}

static void join_plateaus(const struct ae_finegrid *fine, int neighbours,
    const struct runs *all, size_t *parent)
{
    uint64_t width = (uint64_t)fine->end[0], height = (uint64_t)fine->end[1];
    uint64_t reach = neighbours == 26;
    for (size_t i = 0; i < all->n; i++) {
        parent[i] = i;
    }
    for (size_t i = 0; i < all->n; i++) {
        uint64_t row = all->run[i].start / width, y = row % height;
        uint64_t x = all->run[i].start % width;
        if (y + 1 < height) {
            join_row(all, parent, i, (row + 1) * width, x, width, reach);
        }
        for (uint64_t dy = 1 - reach; dy <= 1 + reach; dy++) {
            if (y + dy >= 1 && y + dy - 1 < height) {
                join_row(all, parent, i, (row + height + dy - 1) * width, x,
                    width, reach);
            }
        }
    }
}

static int by_value(const void *p, const void *q)
{
    const struct ae_maximum *a = p, *b = q;
    if (a->value != b->value) {
        return a->value > b->value ? -1 : 1;
    }
    return a->index < b->index ? -1 : a->index > b->index;
}

static int one_per_plateau(const struct ae_finegrid *fine, int neighbours,
    const struct runs *all, struct ae_maximum **found, size_t *n)
{
    size_t *parent = ae_alloc(all->n, sizeof *parent);
    *found = ae_alloc(all->n, sizeof **found);
    *n = 0;
    if (!parent || !*found) {
        free(parent);
        free(*found);
        *found = NULL;
        return AE_EMEM;
    }
    join_plateaus(fine, neighbours, all, parent);
    for (size_t i = 0; i < all->n; i++) {
        if (parent[i] == i) {
            (*found)[(*n)++] =
                (struct ae_maximum){all->run[i].start, all->run[i].value, 0};
        }
    }
    free(parent);
    return AE_OK;
}

void ae_finegrid_highest(struct ae_maximum *found, size_t n)
{
    qsort(found, n, sizeof *found, by_value);
}

int ae_finegrid_maxima(const struct ae_finegrid *fine, int neighbours,
    double threshold, long slab, struct ae_maximum **found, size_t *n,
    struct ae_error *err)
{
    long planes = fine->end[2] - fine->first;
    size_t slabs = planes > 0 ? (size_t)((planes + slab - 1) / slab) : 0;
    struct runs *part = ae_alloc(slabs, sizeof *part), all = {0};
    int code = part ? AE_OK : AE_EMEM;
    *found = NULL;
    *n = 0;
    for (size_t i = 0; i < slabs && part; i++) {
        part[i] = (struct runs){0};
    }
#pragma omp parallel for schedule(dynamic)
    for (size_t i = 0; i < (part ? slabs : 0); i++) {
        long from = fine->first + (long)i * slab;
        long to = from + slab < fine->end[2] ? from + slab : fine->end[2];
        int failed = scan_slab(fine, neighbours, threshold, from, to, &part[i]);
        if (failed) {
#pragma omp atomic write
            code = failed;
        }
    }
    for (size_t i = 0; i < slabs && part; i++) {
        for (size_t j = 0; j < part[i].n && !code; j++) {
            code = add_run(&all, part[i].run[j]);
        }
        free(part[i].run);
    }
    free(part);
    if (!code) {
        code = one_per_plateau(fine, neighbours, &all, found, n);
    }
    free(all.run);
    return code ? ae_fail(err, code, "no memory for the local maxima") : AE_OK;
}
