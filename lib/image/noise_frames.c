/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/noise_frames.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "image/mask.h"
#include "image/vst.h"

#define KEPT        ((size_t)1 << 18) /* pixels of all tilts */
#define SMOOTH      3 /* pixels, Gaussian, of mean and variance */
#define SIGNIFICANT 3 /* standard errors, of a gain that is not 0 */

struct ae_noise_frames {
    size_t nf, nx, ny, tilts, seen;
    int has_offset;
    double offset;
    float *mean, *var; /* [kept + nx ny] */
    size_t kept;
    struct ae_noise first; /* of a frame, from the first tilt */
    float *one[2];         /* [ny][nx] */
    struct ae_noise_spectrum *spectrum;
};

void ae_noise_frames_free(struct ae_noise_frames *a)
{
    if (!a)
        return;
    ae_noise_spectrum_free(a->spectrum);
    free(a->mean);
    free(a->var);
    free(a->one[0]);
    free(a->one[1]);
    free(a);
}

int ae_noise_frames_new(struct ae_noise_frames **out, size_t nf, size_t nx,
    size_t ny, size_t tilts, const double *offset, struct ae_error *err)
{
    struct ae_noise_frames *a = *out = ae_alloc(1, sizeof *a);
    if (!a)
        return ae_fail(err, AE_EMEM, "out of memory");
    a->nf = nf;
    a->nx = nx;
    a->ny = ny;
    a->tilts = tilts;
    a->has_offset = offset != NULL;
    a->offset = offset ? *offset : 0;
    a->mean = ae_alloc(KEPT + nx * ny, sizeof *a->mean);
    a->var = ae_alloc(KEPT + nx * ny, sizeof *a->var);
    a->one[0] = ae_alloc(nx * ny, sizeof **a->one);
    a->one[1] = ae_alloc(nx * ny, sizeof **a->one);
    int code = a->mean && a->var && a->one[0] && a->one[1]
                   ? ae_noise_spectrum_new(&a->spectrum, AE_NOISE_BLOCK, err)
                   : ae_fail(err, AE_EMEM, "out of memory");
    if (code) {
        ae_noise_frames_free(a);
        *out = NULL;
    }
    return code;
}

/* Mean and variance of every pixel, both smoothed alike, which keeps a line
 * between them: the noise of a mean of few frames would flatten the line. */
static int moments(struct ae_noise_frames *a, const float *frames,
    const unsigned char *use, struct ae_error *err)
{
    const size_t n = a->nx * a->ny;
    for (size_t i = 0; i < n; i++) {
        double sum = 0, square = 0;
        for (size_t f = 0; f < a->nf; f++)
            sum += (double)frames[f * n + i];
        const double mean = sum / (double)a->nf;
        for (size_t f = 0; f < a->nf; f++) {
            const double d = (double)frames[f * n + i] - mean;
            square += d * d;
        }
        a->one[0][i] = (float)mean;
        a->one[1][i] = (float)(square / (double)(a->nf - 1));
    }
    int code = AE_OK;
    for (int i = 0; i < 2 && !code; i++)
        code = ae_mask_smooth(
            a->one[i], a->one[i], use, a->nx, a->ny, SMOOTH, err);
    return code;
}

/* Every step-th usable pixel of them, behind those kept; returns how many. */
static size_t keep(
    struct ae_noise_frames *a, const unsigned char *use, size_t step)
{
    size_t count = 0;
    for (size_t i = 0, met = 0; i < a->nx * a->ny; i++) {
        if (!use[i] || met++ % step)
            continue;
        a->mean[a->kept + count] = a->one[0][i];
        a->var[a->kept + count++] = a->one[1][i];
    }
    return count;
}

/* The line through n pixels; the gain is 0 where it is not significant. */
static int line(struct ae_noise_frames *a, size_t n, struct ae_noise *noise,
    struct ae_error *err)
{
    double error, sum = 0;
    int code = ae_noise_line(a->mean, a->var, n,
        a->has_offset ? &a->offset : NULL, noise, &error, err);
    if (code || noise->gain > SIGNIFICANT * error)
        return code;
    for (size_t i = 0; i < n; i++)
        sum += (double)a->var[i];
    *noise = (struct ae_noise){0, a->offset, sqrt(sum / (double)n)};
    return AE_OK;
}

int ae_noise_frames_add(struct ae_noise_frames *a, const float *frames,
    const unsigned char *use, struct ae_error *err)
{
    const size_t n = a->nx * a->ny, quota = KEPT / a->tilts + 1;
    int code = moments(a, frames, use, err);
    if (!code && !a->seen++)
        code = line(a, keep(a, use, 1), &a->first, err);
    a->kept += keep(a, use, (n + quota - 1) / quota);
    if (a->kept > KEPT)
        a->kept = KEPT;
    for (size_t f = 0; f < a->nf && !code; f++) {
        float *now = a->one[f % 2];
        const float *before = a->one[(f + 1) % 2];
        memcpy(now, frames + f * n, n * sizeof *now);
        if (a->first.gain > 0)
            ae_vst_forward(now, n, &a->first);
        if (!f)
            continue;
        float *difference = a->one[(f + 1) % 2];
        for (size_t i = 0; i < n; i++)
            difference[i] = (now[i] - before[i]) * (float)M_SQRT1_2;
        code = ae_noise_spectrum_add(
            a->spectrum, difference, use, a->nx, a->ny, err);
    }
    return code;
}

int ae_noise_frames_get(struct ae_noise_frames *a, struct ae_noise *noise,
    float *psd, struct ae_error *err)
{
    int code = line(a, a->kept, noise, err);
    if (code)
        return code;
    if (!ae_noise_spectrum_get(a->spectrum, psd))
        return ae_fail(err, AE_EDATA,
            "no block of %d x %d pixels is in all frames; the spectrum needs "
            "larger images",
            AE_NOISE_BLOCK, AE_NOISE_BLOCK);
    if ((noise->gain > 0) != (a->first.gain > 0))
        *noise = a->first;
    const double frames = (double)a->nf;
    const double scale =
        noise->gain > 0 ? a->first.gain / noise->gain : 1 / frames;
    for (size_t i = 0; i < AE_NOISE_BLOCK * AE_NOISE_BLOCK; i++)
        psd[i] = (float)(psd[i] * scale);
    noise->gain /= frames;
    noise->read /= sqrt(frames);
    return AE_OK;
}
