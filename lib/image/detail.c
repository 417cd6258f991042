/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/detail.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"

/* See the header. */
static const double MORE = 2.25; /* 1.5^2, of d */
static const double FAINT = 3;   /* of e */
static const double SEEN = 2;    /* of e */

/* Weights of a line's samples first, ..., last for sample i: a Gaussian of s,
 * and at the ends of the line such as give a slope its own value (a local
 * linear fit); without that a film's slope shows as detail at the border. */
static void end_weights(double *w, long i, long first, long last, double s)
{
    double sum[3] = {0};
    for (long k = first; k <= last; k++) {
        const double t = (double)(k - i), g = exp(-0.5 * t * t / (s * s));
        sum[0] += g;
        sum[1] += g * t;
        sum[2] += g * t * t;
    }
    const double norm = sum[0] * sum[2] - sum[1] * sum[1];
    for (long k = first; k <= last; k++) {
        const double t = (double)(k - i), g = exp(-0.5 * t * t / (s * s));
        w[k - first] = g * (sum[2] - sum[1] * t) / norm;
    }
}

/* out = the line of n samples at distance stride, smoothed. */
static void smooth_line(
    double *out, const double *in, long n, size_t stride, double s, double *w)
{
    const long half = (long)ceil(3 * s);
    long known = -1, of = -1; /* the weights in w: before and after i */
    for (long i = 0; i < n; i++) {
        const long before = i < half ? i : half;
        const long after = n - 1 - i < half ? n - 1 - i : half;
        double sum = 0;
        if (before != known || after != of)
            end_weights(w, i, i - before, i + after, s);
        known = before;
        of = after;
        for (long k = -before; k <= after; k++)
            sum += w[k + before] * in[(size_t)(i + k) * stride];
        out[(size_t)i * stride] = sum;
    }
}

/* out = G_s * image; room as large as both */
static void smooth_image(double *out, double *room, const float *image,
    size_t nx, size_t ny, double s, double *w)
{
    for (size_t i = 0; i < nx * ny; i++)
        out[i] = image[i];
    for (size_t y = 0; y < ny; y++)
        smooth_line(room + y * nx, out + y * nx, (long)nx, 1, s, w);
    for (size_t x = 0; x < nx; x++)
        smooth_line(out + x, room + x, (long)ny, nx, s, w);
}

/* e, and d = ((G_1 - G_s) * I)^2. */
static int measure(float *e, float *d, const float *image, size_t nx, size_t ny,
    double s, struct ae_error *err)
{
    const size_t n = nx * ny;
    double *fine = ae_alloc(n, 3 * sizeof *fine), *broad = fine + n;
    double *w = ae_alloc(2 * (size_t)ceil(3 * s) + 1, sizeof *w);
    int code = fine && w ? AE_OK : ae_fail(err, AE_EMEM, "out of memory");
    if (!code) {
        smooth_image(fine, broad + n, image, nx, ny, 1, w);
        smooth_image(broad, broad + n, image, nx, ny, s, w);
        for (size_t i = 0; i < n; i++)
            d[i] = (float)((fine[i] - broad[i]) * (fine[i] - broad[i]));
        code = ae_mask_smooth(e, d, NULL, nx, ny, s, err);
    }
    for (size_t i = 0; i < n && !code; i++)
        e[i] = sqrtf(e[i]);
    free(fine);
    free(w);
    return code;
}

/* Mean of d where the masks a and b are as said; 0 where that is nowhere. */
static double mean(const float *d, const unsigned char *a, int in_a,
    const unsigned char *b, int in_b, size_t n)
{
    double sum = 0;
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        if (a[i] == in_a && b[i] == in_b) {
            sum += d[i];
            count++;
        }
    return count ? sum / (double)count : 0;
}

/* near = within 3 s of fine: as far as d of an atom spreads in e */
static int spread(unsigned char *near, const unsigned char *fine, size_t nx,
    size_t ny, double s, struct ae_error *err)
{
    memcpy(near, fine, nx * ny);
    return ae_mask_dilate(near, nx, ny, 3 * s, err);
}

/* fine = e above a level, without the parts that are too small. */
static int above(unsigned char *fine, const float *e, double level, size_t nx,
    size_t ny, const struct ae_mask_rule *rule, struct ae_error *err)
{
    const double n = (double)nx * (double)ny;
    for (size_t i = 0; i < nx * ny; i++)
        fine[i] = (double)e[i] > level;
    int code = ae_mask_fill_holes(fine, nx, ny, err);
    if (!code)
        code = ae_mask_keep(fine, nx, ny, rule->min_area * n / (512.0 * 512.0),
            rule->largest, err);
    return code ? code : ae_mask_hull(fine, nx, ny, err);
}

int ae_detail_find(unsigned char *fine, float *d, double *noise,
    const float *image, double least, size_t nx, size_t ny,
    const struct ae_mask_rule *rule, struct ae_error *err)
{
    const size_t n = nx * ny;
    struct ae_mask_rule plain = *rule;
    plain.smooth = plain.dilate = plain.grow = 0;
    plain.hull = 0;
    double level;
    *noise = 0;
    memset(fine, 0, n);
    if (rule->smooth < 2)
        return AE_OK;
    float *e = ae_alloc(n, sizeof *e);
    unsigned char *near = ae_alloc(n, 1);
    int code = e && near ? measure(e, d, image, nx, ny, rule->smooth, err)
                         : ae_fail(err, AE_EMEM, "out of memory");
    if (!code)
        code = ae_mask_make(fine, e, nx, ny, &plain, &level, err);
    if (!code)
        code = spread(near, fine, nx, ny, rule->smooth, err);
    if (!code) {
        *noise = mean(d, near, 0, near, 0, n);
        const double seen = fmax(SEEN * sqrt(*noise), level / FAINT);
        if (level <= least || !memchr(near, 0, n) ||
            mean(d, fine, 1, fine, 1, n) < MORE * *noise)
            memset(fine, 0, n);
        else
            code = above(fine, e, fmin(level, seen), nx, ny, rule, err);
    }
    free(e);
    free(near);
    return code;
}

int ae_detail_restrict(unsigned char *mask, const unsigned char *fine,
    const float *d, double noise, size_t nx, size_t ny, double s,
    struct ae_error *err)
{
    const size_t n = nx * ny;
    size_t stay = 0, go = 0;
    unsigned char *near = ae_alloc(n, 2), *with = near + n;
    int code = near ? spread(near, fine, nx, ny, s, err)
                    : ae_fail(err, AE_EMEM, "out of memory");
    if (!code) {
        memcpy(with, fine, n);
        code = ae_mask_dilate(with, nx, ny, s, err);
    }
    for (size_t i = 0; i < n && !code; i++) {
        stay += mask[i] && with[i];
        go += mask[i] && !with[i];
    }
    if (!code) {
        const double detail = mean(d, mask, 1, near, 1, n) - noise;
        if ((stay > go || ae_mask_touches(mask, nx, ny)) &&
            detail > FAINT * FAINT * (MORE - 1) * noise &&
            mean(d, mask, 1, near, 0, n) < MORE * noise)
            for (size_t i = 0; i < n; i++)
                mask[i] &= with[i];
    }
    free(near);
    return code;
}
