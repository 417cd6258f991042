/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/particle.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "image/background.h"
#include "image/detail.h"

/* mask = 1 but for a frame of so many pixels at the border */
static void leave_frame(unsigned char *mask, size_t nx, size_t ny, size_t width)
{
    for (size_t y = 0; y < ny; y++)
        for (size_t x = 0; x < nx; x++)
            mask[y * nx + x] =
                x >= width && y >= width && x + width < nx && y + width < ny;
}

/* Is the film at the border as bright as the particle? */
static int bright_film(unsigned char *mask, const float *image, size_t nx,
    size_t ny, const struct ae_mask_rule *rule, int *bright,
    struct ae_error *err)
{
    struct ae_mask_rule plain = *rule;
    plain.dilate = plain.grow = 0;
    plain.largest = plain.hull = 0;
    const int code = ae_mask_make(mask, image, nx, ny, &plain, NULL, err);
    *bright = !code && ae_mask_touches(mask, nx, ny);
    return code;
}

/* The range of image outside the mask. */
static double range_outside(
    const float *image, const unsigned char *mask, size_t n)
{
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < n; i++)
        if (!mask[i]) {
            low = fmin(low, image[i]);
            high = fmax(high, image[i]);
        }
    return high > low ? high - low : 0;
}

/* *least = what is nothing in this film; rest = image - B, smoothed, nothing where the fill explains it or is above:
 * film that is darker than what is around it is no reason for a threshold. */
static int above_fill(float *rest, double *least, const float *image,
    const unsigned char *frame, size_t nx, size_t ny,
    const struct ae_mask_rule *rule, double across, double sigma,
    struct ae_error *err)
{
    static const double CLOSE = 1e-3; /* of the range of the frame's values */
    const size_t n = nx * ny;
    *least = CLOSE * range_outside(image, frame, n);
    for (size_t i = 0; i < n; i++) /* and what a float cannot tell */
        *least = fmax(*least, FLT_EPSILON * fabs((double)image[i]));
    struct ae_background_ring ring;
    int steps, code = ae_background_laplace(rest, image, frame, nx, ny, across,
                   sigma, CLOSE, &ring, &steps, err);
    for (size_t i = 0; i < n && !code; i++)
        rest[i] = image[i] - rest[i];
    if (!code && rule->smooth > 0)
        code = ae_mask_smooth(rest, rest, NULL, nx, ny, rule->smooth, err);
    for (size_t i = 0; i < n && !code; i++)
        rest[i] = (double)rest[i] > *least ? rest[i] : 0;
    return code;
}

/* mask = the mask, grown by the rule, and what has detail, convex. */
static int join(unsigned char *mask, const unsigned char *fine, size_t nx,
    size_t ny, const struct ae_mask_rule *rule, struct ae_error *err)
{
    const int code = ae_mask_grow(mask, nx, ny, rule, err);
    for (size_t i = 0; i < nx * ny; i++)
        mask[i] |= fine[i];
    return code || !rule->hull ? code : ae_mask_hull(mask, nx, ny, err);
}

int ae_particle_mask(unsigned char *mask, const float *image, size_t nx,
    size_t ny, const struct ae_mask_rule *rule, double across, double sigma,
    double *level, struct ae_error *err)
{
    const size_t n = nx * ny, width = 1 + (size_t)floor(rule->smooth);
    struct ae_mask_rule smoothed = *rule;
    smoothed.smooth = smoothed.dilate = smoothed.grow = 0;
    double noise, least;
    int bright = 0;
    *level = NAN;
    leave_frame(mask, nx, ny, width);
    if (!memchr(mask, 1, n))
        return AE_OK;
    float *rest = ae_alloc(n, 2 * sizeof *rest), *detail = rest + n;
    unsigned char *fine = ae_alloc(n, 1);
    int code = rest && fine
                   ? bright_film(mask, image, nx, ny, rule, &bright, err)
                   : ae_fail(err, AE_EMEM, "out of memory");
    leave_frame(mask, nx, ny, width);
    if (!code)
        code = above_fill(
            rest, &least, image, mask, nx, ny, rule, across, sigma, err);
    if (!code)
        code = ae_mask_make(mask, rest, nx, ny, &smoothed, level, err);
    if (!code)
        code = ae_detail_find(
            fine, detail, &noise, image, least, nx, ny, rule, err);
    if (!code && bright && memchr(fine, 1, n))
        code = ae_mask_holding(mask, fine, nx, ny, err);
    if (!code)
        code = join(mask, fine, nx, ny, rule, err);
    if (!code && bright && memchr(fine, 1, n))
        code = ae_detail_restrict(
            mask, fine, detail, noise, nx, ny, rule->smooth, err);
    free(rest);
    free(fine);
    return code;
}
