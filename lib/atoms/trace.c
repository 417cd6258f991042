/* SPDX-License-Identifier: BSD-2-Clause
 * trace - atoms, their kinds and non-atoms from intensities.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "atoms/match.h"
#include "atoms/trace.h"
#include "base/mem.h"
#include "math/kmeans1d.h"

enum { MAX_ROUNDS = 5000 };
static const double settled = 1e-9;   /* log-likelihood per atom */
static const double least_cov = 1e-4; /* variance over that of all atoms */

static void set_all(int *label, size_t n, int value)
{
    for (size_t i = 0; i < n; i++) {
        label[i] = value;
    }
}

int ae_trace_cut(const double *x, size_t n, int k, int norm, double separation,
    int *label, struct ae_trace_cut *cut, struct ae_error *err)
{
    struct ae_kmeans1d_class s[AE_TRACE_CLASSES];
    double centre[AE_TRACE_CLASSES];
    int found, code;

    *cut = (struct ae_trace_cut){AE_TRACE_SPLIT, 0, INFINITY};
    code = ae_kmeans1d(x, n, k, norm, label, centre, &found, NULL, err);
    if (code) {
        return code;
    }
    if (found < k && found > 1) {
        return ae_fail(err, AE_EDATA,
            "only %d different intensities for %d classes; ask for fewer",
            found, k);
    }
    ae_kmeans1d_classes(x, label, n, found, s);
    for (int c = 1; c < found; c++) {
        if (s[c].separation < cut->separation) {
            cut->separation = s[c].separation;
            cut->weakest = c;
        }
    }
    if (found == 1 && k > 1) {
        cut->outcome = AE_TRACE_EQUAL;
        set_all(label, n, 1);
    } else if (cut->separation < separation) {
        cut->outcome = AE_TRACE_WHOLE;
        set_all(label, n, 1);
    }
    return AE_OK;
}

/* ae_trace_cut of the items whose label is `which`; out[] of these items. */
static int cut_some(const double *x, size_t n, const int *label, int which,
    int k, int norm, double separation, int *out, struct ae_trace_cut *cut,
    struct ae_error *err)
{
    double *some = ae_alloc(n, sizeof *some);
    int *part = ae_alloc(n, sizeof *part), code;
    size_t m = 0;

    if (!some || !part) {
        code = ae_fail(err, AE_EMEM, "out of memory for %zu atoms", n);
        goto out;
    }
    for (size_t i = 0; i < n; i++) {
        if (label[i] == which) {
            some[m++] = x[i];
        }
    }
    code = ae_trace_cut(some, m, k, norm, separation, part, cut, err);
    m = 0;
    for (size_t i = 0; !code && i < n; i++) {
        if (label[i] == which) {
            out[i] = part[m++];
        }
    }
out:
    free(some);
    free(part);
    return code;
}

int ae_trace_weak_first(const double *x, const double *y, size_t n, int k,
    int norm, double separation, int *label, struct ae_trace_cut cut[2],
    struct ae_error *err)
{
    int *atom = ae_alloc(n, sizeof *atom), *kind = ae_alloc(n, sizeof *kind);
    int code;

    if (!atom || !kind) {
        code = ae_fail(err, AE_EMEM, "out of memory for %zu atoms", n);
        goto out;
    }
    code = ae_trace_cut(x, n, k - 1, norm, 0, label, &cut[0], err);
    if (!code && cut[0].outcome == AE_TRACE_EQUAL) {
        cut[1] = cut[0];
        goto out;
    }
    set_all(atom, n, 1);
    if (!code) {
        code =
            cut_some(x, n, label, 0, 2, norm, separation, atom, &cut[0], err);
    }
    if (!code) {
        code = cut_some(
            y, n, atom, 1, k - 1, norm, separation, kind, &cut[1], err);
    }
    for (size_t i = 0; !code && i < n; i++) {
        int whole = cut[1].outcome != AE_TRACE_SPLIT;

        label[i] = !atom[i] ? 0 : whole ? 1 : kind[i] + 1;
    }
out:
    free(atom);
    free(kind);
    return code;
}

struct item {
    double x;
    size_t i;
};

static int strongest_first(const void *a, const void *b)
{
    const struct item *p = a, *q = b;

    if (p->x != q->x) {
        return p->x > q->x ? -1 : 1;
    }
    return p->i < q->i ? -1 : p->i > q->i;
}

