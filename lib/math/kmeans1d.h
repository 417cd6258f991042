/* SPDX-License-Identifier: BSD-2-Clause
 * kmeans1d - the exact optimum of K-means clustering in one dimension.
 *
 * Minimises sum_j |x_j - c(label_j)|^p over all labellings, p = 2 (c the mean)
 * or p = 1 (c the median). In one dimension the optimal classes are intervals
 * of the sorted values, so that dynamic programming finds the global optimum:
 *
 *   D_1(j) = cost(0, j)    D_k(j) = min_i D_(k-1)(i) + cost(i, j)
 *
 * with cost(i, j) of the values i ... j-1 from prefix sums. The best i does not
 * fall as j grows, hence divide and conquer: O(K N log N).
 *
 * Equal values always get the same label, ties go to the smaller split, so
 * that the result does not depend on the order of the values.
 * Source: H. Wang, M. Song, R Journal 3(2), 29 (2011),
 * doi:10.32614/RJ-2011-015.
 */
#ifndef AE_MATH_KMEANS1D_H
#define AE_MATH_KMEANS1D_H

#include <stddef.h>
#include "base/error.h"

/* x[n] finite, any order; k >= 1 classes; norm 1 or 2.
 * label[n]: 0 ... *found - 1 by increasing centre; centre[k]; *found = k, or
 * the number of distinct values when that is less; *cost (may be NULL) the
 * minimum. n < k: AE_EDATA. */
int ae_kmeans1d(const double *x, size_t n, int k, int norm, int *label,
    double *centre, int *found, double *cost, struct ae_error *err);

/* A class after the cut. */
struct ae_kmeans1d_class {
    size_t n;
    double mean, variance; /* of its values, 1/n */
    double separation;     /* (m_c - m_(c-1))/sqrt(v_c + v_(c-1)); nan for
                              class 0 and beside an empty class, inf when both
                              variances are 0 */
};

/* Statistics of the k classes of label[n] (labels outside 0 ... k-1 are
 * skipped). */
void ae_kmeans1d_classes(const double *x, const int *label, size_t n, int k,
    struct ae_kmeans1d_class *classes);

#endif
