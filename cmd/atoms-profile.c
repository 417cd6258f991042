/* SPDX-License-Identifier: BSD-2-Clause
 * atoms-profile - the mean of one per-atom value against another.
 *
 *   bins   lo + k w <= x < lo + (k + 1) w      lo the least x, or of --range
 *   mean = sum y / n      std = sqrt(sum (y - mean)^2 / (n - 1))
 *   sem  = std / sqrt(n)                       n atoms of the bin
 *   --width: 10 % and 90 % crossings between the plateaus, the means over the
 *            outer quarters of the bins, with straight lines between bins
 *   --fit:   y = y0 + A exp(-x / l), least squares with the weights n
 *
 * Atoms whose x or y is NaN are skipped.
 *
 * Source: methods.   Cost: O(N log N) for N atoms.
 * reads: extended XYZ, one frame       writes: TSV
 */
#include <math.h>
#include <stdlib.h>
#include "atoms/expr.h"
#include "base/mem.h"
#include "base/tool.h"
#include "io/tsv.h"
#include "io/xyz.h"
#include "math/stats.h"

static const char *x_name, *y_name, *selection;
static double bin;
static struct ae_reals range;
static int width, fit;
static const struct ae_opt opts[] = {
    AE_STR('x', "x", &x_name, "EXPR", "distance", "value along the profile"),
    AE_STR('y', "y", &y_name, "EXPR", NULL, "value to average"),
    AE_REAL('b', "bin", &bin, "W", "2", 1e-300, 1e300, "width of a bin"),
    AE_REALS('r', "range", &range, "LO,HI", "", -1e300, 1e300,
        "only x from LO to HI"),
    AE_STR(0, "select", &selection, "EXPR", "", "only these atoms"),
    AE_FLAG(0, "width", &width,
        "the 10-90 % width of the step instead of the profile"),
    AE_FLAG(
        0, "fit", &fit, "y0 + A exp(-x/l) through the profile instead of it"),
    AE_END_OPTS,
};
static const struct ae_about about = {"atoms-profile",
    "mean of a column in bins of another", "[FILE]", opts, .streams = 0};

struct sample {
    size_t n, skipped;
    double *x, *y;
};

/* Of the bins that hold an atom; of the others n is 0. */
struct profile {
    size_t n;
    double *x;
    size_t *count;
    struct ae_moments *m;
};

static void *allocate(size_t n, size_t size)
{
    void *p = ae_alloc(n, size);
    if (!p)
        ae_die("out of memory for the values");
    return p;
}

static struct ae_expr *compile(const char *text, const struct ae_atoms *atoms)
{
    struct ae_expr *expr;
    if (ae_expr_new(&expr, text, atoms, ae_err()))
        ae_usage("'%s': %s", text, ae_err()->msg);
    return expr;
}

static void take_sample(struct sample *s, const struct ae_atoms *atoms)
{
    size_t *row, rows;
    ae_must(ae_expr_rows(selection, atoms, &row, &rows, ae_err()));
    struct ae_expr *x = compile(x_name, atoms), *y = compile(y_name, atoms);
    s->x = allocate(rows, sizeof *s->x);
    s->y = allocate(rows, sizeof *s->y);
    for (size_t i = 0; i < rows; i++) {
        double u = ae_expr_value(x, row[i]), v = ae_expr_value(y, row[i]);
        if (!isfinite(u) || !isfinite(v)) {
            s->skipped++;
        } else if (!range.n || (u >= range.v[0] && u <= range.v[1])) {
            s->x[s->n] = u;
            s->y[s->n++] = v;
        }
    }
    free(row);
    ae_expr_free(x);
    ae_expr_free(y);
}

