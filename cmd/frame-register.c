/* SPDX-License-Identifier: BSD-2-Clause
 * frame-register - align and average the frames of each tilt.
 *
 *   I_f(r) = I_0(r - d_f)                d_f  pixels, features of frame f lie
 *   T(r)   = mean over f of I_f(r + d_f)      at +d_f; d_0 = 0
 *
 * Whole shifts by zero-mean normalised cross-correlation over the overlap, then
 * the most likely ones given the spectra of signal and noise, which the frames
 * themselves tell (lib/image/register.h). Frames are moved by Fourier phases
 * with mirrored edges; a pixel is averaged over the frames that have it.
 *
 * Source: Padfield, IEEE Trans. Image Process. 21, 2706 (2012),
 * 10.1109/TIP.2012.2181402; Guizar-Sicairos, Thurman, Fienup, Opt. Lett. 33,
 * 156 (2008), 10.1364/OL.33.000156; Hannan, Thomson, Biometrika 60, 469 (1973),
 * 10.1093/biomet/60.3.469 (weights).
 * Cost: some 30 FFTs per frame. Holds the frames of one tilt.
 * reads: NRRD frames     writes: NRRD tilt stack
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "base/threads.h"
#include "base/tool.h"
#include "base/vol.h"
#include "image/noise.h"
#include "image/noise_frames.h"
#include "image/register.h"
#include "image/translate.h"
#include "io/nrrd.h"
#include "io/tsv.h"

/* a second maximum this near to the first one may be the right one */
#define AMBIGUOUS 0.98

enum { SMALLEST = 8 }; /* pixels */

static double max_shift, min_overlap, coarse_sigma, offset;
static long upsample, iterate;
static int sub_pixel, keep_frames;
static const char *report_path, *noise_path;
static const struct ae_opt opts[] = {
    AE_INT('u', "upsample", &upsample, "N", "20", 2, 1000,
        "grid points per pixel of the sub-pixel search"),
    AE_CHOICE(0, "sub-pixel", &sub_pixel, "dft|parabola|none", "dft",
        "most likely shifts, parabola through the correlation, whole pixels"),
    AE_REAL('m', "max-shift", &max_shift, "pixels", "0", 0, 100000,
        "largest shift on each axis, 0: a quarter of the image"),
    AE_REAL(0, "min-overlap", &min_overlap, "SHARE", "0.3", 0.01, 1,
        "least overlap of two frames, of the image"),
    AE_REAL(0, "coarse-sigma", &coarse_sigma, "pixels", "1", 0, 100,
        "Gaussian smoothing before the whole shifts are sought"),
    AE_INT(0, "iterate", &iterate, "N", "2", 0, 100,
        "further passes over the frames moved by what was found"),
    AE_FLAG('k', "keep-frames", &keep_frames,
        "write the moved frames, not their average"),
    AE_STR('r', "report", &report_path, "FILE", "",
        "table of the shifts, a row per frame"),
    AE_STR(0, "noise-out", &noise_path, "FILE", "",
        "noise of the average: gain, read noise and power spectrum"),
    AE_REAL(0, "offset", &offset, "intensity", "0", -1e30, 1e30,
        "known offset of the detector (else the header's or found)"),
    AE_END_OPTS,
};
static const struct ae_about about = {"frame-register",
    "align and average the frames of each tilt", "[FILE]", opts, .streams = 1};

/* The frames of one tilt and what was found about them. */
struct tilt {
    size_t nf, nx, ny;
    float *frames; /* [nf][ny][nx] */
    float *mean;   /* [ny][nx] */
    int *count;    /* [ny][nx] frames that have the pixel */
    struct ae_register_shift *shift;
    struct ae_register *search;
    struct ae_translate *translate;
};

