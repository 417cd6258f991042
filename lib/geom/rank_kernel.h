/* SPDX-License-Identifier: BSD-2-Clause
 * rank_kernel - the order of a few numbers, by comparing all with all.
 */
#ifndef AE_GEOM_RANK_KERNEL_H
#define AE_GEOM_RANK_KERNEL_H

#include <stdint.h>

enum { AE_RANK_MOST = 32 };

/* rank[i]: how many of the n <= AE_RANK_MOST values are below x[i]. x beyond n
 * is overwritten. */
void ae_rank(double x[AE_RANK_MOST], int n, int64_t rank[AE_RANK_MOST]);

#endif
