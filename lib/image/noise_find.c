/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/noise_find.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "image/mask.h"

#define LEAST_OUTSIDE 1000 /* pixels that tell sigma to 3 % */
#define LEAST_BLOCKS  8    /* periodograms of a spectrum worth looking at */
#define SIGNIFICANT   5.0  /* standard errors of the slope */
#define QUIET         1.5  /* variance of a block over the least one */
#define SMOOTH        3.0  /* pixels, as for the mask */
#define STEEP         8.0  /* structure one size up over that at one pixel */

/* Least-squares plane of the pixels where use is set, off the whole image. */
static void flatten(float *flat, const float *image, const unsigned char *use,
    size_t nx, size_t ny)
{
    double n = 0, sx = 0, sy = 0, sz = 0, xx = 0, yy = 0, xy = 0, xz = 0,
           yz = 0;
    for (size_t i = 0; i < nx * ny; i++) {
        const double x = (double)(i % nx) - (double)nx / 2;
        const double y = (double)(i / nx) - (double)ny / 2;
        const double u = use[i] != 0, z = (double)image[i];
        n += u;
        sx += u * x;
        sy += u * y;
        sz += u * z;
        xx += u * x * x;
        yy += u * y * y;
        xy += u * x * y;
        xz += u * x * z;
        yz += u * y * z;
    }
    xx -= sx * sx / n;
    yy -= sy * sy / n;
    xy -= sx * sy / n;
    xz -= sx * sz / n;
    yz -= sy * sz / n;
    const double det = xx * yy - xy * xy;
    const double a = det > 0 ? (xz * yy - yz * xy) / det : 0;
    const double b = det > 0 ? (yz * xx - xz * xy) / det : 0;
    const double c = (sz - a * sx - b * sy) / n;
    for (size_t i = 0; i < nx * ny; i++)
        flat[i] = (float)((double)image[i] - c -
                          a * ((double)(i % nx) - (double)nx / 2) -
                          b * ((double)(i / nx) - (double)ny / 2));
}

/* Means and squared diagonal differences of 2 x 2 samples; sums over 2 to
 * half, unless NULL. */
static size_t differences(const float *image, size_t nx, size_t ny, float *mean,
    float *square, float *half)
{
    size_t n = 0;
    for (size_t y = 0; y + 1 < ny; y += 2)
        for (size_t x = 0; x + 1 < nx; x += 2) {
            const float *p = image + y * nx + x, *q = p + nx;
            const float d = ((p[0] - p[1]) - (q[0] - q[1])) / 2;
            mean[n] = ((p[0] + p[1]) + (q[0] + q[1])) / 4;
            if (half)
                half[n] = 2 * mean[n];
            square[n++] = d * d;
        }
    return n;
}

static int lines(struct ae_noise_found *found, const float *image, size_t nx,
    size_t ny, const double *offset, struct ae_error *err)
{
    const size_t room = (nx / 2) * (ny / 2);
    float *mean = ae_alloc(room, sizeof *mean);
    float *square = ae_alloc(room, sizeof *square);
    float *half = ae_alloc(room, sizeof *half);
    struct ae_noise coarse = {0};
    int code =
        mean && square && half ? AE_OK : ae_fail(err, AE_EMEM, "out of memory");
    if (code)
        goto out;
    size_t n = differences(image, nx, ny, mean, square, half);
    code = ae_noise_line(
        mean, square, n, offset, &found->line, &found->line_error, err);
    n = differences(half, nx / 2, ny / 2, mean, square, NULL);
    for (size_t i = 0; i < n; i++)
        mean[i] /= 2; /* a half's value is twice the intensity */
    if (!code && n > 1)
        code = ae_noise_line(mean, square, n, offset, &coarse, NULL, err);
    found->line_coarse = coarse.gain;
out:
    free(mean);
    free(square);
    free(half);
    return code;
}

/* Variance of a block where the particle does not touch it, else -1. block:
 * its samples, one after the other. */
static double block_variance(const float *flat, const unsigned char *use,
    size_t nx, size_t left, size_t top, float *block)
{
    enum { N = AE_NOISE_BLOCK };
    double sum = 0, square = 0;
    for (size_t i = 0; i < N * N; i++) {
        const size_t at = (top + i / N) * nx + left + i % N;
        if (!use[at])
            return -1;
        block[i] = flat[at];
        sum += (double)flat[at];
        square += (double)flat[at] * (double)flat[at];
    }
    return fmax(0, square - sum * sum / (N * N)) / (N * N);
}

