/* SPDX-License-Identifier: BSD-2-Clause */
#include "geom/rind.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"

enum {
    FINE = 6, /* cells of the grid per alpha */
    SIDE = 3  /* cells of a block, whose middles are looked for together */
};

/* points; for fewer there is nothing to save */
static const size_t few = 2000;
/* blocks per point, beyond which the grid costs more than it saves */
static const double most_blocks = 32;

struct grid {
    double low[3], edge, block; /* angstrom */
    double inner, reach;   /* no point so near a middle; kept so near to one */
    size_t side[3];        /* blocks */
    size_t *start, *point; /* [side[2] + 1], [n]: points by layers of blocks */
    float *square;         /* [blocks] to the nearest block with a middle */
};

static size_t block_of(const struct grid *g, int axis, double x)
{
    size_t b = (size_t)((x - g->low[axis]) / g->block);
    return b < g->side[axis] ? b : g->side[axis] - 1;
}

/* 0 when the grid would be too large. */
static int set_grid(
    struct grid *g, const double (*pos)[3], size_t n, double alpha)
{
    double ball = 0.95 * alpha, blocks = 1;
    g->edge = alpha / FINE;
    g->block = SIDE * g->edge;
    double half = sqrt(0.75) * g->edge;
    g->inner = (ball - half) * (1 - 1e-9);
    g->reach = ball + half + 2 * 1.05 * alpha;
    for (int k = 0; k < 3; k++) {
        double low = INFINITY, high = -INFINITY;
        for (size_t i = 0; i < n; i++) {
            low = fmin(low, pos[i][k]);
            high = fmax(high, pos[i][k]);
        }
        g->low[k] = low - alpha;
        double side = floor((high + alpha - g->low[k]) / g->block) + 1;
        blocks *= side;
        if (!(blocks <= most_blocks * (double)n))
            return 0;
        g->side[k] = (size_t)side;
    }
    return 1;
}

static void sort_layers(struct grid *g, const double (*pos)[3], size_t n)
{
    for (size_t i = 0; i < n; i++)
        g->start[block_of(g, 2, pos[i][2]) + 2]++;
    for (size_t l = 0; l < g->side[2]; l++)
        g->start[l + 2] += g->start[l + 1];
    for (size_t i = 0; i < n; i++)
        g->point[g->start[block_of(g, 2, pos[i][2]) + 1]++] = i;
}

/* Mark the cells of the layer at height z (of their centres) whose centres lie
 * closer than inner to p. */
static void mark(
    const struct grid *g, const double p[3], double z, unsigned char *cell)
{
    double left = g->inner * g->inner - (z - p[2]) * (z - p[2]);
    if (!(left > 0))
        return;
    double nx = (double)(SIDE * g->side[0]), wide = sqrt(left) / g->edge;
    double x = (p[0] - g->low[0]) / g->edge - 0.5;
    double y = (p[1] - g->low[1]) / g->edge - 0.5;
    double last = fmin(floor(y + wide), (double)(SIDE * g->side[1]) - 1);
    for (double j = fmax(ceil(y - wide), 0); j <= last; j++) {
        double square = wide * wide - (j - y) * (j - y);
        double half = square > 0 ? sqrt(square) * (1 - 1e-9) : 0;
        double from = fmax(ceil(x - half), 0),
               to = fmin(floor(x + half), nx - 1);
        if (square > 0 && from <= to)
            memset(cell + (size_t)(j * nx + from), 1, (size_t)(to - from) + 1);
    }
}

/* Blocks of layer l with a cell that may hold the middle of an empty ball. */
static void find_middles(
    const struct grid *g, const double (*pos)[3], size_t l, unsigned char *cell)
{
    size_t nx = SIDE * g->side[0], ny = SIDE * g->side[1];
    size_t reach = (size_t)(g->inner / g->block) + 1;
    size_t from = l > reach ? l - reach : 0;
    size_t to = l + reach < g->side[2] ? l + reach + 1 : g->side[2];
    float *out = g->square + l * g->side[0] * g->side[1];
    for (size_t b = 0; b < g->side[0] * g->side[1]; b++)
        out[b] = INFINITY;
    for (size_t k = 0; k < SIDE; k++) {
        double z = g->low[2] + ((double)(SIDE * l + k) + 0.5) * g->edge;
        memset(cell, 0, nx * ny);
        for (size_t m = g->start[from]; m < g->start[to]; m++)
            mark(g, pos[g->point[m]], z, cell);
        for (size_t y = 0; y < ny; y++)
            for (size_t x = 0; x < nx; x++)
                if (!cell[y * nx + x])
                    out[y / SIDE * g->side[0] + x / SIDE] = 0;
    }
}

