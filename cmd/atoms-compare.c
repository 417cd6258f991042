/* SPDX-License-Identifier: BSD-2-Clause
 * atoms-compare - how well one model of atoms agrees with a reference.
 *
 * The test model A is laid on the reference B: match, fit, again, until the fit
 * stands still (mean difference <= 1e-4 A; at most 100 passes). Matching is one
 * to one: pairs within the tolerance, the nearest first. With the n matched
 * differences d_i = fit(a_i) - b_i (vectors, angstrom):
 *
 *   recall = n/N_B     precision = n/N_A
 *   rmsd   = sqrt(sum over axes of Var(d))   Var with 1/(n-1), mean removed
 *   rmsd0  = sqrt(<|d|^2>)
 *
 * Fits: shift; rigid (and rotation, Horn's quaternion); scale (and scale).
 * --mirror tries the 48 signed permutations of the axes, each about the origin
 * and about the centroids, and keeps the one with the largest
 * sum of 1 - (|d|/tolerance)^2 over the matched atoms.
 *
 * Source: the published tracing codes of Yang et al., Nature 592, 60 (2021),
 * doi:10.1038/s41586-021-03354-0 (loop and rmsd; their matching is not one to
 * one); Horn, J. Opt. Soc. Am. A 4, 629 (1987), doi:10.1364/JOSAA.4.000629.
 * Cost: O(N log N) per pass.
 * reads: two extended XYZ files      writes: TSV (quantity, value, unit)
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "atoms/match.h"
#include "atoms/overlay.h"
#include "base/mem.h"
#include "base/tool.h"
#include "io/tsv.h"
#include "io/xyz.h"

typedef const double (*points)[3];

static double tolerance;
static int kind, mirror;
static struct ae_reals start;
static const char *by, *matched_file, *missing_file, *spurious_file, *hist_file,
    *script_file;
static const struct ae_opt opts[] = {
    AE_REAL('t', "tolerance", &tolerance, "angstrom", "1.5", 1e-3, 100,
        "largest distance of matched atoms"),
    AE_CHOICE(0, "fit", &kind, "shift|rigid|scale", "shift",
        "what lays A on B: a shift, and a rotation, and a scale"),
    AE_FLAG(0, "mirror", &mirror,
        "try all 48 signed axis permutations, say which fits"),
    AE_REALS(0, "start", &start, "x,y,z", "0,0,0", -1e6, 1e6,
        "first shift of A in angstrom"),
    AE_STR(0, "by", &by, "COLUMN", "species",
        "counts for each pair of values of this column"),
    AE_STR(0, "matched", &matched_file, "FILE", "",
        "write the matched pairs as TSV"),
    AE_STR(0, "missing", &missing_file, "FILE", "",
        "write the atoms of B without partner as XYZ"),
    AE_STR(0, "spurious", &spurious_file, "FILE", "",
        "write the atoms of A without partner as XYZ"),
    AE_STR(0, "hist", &hist_file, "FILE", "",
        "write the histogram of the distances as TSV, bin 0.02 A"),
    AE_STR(0, "script", &script_file, "FILE", "",
        "write the atom-edit script that turns A into B"),
    AE_END_OPTS,
};
static const struct ae_about about = {"atoms-compare",
    "agreement of two models of atoms", "A B", opts, .streams = 0};

/* angstrom: a quarter of a bond, the usual limit, the published limit */
static const double radius[] = {0.5, 0.9, 1.5};

static void row(const char *quantity, double value, const char *unit)
{
    ae_tsv_put(ae_out(), "sgs", quantity, value, unit);
}

static void row_count(const char *quantity, size_t n)
{
    ae_tsv_put(ae_out(), "sds", quantity, (long)n, "atoms");
}