int ae_trace_close(const double (*pos)[3], const double *x, size_t n,
    double distance, int *label, size_t *dropped, struct ae_error *err)
{
    struct ae_match_pair *pair = NULL;
    struct item *item = ae_alloc(n, sizeof *item);
    size_t *first = ae_alloc(n + 1, sizeof *first), npair = 0, k = 0;
    int code = AE_OK;

    *dropped = 0;
    if (!item || !first) {
        code = ae_fail(err, AE_EMEM, "out of memory for %zu atoms", n);
    } else if (distance > 0) {
        code = ae_match_pairs(pos, n, pos, n, distance, &pair, &npair, err);
    }
    for (size_t i = 0; !code && i <= n; i++) {
        first[i] = k;
        while (k < npair && pair[k].a == i) {
            k++;
        }
    }
    for (size_t i = 0; !code && i < n; i++) {
        item[i] = (struct item){x[i], i};
    }
    if (!code && npair) {
        qsort(item, n, sizeof *item, strongest_first);
    }
    for (size_t r = 0; !code && npair && r < n; r++) {
        size_t i = item[r].i;

        for (k = first[i]; label[i] > 0 && k < first[i + 1]; k++) {
            size_t j = pair[k].b;

            if (j != i && label[j] > 0 && pair[k].distance < distance) {
                label[j] = 0;
                ++*dropped;
            }
        }
    }
    free(pair);
    free(item);
    free(first);
    return code;
}

/* Number of free parameters of k Gaussians in dim dimensions. */
static double parameters(int k, int dim)
{
    return k * (1 + dim + dim * (dim + 1) / 2.0) - 1;
}

/* place[c]: rank of class c by the mean of a feature. */
static void rank(
    const struct ae_mixture_class *classes, int k, int order, int *place)
{
    for (int c = 0; c < k; c++) {
        place[c] = 0;
        for (int d = 0; d < k; d++) {
            double a = classes[d].mean[order], b = classes[c].mean[order];

            place[c] += a < b || (a == b && d < c);
        }
    }
}

/* Labels from the posteriors, and what they say about errors. */
static int judge(size_t n, int k, const double *posterior, int *label,
    struct ae_trace_soft *soft, struct ae_error *err)
{
    size_t count[AE_TRACE_CLASSES] = {0};
    double wrong = 0;

    memset(soft->confusion, 0, sizeof soft->confusion);
    for (size_t i = 0; i < n; i++) {
        const double *g = posterior + i * (size_t)k;

        label[i] = 0;
        for (int c = 1; c < k; c++) {
            label[i] = g[c] > g[label[i]] ? c : label[i];
        }
        count[label[i]]++;
        wrong += 1 - g[label[i]];
        for (int c = 0; c < k; c++) {
            soft->confusion[label[i]][c] += g[c];
        }
    }
    for (int a = 0; a < k; a++) {
        if (!count[a]) {
            return ae_fail(err, AE_EDATA,
                "class %d of the mixture has no atoms; ask for fewer classes",
                a);
        }
        for (int b = 0; b < k; b++) {
            soft->confusion[a][b] /= (double)count[a];
        }
    }
    soft->errors = wrong / (double)n;
    return AE_OK;
}

int ae_trace_soft(const double *x, size_t n, int dim, int order, int k,
    int *label, double *posterior, struct ae_trace_soft *soft,
    struct ae_error *err)
{
    struct ae_mixture_class classes[AE_TRACE_CLASSES];
    struct ae_mixture *fit = NULL;
    double before = -INFINITY, now;
    int place[AE_TRACE_CLASSES], code;

    if (n < 10 * (size_t)k) {
        return ae_fail(err, AE_EDATA,
            "%zu atoms are too few for a mixture of %d classes; want %d", n, k,
            10 * k);
    }
    soft->rounds = 0;
    code = ae_mixture_init(&fit, x, n, dim, label, k, least_cov, err);
    while (!code && soft->rounds < MAX_ROUNDS) {
        code = ae_mixture_step(fit, &now, err);
        soft->rounds++;
        if (now - before < settled) {
            break;
        }
        before = now;
    }
    if (!code) {
        double *g = ae_alloc(n, (size_t)k * sizeof *g);

        if (g) {
            now = ae_mixture_posterior(fit, g);
            ae_mixture_classes(fit, classes);
            rank(classes, k, order, place);
            for (int c = 0; c < k; c++) {
                soft->classes[place[c]] = classes[c];
                for (size_t i = 0; i < n; i++) {
                    posterior[i * (size_t)k + (size_t)place[c]] =
                        g[i * (size_t)k + (size_t)c];
                }
            }
            soft->gain =
                2 * (double)n * (now - ae_mixture_single(fit)) -
                log((double)n) * (parameters(k, dim) - parameters(1, dim));
            code = judge(n, k, posterior, label, soft, err);
        } else {
            code = ae_fail(err, AE_EMEM, "out of memory for %zu atoms", n);
        }
        free(g);
    }
    ae_mixture_free(fit);
    return code;
}
