/* SPDX-License-Identifier: BSD-2-Clause
 * add-noise - shot, read-out and scan-line noise for clean images.
 *
 *   N(p) = Poisson(s I(p))            s = dose * pixel^2 * fraction
 *   out  = gain N + offset + read * normal + line * n(p)
 *   n_i  = rho n_(i-1) + sqrt(1 - rho^2) * normal,  n_0 = normal
 *
 *   I     clean intensity, in its unit      N     electrons counted
 *   s     electrons per unit and pixel      gain  counts per electron
 *   fraction  of the electrons of a pixel that a unit sends to the detector
 *   read, line  r.m.s. in counts            i     pixel along a scan line
 *
 * --counts chooses s instead: the mean of s I over the particle of the first
 * image is the wanted number, and s is the same for all images, as one dose is.
 * Without --dose and --counts there is no shot noise: N = I. Every image and
 * each of its three noises has a generator of its own, seeded by --seed, so
 * that one can be changed without the others.
 *
 * Source: Poisson-Gaussian detector model, Foi et al., IEEE Trans. Image
 * Process. 17, 1737 (2008), 10.1109/TIP.2008.2001399; scan-line noise as a
 * stationary first-order autoregression. Cost: some 100 ns per pixel.
 * reads: NRRD images, image by image     writes: the same, in counts
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "base/rng.h"
#include "base/tool.h"
#include "base/vol.h"
#include "image/mask.h"
#include "io/nrrd.h"
#include "io/xyz.h"

/* GSL's generator counts in 32 bits */
#define MAX_MEAN 1e9

static double dose, fraction, counts, gain, offset, read_noise, line_noise;
static double line_rho, pixel;
static long seed;
static const struct ae_opt opts[] = {
    AE_REAL('d', "dose", &dose, "e/angstrom^2", "0", 0, 1e12,
        "electrons per area and image, 0 for no shot noise"),
    AE_REAL(0, "fraction", &fraction, "F", "1", 1e-12, 1e12,
        "fraction of them on the detector per unit of the image"),
    AE_REAL('c', "counts", &counts, "electrons", "0", 0, MAX_MEAN,
        "instead of a dose: mean per pixel over the particle"),
    AE_REAL(
        'g', "gain", &gain, "counts", "1", 1e-12, 1e12, "counts per electron"),
    AE_REAL(0, "offset", &offset, "counts", "0", -1e12, 1e12,
        "counts of an empty pixel"),
    AE_REAL('r', "read-noise", &read_noise, "counts", "0", 0, 1e12,
        "r.m.s. of the read-out noise"),
    AE_REAL('l', "line-noise", &line_noise, "counts", "0", 0, 1e12,
        "r.m.s. of the noise correlated along scan lines"),
    AE_REAL(0, "line-rho", &line_rho, "RHO", "0.6", 0, 0.999999,
        "its correlation from one pixel to the next"),
    AE_REAL('p', "pixel", &pixel, "angstrom", "0", 0, 1000,
        "pixel size where the header gives none"),
    AE_INT(0, "seed", &seed, "N", "1", 0, 9e15, "of the random numbers"),
    AE_END_OPTS,
};
static const struct ae_about about = {
    "add-noise", "shot, read-out and scan-line noise", "[FILE]", opts, 1};

enum { SHOT, READ, LINE, PARTS };

struct noise {
    struct ae_rng *rng[PARTS];
    double scale;    /* electrons per unit of the image; 0: no shot noise */
    size_t negative; /* pixels below 0, which get no electrons */
    double lowest;
};

/* Electrons per unit so that the particle's mean is --counts. */
static int scale_by_particle(const struct ae_vol *head, const float *image,
    double *scale, struct ae_error *err)
{
    const size_t n = ae_vol_image(head);
    unsigned char *mask = ae_alloc(n, 1);
    struct ae_mask_rule rule = AE_MASK_RULE;
    double sum = 0, inside = 0;
    rule.dilate = 0;
    int code = mask ? ae_mask_make(
                          mask, image, head->n[0], head->n[1], &rule, NULL, err)
                    : ae_fail(err, AE_EMEM, "out of memory");
    for (size_t i = 0; i < n && !code; i++) {
        inside += mask[i];
        sum += mask[i] * (double)image[i];
    }
    free(mask);
    if (code)
        return code;
    if (!(sum > 0))
        return ae_fail(err, AE_EDATA,
            "--counts: no particle in the first image; give --dose");
    *scale = counts * inside / sum;
    return AE_OK;
}

static int shot_noise(struct noise *noise, float *image, size_t nx, size_t n,
    size_t k, struct ae_error *err)
{
    for (size_t i = 0; i < n; i++) {
        const double mean = noise->scale * (double)image[i];
        if (mean > MAX_MEAN)
            return ae_fail(err, AE_EDATA,
                "image %zu, pixel (%zu, %zu): %g electrons expected; "
                "want a smaller dose, at most %g",
                k, i % nx, i / nx, mean, MAX_MEAN);
        if (mean < 0) {
            noise->negative++;
            noise->lowest = fmin(noise->lowest, image[i]);
        }
        image[i] = mean > 0 ? (float)ae_rng_poisson(noise->rng[SHOT], mean) : 0;
    }
    return AE_OK;
}

