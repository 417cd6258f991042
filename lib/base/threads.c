/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/threads.h"

#include <math.h>
#include <stdlib.h>
#ifdef _OPENMP
#include <omp.h>
#endif

enum { CHUNK = 4096 };

int ae_threads(void)
{
#ifdef _OPENMP
    return omp_in_parallel() ? 1 : omp_get_max_threads();
#else
    return 1;
#endif
}

void ae_set_threads(int n)
{
#ifdef _OPENMP
    omp_set_dynamic(0);
    omp_set_num_threads(n > 0 ? n : omp_get_num_procs());
#else
    (void)n;
#endif
}

/* What one pair of samples adds to the sum. */
enum term { SUM, ABS, ABS_DIFF, SQ, SQ_DIFF, DOT };

static double chunk_sum(enum term term, const float *x, const float *y,
    size_t n)
{
    double sum = 0;
    switch (term) {
    case SUM:
        for (size_t i = 0; i < n; i++)
            sum += x[i];
        break;
    case ABS:
        for (size_t i = 0; i < n; i++)
            sum += fabs((double)x[i]);
        break;
    case ABS_DIFF:
        for (size_t i = 0; i < n; i++)
            sum += fabs((double)x[i] - (double)y[i]);
        break;
    case SQ:
        for (size_t i = 0; i < n; i++)
            sum += (double)x[i] * (double)x[i];
        break;
    case SQ_DIFF:
        for (size_t i = 0; i < n; i++) {
            double d = (double)x[i] - (double)y[i];
            sum += d * d;
        }
        break;
    case DOT:
        for (size_t i = 0; i < n; i++)
            sum += (double)x[i] * (double)y[i];
        break;
    }
    return sum;
}

/* Groups of 64 chunks are summed in parallel, then added in order. */
static double chunked(enum term term, const float *x, const float *y, size_t n)
{
    enum { GROUP = 64 };
    double total = 0;
    for (size_t base = 0; base < n; base += (size_t)GROUP * CHUNK) {
        double part[GROUP] = {0};
        size_t left = n - base;
        size_t parts = (left + CHUNK - 1) / CHUNK;
        if (parts > GROUP)
            parts = GROUP;
#pragma omp parallel for if (parts == GROUP)
        for (size_t c = 0; c < parts; c++) {
            size_t at = base + c * CHUNK;
            size_t m = n - at < CHUNK ? n - at : CHUNK;
            part[c] = chunk_sum(term, x + at, y ? y + at : NULL, m);
        }
        for (size_t c = 0; c < parts; c++)
            total += part[c];
    }
    return total;
}

double ae_sum(const float *x, size_t n)
{
    return chunked(SUM, x, NULL, n);
}

double ae_sum_abs(const float *x, size_t n)
{
    return chunked(ABS, x, NULL, n);
}

double ae_sum_abs_diff(const float *x, const float *y, size_t n)
{
    return chunked(ABS_DIFF, x, y, n);
}

double ae_sum_sq(const float *x, size_t n)
{
    return chunked(SQ, x, NULL, n);
}

double ae_sum_sq_diff(const float *x, const float *y, size_t n)
{
    return chunked(SQ_DIFF, x, y, n);
}

double ae_dot(const float *x, const float *y, size_t n)
{
    return chunked(DOT, x, y, n);
}
