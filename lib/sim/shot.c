/* SPDX-License-Identifier: BSD-2-Clause */
#include "sim/shot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "base/rng.h"
#include "math/fft.h"
#include "sim/idpc.h"

enum { SAMPLES = 16 }; /* probes that choose the window */

/* Positions of a configuration: each coordinate moved by N(0, rms), in the
 * order of the atoms. */
static int move_atoms(
    struct ae_shot *s, size_t configuration, struct ae_error *err)
{
    const struct ae_shot_setup *u = &s->setup;
    struct ae_rng *rng = NULL;
    if (u->configurations &&
        !(rng = ae_rng_new(u->seed, (u->item << 20) + configuration)))
        return ae_fail(err, AE_EMEM, "out of memory");
    for (size_t i = 0; i < u->n; i++)
        for (int d = 0; d < 3; d++)
            s->moved[i][d] =
                u->pos[i][d] +
                (rng ? u->rms[u->element[i]] * ae_rng_normal(rng) : 0);
    ae_rng_free(rng);
    return AE_OK;
}

static int load(struct ae_shot *s, size_t first_row, struct ae_error *err)
{
    int code = move_atoms(s, s->configuration, err);
    if (!code && s->setup.method == AE_SHOT_QUICK) {
        ae_field_sort(&s->field, (const double(*)[3])s->moved, s->setup.n);
        return AE_OK;
    }
    return code ? code
                : ae_field_load(&s->field, (const double(*)[3])s->moved,
                      s->setup.element, s->setup.n, first_row, err);
}

static struct ae_optics_setup optics_of(const struct ae_shot *s)
{
    const struct ae_shot_setup *u = &s->setup;
    return (struct ae_optics_setup){.lens = u->lens,
        .frame = u->field.frame,
        .wx = s->window[0],
        .wy = s->window[1],
        .dz = s->field.slices.dz,
        .twice = u->field.twice,
        .detector = u->detector,
        .detectors = u->detectors};
}

static struct ae_quick_setup quick_of(const struct ae_shot *s)
{
    const struct ae_shot_setup *u = &s->setup;
    return (struct ae_quick_setup){.lens = u->lens,
        .detector = u->detector,
        .detectors = u->detectors,
        .origin = {u->origin[0], u->origin[1]},
        .step = u->step,
        .nx = u->nx,
        .ny = u->ny};
}

/* 4 x 4 places spread over the part of the scan that holds atoms. */
static void spread_places(
    const struct ae_shot_setup *u, double place[SAMPLES][2])
{
    const size_t n[2] = {u->nx, u->ny};
    for (int d = 0; d < 2; d++) {
        const double end = u->origin[d] + u->step * (double)(n[d] - 1);
        double first = INFINITY, last = -INFINITY;
        for (size_t i = 0; i < u->n; i++) {
            first = fmin(first, u->pos[i][d]);
            last = fmax(last, u->pos[i][d]);
        }
        first = fmax(first, u->origin[d]);
        last = fmin(last, end);
        if (!(first < last)) {
            first = u->origin[d];
            last = end;
        }
        for (int i = 0; i < SAMPLES; i++) {
            const int part = d ? i / 4 : i % 4;
            place[i][d] = first + (last - first) * (part + 0.5) / 4;
        }
    }
}

/* Of the tolerance, what twice the window may change: the error falls as one
 * over the width (measured on particles), so half of it shows; and an r.m.s. of
 * 16 probes is uncertain by 1/sqrt(2 x 16). */
static const double shown = 0.5 / (1 + 0.18);

/* Window by tolerance. */
static int choose_window(struct ae_shot *s, struct ae_error *err)
{
    const struct ae_shot_setup *u = &s->setup;
    const struct ae_optics_setup optics = optics_of(s);
    double place[SAMPLES][2];
    if (u->memory > 0 && ae_field_bytes(&s->field) > u->memory)
        return ae_fail(err, AE_EUSAGE,
            "--mem: the choice of a window needs %.3g GB; give more, or"
            " --window",
            ae_field_bytes(&s->field) * 1e-9);
    spread_places(u, place);
    int code = load(s, 0, err);
    if (!code)
        code = ae_stem_window(&s->field, &optics, (const double(*)[2])place,
            SAMPLES, shown * u->tolerance, s->window, &s->choice, err);
    s->loaded = 1;
    return code;
}

