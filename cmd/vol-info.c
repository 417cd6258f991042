/* SPDX-License-Identifier: BSD-2-Clause
 * vol-info - what an image, tilt stack or volume is: sizes, units, values,
 * angles, keys.
 *
 *   mean = sum v / n      std = sqrt(sum (v - mean)^2 / n)
 *   v  samples   n  their number; sums in double, image by image
 *
 * Source: none.   Cost: one pass, one image in memory.
 * reads: NRRD      writes: text, or JSON (--json)
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/history.h"
#include "base/mem.h"
#include "base/tool.h"
#include "io/nrrd.h"
#include "io/summary.h"

static int json;
static double pixel;
static const struct ae_opt opts[] = {
    AE_FLAG(0, "json", &json, "JSON for programs instead of lines"),
    AE_REAL('p', "pixel", &pixel, "angstrom", "0", 0, 1000,
        "pixel size where the header gives none"),
    AE_END_OPTS,
};
static const struct ae_about about = {"vol-info",
    "summary of an image, tilt stack or volume", "[FILE]", opts, .streams = 0};

struct values {
    double n, min, max, mean, squares; /* squares: sum of (v - mean)^2 */
    double zeros;
};

/* Join the values of one image (Chan, Golub, LeVeque 1983). */
static void add_image(struct values *all, const float *v, size_t n)
{
    struct values one = {.n = (double)n, .min = v[0], .max = v[0]};
    for (size_t i = 0; i < n; i++) {
        one.min = fmin(one.min, (double)v[i]);
        one.max = fmax(one.max, (double)v[i]);
        one.mean += (double)v[i];
        one.zeros += v[i] == 0;
    }
    one.mean /= one.n;
    for (size_t i = 0; i < n; i++)
        one.squares += ((double)v[i] - one.mean) * ((double)v[i] - one.mean);
    double d = one.mean - all->mean, sum = all->n + one.n;
    all->min = all->n > 0 ? fmin(all->min, one.min) : one.min;
    all->max = all->n > 0 ? fmax(all->max, one.max) : one.max;
    all->mean += d * one.n / sum;
    all->squares += one.squares + d * d * all->n * one.n / sum;
    all->zeros += one.zeros;
    all->n = sum;
}

static void print_geometry(struct ae_summary *s, const struct ae_vol *vol)
{
    static const char *const kind[] = {
        "image", "tilt stack", "raw frames", "volume"};
    double size[4], extent[3];
    int axes = vol->kind == AE_VOLUME ? 3 : 2;
    for (int i = 0; i < vol->dim; i++)
        size[i] = (double)vol->n[i];
    for (int i = 0; i < axes; i++)
        extent[i] = vol->step[i] * size[i];
    ae_summary_text(s, "kind", kind[vol->kind]);
    ae_summary_numbers(s, "sizes", size, (size_t)vol->dim, "");
    if (!(vol->step[0] > 0)) {
        ae_summary_text(s, "pixel", "unknown; give --pixel");
        return;
    }
    ae_summary_numbers(s, "pixel", vol->step, (size_t)axes, "angstrom");
    ae_summary_numbers(s, "extent", extent, (size_t)axes, "angstrom");
    ae_summary_numbers(s, "origin", vol->origin, (size_t)axes, "angstrom");
    ae_summary_numbers(
        s, "rotation centre", vol->centre, (size_t)axes, "angstrom");
}

static void print_values(struct ae_summary *s, const struct values *v)
{
    ae_summary_number(s, "samples", v->n, "");
    ae_summary_number(s, "min", v->min, "");
    ae_summary_number(s, "max", v->max, "");
    ae_summary_number(s, "mean", v->mean, "");
    ae_summary_number(s, "std", sqrt(v->squares / v->n), "");
    ae_summary_number(s, "zeros", v->zeros, "");
}

/* Smallest and largest angle k of the images. */
static void angle_range(const struct ae_vol *vol, int k, double range[2])
{
    range[0] = range[1] = vol->euler[0][k];
    for (size_t i = 1; i < vol->nangle; i++) {
        range[0] = fmin(range[0], vol->euler[i][k]);
        range[1] = fmax(range[1], vol->euler[i][k]);
    }
}

/* The rows of a data-collection table, as papers print it. */
static void print_series(struct ae_summary *s, const struct ae_vol *vol)
{
    static const char *const angle[] = {"phi", "tilt range", "psi"};
    static const char *const quoted[] = {
        "energy", "dose", "electron_dose", "R1", "r1", "atoms"};
    double range[2];
    ae_summary_open(s, "tilt series");
    if (vol->kind == AE_STACK || vol->kind == AE_FRAMES)
        ae_summary_number(s, "images",
            (double)(vol->kind == AE_FRAMES ? vol->n[3] : vol->n[2]), "");
    if (vol->step[0] > 0)
        ae_summary_number(s, "pixel size", vol->step[0], "angstrom");
    for (int k = 0; k < 3 && vol->nangle; k++) {
        angle_range(vol, k, range);
        if (k == 1 || range[0] < 0 || range[1] > 0)
            ae_summary_numbers(s, angle[k], range, 2, "degree");
    }
    for (size_t i = 0; i < sizeof quoted / sizeof *quoted; i++) {
        const char *value = ae_keys_get(&vol->keys, quoted[i]);
        if (value)
            ae_summary_text(s, quoted[i], value);
    }
    ae_summary_close(s);
}

static void print_keys(struct ae_summary *s, const struct ae_keys *keys)
{
    ae_summary_open(s, "keys");
    for (size_t i = 0; i < keys->n; i++)
        ae_summary_text(s, keys->key[i].name, keys->key[i].value);
    ae_summary_close(s);
}

int main(int argc, char **argv)
{
    struct ae_nrrd *reader;
    struct ae_vol vol = {0};
    struct ae_summary summary;
    struct values values = {0};
    ae_begin(&about, argc, argv);
    ae_must(ae_nrrd_open(&reader, ae_in(), pixel, &vol, ae_err()));
    size_t n = ae_vol_image(&vol);
    float *image = ae_alloc(n, sizeof *image);
    if (!image)
        ae_die("out of memory for an image of %zu samples", n);
    while (ae_must(ae_nrrd_next(reader, image, ae_err())) != AE_END)
        add_image(&values, image, n);
    ae_summary_begin(&summary, ae_out(), json);
    print_geometry(&summary, &vol);
    print_values(&summary, &values);
    if (vol.kind != AE_IMAGE || vol.nangle)
        print_series(&summary, &vol);
    if (vol.keys.n)
        print_keys(&summary, &vol.keys);
    ae_summary_end(&summary);
    free(image);
    ae_nrrd_free(reader);
    ae_vol_clear(&vol);
    return ae_end();
}
