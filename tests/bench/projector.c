/* SPDX-License-Identifier: BSD-2-Clause
 * projector - voxel-projection pairs a second and core, forward and back, on
 * the fast path and in general orientation; ratios to the machine's limits. */
#include <math.h>
#include <stdio.h>
#include "base/mem.h"
#include "base/threads.h"
#include "limits.h"
#include "tomo/tomo.h"

static void measure(const char *name, size_t n, size_t images, double spread,
    double fma, double memory)
{
    double(*euler)[3] = ae_alloc(images, sizeof *euler);
    struct ae_tomo *t;
    struct ae_error err;
    for (size_t k = 0; k < images; k++) {
        euler[k][1] = -70 + 140.0 * (double)k / (double)images;
        euler[k][0] = spread * ((double)(k % 7) - 3) / 3;
        euler[k][2] = spread * ((double)(k % 5) - 2) / 2;
    }
    struct ae_tomo_setup setup = {.nx = n,
        .ny = n,
        .nz = n,
        .nu = n,
        .nv = n,
        .images = images,
        .euler = (const double(*)[3])euler,
        .subsample = 4};
    if (ae_tomo_new(&t, &setup, &err)) {
        fprintf(stderr, "%s\n", err.msg);
        exit(1);
    }
    float *volume = ae_alloc(ae_tomo_volume_samples(t), sizeof *volume);
    float *stack = ae_alloc(ae_tomo_image_samples(t) * images, sizeof *stack);
    for (size_t i = 0; i < ae_tomo_volume_samples(t); i++)
        volume[i] = (float)(i % 101);
    double pairs = (double)n * (double)n * (double)n * (double)images;
    double best[2] = {INFINITY, INFINITY};
    for (int trial = 0; trial < 3; trial++) {
        double start = bench_seconds();
        ae_tomo_forward(t, volume, 0, 1, stack);
        double middle = bench_seconds();
        ae_tomo_back(t, stack, 0, 1, volume);
        double end = bench_seconds();
        best[0] = fmin(best[0], middle - start);
        best[1] = fmin(best[1], end - middle);
    }
    double rate[2] = {pairs / best[0], pairs / best[1]};
    for (int i = 0; i < 2; i++)
        printf("%s %s %zu^3 x %zu\t%.3g\tpairs/s/core\t%.3f of the FMA peak at"
               " 3 a pair\t%.3g FMA/s, memory %.3g B/s\n",
            name, i ? "back" : "forward", n, images, rate[i], 3 * rate[i] / fma,
            fma, memory);
    free(euler);
    free(volume);
    free(stack);
    ae_tomo_free(t);
}

int main(int argc, char **argv)
{
    size_t n = argc > 1 ? (size_t)strtoul(argv[1], NULL, 10) : 200;
    double fma = bench_fma(), memory = bench_memory();
    ae_set_threads(argc > 2 ? (int)strtol(argv[2], NULL, 10) : 1);
    measure("pure y axis", n, 51, 0, fma, memory);
    measure("phi, psi within 0.2 degree", n, 12, 0.2, fma, memory);
    measure("phi, psi within 5 degree", n, 12, 5, fma, memory);
    return 0;
}
