/* SPDX-License-Identifier: BSD-2-Clause
 * noise-estimate - gain, offset, read noise and spectrum of the noise.
 *
 *   Var z = gain (E z - offset) + read^2
 *   line:  the weighted line through 64 bins of E z of equal population
 *   slope: gain = sum m v / sum m^2,  read^2 = max(0, v0 - gain m0)
 *
 *   z     pixel             m, v  mean and variance of a pixel in the frames
 *   gain  intensity per electron        m0, v0  the same, around the particle
 *   read, offset  intensity
 *
 * Frames that show the same (raw frames of a tilt, or every --frames images)
 * are put in register by whole pixels. A single image has the diagonal
 * differences of its 2 x 2 pixels instead, which fine structure adds to. The
 * spectrum S(k) = E |F n|^2 is that of the frames' differences or, of a single
 * image, of the blocks around the particle.
 *
 * Source: Foi, Trimeche, Katkovnik, Egiazarian, IEEE Trans. Image Process. 17,
 * 1737 (2008), 10.1109/TIP.2008.2001399 (the line); slope: published with
 * Yang et al., Nature 592, 60 (2021), 10.1038/s41586-021-03354-0.
 * Cost: some transforms per frame.
 * reads: NRRD images or frames     writes: TSV, a row per image or tilt
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "base/threads.h"
#include "base/tool.h"
#include "base/vol.h"
#include "image/mask.h"
#include "image/noise.h"
#include "image/noise_find.h"
#include "image/register.h"
#include "image/vst.h"
#include "io/nrrd.h"
#include "io/tsv.h"

enum { LINE, SLOPE };
enum { PSD = AE_NOISE_BLOCK * AE_NOISE_BLOCK };
static int method, in_register;
static long frames;
static double offset, factor;
static const char *noise_out;
static const struct ae_opt opts[] = {
    AE_INT('f', "frames", &frames, "N", "0", 0, 100000,
        "images that show the same, 0: the frames of a tilt, else one"),
    AE_CHOICE('m', "method", &method, "line|slope", "line",
        "from frames: line with a rest, or a line through 0"),
    AE_REAL(0, "offset", &offset, "intensity", "0", -1e30, 1e30,
        "known offset of the detector (found where not given)"),
    AE_FLAG(0, "in-register", &in_register, "do not register the frames"),
    AE_REAL(0, "scale", &factor, "FACTOR", "1", 1e-6, 1e6,
        "times gain and read noise"),
    AE_STR(0, "noise-out", &noise_out, "FILE", "",
        "write gain, offset, read noise and spectrum, the mean of all rows"),
    AE_END_OPTS,
};
static const struct ae_about about = {"noise-estimate",
    "gain, offset, read noise and spectrum of the noise", "[FILE]", opts, 0};

#define LEAST       4   /* pixels across an image */
#define SIGNIFICANT 5.0 /* standard errors of a gain that is one */

/* Images that show the same. */
struct scene {
    size_t nf, nx, ny;
    float *image; /* [nf][ny][nx] */
    struct ae_register *search;
    struct ae_register_shift *shift; /* [nf] */
};
struct result {
    size_t images;
    struct ae_noise noise;
    double error, sigma, colour; /* of the gain; intensity; largest/smallest */
    int poisson;
    size_t blocks;
    float psd[PSD]; /* of the stabilised image where poisson */
};
/* Sums over all rows for --noise-out. */
struct total {
    double gain, offset, read2, psd[PSD];
    size_t rows, blocks;
    int poisson;
};

static int scene_new(struct scene *s, struct ae_error *err)
{
    const struct ae_register_rule rule = {
        .max_shift = {(double)s->nx / 4, (double)s->ny / 4},
        .min_overlap = 0.3,
        .coarse_sigma = 1,
        .sub = AE_REGISTER_NONE,
        .upsample = 2,
    };
    s->image = ae_alloc(s->nf * s->nx * s->ny, sizeof *s->image);
    s->shift = ae_alloc(s->nf, sizeof *s->shift);
    if (!s->image || !s->shift)
        return ae_fail(err, AE_EMEM, "out of memory");
    if (s->nf < 2 || in_register)
        return AE_OK;
    return ae_register_new(&s->search, s->nf, s->nx, s->ny, &rule, err);
}

