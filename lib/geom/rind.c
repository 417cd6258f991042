/* SPDX-License-Identifier: BSD-2-Clause */
#include "geom/rind.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "geom/sphere.h"

enum {
    FINE = 6, /* cells of the grid per alpha */
    SIDE = 3  /* cells of a block, whose middles are looked for together */
};

/* points; for fewer there is nothing to save */
static const size_t few = 2000;
/* blocks per point, beyond which the grid costs more than it saves */
static const double most_blocks = 32;

struct ae_rind {
    double alpha, depth;        /* angstrom */
    double low[3], edge, block; /* angstrom */
    double inner, reach; /* no point so near a middle; kept so near to one */
    size_t side[3];      /* blocks */
    size_t *start;       /* [blocks + 1] points of a block: place[start[b]] ...;
                      NULL in the end when all are kept */
    double (*place)[3];  /* [n]; in the end those that are not kept */
    float *square;       /* [blocks] to the nearest block with a middle */
};

static size_t along(const struct ae_rind *g, int axis, double x)
{
    size_t b = (size_t)((x - g->low[axis]) / g->block);
    return b < g->side[axis] ? b : g->side[axis] - 1;
}

static size_t block_of(const struct ae_rind *g, const double p[3])
{
    return (along(g, 2, p[2]) * g->side[1] + along(g, 1, p[1])) * g->side[0] +
           along(g, 0, p[0]);
}