/* Stationary noise is alike everywhere: blocks that hold much more than the
 * quietest one hold structure. */
static int add_blocks(struct ae_noise_spectrum *s, const float *flat,
    const unsigned char *use, size_t nx, size_t ny, struct ae_error *err)
{
    enum { N = AE_NOISE_BLOCK };
    float block[N * N];
    double least = HUGE_VAL;
    int code = AE_OK;
    for (int pass = 0; pass < 2; pass++)
        for (size_t top = 0; top + N <= ny; top += N / 2)
            for (size_t left = 0; left + N <= nx && !code; left += N / 2) {
                const double v =
                    block_variance(flat, use, nx, left, top, block);
                if (!pass && v >= 0)
                    least = fmin(least, v);
                if (pass && v >= 0 && v <= QUIET * least)
                    code = ae_noise_spectrum_add(s, block, NULL, N, N, err);
            }
    return code;
}

static int spectrum(struct ae_noise_found *found, const float *image,
    const unsigned char *use, size_t nx, size_t ny, struct ae_error *err)
{
    struct ae_noise_spectrum *s = NULL;
    float *flat = ae_alloc(nx * ny, sizeof *flat);
    int code = flat ? ae_noise_spectrum_new(&s, AE_NOISE_BLOCK, err)
                    : ae_fail(err, AE_EMEM, "out of memory");
    if (!code) {
        flatten(flat, image, use, nx, ny);
        code = add_blocks(s, flat, use, nx, ny, err);
    }
    if (!code)
        found->blocks = ae_noise_spectrum_get(s, found->psd);
    if (found->blocks >= LEAST_BLOCKS)
        found->colour = ae_noise_colour(
            found->psd, AE_NOISE_BLOCK, AE_NOISE_BLOCK, found->blocks);
    ae_noise_spectrum_free(s);
    free(flat);
    return code;
}

/* No mean intensity lies below the offset: the least of the image, smoothed
 * over some hundred pixels, bounds an offset that is only extrapolated. */
static int bound_offset(struct ae_noise *line, const float *image, size_t nx,
    size_t ny, struct ae_error *err)
{
    float *smooth = ae_alloc(nx * ny, sizeof *smooth), least = INFINITY;
    int code = smooth ? ae_mask_smooth(smooth, image, NULL, nx, ny, SMOOTH, err)
                      : ae_fail(err, AE_EMEM, "out of memory");
    for (size_t i = 0; i < nx * ny && !code; i++)
        least = fminf(least, smooth[i]);
    line->offset = fmin(line->offset, (double)least);
    free(smooth);
    return code;
}

int ae_noise_find(struct ae_noise_found *found, const float *image, size_t nx,
    size_t ny, const double *offset, struct ae_error *err)
{
    const struct ae_mask_rule rule = AE_MASK_RULE;
    unsigned char *mask = ae_alloc(nx * ny, 1);
    memset(found, 0, sizeof *found);
    found->colour = 1;
    int code = mask ? ae_mask_make(mask, image, nx, ny, &rule, NULL, err)
                    : ae_fail(err, AE_EMEM, "out of memory");
    for (size_t i = 0; i < nx * ny && !code; i++)
        found->outside += !mask[i];
    if (!code)
        code =
            ae_noise_white(image, found->outside < LEAST_OUTSIDE ? NULL : mask,
                nx, ny, &found->sigma, err);
    for (size_t i = 0; i < nx * ny && !code; i++)
        mask[i] = !mask[i];
    if (!code && found->outside >= LEAST_OUTSIDE && nx >= AE_NOISE_BLOCK &&
        ny >= AE_NOISE_BLOCK)
        code = spectrum(found, image, mask, nx, ny, err);
    if (!code && nx >= 4 && ny >= 4)
        code = lines(found, image, nx, ny, offset, err);
    if (!code && !offset && found->line.gain > 0 && found->line.offset > 0)
        code = bound_offset(&found->line, image, nx, ny, err);
    free(mask);
    return code;
}

int ae_noise_is_correlated(const struct ae_noise_found *found)
{
    return found->colour > AE_NOISE_COLOURED;
}

int ae_noise_is_poisson(const struct ae_noise_found *found)
{
    const double fine = found->line.gain, coarse = found->line_coarse;
    return fine - fmax(0, coarse) / STEEP > SIGNIFICANT * found->line_error;
}
