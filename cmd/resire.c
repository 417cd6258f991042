/* SPDX-License-Identifier: BSD-2-Clause
 * resire - reconstruct a volume from a tilt series by gradient descent
 *
 *   V <- S max(0, V - t/(n L) sum_k A_k^T (A_k V - b_k))
 *
 * V   volume, starts at 0          b_k  image k of n
 * A_k projection in orientation k  L    voxels along the beam, max(nx, nz)
 * t   step, stable below 2.09      S    support, 1 where an atom may be
 *
 *   R1_k = sum |A_k V - b_k| / sum |b_k|,   R1 = mean over k
 *   R1g = sum over all images of both,      R2 = mean of the 2-norm ratios
 *
 * An R factor of iteration j is that of V before the update of iteration j.
 * t is halved when the sum of squared residuals rises three times in six
 * iterations.
 *
 * Source: Pham et al., Sci. Rep. 13, 5624 (2023), doi 10.1038/s41598-023-31124-7.
 * --accelerate: Beck and Teboulle, SIAM J. Imaging Sci. 2, 183 (2009), and
 * ordered subsets after Kim, Ramani, Fessler, IEEE TMI 34, 167 (2015).
 * Cost: 2 n nx ny nz voxel-projection pairs an iteration.
 * reads: NRRD tilt stack with angles      writes: NRRD volume
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "base/threads.h"
#include "io/checkpoint.h"
#include "io/nrrd.h"
#include "io/tsv.h"
#include "tomo/fst.h"
#include "tomo/resire.h"

static double pixel, step, thickness, tol;
static long iterations, subsets, checkpoint_every;
static int accelerate, projector, subsample, no_positivity, extended, dry_run;
static struct ae_reals oversample;
static const char *support_path, *initial_path, *report_path, *checkpoint_path;
static const struct ae_opt opts[] = {
    AE_INT('n', "iterations", &iterations, "N", "200", 0, 1e6, "iterations"),
    AE_REAL('t', "step", &step, "t", "0", 0, 10, "step; 0: 2, accelerated 1"),
    AE_CHOICE('a', "accelerate", &accelerate, "none|fista|os", "none",
        "momentum over all images, or over subsets in turn"),
    AE_INT(0, "subsets", &subsets, "M", "3", 1, 1e4, "subsets of os"),
    AE_REAL(0, "thickness", &thickness, "angstrom", "0", 0, 1e5,
        "size along the beam; 0: the width of the images"),
    AE_FLAG(0, "extended", &extended,
        "the object is wider than the images (a film)"),
    AE_STR(0, "support", &support_path, "FILE", "",
        "volume that is 0 where no atom may be"),
    AE_STR(0, "initial", &initial_path, "FILE", "",
        "volume to start from instead of 0"),
    AE_FLAG(0, "no-positivity", &no_positivity, "let voxels be negative"),
    AE_CHOICE(0, "projector", &projector, "real|fst", "real",
        "real space, or the published Fourier-slice pair"),
    AE_CHOICE(0, "subsample", &subsample, "1|4|8", "4",
        "sub-samples of a voxel in real space"),
    AE_REALS(0, "fst-oversample", &oversample, "X[,Y,Z]", "3", 1, 16,
        "padding of the Fourier-slice pair"),
    AE_REAL(0, "tol", &tol, "ratio", "0", 0, 1,
        "stop when R1 changes by less, relatively; 0: never"),
    AE_STR(0, "report", &report_path, "FILE", "",
        "table of R factors by iteration and image"),
    AE_STR(0, "checkpoint", &checkpoint_path, "FILE", "",
        "keep the state here and go on from it"),
    AE_INT(0, "checkpoint-every", &checkpoint_every, "N", "10", 1, 1e6,
        "iterations between two checkpoints"),
    AE_FLAG(0, "dry-run", &dry_run, "print bytes and CPU seconds, do nothing"),
    AE_REAL('p', "pixel", &pixel, "angstrom", "0", 0, 1000,
        "pixel size where the header gives none"),
    AE_END_OPTS,
};
static const struct ae_about about = {"resire",
    "reconstruct a volume from a tilt series by gradient descent", "[FILE]",
    opts, 0};

/* ---- choices -------------------------------------------------------------- */