static void whole_window(struct ae_shot *s)
{
    s->window[0] = s->setup.field.frame.nx;
    s->window[1] = s->setup.field.frame.ny;
}

static void given_window(struct ae_shot *s)
{
    const struct ae_frame *f = &s->setup.field.frame;
    const double want[2] = {s->setup.window * (double)f->nx / f->lx,
        s->setup.window * (double)f->ny / f->ly};
    const size_t most[2] = {f->nx, f->ny};
    for (int d = 0; d < 2; d++) {
        s->window[d] = ae_fft_good_even((size_t)ceil(want[d]));
        if (s->window[d] > most[d])
            s->window[d] = most[d];
    }
}

/* Pixel rows that `rows` scan rows need. */
static size_t pixel_rows(const struct ae_shot *s, size_t rows)
{
    const struct ae_frame *f = &s->setup.field.frame;
    const double span =
        s->setup.step * (double)(rows - 1) * (double)f->ny / f->ly;
    const size_t need = s->window[1] + (size_t)ceil(span) + 2;
    return need < f->ny ? need : f->ny;
}

static double row_bytes(const struct ae_shot *s)
{
    return (s->setup.field.twice ? 16. : 8.) * (double)s->field.slices.n *
           (double)s->setup.field.frame.nx;
}

/* As many scan rows at a time as the memory allows. */
static int choose_strip(struct ae_shot *s, struct ae_error *err)
{
    const struct ae_frame *f = &s->setup.field.frame;
    const double fixed = ae_shot_bytes(s) - row_bytes(s) * (double)f->ny;
    const double rows = floor((s->setup.memory - fixed) / row_bytes(s));
    s->strip = s->setup.ny;
    if (!(s->setup.memory > 0) || rows >= (double)f->ny)
        return AE_OK;
    while (s->strip > 1 && (double)pixel_rows(s, s->strip) > rows)
        s->strip--;
    if ((double)pixel_rows(s, s->strip) > rows)
        return ae_fail(err, AE_EUSAGE,
            "--mem: %.3g GB are needed for a row of probes at least, with a"
            " window of %.3g angstrom; give more, or a smaller --window",
            (fixed + row_bytes(s) * (double)pixel_rows(s, 1)) * 1e-9,
            f->lx / (double)f->nx * (double)s->window[0]);
    s->field.rows = pixel_rows(s, s->strip);
    s->loaded = 0;
    return AE_OK;
}

static int plan_multislice(struct ae_shot *s, struct ae_error *err)
{
    whole_window(s);
    int code = AE_OK;
    if (s->setup.window > 0)
        given_window(s);
    else if (s->setup.tolerance > 0)
        code = choose_window(s, err);
    const struct ae_optics_setup optics = optics_of(s);
    if (!code)
        code = ae_optics_new(&s->optics, &optics, err);
    return code ? code : choose_strip(s, err);
}

static int plan_prism(struct ae_shot *s, struct ae_error *err)
{
    whole_window(s);
    const struct ae_optics_setup optics = optics_of(s);
    s->strip = s->setup.ny;
    int code = ae_prism_new(&s->prism, &optics, s->setup.factor, 0, err);
    if (code)
        return code;
    const double fixed = ae_field_bytes(&s->field) + ae_prism_bytes(&s->prism);
    const double each = ae_prism_row_bytes(&s->prism);
    if (s->setup.memory > 0)
        s->strip = (size_t)fmin(
            (double)s->strip, fmax(0, (s->setup.memory - fixed) / each));
    if (!s->strip)
        return ae_fail(err, AE_EUSAGE,
            "--mem: PRISM needs %.3g GB here; give more, or a larger --factor",
            (fixed + each) * 1e-9);
    ae_prism_clear(&s->prism);
    return ae_prism_new(&s->prism, &optics, s->setup.factor, s->strip, err);
}

static int plan_quick(struct ae_shot *s, struct ae_error *err)
{
    whole_window(s);
    s->strip = s->setup.ny;
    for (size_t d = 0; d < s->setup.detectors; d++)
        if (s->setup.detector[d].quadrant)
            return ae_fail(
                err, AE_EUSAGE, "--fast knows rings only, no quadrants");
    if (s->setup.memory > 0 && ae_shot_bytes(s) > s->setup.memory)
        return ae_fail(err, AE_EUSAGE, "--mem: %.3g GB are needed; give more",
            ae_shot_bytes(s) * 1e-9);
    return AE_OK;
}