/* Along one axis: the least of the values so far and the square of the gap
 * between two blocks. */
static void spread(const struct grid *g, int axis, float *line, float *out)
{
    const size_t *n = g->side, step[3] = {1, n[0], n[0] * n[1]};
    int u = (axis + 1) % 3, v = (axis + 2) % 3;
    long wide = (long)(g->reach / g->block) + 1, count = (long)n[axis];
    for (size_t i = 0; i < n[u]; i++)
        for (size_t j = 0; j < n[v]; j++) {
            float *at = g->square + i * step[u] + j * step[v];
            for (long k = 0; k < count; k++) {
                line[k] = at[(size_t)k * step[axis]];
                out[k] = line[k];
            }
            for (long d = 2; d <= wide; d++) {
                float gap = (float)((double)(d - 1) * g->block);
                for (long k = 0; k < count; k++) {
                    float a = k >= d ? line[k - d] + gap * gap : INFINITY;
                    float b = k + d < count ? line[k + d] + gap * gap : a;
                    a = b < a ? b : a;
                    out[k] = a < out[k] ? a : out[k];
                }
            }
            for (long k = 0; k < count; k++) { /* the next ones touch */
                float a = k ? line[k - 1] : INFINITY;
                float b = k + 1 < count ? line[k + 1] : a;
                a = b < a ? b : a;
                at[(size_t)k * step[axis]] = a < out[k] ? a : out[k];
            }
        }
}

static int all_middles(const struct grid *g, const double (*pos)[3])
{
    int failed = 0;
#pragma omp parallel
    {
        unsigned char *cell = ae_alloc(SIDE * g->side[0], SIDE * g->side[1]);
#pragma omp for schedule(dynamic, 1)
        for (size_t l = 0; l < g->side[2]; l++)
            if (cell)
                find_middles(g, pos, l, cell);
        if (!cell) {
#pragma omp atomic write
            failed = 1;
        }
        free(cell);
    }
    return failed;
}

int ae_rind(const double (*pos)[3], size_t n, double alpha, unsigned char *keep,
    struct ae_error *err)
{
    struct grid g = {0};
    float *line = NULL;
    int code = AE_OK;
    memset(keep, 1, n);
    if (n < few || !set_grid(&g, pos, n, alpha))
        return AE_OK;
    size_t longest = g.side[0] > g.side[1] ? g.side[0] : g.side[1];
    longest = longest > g.side[2] ? longest : g.side[2];
    g.start = ae_alloc(g.side[2] + 2, sizeof *g.start);
    g.point = ae_alloc(n, sizeof *g.point);
    g.square = ae_alloc(g.side[0] * g.side[1] * g.side[2], sizeof *g.square);
    line = ae_alloc(2 * longest, sizeof *line);
    if (!g.start || !g.point || !g.square || !line)
        code = AE_EMEM;
    if (!code) {
        sort_layers(&g, pos, n);
        code = all_middles(&g, pos) ? AE_EMEM : AE_OK;
    }
    for (int axis = 0; axis < 3 && !code; axis++)
        spread(&g, axis, line, line + longest);
    float most = (float)(g.reach * g.reach * (1 + 1e-5));
    for (size_t i = 0; i < n && !code; i++) {
        size_t x = block_of(&g, 0, pos[i][0]), y = block_of(&g, 1, pos[i][1]);
        size_t z = block_of(&g, 2, pos[i][2]);
        keep[i] = g.square[(z * g.side[1] + y) * g.side[0] + x] <= most;
    }
    free(g.start);
    free(g.point);
    free(g.square);
    free(line);
    return code ? ae_fail(err, code, "out of memory for the surface") : AE_OK;
}
