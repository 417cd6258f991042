/* SPDX-License-Identifier: BSD-2-Clause */
#include "geom/order_kernel.h"

#define CLONES                                                                 \
    __attribute__((                                                            \
        target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))

/* sin^m e^(i m phi) = (x + i y)^m, so that the poles need no care. */
CLONES
void ae_order_kernel_add(const struct ae_order_plan *plan,
    const struct ae_order_lanes *u, double (*sum)[AE_ORDER_LANES])
{
    enum { L = AE_ORDER_LANES };
    double re[L], im[L];
    for (int i = 0; i < L; i++) {
        re[i] = u->weight[i];
        im[i] = 0;
    }
    for (int m = 0; m <= plan->top; m++) {
        double here[L], below[L];
        for (int i = 0; i < L; i++) {
            here[i] = 1;
            below[i] = 0;
        }
        for (int k = m; k <= plan->top; k++) {
            if (plan->wanted[k]) {
                double *a = sum[2 * (plan->wanted[k] - 1 + (size_t)m)];
                double *b = a + L;
                for (int i = 0; i < L; i++) {
                    a[i] += here[i] * re[i];
                    b[i] += here[i] * im[i];
                }
            }
            double f = plan->forth[m][k], g = plan->back[m][k];
            for (int i = 0; i < L; i++) {
                double next = f * u->z[i] * here[i] - g * below[i];
                below[i] = here[i];
                here[i] = next;
            }
        }
        for (int i = 0; i < L; i++) {
            double turned = re[i] * u->x[i] - im[i] * u->y[i];
            im[i] = re[i] * u->y[i] + im[i] * u->x[i];
            re[i] = turned;
        }
    }
}

CLONES
void ae_order_kernel_total(
    double (*sum)[AE_ORDER_LANES], size_t n, double *total)
{
    _Static_assert(AE_ORDER_LANES == 8, "eight lanes");
    for (size_t s = 0; s < n; s++) {
        double half[4];
        for (int i = 0; i < 4; i++)
            half[i] = sum[s][i] + sum[s][i + 4];
        total[s] = (half[0] + half[2]) + (half[1] + half[3]);
    }
}

CLONES
void ae_order_kernel_mean(const double *local, size_t width, size_t own,
    const uint32_t *item, size_t n, double *sum)
{
    for (size_t c = 0; c < width; c++)
        sum[c] = local[own * width + c];
    for (size_t j = 0; j < n; j++) {
        const double *more = local + item[j] * width;
        for (size_t c = 0; c < width; c++)
            sum[c] += more[c];
    }
}
