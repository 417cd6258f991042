/* SPDX-License-Identifier: BSD-2-Clause
 * threads - how many threads to use, and sums that do not depend on it.
 */
#ifndef AE_BASE_THREADS_H
#define AE_BASE_THREADS_H

#include <stddef.h>

int ae_threads(void);                /* threads of a parallel region now */
void ae_set_threads(int n);          /* 0: all cores */

/* Sums in fixed chunks of 4096 values added in order: the same bits for any
 * number of threads. */
double ae_sum(const float *x, size_t n);
double ae_sum_abs(const float *x, size_t n);
double ae_sum_abs_diff(const float *x, const float *y, size_t n);
double ae_sum_sq(const float *x, size_t n);
double ae_sum_sq_diff(const float *x, const float *y, size_t n);
double ae_dot(const float *x, const float *y, size_t n);

#endif
