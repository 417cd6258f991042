/* SPDX-License-Identifier: BSD-2-Clause
 * gaussfit - Levenberg-Marquardt on base, height, centre and shape.
 */
#include "atoms/gaussfit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "atoms/nearpeaks.h"
#include "base/mem.h"

enum { UNKNOWNS = 11, ROUNDS = 60, MISSES = 12 };

struct ae_gauss_work {
    size_t room, n;
    double (*at)[3]; /* samples' index coordinates */
    double *value;   /* less the neighbours' tails */
};

struct ae_gauss_work *ae_gauss_work_new(double radius)
{
    struct ae_gauss_work *work = ae_alloc(1, sizeof *work);
    if (!work) {
        return NULL;
    }
    size_t width = 2 * (size_t)ceil(radius) + 1;
    work->room = width * width * width;
    work->at = ae_alloc(work->room, sizeof *work->at);
    work->value = ae_alloc(work->room, sizeof *work->value);
    if (!work->at || !work->value) {
        ae_gauss_work_free(work);
        return NULL;
    }
    return work;
}

void ae_gauss_work_free(struct ae_gauss_work *work)
{
    if (work) {
        free(work->at);
        free(work->value);
        free(work);
    }
}

void ae_gauss_set_sigma(struct ae_gauss *g, double sigma)
{
    memset(g->shape, 0, sizeof g->shape);
    g->shape[0] = g->shape[1] = g->shape[2] = 1 / (sigma * sigma);
}

static double determinant(const double s[6])
{
    return s[0] * (s[1] * s[2] - s[5] * s[5]) -
           s[3] * (s[3] * s[2] - s[5] * s[4]) +
           s[4] * (s[3] * s[5] - s[1] * s[4]);
}

static int positive(const double s[6])
{
    return s[0] > 0 && s[0] * s[1] > s[3] * s[3] && determinant(s) > 0;
}

double ae_gauss_sigma(const struct ae_gauss *g)
{
    return pow(determinant(g->shape), -1.0 / 6);
}

/* P d, and d' P d. */
static double apply(const double s[6], const double d[3], double Pd[3])
{
    Pd[0] = s[0] * d[0] + s[3] * d[1] + s[4] * d[2];
    Pd[1] = s[3] * d[0] + s[1] * d[1] + s[5] * d[2];
    Pd[2] = s[4] * d[0] + s[5] * d[1] + s[2] * d[2];
    return d[0] * Pd[0] + d[1] * Pd[1] + d[2] * Pd[2];
}

static double tail(const struct ae_gauss *g, const double r[3])
{
    double d[3] = {r[0] - g->p[0], r[1] - g->p[1], r[2] - g->p[2]}, Pd[3];
    return g->height * exp(-apply(g->shape, d, Pd) / 2);
}

static void gather(const struct ae_vol *vol, double radius, const double p[3],
    const struct ae_gauss *const *near, size_t nnear,
    struct ae_gauss_work *work)
{
    long low[3], high[3];
    for (int a = 0; a < 3; a++) {
        low[a] = (long)fmax(ceil(p[a] - radius), 0);
        high[a] = (long)fmin(floor(p[a] + radius), (double)vol->n[a] - 1);
    }
    work->n = 0;
    for (long z = low[2]; z <= high[2]; z++) {
        for (long y = low[1]; y <= high[1]; y++) {
            const float *row =
                vol->data + ((size_t)z * vol->n[1] + (size_t)y) * vol->n[0];
            for (long x = low[0]; x <= high[0]; x++) {
                double r[3] = {(double)x, (double)y, (double)z};
                double dx = r[0] - p[0], dy = r[1] - p[1], dz = r[2] - p[2];
                if (dx * dx + dy * dy + dz * dz > radius * radius) {
                    continue;
                }
                double value = row[x];
                for (size_t k = 0; k < nnear; k++) {
                    value -= tail(near[k], r);
                }
                memcpy(work->at[work->n], r, sizeof r);
                work->value[work->n++] = value;
            }
        }
    }
}

/* Sum of squared deviations; with a != NULL also the normal equations: upper
 * half of J'J, and J' (value - f) in column m. */