static int choose(const struct ae_vol *stack, struct ae_series_choice *grid,
    struct ae_resire_choice *method, struct ae_error *err)
{
    static const int samples[] = {1, 4, 8};
    if (oversample.n != 1 && oversample.n != 3)
        return ae_fail(err, AE_EUSAGE,
            "option --fst-oversample: want one number or three");
    *grid = (struct ae_series_choice){.extended = extended,
        .kind = projector ? AE_TOMO_FST : AE_TOMO_REAL,
        .subsample = samples[subsample]};
    for (int i = 0; i < 3; i++)
        grid->over[i] = oversample.v[oversample.n == 3 ? i : 0];
    if (thickness > 0) {
        int code = ae_need_pixel(stack, "--thickness", err);
        if (code)
            return code;
        double nz = round(thickness / stack->step[0]);
        if (nz < 1 || nz > 1e5)
            return ae_fail(err, AE_EUSAGE,
                "option --thickness: %g angstrom are %g voxels", thickness, nz);
        grid->nz = (size_t)nz;
    }
    *method = (struct ae_resire_choice){
        .method = (enum ae_resire_method)accelerate, /* in the same order */
        .step = step > 0     ? step
                : accelerate ? 1
                             : 2,
        .subsets = (size_t)subsets,
        .positivity = !no_positivity};
    if (accelerate == AE_RESIRE_OS && 5 * method->subsets > stack->n[2])
        return ae_fail(err, AE_EUSAGE,
            "option --subsets: %ld of %zu images; want 5 images in each",
            subsets, stack->n[2]);
    return AE_OK;
}

/* A further volume on the frame's grid, packed. */
static int load_volume(const char *path, float fill,
    const struct ae_series *series, float *packed, struct ae_error *err)
{
    struct ae_vol vol;
    int code = ae_nrrd_read(ae_open(path), pixel, &vol, err);
    if (code)
        return code;
    code = ae_need_volume(&vol, path, err);
    if (!code && (vol.n[0] != series->nu || vol.n[1] != series->nv ||
                     vol.n[2] != series->n[2]))
        code = ae_fail(err, AE_EDATA,
            "%s: %zu x %zu x %zu voxels; want %zu x %zu x %zu", path, vol.n[0],
            vol.n[1], vol.n[2], series->nu, series->nv, series->n[2]);
    if (!code)
        code = ae_series_embed(series, vol.data, fill, packed, err);
    ae_vol_clear(&vol);
    return code;
}

/* ---- cost ----------------------------------------------------------------- */

static double cpu_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Seconds of a forward and a back-projection of every stride-th image: the
 * least of three, the first of which also pays for fresh pages. */
static double probe(
    const struct ae_series *s, float *volume, float *images, size_t stride)
{
    double least = INFINITY;
    for (int i = 0; i < 3; i++) {
        double start = cpu_now();
        ae_tomo_forward(s->tomo, volume, 0, stride, images);
        ae_tomo_back(s->tomo, images, 0, stride, volume);
        least = fmin(least, cpu_now() - start);
    }
    return least;
}

/* Seconds of an iteration that goes over the images in so many passes: a
 * share for each pass and one for each image, from one image and from a few. */
static double iteration_seconds(const struct ae_series *s, size_t passes)
{
    size_t n = ae_tomo_volume_samples(s->tomo);
    size_t stride = s->images < 5 ? 1 : s->images / 4;
    float *volume = ae_series_volume(s);
    float *images =
        ae_alloc(s->images * ae_tomo_image_samples(s->tomo), sizeof *images);
    if (!volume || !images)
        ae_die("out of memory");
    for (size_t i = 0; i < n; i++)
        volume[i] = 1;
    double one = probe(s, volume, images, s->images);
    double some = probe(s, volume, images, stride);
    free(volume);
    free(images);
    double more = (double)((s->images - 1) / stride);
    double image = more > 0 ? fmax(some - one, 0) / more : 0;
    return (double)passes * fmax(one - image, 0) + (double)s->images * image;
}

