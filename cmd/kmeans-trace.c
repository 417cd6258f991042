/* SPDX-License-Identifier: BSD-2-Clause
 * kmeans-trace - tell atoms from non-atoms, and kinds of atoms apart.
 *
 *   I_j = sum of the volume, read trilinearly, over a cube of edge `box` at
 *         spacing h = step/oversample about atom j   (the column intensity)
 *   minimise  sum_j (I_j - m(label_j))^2    over the labels 0 ... n
 *   separation of neighbouring classes  s = (m1 - m0)/sqrt(v0 + v1)
 *
 * K = n + 1 classes: label 0 are non-atoms, 1 ... n the species by increasing
 * mean m; v variances. The optimum is the exact one (dynamic programming), so
 * that its classes 1 ... n are also the optimal n classes of the atoms alone.
 * A single Gaussian cut in two has s = 1.87, a uniform distribution 2.45:
 * below 2.6 nothing is split (or the n species alone). Several species are
 * then corrected among their neighbours by whole boxes of samples (--volume).
 * --soft replaces the classes by a Gaussian mixture with posteriors.
 *
 * Source: the Zr-ZrO2 study (one species); Yang et al., Nature 592, 60 (2021),
 * doi:10.1038/s41586-021-03354-0, its published codes (templates, local
 * correction), which start K-means at random; the rule on s is ours.
 * Cost: O(K N log N), and N 15^3 samples with --volume.
 * reads: extended XYZ (and NRRD)      writes: extended XYZ
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "atoms/boxclass.h"
#include "atoms/trace.h"
#include "base/mem.h"
#include "base/tool.h"
#include "io/nrrd.h"
#include "io/tsv.h"
#include "io/xyz.h"
#include "math/boxread.h"
#include "math/kmeans1d.h"

typedef const double (*points)[3];

static long classes, oversample;
static double box, pixel, min_distance, separation, local_radius, weak_box;
static int norm, sphere, soft, keep, force, template, iterate, weak_first,
    support_only;
static const char *species, *volume_file, *rejected_file, *report_file,
    *support_file;
static const struct ae_opt opts[] = {
    AE_INT('k', "classes", &classes, "K", "2", 2, AE_TRACE_CLASSES,
        "classes, that of the non-atoms included"),
    AE_STR('s', "species", &species, "LIST", "",
        "names of classes 1, 2, ... separated by commas (sets --classes)"),
    AE_CHOICE(0, "lnorm", &norm, "2|1", "2",
        "1: medians and L1 distances in place of means and L2"),
    AE_REAL(0, "separation", &separation, "RATIO", "2.6", 0, 100,
        "classes less separated than this are not split"),
    AE_FLAG(0, "force", &force, "split whatever the separation"),
    AE_REAL('d', "min-distance", &min_distance, "angstrom", "2.0", 0, 100,
        "of atoms nearer than this the strongest stays"),
    AE_FLAG(0, "keep", &keep, "write non-atoms too, with label 0"),
    AE_STR(0, "rejected", &rejected_file, "FILE", "",
        "write the non-atoms as XYZ"),
    AE_STR(0, "report", &report_file, "FILE", "",
        "write number, mean, variance, separation of the classes as TSV"),
    AE_STR(0, "volume", &volume_file, "FILE", "",
        "volume from which intensities are read anew"),
    AE_REAL('p', "pixel", &pixel, "angstrom", "0", 0, 1000,
        "pixel size where the header of the volume gives none"),
    AE_REAL('b', "box", &box, "angstrom", "1.7", 1e-3, 1000,
        "edge of the cube of the intensity"),
    AE_INT(0, "oversample", &oversample, "N", "3", 1, 100,
        "samples of the cube per voxel and axis"),
    AE_FLAG(0, "sphere", &sphere, "sum over a sphere in place of the cube"),
    AE_REAL(0, "local-radius", &local_radius, "angstrom", "10", 0, 1e4,
        "neighbourhood of the correction of species, 0 for none"),
    AE_FLAG(0, "template", &template,
        "keep what is nearer to the mean box of class 1 than to its "
        "background"),
    AE_FLAG(0, "iterate-templates", &iterate,
        "cluster whole boxes by their L1 distance to mean boxes"),
    AE_FLAG(0, "weak-first", &weak_first,
        "species first, then split non-atoms off the weakest"),
    AE_REAL(0, "weak-box", &weak_box, "angstrom", "0", 0, 1000,
        "diameter of the sphere of the last stage, 0 for 19 samples"),
    AE_STR(0, "support", &support_file, "FILE", "",
        "mask: non-atoms inside become atoms of class 1"),
    AE_FLAG(0, "support-only", &support_only,
        "and atoms outside the mask become non-atoms"),
    AE_FLAG(0, "soft", &soft,
        "Gaussian mixture: largest posterior, columns p_atom, p_species"),
    AE_END_OPTS,
};
static const struct ae_about about = {"kmeans-trace",
    "atoms and their species from intensities", "[FILE]", opts, .streams = 0};

enum { WEAK_HALF = 9, FEATURES = 3 };
/* edges of the cubes of --soft in units of --box; the middle one orders */
static const double feature_edge[FEATURES] = {0.6, 1, 1.4};

