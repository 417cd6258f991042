/* SPDX-License-Identifier: BSD-2-Clause
 * mixture - a mixture of K Gaussians in 1 to 3 dimensions, fitted by
 * expectation maximisation.
 *
 *   p(x) = sum_c w_c N(x; m_c, S_c)
 *   posterior  g_jc = w_c N(x_j; m_c, S_c)/p(x_j)
 *   w_c = <g_jc>   m_c = <g_jc x_j>/w_c   S_c = <g_jc (x_j - m_c)(x_j - m_c)^T>/w_c
 *
 * The data are first whitened by their own covariance, so that the result does
 * not depend on their scale; the eigenvalues of S_c are kept above a floor in
 * that frame (the maximum under that bound: the likelihood never falls).
 * Source: A. P. Dempster, N. M. Laird, D. B. Rubin, J. R. Stat. Soc. B 39, 1
 * (1977), doi:10.1111/j.2517-6161.1977.tb01600.x.
 */
#ifndef AE_MATH_MIXTURE_H
#define AE_MATH_MIXTURE_H

#include <stddef.h>
#include "base/error.h"

enum { AE_MIXTURE_DIM = 3 };

struct ae_mixture_class {
    double weight;
    double mean[AE_MIXTURE_DIM];
    double cov[AE_MIXTURE_DIM][AE_MIXTURE_DIM];
};

struct ae_mixture;

/* x[n][dim], label[n] in 0 ... k-1: the start (an empty class: AE_EDATA, as is
 * a column without variance). floor: least eigenvalue of a covariance as a
 * fraction of that of all data. x is copied. */
int ae_mixture_init(struct ae_mixture **fit, const double *x, size_t n, int dim,
    const int *label, int k, double floor, struct ae_error *err);

/* One round. *loglik: mean log-likelihood per item of the parameters before
 * the round. AE_EDATA when a class dies out. */
int ae_mixture_step(
    struct ae_mixture *fit, double *loglik, struct ae_error *err);

/* Posteriors of the present parameters, g[n][k], and their mean log-likelihood
 * per item, in the units of x. */
double ae_mixture_posterior(struct ae_mixture *fit, double *g);

/* The parameters in the units of x, [k]. */
void ae_mixture_classes(
    const struct ae_mixture *fit, struct ae_mixture_class *classes);

/* Mean log-likelihood per item of one Gaussian for all items. */
double ae_mixture_single(const struct ae_mixture *fit);

void ae_mixture_free(struct ae_mixture *fit);

#endif