static void tell_cost(const struct ae_series *s, enum ae_resire_method method)
{
    double frame = sizeof(float) * (double)s->nu * (double)s->nv;
    double stack = frame * (double)s->images, volume = frame * (double)s->n[2];
    if (s->n[0] != s->nu || s->n[1] != s->nv) /* cut out of the whole grid */
        volume +=
            sizeof(float) * (double)s->n[0] * (double)s->n[1] * (double)s->n[2];
    double bytes = ae_resire_bytes(s, method) + volume;
    if (*support_path)
        bytes += ae_series_volume_bytes(s);
    bytes =
        fmax(bytes, stack) + ae_series_image_bytes(s) + ae_tomo_bytes(s->tomo);
    double seconds =
        (double)iterations *
        iteration_seconds(s, method == AE_RESIRE_OS ? (size_t)subsets : 1);
    if (method == AE_RESIRE_OS && (*report_path || tol > 0))
        seconds *= 1.5; /* one projection more for R1 */
    ae_dry_run(bytes, seconds);
}

/* ---- the report, and the state that a checkpoint keeps -------------------- */

struct record {
    size_t images, rows;
    double *row; /* [rows][3 + 2 images], see ae_resire_row */
};

static size_t row_length(size_t images)
{
    return 3 + 2 * images;
}

static void write_report(FILE *out, const struct record *rec)
{
    fputs("#iteration\tR1\tR1g\tR2", out);
    for (size_t k = 0; k < rec->images; k++)
        fprintf(out, "\tR1_%zu", k);
    for (size_t k = 0; k < rec->images; k++)
        fprintf(out, "\tR2_%zu", k);
    fputc('\n', out);
    for (size_t i = 0; i < rec->rows; i++) {
        const double *row = rec->row + i * row_length(rec->images);
        fprintf(out, "%zu", i + 1);
        for (size_t c = 0; c < row_length(rec->images); c++)
            fprintf(out, "\t%.7g", row[c]);
        fputc('\n', out);
    }
}

/* What a checkpoint must agree with: images, angles, every option but -n. */
static uint64_t tag_of(const struct ae_vol *stack, const struct ae_resire *r,
    const struct ae_series_choice *grid)
{
    const struct ae_series *s = r->series;
    size_t n = ae_tomo_image_samples(s->tomo) * s->images;
    uint64_t h = ae_checkpoint_hash(0, s->data, n * sizeof *s->data);
    h = ae_checkpoint_hash(
        h, stack->euler, stack->nangle * sizeof *stack->euler);
    h = ae_checkpoint_hash(h, s->n, sizeof s->n);
    h = ae_checkpoint_hash(h, grid->over, sizeof grid->over);
    double number[] = {r->choice.step, (double)r->choice.subsets, tol,
        grid->subsample, (double)grid->kind, (double)r->choice.method,
        r->choice.positivity,
        r->choice.method == AE_RESIRE_OS && *report_path}; /* has rows */
    h = ae_checkpoint_hash(h, number, sizeof number);
    size_t samples = ae_tomo_volume_samples(s->tomo);
    if (r->support)
        h = ae_checkpoint_hash(h, r->support, samples * sizeof *r->support);
    return ae_checkpoint_hash(h, r->volume, samples * sizeof *r->volume);
}

/* ---- the loop ------------------------------------------------------------- */

struct run {
    struct ae_resire r;
    struct record rec;
    size_t done; /* iterations */
    uint64_t tag;
};

/* Part 0 tells how long the last one is; the 16 between are the method's. */
static size_t parts_of(struct run *run, struct ae_part part[18])
{
    part[0] = (struct ae_part){&run->done, sizeof run->done};
    size_t n = 1 + ae_resire_state(&run->r, part + 1);
    size_t row = row_length(run->rec.images) * sizeof *run->rec.row;
    part[n++] = (struct ae_part){run->rec.row, run->done * row};
    return n;
}

static void go_on(struct run *run)
{
    struct ae_part part[18];
    size_t n = parts_of(run, part);
    if (ae_must(ae_checkpoint_read(
            checkpoint_path, run->tag, part, 1, ae_err())) == AE_END)
        return;
    if (run->done > (size_t)iterations)
        ae_die("%s: a checkpoint of %zu iterations; want -n of at least that",
            checkpoint_path, run->done);
    n = parts_of(run, part);
    ae_must(ae_checkpoint_read(checkpoint_path, run->tag, part, n, ae_err()));
    ae_say("%s: going on after %zu iterations", checkpoint_path, run->done);
}

static void save(struct run *run)
{
    struct ae_part part[18];
    size_t n = parts_of(run, part);
    ae_must(ae_checkpoint_write(checkpoint_path, run->tag, part, n, ae_err()));
}

