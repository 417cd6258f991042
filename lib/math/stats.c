/* SPDX-License-Identifier: BSD-2-Clause */
#include "math/stats.h"

#include <math.h>
#include <stdlib.h>
#include "base/error.h"
#include "base/mem.h"

static double mean_of(const double *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i];
    return sum / (double)n;
}

struct ae_moments ae_stats_moments(const double *x, size_t n)
{
    struct ae_moments m = {NAN, NAN, NAN};
    if (n < 1)
        return m;
    m.mean = mean_of(x, n);
    if (n < 2)
        return m;
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (x[i] - m.mean) * (x[i] - m.mean);
    m.std = sqrt(sum / (double)(n - 1));
    m.sem = m.std / sqrt((double)n);
    return m;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void ae_stats_sort(double *x, size_t n)
{
    qsort(x, n, sizeof *x, ascending);
}

double ae_stats_quantile(const double *sorted, size_t n, double q)
{
    double at = q * (double)(n - 1);
    size_t i = (size_t)at;
    double t = at - (double)i;
    return t > 0 ? sorted[i] + t * (sorted[i + 1] - sorted[i]) : sorted[i];
}

struct ranked {
    double x;
    size_t i;
};

static int by_value(const void *a, const void *b)
{
    const struct ranked *p = a, *q = b;
    if (p->x != q->x)
        return p->x < q->x ? -1 : 1;
    return (p->i > q->i) - (p->i < q->i);
}

int ae_stats_ranks(const double *x, size_t n, double *rank)
{
    struct ranked *list = ae_alloc(n, sizeof *list);
    if (!list)
        return AE_EMEM;
    for (size_t i = 0; i < n; i++)
        list[i] = (struct ranked){x[i], i};
    qsort(list, n, sizeof *list, by_value);
    for (size_t i = 0, j; i < n; i = j) {
        for (j = i; j < n && list[j].x == list[i].x;)
            j++;
        for (size_t k = i; k < j; k++)
            rank[list[k].i] = 0.5 * (double)(i + 1 + j);
    }
    free(list);
    return AE_OK;
}

double ae_stats_pearson(const double *x, const double *y, size_t n)
{
    if (n < 2)
        return NAN;
    double mx = mean_of(x, n), my = mean_of(y, n), xx = 0, yy = 0, xy = 0;
    int x_varies = 0, y_varies = 0;
    for (size_t i = 0; i < n; i++) {
        double dx = x[i] - mx, dy = y[i] - my;
        xx += dx * dx;
        yy += dy * dy;
        xy += dx * dy;
        x_varies |= x[i] != x[0];
        y_varies |= y[i] != y[0];
    }
    if (!x_varies || !y_varies)
        return NAN;
    double r = xy / (sqrt(xx) * sqrt(yy));
    return r > 1 ? 1 : r < -1 ? -1 : r;
}

double ae_stats_bin_width(const double *sorted, size_t n)
{
    double spread =
        ae_stats_quantile(sorted, n, 0.75) - ae_stats_quantile(sorted, n, 0.25);
    if (!(spread > 0))
        spread = sorted[n - 1] - sorted[0];
    double width = 2 * spread / cbrt((double)n);
    if (!(width > 0) || !isfinite(width))
        return 0;
    double power = pow(10, floor(log10(width))), lead = width / power;
    /* the nearest of 1, 2, 5, 10 on a logarithmic scale */
    double digit = lead < sqrt(2)    ? 1
                   : lead < sqrt(10) ? 2
                   : lead < sqrt(50) ? 5
                                     : 10;
    return digit * power;
}

enum { MAX_BINS = 10000000 };

double ae_stats_edge(const struct ae_bins *bins, size_t i)
{
    if (i >= bins->n)
        return bins->high;
    double k = bins->first + (double)i;
    return (bins->scale > 0 ? k / bins->scale : k * bins->width) + bins->shift;
}

static int begin_bins(
    struct ae_bins *bins, double low, double high, double width, double shift)
{
    if (!(width > 0) || !(high >= low) || !((high - low) / width < MAX_BINS))
        return AE_EDATA;
    double scale = round(1 / width);
    *bins = (struct ae_bins){.width = width, .shift = shift, .high = high};
    bins->scale = fabs(scale * width - 1) < 1e-12 ? scale : 0;
    return AE_OK;
}

int ae_stats_bins(
    struct ae_bins *bins, double low, double high, double width, double shift)
{
    if (begin_bins(bins, low, high, width, shift))
        return AE_EDATA;
    bins->first = floor((low - shift) / width);
    bins->n = MAX_BINS + 4; /* for now */
    /* rounding may put an edge on the wrong side of low or high by one */
    if (ae_stats_edge(bins, 0) > low)
        bins->first--;
    else if (ae_stats_edge(bins, 1) <= low)
        bins->first++;
    size_t n = (size_t)((high - low) / width);
    while (ae_stats_edge(bins, n) <= high && n < MAX_BINS + 3)
        n++;
    bins->high = ae_stats_edge(bins, n);
    bins->n = n;
    return AE_OK;
}

int ae_stats_bins_exact(
    struct ae_bins *bins, double low, double high, double width)
{
    /* from a whole multiple of the width the edges are the decimals */
    double first = round(low / width);
    int whole = fabs(first * width - low) <= 1e-12 * fabs(low);
    if (begin_bins(bins, low, high, width, whole ? 0 : low))
        return AE_EDATA;
    bins->first = whole ? first : 0;
    /* a last piece below 1e-9 of a bin is rounding, not a bin */
    double n = ceil((high - low) / width - 1e-9);
    bins->n = n > 1 ? (size_t)n : 1;
    return AE_OK;
}

size_t ae_stats_bin(const struct ae_bins *bins, double x)
{
    if (!(x >= ae_stats_edge(bins, 0)) || x > bins->high)
        return bins->n;
    double guess = (x - bins->shift) / bins->width - bins->first;
    size_t i = guess > 0 ? (size_t)guess : 0;
    if (i > bins->n - 1)
        i = bins->n - 1;
    while (i > 0 && ae_stats_edge(bins, i) > x)
        i--;
    while (i + 1 < bins->n && ae_stats_edge(bins, i + 1) <= x)
        i++;
    return i;
}