/* Everything known about one frame. */
struct frame {
    struct ae_atoms atoms;
    struct ae_vol *vol; /* NULL without --volume */
    double *intensity;  /* [n], owned by the table */
    int *label;         /* [n] */
    double *posterior;  /* [n][classes] with --soft */
    int whole;          /* nothing was split */
    struct ae_trace_soft soft;
};

static long half_of(const struct frame *f, double edge)
{
    return ae_boxread_half(edge, f->vol->step[0], (double)oversample);
}

/* Intensities from the volume into out[n] with a stride. */
static void read_intensities(
    const struct frame *f, long half, int ball, double *out, size_t stride)
{
    ae_boxclass_intensities(f->vol, (points)f->atoms.pos, f->atoms.n, half,
        (double)oversample, ball, out, stride);
}

/* The column intensity: as it came, or from the volume (with the column edge:
 * 1 where the box leaves the volume). */
static void get_intensity(struct frame *f)
{
    struct ae_column *col;

    if (f->vol) {
        long half = half_of(f, box);
        struct ae_column *edge =
            ae_atoms_column(&f->atoms, "edge", 'I', 1, ae_err());

        if (!edge) {
            ae_must(ae_err()->code);
        }
        for (size_t i = 0; i < f->atoms.n; i++) {
            double p[3];

            ae_boxread_index(f->vol, f->atoms.pos[i], p);
            edge->integer[i] =
                ae_boxread_leaves(f->vol, p, half, (double)oversample);
        }
        col = ae_atoms_column(&f->atoms, "intensity", 'R', 1, ae_err());
        if (!col) {
            ae_must(ae_err()->code);
        }
        read_intensities(f, half, sphere, col->real, 1);
    } else {
        ae_must(ae_atoms_need(&f->atoms, "intensity", 'R', 1, &col, ae_err()));
    }
    for (size_t i = 0; i < f->atoms.n; i++) {
        if (!isfinite(col->real[i])) {
            ae_die("atom %zu: the intensity is no finite number; drop the atom "
                   "or run peak-find again",
                i);
        }
    }
    f->intensity = col->real;
}

/* What was not split, and why. */
static void tell(const struct ae_trace_cut *cut, const char *what)
{
    if (cut->outcome == AE_TRACE_EQUAL) {
        ae_warn("all intensities are equal; everything is kept as atoms of "
                "class 1");
    } else if (cut->outcome == AE_TRACE_WHOLE) {
        ae_warn("%s are separated by %.2f, less than %g: nothing to split, all "
                "are kept; --force splits them",
            what, cut->separation, separation);
    } else {
        ae_say("%s: least separation %.2f", what, cut->separation);
    }
}

/* Species first, then non-atoms, then species again. */
static void cut_weak_first(struct frame *f, double limit)
{
    struct ae_trace_cut cut[2];
    size_t n = f->atoms.n;
    double *last = ae_alloc(n, sizeof *last);

    if (!last) {
        ae_die("out of memory for %zu atoms", n);
    }
    memcpy(last, f->intensity, n * sizeof *last);
    if (f->vol) {
        read_intensities(
            f, weak_box > 0 ? half_of(f, weak_box) : WEAK_HALF, 1, last, 1);
    }
    ae_must(ae_trace_weak_first(f->intensity, last, n, (int)classes, 2 - norm,
        limit, f->label, cut, ae_err()));
    tell(&cut[0], "non-atoms and the weakest species");
    if (cut[0].outcome != AE_TRACE_EQUAL) {
        tell(&cut[1], "species");
    }
    f->whole = cut[1].outcome != AE_TRACE_SPLIT;
    free(last);
}

