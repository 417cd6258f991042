/* SPDX-License-Identifier: BSD-2-Clause
 * bm3d-denoise - block matching and collaborative filtering.
 *
 *   groups of similar n x n blocks -> 2-D cosine and Haar transform -> shrink
 *   -> back -> weighted average of all blocks that cover a pixel
 *   pass 1: coefficients below lambda sqrt(v) become 0
 *   pass 2: times B^2/(B^2 + mu2 v), B of the result of pass 1
 *
 *   v  variance of the noise in a coefficient: exact for white noise of sigma
 *      and for noise of any power spectrum (--psd), with the covariances of
 *      blocks that overlap or lie on the same scan lines
 *
 * The noise of electrons, Var z = gain (E z - offset) + read^2, is made white
 * by f(z) = (2/gain) sqrt(gain (z - offset) + 3/8 gain^2 + read^2) first and
 * taken back by the unbiased inverse (lib/image/vst.h).
 *
 * In a tilt series the rest z - y is put back smoothed (lib/image/rest.h).
 *
 * Source: Dabov et al., IEEE Trans. Image Process. 16, 2080 (2007),
 * 10.1109/TIP.2007.901238; Makinen, Azzari, Foi, IEEE Trans. Image Process.
 * 29, 8339 (2020), 10.1109/TIP.2020.3014721. Cost: see man page.
 * reads: NRRD images, image by image     writes: the same
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "base/threads.h"
#include "base/tool.h"
#include "base/vol.h"
#include "image/bm3d_levels.h"
#include "image/noise.h"
#include "image/noise_model.h"
#include "image/rest.h"
#include "image/vst.h"
#include "io/nrrd.h"

static double sigma, lambda, mu2, gain, read_noise, offset;
enum { AUTO, KEEP, DROP };
static int noise, profile, refilter, rest, no_map, no_rescale;
static const char *psd_path, *from_path;
static const struct ae_opt opts[] = {
    AE_REAL('s', "sigma", &sigma, "intensity", "0", 0, 1e30,
        "standard deviation of the noise, else from each image"),
    AE_CHOICE('n', "noise", &noise, "auto|white|poisson|correlated", "auto",
        "model of the noise"),
    AE_REAL('g', "gain", &gain, "intensity", "0", 0, 1e30,
        "of one electron, 0: from the keys or each image (poisson)"),
    AE_REAL(0, "read-noise", &read_noise, "intensity", "0", 0, 1e30,
        "standard deviation without electrons (poisson)"),
    AE_REAL(0, "offset", &offset, "intensity", "0", -1e30, 1e30,
        "of the detector, without electrons (poisson)"),
    AE_STR(0, "psd", &psd_path, "FILE", "",
        "power spectrum of the noise, frequency 0 first"),
    AE_STR(0, "noise-from", &from_path, "FILE", "",
        "gain, read noise and spectrum, of frame-register or noise-estimate"),
    AE_CHOICE(0, "profile", &profile, "normal|fast|np|vn|aet|mos2|lc", "normal",
        "set of parameters"),
    AE_REAL(0, "lambda", &lambda, "FACTOR", "0", 0, 100,
        "threshold of pass 1 in standard deviations, 0: the profile's"),
    AE_REAL(0, "mu2", &mu2, "FACTOR", "0", 0, 1000,
        "weight of the noise in pass 2, 0: the profile's"),
    AE_FLAG(0, "refilter", &refilter,
        "filter again what stands out of the rest: lattices"),
    AE_CHOICE(0, "rest", &rest, "auto|keep|drop", "auto",
        "what is left out: put back smoothed, or not; auto: in a tilt series"),
    AE_FLAG(0, "no-map", &no_map,
        "the image is on grey levels of 0 to 255: do not map it there"),
    AE_FLAG(0, "no-rescale", &no_rescale,
        "leave the level as the inverse transform gives it (poisson)"),
    AE_END_OPTS,
};
static const struct ae_about about = {"bm3d-denoise",
    "denoise by block matching and collaborative filtering", "[FILE]", opts, 1};

#define LEAST     8    /* pixels, the smallest block of a profile */
#define SATURATED 0.01 /* share of pixels at the highest value */
#define RESCALE   0.02 /* a scale further from 1 is worth a warning */

