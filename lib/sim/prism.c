/* SPDX-License-Identifier: BSD-2-Clause */
#include "sim/prism.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#ifdef _OPENMP
#include <omp.h>
#endif
#include "base/mem.h"
#include "base/threads.h"
#include "math/fft.h"
#include "sim/wave_kernel.h"

static size_t worker(void)
{
#ifdef _OPENMP
    return (size_t)omp_get_thread_num();
#else
    return 0;
#endif
}

/* Sort the beams by k_x: column c holds beam[column[c] ... column[c + 1]). */
static int sort_beams(struct ae_prism *p, struct ae_error *err)
{
    long most = 0;
    for (size_t b = 0; b < p->probe.n; b++)
        if (p->probe.k[b][0] > most)
            most = p->probe.k[b][0];
    const long f = (long)p->factor, half = most / f;
    p->columns = (size_t)(2 * half + 1);
    p->column = ae_alloc(p->columns + 1, sizeof *p->column);
    p->beam = ae_alloc(p->probe.n, sizeof *p->beam);
    if (!p->column || !p->beam)
        return ae_fail(err, AE_EMEM, "out of memory");
    size_t n = 0;
    for (long c = -half; c <= half; c++) {
        p->column[c + half] = n;
        for (size_t b = 0; b < p->probe.n; b++)
            if (p->probe.k[b][0] == c * f)
                p->beam[n++] = b;
    }
    p->column[p->columns] = n;
    return AE_OK;
}

static int new_slots(struct ae_prism *p, struct ae_error *err)
{
    p->slots = (size_t)ae_threads();
    p->slot = ae_alloc(p->slots, sizeof *p->slot);
    p->small_slot = ae_alloc(p->slots, sizeof *p->small_slot);
    int code = p->slot && p->small_slot
                   ? AE_OK
                   : ae_fail(err, AE_EMEM, "out of memory");
    for (size_t i = 0; i < p->slots && !code; i++) {
        code = ae_wave_slot_new(&p->slot[i], p->wave, err);
        if (!code)
            code = ae_wave_slot_new(&p->small_slot[i], p->small, err);
    }
    return code;
}

static int new_maps(
    struct ae_prism *p, const struct ae_frame *window, struct ae_error *err)
{
    const double lambda = ae_microscope_wavelength(p->setup.lens.kilovolt);
    int code = AE_OK;
    p->map = ae_alloc(p->setup.detectors, sizeof *p->map);
    if (!p->map)
        return ae_fail(err, AE_EMEM, "out of memory");
    for (size_t d = 0; d < p->setup.detectors && !code; d++)
        code = ae_detector_map_new(&p->map[d], &p->setup.detector[d], lambda,
            window, ae_wave_stride(p->small), 0, err);
    return code;
}

/* Bytes of a complex number. */
static size_t complex_size(const struct ae_prism *p)
{
    return p->setup.twice ? 2 * sizeof(double) : 2 * sizeof(float);
}

double ae_prism_row_bytes(const struct ae_prism *p)
{
    return (double)complex_size(p) * (double)p->columns * (double)p->wy *
           (double)p->setup.frame.nx;
}

double ae_prism_bytes(const struct ae_prism *p)
{
    double bytes = (double)p->slots * (ae_wave_slot_bytes(p->wave) +
                                          ae_wave_slot_bytes(p->small)) +
                   32 * (double)p->probe.n;
    for (size_t d = 0; d < p->setup.detectors; d++)
        bytes += 8 * (double)p->map[d].n;
    return bytes;
}

