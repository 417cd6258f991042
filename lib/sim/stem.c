/* SPDX-License-Identifier: BSD-2-Clause */
#include "sim/stem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#ifdef _OPENMP
#include <omp.h>
#endif
#include "base/mem.h"
#include "base/threads.h"
#include "math/fft.h"

static const double first_window = 10; /* angstrom, the smallest that is tried:
                                          twice the width of a probe's rings
                                          and of an atom's tails */

static size_t worker(void)
{
#ifdef _OPENMP
    return (size_t)omp_get_thread_num();
#else
    return 0;
#endif
}

static size_t complex_size(int twice)
{
    return twice ? 2 * sizeof(double) : 2 * sizeof(float);
}

static double slice_bytes(const struct ae_field *f)
{
    return (double)complex_size(f->setup.twice) * (double)f->rows *
           (double)f->setup.frame.nx;
}

/* Workers for the potentials: their scratch stays below the slices' size. */
static int new_workers(struct ae_field *f, struct ae_error *err)
{
    const double each = ae_potential_scratch_bytes(f->potential);
    const double all = slice_bytes(f) * (double)f->slices.n;
    const size_t most = (size_t)fmax(1, all / each);
    f->workers = (size_t)ae_threads() < most ? (size_t)ae_threads() : most;
    f->scratch = ae_alloc(f->workers, sizeof *f->scratch);
    int code = f->scratch ? AE_OK : ae_fail(err, AE_EMEM, "out of memory");
    for (size_t i = 0; i < f->workers && !code; i++)
        code = ae_potential_scratch_new(&f->scratch[i], f->potential, err);
    return code;
}

int ae_field_new(struct ae_field *f, const struct ae_field_setup *setup,
    const double (*pos)[3], size_t n, struct ae_error *err)
{
    const size_t nx = setup->frame.nx, ny = setup->frame.ny;
    *f = (struct ae_field){.setup = *setup};
    f->rows = setup->rows && setup->rows < ny ? setup->rows : ny;
    const struct ae_potential_setup p = {.frame = setup->frame,
        .sigma = ae_microscope_sigma(setup->kilovolt),
        .z = setup->z,
        .u = setup->u,
        .nz = setup->nz};
    int code =
        ae_slices_new(&f->slices, pos, n, setup->lz, setup->thickness, err);
    if (!code)
        code = ae_potential_new(&f->potential, &p, err);
    if (!code)
        code = new_workers(f, err);
    if (!code) {
        f->which = ae_alloc(f->slices.n, sizeof *f->which);
        f->below = ae_alloc((nx + 1) * (ny + 1), sizeof *f->below);
        if (!f->which || !f->below)
            code = ae_fail(err, AE_EMEM, "out of memory");
    }
    if (code)
        ae_field_clear(f);
    return code;
}

void ae_field_clear(struct ae_field *f)
{
    for (size_t i = 0; f->scratch && i < f->workers; i++)
        ae_potential_scratch_free(f->scratch[i]);
    free(f->scratch);
    ae_potential_free(f->potential);
    ae_slices_clear(&f->slices);
    free(f->which);
    free(f->below);
    ae_fft_buffer_free(f->t);
    *f = (struct ae_field){0};
}

double ae_field_slices_bytes(const struct ae_field *f)
{
    return slice_bytes(f) * (double)(f->room ? f->room : f->slices.n);
}

double ae_field_bytes(const struct ae_field *f)
{
    const size_t nx = f->setup.frame.nx, ny = f->setup.frame.ny;
    return ae_field_slices_bytes(f) + ae_potential_bytes(f->potential) +
           (double)f->workers * ae_potential_scratch_bytes(f->potential) +
           4 * (double)(nx + 1) * (double)(ny + 1);
}

/* Pixel of a coordinate, within the cell. */
static size_t pixel_of(double x, double l, size_t n)
{
    const double rest = x / l - floor(x / l);
    const size_t i = (size_t)(rest * (double)n);
    return i < n ? i : n - 1;
}

