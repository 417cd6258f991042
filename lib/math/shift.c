/* SPDX-License-Identifier: BSD-2-Clause */
#include "math/shift.h"

#include <math.h>
#include <stdlib.h>
#include "base/mem.h"
#include "math/fft.h"
#include "math/spline.h"

struct ae_shift {
    size_t nx, ny, pad;
    size_t wide, high; /* with the margin */
    struct ae_fft *forward, *backward;
};

/* Mirrored samples beyond the shift itself: the ringing of an edge that the
 * mirror leaves continuous falls as 1/n^2. */
enum { MARGIN = 8 };

static int no_memory(struct ae_error *err)
{
    return ae_fail(err, AE_EMEM, "out of memory for shifting an image");
}

/* In place: high rows of 2 (wide/2 + 1) floats. */
static size_t row_floats(const struct ae_shift *s)
{
    return 2 * (s->wide / 2 + 1);
}

int ae_shift_new(struct ae_shift **shift, size_t nx, size_t ny, double reach,
    struct ae_error *err)
{
    struct ae_shift *s = *shift = ae_alloc(1, sizeof *s);
    if (!s)
        return no_memory(err);
    s->nx = nx;
    s->ny = ny;
    s->pad = (size_t)ceil(fabs(reach)) + MARGIN;
    s->wide = ae_fft_good_even(nx + 2 * s->pad);
    s->high = ae_fft_good_even(ny + 2 * s->pad);
    const size_t n[2] = {s->high, s->wide};
    float *room = ae_fft_alloc(s->high * row_floats(s), sizeof *room);
    int code = room ? AE_OK : no_memory(err);
    if (!code)
        code = ae_fft_new(
            &s->forward, AE_FFT_FLOAT, AE_FFT_R2C, 2, n, room, room, err);
    if (!code)
        code = ae_fft_new(
            &s->backward, AE_FFT_FLOAT, AE_FFT_C2R, 2, n, room, room, err);
    ae_fft_buffer_free(room);
    if (code) {
        ae_shift_free(s);
        *shift = NULL;
    }
    return code;
}

void ae_shift_free(struct ae_shift *s)
{
    if (!s)
        return;
    ae_fft_free(s->forward);
    ae_fft_free(s->backward);
    free(s);
}

void ae_shift_phase(double *factor, size_t n, double d, int half)
{
    for (size_t i = 0; i < (half ? n / 2 + 1 : n); i++) {
        const double a =
            -2 * M_PI * (double)ae_fft_frequency(i, n) * d / (double)n;
        factor[2 * i] = cos(a);
        factor[2 * i + 1] = 2 * i == n ? 0 : sin(a);
    }
}

static void fill(const struct ae_shift *s, const float *image, float *room)
{
    for (size_t j = 0; j < s->high; j++) {
        const size_t v = ae_spline_mirror((long)j - (long)s->pad, s->ny);
        float *row = room + j * row_floats(s);
        for (size_t i = 0; i < s->wide; i++)
            row[i] = image[v * s->nx +
                           ae_spline_mirror((long)i - (long)s->pad, s->nx)];
    }
}

/* The spectrum times the phases of both axes and 1/N. */
static void turn(
    const struct ae_shift *s, float *room, const double *px, const double *py)
{
    const double scale = 1 / ((double)s->wide * (double)s->high);
    for (size_t j = 0; j < s->high; j++) {
        const double yr = py[2 * j] * scale, yi = py[2 * j + 1] * scale;
        float *row = room + j * row_floats(s);
        for (size_t i = 0; i <= s->wide / 2; i++) {
            const double pr = yr * px[2 * i] - yi * px[2 * i + 1];
            const double pi = yr * px[2 * i + 1] + yi * px[2 * i];
            const double re = row[2 * i], im = row[2 * i + 1];
            row[2 * i] = (float)(re * pr - im * pi);
            row[2 * i + 1] = (float)(re * pi + im * pr);
        }
    }
}

int ae_shift_image(const struct ae_shift *s, const float *image, double dx,
    double dy, float *out, struct ae_error *err)
{
    float *room = ae_fft_alloc(s->high * row_floats(s), sizeof *room);
    double *phase = ae_alloc(s->wide + 2 + 2 * s->high, sizeof *phase);
    if (room && phase) {
        double *py = phase + s->wide + 2;
        ae_shift_phase(phase, s->wide, dx, 1);
        ae_shift_phase(py, s->high, dy, 0);
        fill(s, image, room);
        ae_fft_run(s->forward, room, room);
        turn(s, room, phase, py);
        ae_fft_run(s->backward, room, room);
        for (size_t j = 0; j < s->ny; j++)
            for (size_t i = 0; i < s->nx; i++)
                out[j * s->nx + i] =
                    room[(j + s->pad) * row_floats(s) + i + s->pad];
    }
    const int code = room && phase ? AE_OK : no_memory(err);
    ae_fft_buffer_free(room);
    free(phase);
    return code;
}