static void scene_clear(struct scene *s)
{
    ae_register_free(s->search);
    free(s->image);
    free(s->shift);
}

/* The part that all frames show, moved to the front of s->image; sizes to *nx,
 * *ny. */
static int crop(struct scene *s, size_t *nx, size_t *ny, struct ae_error *err)
{
    long low[2] = {0, 0}, high[2] = {0, 0};
    for (size_t f = 0; f < s->nf; f++) {
        const long d[2] = {lround(s->shift[f].x), lround(s->shift[f].y)};
        for (int a = 0; a < 2; a++) {
            low[a] = d[a] < low[a] ? d[a] : low[a];
            high[a] = d[a] > high[a] ? d[a] : high[a];
        }
    }
    const long wide = (long)s->nx - high[0] + low[0];
    const long tall = (long)s->ny - high[1] + low[1];
    if (wide < 2 || tall < 2)
        return ae_fail(err, AE_EDATA, "the frames have no part in common");
    *nx = (size_t)wide;
    *ny = (size_t)tall;
    for (size_t f = 0; f < s->nf; f++)
        for (long y = 0; y < tall; y++) {
            const long from =
                ((long)(f * s->ny) + y - low[1] + lround(s->shift[f].y)) *
                    (long)s->nx -
                low[0] + lround(s->shift[f].x);
            memmove(s->image + (f * *ny + (size_t)y) * *nx, s->image + from,
                *nx * sizeof *s->image);
        }
    return AE_OK;
}

static void moments(
    const float *image, size_t nf, size_t n, float *mean, float *var)
{
    for (size_t i = 0; i < n; i++) {
        double m = 0, v = 0;
        for (size_t f = 0; f < nf; f++)
            m += (double)image[f * n + i] / (double)nf;
        for (size_t f = 0; f < nf; f++)
            v += pow((double)image[f * n + i] - m, 2) / (double)(nf - 1);
        mean[i] = (float)m;
        var[i] = (float)v;
    }
}

/* gain = sum m v / sum m^2; the read noise from around the particle. */
static int slope(struct ae_noise *noise, const float *mean, const float *var,
    size_t nx, size_t ny, struct ae_error *err)
{
    const struct ae_mask_rule rule = AE_MASK_RULE;
    unsigned char *mask = ae_alloc(nx * ny, 1);
    double mv = 0, mm = 0, m0 = 0, v0 = 0, n0 = 0;
    int code = mask ? ae_mask_make(mask, mean, nx, ny, &rule, NULL, err)
                    : ae_fail(err, AE_EMEM, "out of memory");
    for (size_t i = 0; i < nx * ny && !code; i++) {
        const double m = (double)mean[i] - offset, v = (double)var[i];
        mv += m * v;
        mm += m * m;
        m0 += mask[i] ? 0 : m;
        v0 += mask[i] ? 0 : v;
        n0 += !mask[i];
    }
    free(mask);
    if (code)
        return code;
    noise->gain = mm > 0 ? mv / mm : 0;
    noise->offset = offset;
    noise->read = n0 > 0 ? sqrt(fmax(0, (v0 - noise->gain * m0) / n0)) : 0;
    return AE_OK;
}

/* Spectrum of the differences (f_a - f_b)/sqrt 2 of neighbours, stabilised
 * where the noise depends on the intensity. frames are overwritten. */
static int differences(
    struct result *r, float *image, size_t nx, size_t ny, struct ae_error *err)
{
    struct ae_noise_spectrum *s = NULL;
    const size_t n = nx * ny;
    if (nx < AE_NOISE_BLOCK || ny < AE_NOISE_BLOCK)
        return AE_OK;
    int code = ae_noise_spectrum_new(&s, AE_NOISE_BLOCK, err);
    if (r->poisson)
        ae_vst_forward(image, r->images * n, &r->noise);
    for (size_t f = 0; f + 1 < r->images && !code; f++) {
        float *a = image + f * n;
        for (size_t i = 0; i < n; i++)
            a[i] = (a[i] - a[n + i]) * (float)M_SQRT1_2;
        code = ae_noise_spectrum_add(s, a, NULL, nx, ny, err);
    }
    if (!code)
        r->blocks = ae_noise_spectrum_get(s, r->psd);
    ae_noise_spectrum_free(s);
    return code;
}

