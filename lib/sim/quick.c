/* SPDX-License-Identifier: BSD-2-Clause */
#include "sim/quick.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "math/fft.h"

struct work {
    const struct ae_field *field;
    const struct ae_quick_setup *setup;
    struct ae_frame frame;
    size_t n; /* samples */
    struct ae_probe probe;
    struct ae_fft *forward, *backward; /* in place */
    double *current, *change, *part;   /* [n][2] probe, F[t - 1], scratch */
    double *map;                       /* [detectors + 1][n] */
    double *left;                      /* [n] N_j */
};

static void work_clear(struct work *w)
{
    ae_probe_clear(&w->probe);
    ae_fft_free(w->forward);
    ae_fft_free(w->backward);
    ae_fft_buffer_free(w->current);
    ae_fft_buffer_free(w->change);
    ae_fft_buffer_free(w->part);
    free(w->map);
    free(w->left);
}

static int work_new(struct work *w, struct ae_error *err)
{
    const size_t size[2] = {w->frame.ny, w->frame.nx};
    w->current = ae_fft_alloc(w->n, 2 * sizeof *w->current);
    w->change = ae_fft_alloc(w->n, 2 * sizeof *w->change);
    w->part = ae_fft_alloc(w->n, 2 * sizeof *w->part);
    w->map = ae_alloc((w->setup->detectors + 1) * w->n, sizeof *w->map);
    w->left = ae_alloc(w->n, sizeof *w->left);
    if (!w->current || !w->change || !w->part || !w->map || !w->left)
        return ae_fail(err, AE_EMEM, "%zu x %zu samples: out of memory",
            w->frame.nx, w->frame.ny);
    for (size_t i = 0; i < w->n; i++)
        w->left[i] = 1;
    int code = ae_probe_new(&w->probe, &w->setup->lens, &w->frame, 1, 0, err);
    if (!code)
        code = ae_fft_new(&w->forward, AE_FFT_DOUBLE, AE_FFT_FORWARD, 2, size,
            w->part, w->part, err);
    return code ? code
                : ae_fft_new(&w->backward, AE_FFT_DOUBLE, AE_FFT_BACKWARD, 2,
                      size, w->part, w->part, err);
}

/* |a|^2 scale in place of a, real. */
static void intensity(double *a, size_t n, double scale)
{
    for (size_t i = 0; i < n; i++) {
        a[2 * i] = scale * (a[2 * i] * a[2 * i] + a[2 * i + 1] * a[2 * i + 1]);
        a[2 * i + 1] = 0;
    }
}

/* current = F of the probe's intensity at this depth, its sum 1. */
static void set_current(struct work *w, double depth)
{
    const double lambda = ae_microscope_wavelength(w->setup->lens.kilovolt);
    memset(w->current, 0, w->n * 2 * sizeof *w->current);
    for (size_t b = 0; b < w->probe.n; b++) {
        const double kx = w->probe.k[b][0] / w->frame.lx;
        const double ky = w->probe.k[b][1] / w->frame.ly;
        const double phase = -M_PI * lambda * depth * (kx * kx + ky * ky);
        const double e[2] = {cos(phase), sin(phase)};
        const double *a = w->probe.amplitude[b];
        double *to =
            w->current +
            2 * (ae_fft_index(w->probe.k[b][1], w->frame.ny) * w->frame.nx +
                    ae_fft_index(w->probe.k[b][0], w->frame.nx));
        to[0] = a[0] * e[0] - a[1] * e[1];
        to[1] = a[0] * e[1] + a[1] * e[0];
    }
    ae_fft_run(w->backward, w->current, w->current);
    intensity(w->current, w->n, 1 / (double)w->n);
    ae_fft_run(w->forward, w->current, w->current);
}

/* change = F[t - 1] of the i-th slice with atoms. */
static void set_change(struct work *w, size_t i)
{
    const struct ae_field *f = w->field;
    for (size_t s = 0; s < 2 * w->n; s++)
        w->change[s] =
            (f->setup.twice
                    ? ((const double *)(const void *)f->t)[2 * i * w->n + s]
                    : (double)((
                          const float *)(const void *)f->t)[2 * i * w->n + s]) -
            (s % 2 ? 0 : 1);
    ae_fft_run(w->forward, w->change, w->change);
}

/* Area that circles of radius a and b share at distance q. */
static double shared(double a, double b, double q)
{
    const double small = fmin(a, b), large = fmax(a, b);
    if (q <= large - small)
        return M_PI * small * small;
    if (q >= a + b)
        return 0;
    const double x = (q * q + a * a - b * b) / (2 * q);
    const double y = sqrt(fmax(a * a - x * x, 0));
    return a * a * atan2(y, x) + b * b * atan2(y, q - x) - q * y;
}

/* The share of the aperture's directions that a change by q brings into
 * [inner, outer). */
static double landing(double q, double aperture, double inner, double outer)
{
    if (!(aperture > 0))
        return q >= inner && q < outer;
    return (shared(aperture, outer, q) - shared(aperture, inner, q)) /
           (M_PI * aperture * aperture);
}