static double *new_posterior(const struct frame *f)
{
    double *g = ae_alloc(f->atoms.n, (size_t)classes * sizeof *g);

    if (!g) {
        ae_die("out of memory for %zu atoms", f->atoms.n);
    }
    return g;
}

/* Everything is an atom of class 1 for sure. */
static void keep_whole(struct frame *f)
{
    for (size_t i = 0; i < f->atoms.n; i++) {
        double *g = f->posterior + i * (size_t)classes;

        memset(g, 0, (size_t)classes * sizeof *g);
        g[1] = 1;
        f->label[i] = 1;
    }
}

/* The mixture, from the classes of K-means; where one Gaussian explains the
 * intensities as well (BIC), nothing is split. */
static void cut_soft(struct frame *f)
{
    size_t n = f->atoms.n;
    int dim = f->vol && classes > 2 ? FEATURES : 1;
    double *x = ae_alloc(n, (size_t)dim * sizeof *x);
    struct ae_kmeans1d_class s[AE_TRACE_CLASSES];

    f->posterior = new_posterior(f);
    if (!x) {
        ae_die("out of memory for %zu atoms", n);
    }
    memcpy(x, f->intensity, dim == 1 ? n * sizeof *x : 0);
    for (int d = 0; dim > 1 && d < dim; d++) {
        read_intensities(
            f, half_of(f, feature_edge[d] * box), sphere, x + d, (size_t)dim);
    }
    ae_must(ae_trace_soft(x, n, dim, dim / 2, (int)classes, f->label,
        f->posterior, &f->soft, ae_err()));
    free(x);
    ae_say("mixture: %d rounds, %.2f %% wrong labels expected", f->soft.rounds,
        100 * f->soft.errors);
    f->whole = !force && f->soft.gain < 0;
    if (f->whole) {
        ae_warn("one Gaussian explains the intensities as well as %ld: nothing "
                "to split, all are kept; --force splits them",
            classes);
    }
    ae_kmeans1d_classes(f->intensity, f->label, n, (int)classes, s);
    for (int c = 1; c < classes && !f->whole; c++) {
        if (s[c].separation < separation) {
            ae_warn("classes %d and %d of the mixture are separated by %.2f "
                    "only; see the confusion in --report",
                c - 1, c, s[c].separation);
        }
    }
    if (f->whole) {
        keep_whole(f);
    }
}

/* Where the classes are not separated, there may be species all the same and
 * no non-atoms among them: one class fewer, every atom kept. */
static int cut_species(struct frame *f)
{
    struct ae_trace_cut result;

    if (classes < 3 || f->atoms.n < (size_t)classes) {
        return 0;
    }
    ae_must(ae_trace_cut(f->intensity, f->atoms.n, (int)classes - 1, 2 - norm,
        separation, f->label, &result, ae_err()));
    for (size_t i = 0; i < f->atoms.n; i++) {
        f->label[i] = result.outcome == AE_TRACE_SPLIT ? f->label[i] + 1 : 1;
    }
    if (result.outcome == AE_TRACE_SPLIT) {
        ae_warn("no non-atoms are separated from the %ld species: all are kept",
            classes - 1);
    }
    return result.outcome == AE_TRACE_SPLIT;
}

static void cut(struct frame *f)
{
    struct ae_trace_cut result;
    double limit = force || soft ? 0 : separation;

    if (weak_first) {
        cut_weak_first(f, limit);
        return;
    }
    ae_must(ae_trace_cut(f->intensity, f->atoms.n, (int)classes, 2 - norm,
        limit, f->label, &result, ae_err()));
    f->whole = result.outcome == AE_TRACE_EQUAL ||
               (result.outcome == AE_TRACE_WHOLE && !cut_species(f));
    if (f->whole || result.outcome == AE_TRACE_SPLIT) {
        tell(&result, "classes");
    }
    if (soft && !f->whole) {
        cut_soft(f);
    } else if (soft) {
        f->posterior = new_posterior(f);
        keep_whole(f);
    }
}