static double deviations(const struct ae_gauss_work *work,
    const struct ae_gauss *g, enum ae_gauss_shape shape, int m,
    double a[UNKNOWNS][UNKNOWNS + 1])
{
    double sum = 0, j[UNKNOWNS];
    if (a) {
        memset(a, 0, UNKNOWNS * sizeof *a);
    }
    for (size_t i = 0; i < work->n; i++) {
        const double *r = work->at[i];
        double d[3] = {r[0] - g->p[0], r[1] - g->p[1], r[2] - g->p[2]}, Pd[3];
        double e = exp(-apply(g->shape, d, Pd) / 2), f = g->height * e;
        double off = work->value[i] - g->base - f;
        sum += off * off;
        if (!a) {
            continue;
        }
        j[0] = 1;
        j[1] = e;
        for (int k = 0; k < 3; k++) {
            j[2 + k] = f * Pd[k];
        }
        if (shape == AE_GAUSS_ROUND) {
            j[5] = -f / 2 * (d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);
        } else if (shape == AE_GAUSS_ELLIPSOID) {
            for (int k = 0; k < 3; k++) {
                j[5 + k] = -f / 2 * d[k] * d[k];
            }
            j[8] = -f * d[0] * d[1];
            j[9] = -f * d[0] * d[2];
            j[10] = -f * d[1] * d[2];
        }
        for (int k = 0; k < m; k++) {
            for (int l = k; l < m; l++) {
                a[k][l] += j[k] * j[l];
            }
            a[k][m] += j[k] * off;
        }
    }
    return sum;
}

/* (J'J + lambda diag(J'J)) x = right side, by elimination; -1 if singular. */
static int damped_step(
    double a[UNKNOWNS][UNKNOWNS + 1], int m, double lambda, double x[UNKNOWNS])
{
    double b[UNKNOWNS][UNKNOWNS + 1];
    memcpy(b, a, sizeof b);
    for (int k = 0; k < m; k++) {
        b[k][k] += lambda * a[k][k];
    }
    for (int k = 0; k < m; k++) {
        if (!(b[k][k] > 1e-14 * a[k][k])) {
            return -1;
        }
        for (int i = k + 1; i < m; i++) {
            double factor = b[k][i] / b[k][k];
            for (int l = i; l <= m; l++) {
                b[i][l] -= factor * b[k][l];
            }
        }
    }
    for (int k = m - 1; k >= 0; k--) {
        x[k] = b[k][m];
        for (int l = k + 1; l < m; l++) {
            x[k] -= b[k][l] * x[l];
        }
        x[k] /= b[k][k];
    }
    return 0;
}

/* g moved by the step, the centre kept within limit of start. */
static struct ae_gauss moved(const struct ae_gauss *g, const double *x,
    enum ae_gauss_shape shape, const double start[3], double limit)
{
    struct ae_gauss next = *g;
    next.base += x[0];
    next.height += x[1];
    for (int k = 0; k < 3; k++) {
        double p = g->p[k] + x[2 + k];
        next.p[k] = fmin(fmax(p, start[k] - limit), start[k] + limit);
    }
    for (int k = 0; k < 6; k++) {
        if (shape == AE_GAUSS_ROUND && k < 3) {
            next.shape[k] += x[5];
        } else if (shape == AE_GAUSS_ELLIPSOID) {
            next.shape[k] += x[5 + k];
        }
    }
    return next;
}

static int is_small(const struct ae_gauss *g, const struct ae_gauss *next)
{
    double scale = fabs(g->height) + fabs(g->base);
    int small = fabs(next->height - g->height) <= 1e-9 * scale &&
                fabs(next->base - g->base) <= 1e-9 * scale;
    for (int k = 0; k < 3; k++) {
        small = small && fabs(next->p[k] - g->p[k]) <= 1e-8;
    }
    for (int k = 0; k < 6; k++) {
        small = small && fabs(next->shape[k] - g->shape[k]) <=
                             1e-8 * (g->shape[0] + g->shape[1] + g->shape[2]);
    }
    return small;
}

