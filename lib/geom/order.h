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

/* q[n] of degree l (0 ... AE_ORDER_LMAX) from the neighbour lists; averaged
 * over the neighbours too when averaged is not 0. 0 without neighbours. */
int ae_order_q(const struct ae_neighbours *lists, int l, int averaged,
    double *q, struct ae_error *err);

/* boo[n], 1 in fcc; below 0.5 an atom counts as disordered. */
int ae_order_boo(
    const struct ae_neighbours *lists, double *boo, struct ae_error *err);

#endif
