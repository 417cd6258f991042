/* SPDX-License-Identifier: BSD-2-Clause */
#include "sim/wave.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "math/fft.h"
#include "sim/wave_kernel.h"

enum {
    COLUMNS = 16, /* columns under work: two cache lines of single precision */
    PAD = 8       /* samples behind a row: rows of 2^n bytes would share few
                     places of the cache */
};

struct ae_wave {
    struct ae_wave_setup setup;
    size_t nx, ny, stride, size; /* size: bytes of a complex number */
    struct ae_fft *down, *up;    /* COLUMNS columns: k to r, r to k */
    struct ae_fft *down_rest, *up_rest;
    struct ae_fft *row_down, *row_up;
    long *reach; /* [ny] largest |m| inside the band, -1: none */
    char *px;    /* [nx] of one slice, with the factor 1/(nx ny) */
    double (*py)[2];
};

struct ae_wave_slot {
    char *wave;                /* [ny][stride] */
    char *scratch;             /* columns [ny][COLUMNS], or one row [nx] */
    char *px;                  /* [nx] of other thicknesses */
    double (*ex)[2], (*ey)[2]; /* [nx], [ny] phases of the probe's place */
    long rows;                 /* a wave at its start is 0 beyond this |n| */
};

static void unit(double phase, double z[2])
{
    z[0] = cos(phase);
    z[1] = sin(phase);
}

/* Store z as complex number i of an array of the wave's precision. */
static void put(
    const struct ae_wave *w, char *array, size_t i, const double z[2])
{
    if (w->setup.twice) {
        ((double *)(void *)array)[2 * i] = z[0];
        ((double *)(void *)array)[2 * i + 1] = z[1];
    } else {
        ((float *)(void *)array)[2 * i] = (float)z[0];
        ((float *)(void *)array)[2 * i + 1] = (float)z[1];
    }
}

/* px of a thickness (angstrom), times scale. */
static void set_px(const struct ae_wave *w, char *px, double dz, double scale)
{
    for (size_t i = 0; i < w->nx; i++) {
        const double k = (double)ae_fft_frequency(i, w->nx) / w->setup.frame.lx;
        double z[2];
        unit(-M_PI * w->setup.lambda * dz * k * k, z);
        z[0] *= scale;
        z[1] *= scale;
        put(w, px, i, z);
    }
}

static void py_at(const struct ae_wave *w, size_t j, double dz, double z[2])
{
    const double k = (double)ae_fft_frequency(j, w->ny) / w->setup.frame.ly;
    unit(-M_PI * w->setup.lambda * dz * k * k, z);
}

static int make_plans(struct ae_wave *w, struct ae_error *err)
{
    const enum ae_fft_type type = w->setup.twice ? AE_FFT_DOUBLE : AE_FFT_FLOAT;
    const size_t rest = w->nx % COLUMNS;
    char *wave = ae_fft_alloc(w->ny * w->stride, w->size);
    char *scratch = ae_fft_alloc(w->ny * COLUMNS + w->nx, w->size);
    int code = wave && scratch
                   ? AE_OK
                   : ae_fail(err, AE_EMEM, "%zu x %zu samples: out of memory",
                         w->nx, w->ny);
    if (!code && w->nx >= COLUMNS)
        code = ae_fft_new_strided(&w->down, type, AE_FFT_BACKWARD, w->ny,
            COLUMNS, w->stride, 1, COLUMNS, 1, wave, scratch, err);
    if (!code && w->nx >= COLUMNS)
        code = ae_fft_new_strided(&w->up, type, AE_FFT_FORWARD, w->ny, COLUMNS,
            COLUMNS, 1, w->stride, 1, scratch, wave, err);
    if (!code && rest)
        code = ae_fft_new_strided(&w->down_rest, type, AE_FFT_BACKWARD, w->ny,
            rest, w->stride, 1, COLUMNS, 1, wave, scratch, err);
    if (!code && rest)
        code = ae_fft_new_strided(&w->up_rest, type, AE_FFT_FORWARD, w->ny,
            rest, COLUMNS, 1, w->stride, 1, scratch, wave, err);
    if (!code)
        code = ae_fft_new_strided(&w->row_up, type, AE_FFT_FORWARD, w->nx, 1, 1,
            w->nx, 1, w->nx, wave, scratch, err);
    if (!code)
        code = ae_fft_new_strided(&w->row_down, type, AE_FFT_BACKWARD, w->nx, 1,
            1, w->nx, 1, w->nx, scratch, wave, err);
    ae_fft_buffer_free(wave);
    ae_fft_buffer_free(scratch);
    return code;
}

