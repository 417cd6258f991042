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

/* Multiply-adds a second of one core, in registers of so many bytes: ten
 * independent chains, as two units with a latency of four or five cycles
 * want. Volatile, so that they are computed between the two looks at the
 * clock. */
#define BENCH_FMA(NAME, BYTES, ...)                                            \
    __VA_ARGS__                                                                \
        __attribute__((optimize("O3", "fp-contract=fast"))) static double      \
        NAME(void)                                                             \
    {                                                                          \
        enum { CHAINS = 10, ROUNDS = 2000000 };                                \
        typedef float vec __attribute__((vector_size(BYTES)));                 \
        static volatile vec kept[CHAINS];                                      \
        vec chain[CHAINS], a = {0}, b = {0};                                   \
        double best = 0;                                                       \
        a += 0.999f;                                                           \
        b += 1e-3f;                                                            \
        for (int trial = 0; trial < 5; trial++) {                              \
            double start = bench_seconds();                                    \
            for (int c = 0; c < CHAINS; c++)                                   \
                chain[c] = kept[c];                                            \
            for (int r = 0; r < ROUNDS; r++)                                   \
                for (int c = 0; c < CHAINS; c++)                               \
                    chain[c] = chain[c] * a + b;                               \
            for (int c = 0; c < CHAINS; c++)                                   \
                kept[c] = chain[c];                                            \
            double took = bench_seconds() - start;                             \
            double rate = (double)CHAINS * ROUNDS * (BYTES / 4) / took;        \
            best = rate > best ? rate : best;                                  \
        }                                                                      \
        return best;                                                           \
    }

BENCH_FMA(bench_fma_base, 16)
#ifdef __x86_64__
BENCH_FMA(bench_fma_avx2, 32, __attribute__((target("avx2,fma"))))
BENCH_FMA(bench_fma_avx512, 64,
    __attribute__((target("avx512f,prefer-vector-width=512"))))
#endif

static double bench_fma(void)
{
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx512f"))
        return bench_fma_avx512();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return bench_fma_avx2();
#endif
    return bench_fma_base();
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
