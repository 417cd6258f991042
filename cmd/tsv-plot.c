/* SPDX-License-Identifier: BSD-2-Clause
 * tsv-plot - a picture of the columns of a table, drawn by gnuplot.
 *
 * Axes are named by the table's header, units included; a first column of
 * text names the places of bars. gnuplot gets a script of numbers and quoted
 * texts on its standard input, no shell is involved.
 *
 * Source: gnuplot (Williams, Kelley and others).   Cost: gnuplot's.
 * reads: TSV       writes: PNG, SVG or plain text
 */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/tool.h"
#include "io/tsv.h"

extern char **environ;

enum { BY_NAME, PNG, SVG, TERM };
enum { LINES, POINTS, BARS };
enum { MAX_CURVES = 64 };

static const char *x_name, *y_names, *title, *x_label, *y_label, *marks;
static int style, log_axes, format;
static struct ae_reals x_range, y_range, size;
static const struct ae_opt opts[] = {
    AE_STR('x', "x", &x_name, "COLUMN", "", "column along x, first by default"),
    AE_STR('y', "y", &y_names, "COLUMN,...", "",
        "columns to draw, all other numbers by default"),
    AE_CHOICE(
        's', "style", &style, "lines|points|bars", "lines", "how to draw them"),
    AE_STR('t', "title", &title, "TEXT", "", "title above the picture"),
    AE_STR(0, "xlabel", &x_label, "TEXT", "", "in place of the header's name"),
    AE_STR(0, "ylabel", &y_label, "TEXT", "", "in place of the header's name"),
    AE_REALS(0, "xrange", &x_range, "LO,HI", "", -1e300, 1e300, "range of x"),
    AE_REALS(0, "yrange", &y_range, "LO,HI", "", -1e300, 1e300, "range of y"),
    AE_CHOICE('l', "log", &log_axes, "none|x|y|xy", "none", "logarithmic axes"),
    AE_STR('m', "marks", &marks, "FILE", "",
        "vertical lines at the positions of a TSV: position label"),
    AE_REALS(0, "size", &size, "W,H", "", 20, 8000,
        "size in pixels (900,600) or letters (78,24)"),
    AE_CHOICE('f', "format", &format, "name|png|svg|term", "name",
        "format; name: by the name of -o, else png"),
    AE_END_OPTS,
};
static const struct ae_about about = {
    "tsv-plot", "plot a table", "[FILE]", opts, .streams = 0};

struct curves {
    int x; /* column */
    int y[MAX_CURVES], n;
    int x_is_text;
};

/* ---- which columns ---- */

static int is_number(const struct ae_table *t, size_t col)
{
    double value;
    for (size_t i = 0; i < t->nrow; i++)
        if (ae_table_real(t, i, col, &value, NULL))
            return 0;
    return 1;
}

static int find_column(const struct ae_table *t, const char *name)
{
    int col = ae_table_find(t, name);
    if (col >= 0)
        return col;
    char have[300] = "", quoted[340];
    for (size_t i = 0; i < t->ncol; i++)
        if (strlen(have) + strlen(t->name[i]) + 4 < sizeof have)
            sprintf(have + strlen(have), "%s%s", i ? ", " : "", t->name[i]);
    ae_usage("no column '%s'; the table has %s", ae_quote(quoted, name), have);
}

static void add_curve(struct curves *c, int col)
{
    if (c->n == MAX_CURVES)
        ae_usage("more than %d curves; choose some with --y", MAX_CURVES);
    c->y[c->n++] = col;
}

static void choose_named(const struct ae_table *t, struct curves *c)
{
    char *list = strdup(y_names), *rest = list;
    for (char *name; list && (name = strsep(&rest, ","));) {
        int col = find_column(t, name);
        if (!is_number(t, (size_t)col))
            ae_usage("column '%s' holds text; --y wants numbers", name);
        add_curve(c, col);
    }
    free(list);
}

static void choose_columns(const struct ae_table *t, struct curves *c)
{
    *c = (struct curves){.x = *x_name ? find_column(t, x_name) : 0};
    c->x_is_text = !is_number(t, (size_t)c->x);
    if (*y_names)
        choose_named(t, c);
    else
        for (int i = 0; i < (int)t->ncol; i++)
            if (i != c->x && is_number(t, (size_t)i))
                add_curve(c, i);
    if (!c->n)
        ae_die("no column of numbers to draw beside '%s'", t->name[c->x]);
}

/* ---- the script ---- */

/* gnuplot takes a text in single quotes as it is, '' for one quote. */
static void put_text(FILE *script, const char *text)
{
    putc('\'', script);
    for (; *text; text++) {
        if (*text == '\'')
            putc('\'', script);
        putc(iscntrl((unsigned char)*text) ? ' ' : *text, script);
    }
    putc('\'', script);
}