static int check_psd(const struct ae_vol *vol, const char *path,
    double *variance, struct ae_error *err)
{
    const size_t nx = vol->n[0], n = nx * vol->n[1];
    double sum = 0;
    if (ae_vol_images(vol) != 1)
        return ae_fail(err, AE_EDATA, "%s: %zu images; want one", path,
            ae_vol_images(vol));
    for (size_t i = 0; i < n; i++) {
        if (vol->data[i] < 0)
            return ae_fail(err, AE_EDATA,
                "%s: %g at sample (%zu, %zu); want no value below 0", path,
                (double)vol->data[i], i % nx, i / nx);
        sum += (double)vol->data[i];
    }
    *variance = sum / ((double)n * (double)n);
    return sum > 0 ? AE_OK
                   : ae_fail(err, AE_EDATA,
                         "%s: all 0; want the power of the noise", path);
}

/* A spectrum with or without the keys of a noise file. */
static int read_noise_file(
    struct ae_noise_model *m, const char *path, int keys, struct ae_error *err)
{
    struct ae_vol vol = {0};
    struct ae_noise found = {0};
    double variance = 0;
    int code = ae_nrrd_read(ae_open(path), 0, &vol, err);
    if (!code)
        code = check_psd(&vol, path, &variance, err);
    if (!code && keys) {
        code = ae_noise_get(&vol.keys, &found, err);
        if (code == AE_END)
            code = ae_fail(err, AE_EDATA,
                "%s: no noise_gain key; want a file of frame-register "
                "--noise-out, or --psd for a spectrum alone",
                path);
        m->noise = found;
    }
    if (!code) {
        m->nx = vol.n[0];
        m->ny = vol.n[1];
        m->psd = vol.data;
        vol.data = NULL;
        if (!(sigma > 0))
            m->sigma = sqrt(variance);
    }
    ae_vol_clear(&vol);
    return code;
}

/* The counts that earlier stages left in the header, where they did. */
static int noise_of_keys(const struct ae_keys *keys, struct ae_noise *found)
{
    static const char *const name[] = {
        "counts_per_electron", "detector_offset", "read_noise"};
    double value[3] = {0};
    for (int i = 0; i < 3; i++) {
        const char *text = ae_keys_get(keys, name[i]);
        value[i] = text ? strtod(text, NULL) : 0;
        if (!isfinite(value[i]))
            return 0;
    }
    *found = (struct ae_noise){value[0], value[1], fmax(0, value[2])};
    return value[0] > 0;
}

/* What options, files and keys tell of the noise of all images. */
static void know(struct ae_noise_model *m, const struct ae_keys *keys)
{
    m->kind = noise;
    m->sigma = sigma;
    if (*psd_path)
        ae_must(read_noise_file(m, psd_path, 0, ae_err()));
    if (*from_path)
        ae_must(read_noise_file(m, from_path, 1, ae_err()));
    if (gain > 0) {
        m->noise = (struct ae_noise){gain, offset, read_noise};
        if (!m->psd && !(sigma > 0))
            m->sigma = 1;
    } else if ((noise == AE_NOISE_AUTO || noise == AE_NOISE_POISSON) &&
               !m->psd && !(sigma > 0)) {
        noise_of_keys(keys, &m->noise);
    }
    if (noise == AE_NOISE_AUTO && (m->noise.gain > 0 || m->psd || sigma > 0))
        m->kind = m->noise.gain > 0 ? AE_NOISE_POISSON
                  : m->psd          ? AE_NOISE_CORRELATED
                                    : AE_NOISE_WHITE;
    if (m->kind != AE_NOISE_POISSON)
        m->noise = (struct ae_noise){0};
    m->is_told = m->noise.gain > 0 && !*from_path;
}