int ae_shot_new(
    struct ae_shot *s, const struct ae_shot_setup *setup, struct ae_error *err)
{
    *s = (struct ae_shot){.setup = *setup};
    const size_t places = setup->nx * setup->ny;
    int code =
        ae_field_new(&s->field, &setup->field, setup->pos, setup->n, err);
    s->moved = ae_alloc(setup->n, sizeof *s->moved);
    s->signal = ae_alloc(places, setup->detectors * sizeof *s->signal);
    if (setup->method == AE_SHOT_MULTISLICE)
        s->total = ae_alloc(places, sizeof *s->total);
    if (!code && (!s->moved || !s->signal ||
                     (setup->method == AE_SHOT_MULTISLICE && !s->total)))
        code = ae_fail(err, AE_EMEM, "%zu probes: out of memory", places);
    if (!code)
        code = setup->method == AE_SHOT_PRISM        ? plan_prism(s, err)
               : setup->method == AE_SHOT_MULTISLICE ? plan_multislice(s, err)
                                                     : plan_quick(s, err);
    if (code)
        ae_shot_clear(s);
    return code;
}

void ae_shot_clear(struct ae_shot *s)
{
    ae_field_clear(&s->field);
    ae_optics_clear(&s->optics);
    ae_prism_clear(&s->prism);
    free(s->moved);
    free(s->signal);
    free(s->total);
    *s = (struct ae_shot){0};
}

static size_t configurations(const struct ae_shot *s)
{
    return s->setup.configurations ? s->setup.configurations : 1;
}

/* The first pixel row of the windows of this scan row, within the cell. */
static size_t first_row(const struct ae_shot *s, size_t row)
{
    const struct ae_frame *f = &s->setup.field.frame;
    if (s->field.rows == f->ny)
        return 0;
    const long m = (long)f->ny;
    const long first = ae_optics_first(s->window[1],
                           s->setup.origin[1] + s->setup.step * (double)row,
                           f->ly / (double)f->ny) %
                       m;
    return (size_t)(first < 0 ? first + m : first);
}

static int scan_row(struct ae_shot *s, struct ae_error *err)
{
    const struct ae_shot_setup *u = &s->setup;
    double(*place)[2] = ae_alloc(u->nx, sizeof *place);
    if (!place)
        return ae_fail(err, AE_EMEM, "out of memory");
    for (size_t i = 0; i < u->nx; i++) {
        place[i][0] = u->origin[0] + u->step * (double)i;
        place[i][1] = u->origin[1] + u->step * (double)s->row;
    }
    s->passed += ae_stem_scan(&s->field, &s->optics, (const double(*)[2])place,
        u->nx, s->signal + s->row * u->nx * u->detectors,
        s->total + s->row * u->nx);
    free(place);
    s->row++;
    return AE_OK;
}

static void scan_rows(struct ae_shot *s)
{
    const struct ae_shot_setup *u = &s->setup;
    const size_t left = u->ny - s->row;
    const size_t rows = left < s->strip ? left : s->strip;
    const double origin[2] = {
        u->origin[0], u->origin[1] + u->step * (double)s->row};
    ae_prism_scan(&s->prism, &s->field, origin, u->step, u->nx, rows,
        s->signal + s->row * u->nx * u->detectors);
    s->row += rows;
}

static int scan_quick(struct ae_shot *s, struct ae_error *err)
{
    const struct ae_quick_setup quick = quick_of(s);
    s->row = s->setup.ny;
    return ae_quick_scan(&s->field, &quick, (const double(*)[3])s->moved,
        s->setup.element, s->signal, err);
}

/* After the last configuration: sums become means. */
static void take_mean(struct ae_shot *s)
{
    const size_t places = s->setup.nx * s->setup.ny;
    const double scale = 1 / (double)configurations(s);
    for (size_t i = 0; i < places * s->setup.detectors; i++)
        s->signal[i] *= scale;
    for (size_t i = 0; s->total && i < places; i++)
        s->total[i] *= scale;
}