static void put_setting(FILE *script, const char *what, const char *text)
{
    fprintf(script, "set %s ", what);
    put_text(script, text);
    putc('\n', script);
}

static int find_format(void)
{
    const char *name = ae_out_name(), *dot = name ? strrchr(name, '.') : NULL;
    if (format != BY_NAME)
        return format;
    if (dot && !strcasecmp(dot, ".svg"))
        return SVG;
    return dot && !strcasecmp(dot, ".txt") ? TERM : PNG;
}

static void put_terminal(FILE *script)
{
    int f = find_format();
    int w = (int)(size.n ? size.v[0] : f == TERM ? 78 : 900);
    int h = (int)(size.n ? size.v[1] : f == TERM ? 24 : 600);
    if (f == PNG)
        fprintf(script,
            "set terminal pngcairo size %d,%d noenhanced font 'DejaVu Sans,14'"
            " linewidth 1.5\n",
            w, h);
    else if (f == SVG)
        fprintf(script,
            "set terminal svg size %d,%d noenhanced font 'DejaVu Sans,16'"
            " linewidth 1.5 background 'white'\n",
            w, h);
    else
        fprintf(script, "set terminal dumb size %d,%d noenhanced\n", w, h);
}

static void put_range(FILE *script, char which, const struct ae_reals *range)
{
    if (range->n)
        fprintf(script, "set %crange [%.17g:%.17g]\n", which, range->v[0],
            range->v[1]);
}

static void put_axes(
    FILE *script, const struct ae_table *t, const struct curves *c)
{
    static const char *const log_of[] = {"", "x", "y", "xy"};
    put_setting(script, "xlabel", *x_label ? x_label : t->name[c->x]);
    if (*y_label || c->n == 1)
        put_setting(script, "ylabel", *y_label ? y_label : t->name[c->y[0]]);
    if (*title)
        put_setting(script, "title", title);
    put_range(script, 'x', &x_range);
    put_range(script, 'y', &y_range);
    if (log_axes)
        fprintf(script, "set logscale %s\n", log_of[log_axes]);
    fputs("set border 3\nset tics nomirror out\n", script);
    if (find_format() != TERM)
        fputs("set grid lc rgb '#cccccc' lw 0.7\n", script);
    fputs(c->n > 1 ? "set key outside top center horizontal samplen 2\n"
                   : "unset key\n",
        script);
    if (style == BARS) {
        fputs("set style fill transparent solid 0.55 noborder\n"
              "set boxwidth 0.9 relative\n",
            script);
        if (!y_range.n && !(log_axes & 2))
            fputs("set yrange [0:*]\n", script);
    }
    if (!y_range.n && !(log_axes & 2)) /* air above the highest point */
        fputs("set offsets 0, 0, graph 0.05, 0\n", script);
    /* Okabe and Ito's colours, on white */
    static const char *const colour[] = {"#0072b2", "#d55e00", "#009e73",
        "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#999999"};
    for (int i = 0; i < 8; i++)
        fprintf(script, "set linetype %d lc rgb '%s' lw 1.5 pt 7 ps 0.8\n",
            i + 1, colour[i]);
    fputs("set linetype cycle 8\n", script);
}

static void put_marks(FILE *script)
{
    struct ae_table t = {0};
    ae_must(ae_tsv_read(ae_open(marks), &t, ae_err()));
    for (size_t i = 0; i < t.nrow; i++) {
        double x;
        ae_must(ae_table_real(&t, i, 0, &x, ae_err()));
        if (!isfinite(x))
            ae_die("%s: row %zu: want a finite position", marks, i + 1);
        fprintf(script,
            "set arrow from first %.17g, graph 0 to first %.17g,"
            " graph 1 nohead dt 2 lc rgb '#777777'\n",
            x, x);
        if (t.ncol < 2)
            continue;
        fputs("set label ", script);
        put_text(script, ae_table_text(&t, i, 1));
        fprintf(script,
            " at first %.17g, graph 0.98 right rotate by 90"
            " offset character 1.1,0 tc rgb '#555555'\n",
            x);
    }
    ae_table_clear(&t);
}

static void put_number(
    FILE *script, const struct ae_table *t, size_t row, int col)
{
    double v;
    ae_must(ae_table_real(t, row, (size_t)col, &v, ae_err()));
    if (isfinite(v))
        fprintf(script, " %.17g", v);
    else
        fputs(" NaN", script);
}