static void set_reach(struct ae_wave *w)
{
    const struct ae_frame *f = &w->setup.frame;
    const double band = ae_microscope_band(f);
    for (size_t j = 0; j < w->ny; j++) {
        const double ky = (double)ae_fft_frequency(j, w->ny) / f->ly;
        long m = (long)(w->nx / 2);
        for (; m >= 0; m--) {
            const double kx = (double)m / f->lx;
            if (ae_microscope_inside(kx * kx + ky * ky, band))
                break;
        }
        w->reach[j] = m;
    }
}

int ae_wave_new(struct ae_wave **wave, const struct ae_wave_setup *setup,
    struct ae_error *err)
{
    struct ae_wave *w = ae_alloc(1, sizeof *w);
    *wave = w;
    if (!w)
        return ae_fail(err, AE_EMEM, "out of memory");
    w->setup = *setup;
    w->nx = setup->frame.nx;
    w->ny = setup->frame.ny;
    w->stride = (w->nx + COLUMNS - 1) / COLUMNS * COLUMNS + PAD;
    w->size = setup->twice ? 2 * sizeof(double) : 2 * sizeof(float);
    w->reach = ae_alloc(w->ny, sizeof *w->reach);
    w->px = ae_alloc(w->nx, w->size);
    w->py = ae_alloc(w->ny, sizeof *w->py);
    int code = w->reach && w->px && w->py
                   ? make_plans(w, err)
                   : ae_fail(err, AE_EMEM, "out of memory");
    if (code) {
        ae_wave_free(w);
        *wave = NULL;
        return code;
    }
    set_reach(w);
    set_px(w, w->px, setup->dz, 1 / ((double)w->nx * (double)w->ny));
    for (size_t j = 0; j < w->ny; j++)
        py_at(w, j, setup->dz, w->py[j]);
    return AE_OK;
}

void ae_wave_free(struct ae_wave *w)
{
    if (!w)
        return;
    ae_fft_free(w->down);
    ae_fft_free(w->up);
    ae_fft_free(w->down_rest);
    ae_fft_free(w->up_rest);
    ae_fft_free(w->row_down);
    ae_fft_free(w->row_up);
    free(w->reach);
    free(w->px);
    free(w->py);
    free(w);
}

int ae_wave_slot_new(
    struct ae_wave_slot **slot, const struct ae_wave *w, struct ae_error *err)
{
    struct ae_wave_slot *s = ae_alloc(1, sizeof *s);
    *slot = s;
    if (s) {
        s->wave = ae_fft_alloc(w->ny * w->stride, w->size);
        s->scratch = ae_fft_alloc(w->ny * COLUMNS + w->nx, w->size);
        s->px = ae_alloc(w->nx, w->size);
        s->ex = ae_alloc(w->nx, sizeof *s->ex);
        s->ey = ae_alloc(w->ny, sizeof *s->ey);
    }
    if (s && s->wave && s->scratch && s->px && s->ex && s->ey)
        return AE_OK;
    ae_wave_slot_free(s);
    *slot = NULL;
    return ae_fail(err, AE_EMEM, "a wave of %zu x %zu samples: out of memory",
        w->nx, w->ny);
}

void ae_wave_slot_free(struct ae_wave_slot *s)
{
    if (!s)
        return;
    ae_fft_buffer_free(s->wave);
    ae_fft_buffer_free(s->scratch);
    free(s->px);
    free(s->ex);
    free(s->ey);
    free(s);
}

double ae_wave_slot_bytes(const struct ae_wave *w)
{
    const double samples =
        (double)w->ny * (double)(w->stride + COLUMNS) + 2 * (double)w->nx;
    return samples * (double)w->size + 16 * (double)(w->nx + w->ny);
}

size_t ae_wave_stride(const struct ae_wave *w)
{
    return w->stride;
}

void ae_wave_clear(const struct ae_wave *w, struct ae_wave_slot *s)
{
    memset(s->wave, 0, w->ny * w->stride * w->size);
}

void ae_wave_probe(const struct ae_wave *w, struct ae_wave_slot *s,
    const struct ae_probe *probe, double x, double y)
{
    const struct ae_frame *f = &w->setup.frame;
    for (size_t i = 0; i < w->nx; i++)
        unit(-2 * M_PI * (double)ae_fft_frequency(i, w->nx) * x / f->lx,
            s->ex[i]);
    for (size_t j = 0; j < w->ny; j++)
        unit(-2 * M_PI * (double)ae_fft_frequency(j, w->ny) * y / f->ly,
            s->ey[j]);
    ae_wave_clear(w, s);
    s->rows = 0;
    for (size_t b = 0; b < probe->n; b++) {
        if (labs(probe->k[b][1]) > s->rows)
            s->rows = labs(probe->k[b][1]);
        const size_t i = ae_fft_index(probe->k[b][0], w->nx);
        const size_t j = ae_fft_index(probe->k[b][1], w->ny);
        const double *p = s->ex[i], *q = s->ey[j], *a = probe->amplitude[b];
        const double e[2] = {
            p[0] * q[0] - p[1] * q[1], p[0] * q[1] + p[1] * q[0]};
        const double z[2] = {
            a[0] * e[0] - a[1] * e[1], a[0] * e[1] + a[1] * e[0]};
        put(w, s->wave, j * w->stride + i, z);
    }
}

