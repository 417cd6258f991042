/* SPDX-License-Identifier: BSD-2-Clause
 * within - which of many points lie near a place, eight at a time.
 */
#ifndef AE_GEOM_WITHIN_H
#define AE_GEOM_WITHIN_H

#include <stddef.h>
#include <stdint.h>

/* points that are read together: the arrays are readable for as many more */
enum { AE_WITHIN_BLOCK = 8 };

/* The numbers, ascending, of the points a ... b - 1 whose squared distance
 * from p is below square; how many. hit has room for b - a + 1. Squares are
 * dx dx + dy dy + dz dz without contraction, the same for every caller. */
size_t ae_within(const double *x, const double *y, const double *z, size_t a,
    size_t b, const double p[3], double square, uint32_t *hit);

#endif
