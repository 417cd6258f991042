/* SPDX-License-Identifier: BSD-2-Clause
 * bonds - pairs of neighbouring atoms: a list, or their statistics.
 *
 *   bond      |r_ij| < cutoff (angstrom), and, with --topological, a face of
 *             the Voronoi cells between i and j
 *   mode      maximum of the histogram, smoothed by a Gaussian, by a parabola
 *   std       sqrt(sum (d - mean)^2 / (n - 1))
 * Groups are the values of a column (phase, species): core-core, core-c-oxide
 * and so on, the two in the order in which they appear.
 *
 * Source: Zhang et al. 2024, 10.1038/s41467-024-52026-w (bond lengths by
 * phase).   Cost: O(N n) for N atoms of n neighbours.
 * reads: extended XYZ, one frame     writes: TSV; or extended XYZ with columns
 * bond_n bond_mean bond_min bond_max
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "atoms/expr.h"
#include "atoms/groups.h"
#include "atoms/sites.h"
#include "base/mem.h"
#include "base/tool.h"
#include "geom/bondlist.h"
#include "io/tsv.h"
#include "io/xyz.h"
#include "math/curve.h"

enum { STATISTICS, LIST, HISTOGRAM, ATOMS };
static double cutoff, bin, sigma, face_area;
static int what, topological, open_box, allow;
static const char *by, *between, *selection, *species;
static const struct ae_opt opts[] = {
    AE_REAL('r', "cutoff", &cutoff, "angstrom", "4.5", 1e-3, 1e4,
        "bonds are shorter than this"),
    AE_CHOICE('w', "write", &what, "statistics|list|histogram|atoms",
        "statistics",
        "numbers for each pair of groups; every bond; counts by length; all "
        "atoms with the mean, shortest and longest of their bonds"),
    AE_STR(0, "by", &by, "COLUMN", "", "groups: the values of this column"),
    AE_STR(0, "between", &between, "A,B", "",
        "only bonds between these two values of --by"),
    AE_FLAG('t', "topological", &topological,
        "only bonds that are faces of the Voronoi cells"),
    AE_REAL(0, "face-area", &face_area, "SHARE", "0.01", 0, 0.5,
        "of --topological: faces below this share of the cell's area are none"),
    AE_REAL('b', "bin", &bin, "angstrom", "0.05", 1e-4, 10,
        "width of a bin of the histogram"),
    AE_REAL('s', "smooth", &sigma, "angstrom", "0.075", 0, 10,
        "sigma of the Gaussian that smooths the histogram for the mode"),
    AE_STR(0, "select", &selection, "EXPR", "", "these atoms only"),
    AE_STR(0, "species", &species, "LIST", "",
        "these species only (default: all but O beside a metal)"),
    AE_FLAG(0, "open", &open_box, "no neighbours through periodic faces"),
    AE_FLAG(
        0, "allow-duplicates", &allow, "drop atoms at the place of another"),
    AE_END_OPTS,
};
static const struct ae_about about = {"bonds",
    "pairs of neighbouring atoms and their lengths", "[FILE]", opts,
    .streams = 0};

static void *allocate(size_t n, size_t size)
{
    void *p = ae_alloc(n, size);
    if (!p)
        ae_die("out of memory for the bonds");
    return p;
}

/* ---- groups -------------------------------------------------------------- */

/* The groups of the sites, and of which pairs the bonds are wanted. */
struct choice {
    struct ae_groups groups;
    size_t pairs; /* (g, h), g <= h, numbered row by row */
    int one, first, second;
};

static int group_named(const struct ae_groups *groups, const char *name)
{
    for (size_t g = 0; g < groups->n; g++)
        if (!strcmp(groups->name[g], name))
            return (int)g;
    ae_die("--between: no atom has %s '%s'", by, name);
}

static void choose(struct choice *c, const struct ae_atoms *atoms,
    const struct ae_sites *sites)
{
    char name[2 * AE_GROUPS_NAME];
    memset(c, 0, sizeof *c);
    c->pairs = 1;
    c->one = !*between;
    if (!*by)
        return;
    ae_must(
        ae_groups_new(&c->groups, atoms, by, sites->row, sites->n, ae_err()));
    c->pairs = c->groups.n * (c->groups.n + 1) / 2;
    if (!*between)
        return;
    snprintf(name, sizeof name, "%s", between);
    char *comma = strchr(name, ',');
    *comma = 0;
    c->first = group_named(&c->groups, name);
    c->second = group_named(&c->groups, comma + 1);
}