void ae_wave_beam(const struct ae_wave *w, struct ae_wave_slot *s, long m,
    long n, double re, double im)
{
    const double z[2] = {re, im};
    ae_wave_clear(w, s);
    s->rows = labs(n);
    put(w, s->wave, ae_fft_index(n, w->ny) * w->stride + ae_fft_index(m, w->nx),
        z);
}

/* Row j, a stretch of n samples from i on, times px[] and c. */
static void times_p(const struct ae_wave *w, char *row, const char *px,
    const double c[2], size_t i, size_t n)
{
    const float c_single[2] = {(float)c[0], (float)c[1]};
    if (w->setup.twice)
        ae_wave_times2_d((double *)(void *)(row + i * w->size),
            (const double *)(const void *)(px + i * w->size), c, n);
    else
        ae_wave_times2_f((float *)(void *)(row + i * w->size),
            (const float *)(const void *)(px + i * w->size), c_single, n);
}

/* Row j of k times P; zero beyond the band. */
static void filter_row(const struct ae_wave *w, char *row, size_t j,
    const char *px, const double py[2])
{
    const size_t m = (size_t)w->reach[j];
    times_p(w, row, px, py, 0, m + 1);
    if (2 * m + 1 < w->nx)
        memset(row + (m + 1) * w->size, 0, (w->nx - 2 * m - 1) * w->size);
    times_p(w, row, px, py, w->nx - m, m);
}

/* What a pass along the rows does: transform to k, P, transform back to x. */
struct pass {
    int up, down;
    size_t slices;
    double scale;
};

static void pass_rows(
    const struct ae_wave *w, struct ae_wave_slot *s, const struct pass *p)
{
    const int usual = p->slices == 1 && p->up;
    const double dz = (double)p->slices * w->setup.dz;
    if (!usual)
        set_px(w, s->px, dz, p->scale);
    for (size_t j = 0; j < w->ny; j++) {
        char *row = s->wave + j * w->stride * w->size;
        if (!p->up && labs(ae_fft_frequency(j, w->ny)) > s->rows)
            continue;
        if (w->reach[j] < 0) {
            memset(row, 0, w->stride * w->size);
            continue;
        }
        double c[2];
        if (usual)
            memcpy(c, w->py[j], sizeof c);
        else
            py_at(w, j, dz, c);
        if (p->up)
            ae_fft_run(w->row_up, row, s->scratch);
        else
            memcpy(s->scratch, row, w->nx * w->size);
        filter_row(w, s->scratch, j, usual ? w->px : s->px, c);
        if (p->down)
            ae_fft_run(w->row_down, s->scratch, row);
        else
            memcpy(row, s->scratch, w->nx * w->size);
    }
}

void ae_wave_enter(
    const struct ae_wave *w, struct ae_wave_slot *s, size_t empty)
{
    pass_rows(w, s, &(struct pass){0, 1, empty, 1});
}

void ae_wave_between(
    const struct ae_wave *w, struct ae_wave_slot *s, size_t slices)
{
    const double scale = 1 / ((double)w->nx * (double)w->ny);
    pass_rows(w, s, &(struct pass){1, 1, slices, scale});
}

void ae_wave_leave(
    const struct ae_wave *w, struct ae_wave_slot *s, size_t slices)
{
    const double scale = 1 / ((double)w->nx * (double)w->ny);
    pass_rows(w, s, &(struct pass){1, 0, slices, scale});
}

/* Columns [x, x + nx) and rows [y, y + ny) of the large wave's psi(r), in
 * blocks through both scratches, to (ky, x) of the small one, then to k. */
void ae_wave_crop(const struct ae_wave *large, struct ae_wave_slot *from,
    size_t x, size_t y, const struct ae_wave *w, struct ae_wave_slot *s)
{
    ae_wave_enter(large, from, 0);
    for (size_t i = 0; i < w->nx; i += COLUMNS) {
        const size_t n = w->nx - i < COLUMNS ? w->nx - i : COLUMNS;
        ae_fft_run(large->down, from->wave + (x + i) * w->size, from->scratch);
        memcpy(s->scratch, from->scratch + y * COLUMNS * w->size,
            w->ny * COLUMNS * w->size);
        ae_fft_run(n == COLUMNS ? w->up : w->up_rest, s->scratch,
            s->wave + i * w->size);
    }
    const double samples = (double)w->nx * (double)w->ny;
    const double all = (double)large->nx * (double)large->ny;
    pass_rows(w, s, &(struct pass){1, 0, 0, 1 / sqrt(samples * all)});
    s->rows = (long)w->ny;
}

