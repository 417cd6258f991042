/* SPDX-License-Identifier: BSD-2-Clause
 * bm3d: the variances of group coefficients against 20,000 draws of noise, for
 * 8 groups of overlapping blocks and 3 spectra, within 2 % on average over the
 * 64 coefficients of each Haar function (a single one scatters by 1 %: within
 * 6 %). And what the covariances between blocks are worth on scan-line noise.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/rng.h"
#include "check.h"
#include "image/bm3d.h"

enum { SIZE = 64, DRAWS = 20000, GROUPS = 8, BLOCKS = 8, M = 64, REACH = 46 };
static const struct ae_bm3d_profile profile = {
    {{8, 3, 16, 39, 3000, 2.7, 2}, {8, 3, 32, 39, 400, 1, 2}}, 0};

/* White, a moving sum of 3 x 2 pixels, or a streak of 9 pixels on a line plus
 * half as much white noise: finite responses, so that rho is known. */
static const struct kind {
    int wide, high;
    double white;
} kinds[] = {{1, 1, 0}, {3, 2, 0}, {9, 1, 0.5}};

static double covariance(const struct kind *k, long dx, long dy)
{
    const double x = (double)(k->wide - labs(dx));
    const double y = (double)(k->high - labs(dy));
    const double streak = x > 0 && y > 0 ? x * y / (k->wide * k->high) : 0;
    return streak + (dx || dy ? 0 : k->white);
}

static void draw(const struct kind *k, struct ae_rng *rng, float *image)
{
    static double fresh[SIZE + 9][SIZE + 9];
    const double scale = 1 / sqrt(k->wide * k->high);
    for (int y = 0; y < SIZE + 9; y++)
        for (int x = 0; x < SIZE + 9; x++)
            fresh[y][x] = ae_rng_normal(rng);
    for (int y = 0; y < SIZE; y++)
        for (int x = 0; x < SIZE; x++) {
            double s = 0;
            for (int j = 0; j < k->high; j++)
                for (int i = 0; i < k->wide; i++)
                    s += fresh[y + j][x + i];
            s *= scale;
            if (k->white > 0)
                s += sqrt(k->white) * ae_rng_normal(rng);
            image[y * SIZE + x] = (float)s;
        }
}

static void groups(long xy[GROUPS][BLOCKS][2])
{
    struct ae_rng *rng = ae_rng_new(5, 0);
    for (int g = 0; g < GROUPS; g++)
        for (int t = 0; t < BLOCKS; t++)
            for (int a = 0; a < 2; a++)
                xy[g][t][a] =
                    g == 0   ? 10 + (a ? 0 : t) /* by one pixel */
                    : g == 1 ? 10 + (a ? t : 0)
                             : 5 + (long)ae_rng_below(rng, (uint64_t)(4 * g));
    ae_rng_free(rng);
}

static void compare(const struct kind *k, const long xy[GROUPS][BLOCKS][2])
{
    static float rho[(2 * REACH + 1) * (2 * REACH + 1)], image[SIZE * SIZE];
    static float want[BLOCKS * M], c[BLOCKS * M];
    static double sum[GROUPS][BLOCKS * M];
    struct ae_bm3d *plan;
    struct ae_error err;
    struct ae_rng *rng = ae_rng_new(7, 0);
    for (long y = -REACH; y <= REACH; y++)
        for (long x = -REACH; x <= REACH; x++)
            rho[(y + REACH) * (2 * REACH + 1) + x + REACH] =
                (float)covariance(k, x, y);
    memset(sum, 0, sizeof sum);
    CHECK(ae_bm3d_reach(&profile) == REACH);
    CHECK(!ae_bm3d_new(&plan, &profile, rho, REACH, SIZE, SIZE, &err));
    for (int d = 0; d < DRAWS; d++) {
        draw(k, rng, image);
        for (int g = 0; g < GROUPS; g++) {
            ae_bm3d_group_coefficients(plan, 0, image, xy[g], BLOCKS, c, &err);
            for (int i = 0; i < BLOCKS * M; i++)
                sum[g][i] += (double)c[i] * (double)c[i] / DRAWS;
        }
    }
    for (int g = 0; g < GROUPS; g++) {
        CHECK(!ae_bm3d_group_variances(plan, 0, xy[g], BLOCKS, want, &err));
        for (int j = 0; j < BLOCKS; j++) {
            double found = 0, expected = 0;
            for (int i = j * M; i < (j + 1) * M; i++) {
                found += sum[g][i];
                expected += (double)want[i];
            }
            NEAR(found, expected, 0.02 * expected + 1e-6);
            /* one by one: six standard deviations of a mean of squares */
            for (int i = j * M; i < (j + 1) * M; i++)
                NEAR(sum[g][i], (double)want[i], 0.06 * (double)want[i] + 1e-6);
        }
    }
    ae_rng_free(rng);
    ae_bm3d_free(plan);
}

/* PSNR of the 192 x 192 lattice with scan-line noise of sigma 25, streaks of
 * 17 pixels, denoised with or without the covariances between blocks. */
static double lattice_psnr(int alone)
{
    enum { N = 192, LONG = 17 };
    static float clean[N * N], noisy[N * N], out[N * N];
    static float rho[(2 * REACH + 1) * (2 * REACH + 1)];
    struct ae_bm3d_profile p = profile;
    struct ae_bm3d *plan;
    struct ae_error err;
    struct ae_rng *rng = ae_rng_new(3, 0);
    double sum = 0;
    for (int i = 0; i < N * N; i++)
        clean[i] = 20;
    for (int j = -9; j <= 9; j++)
        for (int i = -16; i <= 16; i++) {
            const double cx = 8.3 * (i + j / 2.0), cy = 8.3 * j * sqrt(0.75);
            const double r2 = cx * cx + cy * cy;
            for (int k = 0; k < N * N && r2 < 3600; k++) {
                const double x = k % N - 96 - cx, y = k / N - 96 - cy;
                const double q = (x * x + y * y) / 5.12;
                if (q < 20)
                    clean[k] += (float)(200 * sqrt(1 - r2 / 4356) * exp(-q));
            }
        }
    for (int y = 0; y < N; y++) {
        double fresh[N + LONG];
        for (int x = 0; x < N + LONG; x++)
            fresh[x] = ae_rng_normal(rng);
        for (int x = 0; x < N; x++) {
            double s = 0;
            for (int i = 0; i < LONG; i++)
                s += fresh[x + i];
            noisy[y * N + x] =
                clean[y * N + x] + (float)(25 * s / sqrt((double)LONG));
        }
    }
    for (long y = -REACH; y <= REACH; y++)
        for (long x = -REACH; x <= REACH; x++)
            rho[(y + REACH) * (2 * REACH + 1) + x + REACH] =
                y || labs(x) >= LONG ? 0 : 625 * (float)(LONG - labs(x)) / LONG;
    p.alone = alone;
    CHECK(!ae_bm3d_new(&plan, &p, rho, REACH, N, N, &err));
    CHECK(!ae_bm3d_run(plan, noisy, out, &err));
    ae_bm3d_free(plan);
    ae_rng_free(rng);
    for (int i = 0; i < N * N; i++)
        sum += pow((double)out[i] - (double)clean[i], 2);
    return 10 * log10(65025.0 * N * N / sum);
}

int main(void)
{
    static long xy[GROUPS][BLOCKS][2];
    groups(xy);
    for (int k = 0; k < 3; k++)
        compare(&kinds[k], (const long(*)[BLOCKS][2])xy);
    const double with = lattice_psnr(0), without = lattice_psnr(1);
    CHECK(with > without + 0.2);
    return checked();
}