static void tilt_new(struct tilt *t, const struct ae_vol *head)
{
    const size_t n = ae_vol_image(head);
    if (head->n[0] < SMALLEST || head->n[1] < SMALLEST)
        ae_die("%s: frames of %zu x %zu pixels; want at least %d x %d",
            ae_in()->name, head->n[0], head->n[1], SMALLEST, SMALLEST);
    *t = (struct tilt){.nf = head->n[2], .nx = head->n[0], .ny = head->n[1]};
    size_t all;
    t->frames =
        ae_mul(n, t->nf, &all) ? NULL : ae_alloc(all, sizeof *t->frames);
    t->mean = ae_alloc(n, sizeof *t->mean);
    t->count = ae_alloc(n, sizeof *t->count);
    t->shift = ae_alloc(t->nf, sizeof *t->shift);
    if (!t->frames || !t->mean || !t->count || !t->shift)
        ae_die(
            "out of memory for %zu frames of %zu x %zu", t->nf, t->nx, t->ny);
    struct ae_register_rule rule = {.min_overlap = min_overlap,
        .coarse_sigma = coarse_sigma,
        .sub = (enum ae_register_sub)sub_pixel,
        .upsample = (size_t)upsample,
        .passes = (size_t)iterate};
    for (int i = 0; i < 2; i++)
        rule.max_shift[i] = max_shift > 0
                                ? fmin(max_shift, (double)head->n[i] - 1)
                                : floor((double)head->n[i] / 4);
    t->shift[0] = (struct ae_register_shift){0, 0, 1, -1};
    if (t->nf > 1)
        ae_must(
            ae_register_new(&t->search, t->nf, t->nx, t->ny, &rule, ae_err()));
    ae_must(ae_translate_new(&t->translate, t->nx, t->ny, ae_err()));
}

static void tilt_clear(struct tilt *t)
{
    ae_register_free(t->search);
    ae_translate_free(t->translate);
    free(t->frames);
    free(t->mean);
    free(t->count);
    free(t->shift);
}

/* Every frame moved back by its shift, in place. */
static int align(struct tilt *t, struct ae_error *err)
{
    int code = AE_OK;
    for (size_t f = 0; f < t->nf && !code; f++) {
        float *frame = t->frames + f * t->nx * t->ny;
        memcpy(t->mean, frame, t->nx * t->ny * sizeof *frame);
        code = ae_translate_image(
            t->translate, t->mean, t->shift[f].x, t->shift[f].y, frame, err);
    }
    return code;
}

/* mean of the aligned frames, each where it has data; frame 0 has all. */
static void average(struct tilt *t)
{
    const size_t n = t->nx * t->ny;
    memset(t->count, 0, n * sizeof *t->count);
    memset(t->mean, 0, n * sizeof *t->mean);
    for (size_t f = 0; f < t->nf; f++) {
        size_t left, right, top, bottom;
        ae_translate_range(t->nx, t->shift[f].x, &left, &right);
        ae_translate_range(t->ny, t->shift[f].y, &top, &bottom);
        for (size_t y = top; y < bottom; y++)
            for (size_t x = left; x < right; x++) {
                t->mean[y * t->nx + x] += t->frames[f * n + y * t->nx + x];
                t->count[y * t->nx + x]++;
            }
    }
    for (size_t i = 0; i < n; i++)
        t->mean[i] /= (float)t->count[i];
}

static void report(FILE *out, const struct tilt *t, size_t k)
{
    for (size_t f = 0; f < t->nf; f++) {
        const struct ae_register_shift *s = t->shift + f;
        if (out)
            ae_tsv_put(out, "ddrrgg", (long)k, (long)f, s->x, s->y, s->score,
                s->second);
        if (f && s->second > AMBIGUOUS * s->score)
            ae_warn("tilt %zu: frame %zu: a second maximum of %.3f beside one "
                    "of %.3f; see --max-shift and --coarse-sigma",
                k, f, s->second, s->score);
    }
}

/* One tilt's frames: read, checked, their shifts found. */
static void find(struct tilt *t, struct ae_nrrd *in, size_t k)
{
    const size_t n = t->nx * t->ny;
    for (size_t f = 0; f < t->nf; f++)
        ae_must(ae_nrrd_next(in, t->frames + f * n, ae_err()));
    if (t->nf > 1 && ae_register_find(t->search, t->frames, t->shift, ae_err()))
        ae_die("%s: tilt %zu: %s", ae_in()->name, k, ae_err()->msg);
    const double mean = ae_sum(t->frames, t->nf * n) / (double)(t->nf * n);
    if (mean < 0)
        ae_warn("tilt %zu: the mean is %g, below 0; was an offset taken off "
                "twice?",
            k, mean);
}

/* Accumulate the noise of a tilt's aligned frames where all of them have data,
 * as count says. */
static void add_noise(struct ae_noise_frames *noise, struct tilt *t)
{
    const size_t n = t->nx * t->ny;
    unsigned char *use = ae_alloc(n, 1);
    if (!use)
        ae_die("out of memory");
    for (size_t i = 0; i < n; i++)
        use[i] = (size_t)t->count[i] == t->nf;
    ae_must(ae_noise_frames_add(noise, t->frames, use, ae_err()));
    free(use);
}

