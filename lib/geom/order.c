/* SPDX-License-Identifier: BSD-2-Clause */
#include "geom/order.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "geom/order_kernel.h"

enum { LANES = AE_ORDER_LANES, DEGREES = AE_ORDER_LMAX + 1 };

_Static_assert((int)AE_ORDER_TOP == (int)AE_ORDER_LMAX, "one largest degree");

/* A row of local holds, degree after degree, the real part of m = 0 and the
 * real and imaginary parts of m = 1 ... l: 2 l + 1 numbers. */
struct layout {
    struct ae_order_plan plan;
    size_t nl, width;
    const int *l;
    double factor[AE_ORDER_LMAX + 1][AE_ORDER_LMAX + 1]; /* [degree][m] */
};

/* Y_lm = factor (x + i y)^m p with the p of the kernel:
 * factor = (2 m - 1)!! sqrt((2 l + 1) / (4 pi) (l - m)! / (l + m)!) */
static void plan_new(struct layout *y, size_t nl, const int *l)
{
    memset(y, 0, sizeof *y);
    y->nl = nl;
    y->l = l;
    y->plan.top = l[nl - 1];
    for (size_t d = 0; d < nl; d++) {
        double odd = 1;
        y->plan.wanted[l[d]] = 1 + y->plan.slots;
        y->plan.slots += (size_t)l[d] + 1;
        y->width += 2 * (size_t)l[d] + 1;
        for (int m = 0; m <= l[d]; m++) {
            double ratio = 1;
            for (int k = l[d] - m + 1; k <= l[d] + m; k++)
                ratio /= k;
            y->factor[d][m] = odd * sqrt((2 * l[d] + 1) / (4 * M_PI) * ratio);
            odd *= 2 * m + 1;
        }
    }
    for (int m = 0; m <= y->plan.top; m++)
        for (int k = m; k <= y->plan.top; k++) {
            y->plan.forth[m][k] = (2.0 * k + 1) / (k + 1 - m);
            y->plan.back[m][k] = (double)(k + m) / (k + 1 - m);
        }
}

/* The directions from the point k to its links, LANES at a time. */
static void add_directions(const struct layout *y,
    const struct ae_cells_points *p, const struct ae_links *links, size_t k,
    double (*sum)[LANES])
{
    const uint32_t *item = links->item + links->start[k];
    size_t n = links->start[k + 1] - links->start[k];
    for (size_t j = 0; j < n; j += LANES) {
        struct ae_order_lanes u = {.weight = {0}};
        for (size_t i = 0; i < LANES && j + i < n; i++) {
            u.x[i] = p->x[item[j + i]] - p->x[k];
            u.y[i] = p->y[item[j + i]] - p->y[k];
            u.z[i] = p->z[item[j + i]] - p->z[k];
            u.weight[i] = 1;
        }
        for (size_t i = 0; i < LANES; i++) {
            double s = u.x[i] * u.x[i] + u.y[i] * u.y[i] + u.z[i] * u.z[i];
            double one = 1 / sqrt(s + (1 - u.weight[i]));
            u.x[i] *= one;
            u.y[i] *= one;
            u.z[i] *= one;
        }
        ae_order_kernel_add(&y->plan, &u, sum);
    }
}

/* q_lm of the point k. */
static void local_row(const struct layout *y, const struct ae_cells_points *p,
    const struct ae_links *links, size_t k, double *row)
{
    double sum[2 * DEGREES * (AE_ORDER_LMAX + 1)][LANES];
    double total[2 * DEGREES * (AE_ORDER_LMAX + 1)];
    size_t n = links->start[k + 1] - links->start[k], s = 0;
    memset(sum, 0, 2 * y->plan.slots * sizeof *sum);
    add_directions(y, p, links, k, sum);
    ae_order_kernel_total(sum, 2 * y->plan.slots, total);
    for (size_t d = 0; d < y->nl; d++)
        for (int m = 0; m <= y->l[d]; m++, s++) {
            double f = n ? y->factor[d][m] / (double)n : 0;
            *row++ = f * total[2 * s];
            if (m)
                *row++ = f * total[2 * s + 1];
        }
}

/* sqrt(4 pi / (2 l + 1) sum_m |y_m|^2) with y_-m = +-conj(y_m), of each
 * degree: to q[d * n]. */
static void lengths(const struct layout *y, const double *row, double scale,
    double *q, size_t n)
{
    for (size_t d = 0; d < y->nl; d++) {
        double sum = row[0] * row[0];
        for (int m = 1; m <= 2 * y->l[d]; m++)
            sum += 2 * row[m] * row[m];
        row += 2 * y->l[d] + 1;
        q[d * n] = scale * sqrt(4 * M_PI / (2 * y->l[d] + 1) * sum);
    }
}

/* q_lm of every point, images as well, in the order of the cells. */
static void local_rows(const struct layout *y, const struct ae_cells_points *p,
    const struct ae_links *links, double *local)
{
    size_t width = y->width;
#pragma omp parallel for schedule(dynamic, 512)
    for (size_t k = 0; k < p->total; k++)
        if (p->place[p->index[k]] == k)
            local_row(y, p, links, k, local + k * width);
#pragma omp parallel for schedule(dynamic, 512)
    for (size_t k = 0; k < p->total; k++)
        if (p->place[p->index[k]] != k)
            memcpy(local + k * width, local + p->place[p->index[k]] * width,
                width * sizeof *local);
}

int ae_order_q(const struct ae_cells *cells, const struct ae_links *links,
    size_t nl, const int *l, int averaged, double *q, struct ae_error *err)
{
    struct ae_cells_points p;
    struct layout y;
    if (nl < 1 || nl > DEGREES)
        return ae_fail(err, AE_EDATA, "want 1 to %d degrees", DEGREES);
    for (size_t d = 0; d < nl; d++)
        if (l[d] < 0 || l[d] > AE_ORDER_LMAX || (d && l[d] <= l[d - 1]))
            return ae_fail(err, AE_EDATA,
                "degree l = %d: want 0 to %d, ascending", l[d], AE_ORDER_LMAX);
    plan_new(&y, nl, l);
    ae_cells_points(cells, &p);
    size_t numbers;
    double *local = NULL;
    if (!ae_mul(p.total, y.width, &numbers))
        local = ae_alloc_raw(numbers, sizeof *local);
    if (!local)
        return ae_fail(err, AE_EMEM, "out of memory for %zu atoms", p.n);
    local_rows(&y, &p, links, local);
#pragma omp parallel for schedule(dynamic, 512)
    for (size_t i = 0; i < p.total; i++) {
        double sum[DEGREES * (2 * AE_ORDER_LMAX + 1)];
        size_t n = averaged ? links->start[i + 1] - links->start[i] : 0;
        if (p.place[p.index[i]] != i)
            continue;
        ae_order_kernel_mean(
            local, y.width, i, links->item + links->start[i], n, sum);
        lengths(&y, sum, 1 / (double)(n + 1), q + p.index[i], p.n);
    }
    free(local);
    return AE_OK;
}

double ae_order_boo(double q4, double q6)
{
    return sqrt(q4 * q4 + q6 * q6) /
           sqrt(AE_ORDER_FCC4 * AE_ORDER_FCC4 + AE_ORDER_FCC6 * AE_ORDER_FCC6);
}
