/* SPDX-License-Identifier: BSD-2-Clause
 * atoms-hist - histogram of a per-atom value, its statistics by group, or the
 * histogram and correlation of two.
 *
 *   density(b) = count(b) / (n w)      share(b) = count(b) / n
 *   default width  w = 2 IQR / n^(1/3), rounded to 1, 2 or 5 times 10^k
 *   r = sum (x - mx)(y - my) / sqrt(sum (x - mx)^2 sum (y - my)^2)
 *   std = sqrt(sum (x - mean)^2 / (n - 1))    sem = std / sqrt(n)
 *   n  values counted   w  width of bin b   IQR  interquartile range
 *   rho_s  r of the ranks, ties with their mean rank
 *
 * Values that are NaN (undefined for the atom) are skipped, and said.
 *
 * Source: Freedman and Diaconis 1981, 10.1007/BF01025868 (width); Pearson,
 * Spearman as in any text.   Cost: O(N log N) for N atoms.
 * reads: extended XYZ, one frame       writes: TSV
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "atoms/expr.h"
#include "base/mem.h"
#include "base/tool.h"
#include "io/tsv.h"
#include "io/xyz.h"
#include "math/stats.h"

static const char *column, *by, *x_name, *y_name, *selection;
static int corr;
static struct ae_reals bin, range;
static const struct ae_opt opts[] = {
    AE_STR('c', "column", &column, "EXPR", "",
        "value to count: a column or an expression of columns"),
    AE_STR(0, "by", &by, "COLUMN", "",
        "group table; with --bin a histogram for each group"),
    AE_STR('x', "x", &x_name, "EXPR", "", "first value of a 2-D histogram"),
    AE_STR('y', "y", &y_name, "EXPR", "", "second value of a 2-D histogram"),
    AE_FLAG(0, "corr", &corr, "correlation of --x and --y instead"),
    AE_REALS('b', "bin", &bin, "W[,W]", "", 1e-300, 1e300,
        "width of a bin, of --x and --y"),
    AE_REALS('r', "range", &range, "LO,HI[,LO,HI]", "", -1e300, 1e300,
        "count from LO to HI only, both included"),
    AE_STR(0, "select", &selection, "EXPR", "", "only these atoms"),
    AE_END_OPTS,
};
static const struct ae_about about = {"atoms-hist",
    "histogram and statistics of a column", "[FILE]", opts, .streams = 0};

/* The values in question, without undefined ones: v[0] and v[1] (the second
 * only for --x and --y), and the group of each. */
struct sample {
    size_t n, skipped;
    double *v[2];
    int whole[2]; /* all values are whole numbers */
    size_t *group, ngroup;
    char (*name)[80]; /* of the groups, in order of appearance */
};

static void *allocate(size_t n, size_t size)
{
    void *p = ae_alloc(n, size);
    if (!p)
        ae_die("out of memory for the values");
    return p;
}

/* ---- from the table ---- */

/* The text of the group that an atom belongs to. */
static void group_text(const struct ae_column *col, size_t i, char out[80])
{
    if (col->type == 'S')
        snprintf(out, 80, "%s", ae_atoms_text(col, i));
    else
        snprintf(out, 80, "%lld", (long long)col->integer[i]);
}

static const struct ae_column *group_column(const struct ae_atoms *atoms)
{
    const struct ae_column *col = ae_atoms_find(atoms, by);
    struct ae_column *none;
    if (!col)
        ae_must(ae_atoms_need(atoms, by, 'S', 1, &none, ae_err()));
    if (col->width != 1 || col->type == 'R')
        ae_die("--by %s: want a column of text or whole numbers", by);
    return col;
}

static size_t group_of(struct sample *s, const char *text)
{
    for (size_t g = 0; g < s->ngroup; g++)
        if (!strcmp(s->name[g], text))
            return g;
    if (!(s->ngroup & (s->ngroup - 1))) { /* full at 0, 1, 2, 4, ... */
        size_t room = s->ngroup ? 2 * s->ngroup : 1;
        void *more = ae_resize(s->name, s->ngroup, room, sizeof *s->name);
        if (!more)
            ae_die("out of memory for the groups");
        s->name = more;
    }
    snprintf(s->name[s->ngroup], sizeof *s->name, "%s", text);
    return s->ngroup++;
}

static struct ae_expr *compile(const char *text, const struct ae_atoms *atoms)
{
    struct ae_expr *expr;
    if (ae_expr_new(&expr, text, atoms, ae_err()))
        ae_usage("'%s': %s", text, ae_err()->msg);
    return expr;
}