static int minimise(const struct ae_gauss_work *work, double limit,
    enum ae_gauss_shape shape, int m, struct ae_gauss *g)
{
    double a[UNKNOWNS][UNKNOWNS + 1], x[UNKNOWNS], lambda = 1e-3;
    double start[3] = {g->p[0], g->p[1], g->p[2]};
    int misses = 0;
    double sum = deviations(work, g, shape, m, a);
    for (int round = 0; round < ROUNDS; round++) {
        struct ae_gauss next = *g;
        double after = HUGE_VAL;
        if (!damped_step(a, m, lambda, x)) {
            next = moved(g, x, shape, start, limit);
            if (positive(next.shape)) {
                after = deviations(work, &next, shape, m, NULL);
            }
        }
        if (after <= sum) {
            int done = is_small(g, &next);
            *g = next;
            if (done) {
                return 0;
            }
            sum = deviations(work, g, shape, m, a);
            lambda = fmax(lambda / 10, 1e-12);
            misses = 0;
        } else {
            if (after < HUGE_VAL && is_small(g, &next)) {
                return 0; /* rounding alone decides: this is the minimum */
            }
            if (++misses > MISSES) {
                return -1;
            }
            lambda *= 10;
        }
    }
    return -1;
}

static void set_residual(const struct ae_gauss_work *work, struct ae_gauss *g)
{
    double squares = 0;
    double sum = deviations(work, g, AE_GAUSS_FIXED, 5, NULL);
    for (size_t i = 0; i < work->n; i++) {
        squares += work->value[i] * work->value[i];
    }
    g->residual = squares > 0 ? sqrt(sum / squares) : 0;
    g->rms = work->n ? sqrt(sum / (double)work->n) : 0;
}

void ae_gauss_fit(const struct ae_vol *vol, double radius, double limit,
    enum ae_gauss_shape shape, const struct ae_gauss *const *near, size_t nnear,
    struct ae_gauss_work *work, struct ae_gauss *g)
{
    static const int unknowns[] = {5, 6, UNKNOWNS};
    int m = unknowns[shape];
    struct ae_gauss fit = *g;
    gather(vol, radius, g->p, near, nnear, work);
    if (work->n > (size_t)m && !minimise(work, limit, shape, m, &fit) &&
        fit.height > 0) {
        *g = fit;
        g->converged = 1;
    } else {
        g->converged = 0;
    }
    set_residual(work, g);
}

/* One pass over all peaks: to[i] = fit of from[i], with the tails of its
 * neighbours in from (start NULL: without). */
static int pass(const struct ae_vol *vol, double radius, double limit,
    enum ae_gauss_shape shape, const struct ae_gauss *from, const size_t *start,
    const size_t *near, size_t n, struct ae_gauss *to)
{
    int code = AE_OK;
    size_t most = 0;
    for (size_t i = 0; start && i < n; i++) {
        most = start[i + 1] - start[i] > most ? start[i + 1] - start[i] : most;
    }
#pragma omp parallel
    {
        struct ae_gauss_work *work = ae_gauss_work_new(radius);
        const struct ae_gauss **list = ae_alloc(most, sizeof *list);
        if (!work || !list) {
#pragma omp atomic write
            code = AE_EMEM;
        }
#pragma omp for schedule(dynamic, 64)
        for (size_t i = 0; i < n; i++) {
            size_t m = 0;
            if (!work || !list) {
                continue;
            }
            for (size_t k = start ? start[i] : 0; start && k < start[i + 1];
                 k++) {
                list[m++] = &from[near[k]];
            }
            to[i] = from[i];
            ae_gauss_fit(vol, radius, limit, shape, list, m, work, &to[i]);
        }
        ae_gauss_work_free(work);
        free(list);
    }
    return code;
}

struct weighted {
    double value, weight;
};

static int ascending(const void *p, const void *q)
{
    const struct weighted *a = p, *b = q;
    if (a->value != b->value) {
        return a->value < b->value ? -1 : 1;
    }
    return (a->weight > b->weight) - (a->weight < b->weight);
}

/* Median of element k of the shapes of the converged fits (of all, when none
 * is), each counted by its height in start: weak false peaks have no say. */
