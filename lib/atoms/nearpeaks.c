/* SPDX-License-Identifier: BSD-2-Clause
 * nearpeaks - counting sort into cells not smaller than the reach; a point's
 * neighbours are in the 27 cells about it.
 */
#include "atoms/nearpeaks.h"

#include <math.h>
#include <stdlib.h>
#include "base/mem.h"

struct cells {
    double low[3], size;
    size_t count[3];
    size_t *start; /* [cells + 1] */
    size_t *point; /* [n], by cell, in order of number */
};

static size_t cell_along(const struct cells *c, int axis, double x)
{
    double k = floor((x - c->low[axis]) / c->size);
    return k < 0                        ? 0
           : k < (double)c->count[axis] ? (size_t)k
                                        : c->count[axis] - 1;
}

static size_t cell_of(const struct cells *c, const double p[3])
{
    return (cell_along(c, 2, p[2]) * c->count[1] + cell_along(c, 1, p[1])) *
               c->count[0] +
           cell_along(c, 0, p[0]);
}

/* Cells of the given size, doubled until there are at most 4 n + 64. */
static size_t lay_out(
    struct cells *c, const double (*p)[3], size_t n, double size)
{
    double high[3] = {0};
    for (size_t i = 0; i < n; i++) {
        for (int a = 0; a < 3; a++) {
            c->low[a] = i ? fmin(c->low[a], p[i][a]) : p[i][a];
            high[a] = i ? fmax(high[a], p[i][a]) : p[i][a];
        }
    }
    for (c->size = size;; c->size *= 2) {
        double cells = 1;
        for (int a = 0; a < 3; a++) {
            double along = floor((high[a] - c->low[a]) / c->size) + 1;
            cells *= along;
            c->count[a] = cells < 1e15 ? (size_t)along : 0;
        }
        if (cells <= 4 * (double)n + 64) {
            return (size_t)cells;
        }
    }
}

static int sort_points(
    struct cells *c, const double (*p)[3], size_t n, double size)
{
    size_t cells = lay_out(c, p, n, size);
    c->start = ae_alloc(cells + 1, sizeof *c->start);
    c->point = ae_alloc(n, sizeof *c->point);
    if (!c->start || !c->point) {
        return AE_EMEM;
    }
    for (size_t i = 0; i < n; i++) {
        c->start[cell_of(c, p[i])]++;
    }
    for (size_t k = 0, sum = 0; k <= cells; k++) {
        sum += c->start[k];
        c->start[k] = sum; /* the cell's end; filled from the back */
    }
    for (size_t i = n; i-- > 0;) {
        c->point[--c->start[cell_of(c, p[i])]] = i;
    }
    return AE_OK;
}

/* Neighbours of point i into list (NULL: only counted). */
static size_t neighbours(const struct cells *c, const double (*p)[3], size_t i,
    double reach, size_t *list)
{
    size_t found = 0, at[3];
    for (int a = 0; a < 3; a++) {
        at[a] = cell_along(c, a, p[i][a]);
    }
    for (size_t z = at[2] ? at[2] - 1 : 0; z <= at[2] + 1; z++) {
        for (size_t y = at[1] ? at[1] - 1 : 0; y <= at[1] + 1; y++) {
            for (size_t x = at[0] ? at[0] - 1 : 0; x <= at[0] + 1; x++) {
                if (x >= c->count[0] || y >= c->count[1] || z >= c->count[2]) {
                    continue;
                }
                size_t cell = (z * c->count[1] + y) * c->count[0] + x;
                for (size_t k = c->start[cell]; k < c->start[cell + 1]; k++) {
                    size_t j = c->point[k];
                    double dx = p[j][0] - p[i][0], dy = p[j][1] - p[i][1];
                    double dz = p[j][2] - p[i][2];
                    if (j != i && dx * dx + dy * dy + dz * dz < reach * reach) {
                        if (list) {
                            list[found] = j;
                        }
                        found++;
                    }
                }
            }
        }
    }
    return found;
}

int ae_near_list(const double (*p)[3], size_t n, double reach, size_t **start,
    size_t **near, struct ae_error *err)
{
    struct cells c = {0};
    *near = NULL;
    *start = ae_alloc(n + 1, sizeof **start);
    int code = *start ? AE_OK : AE_EMEM;
    if (!code && n && reach > 0) {
        code = sort_points(&c, p, n, reach);
        for (size_t i = 0; i < n && !code; i++) {
            (*start)[i + 1] = (*start)[i] + neighbours(&c, p, i, reach, NULL);
        }
    }
    if (!code) {
        *near = ae_alloc((*start)[n], sizeof **near);
        code = *near ? AE_OK : AE_EMEM;
    }
    for (size_t i = 0; i < n && !code && c.point; i++) {
        neighbours(&c, p, i, reach, *near + (*start)[i]);
    }
    free(c.start);
    free(c.point);
    if (code) {
        free(*start);
        *start = NULL;
        ae_fail(err, code, "no memory for the neighbours of %zu points", n);
    }
    return code;
}

/* Number of an earlier kept point within reach of point i, in the 27 cells
 * about it; n when there is none. head, next: lists of kept points by cell. */
static size_t kept_near(const struct cells *c, const double (*p)[3], size_t i,
    double reach, const size_t *head, const size_t *next, size_t n)
{
    size_t at[3];
    for (int a = 0; a < 3; a++) {
        at[a] = cell_along(c, a, p[i][a]);
    }
    for (size_t k = 0; k < 27; k++) {
        size_t x = at[0] + k % 3, y = at[1] + k / 3 % 3, z = at[2] + k / 9;
        if (!x || !y || !z || x > c->count[0] || y > c->count[1] ||
            z > c->count[2]) {
            continue;
        }
        size_t cell = ((z - 1) * c->count[1] + y - 1) * c->count[0] + x - 1;
        for (size_t j = head[cell]; j < n; j = next[j]) {
            double dx = p[j][0] - p[i][0], dy = p[j][1] - p[i][1];
            double dz = p[j][2] - p[i][2];
            if (dx * dx + dy * dy + dz * dz < reach * reach) {
                return j;
            }
        }
    }
    return n;
}

int ae_near_thin(const double (*p)[3], size_t n, double reach,
    unsigned char *keep, struct ae_error *err)
{
    struct cells c = {0};
    if (!n || !(reach > 0)) {
        return AE_OK;
    }
    size_t cells = lay_out(&c, p, n, reach);
    size_t *head = ae_alloc(cells, sizeof *head);
    size_t *next = ae_alloc(n, sizeof *next);
    int code = head && next ? AE_OK
                            : ae_fail(err, AE_EMEM,
                                  "no memory for the cells of %zu points", n);
    for (size_t k = 0; k < cells && !code; k++) {
        head[k] = n;
    }
    for (size_t i = 0; i < n && !code; i++) {
        if (keep[i] && kept_near(&c, p, i, reach, head, next, n) < n) {
            keep[i] = 0;
        } else if (keep[i]) {
            size_t cell = cell_of(&c, p[i]);
            next[i] = head[cell];
            head[cell] = i;
        }
    }
    free(head);
    free(next);
    return code;
}