static struct ae_bins make_bins(const struct sample *s)
{
    struct ae_bins bins;
    double low = s->x[0], high = low;
    for (size_t i = 1; i < s->n; i++) {
        low = fmin(low, s->x[i]);
        high = fmax(high, s->x[i]);
    }
    if (range.n) {
        low = range.v[0];
        high = range.v[1];
    }
    int code = range.n ? ae_stats_bins_exact(&bins, low, high, bin)
                       : ae_stats_bins(&bins, low, high, bin, low);
    if (code)
        ae_usage("--bin %g from %g to %g makes too many bins", bin, low, high);
    return bins;
}

static void make_profile(const struct sample *s, struct profile *p)
{
    struct ae_bins bins = make_bins(s);
    size_t *start = allocate(bins.n + 2, sizeof *start);
    double *value = allocate(s->n, sizeof *value);
    p->n = bins.n;
    p->x = allocate(p->n, sizeof *p->x);
    p->count = allocate(p->n, sizeof *p->count);
    p->m = allocate(p->n, sizeof *p->m);
    for (size_t i = 0; i < s->n; i++)
        start[ae_stats_bin(&bins, s->x[i]) + 2]++;
    for (size_t b = 0; b < p->n; b++)
        start[b + 2] += start[b + 1];
    for (size_t i = 0; i < s->n; i++)
        value[start[ae_stats_bin(&bins, s->x[i]) + 1]++] = s->y[i];
    for (size_t b = 0; b < p->n; b++) {
        double *v = value + start[b];
        p->count[b] = start[b + 1] - start[b];
        p->x[b] = ae_stats_edge(&bins, b) + bins.width / 2;
        ae_stats_sort(v, p->count[b]); /* sums then do not depend on order */
        p->m[b] = ae_stats_moments(v, p->count[b]);
    }
    free(start);
    free(value);
}

/* Leave the bins without atoms out. */
static void close_up(struct profile *p)
{
    size_t n = 0;
    for (size_t b = 0; b < p->n; b++) {
        if (!p->count[b])
            continue;
        p->x[n] = p->x[b];
        p->count[n] = p->count[b];
        p->m[n++] = p->m[b];
    }
    p->n = n;
}

static void row(const char *name, double value)
{
    ae_tsv_put(ae_out(), "sr", name, value);
}

/* ---- width of a step ---- */

/* Where the mean is at level between bins b and b + 1; NaN when it is not. */
static double crossing(const struct profile *p, size_t b, double level)
{
    double u = p->m[b].mean - level, v = p->m[b + 1].mean - level;
    if (u == v || (u < 0 && v < 0) || (u > 0 && v > 0))
        return NAN;
    return p->x[b] + u / (u - v) * (p->x[b + 1] - p->x[b]);
}

/* The crossing of level that is next to b, to the left or to the right. */
static double next_crossing(
    const struct profile *p, size_t b, double level, int right)
{
    for (size_t i = 0; i + 1 < p->n; i++) {
        size_t at = right ? b + i : b - i;
        if (at + 1 >= p->n) /* also below 0 */
            break;
        double x = crossing(p, at, level);
        if (!isnan(x))
            return x;
    }
    return NAN;
}

static void write_width(const struct profile *p)
{
    size_t quarter = p->n / 4, b = 0;
    double low = 0, high = 0;
    if (p->n < 8)
        ae_die("%zu bins with atoms; --width wants at least 8, take a smaller "
               "--bin",
            p->n);
    for (size_t i = 0; i < quarter; i++) {
        low += p->m[i].mean / (double)quarter;
        high += p->m[p->n - 1 - i].mean / (double)quarter;
    }
    double step = high - low;
    while (b + 1 < p->n && isnan(crossing(p, b, low + step / 2)))
        b++;
    double x10 = next_crossing(p, b, low + 0.1 * step, 0);
    double x90 = next_crossing(p, b, low + 0.9 * step, 1);
    if (step == 0 || b + 1 == p->n || isnan(x10) || isnan(x90))
        ae_die("the profile has no step from %g to %g", low, high);
    ae_tsv_head(ae_out(), "quantity\tvalue");
    row("low", low);
    row("high", high);
    row("x10", x10);
    row("x50", crossing(p, b, low + step / 2));
    row("x90", x90);
    row("width", x90 - x10);
}