static int is_settled(const struct run *run)
{
    if (tol <= 0 || run->done < 2)
        return 0;
    size_t length = row_length(run->rec.images);
    const double *row = run->rec.row + (run->done - 1) * length;
    return fabs(row[0] - row[-(ptrdiff_t)length]) <= tol * row[0];
}

static void iterate(struct run *run)
{
    if (*checkpoint_path)
        go_on(run);
    int want_r = *report_path || tol > 0;
    while (run->done < (size_t)iterations && !is_settled(run)) {
        if (ae_resire_step(&run->r, want_r))
            ae_warn("the residual rose: the step is halved to %g", run->r.step);
        ae_resire_row(
            &run->r, run->rec.row + run->done++ * row_length(run->rec.images));
        ae_progress("iteration", (double)run->done, (double)iterations);
        if (*checkpoint_path && run->done % (size_t)checkpoint_every == 0)
            save(run);
    }
    run->rec.rows = run->done;
}

static void say_residual(struct run *run)
{
    ae_resire_residual(&run->r);
    double r1 = 0, r2 = 0;
    size_t n = run->rec.images;
    for (size_t k = 0; k < n; k++) {
        r1 += run->r.r1[k] / (double)n;
        r2 += run->r.r2[k] / (double)n;
    }
    ae_say("%zu iterations, R1 %.5f, R2 %.5f", run->done, r1, r2);
}

static void reconstruct(struct ae_vol *stack, struct ae_series *series,
    const struct ae_series_choice *grid, const struct ae_resire_choice *method,
    struct ae_vol *volume)
{
    struct run run = {.rec.images = series->images};
    float *support = NULL;
    if (*support_path) {
        support = ae_series_volume(series);
        if (!support)
            ae_die("out of memory for the support");
        ae_must(load_volume(support_path, 1, series, support, ae_err()));
        for (size_t i = 0; i < ae_tomo_volume_samples(series->tomo); i++)
            support[i] = support[i] != 0;
    }
    ae_must(ae_resire_init(&run.r, series, method, support, ae_err()));
    if (*initial_path) {
        ae_must(load_volume(initial_path, 0, series, run.r.volume, ae_err()));
        if (run.r.ahead)
            memcpy(run.r.ahead, run.r.volume,
                ae_tomo_volume_samples(series->tomo) * sizeof(float));
    }
    run.rec.row = ae_alloc(
        (size_t)iterations + 1, row_length(series->images) * sizeof(double));
    if (!run.rec.row)
        ae_die("out of memory for the report");
    run.tag = *checkpoint_path ? tag_of(stack, &run.r, grid) : 0;
    iterate(&run);
    if (ae_verbose())
        say_residual(&run);
    if (*report_path)
        write_report(ae_create(report_path), &run.rec);
    ae_must(ae_vol_alloc(volume, ae_err()));
    ae_must(ae_series_crop(series, run.r.volume, volume->data, ae_err()));
    ae_resire_clear(&run.r);
    free(run.rec.row);
    free(support);
}

int main(int argc, char **argv)
{
    struct ae_vol stack, volume;
    struct ae_series series;
    struct ae_series_choice grid;
    struct ae_resire_choice method;
    ae_begin(&about, argc, argv);
    struct ae_source *in = ae_in();
    ae_must(ae_nrrd_read(in, pixel, &stack, ae_err()));
    ae_must(ae_need_tilts(&stack, in->name, ae_err()));
    ae_must(choose(&stack, &grid, &method, ae_err()));
    ae_must(ae_series_new(&series, &stack, &grid, ae_err()));
    if (stack.n[2] == 1)
        ae_warn("%s: one image only; the beam's direction is undetermined",
            in->name);
    if (dry_run)
        tell_cost(&series, method.method);
    ae_must(ae_vol_of_stack(
        &volume, &stack, series.nu, series.nv, series.n[2], ae_err()));
    free(stack.data);
    stack.data = NULL;
    reconstruct(&stack, &series, &grid, &method, &volume);
    ae_history(&volume.keys);
    ae_must(ae_nrrd_write(ae_out(), &volume, ae_err()));
    ae_vol_clear(&stack);
    ae_vol_clear(&volume);
    ae_series_clear(&series);
    int status = ae_end();
    if (*checkpoint_path && !status)
        remove(checkpoint_path); /* done: nothing to go on from */
    return status;
}