/* below[j][i] = atoms on the pixels (< i, < j). */
static void count_below(struct ae_field *f, const double (*pos)[3], size_t n)
{
    const struct ae_frame *frame = &f->setup.frame;
    const size_t stride = frame->nx + 1;
    memset(f->below, 0, stride * (frame->ny + 1) * sizeof *f->below);
    for (size_t a = 0; a < n; a++) {
        const size_t i = pixel_of(pos[a][0], frame->lx, frame->nx);
        const size_t j = pixel_of(pos[a][1], frame->ly, frame->ny);
        f->below[(j + 1) * stride + i + 1]++;
    }
    for (size_t j = 1; j <= frame->ny; j++) {
        uint32_t row = 0;
        for (size_t i = 1; i <= frame->nx; i++) {
            row += f->below[j * stride + i];
            f->below[j * stride + i] = f->below[(j - 1) * stride + i] + row;
        }
    }
}

/* Store the rows of t that are held as slice `to`. */
static void keep_rows(struct ae_field *f, size_t to, const double *t)
{
    const size_t nx = f->setup.frame.nx, ny = f->setup.frame.ny;
    const size_t size = complex_size(f->setup.twice);
    char *base = f->t + to * f->rows * nx * size;
    for (size_t j = 0; j < f->rows; j++) {
        const double *from = t + 2 * nx * ((f->first + j) % ny);
        char *row = base + j * nx * size;
        if (f->setup.twice)
            memcpy(row, from, nx * size);
        else
            for (size_t i = 0; i < 2 * nx; i++)
                ((float *)(void *)row)[i] = (float)from[i];
    }
}

void ae_field_sort(struct ae_field *f, const double (*pos)[3], size_t n)
{
    const struct ae_slices *s = &f->slices;
    ae_slices_sort(&f->slices, pos, n);
    f->full = 0;
    for (size_t j = 0; j < s->n; j++)
        if (s->start[j + 1] > s->start[j])
            f->which[f->full++] = j;
}

int ae_field_load(struct ae_field *f, const double (*pos)[3],
    const size_t *element, size_t n, size_t first, struct ae_error *err)
{
    const struct ae_slices *s = &f->slices;
    ae_field_sort(f, pos, n);
    f->first = first % f->setup.frame.ny;
    if (f->full > f->room) {
        ae_fft_buffer_free(f->t);
        f->room = 0;
        f->t = ae_fft_alloc(f->full * f->rows * f->setup.frame.nx,
            complex_size(f->setup.twice));
        if (!f->t)
            return ae_fail(err, AE_EMEM,
                "%zu slices of %zu x %zu samples: out of memory; lower --mem",
                f->full, f->setup.frame.nx, f->rows);
        f->room = f->full;
    }
#pragma omp parallel for schedule(dynamic) num_threads((int)f->workers)
    for (size_t i = 0; i < f->full; i++) {
        const size_t j = f->which[i];
        keep_rows(f, i,
            ae_potential_transmission(f->potential, f->scratch[worker()], pos,
                element, s->atom + s->start[j], s->start[j + 1] - s->start[j]));
    }
    count_below(f, pos, n);
    return AE_OK;
}

static int new_slots(struct ae_optics *o, struct ae_error *err)
{
    o->slots = (size_t)ae_threads();
    o->slot = ae_alloc(o->slots, sizeof *o->slot);
    o->large_slot = ae_alloc(o->slots, sizeof *o->large_slot);
    int code = o->slot && o->large_slot
                   ? AE_OK
                   : ae_fail(err, AE_EMEM, "out of memory");
    for (size_t i = 0; i < o->slots && !code; i++) {
        code = ae_wave_slot_new(&o->slot[i], o->wave, err);
        if (!code && o->large)
            code = ae_wave_slot_new(&o->large_slot[i], o->large, err);
    }
    return code;
}

/* V: the probe on its own frame, with the edges that it is used with. */
static int set_vacuum(struct ae_optics *o, struct ae_error *err)
{
    const struct ae_optics_setup *s = &o->setup;
    const double lambda = ae_microscope_wavelength(s->lens.kilovolt);
    const struct ae_wave *wave = o->whole ? o->wave : o->large;
    struct ae_wave_slot *slot = o->whole ? o->slot[0] : o->large_slot[0];
    ae_wave_probe(wave, slot, &o->probe, 0, 0);
    for (size_t i = 0; i < s->detectors; i++) {
        struct ae_detector_map map;
        const int code = ae_detector_map_new(&map, &s->detector[i], lambda,
            o->whole ? &o->window : &o->outer, ae_wave_stride(wave), !o->whole,
            err);
        if (code)
            return code;
        o->vacuum[i] = ae_wave_measure(wave, slot, &map);
        ae_detector_map_clear(&map);
    }
    return AE_OK;
}