static void put_data(
    FILE *script, const struct ae_table *t, const struct curves *c)
{
    fputs("set datafile missing 'NaN'\n$data << AE_END\n", script);
    for (size_t i = 0; i < t->nrow; i++) {
        if (c->x_is_text)
            fprintf(script, "%zu", i);
        else
            put_number(script, t, i, c->x);
        for (int k = 0; k < c->n; k++)
            put_number(script, t, i, c->y[k]);
        putc('\n', script);
    }
    fputs("AE_END\n", script);
    if (!c->x_is_text)
        return;
    fputs("set xtics (", script);
    for (size_t i = 0; i < t->nrow; i++) {
        fputs(i ? ", " : "", script);
        put_text(script, ae_table_text(t, i, (size_t)c->x));
        fprintf(script, " %zu", i);
    }
    fprintf(script, ")\nset xrange [-0.6:%zu.6]\n", t->nrow - 1);
}

/* Bars of several curves stand side by side over names, and show through each
 * other over numbers. */
static void put_plot(
    FILE *script, const struct ae_table *t, const struct curves *c)
{
    static const char *const with[] = {"lines", "points", "boxes"};
    double part = 0.9 / c->n;
    if (style == BARS && c->x_is_text)
        fprintf(script, "set boxwidth %.6g absolute\n", part);
    fputs("plot ", script);
    for (int k = 0; k < c->n; k++) {
        fputs(k ? ", " : "", script);
        if (style == BARS && c->x_is_text)
            fprintf(script, "$data using ($1+%.6g):%d",
                (k - (c->n - 1) / 2.0) * part, k + 2);
        else
            fprintf(script, "$data using 1:%d", k + 2);
        fprintf(script, " with %s lt %d title ", with[style], k + 1);
        put_text(script, t->name[c->y[k]]);
    }
    putc('\n', script);
}

/* ---- gnuplot ---- */

static FILE *scratch(void)
{
    FILE *f = tmpfile();
    if (!f)
        ae_die("cannot make a temporary file: %s", strerror(errno));
    return f;
}

/* Run gnuplot on the script; its output and messages go to the files. */
static int run_gnuplot(FILE *script, FILE *picture, FILE *messages)
{
    posix_spawn_file_actions_t act;
    char *argv[] = {"gnuplot", NULL};
    pid_t pid;
    int status;
    if (fflush(script) || fseek(script, 0, SEEK_SET))
        ae_die("cannot write a temporary file: %s", strerror(errno));
    posix_spawn_file_actions_init(&act);
    posix_spawn_file_actions_adddup2(&act, fileno(script), 0);
    posix_spawn_file_actions_adddup2(&act, fileno(picture), 1);
    posix_spawn_file_actions_adddup2(&act, fileno(messages), 2);
    int failed = posix_spawnp(&pid, "gnuplot", &act, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&act);
    if (failed)
        ae_die("cannot run gnuplot: %s; install gnuplot (Debian: gnuplot-nox)",
            strerror(failed));
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            ae_die("cannot wait for gnuplot: %s", strerror(errno));
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/* The first line that gnuplot wrote and that says something. */
static void die_of(FILE *messages)
{
    char line[200] = "", quoted[340];
    rewind(messages);
    while (fgets(line, sizeof line, messages)) {
        line[strcspn(line, "\n")] = 0;
        char *text = strstr(line, ": ");
        if (text)
            ae_die("gnuplot: %s", ae_quote(quoted, text + 2));
    }
    ae_die("gnuplot failed");
}

static void copy_picture(FILE *picture)
{
    char buffer[65536];
    size_t n, total = 0;
    rewind(picture);
    while ((n = fread(buffer, 1, sizeof buffer, picture)) > 0) {
        fwrite(buffer, 1, n, ae_out());
        total += n;
    }
    if (!total)
        ae_die("gnuplot wrote no picture");
}

static void check_options(void)
{
    const struct ae_reals *pair[] = {&x_range, &y_range, &size};
    static const char *const name[] = {"xrange", "yrange", "size"};
    for (int i = 0; i < 3; i++)
        if (pair[i]->n && pair[i]->n != 2)
            ae_usage("option --%s: want two numbers", name[i]);
        else if (i < 2 && pair[i]->n && pair[i]->v[0] >= pair[i]->v[1])
            ae_usage("option --%s: %g is not below %g", name[i], pair[i]->v[0],
                pair[i]->v[1]);
}

int main(int argc, char **argv)
{
    struct ae_table table = {0};
    struct curves curves;
    ae_begin(&about, argc, argv);
    check_options();
    struct ae_source *in = ae_in();
    ae_must(ae_tsv_read(in, &table, ae_err()));
    if (!table.nrow)
        ae_die("%s: the table has no rows to plot", in->name);
    choose_columns(&table, &curves);
    FILE *script = scratch(), *picture = scratch(), *messages = scratch();
    put_terminal(script);
    put_axes(script, &table, &curves);
    put_data(script, &table, &curves);
    if (*marks)
        put_marks(script);
    put_plot(script, &table, &curves);
    if (run_gnuplot(script, picture, messages))
        die_of(messages);
    copy_picture(picture);
    fclose(script);
    fclose(picture);
    fclose(messages);
    ae_table_clear(&table);
    return ae_end();
}