/* Image k, in place. */
static int degrade(struct noise *noise, float *image, size_t nx, size_t ny,
    size_t k, struct ae_error *err)
{
    int code = AE_OK;
    for (int part = 0; part < PARTS; part++)
        ae_rng_set(
            noise->rng[part], (uint64_t)seed, PARTS * k + (uint64_t)part);
    if (noise->scale > 0)
        code = shot_noise(noise, image, nx, nx * ny, k, err);
    for (size_t j = 0; j < ny && !code; j++) {
        double along = 0;
        for (size_t i = 0; i < nx; i++) {
            double value = gain * (double)image[j * nx + i] + offset;
            if (read_noise > 0)
                value += read_noise * ae_rng_normal(noise->rng[READ]);
            if (line_noise > 0) {
                const double fresh = ae_rng_normal(noise->rng[LINE]);
                along =
                    i ? line_rho * along + sqrt(1 - line_rho * line_rho) * fresh
                      : fresh;
                value += line_noise * along;
            }
            image[j * nx + i] = (float)value;
        }
    }
    return code;
}

/* A number from the header's keys, or preset where there is none. */
static double number_key(
    const struct ae_keys *keys, const char *name, double preset)
{
    const char *text = ae_keys_get(keys, name);
    double x;
    return text && ae_parse_real(text, text + strlen(text), &x) && isfinite(x)
               ? x
               : preset;
}

static int set_key(struct ae_keys *keys, const char *name, double x)
{
    char text[32];
    ae_print_real(text, x);
    return ae_keys_set(keys, name, text);
}

/* What later stages need to know of the counts. Where the input is in counts
 * already, the two offsets and factors are chained. */
static int set_keys(struct ae_keys *keys, double scale, struct ae_error *err)
{
    const double per_unit = scale > 0 ? gain * scale : gain;
    const double before = number_key(keys, "counts_per_unit", 1);
    const double empty = number_key(keys, "detector_offset", 0);
    const double read = number_key(keys, "read_noise", 0);
    if (set_key(keys, "detector_offset", offset + per_unit * empty) ||
        (scale > 0 && set_key(keys, "counts_per_electron", gain)) ||
        set_key(keys, "read_noise", hypot(read_noise, per_unit * read)) ||
        set_key(keys, "counts_per_unit", per_unit * before))
        return ae_fail(err, AE_EMEM, "out of memory");
    return AE_OK;
}

static int begin(struct noise *noise, const struct ae_vol *head,
    const float *first, struct ae_error *err)
{
    noise->scale = dose * head->step[0] * head->step[1] * fraction;
    for (int i = 0; i < PARTS; i++)
        if (!(noise->rng[i] = ae_rng_new((uint64_t)seed, 0)))
            return ae_fail(err, AE_EMEM, "out of memory");
    if (counts > 0)
        return scale_by_particle(head, first, &noise->scale, err);
    return AE_OK;
}

int main(int argc, char **argv)
{
    struct ae_nrrd *in;
    struct ae_vol head = {0};
    struct noise noise = {0};
    ae_begin(&about, argc, argv);
    if (dose > 0 && counts > 0)
        ae_usage("--dose and --counts exclude each other; give one");
    if (dose <= 0 && counts <= 0 && read_noise <= 0 && line_noise <= 0)
        ae_usage("no noise; give --dose, --counts, --read-noise or "
                 "--line-noise");
    ae_must(ae_nrrd_open(&in, ae_in(), pixel, &head, ae_err()));
    if (dose > 0)
        ae_must(ae_need_pixel(&head, ae_in()->name, ae_err()));
    const size_t n = ae_vol_image(&head), images = ae_vol_images(&head);
    float *image = ae_alloc(n, sizeof *image);
    if (!image)
        ae_die("%zu pixels: out of memory", n);
    for (size_t k = 0; ae_must(ae_nrrd_next(in, image, ae_err())) != AE_END;
         k++) {
        if (!k) {
            ae_must(begin(&noise, &head, image, ae_err()));
            ae_must(set_keys(&head.keys, noise.scale, ae_err()));
            ae_history(&head.keys);
            ae_must(ae_nrrd_begin(ae_out(), &head, ae_err()));
        }
        ae_must(degrade(&noise, image, head.n[0], head.n[1], k, ae_err()));
        ae_must(ae_nrrd_put(ae_out(), image, n, ae_err()));
        ae_progress("images", (double)(k + 1), (double)images);
    }
    if (noise.negative)
        ae_warn("%zu pixels are below 0 (lowest %g) and got no electrons",
            noise.negative, noise.lowest);
    ae_say("%g electrons per unit and pixel", noise.scale);
    for (int i = 0; i < PARTS; i++)
        ae_rng_free(noise.rng[i]);
    free(image);
    ae_nrrd_free(in);
    ae_vol_clear(&head);
    return ae_end();
}