static int new_maps(struct ae_optics *o, struct ae_error *err)
{
    const struct ae_optics_setup *s = &o->setup;
    const double lambda = ae_microscope_wavelength(s->lens.kilovolt);
    o->map = ae_alloc(s->detectors, sizeof *o->map);
    o->vacuum = ae_alloc(s->detectors, sizeof *o->vacuum);
    int code =
        o->map && o->vacuum ? AE_OK : ae_fail(err, AE_EMEM, "out of memory");
    for (size_t i = 0; i < s->detectors && !code; i++)
        code = ae_detector_map_new(&o->map[i], &s->detector[i], lambda,
            &o->window, ae_wave_stride(o->wave), !o->whole, err);
    return code ? code : set_vacuum(o, err);
}

static struct ae_frame cut(const struct ae_frame *f, size_t nx, size_t ny)
{
    return (struct ae_frame){nx, ny, f->lx / (double)f->nx * (double)nx,
        f->ly / (double)f->ny * (double)ny};
}

int ae_optics_new(struct ae_optics *o, const struct ae_optics_setup *setup,
    struct ae_error *err)
{
    const struct ae_frame *f = &setup->frame;
    *o = (struct ae_optics){.setup = *setup,
        .whole = setup->wx == f->nx && setup->wy == f->ny,
        .window = cut(f, setup->wx, setup->wy),
        .outer = cut(f, 2 * setup->wx, 2 * setup->wy)};
    if (o->whole)
        o->window = *f;
    struct ae_wave_setup w = {.frame = o->window,
        .lambda = ae_microscope_wavelength(setup->lens.kilovolt),
        .dz = setup->dz,
        .twice = setup->twice};
    int code = ae_wave_new(&o->wave, &w, err);
    w.frame = o->outer;
    if (!code && !o->whole)
        code = ae_wave_new(&o->large, &w, err);
    if (!code)
        code = ae_probe_new(&o->probe, &setup->lens,
            o->whole ? &o->window : &o->outer, 1, !o->whole, err);
    if (!code)
        code = new_slots(o, err);
    if (!code)
        code = new_maps(o, err);
    if (code)
        ae_optics_clear(o);
    return code;
}

void ae_optics_clear(struct ae_optics *o)
{
    for (size_t i = 0; i < o->slots; i++) {
        if (o->slot)
            ae_wave_slot_free(o->slot[i]);
        if (o->large_slot)
            ae_wave_slot_free(o->large_slot[i]);
    }
    free(o->slot);
    free(o->large_slot);
    for (size_t i = 0; o->map && i < o->setup.detectors; i++)
        ae_detector_map_clear(&o->map[i]);
    free(o->map);
    free(o->vacuum);
    ae_probe_clear(&o->probe);
    ae_wave_free(o->wave);
    ae_wave_free(o->large);
    *o = (struct ae_optics){0};
}

double ae_optics_bytes(const struct ae_optics *o)
{
    double bytes = (double)o->slots * ae_wave_slot_bytes(o->wave) +
                   24 * (double)o->probe.n;
    if (o->large)
        bytes += (double)o->slots * ae_wave_slot_bytes(o->large);
    for (size_t i = 0; i < o->setup.detectors; i++)
        bytes += 8 * (double)o->map[i].n;
    return bytes;
}

long ae_optics_first(size_t samples, double place, double pixel)
{
    return (long)nearbyint(place / pixel) - (long)(samples / 2);
}

static size_t wrap(long i, size_t n)
{
    const long m = (long)n, rest = i % m;
    return (size_t)(rest < 0 ? rest + m : rest);
}

/* Atoms on the pixels [x, x + w) x [y, y + h), h within the cell's rows. */
static size_t count_rows(
    const struct ae_field *f, size_t x, size_t w, size_t y, size_t h)
{
    const size_t nx = f->setup.frame.nx, stride = nx + 1;
    const size_t end = x + w <= nx ? x + w : nx;
    const uint32_t *top = f->below + y * stride;
    const uint32_t *bottom = f->below + (y + h) * stride;
    size_t count = bottom[end] - top[end] - (bottom[x] - top[x]);
    if (x + w > nx)
        count += bottom[x + w - nx] - top[x + w - nx];
    return count;
}

