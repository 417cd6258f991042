/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/translate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "math/shift.h"
#include "math/spline.h"

#define STEP 8 /* pixels by which the reach grows, to make few plans */

struct ae_translate {
    size_t nx, ny;
    double reach;
    struct ae_shift *shift;
};

int ae_translate_new(
    struct ae_translate **t, size_t nx, size_t ny, struct ae_error *err)
{
    *t = ae_alloc(1, sizeof **t);
    if (!*t)
        return ae_fail(err, AE_EMEM, "out of memory");
    (*t)->nx = nx;
    (*t)->ny = ny;
    return AE_OK;
}

void ae_translate_free(struct ae_translate *t)
{
    if (t)
        ae_shift_free(t->shift);
    free(t);
}

static void copy_whole(
    float *out, const float *in, size_t nx, size_t ny, long sx, long sy)
{
    for (size_t y = 0; y < ny; y++)
        for (size_t x = 0; x < nx; x++)
            out[y * nx + x] = in[ae_spline_mirror((long)y + sy, ny) * nx +
                                 ae_spline_mirror((long)x + sx, nx)];
}

int ae_translate_image(struct ae_translate *t, const float *in, double dx,
    double dy, float *out, struct ae_error *err)
{
    const double far = fmax(fabs(dx), fabs(dy));
    int code = AE_OK;
    if (dx == floor(dx) && dy == floor(dy)) {
        copy_whole(out, in, t->nx, t->ny, (long)dx, (long)dy);
        return AE_OK;
    }
    if (!t->shift || far > t->reach) {
        ae_shift_free(t->shift);
        t->shift = NULL;
        t->reach = ceil(far / STEP) * STEP;
        code = ae_shift_new(&t->shift, t->nx, t->ny, t->reach, err);
    }
    return code ? code : ae_shift_image(t->shift, in, -dx, -dy, out, err);
}

void ae_translate_range(size_t n, double d, size_t *first, size_t *end)
{
    const double a = ceil(-d), b = floor((double)n - 1 - d) + 1;
    *first = a > 0 ? (size_t)fmin(a, (double)n) : 0;
    *end = b < (double)n ? (size_t)fmax(b, 0) : n;
    if (*end < *first)
        *end = *first;
}