/* part = the current times the slice's scattering into [inner, outer) rad. */
static void scatter(struct work *w, double inner, double outer)
{
    const struct ae_frame *f = &w->frame;
    const double lambda = ae_microscope_wavelength(w->setup->lens.kilovolt);
    for (size_t j = 0; j < f->ny; j++)
        for (size_t i = 0; i < f->nx; i++) {
            const double kx = (double)ae_fft_frequency(i, f->nx) / f->lx;
            const double ky = (double)ae_fft_frequency(j, f->ny) / f->ly;
            const double angle = lambda * sqrt(kx * kx + ky * ky);
            const double share =
                sqrt(landing(angle, w->setup->lens.convergence, inner, outer));
            const size_t at = 2 * (j * f->nx + i);
            w->part[at] = share * w->change[at];
            w->part[at + 1] = share * w->change[at + 1];
        }
    const double scale = 1 / (double)w->n;
    ae_fft_run(w->backward, w->part, w->part);
    intensity(w->part, w->n, scale * scale);
    ae_fft_run(w->forward, w->part, w->part);
    for (size_t i = 0; i < w->n; i++) { /* D times the conjugate of current */
        const double a = w->part[2 * i], b = w->part[2 * i + 1];
        const double c = w->current[2 * i], d = w->current[2 * i + 1];
        w->part[2 * i] = scale * (a * c + b * d);
        w->part[2 * i + 1] = scale * (b * c - a * d);
    }
    ae_fft_run(w->backward, w->part, w->part);
}

static void add_slice(struct work *w, size_t i)
{
    const struct ae_field *f = w->field;
    const struct ae_quick_setup *s = w->setup;
    const double aperture = s->lens.convergence;
    set_current(w, (double)f->which[i] * f->slices.dz);
    set_change(w, i);
    for (size_t d = 0; d < s->detectors; d++) {
        const struct ae_detector *ring = &s->detector[d];
        if (ring->outer <= aperture)
            continue; /* as in vacuum, see direct() */
        scatter(w, fmax(ring->inner, aperture), ring->outer);
        for (size_t p = 0; p < w->n; p++)
            w->map[d * w->n + p] += w->left[p] * fmax(w->part[2 * p], 0);
    }
    scatter(w, aperture, M_PI);
    for (size_t p = 0; p < w->n; p++)
        w->left[p] *= 1 - fmin(fmax(w->part[2 * p], 0), 1);
}

/* Keys' cubic weights (a = -1/2) of the four samples about x in [0, 1). */
static void cubic(double x, double weight[4])
{
    weight[0] = x * (-0.5 + x * (1 - 0.5 * x));
    weight[1] = 1 + x * x * (-2.5 + 1.5 * x);
    weight[2] = x * (0.5 + x * (2 - 1.5 * x));
    weight[3] = x * x * (-0.5 + 0.5 * x);
}

static double map_at(
    const struct work *w, const double *map, double x, double y)
{
    const double u = x / w->frame.lx * (double)w->frame.nx;
    const double v = y / w->frame.ly * (double)w->frame.ny;
    const long nx = (long)w->frame.nx, ny = (long)w->frame.ny;
    double wx[4], wy[4], sum = 0;
    cubic(u - floor(u), wx);
    cubic(v - floor(v), wy);
    for (long j = 0; j < 4; j++)
        for (long i = 0; i < 4; i++) {
            const long a = (((long)floor(u) - 1 + i) % nx + nx) % nx;
            const long b = (((long)floor(v) - 1 + j) % ny + ny) % ny;
            sum += wx[i] * wy[j] * map[b * nx + a];
        }
    return sum;
}

/* What of the unscattered current a ring gets: its share of the aperture. */
static double direct(const struct ae_detector *ring, double aperture)
{
    const double in = fmin(ring->inner, aperture);
    const double out = fmin(ring->outer, aperture);
    if (!(aperture > 0))
        return ring->inner == 0;
    return (out * out - in * in) / (aperture * aperture);
}

int ae_quick_scan(const struct ae_field *field, const struct ae_quick_setup *s,
    double *signal, struct ae_error *err)
{
    struct work w = {.field = field,
        .setup = s,
        .frame = field->setup.frame,
        .n = field->setup.frame.nx * field->setup.frame.ny};
    int code = work_new(&w, err);
    for (size_t i = 0; i < field->full && !code; i++)
        add_slice(&w, i);
    for (size_t d = 0; d < s->detectors && !code; d++) {
        const double share = direct(&s->detector[d], s->lens.convergence);
        double *map = w.map + d * w.n;
        for (size_t p = 0; p < w.n; p++)
            map[p] += share * w.left[p];
#pragma omp parallel for schedule(static)
        for (size_t i = 0; i < s->nx * s->ny; i++)
            signal[i * s->detectors + d] +=
                map_at(&w, map, s->origin[0] + s->step * (double)(i % s->nx),
                    s->origin[1] + s->step * (double)(i / s->nx));
    }
    work_clear(&w);
    return code;
}