static size_t count_atoms(
    const struct ae_field *f, size_t x, size_t w, size_t y, size_t h)
{
    const size_t ny = f->setup.frame.ny, end = y + h <= ny ? h : ny - y;
    return count_rows(f, x, w, y, end) +
           (h > end ? count_rows(f, x, w, 0, h - end) : 0);
}

void ae_stem_pass(const struct ae_field *f, const struct ae_wave *wave,
    struct ae_wave_slot *slot, const struct ae_wave_view *spot)
{
    const size_t size = complex_size(f->setup.twice);
    struct ae_wave_view view = *spot;
    if (!f->full) {
        ae_wave_drift(wave, slot, f->slices.n);
        return;
    }
    ae_wave_enter(wave, slot, f->which[0]);
    for (size_t i = 0; i < f->full; i++) {
        view.t = f->t + i * f->rows * view.nx * size;
        ae_wave_slice(wave, slot, &view);
        if (i + 1 < f->full)
            ae_wave_between(wave, slot, f->which[i + 1] - f->which[i]);
        else
            ae_wave_leave(wave, slot, f->slices.n - f->which[i]);
    }
}

/* The window about a place: first pixel, and the view of the field. */
struct spot {
    long x, y;
    struct ae_wave_view view;
};

static struct spot find_spot(
    const struct ae_field *f, const struct ae_optics *o, const double place[2])
{
    const struct ae_frame *frame = &f->setup.frame;
    struct spot s = {0, 0, {.nx = frame->nx, .ny = frame->ny}};
    if (!o->whole) {
        s.x = ae_optics_first(
            o->window.nx, place[0], frame->lx / (double)frame->nx);
        s.y = ae_optics_first(
            o->window.ny, place[1], frame->ly / (double)frame->ny);
    }
    s.view.first = f->first;
    s.view.x = wrap(s.x, frame->nx);
    s.view.y = wrap(s.y, frame->ny);
    return s;
}

/* Set out the probe, as psi(k). */
static void start(const struct ae_optics *o, size_t worker_id,
    const struct spot *s, const double place[2])
{
    const struct ae_frame *frame = &o->setup.frame;
    struct ae_wave_slot *slot = o->slot[worker_id];
    if (o->whole) {
        ae_wave_probe(o->wave, slot, &o->probe, place[0], place[1]);
        return;
    }
    const double dx = frame->lx / (double)frame->nx;
    const double dy = frame->ly / (double)frame->ny;
    const size_t x = (o->outer.nx - o->window.nx) / 2;
    const size_t y = (o->outer.ny - o->window.ny) / 2;
    struct ae_wave_slot *large = o->large_slot[worker_id];
    ae_wave_probe(o->large, large, &o->probe,
        place[0] - (double)(s->x - (long)x) * dx,
        place[1] - (double)(s->y - (long)y) * dy);
    ae_wave_crop(o->large, large, x, y, o->wave, slot);
}

static size_t atoms_at(
    const struct ae_field *f, const struct ae_optics *o, const struct spot *s)
{
    return o->whole ? f->full
                    : count_atoms(
                          f, s->view.x, o->window.nx, s->view.y, o->window.ny);
}

int ae_stem_meets(
    const struct ae_field *f, const struct ae_optics *o, const double place[2])
{
    const struct spot s = find_spot(f, o, place);
    return atoms_at(f, o, &s) > 0;
}

/* Add the signals of one place (total may be NULL); returns whether the probe met an atom. */
static int scan_place(const struct ae_field *f, const struct ae_optics *o,
    const double place[2], double *signal, double *total)
{
    const size_t id = worker(), detectors = o->setup.detectors;
    struct ae_wave_slot *slot = o->slot[id];
    struct spot s = find_spot(f, o, place);
    const size_t atoms = atoms_at(f, o, &s);
    for (size_t d = 0; d < detectors; d++)
        signal[d] += atoms && o->whole ? 0 : o->vacuum[d];
    if (total && !(atoms && o->whole))
        *total += 1;
    if (!atoms)
        return 0;
    start(o, id, &s, place);
    if (total && !o->whole)
        *total -= ae_wave_total(o->wave, slot);
    for (size_t d = 0; d < detectors && !o->whole; d++)
        signal[d] -= ae_wave_measure(o->wave, slot, &o->map[d]);
    ae_stem_pass(f, o->wave, slot, &s.view);
    for (size_t d = 0; d < detectors; d++)
        signal[d] += ae_wave_measure(o->wave, slot, &o->map[d]);
    if (total)
        *total += ae_wave_total(o->wave, slot);
    return 1;
}