/* Everything that looks at whole boxes. */
static void use_boxes(struct frame *f)
{
    struct ae_boxes boxes = {0};
    struct ae_boxclass_shape shape;
    int local = classes > 2 && local_radius > 0 && !soft, rounds;

    if (!f->vol || f->whole || !(template || iterate || local)) {
        return;
    }
    ae_must(ae_boxclass_read(f->vol, (points)f->atoms.pos, f->atoms.n,
        half_of(f, box), (double)oversample, &boxes, ae_err()));
    if (template) {
        ae_must(ae_boxclass_template(&boxes, f->label, &shape, ae_err()));
        ae_say("template: background %.4g, height %.4g, residual %.3g", shape.c,
            shape.A, shape.residual);
    }
    if (iterate) {
        ae_must(ae_boxclass_iterate(
            &boxes, f->label, (int)classes, &rounds, ae_err()));
        ae_say("templates: %d rounds", rounds);
    }
    if (local) {
        ae_must(ae_boxclass_local(&boxes, (points)f->atoms.pos, f->label,
            (int)classes, local_radius, 2 - norm, &rounds, ae_err()));
        ae_say("local correction: %d rounds", rounds);
    }
    ae_boxclass_clear(&boxes);
}

/* Columns label, species, p_atom, p_species. */
static void set_columns(struct frame *f, char *const *name, int names)
{
    struct ae_column *col =
        ae_atoms_column(&f->atoms, "label", 'I', 1, ae_err());
    int bad = !col;

    for (size_t i = 0; !bad && i < f->atoms.n; i++) {
        col->integer[i] = f->label[i];
    }
    col = ae_atoms_find(&f->atoms, "species");
    for (size_t i = 0; !bad && i < f->atoms.n; i++) {
        int c = f->label[i];

        if (c > 0 && c <= names && !(f->whole && names > 1)) {
            bad = ae_atoms_set_text(col, i, name[c - 1]);
        }
    }
    for (int which = 0; f->posterior && !bad && which < 2; which++) {
        col = ae_atoms_column(
            &f->atoms, which ? "p_species" : "p_atom", 'R', 1, ae_err());
        bad = !col;
        for (size_t i = 0; !bad && i < f->atoms.n; i++) {
            const double *g = f->posterior + i * (size_t)classes;

            col->real[i] = which ? g[f->label[i]] : 1 - g[0];
        }
    }
    if (bad) {
        ae_die("out of memory for the columns of %zu atoms", f->atoms.n);
    }
}

static void write_report(
    FILE *out, const struct frame *f, char *const *name, int names, long number)
{
    struct ae_kmeans1d_class s[AE_TRACE_CLASSES];

    ae_kmeans1d_classes(f->intensity, f->label, f->atoms.n, (int)classes, s);
    for (int c = 0; c < (int)classes; c++) {
        const char *text = c == 0 ? "none" : c <= names ? name[c - 1] : "-";

        fprintf(out, "%d\t%s\t%zu\t%.10g\t%.10g\t%.6g", c, text, s[c].n,
            s[c].mean, s[c].variance, s[c].separation);
        if (f->posterior) {
            const struct ae_mixture_class *m = &f->soft.classes[c];
            int d = f->vol && classes > 2 ? 1 : 0;

            fprintf(out, "\t%.6g\t%.10g\t%.10g", m->weight, m->mean[d],
                sqrt(m->cov[d][d]));
            for (int b = 0; b < (int)classes; b++) {
                fprintf(out, "\t%.6g", f->soft.confusion[c][b]);
            }
        }
        fprintf(out, "\t%ld\n", number);
    }
}

static void write_head(FILE *out)
{
    fputs("#class\tspecies\tn\tmean\tvariance\tseparation", out);
    if (soft) {
        fputs("\tweight\tfit_mean\tfit_sigma", out);
        for (long c = 0; c < classes; c++) {
            fprintf(out, "\tC_%ld", c);
        }
    }
    fputs("\tframe\n", out);
}

