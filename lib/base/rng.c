/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/rng.h"

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <stdlib.h>

struct ae_rng {
    gsl_rng *gsl;
};

/* Steele, Lea, Flood, Fast splittable pseudorandom number generators,
 * OOPSLA 2014. */
uint64_t ae_hash64(uint64_t x)
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

void ae_rng_set(struct ae_rng *rng, uint64_t seed, uint64_t item)
{
    /* mt19937 takes 32 bits of seed; 0 would mean GSL's default seed */
    uint32_t mixed = (uint32_t)ae_hash64(ae_hash64(seed) + item);
    gsl_rng_set(rng->gsl, mixed ? mixed : 1);
}

struct ae_rng *ae_rng_new(uint64_t seed, uint64_t item)
{
    struct ae_rng *rng = malloc(sizeof *rng);
    if (!rng)
        return NULL;
    rng->gsl = gsl_rng_alloc(gsl_rng_mt19937);
    if (!rng->gsl) {
        free(rng);
        return NULL;
    }
    ae_rng_set(rng, seed, item);
    return rng;
}

void ae_rng_free(struct ae_rng *rng)
{
    if (!rng)
        return;
    gsl_rng_free(rng->gsl);
    free(rng);
}

double ae_rng_uniform(struct ae_rng *rng)
{
    return gsl_rng_uniform(rng->gsl);
}

double ae_rng_normal(struct ae_rng *rng)
{
    return gsl_ran_gaussian_ziggurat(rng->gsl, 1);
}

double ae_rng_poisson(struct ae_rng *rng, double mean)
{
    return mean > 0 ? (double)gsl_ran_poisson(rng->gsl, mean) : 0;
}

uint64_t ae_rng_below(struct ae_rng *rng, uint64_t n)
{
    if (n <= 0xffffffffu)
        return gsl_rng_uniform_int(rng->gsl, n);
    uint64_t limit = UINT64_MAX - UINT64_MAX % n, draw;
    do {
        uint64_t high = gsl_rng_get(rng->gsl);
        draw = high << 32 | gsl_rng_get(rng->gsl);
    } while (draw >= limit);
    return draw % n;
}
