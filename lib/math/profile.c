/* SPDX-License-Identifier: BSD-2-Clause */
#include "math/profile.h"

#include <math.h>

/* ---- step ---- */

/* Where y is at level between values i and i + 1; NaN when it is not. */
static double crossing(const struct ae_profile *p, size_t i, double level)
{
    double u = p->y[i] - level, v = p->y[i + 1] - level;
    if (u == v || (u < 0 && v < 0) || (u > 0 && v > 0))
        return NAN;
    return p->x[i] + u / (u - v) * (p->x[i + 1] - p->x[i]);
}

/* The crossing of level that is next to i, to the left or to the right. */
static double next_crossing(
    const struct ae_profile *p, size_t i, double level, int right)
{
    for (size_t k = 0; k + 1 < p->n; k++) {
        size_t at = right ? i + k : i - k;
        if (at + 1 >= p->n) /* also below 0 */
            break;
        double x = crossing(p, at, level);
        if (!isnan(x))
            return x;
    }
    return NAN;
}

int ae_profile_step(const struct ae_profile *p, struct ae_profile_step *step,
    struct ae_error *err)
{
    size_t quarter = p->n / 4, middle = 0;
    double low = 0, high = 0;
    if (p->n < 8)
        return ae_fail(err, AE_EDATA,
            "%zu bins hold something; a width wants at least 8, take smaller "
            "bins",
            p->n);
    for (size_t i = 0; i < quarter; i++) {
        low += p->y[i] / (double)quarter;
        high += p->y[p->n - 1 - i] / (double)quarter;
    }
    double rise = high - low;
    while (middle + 1 < p->n && isnan(crossing(p, middle, low + rise / 2)))
        middle++;
    *step = (struct ae_profile_step){low, high, NAN, NAN, NAN};
    if (rise != 0 && middle + 1 < p->n) {
        step->x10 = next_crossing(p, middle, low + 0.1 * rise, 0);
        step->x50 = crossing(p, middle, low + rise / 2);
        step->x90 = next_crossing(p, middle, low + 0.9 * rise, 1);
    }
    if (isnan(step->x10) || isnan(step->x90))
        return ae_fail(
            err, AE_EDATA, "the profile has no step from %g to %g", low, high);
    return AE_OK;
}

/* ---- decay ---- */

/* The best y0 and a for a length l. */
static struct ae_profile_decay fit_length(const struct ae_profile *p, double l)
{
    double n = 0, se = 0, sy = 0, see = 0, sey = 0, sum = 0;
    double first = p->x[0]; /* exp(-(x - first)/l) does not overflow */
    for (size_t i = 0; i < p->n; i++) {
        double w = p->w[i], e = exp(-(p->x[i] - first) / l);
        n += w;
        se += w * e;
        sy += w * p->y[i];
        see += w * e * e;
        sey += w * e * p->y[i];
    }
    double det = n * see - se * se, a = det > 0 ? (n * sey - se * sy) / det : 0;
    struct ae_profile_decay fit = {(sy - a * se) / n, a, l, 0};
    for (size_t i = 0; i < p->n; i++) {
        double e = exp(-(p->x[i] - first) / l);
        double d = p->y[i] - fit.y0 - a * e;
        sum += p->w[i] * d * d;
    }
    fit.rms = sqrt(sum / n);
    fit.a = a * exp(first / l);
    return fit;
}

/* 401 lengths in equal ratios, then golden sections about the best. */
int ae_profile_decay(const struct ae_profile *p, double shortest,
    struct ae_profile_decay *decay, struct ae_error *err)
{
    const double golden = 0.6180339887498949;
    enum { STEPS = 400 };
    if (p->n < 4)
        return ae_fail(err, AE_EDATA,
            "%zu bins hold something; an exponential wants at least 4, take "
            "smaller bins",
            p->n);
    double low = log(shortest), high = log(100 * (p->x[p->n - 1] - p->x[0]));
    double best = low, least = INFINITY, step = (high - low) / STEPS;
    for (int i = 0; i <= STEPS; i++) {
        double rms = fit_length(p, exp(low + i * step)).rms;
        if (rms < least) {
            least = rms;
            best = low + i * step;
        }
    }
    double a = best - step, b = best + step;
    while (b - a > 1e-10) {
        double u = b - golden * (b - a), v = a + golden * (b - a);
        if (fit_length(p, exp(u)).rms < fit_length(p, exp(v)).rms)
            b = v;
        else
            a = u;
    }
    *decay = fit_length(p, exp((a + b) / 2));
    return AE_OK;
}