static void write_fit(const struct ae_overlay *best, points turned, size_t n)
{
    struct ae_overlay_axes axes = ae_overlay_axes(best->axes);
    double c[3], to[3], angle, axis[3];
    char text[16];
    int length = 0;

    if (mirror) {
        for (int a = 0; a < 3; a++) {
            length += snprintf(text + length, sizeof text - (size_t)length,
                "%s%s%c", a ? " " : "", axes.sign[a] < 0 ? "-" : "",
                "xyz"[axes.from[a]]);
        }
        ae_tsv_put(ae_out(), "sss", "axes", text, "");
        ae_tsv_put(ae_out(), "sss", "handedness",
            ae_overlay_hand(best->axes) > 0 ? "kept" : "changed", "");
    }
    ae_overlay_centroid(turned, n, c);
    ae_superpose_apply(&best->fit, c, to);
    ae_tsv_put(ae_out(), "sds", "passes", (long)best->passes, "");
    for (int a = 0; a < 3; a++) {
        snprintf(text, sizeof text, "shift_%c", "xyz"[a]);
        row(text, n ? to[a] - c[a] : best->fit.shift[a], "A");
    }
    if (kind != AE_SUPERPOSE_SHIFT) {
        ae_superpose_axis((points)best->fit.rotation, &angle, axis);
        row("rotation", angle, "degrees");
        for (int a = 0; a < 3; a++) {
            snprintf(text, sizeof text, "axis_%c", "xyz"[a]);
            row(text, axis[a], "");
        }
    }
    if (kind == AE_SUPERPOSE_SCALE) {
        row("scale", best->fit.scale, "");
    }
}

static void write_counts(const struct ae_atoms *A, const struct ae_atoms *B,
    const struct ae_match *m, size_t n)
{
    char text[32];

    row_count("test", A->n);
    row_count("reference", B->n);
    row_count("matched", n);
    row_count("missing", B->n - n);
    row_count("spurious", A->n - n);
    row("recall", B->n ? (double)n / (double)B->n : NAN, "");
    row("precision", A->n ? (double)n / (double)A->n : NAN, "");
    for (size_t r = 0; r < sizeof radius / sizeof *radius; r++) {
        size_t k = 0;

        while (k < m->n && m->pair[k].distance <= radius[r]) {
            k++;
        }
        snprintf(text, sizeof text, "percent_%g", radius[r]);
        row(text, B->n ? 100 * (double)k / (double)B->n : NAN,
            "% of reference");
    }
}

static void write_spread(points d, const struct ae_match *m, size_t n)
{
    struct ae_overlay_spread s = ae_overlay_spread(d, n);
    char text[32];

    row("rmsd", 100 * s.rmsd, "pm");
    row("rmsd0", 100 * s.rmsd0, "pm");
    for (int a = 0; a < 3; a++) {
        snprintf(text, sizeof text, "mean_%c", "xyz"[a]);
        row(text, 100 * s.mean[a], "pm");
    }
    for (int a = 0; a < 3; a++) {
        snprintf(text, sizeof text, "std_%c", "xyz"[a]);
        row(text, 100 * s.std[a], "pm");
    }
    row("largest", 100 * s.longest, "pm");
    for (size_t r = 0; r < sizeof radius / sizeof *radius; r++) {
        size_t k = 0;

        while (k < m->n && m->pair[k].distance <= radius[r]) {
            k++;
        }
        snprintf(text, sizeof text, "rmsd_%g", radius[r]);
        row(text, 100 * ae_overlay_spread(d, k).rmsd, "pm");
    }
}

/* The value of a text or integer column as text. */
static const char *value_of(
    const struct ae_column *col, size_t i, char buffer[32])
{
    if (col->type == 'S') {
        return ae_atoms_text(col, i);
    }
    snprintf(buffer, 32, "%lld", (long long)col->integer[i]);
    return buffer;
}

static struct ae_column *by_column(
    const struct ae_atoms *atoms, const char *name)
{
    struct ae_column *col = ae_atoms_find(atoms, by);

    if (!col) {
        ae_die("%s: no column '%s'; choose another with --by", name, by);
    }
    if (col->type == 'R' || col->width != 1) {
        ae_die("%s: column '%s' is not a text or an integer; choose another "
               "with --by",
            name, by);
    }
    return col;
}

/* Number of the value among the words, added when new. */
static size_t word_of(struct ae_column *words, const char *text)
{
    uint32_t word = ae_atoms_word(words, text);

    if (word == UINT32_MAX) {
        ae_die("out of memory for the values of '%s'", by);
    }
    return word;
}

