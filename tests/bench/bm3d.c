/* SPDX-License-Identifier: BSD-2-Clause
 * bm3d - pixels a second and core for each profile on a lattice with white
 * noise, seconds and memory (the highest so far); the share of the machine's
 * peak that the block distances alone take, at one multiply-add for each row
 * of a block, column of the image and displacement in the window. */
#include <math.h>
#include <stdio.h>
#include <sys/resource.h>
#include "base/mem.h"
#include "base/rng.h"
#include "base/threads.h"
#include "image/bm3d_levels.h"
#include "limits.h"

#define SIGMA 25 /* of 200 grey levels */

static const struct {
    const char *name;
    int profile, n[2], step[2], window[2]; /* as in bm3d_levels.c */
} sets[] = {
    {"normal", AE_BM3D_NORMAL, {12, 8}, {5, 4}, {39, 39}},
    {"fast", AE_BM3D_FAST, {8, 8}, {6, 6}, {19, 19}},
    {"np", AE_BM3D_NP, {8, 8}, {3, 3}, {39, 39}},
    {"lc", AE_BM3D_LC, {8, 8}, {6, 5}, {25, 25}},
};

static void draw(float *image, size_t n)
{
    struct ae_rng *rng = ae_rng_new(1, 0);
    for (size_t i = 0; i < n * n && rng; i++) {
        const double x = (double)(i % n), y = (double)(i / n);
        const double wave = (1 + cos(x * 0.75)) * (1 + cos(y * 0.75));
        image[i] = (float)(50 * wave + SIGMA * ae_rng_normal(rng));
    }
    ae_rng_free(rng);
}

int main(int argc, char **argv)
{
    const size_t n = argc > 1 ? (size_t)strtoul(argv[1], NULL, 10) : 512;
    const double fma = bench_fma();
    const double pixels = (double)n * (double)n;
    ae_set_threads(1);
    float *image = ae_alloc(n * n, sizeof *image);
    float *work = ae_alloc(n * n, sizeof *work);
    float *out = ae_alloc(n * n, sizeof *out);
    if (!image || !work || !out)
        return 1;
    draw(image, n);
    for (size_t s = 0; s < sizeof sets / sizeof *sets; s++) {
        const struct ae_bm3d_wish wish = {.name = sets[s].profile, 1};
        const struct ae_bm3d_noise noise = {.sigma = SIGMA};
        double best = INFINITY, work_of = 0;
        for (int trial = 0; trial < 3; trial++) {
            struct ae_bm3d_levels levels = {0};
            struct ae_error err;
            for (size_t i = 0; i < n * n; i++)
                work[i] = image[i];
            const double start = bench_seconds();
            if (ae_bm3d_levels_run(
                    &levels, &wish, &noise, work, out, n, n, &err)) {
                fprintf(stderr, "%s\n", err.msg);
                return 1;
            }
            best = fmin(best, bench_seconds() - start);
            ae_bm3d_levels_clear(&levels);
        }
        for (int i = 0; i < 2; i++)
            work_of += pixels * sets[s].window[i] * sets[s].window[i] *
                       sets[s].n[i] / sets[s].step[i];
        struct rusage use;
        getrusage(RUSAGE_SELF, &use);
        printf("bm3d %s %zu^2\t%.3g\tpixels/s/core\t%.3f of the FMA peak in "
               "block distances\t%.3g FMA/s, %.3f s, %.0f MB\n",
            sets[s].name, n, pixels / best, work_of / best / fma, fma, best,
            (double)use.ru_maxrss / 1024);
    }
    /* last: it takes memory itself */
    printf("memory read\t%.3g\tB/s/core\n", bench_memory());
    free(image);
    free(work);
    free(out);
    return 0;
}
