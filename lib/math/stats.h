/* SPDX-License-Identifier: BSD-2-Clause
 * stats - mean and spread, quantiles, correlations, bins of a histogram.
 */
#ifndef AE_MATH_STATS_H
#define AE_MATH_STATS_H

#include <stddef.h>

/* Mean, standard deviation (1/(n-1)) and its error of the mean, std/sqrt(n);
 * NaN where n is too small (1 for the mean, 2 for the others). */
struct ae_moments {
    double mean, std, sem;
};
struct ae_moments ae_stats_moments(const double *x, size_t n);

/* In place, ascending; no NaN. */
void ae_stats_sort(double *x, size_t n);

/* Quantile q in [0, 1] of n >= 1 sorted values, linear between them:
 * at the index q (n - 1). */
double ae_stats_quantile(const double *sorted, size_t n, double q);

/* Ranks 1 ... n, ties get the mean of theirs. 0, or AE_EMEM. */
int ae_stats_ranks(const double *x, size_t n, double *rank);

/* Pearson's coefficient of n pairs; NaN when n < 2 or one is constant.
 * Spearman's is Pearson's of the ranks. */
double ae_stats_pearson(const double *x, const double *y, size_t n);

/* Bins of equal width: bin i holds edge(i) <= x < edge(i + 1), the last one
 * also x = edge(n). edge(i) = (first + i) * width + shift, edge(n) = high. */
struct ae_bins {
    size_t n;
    double width, first, shift, high;
    double scale; /* 1/width where that is a whole number, else 0 */
};

/* 2 IQR / n^(1/3) (Freedman and Diaconis 1981, 10.1007/BF01025868), rounded to
 * 1, 2 or 5 times a power of ten. Where the IQR is 0, the whole range stands
 * for it; 0 when that is 0 too. */
double ae_stats_bin_width(const double *sorted, size_t n);

/* Bins that hold low ... high, with edges at whole multiples of width plus
 * shift, or from low to high exactly (the last bin may be narrower). AE_OK, or
 * AE_EDATA when that makes more than 10^7 bins. */
int ae_stats_bins(
    struct ae_bins *bins, double low, double high, double width, double shift);
int ae_stats_bins_exact(
    struct ae_bins *bins, double low, double high, double width);

/* Lower edge of bin i (i = n: the upper end); bin of x, n when outside. */
double ae_stats_edge(const struct ae_bins *bins, size_t i);
size_t ae_stats_bin(const struct ae_bins *bins, double x);

#endif