/* The rows whose label is 0 (or not) as a frame. */
static void write_rows(FILE *out, const struct frame *f, int dropped)
{
    struct ae_atoms some = {0};
    size_t *row = ae_alloc(f->atoms.n, sizeof *row), n = 0;

    if (!row) {
        ae_die("out of memory for %zu atoms", f->atoms.n);
    }
    for (size_t i = 0; i < f->atoms.n; i++) {
        if (dropped ? f->label[i] == 0 : keep || f->label[i] > 0) {
            row[n++] = i;
        }
    }
    ae_must(ae_atoms_pick(&some, &f->atoms, row, n, ae_err()));
    ae_history(&some.keys);
    ae_must(ae_xyz_write(out, &some, ae_err()));
    ae_atoms_clear(&some);
    free(row);
}

/* Names of the species; their number sets the classes. */
static int split_names(char *text, char **name)
{
    int n = 0;

    for (char *rest, *p = strtok_r(text, ",", &rest); p;
         p = strtok_r(NULL, ",", &rest)) {
        if (n == AE_TRACE_CLASSES - 1) {
            ae_usage("--species: more than %d names", n);
        }
        name[n++] = p;
    }
    if (n && ae_given("classes") && n != classes - 1) {
        ae_usage("--species names %d classes of atoms, --classes %ld has %ld",
            n, classes, classes - 1);
    }
    classes = n ? n + 1 : classes;
    return n;
}

static void check_options(void)
{
    static const char *const need[] = {"box", "sphere", "template",
        "iterate-templates", "oversample", "weak-box"};

    for (size_t k = 0; k < sizeof need / sizeof *need; k++) {
        if (!*volume_file && ae_given(need[k])) {
            ae_usage("--%s needs --volume", need[k]);
        }
    }
    if (soft && (template || iterate || weak_first)) {
        ae_usage("--soft does not go with --template, --iterate-templates or "
                 "--weak-first; leave one out");
    }
    if (weak_first && classes < 3) {
        ae_usage("--weak-first needs two species or more; see --classes");
    }
    if (support_only && !*support_file) {
        ae_usage("--support-only needs --support");
    }
}

static void read_volume(const char *path, struct ae_vol *vol)
{
    ae_must(ae_nrrd_read(ae_open(path), pixel, vol, ae_err()));
    ae_must(ae_need_volume(vol, path, ae_err()));
    ae_must(ae_need_pixel(vol, path, ae_err()));
}

int main(int argc, char **argv)
{
    struct frame f = {0};
    struct ae_vol vol = {0}, mask = {0};
    struct ae_xyz *reader;
    char *name[AE_TRACE_CLASSES], *list;
    FILE *rejected = NULL, *report = NULL;
    size_t close;
    int names;

    ae_begin(&about, argc, argv);
    list = ae_strdup(species);
    names = split_names(list, name);
    check_options();
    if (*volume_file) {
        read_volume(volume_file, &vol);
        f.vol = &vol;
    }
    if (*support_file) {
        read_volume(support_file, &mask);
    }
    rejected = *rejected_file ? ae_create(rejected_file) : NULL;
    report = *report_file ? ae_create(report_file) : NULL;
    if (report) {
        write_head(report);
    }
    ae_must(ae_xyz_open(&reader, ae_in(), ae_err()));
    for (long number = 0;
         ae_must(ae_xyz_next(reader, &f.atoms, ae_err())) != AE_END; number++) {
        f.label = ae_alloc(f.atoms.n, sizeof *f.label);
        get_intensity(&f);
        cut(&f);
        use_boxes(&f);
        if (*support_file) {
            ae_boxclass_support(
                &mask, (points)f.atoms.pos, f.atoms.n, support_only, f.label);
        }
        ae_must(ae_trace_close((points)f.atoms.pos, f.intensity, f.atoms.n,
            min_distance, f.label, &close, ae_err()));
        ae_say("%zu dropped beside a stronger atom", close);
        set_columns(&f, name, names);
        f.intensity = ae_atoms_find(&f.atoms, "intensity")->real;
        if (report) {
            write_report(report, &f, name, names, number);
        }
        if (rejected) {
            write_rows(rejected, &f, 1);
        }
        write_rows(ae_out(), &f, 0);
        free(f.label);
        free(f.posterior);
        f.posterior = NULL;
    }
    ae_xyz_free(reader);
    ae_atoms_clear(&f.atoms);
    ae_vol_clear(&vol);
    ae_vol_clear(&mask);
    free(list);
    return ae_end();
}
