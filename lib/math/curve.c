/* SPDX-License-Identifier: BSD-2-Clause */
#include "math/curve.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/error.h"
#include "base/mem.h"

int ae_curve_smooth(double *y, size_t n, double sigma)
{
    if (!(sigma > 0) || !n)
        return AE_OK;
    long half = (long)fmin(ceil(2 * sigma), 4.0 * (double)n),
         last = (long)n - 1;
    double *from = ae_alloc(n, sizeof *from);
    if (!from)
        return AE_EMEM;
    memcpy(from, y, n * sizeof *from);
    for (long k = 0; k <= last; k++) {
        double sum = 0, weight = 0;
        for (long i = -half; i <= half; i++) {
            double x = (double)i / sigma, w = exp(-0.5 * x * x);
            long at = k + i < 0 ? 0 : k + i > last ? last : k + i;
            sum += w * from[at];
            weight += w;
        }
        y[k] = sum / weight;
    }
    free(from);
    return AE_OK;
}

double ae_curve_extremum(
    const double *y, size_t n, int sign, size_t first, size_t last)
{
    double best = NAN, value = -INFINITY;
    for (size_t k = first > 1 ? first : 1; k + 1 < n && k < last; k++) {
        double a = sign * y[k - 1], b = sign * y[k], c = sign * y[k + 1];
        if (a > b || b < c || (a == b && b == c) || b <= value)
            continue;
        value = b;
        best = (double)k + 0.5 * (a - c) / (a - 2 * b + c);
    }
    return best;
}
