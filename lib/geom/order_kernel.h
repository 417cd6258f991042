/* SPDX-License-Identifier: BSD-2-Clause
 * order_kernel - spherical harmonics of a few directions at a time.
 */
#ifndef AE_GEOM_ORDER_KERNEL_H
#define AE_GEOM_ORDER_KERNEL_H

#include <stddef.h>
#include <stdint.h>

enum { AE_ORDER_LANES = 8, AE_ORDER_TOP = 30 };

/* P_l^m(z) / sin^m / (2 m - 1)!! by the recurrence in k = m ... top from 1,
 *   p_(k+1) = forth[m][k] z p_k - back[m][k] p_(k-1)
 * wanted[k] is 1 + the slot of the degree k in the sums, 0 when not asked
 * for: the slot of m lies at that + m. */
struct ae_order_plan {
    int top;
    size_t slots; /* sum of l + 1 over the degrees asked for */
    size_t wanted[AE_ORDER_TOP + 1];
    double forth[AE_ORDER_TOP + 1][AE_ORDER_TOP + 1];
    double back[AE_ORDER_TOP + 1][AE_ORDER_TOP + 1];
};

/* The unit vectors of up to AE_ORDER_LANES directions; weight 1, or 0 for a
 * lane that is empty. */
struct ae_order_lanes {
    double x[AE_ORDER_LANES], y[AE_ORDER_LANES], z[AE_ORDER_LANES];
    double weight[AE_ORDER_LANES];
};

/* Add Y_lm of the lanes, but for its constant factor, to the sums: real part
 * sum[2 s], imaginary part sum[2 s + 1] of slot s. */
void ae_order_kernel_add(const struct ae_order_plan *plan,
    const struct ae_order_lanes *u, double (*sum)[AE_ORDER_LANES]);

/* The lanes of each of n sums added up. */
void ae_order_kernel_total(
    double (*sum)[AE_ORDER_LANES], size_t n, double *total);

/* sum[width] = the rows own and item[n] of local added up. */
void ae_order_kernel_mean(const double *local, size_t width, size_t own,
    const uint32_t *item, size_t n, double *sum);

#endif