/* Rows confusion:TEST:REFERENCE, missing:, spurious: and recall: of each. */
static void write_confusion(const struct ae_atoms *A, const struct ae_atoms *B,
    const struct ae_match *m)
{
    struct ae_column *ca = by_column(A, "A"), *cb = by_column(B, "B");
    struct ae_atoms table = {0};
    struct ae_column *words;
    char text[400], buffer[32];
    size_t *count, n;

    ae_must(ae_atoms_new(&table, ae_err()));
    words = ae_atoms_find(&table, "species");
    for (size_t j = 0; j < B->n; j++) {
        word_of(words, value_of(cb, j, buffer));
    }
    for (size_t i = 0; i < A->n; i++) {
        word_of(words, value_of(ca, i, buffer));
    }
    n = words->nword;
    if (n > 1000) {
        ae_die("column '%s' has %zu different values; choose another with --by",
            by, n);
    }
    count = ae_alloc((n + 1) * (n + 1), sizeof *count);
    if (!count) {
        ae_die("out of memory for the values of '%s'", by);
    }
    for (size_t i = 0; i < A->n; i++) { /* column n: no partner */
        size_t j = m->of_a[i];
        size_t a = word_of(words, value_of(ca, i, buffer));

        count[a * (n + 1) +
              (j == AE_MATCH_NONE ? n
                                  : word_of(words, value_of(cb, j, buffer)))]++;
    }
    for (size_t j = 0; j < B->n; j++) {
        if (m->of_b[j] == AE_MATCH_NONE) {
            count[n * (n + 1) + word_of(words, value_of(cb, j, buffer))]++;
        }
    }
    for (size_t k = 0; k < (n + 1) * (n + 1); k++) {
        size_t a = k / (n + 1), b = k % (n + 1);

        if (count[k] && a < n && b < n) {
            snprintf(text, sizeof text, "confusion:%s:%s", words->word[a],
                words->word[b]);
        } else if (count[k]) {
            snprintf(text, sizeof text, "%s:%s", a < n ? "spurious" : "missing",
                words->word[a < n ? a : b]);
        }
        if (count[k]) {
            row_count(text, count[k]);
        }
    }
    free(count);
    ae_atoms_clear(&table);
}

static void write_matched(const struct ae_match *m, points d, size_t n)
{
    FILE *out = ae_create(matched_file);

    ae_tsv_head(out, "test\treference\tdistance (A)\tdx (A)\tdy (A)\tdz (A)");
    for (size_t k = 0; k < n; k++) {
        ae_tsv_put(out, "ddrrrr", (long)m->pair[k].a, (long)m->pair[k].b,
            m->pair[k].distance, d[k][0], d[k][1], d[k][2]);
    }
}

static void write_hist(const struct ae_match *m, size_t n)
{
    const double bin = 0.02; /* angstrom */
    FILE *out = ae_create(hist_file);
    long bins = (long)ceil(tolerance / bin - 1e-9);

    ae_tsv_head(out, "distance (A)\tatoms");
    for (long b = 0, k = 0; b < bins; b++) {
        long first = k;

        while (k < (long)n &&
               (m->pair[k].distance < (double)(b + 1) * bin || b + 1 == bins)) {
            k++;
        }
        ae_tsv_put(out, "gd", ((double)b + 0.5) * bin, k - first);
    }
}

static void write_unmatched(
    const char *path, const struct ae_atoms *from, const size_t *partner)
{
    struct ae_atoms rest = {0};
    size_t *rows = ae_alloc(from->n, sizeof *rows), n = 0;

    if (!rows) {
        ae_die("out of memory for %zu atoms", from->n);
    }
    for (size_t i = 0; i < from->n; i++) {
        if (partner[i] == AE_MATCH_NONE) {
            rows[n++] = i;
        }
    }
    ae_must(ae_atoms_pick(&rest, from, rows, n, ae_err()));
    ae_history(&rest.keys);
    ae_must(ae_xyz_write(ae_create(path), &rest, ae_err()));
    ae_atoms_clear(&rest);
    free(rows);
}

static const char *triple(const double p[3], char out[100])
{
    int length = 0;

    for (int a = 0; a < 3; a++) {
        if (a) {
            out[length++] = ' ';
        }
        length += ae_print_real(out + length, p[a]);
    }
    out[length] = '\0';
    return out;
}

