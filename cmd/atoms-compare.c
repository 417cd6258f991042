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
#include <string.h>
#include "atoms/agreement.h"
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

static void write_counts(size_t nA, size_t nB, const struct ae_agreement *g)
{
    char text[32];

    row_count("test", nA);
    row_count("reference", nB);
    row_count("matched", g->n);
    row_count("missing", nB - g->n);
    row_count("spurious", nA - g->n);
    row("recall", nB ? (double)g->n / (double)nB : NAN, "");
    row("precision", nA ? (double)g->n / (double)nA : NAN, "");
    for (size_t r = 0; r < sizeof radius / sizeof *radius; r++) {
        size_t k = ae_agreement_within(g, radius[r]);

        snprintf(text, sizeof text, "percent_%g", radius[r]);
        row(text, nB ? 100 * (double)k / (double)nB : NAN, "% of reference");
    }
}

static void write_spread(const struct ae_agreement *g)
{
    struct ae_overlay_spread s = ae_overlay_spread((points)g->d, g->n);
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
        size_t k = ae_agreement_within(g, radius[r]);

        snprintf(text, sizeof text, "rmsd_%g", radius[r]);
        row(text, 100 * ae_overlay_spread((points)g->d, k).rmsd, "pm");
    }
}

/* Rows confusion:TEST:REFERENCE, missing:, spurious: and recall: of each. */
static void write_confusion(const struct ae_atoms *A, const struct ae_atoms *B,
    const struct ae_match *m)
{
    struct ae_confusion table;
    char text[400];

    ae_must(ae_confusion(A, B, m, by, &table, ae_err()));
    size_t n = table.n;
    for (size_t k = 0; k < (n + 1) * (n + 1); k++) {
        size_t a = k / (n + 1), b = k % (n + 1);

        if (!table.count[k]) {
            continue;
        }
        if (a < n && b < n) {
            snprintf(text, sizeof text, "confusion:%s:%s", table.word[a],
                table.word[b]);
        } else {
            snprintf(text, sizeof text, "%s:%s", a < n ? "spurious" : "missing",
                table.word[a < n ? a : b]);
        }
        row_count(text, table.count[k]);
    }
    ae_confusion_clear(&table);
}

static void write_matched(const struct ae_agreement *g)
{
    FILE *out = ae_create(matched_file);

    ae_tsv_head(out, "test\treference\tdistance (A)\tdx (A)\tdy (A)\tdz (A)");
    for (size_t k = 0; k < g->n; k++) {
        const struct ae_match_pair *pair = &g->match.pair[k];
        const double *d = g->d[k];

        ae_tsv_put(out, "ddrrrr", (long)pair->a, (long)pair->b, pair->distance,
            d[0], d[1], d[2]);
    }
}

static void write_hist(const struct ae_agreement *g)
{
    const double bin = 0.02; /* angstrom */
    FILE *out = ae_create(hist_file);
    long bins = (long)ceil(tolerance / bin - 1e-9);
    const struct ae_match_pair *pair = g->match.pair;

    ae_tsv_head(out, "distance (A)\tatoms");
    for (long b = 0, k = 0; b < bins; b++) {
        long first = k;

        while (k < (long)g->n &&
               (pair[k].distance < (double)(b + 1) * bin || b + 1 == bins)) {
            k++;
        }
        ae_tsv_put(out, "gd", ((double)b + 0.5) * bin, k - first);
    }
}

static void write_rest(
    const char *path, const struct ae_atoms *from, const size_t *partner)
{
    struct ae_atoms rest = {0};

    ae_must(ae_agreement_rest(from, partner, &rest, ae_err()));
    ae_history(&rest.keys);
    ae_must(ae_xyz_write(ae_create(path), &rest, ae_err()));
    ae_atoms_clear(&rest);
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

static void report(const struct ae_atoms *A, const struct ae_atoms *B,
    const struct ae_overlay *best)
{
    struct ae_agreement g;

    ae_must(ae_agreement(A, B, best, tolerance, radius[2], &g, ae_err()));
    if (!g.n) {
        ae_warn("no atom of A is within %g angstrom of one of B; try --start, "
                "--fit rigid or --mirror",
            tolerance);
    }
    ae_tsv_head(ae_out(), "quantity\tvalue\tunit");
    write_counts(A->n, B->n, &g);
    write_spread(&g);
    write_fit(best, (points)g.turned, A->n);
    write_confusion(A, B, &g.match);
    if (*matched_file) {
        write_matched(&g);
    }
    if (*hist_file) {
        write_hist(&g);
    }
    if (*missing_file) {
        write_rest(missing_file, B, g.match.of_b);
    }
    if (*spurious_file) {
        write_rest(spurious_file, A, g.match.of_a);
    }
    if (*script_file) {
        write_script(A, B, &g.match);
    }
    ae_agreement_clear(&g);
}

/* From the start and, where none is given, from equal centroids too: models of
 * one particle may have their origins some angstrom apart. */
static void lay(
    const struct ae_atoms *A, const struct ae_atoms *B, struct ae_overlay *best)
{
    points a = (points)A->pos, b = (points)B->pos;
    const enum ae_superpose_fit how = (enum ae_superpose_fit)kind;
    struct ae_overlay other = *best;
    double ca[3], cb[3];

    ae_must(ae_overlay_fit(a, A->n, b, B->n, tolerance, how, best, ae_err()));
    if (ae_given("start") || !A->n || !B->n) {
        return;
    }
    ae_overlay_centroid(a, A->n, ca);
    ae_overlay_centroid(b, B->n, cb);
    for (int i = 0; i < 3; i++) {
        other.fit.shift[i] = cb[i] - ca[i];
    }
    ae_must(ae_overlay_fit(a, A->n, b, B->n, tolerance, how, &other, ae_err()));
    if (other.score > best->score * (1 + 1e-9)) {
        *best = other;
    }
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
        lay(&A, &B, &best);
    }
    report(&A, &B, &best);
    ae_atoms_clear(&A);
    ae_atoms_clear(&B);
    return ae_end();
}
