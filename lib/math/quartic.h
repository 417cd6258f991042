/* SPDX-License-Identifier: BSD-2-Clause
 * quartic - weighted least-squares fit of the full 3-D polynomial of total
 * degree 4 (35 terms) to the samples of a ball on a unit grid.
 *
 *   minimise  sum_X w(X)^2 [ f(X) - P(X - p) ]^2,
 *   w(X) = exp(-alpha |X - p|^2 / R^2),   |X|^2 <= (R + 1/2)^2
 *   X  grid offsets from the middle sample   p  centre of the expansion
 *
 * The weight is a product of three factors, one per axis, so the 165 moments
 * of the normal equations and the 35 of the right side are summed axis by
 * axis: a few operations per sample instead of 35^2/2. The equations are
 * solved by Cholesky elimination in double with (X - p)/R as coordinate;
 * against QR the fitted coefficients agree to 1e-9 relative (unit test).
 *
 * Source: the polynomial peak fit of the published AET tracing codes (Yang et
 * al., Nature 592, 60 (2021), 10.1038/s41586-021-03354-0).
 */
#ifndef AE_MATH_QUARTIC_H
#define AE_MATH_QUARTIC_H

#include <stddef.h>

enum { AE_QUARTIC_RADIUS = 40, AE_QUARTIC_TERMS = 35 };

struct ae_quartic { /* the ball, shared by all fits */
    long radius;    /* R, 2 ... AE_QUARTIC_RADIUS */
    size_t samples; /* inside the ball */
    double alpha;
    signed char reach[2 * AE_QUARTIC_RADIUS + 1][2 * AE_QUARTIC_RADIUS + 1];
    /* [z + R][y + R]: largest |x|, -1 for none */
    double inverse[AE_QUARTIC_TERMS][AE_QUARTIC_TERMS];
    /* of the normal equations at p = 0 */
    double weight; /* sum of w^2 at p = 0; 0: no inverse */
};

struct ae_quartic_fit {
    double value; /* P, its gradient and Hessian at p; grid units */
    double gradient[3];
    double hessian[6]; /* xx, yy, zz, xy, xz, yz */
    double rms;        /* weighted r.m.s. of f - P */
    double c[AE_QUARTIC_TERMS];
};

/* The equations at p = 0, where every peak starts, are inverted once. */
void ae_quartic_init(struct ae_quartic *ball, long radius, double alpha);

/* box: (2R+1)^3 samples, x fastest, the middle one at X = 0. Returns 0, or -1
 * when the samples under the weight do not determine the polynomial. */
int ae_quartic_solve(const struct ae_quartic *ball, const double *box,
    const double p[3], struct ae_quartic_fit *fit);

/* fit.hessian[k] at p = 0 as a sum over the box: weight[X] f(X). Returns the
 * sum of the absolute values of all terms that the fit adds for it when
 * |f| = 1, the scale of its rounding; -1 when there is no inverse. */
double ae_quartic_hessian(const struct ae_quartic *ball, int k, double *weight);

/* P at X - p = s (grid units). */
double ae_quartic_at(const struct ae_quartic *ball,
    const struct ae_quartic_fit *fit, const double s[3]);

/* Exponents (a, b, c) of term i in x^a y^b z^c; terms 0 ... 9 are those of
 * degree 0, 1 and 2: 1, x, y, z, xx, yy, zz, xy, xz, yz. */
const signed char *ae_quartic_exponents(int i);

#endif
