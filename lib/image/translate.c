/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/translate.h"

#include <complex.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "math/fft.h"
#include "math/spline.h"

#define MARGIN 8 /* pixels beyond the shift: a mirrored edge rings that far */

struct ae_translate {
    size_t nx, ny, edge[2]; /* edge: pixels added before the first sample */
    size_t mx, my;          /* padded sizes */
    double *real;           /* [my][mx] */
    double _Complex *wave;  /* [my][mx/2 + 1] */
    double _Complex *phase; /* [mx/2 + 1], then [my] */
    struct ae_fft *forward, *back;
};

static void clear(struct ae_translate *t)
{
    ae_fft_free(t->forward);
    ae_fft_free(t->back);
    ae_fft_buffer_free(t->real);
    ae_fft_buffer_free(t->wave);
    free(t->phase);
    t->forward = t->back = NULL;
    t->real = NULL;
    t->wave = t->phase = NULL;
    t->mx = t->my = 0;
}

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
        clear(t);
    free(t);
}

/* Buffers with room for this shift; those of the image before are kept when
 * they are wide enough, and widths come in steps. */
static int make_room(
    struct ae_translate *t, double dx, double dy, struct ae_error *err)
{
    const size_t wx = (size_t)ceil(fabs(dx)) + MARGIN,
                 wy = (size_t)ceil(fabs(dy)) + MARGIN;
    if (t->real && wx <= t->edge[0] && wy <= t->edge[1])
        return AE_OK;
    clear(t);
    t->edge[0] = (wx + MARGIN - 1) / MARGIN * MARGIN;
    t->edge[1] = (wy + MARGIN - 1) / MARGIN * MARGIN;
    t->mx = ae_fft_good_even(t->nx + 2 * t->edge[0]);
    t->my = ae_fft_good_even(t->ny + 2 * t->edge[1]);
    const size_t half = t->mx / 2 + 1, n[2] = {t->my, t->mx};
    t->real = ae_fft_alloc(t->mx * t->my, sizeof *t->real);
    t->wave = ae_fft_alloc(half * t->my, sizeof *t->wave);
    t->phase = ae_alloc(half + t->my, sizeof *t->phase);
    int code = t->real && t->wave && t->phase
                   ? AE_OK
                   : ae_fail(err, AE_EMEM, "out of memory");
    if (!code)
        code = ae_fft_new(&t->forward, AE_FFT_DOUBLE, AE_FFT_R2C, 2, n, t->real,
            t->wave, err);
    if (!code)
        code = ae_fft_new(
            &t->back, AE_FFT_DOUBLE, AE_FFT_C2R, 2, n, t->wave, t->real, err);
    if (code)
        clear(t);
    return code;
}

static void fill_phase(double _Complex *phase, size_t count, size_t m, double d)
{
    for (size_t k = 0; k < count; k++) {
        const double a =
            2 * M_PI * (double)ae_fft_frequency(k, m) * d / (double)m;
        phase[k] = 2 * k == m ? cos(a) : cexp(I * a);
    }
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
    const size_t nx = t->nx, ny = t->ny;
    if (dx == 0 && dy == 0) {
        memmove(out, in, nx * ny * sizeof *out);
        return AE_OK;
    }
    if (dx == floor(dx) && dy == floor(dy) && in != out) {
        copy_whole(out, in, nx, ny, (long)dx, (long)dy);
        return AE_OK;
    }
    int code = make_room(t, dx, dy, err);
    if (code)
        return code;
    const size_t half = t->mx / 2 + 1;
    const double scale = 1 / ((double)t->mx * (double)t->my);
    for (size_t y = 0; y < t->my; y++)
        for (size_t x = 0; x < t->mx; x++)
            t->real[y * t->mx + x] = (double)
                in[ae_spline_mirror((long)y - (long)t->edge[1], ny) * nx +
                    ae_spline_mirror((long)x - (long)t->edge[0], nx)];
    ae_fft_run(t->forward, t->real, t->wave);
    fill_phase(t->phase, half, t->mx, dx);
    fill_phase(t->phase + half, t->my, t->my, dy);
    for (size_t y = 0; y < t->my; y++)
        for (size_t x = 0; x < half; x++)
            t->wave[y * half + x] *= t->phase[x] * t->phase[half + y] * scale;
    ae_fft_run(t->back, t->wave, t->real);
    for (size_t y = 0; y < ny; y++)
        for (size_t x = 0; x < nx; x++)
            out[y * nx + x] =
                (float)t->real[(y + t->edge[1]) * t->mx + x + t->edge[0]];
    return AE_OK;
}

void ae_translate_range(size_t n, double d, size_t *first, size_t *end)
{
    const double a = ceil(-d), b = floor((double)n - 1 - d) + 1;
    *first = a > 0 ? (size_t)fmin(a, (double)n) : 0;
    *end = b < (double)n ? (size_t)fmax(b, 0) : n;
    if (*end < *first)
        *end = *first;
}
