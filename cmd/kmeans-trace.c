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
#include "atoms/classify.h"
#include "base/mem.h"
#include "base/tool.h"
#include "io/nrrd.h"
#include "io/xyz.h"
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

/* Everything known about one frame. */
struct frame {
    struct ae_atoms atoms;
    struct ae_classified is;
    const double *intensity; /* [n], owned by the table */
};

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

static void tell_mixture(const struct frame *f)
{
    struct ae_kmeans1d_class s[AE_TRACE_CLASSES];

    ae_say("mixture: %d rounds, %.2f %% wrong labels expected",
        f->is.soft.rounds, 100 * f->is.soft.errors);
    if (f->is.whole) {
        ae_warn("one Gaussian explains the intensities as well as %ld: nothing "
                "to split, all are kept; --force splits them",
            classes);
        return;
    }
    ae_kmeans1d_classes(f->intensity, f->is.label, f->atoms.n, (int)classes, s);
    for (int c = 1; c < classes; c++) {
        if (s[c].separation < separation) {
            ae_warn("classes %d and %d of the mixture are separated by %.2f "
                    "only; see the confusion in --report",
                c - 1, c, s[c].separation);
        }
    }
}

static void tell_all(const struct frame *f)
{
    if (weak_first) {
        tell(&f->is.cut[0], "non-atoms and the weakest species");
        if (f->is.cut[0].outcome != AE_TRACE_EQUAL) {
            tell(&f->is.cut[1], "species");
        }
    } else if (f->is.no_nonatoms) {
        ae_warn("no non-atoms are separated from the %ld species: all are kept",
            classes - 1);
    } else {
        tell(&f->is.cut[0], "classes");
    }
    if (f->is.mixed) {
        tell_mixture(f);
    }
    if (f->is.shape.A != 0) {
        ae_say("template: background %.4g, height %.4g, residual %.3g",
            f->is.shape.c, f->is.shape.A, f->is.shape.residual);
    }
    if (f->is.iterated >= 0) {
        ae_say("templates: %d rounds", f->is.iterated);
    }
    if (f->is.corrected >= 0) {
        ae_say("local correction: %d rounds", f->is.corrected);
    }
}

static void write_report(
    FILE *out, const struct frame *f, char *const *name, int names, long number)
{
    struct ae_kmeans1d_class s[AE_TRACE_CLASSES];

    ae_kmeans1d_classes(f->intensity, f->is.label, f->atoms.n, (int)classes, s);
    for (int c = 0; c < (int)classes; c++) {
        const char *text = c == 0 ? "none" : c <= names ? name[c - 1] : "-";

        fprintf(out, "%d\t%s\t%zu\t%.10g\t%.10g\t%.6g", c, text, s[c].n,
            s[c].mean, s[c].variance, s[c].separation);
        if (f->is.posterior) {
            const struct ae_mixture_class *m = &f->is.soft.classes[c];
            int d = *volume_file && classes > 2 ? 1 : 0;

            fprintf(out, "\t%.6g\t%.10g\t%.10g", m->weight, m->mean[d],
                sqrt(m->cov[d][d]));
            for (int b = 0; b < (int)classes; b++) {
                fprintf(out, "\t%.6g", f->is.soft.confusion[c][b]);
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
        if (dropped ? f->is.label[i] == 0 : keep || f->is.label[i] > 0) {
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

/* Nothing where there is no file. */
static void read_volume(const char *path, struct ae_vol *vol)
{
    if (!*path) {
        return;
    }
    ae_must(ae_nrrd_read(ae_open(path), pixel, vol, ae_err()));
    ae_must(ae_need_volume(vol, path, ae_err()));
    ae_must(ae_need_pixel(vol, path, ae_err()));
}

/* One frame, from what was read to what is written. */
static void trace(struct frame *f, const struct ae_classify *how,
    const struct ae_vol *mask, char *const *name, int names)
{
    size_t close;

    ae_must(ae_classify_intensity(how, &f->atoms, ae_err()));
    f->intensity = ae_atoms_find(&f->atoms, "intensity")->real;
    ae_must(ae_classify(how, &f->atoms, &f->is, ae_err()));
    tell_all(f);
    if (*support_file) {
        ae_boxclass_support(
            mask, (points)f->atoms.pos, f->atoms.n, support_only, f->is.label);
    }
    ae_must(ae_trace_close((points)f->atoms.pos, f->intensity, f->atoms.n,
        min_distance, f->is.label, &close, ae_err()));
    ae_say("%zu dropped beside a stronger atom", close);
    ae_must(ae_classify_columns(
        &f->is, (int)classes, name, names, &f->atoms, ae_err()));
    f->intensity = ae_atoms_find(&f->atoms, "intensity")->real;
}

static struct ae_classify plan(const struct ae_vol *vol)
{
    return (struct ae_classify){.classes = (int)classes,
        .norm = 2 - norm,
        .separation = separation,
        .force = force,
        .soft = soft,
        .weak_first = weak_first,
        .vol = *volume_file ? vol : NULL,
        .oversample = (double)oversample,
        .box = box,
        .sphere = sphere,
        .weak_box = weak_box,
        .template = template,
        .iterate = iterate,
        .local_radius = local_radius};
}

int main(int argc, char **argv)
{
    struct frame f = {0};
    struct ae_vol vol = {0}, mask = {0};
    struct ae_xyz *reader;
    char *name[AE_TRACE_CLASSES], *list;
    FILE *rejected, *report;
    int names;

    ae_begin(&about, argc, argv);
    list = ae_strdup(species);
    names = split_names(list, name);
    check_options();
    read_volume(volume_file, &vol);
    read_volume(support_file, &mask);
    struct ae_classify how = plan(&vol);
    rejected = *rejected_file ? ae_create(rejected_file) : NULL;
    report = *report_file ? ae_create(report_file) : NULL;
    if (report) {
        write_head(report);
    }
    ae_must(ae_xyz_open(&reader, ae_in(), ae_err()));
    for (long number = 0;
         ae_must(ae_xyz_next(reader, &f.atoms, ae_err())) != AE_END; number++) {
        trace(&f, &how, &mask, name, names);
        if (report) {
            write_report(report, &f, name, names, number);
        }
        if (rejected) {
            write_rows(rejected, &f, 1);
        }
        write_rows(ae_out(), &f, 0);
        ae_classified_clear(&f.is);
    }
    ae_xyz_free(reader);
    ae_atoms_clear(&f.atoms);
    ae_vol_clear(&vol);
    ae_vol_clear(&mask);
    free(list);
    return ae_end();
}
