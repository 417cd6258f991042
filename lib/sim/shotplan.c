/* SPDX-License-Identifier: BSD-2-Clause */
#include "sim/shotplan.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "base/mem.h"

enum { TRIES = 8 }; /* probes that are timed */

static double cpu(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Seconds of one beam (0), its share of a row (1), one place (2). */
static double time_prism(struct ae_shot *shot, int what)
{
    const double start = cpu();
    double runs = 0;
    for (; runs < 1 || cpu() - start < 0.1; runs++) {
        if (what == 0)
            ae_prism_try_beam(&shot->prism, &shot->field);
        else if (what == 1)
            ae_prism_try_row(&shot->prism);
        else
            ae_prism_try_place(&shot->prism);
    }
    return (cpu() - start) / runs;
}

static double prism_seconds(struct ae_shot *shot)
{
    const double beams = (double)shot->prism.probe.n;
    const double rows = (double)shot->setup.ny;
    const double strips = ceil(rows / (double)shot->strip);
    return strips * beams * time_prism(shot, 0) +
           beams * rows * time_prism(shot, 1) +
           rows * (double)shot->setup.nx * time_prism(shot, 2);
}

/* The probes' part, from some of those in the middle of the scan that meet
 * atoms. */
static int probe_seconds(
    const struct ae_shot *shot, double *seconds, struct ae_error *err)
{
    const struct ae_shot_setup *s = &shot->setup;
    double place[TRIES][2];
    double *signal = ae_alloc(TRIES * s->detectors, sizeof *signal);
    if (!signal)
        return ae_fail(err, AE_EMEM, "out of memory");
    for (size_t i = 0; i < TRIES; i++) {
        place[i][0] =
            s->origin[0] + s->step * (double)(s->nx * (i + 1) / (TRIES + 1));
        place[i][1] = s->origin[1] + s->step * (double)(shot->strip < s->ny
                                                            ? shot->strip / 2
                                                            : s->ny / 2);
    }
    size_t met = 0;
    double runs = 0;
    const double start = cpu();
    for (; runs < 1 || (met && cpu() - start < 0.1); runs++)
        met += ae_stem_scan(&shot->field, &shot->optics,
            (const double(*)[2])place, TRIES, signal, NULL);
    const double each = (cpu() - start) / (double)(met ? met : 1);
    *seconds = met ? each * ae_shot_meets(shot) : 0;
    free(signal);
    return AE_OK;
}

static int shot_seconds(
    struct ae_shot *shot, double *seconds, struct ae_error *err)
{
    const struct ae_shot_setup *s = &shot->setup;
    const double configurations =
        s->configurations ? (double)s->configurations : 1;
    const double start = cpu();
    int code = ae_shot_load(shot, err);
    const double load = cpu() - start;
    double scan = 0;
    if (!code && s->method == AE_SHOT_QUICK) {
        const double before = cpu();
        code = ae_shot_step(shot, err);
        scan = cpu() - before;
    } else if (!code && s->method == AE_SHOT_PRISM)
        scan = prism_seconds(shot);
    else if (!code)
        code = probe_seconds(shot, &scan, err);
    const double loads =
        s->method == AE_SHOT_MULTISLICE ? ae_shot_passes(shot) : configurations;
    *seconds = loads * load + configurations * scan;
    return code;
}

/* Measured on Debian 12 (glibc 2.36, FFTW 3.3.10): resident pages of a run on
 * three atoms; and of larger ones, relative to the sum of what they ask for. */
static const double own_bytes = 17e6; /* program and libraries */
static const double heap_share = 1.05;
static const double atom_bytes = 120; /* one of the input, read */

int ae_shot_plan(struct ae_shot *shot, size_t images, size_t planes,
    struct ae_shot_cost *cost, struct ae_error *err)
{
    const struct ae_shot_setup *s = &shot->setup;
    const double samples = (double)(images * planes * s->nx * s->ny);
    *cost = (struct ae_shot_cost){.frame = s->field.frame,
        .window = shot->window[0],
        .lambda = ae_microscope_wavelength(s->lens.kilovolt)};
    cost->limit = cost->lambda * ae_microscope_band(&cost->frame);
    const double before = cpu(); /* tables, and the choice of the window */
    const int code = shot_seconds(shot, &cost->seconds, err);
    cost->seconds = (cost->seconds + before) * (double)images;
    cost->bytes = own_bytes + heap_share * (ae_shot_bytes(shot) + 4 * samples +
                                               atom_bytes * (double)s->n);
    return code;
}

struct ae_shot_cost ae_shot_coarser(
    const struct ae_shot_cost *cost, double angle)
{
    const struct ae_frame *f = &cost->frame;
    const double ratio =
        0.999 * cost->lambda / (3 * angle) * (double)f->nx / f->lx;
    struct ae_shot_cost c = *cost;
    c.frame.nx = (size_t)ceil((double)f->nx / ratio);
    c.frame.ny = (size_t)ceil((double)f->ny / ratio);
    c.window = (size_t)ceil((double)cost->window / ratio);
    c.limit = c.lambda * ae_microscope_band(&c.frame);
    c.bytes /= ratio * ratio;
    c.seconds /= ratio * ratio;
    return c;
}

char *ae_shot_text(const struct ae_shot *shot, char out[200])
{
    const struct ae_frame *f = &shot->setup.field.frame;
    snprintf(out, 200,
        "%zu x %zu samples of %.4g angstrom, %zu slices of %.4g angstrom, waves"
        " of %zu x %zu",
        f->nx, f->ny, f->lx / (double)f->nx, shot->field.slices.n,
        shot->field.slices.dz, shot->window[0], shot->window[1]);
    return out;
}

char *ae_shot_cost_text(const struct ae_shot_cost *c, char out[200])
{
    snprintf(out, 200,
        "pixels of %.4g angstrom carry %.1f mrad; a cell of %zu x %zu, waves of"
        " %zu samples; %.3g core-hours, %.3g GB",
        c->frame.lx / (double)c->frame.nx, c->limit * 1e3, c->frame.nx,
        c->frame.ny, c->window, c->seconds / 3600, c->bytes * 1e-9);
    return out;
}
