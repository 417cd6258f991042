/* SPDX-License-Identifier: BSD-2-Clause
 * rng - seeded random numbers (GSL's mt19937 and distributions).
 *
 * One generator per work item, seeded by (seed, item), never per thread: the
 * numbers do not depend on the number of threads.
 */
#ifndef AE_BASE_RNG_H
#define AE_BASE_RNG_H

#include <stdint.h>

struct ae_rng;

/* NULL when memory is short. (seed, item) are mixed by splitmix64. */
struct ae_rng *ae_rng_new(uint64_t seed, uint64_t item);
void ae_rng_free(struct ae_rng *rng);
/* Restart as if new. */
void ae_rng_set(struct ae_rng *rng, uint64_t seed, uint64_t item);

double ae_rng_uniform(struct ae_rng *rng);              /* [0, 1) */
double ae_rng_normal(struct ae_rng *rng);               /* mean 0, variance 1 */
double ae_rng_poisson(struct ae_rng *rng, double mean);
uint64_t ae_rng_below(struct ae_rng *rng, uint64_t n);  /* 0 ... n-1 */

/* splitmix64 of x: a hash, for positions and items. */
uint64_t ae_hash64(uint64_t x);

#endif
