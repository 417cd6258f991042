/* SPDX-License-Identifier: BSD-2-Clause
 * overlay - lay one model of atoms on another, mirror images included.
 */
#include <math.h>
#include <stdlib.h>
#include "atoms/match.h"
#include "atoms/overlay.h"
#include "base/mem.h"

enum { AXES = 48, SCREEN_PASSES = 3, FINALISTS = 3 };

struct ae_overlay_axes ae_overlay_axes(int which)
{
    static const int order[6][3] = {
        {0, 1, 2}, {1, 2, 0}, {2, 0, 1}, {1, 0, 2}, {0, 2, 1}, {2, 1, 0}};
    struct ae_overlay_axes axes;

    for (int a = 0; a < 3; a++) {
        axes.from[a] = order[which / 8][a];
        axes.sign[a] = which >> a & 1 ? -1 : 1;
    }
    return axes;
}

int ae_overlay_hand(int which)
{
    struct ae_overlay_axes axes = ae_overlay_axes(which);

    return axes.sign[0] * axes.sign[1] * axes.sign[2] * (which < 24 ? 1 : -1);
}

void ae_overlay_turn(
    int which, const double (*pos)[3], size_t n, double (*turned)[3])
{
    struct ae_overlay_axes axes = ae_overlay_axes(which);

    for (size_t i = 0; i < n; i++) {
        double p[3] = {pos[i][0], pos[i][1], pos[i][2]};

        for (int a = 0; a < 3; a++) {
            turned[i][a] = axes.sign[a] * p[axes.from[a]];
        }
    }
}

void ae_overlay_centroid(const double (*pos)[3], size_t n, double c[3])
{
    for (int a = 0; a < 3; a++) {
        c[a] = 0;
        for (size_t i = 0; i < n; i++) {
            c[a] += pos[i][a] / (double)n;
        }
    }
}

/* What stays the same over all trials. */
struct task {
    const double (*a)[3];
    size_t na;
    const double (*b)[3];
    size_t nb;
    double tolerance;
};

/* Fit a trial from its start for at most max passes, and score it. */
static int run(const struct task *t, enum ae_superpose_fit kind, int max,
    struct ae_overlay *o, struct ae_error *err)
{
    double(*p)[3] = ae_alloc(t->na, sizeof *p);
    struct ae_match match = {0};
    int code;

    if (!p) {
        return ae_fail(
            err, AE_EMEM, "overlay: out of memory for %zu atoms", t->na);
    }
    ae_overlay_turn(o->axes, t->a, t->na, p);
    code = ae_match_fit((const double(*)[3])p, t->na, t->b, t->nb, t->tolerance,
        kind, &o->fit, max, &o->passes, err);
    o->score = 0;
    if (!code) {
        ae_match_move(&o->fit, (const double(*)[3])p, t->na, p);
        code = ae_match((const double(*)[3])p, t->na, t->b, t->nb, t->tolerance,
            &match, err);
    }
    for (size_t k = 0; k < match.n; k++) {
        double u = match.pair[k].distance / t->tolerance;

        o->score += 1 - u * u;
    }
    ae_match_clear(&match);
    free(p);
    return code;
}

int ae_overlay_fit(const double (*a)[3], size_t na, const double (*b)[3],
    size_t nb, double tolerance, enum ae_superpose_fit kind,
    struct ae_overlay *best, struct ae_error *err)
{
    struct task task = {a, na, b, nb, tolerance};

    return run(&task, kind, AE_MATCH_PASSES, best, err);
}

/* Best first; scores equal to rounding keep the order of the axes. */
static int before(const struct ae_overlay *p, const struct ae_overlay *q)
{
    if (fabs(p->score - q->score) > 1e-9 * (p->score + q->score)) {
        return p->score > q->score;
    }
    return p->axes < q->axes;
}

/* Insertion sort of the trials (a comparison with a tolerance is no order that
 * qsort accepts). */
static void sort(struct ae_overlay *o, int n)
{
    for (int i = 1; i < n; i++) {
        struct ae_overlay t = o[i];
        int j = i;

        for (; j > 0 && before(&t, &o[j - 1]); j--) {
            o[j] = o[j - 1];
        }
        o[j] = t;
    }
}

int ae_overlay_mirror(const double (*a)[3], size_t na, const double (*b)[3],
    size_t nb, double tolerance, enum ae_superpose_fit kind,
    struct ae_overlay *best, struct ae_error *err)
{
    struct task task = {a, na, b, nb, tolerance};
    struct ae_overlay trial[2 * AXES];
    struct ae_error errors[2 * AXES];
    int codes[2 * AXES];
    double ca[3], cb[3], turned[3];

    ae_overlay_centroid(a, na, ca);
    ae_overlay_centroid(b, nb, cb);
    for (int k = 0; k < 2 * AXES; k++) {
        trial[k] = (struct ae_overlay){.axes = k / 2, .fit = best->fit};
        ae_overlay_turn(k / 2, (const double(*)[3]) & ca, 1, &turned);
        for (int i = 0; i < 3 && k % 2; i++) {
            trial[k].fit.shift[i] = cb[i] - turned[i];
        }
    }
#pragma omp parallel for schedule(dynamic)
    for (int k = 0; k < 2 * AXES; k++) {
        codes[k] = run(
            &task, AE_SUPERPOSE_SHIFT, SCREEN_PASSES, &trial[k], &errors[k]);
    }
    for (int k = 0; k < 2 * AXES; k++) {
        if (codes[k]) {
            *err = errors[k];
            return codes[k];
        }
    }
    sort(trial, 2 * AXES);
    for (int k = 0; k < FINALISTS; k++) {
        int code = run(&task, kind, AE_MATCH_PASSES, &trial[k], err);

        if (code) {
            return code;
        }
    }
    sort(trial, FINALISTS);
    *best = trial[0];
    return AE_OK;
}

struct ae_overlay_spread ae_overlay_spread(const double (*d)[3], size_t n)
{
    struct ae_overlay_spread s = {{0}, {0}, 0, 0, n ? 0 : NAN};
    double square = 0, total = 0;

    for (int a = 0; a < 3; a++) {
        double variance = 0;

        for (size_t k = 0; k < n; k++) {
            s.mean[a] += d[k][a] / (double)n;
            square += d[k][a] * d[k][a];
        }
        for (size_t k = 0; k < n; k++) {
            variance += (d[k][a] - s.mean[a]) * (d[k][a] - s.mean[a]);
        }
        s.mean[a] = n ? s.mean[a] : NAN;
        variance = n > 1 ? variance / (double)(n - 1) : NAN;
        s.std[a] = sqrt(variance);
        total += variance;
    }
    for (size_t k = 0; k < n; k++) {
        s.longest = fmax(s.longest,
            sqrt(d[k][0] * d[k][0] + d[k][1] * d[k][1] + d[k][2] * d[k][2]));
    }
    s.rmsd = sqrt(total);
    s.rmsd0 = n ? sqrt(square / (double)n) : NAN;
    return s;
}
