/* SPDX-License-Identifier: BSD-2-Clause
 * nearpeaks - which points of a set lie near each other (cells of a grid).
 */
#ifndef AE_ATOMS_NEARPEAKS_H
#define AE_ATOMS_NEARPEAKS_H

#include <stddef.h>
#include "base/error.h"

/* For each point the points nearer than reach, itself left out, by number:
 * those of i are near[start[i]] ... near[start[i + 1] - 1]. The caller frees
 * both. */
int ae_near_list(const double (*p)[3], size_t n, double reach, size_t **start,
    size_t **near, struct ae_error *err);

/* In order, keep[i] becomes 0 where an earlier point that is kept lies nearer
 * than reach. Points with keep[i] = 0 at the start have no influence. */
int ae_near_thin(const double (*p)[3], size_t n, double reach,
    unsigned char *keep, struct ae_error *err);

#endif