int ae_shot_step(struct ae_shot *s, struct ae_error *err)
{
    const int prism = s->setup.method == AE_SHOT_PRISM;
    const int quick = s->setup.method == AE_SHOT_QUICK;
    int code = AE_OK;
    if (!s->loaded || (!prism && !quick && s->row && s->row % s->strip == 0 &&
                          s->field.rows < s->setup.field.frame.ny))
        code = load(s, prism ? 0 : first_row(s, s->row), err);
    s->loaded = 1;
    if (!code && prism)
        scan_rows(s);
    else if (!code)
        code = quick ? scan_quick(s, err) : scan_row(s, err);
    if (!code && s->row == s->setup.ny) {
        s->row = 0;
        s->loaded = 0;
        if (++s->configuration == configurations(s))
            take_mean(s);
    }
    return code;
}

int ae_shot_done(const struct ae_shot *s)
{
    return s->configuration == configurations(s);
}

double ae_shot_share(const struct ae_shot *s)
{
    return ((double)s->configuration + (double)s->row / (double)s->setup.ny) /
           (double)configurations(s);
}

double ae_shot_bytes(const struct ae_shot *s)
{
    const double places = (double)s->setup.nx * (double)s->setup.ny;
    double bytes = ae_field_bytes(&s->field) + 48 * (double)s->setup.n +
                   8 * places * (double)(s->setup.detectors + 1);
    if (s->setup.method == AE_SHOT_QUICK) {
        const struct ae_quick_setup quick = quick_of(s);
        return bytes - ae_field_slices_bytes(&s->field) +
               ae_quick_bytes(&s->field, &quick);
    }
    if (s->setup.method == AE_SHOT_PRISM)
        return bytes + ae_prism_bytes(&s->prism) +
               (double)s->strip * ae_prism_row_bytes(&s->prism);
    return bytes + fmax(s->choice, ae_optics_bytes(&s->optics));
}

int ae_shot_load(struct ae_shot *s, struct ae_error *err)
{
    const int code = load(s, first_row(s, 0), err);
    s->loaded = !code;
    return code;
}

double ae_shot_meets(const struct ae_shot *s)
{
    const struct ae_shot_setup *u = &s->setup;
    double meets = 0;
    for (size_t i = 0; i < u->nx * u->ny; i++) {
        const double place[2] = {u->origin[0] + u->step * (double)(i % u->nx),
            u->origin[1] + u->step * (double)(i / u->nx)};
        meets += ae_stem_meets(&s->field, &s->optics, place);
    }
    return meets;
}

double ae_shot_passes(const struct ae_shot *s)
{
    return (double)configurations(s) *
           ceil((double)s->setup.ny / (double)s->strip);
}

int ae_shot_planes(const struct ae_shot *s, const struct ae_rings *rings,
    double source, int integrate, float *planes, struct ae_error *err)
{
    const struct ae_shot_setup *u = &s->setup;
    int code = AE_OK;
    for (size_t i = 0; i < rings->n && !code; i++) {
        const struct ae_ring *ring = &rings->ring[i];
        const struct ae_signal_setup signal = {.nx = u->nx,
            .ny = u->ny,
            .stride = u->detectors,
            .step = u->step,
            .source = source,
            .dpc = ring->dpc,
            .integrate = ring->dpc && integrate};
        code = ae_signal_planes(&signal, s->signal + ring->first, planes, err);
        planes += ring->planes * u->nx * u->ny;
    }
    return code;
}

int ae_shot_exit(
    const struct ae_shot *s, struct ae_vol *wave, struct ae_error *err)
{
    const struct ae_frame *f = &s->optics.window;
    const size_t n = f->nx * f->ny;
    double *psi = ae_alloc(n, 2 * sizeof *psi);
    *wave = (struct ae_vol){.kind = AE_FRAMES,
        .dim = 4,
        .n = {f->nx, f->ny, 2, 1},
        .step = {f->lx / (double)f->nx, f->ly / (double)f->ny, 0}};
    ae_vol_set_centre(wave);
    int code = psi ? ae_vol_alloc(wave, err)
                   : ae_fail(err, AE_EMEM, "%zu samples: out of memory", n);
    if (!code)
        ae_stem_exit(&s->field, &s->optics, s->setup.origin, psi);
    for (size_t i = 0; !code && i < n; i++) {
        wave->data[i] = (float)psi[2 * i];
        wave->data[n + i] = (float)psi[2 * i + 1];
    }
    free(psi);
    return code;
}