/* Images whose scale to the noisy one is far from 1: how many, the one that is
 * farthest off, its scale. */
struct scaled {
    size_t n, most;
    double factor;
};
struct denoiser {
    struct ae_bm3d_wish wish;
    struct ae_bm3d_levels levels;
    int rest;                    /* what is left out is put back smoothed */
    struct ae_noise_found found; /* of the last image */
    struct scaled scaled;
};

/* Unlikely pixels and images, before anything is done to them. */
static int look(const float *image, size_t k, size_t nx, size_t ny,
    const struct ae_noise_model *m, struct ae_error *err)
{
    const size_t n = nx * ny;
    float low = image[0], high = image[0];
    size_t where = 0, most = 0;
    for (size_t i = 0; i < n; i++) {
        where = image[i] < low ? i : where;
        low = fminf(low, image[i]);
        high = fmaxf(high, image[i]);
    }
    for (size_t i = 0; i < n; i++)
        most += image[i] == high;
    if (low == high)
        ae_warn("%s: image %zu: blank, %g everywhere; passed on as it is",
            ae_in()->name, k, (double)high);
    else if (!(m->sigma > 0) && m->kind == AE_NOISE_WHITE)
        ae_warn("%s: image %zu: no noise found; passed on as it is",
            ae_in()->name, k);
    else if (most >= 64 && (double)most > SATURATED * (double)n)
        ae_warn("%s: image %zu: %.2g %% of the pixels hold the highest value "
                "%g; saturated?",
            ae_in()->name, k, 100 * (double)most / (double)n, (double)high);
    const double least =
        m->noise.offset - m->noise.gain - 7 * m->noise.read; /* 1e-12 */
    if (m->is_told && (double)low < least)
        return ae_fail(err, AE_EDATA,
            "pixel (%zu, %zu) is %g: counts are not below the offset %g by so "
            "much; give --offset or --read-noise",
            where % nx, where / nx, (double)low, m->noise.offset);
    return AE_OK;
}

static void count(struct scaled *scaled, size_t k, double factor)
{
    if (fabs(factor - 1) <= RESCALE)
        return;
    if (!scaled->n++ || fabs(factor - 1) > fabs(scaled->factor - 1)) {
        scaled->most = k;
        scaled->factor = factor;
    }
}

/* z[n] noisy, work[n]; out[n]. */
static int denoise(struct denoiser *d, const struct ae_noise_model *known,
    const float *z, float *work, float *out, size_t nx, size_t ny, size_t k,
    struct ae_error *err)
{
    struct ae_noise_model m = *known;
    const size_t n = nx * ny;
    size_t same = 1;
    double width = 0;
    while (same < n && z[same] == z[0])
        same++;
    const int constant = same == n;
    memcpy(out, z, n * sizeof *out);
    memcpy(work, z, n * sizeof *work);
    int code = constant ? AE_OK
                        : ae_noise_model_complete(&m, &d->found, z, nx, ny,
                              ae_given("offset") ? &offset : NULL,
                              ae_given("read-noise") ? &read_noise : NULL, err);
    if (!code)
        code = look(z, k, nx, ny, &m, err);
    if (code || constant || (m.kind != AE_NOISE_POISSON && !(m.sigma > 0)))
        return code;
    if (m.kind == AE_NOISE_POISSON) {
        ae_vst_forward(work, n, &m.noise);
        if (!(m.sigma > 0))
            code = ae_noise_model_stabilised(&m, &d->found, work, nx, ny, err);
    }
    if (!code && d->rest)
        code = ae_rest_width(
            &width, work, nx, ny, m.psd, m.nx, m.ny, m.sigma, err);
    if (!code)
        code = ae_bm3d_levels_run(&d->levels, &d->wish,
            &(struct ae_bm3d_noise){m.sigma, m.psd, m.nx, m.ny}, work, out, nx,
            ny, err);
    if (!code && m.kind == AE_NOISE_POISSON)
        code = ae_vst_back(out, n, &m.noise, err);
    if (!code && m.kind == AE_NOISE_POISSON && !no_rescale)
        count(&d->scaled, k, ae_vst_level(out, z, n, m.noise.offset));
    if (!code && d->rest)
        code = ae_rest_put(out, z, nx, ny, width, err);
    if (m.kind == AE_NOISE_POISSON)
        ae_say("image %zu: poisson%s noise, gain %g, offset %g, read noise %g, "
               "stabilised %.3g",
            k, m.psd ? " and correlated" : "", m.noise.gain, m.noise.offset,
            m.noise.read, m.sigma);
    else
        ae_say("image %zu: sigma %g, %s noise", k, m.sigma,
            m.psd ? "correlated" : "white");
    if (d->rest)
        ae_say("image %zu: rest put back through %.3g px", k, width);
    return code;
}