static int of_frames(struct result *r, struct scene *s, struct ae_error *err)
{
    size_t nx = s->nx, ny = s->ny;
    int code = AE_OK;
    if (s->search) {
        code = ae_register_find(s->search, s->image, s->shift, err);
        if (!code)
            code = crop(s, &nx, &ny, err);
    }
    const size_t n = nx * ny;
    float *mean = ae_alloc(n, sizeof *mean), *var = ae_alloc(n, sizeof *var);
    if (!code && (!mean || !var))
        code = ae_fail(err, AE_EMEM, "out of memory");
    if (!code) {
        moments(s->image, s->nf, n, mean, var);
        code = ae_noise_line(mean, var, n, ae_given("offset") ? &offset : NULL,
            &r->noise, &r->error, err);
    }
    for (size_t i = 0; i < n && !code; i++)
        r->sigma += (double)var[i] / (double)n;
    r->sigma = sqrt(r->sigma);
    r->poisson = r->noise.gain > SIGNIFICANT * r->error;
    if (!code && method == SLOPE)
        code = slope(&r->noise, mean, var, nx, ny, err);
    if (!code)
        code = differences(r, s->image, nx, ny, err);
    free(mean);
    free(var);
    return code;
}

static int of_image(struct result *r, struct scene *s, struct ae_error *err)
{
    static struct ae_noise_found found;
    const double *known = ae_given("offset") ? &offset : NULL;
    int code = ae_noise_find(&found, s->image, s->nx, s->ny, known, err);
    r->noise = found.line;
    r->error = found.line_error;
    r->sigma = found.sigma;
    r->poisson = !code && ae_noise_is_poisson(&found);
    if (!code && r->poisson) {
        ae_vst_forward(s->image, s->nx * s->ny, &r->noise);
        code = ae_noise_find(&found, s->image, s->nx, s->ny, NULL, err);
    }
    r->blocks = found.colour > 1 ? found.blocks : 0;
    memcpy(r->psd, found.psd, sizeof r->psd);
    return code;
}

static int estimate(struct result *r, struct scene *s, struct ae_error *err)
{
    memset(r, 0, sizeof *r);
    r->images = s->nf;
    const int code = s->nf > 1 ? of_frames(r, s, err) : of_image(r, s, err);
    r->colour = r->blocks ? ae_noise_colour(r->psd, AE_NOISE_BLOCK,
                                AE_NOISE_BLOCK, r->blocks)
                          : 1;
    r->noise.gain *= factor;
    r->noise.read *= factor;
    return code;
}

/* The first row says whether the noise depends on the intensity; a spectrum of
 * the other kind is left out. */
static void add(struct total *t, const struct result *r)
{
    if (!t->rows)
        t->poisson = r->poisson;
    t->rows++;
    t->gain += r->poisson ? r->noise.gain : 0;
    t->offset += r->poisson ? r->noise.offset : 0;
    t->read2 +=
        r->poisson ? r->noise.read * r->noise.read : pow(factor * r->sigma, 2);
    if (r->poisson != t->poisson || !r->blocks)
        return;
    t->blocks += r->blocks;
    for (size_t i = 0; i < PSD; i++)
        t->psd[i] += (double)r->psd[i] * (double)r->blocks *
                     (r->poisson ? 1 : factor * factor);
}

