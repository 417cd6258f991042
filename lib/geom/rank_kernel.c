/* SPDX-License-Identifier: BSD-2-Clause */
#include "geom/rank_kernel.h"

#include <math.h>

__attribute__((
    target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default"))) void
ae_rank(double x[AE_RANK_MOST], int n, int64_t rank[AE_RANK_MOST])
{
    enum { PART = 16 }; /* ranks that stay in registers */
    for (int i = n; i < AE_RANK_MOST; i++)
        x[i] = INFINITY;
    for (int first = 0; first < n; first += PART) {
        const double *mine = x + first;
        int64_t below[PART] = {0};
        for (int j = 0; j < n; j++) {
            double one = x[j];
            for (int i = 0; i < PART; i++)
                below[i] += one < mine[i];
        }
        for (int i = 0; i < PART; i++)
            rank[first + i] = below[i];
    }
}