static void check_usage(void)
{
    if (ae_given("sigma") && !(sigma > 0))
        ae_usage("--sigma 0 is no noise to take away; leave --sigma away to "
                 "have it found in each image");
    if (*psd_path && *from_path)
        ae_usage("--psd and --noise-from both name a spectrum; give one");
    if (noise == AE_NOISE_WHITE && (*psd_path || *from_path))
        ae_usage("--noise white has no spectrum; leave --psd and --noise-from "
                 "away");
    if ((noise == AE_NOISE_WHITE || noise == AE_NOISE_CORRELATED) && gain > 0)
        ae_usage("--gain is for --noise poisson");
    if (gain > 0 && *from_path)
        ae_usage("--noise-from holds the gain; leave --gain away");
}

int main(int argc, char **argv)
{
    struct ae_nrrd *in;
    struct ae_vol head = {0};
    struct ae_noise_model known = {0};
    static struct denoiser d;
    ae_begin(&about, argc, argv);
    check_usage();
    ae_must(ae_nrrd_open(&in, ae_in(), 0, &head, ae_err()));
    know(&known, &head.keys);
    d.wish = (struct ae_bm3d_wish){.name = profile,
        .is_named = ae_given("profile"),
        .lambda = lambda,
        .mu2 = mu2,
        .unmapped = no_map,
        .refilter = refilter,
        .anew = noise == AE_NOISE_AUTO};
    d.rest = rest == KEEP || (rest == AUTO && head.nangle > 1);
    const size_t n = ae_vol_image(&head), nx = head.n[0], ny = head.n[1];
    if (nx < LEAST || ny < LEAST)
        ae_die("%s: images of %zu x %zu pixels; smaller than a block, want at "
               "least %d x %d",
            ae_in()->name, nx, ny, LEAST, LEAST);
    size_t all;
    float *image = ae_mul(n, 3, &all) ? NULL : ae_alloc(all, sizeof *image);
    if (!image)
        ae_die("%zu x %zu pixels: out of memory", nx, ny);
    float *out = image + n, *work = out + n;
    ae_history(&head.keys);
    ae_must(ae_nrrd_begin(ae_out(), &head, ae_err()));
    for (size_t k = 0; ae_must(ae_nrrd_next(in, image, ae_err())) != AE_END;
         k++) {
        if (denoise(&d, &known, image, work, out, nx, ny, k, ae_err()))
            ae_die("%s: image %zu: %s", ae_in()->name, k, ae_err()->msg);
        ae_must(ae_nrrd_put(ae_out(), out, n, ae_err()));
        ae_progress("images", (double)(k + 1), (double)ae_vol_images(&head));
    }
    if (d.scaled.n)
        ae_warn("%s: %zu images are scaled by more than %g %% (most: image "
                "%zu, by %.4g); is the gain right?",
            ae_in()->name, d.scaled.n, 100 * RESCALE, d.scaled.most,
            d.scaled.factor);
    ae_bm3d_levels_clear(&d.levels);
    free(known.psd);
    free(image);
    ae_nrrd_free(in);
    ae_vol_clear(&head);
    return ae_end();
}