static void take_sample(
    struct sample *s, const struct ae_atoms *atoms, const char *const name[2])
{
    size_t *row, rows;
    ae_must(ae_expr_rows(selection, atoms, &row, &rows, ae_err()));
    const struct ae_column *col = *by ? group_column(atoms) : NULL;
    struct ae_expr *expr[2] = {NULL, NULL};
    int values = name[1] ? 2 : 1;
    *s = (struct sample){.whole = {1, 1}};
    s->group = allocate(rows, sizeof *s->group);
    for (int k = 0; k < values; k++) {
        expr[k] = compile(name[k], atoms);
        s->v[k] = allocate(rows, sizeof *s->v[k]);
    }
    for (size_t i = 0; i < rows; i++) {
        double v[2] = {0, 0};
        char text[80] = "";
        for (int k = 0; k < values; k++)
            v[k] = ae_expr_value(expr[k], row[i]);
        if (!isfinite(v[0]) || !isfinite(v[1])) {
            s->skipped++;
            continue;
        }
        if (col)
            group_text(col, row[i], text);
        s->group[s->n] = group_of(s, text);
        for (int k = 0; k < values; k++) {
            s->v[k][s->n] = v[k];
            s->whole[k] &= v[k] == floor(v[k]);
        }
        s->n++;
    }
    free(row);
    ae_expr_free(expr[0]);
    ae_expr_free(expr[1]);
}

static void clear(struct sample *s)
{
    free(s->v[0]);
    free(s->v[1]);
    free(s->group);
    free(s->name);
}

/* ---- bins ---- */

/* The bins of value k: what the options say, else what the values ask for.
 * Whole numbers get whole bins about them. */
static struct ae_bins make_bins(const struct sample *s, int k)
{
    struct ae_bins bins;
    double *sorted = allocate(s->n, sizeof *sorted);
    memcpy(sorted, s->v[k], s->n * sizeof *sorted);
    ae_stats_sort(sorted, s->n);
    double low = sorted[0], high = sorted[s->n - 1];
    double width =
        bin.n ? bin.v[k < bin.n ? k : 0] : ae_stats_bin_width(sorted, s->n);
    double shift = 0;
    if (!bin.n && s->whole[k]) {
        width = width > 1 ? round(width) : 1;
        shift = -0.5;
    } else if (!bin.n && width == 0) {
        width = 1; /* constant: one bin about the value */
        shift = low - 0.5;
    }
    free(sorted);
    int code;
    if (range.n > 2 * k)
        code = ae_stats_bins_exact(
            &bins, range.v[2 * k], range.v[2 * k + 1], width);
    else
        code = ae_stats_bins(&bins, low, high, width, shift);
    if (code)
        ae_usage("a bin of %g from %g to %g makes too many bins; give --bin"
                 " or --range",
            width, low, high);
    return bins;
}

static double middle(const struct ae_bins *bins, size_t i)
{
    return 0.5 * (ae_stats_edge(bins, i) + ae_stats_edge(bins, i + 1));
}

static double width_of(const struct ae_bins *bins, size_t i)
{
    return ae_stats_edge(bins, i + 1) - ae_stats_edge(bins, i);
}

static void say_counted(const struct sample *s, size_t counted)
{
    if (counted < s->n)
        ae_say("%zu of %zu values lie outside --range", s->n - counted, s->n);
}

/* ---- the four tables ---- */

/* value count share density, and a count for each group with --by */
static void histogram(const struct sample *s)
{
    struct ae_bins bins = make_bins(s, 0);
    size_t columns = 1 + (*by ? s->ngroup : 0), counted = 0;
    size_t *count = allocate(bins.n * columns, sizeof *count);
    for (size_t i = 0; i < s->n; i++) {
        size_t b = ae_stats_bin(&bins, s->v[0][i]);
        if (b == bins.n)
            continue;
        counted++;
        count[b * columns]++;
        if (*by)
            count[b * columns + 1 + s->group[i]]++;
    }
    say_counted(s, counted);
    FILE *out = ae_out();
    fputs("#value\tcount\tshare\tdensity", out);
    for (size_t g = 1; g < columns; g++)
        fprintf(out, "\t%s", s->name[g - 1]);
    fputc('\n', out);
    for (size_t b = 0; b < bins.n; b++) {
        double share = (double)count[b * columns] / (double)counted;
        fprintf(out, "%.10g\t%zu\t%.6g\t%.6g", middle(&bins, b),
            count[b * columns], share, share / width_of(&bins, b));
        for (size_t g = 1; g < columns; g++)
            fprintf(out, "\t%zu", count[b * columns + g]);
        fputc('\n', out);
    }
    free(count);
}

/* The values of group g, picked out of v. */
static size_t members(
    const struct sample *s, size_t g, const double *v, double *picked)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++)
        if (s->group[i] == g)
            picked[n++] = v[i];
    return n;
}