/* Number of the pair of groups of a bond; c->pairs when it is not wanted. */
static size_t pair_of(const struct choice *c, size_t i, size_t j)
{
    if (!*by)
        return 0;
    size_t g = c->groups.of[i], h = c->groups.of[j];
    size_t low = g < h ? g : h, high = g < h ? h : g;
    size_t a = (size_t)c->first, b = (size_t)c->second;
    if (!c->one && !((g == a && h == b) || (g == b && h == a)))
        return c->pairs;
    return low * c->groups.n - low * (low + 1) / 2 + high;
}

static void pair_name(const struct choice *c, size_t pair, char *out, size_t n)
{
    snprintf(out, n, "all");
    for (size_t g = 0; g < c->groups.n; g++)
        for (size_t h = g; h < c->groups.n; h++)
            if (g * c->groups.n - g * (g + 1) / 2 + h == pair)
                snprintf(out, n, "%s-%s", c->groups.name[g], c->groups.name[h]);
}

/* ---- statistics ---------------------------------------------------------- */

struct numbers {
    size_t n;
    double sum, squares, low, high; /* squares: about the mean */
    double *count;                  /* [bins] */
};

static size_t bins(void)
{
    return (size_t)ceil(cutoff / bin - 1e-9);
}

static struct numbers *measure(const struct ae_bonds *b, const struct choice *c)
{
    struct numbers *s = allocate(c->pairs, sizeof *s);
    double *count = allocate(bins() * c->pairs, sizeof *count);
    for (size_t p = 0; p < c->pairs; p++)
        s[p] = (struct numbers){
            .low = INFINITY, .high = -INFINITY, .count = count + p * bins()};
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < b->n; i++)
            for (size_t k = b->start[i]; k < b->start[i + 1]; k++) {
                size_t p = pair_of(c, i, b->bond[k].j);
                double d = b->bond[k].d;
                if (b->bond[k].j <= i || p == c->pairs)
                    continue;
                if (pass) {
                    double x = d - s[p].sum / (double)s[p].n;
                    s[p].squares += x * x;
                    continue;
                }
                s[p].n++;
                s[p].sum += d;
                s[p].low = fmin(s[p].low, d);
                s[p].high = fmax(s[p].high, d);
                s[p].count[(size_t)fmin(d / bin, (double)bins() - 1)]++;
            }
    return s;
}

static double mode(const struct numbers *s)
{
    double *smooth = allocate(bins() + 2, sizeof *smooth);
    memcpy(smooth + 1, s->count, bins() * sizeof *smooth);
    ae_must(ae_curve_smooth(smooth, bins() + 2, sigma / bin));
    double at = ae_curve_extremum(smooth, bins() + 2, 1, 0, bins() + 2);
    free(smooth);
    return (at - 0.5) * bin;
}

static void print_statistics(const struct numbers *s, const struct choice *c)
{
    char name[2 * AE_GROUPS_NAME + 2];
    ae_tsv_head(ae_out(), "pair\tbonds\tmean (A)\tstd (A)\tmode (A)\t"
                          "shortest (A)\tlongest (A)");
    for (size_t p = 0; p < c->pairs; p++) {
        double n = (double)s[p].n;
        if (!s[p].n && *by)
            continue;
        pair_name(c, p, name, sizeof name);
        ae_tsv_put(ae_out(), "sdrrrrr", name, (long)s[p].n,
            n > 0 ? s[p].sum / n : NAN,
            n > 1 ? sqrt(s[p].squares / (n - 1)) : NAN,
            n > 0 ? mode(&s[p]) : NAN, n > 0 ? s[p].low : NAN,
            n > 0 ? s[p].high : NAN);
    }
}

static void print_histogram(const struct numbers *s, const struct choice *c)
{
    char name[2 * AE_GROUPS_NAME + 2];
    fputs("#r (A)", ae_out());
    for (size_t p = 0; p < c->pairs; p++) {
        pair_name(c, p, name, sizeof name);
        if (s[p].n || !*by)
            fprintf(ae_out(), "\t%s", name);
    }
    for (size_t k = 0; k < bins(); k++) {
        fprintf(ae_out(), "\n%.10g", ((double)k + 0.5) * bin);
        for (size_t p = 0; p < c->pairs; p++)
            if (s[p].n || !*by)
                fprintf(ae_out(), "\t%.0f", s[p].count[k]);
    }
    fputc('\n', ae_out());
}

/* ---- bonds and atoms ----------------------------------------------------- */