static double median_shape(const struct ae_gauss *g,
    const struct ae_gauss *start, size_t n, int k, struct weighted *list)
{
    size_t m = 0;
    double sum = 0, half = 0;
    for (int any = 0; any < 2 && !m; any++) {
        for (size_t i = 0; i < n; i++) {
            if ((any || g[i].converged) && start[i].height > 0) {
                list[m++] = (struct weighted){g[i].shape[k], start[i].height};
                half += start[i].height / 2;
            }
        }
    }
    qsort(list, m, sizeof *list, ascending);
    for (size_t i = 0; i < m; i++) {
        sum += list[i].weight;
        if (sum >= half) {
            return list[i].value;
        }
    }
    return start[0].shape[k];
}

/* All get the same shape: the median of each element, where that is one. */
static void share_shape(
    struct ae_gauss *g, struct ae_gauss *start, size_t n, struct weighted *list)
{
    struct ae_gauss common = start[0];
    for (int k = 0; k < 6; k++) {
        common.shape[k] = median_shape(g, start, n, k, list);
    }
    for (size_t i = 0; i < n; i++) {
        memcpy(g[i].shape, positive(common.shape) ? common.shape : start->shape,
            sizeof common.shape);
    }
    for (size_t i = 0; i < n; i++) {
        memcpy(start[i].shape, g[i].shape, sizeof common.shape);
    }
}

/* Largest movement of a centre between two passes. */
static double movement(
    const struct ae_gauss *a, const struct ae_gauss *b, size_t n)
{
    double most = 0;
    for (size_t i = 0; i < n; i++) {
        for (int k = 0; k < 3; k++) {
            most = fmax(most, fabs(a[i].p[k] - b[i].p[k]));
        }
    }
    return most;
}

static int neighbours(const struct ae_gauss *g, size_t n, double reach,
    size_t **start, size_t **near, struct ae_error *err)
{
    double(*p)[3] = ae_alloc(n, sizeof *p);
    if (!p) {
        return ae_fail(err, AE_EMEM, "no memory for %zu centres", n);
    }
    for (size_t i = 0; i < n; i++) {
        memcpy(p[i], g[i].p, sizeof p[i]);
    }
    int code = ae_near_list((const double(*)[3])p, n, reach, start, near, err);
    free(p);
    return code;
}

int ae_gauss_all(const struct ae_vol *vol, const struct ae_gauss_plan *plan,
    struct ae_gauss *g, size_t n, double *sigma, struct ae_error *err)
{
    struct ae_gauss *from = ae_alloc(n, sizeof *from);
    struct ae_gauss *first = ae_alloc(n, sizeof *first);
    struct weighted *list = ae_alloc(n, sizeof *list);
    size_t *start = NULL, *near = NULL;
    enum ae_gauss_shape own =
        plan->ellipsoid ? AE_GAUSS_ELLIPSOID : AE_GAUSS_ROUND;
    int code = from && first && list ? AE_OK : AE_EMEM;
    if (code || !n) {
        goto out;
    }
    for (size_t i = 0; i < n && plan->sigma > 0; i++) {
        ae_gauss_set_sigma(&g[i], plan->sigma);
    }
    memcpy(first, g, n * sizeof *g);
    share_shape(g, first, n, list);
    double width = ae_gauss_sigma(g), radius = fmax(plan->radius, 2.5 * width);
    code = neighbours(
        g, n, fmax(plan->reach, radius + 4 * width), &start, &near, err);
    /* the round before the first gives heights, the first one the shape */
    for (int round = -1; round <= plan->rounds && !code; round++) {
        int free_shape = round == 0 && !(plan->sigma > 0);
        memcpy(from, g, n * sizeof *g);
        code = pass(vol, radius, plan->limit, free_shape ? own : AE_GAUSS_FIXED,
            from, start, near, n, g);
        if (free_shape) {
            share_shape(g, first, n, list);
            radius = fmax(plan->radius, 2.5 * ae_gauss_sigma(g));
        }
        for (size_t i = 0; i < n; i++) {
            if (!g[i].converged) { /* back to the start, another chance */
                g[i] = first[i];
            }
        }
        if (round > 0 && movement(from, g, n) < 1e-5) {
            break; /* voxel: beyond any data */
        }
    }
out:
    *sigma = n && !code ? ae_gauss_sigma(g) : plan->sigma;
    free(from);
    free(first);
    free(list);
    free(start);
    free(near);
    return code ? ae_fail(err, code, "no memory for %zu Gaussians", n) : AE_OK;
}