/* group n share mean std sem median */
static void group_table(const struct sample *s)
{
    double *v = allocate(s->n, sizeof *v);
    ae_tsv_head(ae_out(), "group\tn\tshare\tmean\tstd\tsem\tmedian");
    for (size_t g = 0; g < s->ngroup; g++) {
        size_t n = members(s, g, s->v[0], v);
        ae_stats_sort(v, n); /* sums then do not depend on the atoms' order */
        struct ae_moments m = ae_stats_moments(v, n);
        ae_tsv_put(ae_out(), "sdgrrrr", s->name[g], (long)n,
            (double)n / (double)s->n, m.mean, m.std, m.sem,
            ae_stats_quantile(v, n, 0.5));
    }
    free(v);
}

/* x y count share density, every bin of the plane */
static void histogram_2d(const struct sample *s)
{
    struct ae_bins bx = make_bins(s, 0), by_y = make_bins(s, 1);
    size_t cells, counted = 0;
    if (ae_mul(bx.n, by_y.n, &cells) || cells > 100000000)
        ae_usage("%zu times %zu bins are too many; give --bin", bx.n, by_y.n);
    size_t *count = allocate(cells, sizeof *count);
    for (size_t i = 0; i < s->n; i++) {
        size_t x = ae_stats_bin(&bx, s->v[0][i]);
        size_t y = ae_stats_bin(&by_y, s->v[1][i]);
        if (x == bx.n || y == by_y.n)
            continue;
        counted++;
        count[y * bx.n + x]++;
    }
    say_counted(s, counted);
    fprintf(ae_out(), "#%s\t%s\tcount\tshare\tdensity\n", x_name, y_name);
    for (size_t i = 0; i < cells; i++) {
        size_t x = i % bx.n, y = i / bx.n;
        double share = (double)count[i] / (double)counted;
        fprintf(ae_out(), "%.10g\t%.10g\t%zu\t%.6g\t%.6g\n", middle(&bx, x),
            middle(&by_y, y), count[i], share,
            share / (width_of(&bx, x) * width_of(&by_y, y)));
    }
    free(count);
}

static void correlation_row(
    const char *name, const double *x, const double *y, size_t n)
{
    double *rx = allocate(n, sizeof *rx), *ry = allocate(n, sizeof *ry);
    if (ae_stats_ranks(x, n, rx) || ae_stats_ranks(y, n, ry))
        ae_die("out of memory for the ranks");
    double r = ae_stats_pearson(x, y, n);
    if (isnan(r))
        ae_warn("%s: no correlation of %zu pairs: fewer than 2 or one value"
                " constant",
            name, n);
    ae_tsv_put(ae_out(), "sdrr", name, (long)n, r, ae_stats_pearson(rx, ry, n));
    free(rx);
    free(ry);
}

/* group n r rho_s: all pairs, then each group with --by */
static void correlation(const struct sample *s)
{
    double *x = allocate(s->n, sizeof *x), *y = allocate(s->n, sizeof *y);
    ae_tsv_head(ae_out(), "group\tn\tr\trho_s");
    correlation_row("all", s->v[0], s->v[1], s->n);
    for (size_t g = 0; g < s->ngroup && *by; g++) {
        size_t n = members(s, g, s->v[0], x);
        members(s, g, s->v[1], y);
        correlation_row(s->name[g], x, y, n);
    }
    free(x);
    free(y);
}

static void check_options(int two)
{
    if (two && (*column || !*x_name || !*y_name))
        ae_usage("want --column, or --x and --y");
    if (!two && !*column)
        ae_usage("want --column, or --x and --y; see --help");
    if (corr && !two)
        ae_usage("--corr wants --x and --y");
    if (two && *by && !corr)
        ae_usage("--by goes with --column or with --corr");
    if (bin.n > 1 + two)
        ae_usage("--bin: want %s", two ? "one or two widths" : "one width");
    if (range.n % 2 || range.n > 2 + 2 * two)
        ae_usage("--range: want LO,HI%s", two ? " or LO,HI,LO,HI" : "");
    for (int i = 0; i < range.n; i += 2)
        if (range.v[i] >= range.v[i + 1])
            ae_usage("--range: %g is not below %g", range.v[i], range.v[i + 1]);
}

int main(int argc, char **argv)
{
    struct ae_atoms atoms = {0};
    struct sample sample;
    ae_begin(&about, argc, argv);
    int two = *x_name || *y_name;
    check_options(two);
    const char *const name[2] = {two ? x_name : column, two ? y_name : NULL};
    struct ae_source *in = ae_in();
    ae_must(ae_xyz_read(in, &atoms, ae_err()));
    take_sample(&sample, &atoms, name);
    if (!sample.n)
        ae_die("%s: no atom has a value to count", in->name);
    if (sample.skipped)
        ae_warn("%zu of %zu atoms skipped: their value is not defined",
            sample.skipped, sample.skipped + sample.n);
    if (corr)
        correlation(&sample);
    else if (two)
        histogram_2d(&sample);
    else if (*by && !bin.n)
        group_table(&sample);
    else
        histogram(&sample);
    clear(&sample);
    ae_atoms_clear(&atoms);
    return ae_end();
}