/* ---- exponential ---- */

struct line {
    double y0, a, rms;
};

/* The best y0 and A for a length l, weights count. */
static struct line fit_line(const struct profile *p, double l)
{
    double n = 0, se = 0, sy = 0, see = 0, sey = 0, sum = 0;
    double first = p->x[0]; /* exp(-(x - first)/l) does not overflow */
    for (size_t b = 0; b < p->n; b++) {
        double w = (double)p->count[b], e = exp(-(p->x[b] - first) / l);
        n += w;
        se += w * e;
        sy += w * p->m[b].mean;
        see += w * e * e;
        sey += w * e * p->m[b].mean;
    }
    double det = n * see - se * se, a = det > 0 ? (n * sey - se * sy) / det : 0;
    struct line line = {(sy - a * se) / n, a, 0};
    for (size_t b = 0; b < p->n; b++) {
        double e = exp(-(p->x[b] - first) / l);
        double d = p->m[b].mean - line.y0 - a * e;
        sum += (double)p->count[b] * d * d;
    }
    line.rms = sqrt(sum / n);
    line.a = a * exp(first / l);
    return line;
}

/* Lengths from a tenth of a bin to a hundred profiles, then golden sections
 * about the best. */
static void write_fit(const struct profile *p)
{
    const double golden = 0.6180339887498949;
    enum { STEPS = 400 };
    if (p->n < 4)
        ae_die("%zu bins with atoms; --fit wants at least 4, take a smaller "
               "--bin",
            p->n);
    double low = log(0.1 * bin), high = log(100 * (p->x[p->n - 1] - p->x[0]));
    double best = low, least = INFINITY, step = (high - low) / STEPS;
    for (int i = 0; i <= STEPS; i++) {
        struct line line = fit_line(p, exp(low + i * step));
        if (line.rms < least) {
            least = line.rms;
            best = low + i * step;
        }
    }
    double a = best - step, b = best + step;
    while (b - a > 1e-10) {
        double u = b - golden * (b - a), v = a + golden * (b - a);
        if (fit_line(p, exp(u)).rms < fit_line(p, exp(v)).rms)
            b = v;
        else
            a = u;
    }
    double l = exp((a + b) / 2);
    struct line line = fit_line(p, l);
    ae_tsv_head(ae_out(), "quantity\tvalue");
    row("y0", line.y0);
    row("A", line.a);
    row("l", l);
    row("rms", line.rms);
}

static void write_profile(const struct profile *p)
{
    fprintf(ae_out(), "#%s\tmean\tstd\tsem\tcount\n", x_name);
    for (size_t b = 0; b < p->n; b++)
        ae_tsv_put(ae_out(), "rrrrd", p->x[b], p->m[b].mean, p->m[b].std,
            p->m[b].sem, (long)p->count[b]);
}

int main(int argc, char **argv)
{
    struct ae_atoms atoms = {0};
    struct sample sample = {0};
    struct profile profile;
    ae_begin(&about, argc, argv);
    if (width && fit)
        ae_usage("--width and --fit: want one of them");
    if (range.n && (range.n != 2 || !(range.v[0] < range.v[1])))
        ae_usage("--range: want LO,HI with LO below HI");
    struct ae_source *in = ae_in();
    ae_must(ae_xyz_read(in, &atoms, ae_err()));
    take_sample(&sample, &atoms);
    if (!sample.n)
        ae_die("%s: no atom has both values", in->name);
    if (sample.skipped)
        ae_say("%zu atoms without a value are left out", sample.skipped);
    make_profile(&sample, &profile);
    if (width || fit)
        close_up(&profile);
    (width ? write_width : fit ? write_fit : write_profile)(&profile);
    free(sample.x);
    free(sample.y);
    free(profile.x);
    free(profile.count);
    free(profile.m);
    ae_atoms_clear(&atoms);
    return ae_end();
}
