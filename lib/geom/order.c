/* SPDX-License-Identifier: BSD-2-Clause */
#include "geom/order.h"

#include <math.h>
#include <stdlib.h>
#include "base/mem.h"

/* factor[m] = sqrt((2 l + 1) / (4 pi) (l - m)! / (l + m)!) */
static void factors(int l, double *factor)
{
    for (int m = 0; m <= l; m++) {
        double ratio = 1;
        for (int k = l - m + 1; k <= l + m; k++)
            ratio /= k;
        factor[m] = sqrt((2 * l + 1) / (4 * M_PI) * ratio);
    }
}

/* Add Y_lm of the unit vector u, m = 0 ... l, to y (real, imaginary).
 * P_l^m(z) / sin^m = d^m P_l / dz^m by the recurrence in l; sin^m e^(i m phi)
 * = (x + i y)^m, so that the poles need no care. */
static void add_harmonics(
    const double u[3], int l, const double *factor, double (*y)[2])
{
    double re = 1, im = 0, top = 1; /* (x + i y)^m, (2 m - 1)!! */
    for (int m = 0; m <= l; m++) {
        double below = 0, here = top;
        for (int k = m + 1; k <= l; k++) {
            double next =
                ((2 * k - 1) * u[2] * here - (k + m - 1) * below) / (k - m);
            below = here;
            here = next;
        }
        y[m][0] += factor[m] * here * re;
        y[m][1] += factor[m] * here * im;
        double turned = re * u[0] - im * u[1];
        im = re * u[1] + im * u[0];
        re = turned;
        top *= 2 * m + 1;
    }
}

/* sqrt(4 pi / (2 l + 1) sum_m |y_m|^2) with y_-m = +-conj(y_m) */
static double length(int l, double (*y)[2])
{
    double sum = 0;
    for (int m = 0; m <= l; m++)
        sum += (m ? 2 : 1) * (y[m][0] * y[m][0] + y[m][1] * y[m][1]);
    return sqrt(4 * M_PI / (2 * l + 1) * sum);
}

int ae_order_q(const struct ae_neighbours *lists, int l, int averaged,
    double *q, struct ae_error *err)
{
    size_t n = lists->n, width = (size_t)l + 1;
    double factor[AE_ORDER_LMAX + 1];
    if (l < 0 || l > AE_ORDER_LMAX)
        return ae_fail(
            err, AE_EDATA, "degree l = %d: want 0 to %d", l, AE_ORDER_LMAX);
    double(*local)[2] = NULL;
    if (n <= SIZE_MAX / width)
        local = ae_alloc(n * width, sizeof *local);
    if (!local)
        return ae_fail(err, AE_EMEM, "out of memory for %zu atoms", n);
    factors(l, factor);
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < n; i++) {
        double(*y)[2] = local + i * width;
        size_t m = lists->start[i + 1] - lists->start[i];
        for (size_t j = lists->start[i]; j < lists->start[i + 1]; j++) {
            const struct ae_neighbour *b = &lists->item[j];
            const double u[3] = {b->d[0] / b->distance, b->d[1] / b->distance,
                b->d[2] / b->distance};
            add_harmonics(u, l, factor, y);
        }
        for (size_t k = 0; k < width && m; k++) {
            y[k][0] /= (double)m;
            y[k][1] /= (double)m;
        }
        q[i] = length(l, y);
    }
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < (averaged ? n : 0); i++) {
        double sum[AE_ORDER_LMAX + 1][2];
        size_t m = lists->start[i + 1] - lists->start[i] + 1;
        for (size_t k = 0; k < width; k++) {
            for (int part = 0; part < 2; part++) {
                double s = local[i * width + k][part];
                for (size_t j = lists->start[i]; j < lists->start[i + 1]; j++)
                    s += local[lists->item[j].index * width + k][part];
                sum[k][part] = s / (double)m;
            }
        }
        q[i] = length(l, sum);
    }
    free(local);
    return AE_OK;
}

int ae_order_boo(
    const struct ae_neighbours *lists, double *boo, struct ae_error *err)
{
    double *q6 = ae_alloc(lists->n, sizeof *q6);
    int code =
        q6 ? ae_order_q(lists, 4, 1, boo, err)
           : ae_fail(err, AE_EMEM, "out of memory for %zu atoms", lists->n);
    if (!code)
        code = ae_order_q(lists, 6, 1, q6, err);
    for (size_t i = 0; i < lists->n && !code; i++)
        boo[i] = hypot(boo[i], q6[i]) / hypot(AE_ORDER_FCC4, AE_ORDER_FCC6);
    free(q6);
    return code;
}