static void print_list(const struct ae_bonds *b, const struct choice *c,
    const struct ae_sites *sites)
{
    ae_tsv_head(
        ae_out(), *by ? "i\tj\tlength (A)\tfrom\tto" : "i\tj\tlength (A)");
    for (size_t i = 0; i < b->n; i++)
        for (size_t k = b->start[i]; k < b->start[i + 1]; k++) {
            size_t j = b->bond[k].j;
            if (j <= i || pair_of(c, i, j) == c->pairs)
                continue;
            const struct ae_groups *g = &c->groups;
            ae_tsv_put(ae_out(), *by ? "ddrss" : "ddr", (long)sites->row[i],
                (long)sites->row[j], b->bond[k].d, *by ? g->name[g->of[i]] : "",
                *by ? g->name[g->of[j]] : "");
        }
}

static struct ae_column *column(
    struct ae_atoms *atoms, const char *name, char type)
{
    struct ae_column *col = ae_atoms_column(atoms, name, type, 1, ae_err());
    if (!col)
        ae_must(ae_err()->code);
    for (size_t i = 0; i < atoms->n; i++) {
        if (type == 'R')
            col->real[i] = NAN;
        else
            col->integer[i] = -1;
    }
    return col;
}

static void write_atoms(struct ae_atoms *atoms, const struct ae_bonds *b,
    const struct choice *c, const struct ae_sites *sites)
{
    static const char *const name[3] = {"bond_mean", "bond_min", "bond_max"};
    int64_t *count = column(atoms, "bond_n", 'I')->integer;
    for (int k = 0; k < 3; k++)
        column(atoms, name[k], 'R');
    double *mean = ae_atoms_find(atoms, name[0])->real;
    double *low = ae_atoms_find(atoms, name[1])->real;
    double *high = ae_atoms_find(atoms, name[2])->real;
    for (size_t i = 0; i < b->n; i++) {
        size_t row = sites->row[i];
        double sum = 0, n = 0;
        for (size_t k = b->start[i]; k < b->start[i + 1]; k++) {
            double d = b->bond[k].d;
            if (pair_of(c, i, b->bond[k].j) == c->pairs)
                continue;
            low[row] = n > 0 ? fmin(low[row], d) : d;
            high[row] = n > 0 ? fmax(high[row], d) : d;
            sum += d;
            n++;
        }
        count[row] = (int64_t)n;
        mean[row] = n > 0 ? sum / n : NAN;
    }
    ae_history(&atoms->keys);
    ae_must(ae_xyz_write(ae_out(), atoms, ae_err()));
}

static void take_sites(struct ae_sites *sites, const struct ae_atoms *atoms)
{
    unsigned char *keep = NULL;
    if (*selection) {
        keep = allocate(atoms->n, 1);
        ae_must(ae_expr_mask(selection, atoms, keep, ae_err()));
    }
    ae_must(ae_sites_masked(sites, atoms, species, keep, allow, ae_err()));
    free(keep);
    if (sites->dropped)
        ae_warn("%zu atoms at the place of another dropped", sites->dropped);
    if (sites->oxygen)
        ae_say("%zu O atoms are left out; see --species", sites->others);
    if (!sites->n && what != ATOMS)
        ae_die("no atoms%s", *selection ? " are selected" : "");
}

int main(int argc, char **argv)
{
    struct ae_atoms atoms;
    struct ae_sites sites;
    struct ae_bonds b;
    struct choice c;
    ae_begin(&about, argc, argv);
    if (*between && (!*by || !strchr(between, ',') ||
                        strchr(between, ',') != strrchr(between, ',')))
        ae_usage(
            "--between '%s': want two values of the --by column, A,B", between);
    ae_must(ae_xyz_read(ae_in(), &atoms, ae_err()));
    take_sites(&sites, &atoms);
    choose(&c, &atoms, &sites);
    const double *lattice =
        atoms.has_lattice && !open_box ? atoms.lattice : NULL;
    ae_must(ae_bonds_new(&b, (const double(*)[3])sites.pos, sites.n, cutoff,
        topological ? face_area : -1, lattice, atoms.pbc, ae_err()));
    ae_say("%zu bonds of %zu atoms", b.start[b.n] / 2, b.n);
    struct numbers *s = measure(&b, &c);
    if (what == STATISTICS)
        print_statistics(s, &c);
    else if (what == HISTOGRAM)
        print_histogram(s, &c);
    else if (what == LIST)
        print_list(&b, &c, &sites);
    else
        write_atoms(&atoms, &b, &c, &sites);
    free(s[0].count);
    free(s);
    ae_bonds_clear(&b);
    ae_groups_clear(&c.groups);
    ae_sites_clear(&sites);
    ae_atoms_clear(&atoms);
    return ae_end();
}