void ae_wave_drift(
    const struct ae_wave *w, struct ae_wave_slot *s, size_t slices)
{
    pass_rows(w, s, &(struct pass){0, 0, slices, 1});
}

/* One row of the block times its stretch of t, which may go round the edge. */
static void times_t(const struct ae_wave *w, char *row, const char *t, size_t x,
    size_t nx, size_t n)
{
    while (n) {
        const size_t now = n < nx - x ? n : nx - x;
        if (w->setup.twice)
            ae_wave_times_d((double *)(void *)row,
                (const double *)(const void *)(t + x * w->size), now);
        else
            ae_wave_times_f((float *)(void *)row,
                (const float *)(const void *)(t + x * w->size), now);
        row += now * w->size;
        n -= now;
        x = 0;
    }
}

void ae_wave_slice(const struct ae_wave *w, struct ae_wave_slot *s,
    const struct ae_wave_view *v)
{
    for (size_t i = 0; i < w->nx; i += COLUMNS) {
        const size_t n = w->nx - i < COLUMNS ? w->nx - i : COLUMNS;
        char *columns = s->wave + i * w->size;
        ae_fft_run(n == COLUMNS ? w->down : w->down_rest, columns, s->scratch);
        for (size_t j = 0; j < w->ny; j++) {
            const size_t row = (v->y + j + v->ny - v->first) % v->ny;
            times_t(w, s->scratch + j * COLUMNS * w->size,
                (const char *)v->t + row * v->nx * w->size, (v->x + i) % v->nx,
                v->nx, n);
        }
        ae_fft_run(n == COLUMNS ? w->up : w->up_rest, s->scratch, columns);
    }
}

void ae_wave_real(const struct ae_wave *w, struct ae_wave_slot *s)
{
    s->rows = (long)w->ny;
    ae_wave_enter(w, s, 0);
    for (size_t i = 0; i < w->nx; i += COLUMNS) {
        const size_t n = w->nx - i < COLUMNS ? w->nx - i : COLUMNS;
        ae_fft_run(n == COLUMNS ? w->down : w->down_rest, s->wave + i * w->size,
            s->scratch);
        for (size_t j = 0; j < w->ny; j++)
            memcpy(s->wave + (j * w->stride + i) * w->size,
                s->scratch + j * COLUMNS * w->size, n * w->size);
    }
}

void ae_wave_spectrum(const struct ae_wave *w, struct ae_wave_slot *s)
{
    for (size_t i = 0; i < w->nx; i += COLUMNS) {
        const size_t n = w->nx - i < COLUMNS ? w->nx - i : COLUMNS;
        for (size_t j = 0; j < w->ny; j++)
            memcpy(s->scratch + j * COLUMNS * w->size,
                s->wave + (j * w->stride + i) * w->size, n * w->size);
        ae_fft_run(n == COLUMNS ? w->up : w->up_rest, s->scratch,
            s->wave + i * w->size);
    }
    ae_wave_leave(w, s, 0);
}

char *ae_wave_row(
    const struct ae_wave *w, const struct ae_wave_slot *s, size_t row)
{
    return s->wave + row * w->stride * w->size;
}

double ae_wave_measure(const struct ae_wave *w, const struct ae_wave_slot *s,
    const struct ae_detector_map *map)
{
    if (w->setup.twice)
        return ae_wave_sum_d((const double *)(const void *)s->wave, map->at,
            map->weight, map->n);
    return ae_wave_sum_f(
        (const float *)(const void *)s->wave, map->at, map->weight, map->n);
}

static void get(
    const struct ae_wave *w, const char *array, size_t i, double z[2])
{
    for (int part = 0; part < 2; part++)
        z[part] =
            w->setup.twice
                ? ((const double *)(const void *)array)[2 * i + (size_t)part]
                : (double)((
                      const float *)(const void *)array)[2 * i + (size_t)part];
}

double ae_wave_total(const struct ae_wave *w, const struct ae_wave_slot *s)
{
    double sum = 0;
    for (size_t j = 0; j < w->ny; j++)
        for (size_t i = 0; i < w->nx; i++) {
            double z[2];
            get(w, s->wave, j * w->stride + i, z);
            sum += z[0] * z[0] + z[1] * z[1];
        }
    return sum;
}

void ae_wave_image(
    const struct ae_wave *w, struct ae_wave_slot *s, double *image)
{
    ae_wave_real(w, s);
    for (size_t j = 0; j < w->ny; j++)
        for (size_t i = 0; i < w->nx; i++)
            get(w, s->wave, j * w->stride + i, image + 2 * (j * w->nx + i));
}
