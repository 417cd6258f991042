/* SPDX-License-Identifier: BSD-2-Clause
 * limits - what this machine can do, measured now: the peak of fused
 * multiply-adds of one core and its memory bandwidth. */
#ifndef AE_BENCH_LIMITS_H
#define AE_BENCH_LIMITS_H

#include <stdlib.h>
#include <time.h>

static double bench_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Multiply-adds a second of one core: twelve independent vector chains. */
__attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default"),
    optimize("O3", "fp-contract=fast"))) static double
bench_fma(void)
{
    enum { LANES = 12 * 16, ROUNDS = 4000000 };
    static float chain[LANES];
    float a = 0.999f, b = 1e-3f;
    double best = 0;
    for (int trial = 0; trial < 3; trial++) {
        double start = bench_seconds();
        for (int r = 0; r < ROUNDS / 12; r++)
            for (int i = 0; i < LANES; i++)
                chain[i] = chain[i] * a + b;
        double rate = (double)LANES * (ROUNDS / 12) / (bench_seconds() - start);
        best = rate > best ? rate : best;
        a += chain[trial] * 1e-9f;
    }
    return best;
}

/* Bytes a second of one core, reading 256 MB. */
__attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default"),
    optimize("O3"))) static double
bench_memory(void)
{
    size_t n = (size_t)1 << 26;
    unsigned *x = malloc(n * sizeof *x);
    if (!x)
        return 0;
    for (size_t i = 0; i < n; i++)
        x[i] = (unsigned)i;
    double best = 0;
    unsigned sum = 0;
    for (int trial = 0; trial < 3; trial++) {
        double start = bench_seconds();
        for (size_t i = 0; i < n; i++)
            sum += x[i];
        *(volatile unsigned *)x = sum; /* so that it is read again */
        double rate = (double)(n * sizeof *x) / (bench_seconds() - start);
        best = rate > best ? rate : best;
    }
    free(x);
    return best;
}

#endif