/* move, species and del for the atoms of A, add for those that B has alone. */
static void write_script(const struct ae_atoms *A, const struct ae_atoms *B,
    const struct ae_match *m)
{
    FILE *out = ae_create(script_file);
    const struct ae_column *id = ae_atoms_find(A, "id");
    const struct ae_column *sa = ae_atoms_find(A, "species");
    const struct ae_column *sb = ae_atoms_find(B, "species");
    char text[100];

    if (id && (id->type != 'I' || id->width != 1)) {
        id = NULL;
    }
    for (size_t i = 0; i < A->n; i++) {
        long long name = id ? (long long)id->integer[i] : (long long)i;
        size_t j = m->of_a[i];

        if (j == AE_MATCH_NONE) {
            fprintf(out,
                "del id %lld # no atom of the second model within "
                "%g A\n",
                name, tolerance);
            continue;
        }
        if (memcmp(A->pos[i], B->pos[j], sizeof A->pos[i])) {
            fprintf(out,
                "move id %lld %s # to its partner in the second "
                "model\n",
                name, triple(B->pos[j], text));
        }
        if (strcmp(ae_atoms_text(sa, i), ae_atoms_text(sb, j))) {
            fprintf(out, "species id %lld %s # as in the second model\n", name,
                ae_atoms_text(sb, j));
        }
    }
    for (size_t j = 0; j < B->n; j++) {
        if (m->of_b[j] == AE_MATCH_NONE) {
            fprintf(out, "add %s %s # only in the second model\n",
                triple(B->pos[j], text), ae_atoms_text(sb, j));
        }
    }
}

/* Pairs beyond the tolerance (they count in percent_1.5 alone) are undone. */
static size_t cut(struct ae_match *m)
{
    size_t n = 0;

    while (n < m->n && m->pair[n].distance <= tolerance) {
        n++;
    }
    for (size_t k = n; k < m->n; k++) {
        m->of_a[m->pair[k].a] = m->of_b[m->pair[k].b] = AE_MATCH_NONE;
    }
    return n;
}

static void report(const struct ae_atoms *A, const struct ae_atoms *B,
    const struct ae_overlay *best)
{
    struct ae_match m = {0};
    double(*p)[3] = ae_alloc(A->n, sizeof *p);
    double(*moved)[3] = ae_alloc(A->n, sizeof *moved);
    double(*d)[3] = ae_alloc(A->n, sizeof *d);
    size_t n;

    if (!p || !moved || !d) {
        ae_die("out of memory for %zu atoms", A->n);
    }
    ae_overlay_turn(best->axes, (points)A->pos, A->n, p);
    ae_match_move(&best->fit, (points)p, A->n, moved);
    ae_must(ae_match((points)moved, A->n, (points)B->pos, B->n,
        fmax(tolerance, radius[2]), &m, ae_err()));
    for (size_t k = 0; k < m.n; k++) {
        for (int a = 0; a < 3; a++) {
            d[k][a] = moved[m.pair[k].a][a] - B->pos[m.pair[k].b][a];
        }
    }
    n = cut(&m);
    if (!n) {
        ae_warn("no atom of A is within %g angstrom of one of B; try --start, "
                "--fit rigid or --mirror",
            tolerance);
    }
    ae_tsv_head(ae_out(), "quantity\tvalue\tunit");
    write_counts(A, B, &m, n);
    write_spread((points)d, &m, n);
    write_fit(best, (points)p, A->n);
    write_confusion(A, B, &m);
    if (*matched_file) {
        write_matched(&m, (points)d, n);
    }
    if (*hist_file) {
        write_hist(&m, n);
    }
    if (*missing_file) {
        write_unmatched(missing_file, B, m.of_b);
    }
    if (*spurious_file) {
        write_unmatched(spurious_file, A, m.of_a);
    }
    if (*script_file) {
        write_script(A, B, &m);
    }
    ae_match_clear(&m);
    free(p);
    free(moved);
    free(d);
}

int main(int argc, char **argv)
{
    struct ae_atoms A = {0}, B = {0};
    struct ae_overlay best = {0};

    ae_begin(&about, argc, argv);
    if (start.n != 3) {
        ae_usage("--start: want three numbers x,y,z, got %d", start.n);
    }
    ae_must(ae_xyz_read(ae_open(ae_operand(0)), &A, ae_err()));
    ae_must(ae_xyz_read(ae_open(ae_operand(1)), &B, ae_err()));
    ae_superpose_identity(&best.fit);
    memcpy(best.fit.shift, start.v, sizeof best.fit.shift);
    if (mirror && A.n && B.n) {
        ae_must(ae_overlay_mirror((points)A.pos, A.n, (points)B.pos, B.n,
            tolerance, (enum ae_superpose_fit)kind, &best, ae_err()));
    } else {
        ae_must(ae_overlay_fit((points)A.pos, A.n, (points)B.pos, B.n,
            tolerance, (enum ae_superpose_fit)kind, &best, ae_err()));
    }
    report(&A, &B, &best);
    ae_atoms_clear(&A);
    ae_atoms_clear(&B);
    return ae_end();
}
