/* SPDX-License-Identifier: BSD-2-Clause
 * kmeans1d - the exact optimum of K-means clustering in one dimension.
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include "base/mem.h"
#include "math/kmeans1d.h"

struct item {
    double x;
    size_t index;
};

/* The distinct values, sorted, and prefix sums over them. The sums are taken
 * about the mean in long double: a tight class far from it keeps its digits. */
struct prefix {
    size_t n;
    int norm;
    double *x;       /* [n] value minus the mean of all */
    long double *w;  /* [n + 1] items before */
    long double *s;  /* [n + 1] sum of x before */
    long double *s2; /* [n + 1] sum of x^2 before */
};

static int by_value(const void *a, const void *b)
{
    const struct item *p = a, *q = b;

    if (p->x != q->x) {
        return p->x < q->x ? -1 : 1;
    }
    return p->index < q->index ? -1 : p->index > q->index;
}

/* The first value at or beyond half of the weight of i ... j-1. */
static size_t median(const struct prefix *p, size_t i, size_t j)
{
    long double half = (p->w[j] - p->w[i]) / 2;
    size_t low = i, high = j - 1;

    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (p->w[mid + 1] - p->w[i] >= half) {
            high = mid;
        } else {
            low = mid + 1;
        }
    }
    return low;
}

/* Sum of |x - c|^p over the distinct values i ... j-1, c their best centre. */
static double cost_of(const struct prefix *p, size_t i, size_t j)
{
    long double w = p->w[j] - p->w[i], s = p->s[j] - p->s[i], cost;

    if (j <= i + 1) {
        return 0;
    }
    if (p->norm == 1) {
        size_t m = median(p, i, j);
        long double below = p->w[m] - p->w[i], above = p->w[j] - p->w[m];

        cost = p->x[m] * (below - above) - (p->s[m] - p->s[i]) +
               (p->s[j] - p->s[m]);
    } else {
        cost = p->s2[j] - p->s2[i] - s * s / w;
    }
    return cost > 0 ? (double)cost : 0;
}

/* D_k(j) for j = low ... high, the best split lying in first ... last. */
static void layer(const struct prefix *p, const double *before, double *now,
    uint32_t *split, size_t low, size_t high, size_t first, size_t last)
{
    size_t mid = low + (high - low) / 2, best = first;
    size_t end = last < mid - 1 ? last : mid - 1;

    now[mid] = INFINITY;
    for (size_t i = first; i <= end; i++) {
        double d = before[i] + cost_of(p, i, mid);

        if (d < now[mid]) {
            now[mid] = d;
            best = i;
        }
    }
    split[mid] = (uint32_t)best;
    if (low < mid) {
        layer(p, before, now, split, low, mid - 1, first, best);
    }
    if (mid < high) {
        layer(p, before, now, split, mid + 1, high, best, last);
    }
}

/* end[c] = one past the last distinct value of class c. */
static int optimum(const struct prefix *p, int k, size_t *end, double *cost,
    struct ae_error *err)
{
    size_t n = p->n, row = n + 1;
    double *before = ae_alloc(row, sizeof *before);
    double *now = ae_alloc(row, sizeof *now);
    uint32_t *split = ae_alloc(row, (size_t)k * sizeof *split);
    int code = AE_OK;

    if (!before || !now || !split || n >= UINT32_MAX) {
        code =
            ae_fail(err, AE_EMEM, "K-means: out of memory for %zu values", n);
        goto out;
    }
    for (size_t j = 1; j <= n; j++) {
        before[j] = cost_of(p, 0, j);
    }
    for (int c = 1; c < k; c++) {
        double *swap = before;

        layer(p, before, now, split + (size_t)c * row, (size_t)c + 1, n,
            (size_t)c, n - 1);
        before = now;
        now = swap;
    }
    *cost = before[n];
    end[k - 1] = n;
    for (int c = k - 1; c > 0; c--) {
        end[c - 1] = split[(size_t)c * row + end[c]];
    }
out:
    free(before);
    free(now);
    free(split);
    return code;
}

/* Distinct values of the sorted items, prefix sums; group[r] = distinct value
 * of the item of rank r. */