static int write_noise(const struct total *t, struct ae_error *err)
{
    struct ae_vol vol = {.kind = AE_IMAGE,
        .dim = 2,
        .n = {AE_NOISE_BLOCK, AE_NOISE_BLOCK, 1, 1}};
    const double rows = (double)t->rows;
    const struct ae_noise noise = {t->poisson ? t->gain / rows : 0,
        t->poisson ? t->offset / rows : 0, sqrt(t->read2 / rows)};
    const double flat = t->poisson ? 1 : noise.read * noise.read;
    int code = ae_vol_alloc(&vol, err);
    for (size_t i = 0; i < PSD && !code; i++)
        vol.data[i] =
            (float)(t->blocks ? t->psd[i] / (double)t->blocks : PSD * flat);
    if (!code)
        code = ae_noise_set(&vol.keys, &noise, err);
    if (!code) {
        ae_history(&vol.keys);
        code = ae_nrrd_write(ae_create(noise_out), &vol, err);
    }
    ae_vol_clear(&vol);
    return code;
}

static void put(size_t k, const struct result *r)
{
    const int coloured = r->colour > AE_NOISE_COLOURED;
    ae_tsv_put(ae_out(), "ddgggggggs", (long)k, (long)r->images, r->noise.gain,
        r->error * factor, r->noise.offset, r->noise.read, factor * r->sigma,
        r->colour, (double)r->blocks,
        r->poisson ? coloured ? "poisson,correlated" : "poisson"
        : coloured ? "correlated"
                   : "white");
}

/* Images of one scene; 0 where the header and --frames do not agree. */
static size_t per_scene(const struct ae_vol *head)
{
    const size_t n = frames                    ? (size_t)frames
                     : head->kind == AE_FRAMES ? head->n[2]
                                               : 1;
    return n <= ae_vol_images(head) && ae_vol_images(head) % n == 0 ? n : 0;
}

/* A gain from counts that are negative on average: the offset is wrong. */
static void look(const struct result *r, double mean, size_t k)
{
    if (r->noise.gain > 0 && mean < r->noise.offset)
        ae_warn("%s: %s %zu: the mean is %g, below the offset %g; give the "
                "detector's --offset",
            ae_in()->name, r->images > 1 ? "frames of tilt" : "image", k, mean,
            r->noise.offset);
}

int main(int argc, char **argv)
{
    struct ae_nrrd *in;
    struct ae_vol head = {0};
    struct scene s = {0};
    static struct result r;
    static struct total total;
    ae_begin(&about, argc, argv);
    ae_must(ae_nrrd_open(&in, ae_in(), 0, &head, ae_err()));
    s = (struct scene){.nf = per_scene(&head), head.n[0], head.n[1], 0, 0, 0};
    if (s.nx < LEAST || s.ny < LEAST)
        ae_die("%s: images of %zu x %zu pixels; want at least %d x %d",
            ae_in()->name, s.nx, s.ny, LEAST, LEAST);
    if (!s.nf)
        ae_die("%s: %zu images are no multiple of --frames %ld", ae_in()->name,
            ae_vol_images(&head), frames);
    if (method == SLOPE && s.nf < 2)
        ae_usage("--method slope needs frames; give --frames or raw frames");
    ae_must(scene_new(&s, ae_err()));
    ae_tsv_head(ae_out(), "image\timages\tgain (intensity)\tgain_error "
                          "(intensity)\toffset (intensity)\tread_noise "
                          "(intensity)\tsigma (intensity)\tcolour\tblocks\t"
                          "model");
    const size_t n = ae_vol_image(&head), scenes = ae_vol_images(&head) / s.nf;
    for (size_t k = 0; k < scenes; k++) {
        for (size_t f = 0; f < s.nf; f++)
            ae_must(ae_nrrd_next(in, s.image + f * n, ae_err()));
        const double mean = ae_sum(s.image, s.nf * n) / (double)(s.nf * n);
        if (estimate(&r, &s, ae_err()))
            ae_die("%s: %s %zu: %s", ae_in()->name,
                s.nf > 1 ? "frames of tilt" : "image", k, ae_err()->msg);
        look(&r, mean, k);
        add(&total, &r);
        put(k, &r);
        ae_progress("images", (double)(k + 1), (double)scenes);
    }
    if (*noise_out)
        ae_must(write_noise(&total, ae_err()));
    scene_clear(&s);
    ae_nrrd_free(in);
    ae_vol_clear(&head);
    return ae_end();
}