/* 0 when the grid would be too large. */
static int set_grid(struct ae_rind *g, const double (*pos)[3], size_t n,
    double alpha, double depth)
{
    double ball = AE_RIND_SHARE * alpha, blocks = 1;
    g->alpha = alpha;
    g->depth = depth;
    g->edge = alpha / FINE;
    g->block = SIDE * g->edge;
    double half = sqrt(0.75) * g->edge;
    g->inner = (ball - half) * (1 - 1e-9) - 2 * AE_DELAUNAY_JITTER;
    g->reach = (ball + half + depth) * (1 + 1e-9) + 4 * AE_DELAUNAY_JITTER;
    for (int k = 0; k < 3; k++) {
        double low = INFINITY, high = -INFINITY;
        for (size_t i = 0; i < n; i++) {
            low = pos[i][k] < low ? pos[i][k] : low;
            high = pos[i][k] > high ? pos[i][k] : high;
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

static int sort_points(struct ae_rind *g, const double (*pos)[3], size_t n)
{
    size_t blocks = g->side[0] * g->side[1] * g->side[2];
    size_t *of = ae_alloc_raw(n, sizeof *of);
    g->start = ae_alloc(blocks + 2, sizeof *g->start);
    g->place = ae_alloc_raw(n, sizeof *g->place);
    g->square = ae_alloc_raw(blocks, sizeof *g->square);
    if (!of || !g->start || !g->place || !g->square) {
        free(of);
        return AE_EMEM;
    }
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < n; i++)
        of[i] = block_of(g, pos[i]);
    for (size_t i = 0; i < n; i++)
        g->start[of[i] + 2]++;
    for (size_t b = 0; b < blocks; b++)
        g->start[b + 2] += g->start[b + 1];
    for (size_t i = 0; i < n; i++)
        memcpy(g->place[g->start[of[i] + 1]++], pos[i], sizeof *pos);
    free(of);
    return AE_OK;
}

/* Points of the blocks x - wide ... x + wide of a row: from *i to the value. */
static size_t row_of(const struct ae_rind *g, const size_t at[3], long y,
    long z, long wide, size_t *i)
{
    long last = (long)at[0] + wide;
    size_t row = ((size_t)z * g->side[1] + (size_t)y) * g->side[0];
    if (y < 0 || z < 0 || y >= (long)g->side[1] || z >= (long)g->side[2])
        return *i = 0;
    *i = g->start[row + ((long)at[0] > wide ? at[0] - (size_t)wide : 0)];
    return g->start[row +
                    (last < (long)g->side[0] ? (size_t)last + 1 : g->side[0])];
}

/* Is some point of the next blocks closer than inner to the centres of all
 * cells? most: the farthest centre from the block's own, along an axis. */
static int covered(const struct ae_rind *g, const size_t at[3],
    const double middle[3], double most)
{
    size_t i, to;
    for (int m = 0; m < 9; m++) {
        /* its own row, the next ones, those across an edge */
        static const int step[9][2] = {{0, 0}, {0, 1}, {0, -1}, {1, 0}, {-1, 0},
            {1, 1}, {1, -1}, {-1, 1}, {-1, -1}};
        to = row_of(
            g, at, (long)at[1] + step[m][0], (long)at[2] + step[m][1], 1, &i);
        for (; i < to; i++) {
            double square = 0;
            for (int k = 0; k < 3; k++) {
                double d = fabs(g->place[i][k] - middle[k]) + most;
                square += d * d;
            }
            if (square < g->inner * g->inner)
                return 1;
        }
    }
    return 0;
}

/* Has the block a cell whose centre no point is closer to than inner? */
static int has_middle(const struct ae_rind *g, const size_t at[3])
{
    double middle[3], square = g->inner * g->inner;
    long wide = (long)(g->inner / g->block) + 1;
    unsigned left = (1u << SIDE * SIDE * SIDE) - 1; /* a bit a cell */
    size_t i, to;
    for (int k = 0; k < 3; k++)
        middle[k] = g->low[k] + ((double)at[k] + 0.5) * g->block;
    if (covered(g, at, middle, (SIDE - 1) / 2. * g->edge))
        return 0;
    for (long z = (long)at[2] - wide; z <= (long)at[2] + wide; z++)
        for (long y = (long)at[1] - wide; y <= (long)at[1] + wide; y++)
            for (to = row_of(g, at, y, z, wide, &i); i < to && left; i++)
                for (int c = 0; c < SIDE * SIDE * SIDE; c++) {
                    const int cell[3] = {
                        c % SIDE, c / SIDE % SIDE, c / (SIDE * SIDE)};
                    double sum = 0;
                    for (int k = 0; k < 3; k++) {
                        double d = g->place[i][k] - middle[k] -
                                   (cell[k] - (SIDE - 1) / 2.) * g->edge;
                        sum += d * d;
                    }
                    if (sum < square)
                        left &= ~(1u << c);
                }
    return left != 0;
}

static void find_middles(const struct ae_rind *g)
{
#pragma omp parallel for schedule(dynamic, 1)
    for (size_t z = 0; z < g->side[2]; z++)
        for (size_t y = 0; y < g->side[1]; y++)
            for (size_t x = 0; x < g->side[0]; x++) {
                const size_t at[3] = {x, y, z};
                g->square[(z * g->side[1] + y) * g->side[0] + x] =
                    has_middle(g, at) ? 0 : INFINITY;
            }
}

/* Along one axis: the least of the values so far and the square of the gap
 * between two blocks. For a team of threads. */
static void spread(const struct ae_rind *g, int axis, float *line, float *out)
{
    const size_t *n = g->side, step[3] = {1, n[0], n[0] * n[1]};
    int u = (axis + 1) % 3, v = (axis + 2) % 3;
    long wide = (long)(g->reach / g->block) + 1, count = (long)n[axis];
#pragma omp for schedule(static)
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

static int spread_all(const struct ae_rind *g)
{
    size_t longest = g->side[0] > g->side[1] ? g->side[0] : g->side[1];
    int failed = 0;
    longest = longest > g->side[2] ? longest : g->side[2];
#pragma omp parallel
    {
        float *line = ae_alloc(2 * longest, sizeof *line);
        if (!line) {
#pragma omp atomic write
            failed = 1;
        }
#pragma omp barrier
        for (int axis = 0; axis < 3 && !failed; axis++)
            spread(g, axis, line, line + longest);
        free(line);
    }
    return failed ? AE_EMEM : AE_OK;
}

/* Leave the points that are not kept, block by block. */
static void leave_dropped(struct ae_rind *g, float most)
{
    size_t blocks = g->side[0] * g->side[1] * g->side[2], n = 0, i = 0;
    for (size_t b = 0; b < blocks; b++) {
        size_t to = g->start[b + 1];
        g->start[b] = n;
        for (; i < to; i++)
            if (!(g->square[b] <= most))
                memmove(g->place[n++], g->place[i], sizeof *g->place);
    }
    g->start[blocks] = n;
    if (!n) {
        free(g->start);
        g->start = NULL;
    }
}

int ae_rind_new(struct ae_rind **rind, const double (*pos)[3], size_t n,
    double alpha, double depth, unsigned char *keep, struct ae_error *err)
{
    struct ae_rind *g = *rind = ae_alloc(1, sizeof *g);
    memset(keep, 1, n);
    if (g && (n < few || !set_grid(g, pos, n, alpha, depth) || !(g->inner > 0)))
        return AE_OK;
    int code = g ? sort_points(g, pos, n) : AE_EMEM;
    if (!code) {
        find_middles(g);
        code = spread_all(g);
    }
    if (code) {
        ae_rind_free(g);
        *rind = NULL;
        return ae_fail(err, code, "out of memory for the surface");
    }
    float most = (float)(g->reach * g->reach * (1 + 1e-5));
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < n; i++)
        keep[i] = g->square[block_of(g, pos[i])] <= most;
    leave_dropped(g, most);
    return AE_OK;
}

void ae_rind_free(struct ae_rind *rind)
{
    if (!rind)
        return;
    free(rind->start);
    free(rind->place);
    free(rind->square);
    free(rind);
}

/* Is no point that was left out in the ball, or near it? */
static int is_empty(const struct ae_rind *g, const double centre[3], double r)
{
    size_t from[3], to[3], i, end;
    r += AE_SPHERE_NEAR;
    for (int k = 0; k < 3; k++) {
        if (!(centre[k] + r >= g->low[k]))
            return 1;
        from[k] = along(g, k, fmax(centre[k] - r, g->low[k]));
        to[k] = along(g, k, centre[k] + r);
    }
    for (size_t z = from[2]; z <= to[2]; z++)
        for (size_t y = from[1]; y <= to[1]; y++) {
            size_t row = (z * g->side[1] + y) * g->side[0];
            end = g->start[row + to[0] + 1];
            for (i = g->start[row + from[0]]; i < end; i++) {
                double square = 0;
                for (int k = 0; k < 3; k++)
                    square += (g->place[i][k] - centre[k]) *
                              (g->place[i][k] - centre[k]);
                if (square < r * r)
                    return 0;
            }
        }
    return 1;
}

/* Is the circumradius beta or more, whatever rounding did? */
static int is_wide(const struct ae_sphere *s, double beta)
{
    return s->length - s->above_error >=
           2 * beta * (fabsl(s->six) + s->six_error);
}

/* Is the ball of radius beta empty that touches the sphere at p, a corner, from
 * within? */
static int holds_none(const struct ae_rind *g, const struct ae_sphere *s,
    const double p[3], double beta)
{
    double centre[3];
    for (int k = 0; k < 3; k++)
        centre[k] =
            p[k] + (double)(copysignl(beta / s->length, s->six) * s->above[k]);
    return fabsl(s->six) > s->six_error &&
           beta * s->above_error < AE_SPHERE_NEAR / 10 * s->length &&
           is_empty(g, centre, beta);
}

/* Is the circumsphere empty? */
static int is_whole(
    const struct ae_rind *g, const struct ae_sphere *s, const double p[3])
{
    double centre[3], radius;
    return ae_sphere_known(s, p, centre, &radius) &&
           is_empty(g, centre, radius);
}

static int lies_outside(const struct ae_delaunay *mesh, const unsigned char *in,
    double alpha, size_t t)
{
    return t == AE_DELAUNAY_HULL || (!in[t] && mesh->radius[t] > alpha);
}

int ae_rind_holds(const struct ae_rind *rind, const struct ae_delaunay *mesh,
    const unsigned char *in)
{
    const double alpha = rind->alpha, beta = AE_RIND_SHARE * alpha;
    int holds = 1, deep = rind->depth >= 2 * beta;
    for (size_t t = 0; t < mesh->n && holds && rind->start; t++) {
        double p[4][3];
        struct ae_sphere sphere;
        int face = 0, outside = lies_outside(mesh, in, alpha, t);
        for (int k = 0; k < 4 && !outside && !deep; k++)
            face |= lies_outside(mesh, in, alpha, mesh->neighbour[t][k]);
        if (!outside && !face)
            continue;
        ae_delaunay_corners(mesh, (const double(*)[3])mesh->moved, t, p);
        ae_sphere_set(&sphere, p);
        holds = face ? is_whole(rind, &sphere, p[0])
                     : is_wide(&sphere, beta) &&
                           (deep || holds_none(rind, &sphere, p[0], beta));
    }
    return holds;
}
