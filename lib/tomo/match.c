/* SPDX-License-Identifier: BSD-2-Clause */
#include "tomo/match.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "math/shift.h"

static int no_memory(struct ae_error *err)
{
    return ae_fail(err, AE_EMEM, "out of memory for the alignment");
}

/* An image against its projection by their spectra, [high][2 (wide/2 + 1)]. */
struct spectra {
    size_t wide, high;
    const float *image, *projection;
};

/* Value, gradient and second derivatives (xx, xy, yy) of the overlap
 * sum_r image(r + d) projection(r), up to a factor. */
struct peak {
    double value, slope[2], bend[3];
};

static struct peak overlap_at(
    const struct spectra *m, const double d[2], double *phase)
{
    struct peak p = {0};
    double *px = phase, *py = phase + m->wide + 2;
    ae_shift_phase(px, m->wide, -d[0], 1);
    ae_shift_phase(py, m->high, -d[1], 0);
    for (size_t j = 0; j < m->high; j++) {
        const double qy =
            2 * M_PI * (double)ae_fft_frequency(j, m->high) / (double)m->high;
        const float *a = m->image + j * (m->wide + 2);
        const float *b = m->projection + j * (m->wide + 2);
        double sum[3] = {0}, slope[2] = {0};
        for (size_t i = 0; i <= m->wide / 2; i++) {
            const double qx = 2 * M_PI * (double)i / (double)m->wide;
            const double weight = i == 0 || 2 * i == m->wide ? 1 : 2;
            const double pr =
                px[2 * i] * py[2 * j] - px[2 * i + 1] * py[2 * j + 1];
            const double pi =
                px[2 * i] * py[2 * j + 1] + px[2 * i + 1] * py[2 * j];
            const double cr = (double)a[2 * i] * b[2 * i] +
                              (double)a[2 * i + 1] * b[2 * i + 1];
            const double ci = (double)a[2 * i + 1] * b[2 * i] -
                              (double)a[2 * i] * b[2 * i + 1];
            const double re = weight * (cr * pr - ci * pi);
            const double im = weight * (cr * pi + ci * pr);
            sum[0] += re;
            sum[1] += qx * re;
            sum[2] += qx * qx * re;
            slope[0] -= im;
            slope[1] -= qx * im;
        }
        p.value += sum[0];
        p.slope[0] += slope[1];
        p.slope[1] += qy * slope[0];
        p.bend[0] -= sum[2];
        p.bend[1] -= qy * sum[1];
        p.bend[2] -= qy * qy * sum[0];
    }
    return p;
}

/* Step of the search's grid, pixels. */
static const double GRID = 0.5, REACH = AE_MATCH_REACH;

/* The d of greatest overlap, |dx|, |dy| <= REACH: the best of a grid, then
 * Newton's steps. */
static void find_peak(const struct spectra *m, double d[2], double *phase)
{
    enum { NEWTON = 20 };
    double best = -INFINITY;
    const int half = (int)(REACH / GRID);
    for (int j = -half; j <= half; j++)
        for (int i = -half; i <= half; i++) {
            const double at[2] = {i * GRID, j * GRID};
            const double value = overlap_at(m, at, phase).value;
            if (value > best) {
                best = value;
                d[0] = at[0];
                d[1] = at[1];
            }
        }
    for (int step = 0; step < NEWTON; step++) {
        const struct peak p = overlap_at(m, d, phase);
        const double det = p.bend[0] * p.bend[2] - p.bend[1] * p.bend[1];
        if (!(p.bend[0] < 0) || !(det > 0))
            return;
        double move[2] = {
            -(p.bend[2] * p.slope[0] - p.bend[1] * p.slope[1]) / det,
            -(p.bend[0] * p.slope[1] - p.bend[1] * p.slope[0]) / det};
        for (int i = 0; i < 2; i++) {
            move[i] = fmax(-GRID, fmin(GRID, move[i]));
            d[i] = fmax(-REACH, fmin(REACH, d[i] + move[i]));
        }
        if (fabs(move[0]) < 1e-5 && fabs(move[1]) < 1e-5)
            return;
    }
}

int ae_match_new(struct ae_match *m, size_t nx, size_t ny, struct ae_error *err)
{
    const size_t margin = 2 * (size_t)ceil(REACH);
    *m = (struct ae_match){.nx = nx,
        .ny = ny,
        .wide = ae_fft_good_even(nx + margin),
        .high = ae_fft_good_even(ny + margin)};
    const size_t n[2] = {m->high, m->wide};
    float *room = ae_fft_alloc(m->high * (m->wide + 2), sizeof *room);
    const int code = room ? ae_fft_new(&m->plan, AE_FFT_FLOAT, AE_FFT_R2C, 2, n,
                                room, room, err)
                          : no_memory(err);
    ae_fft_buffer_free(room);
    return code;
}

static void transform(const struct ae_match *m, const float *image, float *room)
{
    for (size_t j = 0; j < m->ny; j++)
        memcpy(
            room + j * (m->wide + 2), image + j * m->nx, m->nx * sizeof *room);
    ae_fft_run(m->plan, room, room);
}

int ae_match_image(const struct ae_match *m, const float *image,
    const float *projection, double d[2])
{
    const size_t n = m->high * (m->wide + 2);
    float *room = ae_fft_alloc(2 * n, sizeof *room);
    double *phase = ae_alloc(m->wide + 2 + 2 * m->high, sizeof *phase);
    if (room && phase) {
        const struct spectra pair = {m->wide, m->high, room, room + n};
        transform(m, image, room);
        transform(m, projection, room + n);
        find_peak(&pair, d, phase);
    }
    const int code = room && phase ? AE_OK : AE_EMEM;
    ae_fft_buffer_free(room);
    free(phase);
    return code;
}

void ae_match_clear(struct ae_match *m)
{
    ae_fft_free(m->plan);
    *m = (struct ae_match){0};
}
