/* SPDX-License-Identifier: BSD-2-Clause
 * match - which atom of one model is which of another.
 *
 * One to one: all pairs within the tolerance, sorted by distance (ties by the
 * index in a, then in b), are taken greedily. The pairs with d <= r of a match
 * with a larger tolerance are the match with tolerance r.
 */
#ifndef AE_ATOMS_MATCH_H
#define AE_ATOMS_MATCH_H

#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "math/superpose.h"

#define AE_MATCH_NONE SIZE_MAX
enum { AE_MATCH_PASSES = 100 };

struct ae_match_pair {
    size_t a, b;
    double distance; /* angstrom */
};

struct ae_match {
    size_t n;
    struct ae_match_pair *pair; /* [n], by increasing distance */
    size_t *of_a;               /* [na] partner in b, or AE_MATCH_NONE */
    size_t *of_b;               /* [nb] partner in a, or AE_MATCH_NONE */
};

/* All pairs with |a_i - b_j| <= r (angstrom, > 0), by increasing i; *pair is
 * the caller's to free. When a and b are the same array each atom pairs with
 * itself and every other pair stands twice. */
int ae_match_pairs(const double (*a)[3], size_t na, const double (*b)[3],
    size_t nb, double r, struct ae_match_pair **pair, size_t *npair,
    struct ae_error *err);

/* Order of pairs by distance, a, b; for qsort. */
int ae_match_order(const void *p, const void *q);

int ae_match(const double (*a)[3], size_t na, const double (*b)[3], size_t nb,
    double tolerance, struct ae_match *match, struct ae_error *err);
void ae_match_clear(struct ae_match *match);

/* Lay a on b: match, fit the kind of superposition to the matched pairs, again,
 * until the fit moves the matched atoms by at most 1e-4 angstrom in the mean
 * (sum of the axes) or max_passes are done (published: 100). *fit holds the
 * start and gets the result; *passes (may be NULL) the number of fits, 0
 * without any pair. */
int ae_match_fit(const double (*a)[3], size_t na, const double (*b)[3],
    size_t nb, double tolerance, enum ae_superpose_fit kind,
    struct ae_superpose *fit, int max_passes, int *passes,
    struct ae_error *err);

/* moved[n] = fit applied to pos[n]. */
void ae_match_move(const struct ae_superpose *fit, const double (*pos)[3],
    size_t n, double (*moved)[3]);

#endif
