/* SPDX-License-Identifier: BSD-2-Clause
 * rest: the width that Stein's estimate picks, against the one whose true error
 * over the particle is least, for white noise and for noise along scan lines;
 * and the sum of the image.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/rng.h"
#include "check.h"
#include "image/mask.h"
#include "image/rest.h"

enum { NX = 160, NY = 144, N = NX * NY, ATOMS = 300 };

/* Atoms of 1.3 px inside a disk of 45 px, on a constant. */
static void atoms(float *clean, struct ae_rng *rng)
{
    for (int i = 0; i < N; i++)
        clean[i] = 7;
    for (int a = 0; a < ATOMS; a++) {
        const double r = 45 * sqrt(ae_rng_uniform(rng));
        const double t = 2 * M_PI * ae_rng_uniform(rng);
        const double cx = NX / 2 + r * cos(t), cy = NY / 2 + r * sin(t);
        for (int i = 0; i < N; i++) {
            const double d = pow(i % NX - cx, 2) + pow(i / NX - cy, 2);
            clean[i] += (float)(d < 60 ? 2 * exp(-d / (2 * 1.69)) : 0);
        }
    }
}

static double error(const float *clean, const float *noisy,
    const unsigned char *use, double width)
{
    static float zero[N];
    double sum = 0, n = 0;
    memset(zero, 0, sizeof zero);
    CHECK(ae_rest_put(zero, noisy, NX, NY, width, NULL) == 0);
    for (int i = 0; i < N; i++)
        if (use[i]) {
            sum += pow((double)zero[i] - (double)clean[i], 2);
            n++;
        }
    return sum / n;
}

/* white, or of neighbours' correlation 0.7 along lines */
static void picks(double sigma, double rho, const float *psd)
{
    static float clean[N], noisy[N];
    static unsigned char use[N];
    const struct ae_mask_rule rule = {
        .smooth = 3, .factor = 0.9, .min_area = 3000};
    struct ae_rng *rng = ae_rng_new(3, 1);
    double width = 0, best = HUGE_VAL, x = 0;
    atoms(clean, rng);
    for (int i = 0; i < N; i++) {
        x = i % NX ? rho * x + sqrt(1 - rho * rho) * ae_rng_normal(rng)
                   : ae_rng_normal(rng);
        noisy[i] = clean[i] + (float)(sigma * x);
    }
    CHECK(ae_rest_width(&width, noisy, NX, NY, psd, psd ? 64 : 0, psd ? 64 : 0,
              sigma, NULL) == 0);
    CHECK(ae_mask_make(use, noisy, NX, NY, &rule, NULL, NULL) == 0);
    for (double w = 0; w < 4; w += 0.05)
        best = fmin(best, error(clean, noisy, use, w));
    NEAR(error(clean, noisy, use, width) / best, 1, 0.03);
    ae_rng_free(rng);
}

int main(void)
{
    static float psd[64 * 64], a[N], b[N];
    double sum = 0, before = 0;
    for (int i = 0; i < 64 * 64; i++) /* any scale */
        psd[i] = (float)(3 / (1.49 - 1.4 * cos(2 * M_PI * (i % 64) / 64)));
    picks(0.1, 0, NULL);
    picks(1, 0, NULL);
    picks(4, 0, NULL);
    picks(1, 0.7, psd);
    picks(4, 0.7, psd);
    for (int i = 0; i < N; i++) {
        a[i] = (float)((i * 37) % 101);
        b[i] = (float)((i * 53) % 89);
        before += (double)a[i];
    }
    CHECK(ae_rest_put(b, a, NX, NY, 2.3, NULL) == 0);
    for (int i = 0; i < N; i++)
        sum += (double)b[i];
    NEAR(sum / before, 1, 1e-6);
    /* 0 px: the noisy image itself */
    CHECK(ae_rest_put(b, a, NX, NY, 0, NULL) == 0);
    for (int i = 0; i < N; i++)
        NEAR((double)b[i], (double)a[i], 1e-4);
    return checked();
}
