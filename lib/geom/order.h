/* SPDX-License-Identifier: BSD-2-Clause
 * order - bond-orientational order (Steinhardt; averaged: Lechner, Dellago).
 *
 *   q_lm(i)  = (1/N_i) sum over the neighbours j of i of Y_lm(r_ij / |r_ij|)
 *   qbar_lm  = mean of q_lm over i and its neighbours
 *   qbar_l   = sqrt(4 pi / (2 l + 1) sum_m |qbar_lm|^2)
 *   boo      = sqrt(qbar_4^2 + qbar_6^2), divided by its value in fcc
 */
#ifndef AE_GEOM_ORDER_H
#define AE_GEOM_ORDER_H

#include <stddef.h>
#include "base/error.h"
#include "geom/cells.h"

enum { AE_ORDER_LMAX = 30 };

/* sqrt(7/192) and 13/sqrt(512): q_4 and q_6 of fcc with twelve neighbours */
#define AE_ORDER_FCC4 0.19094065395649333
#define AE_ORDER_FCC6 0.57452425971406984

/* q of the degrees l[nl] (0 ... AE_ORDER_LMAX, ascending) of every point:
 * q[d * n + i] for l[d] and point i as given, n points in all. Averaged over
 * the neighbours too when averaged is not 0. 0 without neighbours. No two
 * linked points may be at one place. */
int ae_order_q(const struct ae_cells *cells, const struct ae_links *links,
    size_t nl, const int *l, int averaged, double *q, struct ae_error *err);

/* boo of qbar_4 and qbar_6: 1 in fcc; below 0.5 an atom counts as
 * disordered. */
double ae_order_boo(double q4, double q6);

#endif
