/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/detail.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"

static const double MORE = 2.25; /* 1.5^2, of d: see the header */
static const double FAINT = 9;   /* 3^2 */

/* e, and d = ((G_1 - G_s) * I)^2. */
static int measure(float *e, float *d, const float *image, size_t nx, size_t ny,
    double s, struct ae_error *err)
{
    const size_t n = nx * ny;
    int code = ae_mask_smooth(e, image, NULL, nx, ny, 1, err);
    if (!code)
        code = ae_mask_smooth(d, image, NULL, nx, ny, s, err);
    for (size_t i = 0; i < n && !code; i++)
        d[i] = (e[i] - d[i]) * (e[i] - d[i]);
    if (!code)
        code = ae_mask_smooth(e, d, NULL, nx, ny, s, err);
    for (size_t i = 0; i < n && !code; i++)
        e[i] = sqrtf(e[i]);
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

/* fine = where there is detail. */
static int find(unsigned char *fine, const float *e, size_t nx, size_t ny,
    const struct ae_mask_rule *rule, struct ae_error *err)
{
    struct ae_mask_rule own = *rule;
    own.smooth = 0;
    own.largest = own.hull = 1;
    own.dilate = rule->smooth;
    own.grow = 0;
    return ae_mask_make(fine, e, nx, ny, &own, NULL, err);
}

int ae_detail_restrict(unsigned char *mask, const float *image, size_t nx,
    size_t ny, const struct ae_mask_rule *rule, struct ae_error *err)
{
    const size_t n = nx * ny;
    if (rule->smooth < 2)
        return AE_OK;
    float *e = ae_alloc(n, 2 * sizeof *e), *d = e + n;
    unsigned char *fine = ae_alloc(n, 2), *near = fine + n;
    int code = e && fine ? measure(e, d, image, nx, ny, rule->smooth, err)
                         : ae_fail(err, AE_EMEM, "out of memory");
    if (!code)
        code = find(fine, e, nx, ny, rule, err);
    if (!code) { /* d reaches 3 s from an atom; fine is grown by one */
        memcpy(near, fine, n);
        code = ae_mask_dilate(near, nx, ny, 2 * rule->smooth, err);
    }
    if (!code) {
        size_t stay = 0, go = 0;
        for (size_t i = 0; i < n; i++) {
            stay += mask[i] && fine[i];
            go += mask[i] && !fine[i];
        }
        const double noise = mean(d, mask, 0, near, 0, n);
        const double detail = mean(d, mask, 1, near, 1, n) - noise;
        if (stay > go && detail > FAINT * (MORE - 1) * noise &&
            mean(d, mask, 1, near, 0, n) < MORE * noise)
            for (size_t i = 0; i < n; i++)
                mask[i] &= fine[i];
    }
    free(e);
    free(fine);
    return code;
}