size_t ae_stem_scan(const struct ae_field *f, const struct ae_optics *o,
    const double (*place)[2], size_t n, double *signal, double *total)
{
    size_t passed = 0;
#pragma omp parallel for schedule(dynamic) reduction(+ : passed)
    for (size_t i = 0; i < n; i++)
        passed += (size_t)scan_place(f, o, place[i],
            signal + i * o->setup.detectors, total ? &total[i] : NULL);
    return passed;
}

void ae_stem_exit(const struct ae_field *f, const struct ae_optics *o,
    const double place[2], double *image)
{
    struct spot s = find_spot(f, o, place);
    start(o, 0, &s, place);
    ae_stem_pass(f, o->wave, o->slot[0], &s.view);
    ae_wave_image(o->wave, o->slot[0], image);
}

/* Signals of the places with this window. */
static int try_window(const struct ae_field *f,
    const struct ae_optics_setup *setup, const size_t window[2],
    const double (*place)[2], size_t n, double *signal, double *bytes,
    struct ae_error *err)
{
    struct ae_optics_setup s = *setup;
    struct ae_optics o;
    s.wx = window[0];
    s.wy = window[1];
    const int code = ae_optics_new(&o, &s, err);
    if (code)
        return code;
    memset(signal, 0, n * s.detectors * sizeof *signal);
    ae_stem_scan(f, &o, place, n, signal, NULL);
    *bytes = fmax(*bytes, ae_optics_bytes(&o));
    ae_optics_clear(&o);
    return AE_OK;
}

/* The window of this width (angstrom), at most the cell. */
static void set_window(const struct ae_frame *f, double width, size_t window[2])
{
    const double want[2] = {
        width * (double)f->nx / f->lx, width * (double)f->ny / f->ly};
    const size_t most[2] = {f->nx, f->ny};
    for (int i = 0; i < 2; i++) {
        window[i] = ae_fft_good_even((size_t)ceil(want[i]));
        if (window[i] > most[i])
            window[i] = most[i];
    }
}

/* Largest, over the detectors, r.m.s. difference relative to the mean. */
static double difference(
    const double *a, const double *b, size_t n, size_t detectors)
{
    double worst = 0;
    for (size_t d = 0; d < detectors; d++) {
        double sum = 0, mean = 0;
        for (size_t i = 0; i < n; i++) {
            const double e = a[i * detectors + d] - b[i * detectors + d];
            sum += e * e;
            mean += b[i * detectors + d];
        }
        if (mean > 0)
            worst = fmax(worst, sqrt(sum * (double)n) / mean);
    }
    return worst;
}

int ae_stem_window(const struct ae_field *f,
    const struct ae_optics_setup *setup, const double (*place)[2], size_t n,
    double tolerance, size_t window[2], double *bytes, struct ae_error *err)
{
    const size_t cell[2] = {setup->frame.nx, setup->frame.ny};
    double *small = ae_alloc(n * setup->detectors, sizeof *small);
    double *large = ae_alloc(n * setup->detectors, sizeof *large);
    int code = small && large ? AE_OK : ae_fail(err, AE_EMEM, "out of memory");
    int passed = 0;
    for (double width = first_window; !code && passed < 2; width *= 1.2) {
        size_t once[2], twice[2];
        set_window(&setup->frame, width, once);
        set_window(&setup->frame, 2 * width, twice);
        if (!passed)
            memcpy(window, once, sizeof once);
        if (once[0] == cell[0] && once[1] == cell[1])
            break;
        code = try_window(f, setup, once, place, n, small, bytes, err);
        if (!code)
            code = try_window(f, setup, twice, place, n, large, bytes, err);
        const double change = difference(small, large, n, setup->detectors);
        passed = change <= tolerance ? passed + 1 : 0;
    }
    free(small);
    free(large);
    return code;
}
