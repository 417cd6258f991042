/* SPDX-License-Identifier: BSD-2-Clause
 * boxtree - points in a tree of boxes: is there one in a ball?
 */
#ifndef AE_GEOM_BOXTREE_H
#define AE_GEOM_BOXTREE_H

#include <stddef.h>
#include "base/error.h"

struct ae_boxtree;

/* The points pos[n], n > 0, are copied. */
int ae_boxtree_new(struct ae_boxtree **tree, const double (*pos)[3], size_t n,
    struct ae_error *err);
void ae_boxtree_free(struct ae_boxtree *tree);

/* 1 when a point that is not in the box low <= x < high is closer than radius
 * to centre. */
int ae_boxtree_beyond(const struct ae_boxtree *tree, const double centre[3],
    double radius, const double low[3], const double high[3]);

#endif
