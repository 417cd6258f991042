/* SPDX-License-Identifier: BSD-2-Clause
 * kmeans1d against all labellings of up to 12 values.
 */
#include <stdlib.h>
#include "check.h"
#include "base/rng.h"
#include "math/kmeans1d.h"

static int by_value(const void *a, const void *b)
{
    double p = *(const double *)a, q = *(const double *)b;

    return (p > q) - (p < q);
}

static double class_cost(
    const double *x, const int *label, int n, int c, int norm)
{
    double v[12], centre = 0, cost = 0;
    int m = 0;

    for (int j = 0; j < n; j++) {
        if (label[j] == c) {
            v[m++] = x[j];
        }
    }
    if (!m) {
        return 0;
    }
    qsort(v, (size_t)m, sizeof *v, by_value);
    for (int j = 0; j < m; j++) {
        centre += v[j] / m;
    }
    if (norm == 1) {
        centre = v[m / 2];
    }
    for (int j = 0; j < m; j++) {
        double d = fabs(v[j] - centre);

        cost += norm == 1 ? d : d * d;
    }
    return cost;
}

/* The least cost over all k^n labellings. */
static double brute(const double *x, int n, int k, int norm)
{
    int label[12] = {0};
    double best = INFINITY;

    for (;;) {
        double cost = 0;
        int j = 0;

        for (int c = 0; c < k; c++) {
            cost += class_cost(x, label, n, c, norm);
        }
        best = cost < best ? cost : best;
        while (j < n && ++label[j] == k) {
            label[j++] = 0;
        }
        if (j == n) {
            return best;
        }
    }
}

static void against_brute_force(void)
{
    struct ae_rng *rng = ae_rng_new(7, 1);

    for (int trial = 0; trial < 60; trial++) {
        int k = 1 + trial % 4, norm = 1 + trial / 4 % 2, found, label[12];
        int n = k == 4 ? 4 + trial % 5 : k + trial % (k == 3 ? 7 : 9);
        double x[12], centre[4], cost, check = 0;

        for (int j = 0; j < n; j++) { /* every third trial with ties */
            x[j] = trial % 3 ? 100 * ae_rng_normal(rng) + 2.385
                             : (double)ae_rng_below(rng, 5);
        }
        CHECK(ae_kmeans1d(x, (size_t)n, k, norm, label, centre, &found, &cost,
                  NULL) == AE_OK);
        NEAR(cost, brute(x, n, k, norm), 1e-9 * (1 + cost));
        for (int c = 0; c < found; c++) {
            check += class_cost(x, label, n, c, norm);
            CHECK(c == 0 || centre[c] > centre[c - 1]);
        }
        NEAR(check, cost, 1e-9 * (1 + cost));
    }
    { /* 12 values, two classes */
        double x[12], centre[2], cost;
        int found, label[12];

        for (int j = 0; j < 12; j++) {
            x[j] = ae_rng_uniform(rng);
        }
        ae_kmeans1d(x, 12, 2, 2, label, centre, &found, &cost, NULL);
        NEAR(cost, brute(x, 12, 2, 2), 1e-12);
    }
    ae_rng_free(rng);
}

/* A tight class far away from the rest: a spread of 1e-3 at 1e6 counts. */
static void keeps_digits(void)
{
    double x[] = {1e6 + 3e-3, 1e6, 1e6 + 1e-3, 1e6 + 4e-3, 0, 1};
    double centre[4];
    int label[6], found;

    CHECK(ae_kmeans1d(x, 6, 4, 2, label, centre, &found, NULL, NULL) == AE_OK);
    CHECK(found == 4);
    CHECK(label[4] == 0 && label[5] == 1);
    CHECK(label[1] == 2 && label[2] == 2 && label[0] == 3 && label[3] == 3);
}

static void few_values(void)
{
    double x[] = {3.5, 3.5, 3.5, -1.25}, centre[3];
    int label[4], found;
    struct ae_error err = {0};
    struct ae_kmeans1d_class s[3];

    CHECK(ae_kmeans1d(x, 4, 3, 2, label, centre, &found, NULL, NULL) == AE_OK);
    CHECK(found == 2 && label[0] == 1 && label[2] == 1 && label[3] == 0);
    ae_kmeans1d_classes(x, label, 4, 2, s);
    CHECK(s[0].n == 1 && s[1].n == 3);
    NEAR(s[1].mean, 3.5, 0);
    CHECK(isinf(s[1].separation) && isnan(s[0].separation));
    CHECK(
        ae_kmeans1d(x, 2, 3, 2, label, centre, &found, NULL, &err) == AE_EDATA);
}

/* Halves of one Gaussian: means at +-sqrt(2/pi), variance 1 - 2/pi, hence a
 * separation of 2 sqrt(2/pi)/sqrt(2 - 4/pi) = 1.8716. */
static void separation_of_one_gaussian(void)
{
    enum { N = 12000 };
    static double x[N];
    static int label[N];
    struct ae_rng *rng = ae_rng_new(3, 0);
    struct ae_kmeans1d_class s[2];
    double centre[2];
    int found;

    for (int j = 0; j < N; j++) {
        x[j] = 71.3 + 9.1 * ae_rng_normal(rng);
    }
    ae_kmeans1d(x, N, 2, 2, label, centre, &found, NULL, NULL);
    ae_kmeans1d_classes(x, label, N, 2, s);
    NEAR(s[1].separation, 1.8716, 0.03);
    NEAR(centre[1] - centre[0], 9.1 * 2 * 0.797885, 0.2);
    ae_rng_free(rng);
}

int main(void)
{
    against_brute_force();
    keeps_digits();
    few_values();
    separation_of_one_gaussian();
    return checked();
}
