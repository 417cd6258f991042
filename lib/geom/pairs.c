/* SPDX-License-Identifier: BSD-2-Clause */
#include "geom/pairs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "geom/cells.h"
#include "geom/pairs_kernel.h"

_Static_assert((int)AE_PAIRS_BLOCK <= (int)AE_CELLS_PADDING, "readable blocks");

/* A count for each pair of classes. Class: the kind, and kinds more for the
 * images of periodic faces. */
struct work {
    const struct ae_cells *cells;
    struct ae_cells_points points;
    size_t classes, stride; /* stride: bins, and as many as the points tested
                               beyond them spread over: writing to one alone
                               would wait for the last write */
    uint32_t *at;           /* [total] class of a point times stride */
    double reach, scale, shift;
    int nbin;
};

/* 1 / width, and a whole number where it nearly is one. */
static double scale_of(double width)
{
    double whole = rint(1 / width);
    return fabs(whole * width - 1) < 1e-12 ? whole : 1 / width;
}

/* Pairs of the points first ... last - 1 with all after them. */
static void count_from(
    const struct work *w, size_t first, size_t last, uint64_t *count)
{
    const struct ae_cells_points *p = &w->points;
    size_t stretch[AE_CELLS_STRETCHES][2];
    const struct ae_pairs_bins bins = {w->scale, w->shift, (int)w->stride - 1};
    for (size_t k = first; k < last; k++) {
        const double here[3] = {p->x[k], p->y[k], p->z[k]};
        size_t n = ae_cells_ahead(w->cells, k, w->reach, stretch);
        uint64_t *own = count + (w->at ? w->at[k] * w->classes : 0);
        ae_pairs_kernel(p->x, p->y, p->z, (const size_t(*)[2])stretch, n, here,
            &bins, w->at, own);
    }
}

/* Whole numbers, so that the order of adding is no matter. */
static int count_all(const struct work *w, uint64_t *sum, struct ae_error *err)
{
    enum { CHUNK = 4096 };
    size_t cells = w->classes * w->classes * w->stride;
    size_t total = w->points.total;
    int failed = 0;
#pragma omp parallel
    {
        uint64_t *count = ae_alloc(cells, sizeof *count);
#pragma omp for schedule(dynamic, 1)
        for (size_t first = 0; first < total; first += CHUNK)
            if (count)
                count_from(w, first,
                    first + CHUNK < total ? first + CHUNK : total, count);
#pragma omp critical(ae_pairs)
        {
            failed |= !count;
            for (size_t i = 0; i < cells && count; i++)
                sum[i] += count[i];
        }
        free(count);
    }
    return failed ? ae_fail(err, AE_EMEM, "out of memory for the pairs")
                  : AE_OK;
}

/* From counts of each pair once, by classes, to ordered pairs of points and
 * their neighbours, images being neighbours only. */
static void order_pairs(
    const struct work *w, size_t kinds, const uint64_t *sum, uint64_t *count)
{
    size_t nbin = (size_t)w->nbin;
    for (size_t a = 0; a < w->classes; a++)
        for (size_t b = 0; b < w->classes; b++)
            for (size_t k = 0; k < nbin; k++) {
                uint64_t n = sum[(a * w->classes + b) * w->stride + k];
                size_t i = a % kinds, j = b % kinds;
                if (a < kinds)
                    count[(i * kinds + j) * nbin + k] += n;
                if (b < kinds)
                    count[(j * kinds + i) * nbin + k] += n;
            }
}

int ae_pairs_count(const double (*pos)[3], size_t n, const uint32_t *kind,
    size_t kinds, const struct ae_pair_bins *bins, const double *lattice,
    const int *pbc, uint64_t *count, struct ae_error *err)
{
    struct work w = {.nbin = (int)bins->n,
        .stride = 4 * bins->n + 1,
        .scale = scale_of(bins->width),
        .shift = bins->shift};
    struct ae_cells *cells = NULL;
    uint64_t *sum = NULL;
    size_t numbers;
    w.reach = ((double)bins->n - bins->shift) / w.scale;
    int code = ae_cells_new(&cells, pos, n, w.reach, lattice, pbc, err);
    if (code)
        return code;
    w.cells = cells;
    ae_cells_points(cells, &w.points);
    int images = w.points.total > n;
    w.classes = images ? 2 * kinds : kinds;
    if (w.classes > 1)
        w.at = ae_alloc(w.points.total + AE_CELLS_PADDING, sizeof *w.at);
    if (!ae_mul(w.classes * w.classes, w.stride, &numbers) &&
        numbers < UINT32_MAX)
        sum = ae_alloc(numbers, sizeof *sum);
    if (!sum || (w.classes > 1 && !w.at)) {
        code = ae_fail(err, AE_EMEM, "out of memory for the pairs");
        goto out;
    }
    for (size_t k = 0; k < w.points.total && w.at; k++) {
        size_t i = w.points.index[k];
        size_t image = w.points.place[i] != k;
        w.at[k] = (uint32_t)(((kind ? kind[i] : 0) + image * kinds) * w.stride);
    }
    code = count_all(&w, sum, err);
    memset(count, 0, kinds * kinds * bins->n * sizeof *count);
    if (!code)
        order_pairs(&w, kinds, sum, count);
out:
    free(sum);
    free(w.at);
    ae_cells_free(cells);
    return code;
}