int ae_prism_new(struct ae_prism *p, const struct ae_optics_setup *setup,
    size_t factor, size_t rows, struct ae_error *err)
{
    const struct ae_frame *f = &setup->frame;
    *p = (struct ae_prism){.setup = *setup, .factor = factor, .rows = rows};
    if (f->nx % factor || f->ny % factor)
        return ae_fail(err, AE_EUSAGE,
            "%zu x %zu pixels are no multiple of the interpolation factor %zu;"
            " change --pixel",
            f->nx, f->ny, factor);
    p->wx = f->nx / factor;
    p->wy = f->ny / factor;
    const struct ae_frame window = {
        p->wx, p->wy, f->lx / (double)factor, f->ly / (double)factor};
    struct ae_wave_setup w = {.frame = *f,
        .lambda = ae_microscope_wavelength(setup->lens.kilovolt),
        .dz = setup->dz,
        .twice = setup->twice};
    int code = ae_wave_new(&p->wave, &w, err);
    w.frame = window;
    if (!code)
        code = ae_wave_new(&p->small, &w, err);
    if (!code)
        code = ae_probe_new(&p->probe, &setup->lens, f, factor, 0, err);
    if (!code)
        code = sort_beams(p, err);
    if (!code)
        code = new_slots(p, err);
    if (!code)
        code = new_maps(p, &window, err);
    if (!code && rows) {
        p->sum =
            ae_fft_alloc(rows * p->columns * p->wy, f->nx * complex_size(p));
        if (!p->sum)
            code = ae_fail(err, AE_EMEM,
                "%zu scan rows of %.0f bytes: out of memory; lower --mem", rows,
                ae_prism_row_bytes(p));
    }
    if (code)
        ae_prism_clear(p);
    return code;
}

void ae_prism_clear(struct ae_prism *p)
{
    for (size_t i = 0; i < p->slots; i++) {
        if (p->slot)
            ae_wave_slot_free(p->slot[i]);
        if (p->small_slot)
            ae_wave_slot_free(p->small_slot[i]);
    }
    free(p->slot);
    free(p->small_slot);
    for (size_t d = 0; p->map && d < p->setup.detectors; d++)
        ae_detector_map_clear(&p->map[d]);
    free(p->map);
    free(p->column);
    free(p->beam);
    ae_fft_buffer_free(p->sum);
    ae_probe_clear(&p->probe);
    ae_wave_free(p->wave);
    ae_wave_free(p->small);
    *p = (struct ae_prism){0};
}

long ae_prism_window(double place, double pixel, size_t w)
{
    const double first = place / pixel - (double)(w / 2);
    const double half = nearbyint(2 * first) / 2;
    return (long)nearbyint(fabs(first - half) < 1e-6 ? half : first);
}

static size_t wrap(long i, size_t n)
{
    const long m = (long)n, rest = i % m;
    return (size_t)(rest < 0 ? rest + m : rest);
}

/* to[i] += z from[i], n complex numbers. */
static void add(const struct ae_prism *p, char *to, const char *from,
    const double z[2], size_t n)
{
    const float single[2] = {(float)z[0], (float)z[1]};
    if (p->setup.twice)
        ae_wave_add_d(
            (double *)(void *)to, (const double *)(const void *)from, z, n);
    else
        ae_wave_add_f(
            (float *)(void *)to, (const float *)(const void *)from, single, n);
}

/* The sum of column c for scan row j. */
static char *sum_at(const struct ae_prism *p, size_t j, size_t c)
{
    return p->sum +
           p->setup.frame.nx * p->wy * (j * p->columns + c) * complex_size(p);
}

/* Add beam b, whose exit wave is held by the slot, to all rows of column c. */
static void add_beam(struct ae_prism *p, const struct ae_wave_slot *slot,
    size_t c, size_t b, double y0, double step)
{
    const struct ae_frame *f = &p->setup.frame;
    const double *a = p->probe.amplitude[b];
    const size_t bytes = f->nx * complex_size(p);
    for (size_t j = 0; j < p->used; j++) {
        const double y = y0 + (double)j * step;
        const double phase = -2 * M_PI * p->probe.k[b][1] * y / f->ly;
        const double e[2] = {cos(phase), sin(phase)};
        const double z[2] = {
            a[0] * e[0] - a[1] * e[1], a[0] * e[1] + a[1] * e[0]};
        const long first = ae_prism_window(y, f->ly / (double)f->ny, p->wy);
        char *to = sum_at(p, j, c);
        for (size_t r = 0; r < p->wy; r++)
            add(p, to + r * bytes,
                ae_wave_row(p->wave, slot, wrap(first + (long)r, f->ny)), z,
                f->nx);
    }
}

