/* SPDX-License-Identifier: BSD-2-Clause
 * mixture: planted Gaussians come back, the likelihood never falls.
 */
#include <stdlib.h>
#include "check.h"
#include "base/rng.h"
#include "math/mixture.h"

enum { N = 6000 };
static double x[3 * N], g[3 * N];
static int label[N];

/* Two one-dimensional Gaussians 4 sigma apart. */
static void one_dimension(void)
{
    struct ae_rng *rng = ae_rng_new(5, 2);
    struct ae_mixture *fit;
    struct ae_mixture_class s[2];
    double before = -INFINITY, now = 0, total = 0;

    for (int j = 0; j < N; j++) {
        x[j] = (j % 3 ? 102.7 : 61.2) + 10 * ae_rng_normal(rng);
        label[j] = x[j] > 95; /* a poor start */
    }
    CHECK(ae_mixture_init(&fit, x, N, 1, label, 2, 1e-4, NULL) == AE_OK);
    for (int i = 0; i < 500; i++) {
        CHECK(ae_mixture_step(fit, &now, NULL) == AE_OK);
        CHECK(now >= before - 1e-12);
        before = now;
    }
    ae_mixture_classes(fit, s);
    NEAR(s[0].weight, 1.0 / 3, 0.02);
    NEAR(s[0].mean[0], 61.2, 1);
    NEAR(s[1].mean[0], 102.7, 0.6);
    NEAR(sqrt(s[1].cov[0][0]), 10, 0.5);
    NEAR(ae_mixture_posterior(fit, g), now, 1e-6);
    for (int j = 0; j < N; j++) {
        NEAR(g[2 * j] + g[2 * j + 1], 1, 1e-12);
        total += g[2 * j];
    }
    NEAR(total / N, s[0].weight, 1e-6);
    CHECK(ae_mixture_single(fit) < now);
    ae_mixture_free(fit);
    ae_rng_free(rng);
}

/* Three correlated features: the covariances come back, in any unit. */
static void three_dimensions(double unit)
{
    struct ae_rng *rng = ae_rng_new(5, 3);
    struct ae_mixture *fit;
    struct ae_mixture_class s[2];
    double now, wrong = 0;

    for (int j = 0; j < N; j++) {
        int c = j % 2;
        double a = ae_rng_normal(rng), b = ae_rng_normal(rng);

        x[3 * j] = unit * (c * 5 + a);
        x[3 * j + 1] = unit * (c * 9 + 2 * a + b);
        x[3 * j + 2] = unit * (c * 1.5 + ae_rng_normal(rng));
        label[j] = x[3 * j + 1] > 5 * unit;
    }
    CHECK(ae_mixture_init(&fit, x, N, 3, label, 2, 1e-4, NULL) == AE_OK);
    for (int i = 0; i < 200; i++) {
        ae_mixture_step(fit, &now, NULL);
    }
    ae_mixture_classes(fit, s);
    NEAR(s[1].mean[1] / unit, 9, 0.15);
    NEAR(s[0].cov[1][1] / (unit * unit), 5, 0.4);
    NEAR(s[0].cov[0][1] / (unit * unit), 2, 0.2);
    NEAR(s[1].cov[0][2] / (unit * unit), 0, 0.1);
    ae_mixture_posterior(fit, g);
    for (int j = 0; j < N; j++) {
        wrong += (g[2 * j + 1] > 0.5) != j % 2;
    }
    CHECK(wrong / N < 0.01);
    ae_mixture_free(fit);
    ae_rng_free(rng);
}

static void refusals(void)
{
    struct ae_mixture *fit;

    for (int j = 0; j < 50; j++) {
        x[j] = 3.25;
        label[j] = j % 2;
    }
    CHECK(ae_mixture_init(&fit, x, 50, 1, label, 2, 1e-4, NULL) == AE_EDATA);
    for (int j = 0; j < 50; j++) {
        x[j] = j * j;
        label[j] = 0;
    }
    CHECK(ae_mixture_init(&fit, x, 50, 1, label, 2, 1e-4, NULL) == AE_EDATA);
}

int main(void)
{
    one_dimension();
    three_dimensions(1);
    three_dimensions(3.7e4);
    refusals();
    return checked();
}