/* The offset that is known: told, or in the header. */
static const double *known_offset(const struct ae_vol *frames)
{
    const char *key = ae_keys_get(&frames->keys, "detector_offset");
    if (ae_given("offset"))
        return &offset;
    offset = key ? strtod(key, NULL) : 0;
    return key && isfinite(offset) ? &offset : NULL;
}

static struct ae_noise_frames *noise_of(const struct ae_vol *frames)
{
    struct ae_noise_frames *noise = NULL;
    if (!*noise_path)
        return NULL;
    if (frames->n[2] < 2)
        ae_die("%s: one frame per tilt tells no noise; leave --noise-out away",
            ae_in()->name);
    ae_must(ae_noise_frames_new(&noise, frames->n[2], frames->n[0],
        frames->n[1], frames->n[3], known_offset(frames), ae_err()));
    return noise;
}

static void write_noise(
    FILE *out, struct ae_noise_frames *frames, const struct ae_vol *head)
{
    struct ae_vol psd = {.kind = AE_IMAGE,
        .dim = 2,
        .n = {AE_NOISE_BLOCK, AE_NOISE_BLOCK, 1, 1}};
    struct ae_noise noise;
    ae_must(ae_vol_alloc(&psd, ae_err()));
    ae_must(ae_noise_frames_get(frames, &noise, psd.data, ae_err()));
    ae_must(ae_noise_set(&psd.keys, &noise, ae_err()));
    ae_history(&psd.keys);
    ae_must(ae_nrrd_write(out, &psd, ae_err()));
    ae_say(
        "noise of the average: gain %.4g, read %.4g", noise.gain, noise.read);
    if (noise.gain > 0 && noise.offset > 0 && !known_offset(head))
        ae_warn(
            "%s: the variance is %.4g (intensity - %.4g), from which offset "
            "and read noise cannot be told apart; taken as offset, with no "
            "read noise; give --offset",
            ae_in()->name, noise.gain, noise.offset);
    ae_vol_clear(&psd);
    ae_noise_frames_free(frames);
}

static void make_head(struct ae_vol *to, const struct ae_vol *from)
{
    ae_must(ae_vol_like(to, from, ae_err()));
    if (keep_frames)
        return;
    to->kind = AE_STACK;
    to->dim = 3;
    to->n[2] = from->n[3];
    to->n[3] = 1;
}

int main(int argc, char **argv)
{
    struct ae_nrrd *in;
    struct ae_vol frames = {0}, head = {0};
    struct tilt t;
    ae_begin(&about, argc, argv);
    ae_must(ae_nrrd_open(&in, ae_in(), 0, &frames, ae_err()));
    if (frames.kind != AE_FRAMES)
        ae_die("%s: want raw frames, axes x y frame tilt; vol-import --frames "
               "makes them",
            ae_in()->name);
    FILE *table = *report_path ? ae_create(report_path) : NULL;
    if (table)
        ae_tsv_head(table, "tilt\tframe\tdx_px\tdy_px\tscore\tsecond");
    FILE *noise_out = *noise_path ? ae_create(noise_path) : NULL;
    struct ae_noise_frames *noise = noise_of(&frames);
    make_head(&head, &frames);
    tilt_new(&t, &frames);
    if (t.nf < 2)
        ae_warn("one frame per tilt: nothing to align, passed through");
    ae_history(&head.keys);
    ae_must(ae_nrrd_begin(ae_out(), &head, ae_err()));
    const size_t n = t.nx * t.ny;
    for (size_t k = 0; k < frames.n[3]; k++) {
        find(&t, in, k);
        ae_must(align(&t, ae_err()));
        report(table, &t, k);
        average(&t);
        if (noise)
            add_noise(noise, &t);
        ae_must(keep_frames
                    ? ae_nrrd_put(ae_out(), t.frames, n * t.nf, ae_err())
                    : ae_nrrd_put(ae_out(), t.mean, n, ae_err()));
        ae_progress("tilts", (double)(k + 1), (double)frames.n[3]);
    }
    if (noise)
        write_noise(noise_out, noise, &frames);
    tilt_clear(&t);
    ae_nrrd_free(in);
    ae_vol_clear(&frames);
    ae_vol_clear(&head);
    return ae_end();
}