/* Beam b from the entrance to psi(r) at the exit. */
static void carry(const struct ae_prism *p, const struct ae_field *field,
    struct ae_wave_slot *slot, size_t b)
{
    ae_wave_beam(p->wave, slot, p->probe.k[b][0], p->probe.k[b][1], 1, 0);
    ae_stem_pass(field, p->wave, slot,
        &(struct ae_wave_view){.nx = p->setup.frame.nx,
            .ny = p->setup.frame.ny,
            .first = field->first});
    ae_wave_real(p->wave, slot);
}

/* The sums over k_y of every k_x; a column is one thread's work. */
static void add_columns(
    struct ae_prism *p, const struct ae_field *field, double y0, double step)
{
    memset(p->sum, 0,
        p->used * p->columns * p->wy * p->setup.frame.nx * complex_size(p));
#pragma omp parallel for schedule(dynamic)
    for (size_t c = 0; c < p->columns; c++)
        for (size_t i = p->column[c]; i < p->column[c + 1]; i++) {
            const size_t b = p->beam[i];
            struct ae_wave_slot *slot = p->slot[worker()];
            carry(p, field, slot, b);
            add_beam(p, slot, c, b, y0, step);
        }
}

/* The window of the place in row j, as a wave psi(r) of the small slot. */
static void sum_columns(
    const struct ae_prism *p, struct ae_wave_slot *slot, size_t j, double x)
{
    const struct ae_frame *f = &p->setup.frame;
    const long first = ae_prism_window(x, f->lx / (double)f->nx, p->wx);
    const size_t i = wrap(first, f->nx);
    const size_t head = i + p->wx <= f->nx ? p->wx : f->nx - i;
    const size_t size = complex_size(p);
    ae_wave_clear(p->small, slot);
    for (size_t c = 0; c < p->columns; c++) {
        const long m = p->probe.k[p->beam[p->column[c]]][0];
        const double phase = -2 * M_PI * (double)m * x / f->lx;
        const double z[2] = {cos(phase), sin(phase)};
        const char *from = sum_at(p, j, c);
        for (size_t r = 0; r < p->wy; r++) {
            char *to = ae_wave_row(p->small, slot, r);
            const char *row = from + f->nx * r * size;
            add(p, to, row + i * size, z, head);
            add(p, to + head * size, row, z, p->wx - head);
        }
    }
}

void ae_prism_try_beam(struct ae_prism *p, const struct ae_field *field)
{
    carry(p, field, p->slot[0], 0);
}

void ae_prism_try_row(struct ae_prism *p)
{
    p->used = 1;
    add_beam(p, p->slot[0], 0, 0, 0, 0);
}

void ae_prism_try_place(struct ae_prism *p)
{
    sum_columns(p, p->small_slot[0], 0, 0);
    ae_wave_spectrum(p->small, p->small_slot[0]);
    for (size_t d = 0; d < p->setup.detectors; d++)
        ae_wave_measure(p->small, p->small_slot[0], &p->map[d]);
}

void ae_prism_scan(struct ae_prism *p, const struct ae_field *field,
    const double origin[2], double step, size_t nx, size_t rows, double *signal)
{
    const size_t detectors = p->setup.detectors;
    p->used = rows;
    add_columns(p, field, origin[1], step);
#pragma omp parallel for schedule(dynamic)
    for (size_t i = 0; i < rows * nx; i++) {
        struct ae_wave_slot *slot = p->small_slot[worker()];
        sum_columns(p, slot, i / nx, origin[0] + (double)(i % nx) * step);
        ae_wave_spectrum(p->small, slot);
        for (size_t d = 0; d < detectors; d++)
            signal[i * detectors + d] +=
                ae_wave_measure(p->small, slot, &p->map[d]);
    }
}
