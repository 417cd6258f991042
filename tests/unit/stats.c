/* SPDX-License-Identifier: BSD-2-Clause */
#include "math/stats.h"

#include "check.h"

static void spread(void)
{
    double x[] = {2, 4, 4, 4, 5, 5, 7, 9};
    struct ae_moments m = ae_stats_moments(x, 8);
    NEAR(m.mean, 5, 0);
    NEAR(m.std, sqrt(32.0 / 7), 1e-15);
    NEAR(m.sem, sqrt(4.0 / 7), 1e-15);
    m = ae_stats_moments(x, 1);
    CHECK(m.mean == 2 && isnan(m.std) && isnan(m.sem));
    CHECK(isnan(ae_stats_moments(x, 0).mean));
    double y[] = {3, 1, 2, 10};
    ae_stats_sort(y, 4);
    NEAR(ae_stats_quantile(y, 4, 0.5), 2.5, 0);
    NEAR(ae_stats_quantile(y, 4, 0), 1, 0);
    NEAR(ae_stats_quantile(y, 4, 1), 10, 0);
    NEAR(ae_stats_quantile(y, 4, 0.25), 1.75, 0); /* numpy.quantile */
}

static void correlation(void)
{
    double x[] = {1, 2, 2, 3, 2}, rank[5];
    CHECK(!ae_stats_ranks(x, 5, rank));
    CHECK(rank[0] == 1 && rank[1] == 3 && rank[2] == 3 && rank[3] == 5 &&
          rank[4] == 3);
    double a[] = {1, 3, 4, 6, 8, 9, 11, 14}, b[] = {1, 2, 4, 4, 5, 7, 8, 9};
    NEAR(
        ae_stats_pearson(a, b, 8), 0.977, 5e-4); /* textbook: 84/sqrt(132*56) */
    NEAR(ae_stats_pearson(a, b, 8), 84 / sqrt(132.0 * 56), 1e-15);
    double c[] = {3, 3, 3};
    CHECK(isnan(ae_stats_pearson(a, c, 3)) && isnan(ae_stats_pearson(a, b, 1)));
}

static void bins(void)
{
    struct ae_bins k;
    double x[1000];
    for (int i = 0; i < 1000; i++)
        x[i] = i / 999.0;
    NEAR(ae_stats_bin_width(x, 1000), 0.1, 1e-15); /* 2 * 0.5 / 10 */
    for (int i = 0; i < 1000; i++)
        x[i] *= 0.031; /* 0.0031 -> 0.002 (sqrt(10) divides 2 from 5) */
    NEAR(ae_stats_bin_width(x, 1000), 0.002, 1e-15);
    CHECK(ae_stats_bin_width((double[]){2, 2, 2}, 3) == 0);
    /* decimals fall into the bin that they name: 0.29 begins bin [0.29, 0.3) */
    CHECK(!ae_stats_bins(&k, 0, 1, 0.01, 0));
    for (int i = 0; i <= 100; i++)
        CHECK(ae_stats_bin(&k, i / 100.0) == (size_t)i);
    CHECK(k.n == 101);
    CHECK(!ae_stats_bins(&k, -0.7, -0.7, 0.1, 0) && k.n == 1);
    CHECK(ae_stats_edge(&k, 0) == -0.7 && ae_stats_bin(&k, -0.7) == 0);
    CHECK(!ae_stats_bins_exact(&k, 0.1, 0.4, 0.1) && k.n == 3);
    CHECK(ae_stats_bin(&k, 0.4) == 2 && ae_stats_bin(&k, 0.41) == 3);
    CHECK(ae_stats_bin(&k, 0.1) == 0 && ae_stats_bin(&k, 0.09) == 3);
    CHECK(!ae_stats_bins_exact(&k, 0, 1, 0.3) && k.n == 4);
    CHECK(ae_stats_edge(&k, 4) == 1 && ae_stats_bin(&k, 0.95) == 3);
    CHECK(ae_stats_bins(&k, 0, 1, 1e-9, 0) && ae_stats_bins(&k, 0, 1, 0, 0));
    CHECK(!ae_stats_bins(&k, -1, 3, 1, -0.5) && k.n == 5); /* whole numbers */
    CHECK(ae_stats_bin(&k, 3) == 4 && ae_stats_edge(&k, 0) == -1.5);
}

int main(void)
{
    spread();
    correlation();
    bins();
    return checked();
}