static void gather(
    const struct item *item, size_t n, struct prefix *p, size_t *group)
{
    long double mean = 0;

    for (size_t r = 0; r < n; r++) {
        mean += (item[r].x - mean) / (long double)(r + 1);
    }
    for (size_t r = 0; r < n; r++) {
        long double x;
        size_t g;

        if (r == 0 || item[r].x != item[r - 1].x) {
            g = p->n++;
            p->x[g] = (double)(item[r].x - mean);
            p->w[p->n] = p->w[g];
            p->s[p->n] = p->s[g];
            p->s2[p->n] = p->s2[g];
        }
        g = p->n - 1;
        x = p->x[g];
        p->w[p->n] += 1;
        p->s[p->n] += x;
        p->s2[p->n] += x * x;
        group[r] = g;
    }
}

/* Mean or median of the items first ... last-1. */
static double centre_of(
    const struct item *item, size_t first, size_t last, int norm)
{
    long double sum = 0;

    if (norm == 1) {
        return item[first + (last - first - 1) / 2].x;
    }
    for (size_t r = first; r < last; r++) {
        sum += item[r].x;
    }
    return (double)(sum / (long double)(last - first));
}

int ae_kmeans1d(const double *x, size_t n, int k, int norm, int *label,
    double *centre, int *found, double *cost, struct ae_error *err)
{
    struct item *item = ae_alloc(n, sizeof *item);
    size_t *group = ae_alloc(n, sizeof *group), *end = NULL;
    struct prefix p = {0, norm, ae_alloc(n, sizeof(double)),
        ae_alloc(n + 1, sizeof(long double)),
        ae_alloc(n + 1, sizeof(long double)),
        ae_alloc(n + 1, sizeof(long double))};
    double total = 0;
    int code = AE_OK, classes = 0;

    if (k < 1 || n < (size_t)k) {
        code = ae_fail(err, AE_EDATA,
            "%zu values cannot be split into %d classes; ask for fewer", n, k);
        goto out;
    }
    end = ae_alloc((size_t)k, sizeof *end);
    if (!item || !group || !p.x || !p.w || !p.s || !p.s2 || !end) {
        code =
            ae_fail(err, AE_EMEM, "K-means: out of memory for %zu values", n);
        goto out;
    }
    for (size_t j = 0; j < n; j++) {
        item[j] = (struct item){x[j], j};
    }
    qsort(item, n, sizeof *item, by_value);
    gather(item, n, &p, group);
    classes = p.n < (size_t)k ? (int)p.n : k;
    code = optimum(&p, classes, end, &total, err);
    if (code) {
        goto out;
    }
    for (size_t r = 0, first = 0; r < n; r++) {
        int c = r ? label[item[r - 1].index] : 0;

        if (group[r] >= end[c]) {
            c++;
            first = r;
        }
        label[item[r].index] = c;
        if (r + 1 == n || group[r + 1] >= end[c]) {
            centre[c] = centre_of(item, first, r + 1, norm);
        }
    }
    *found = classes;
    if (cost) {
        *cost = total;
    }
out:
    free(item);
    free(group);
    free(end);
    free(p.x);
    free(p.w);
    free(p.s);
    free(p.s2);
    return code;
}

void ae_kmeans1d_classes(const double *x, const int *label, size_t n, int k,
    struct ae_kmeans1d_class *classes)
{
    for (int c = 0; c < k; c++) {
        struct ae_kmeans1d_class *s = &classes[c];
        long double sum = 0, square = 0;

        *s = (struct ae_kmeans1d_class){0, NAN, NAN, NAN};
        for (size_t j = 0; j < n; j++) {
            if (label[j] == c) {
                sum += x[j];
                s->n++;
            }
        }
        if (!s->n) {
            continue;
        }
        s->mean = (double)(sum / (long double)s->n);
        for (size_t j = 0; j < n; j++) {
            if (label[j] == c) {
                long double d = x[j] - (long double)s->mean;

                square += d * d;
            }
        }
        s->variance = (double)(square / (long double)s->n);
        if (c > 0) {
            s->separation = (s->mean - classes[c - 1].mean) /
                            sqrt(s->variance + classes[c - 1].variance);
        }
    }
}
