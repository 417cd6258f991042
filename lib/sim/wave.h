/* SPDX-License-Identifier: BSD-2-Clause
 * wave - electron waves that go through the slices of a specimen, in single or
 * double precision.
 *
 *   psi <- P F[ t F^-1 psi ]   for every slice
 *
 *   t  transmission function of the slice, on the pixels
 *   P  exp(-i pi lambda dz |k|^2) where |k| is inside the band, else 0
 *
 * A wave is the work of one thread. Between slices it is held as (ky, x): the
 * transform along y, the multiplication by t and the transform back are done
 * for a few columns at a time, those along x with P row by row, so that a
 * slice passes the memory twice; rows outside the band are left out.
 * Cost: 2 transforms of nx x ny for each slice, less a sixth.
 */
#ifndef AE_SIM_WAVE_H
#define AE_SIM_WAVE_H

#include <stddef.h>
#include "base/error.h"
#include "sim/microscope.h"

struct ae_wave;      /* plans and propagators, shared by threads */
struct ae_wave_slot; /* one wave under way */

struct ae_wave_setup {
    struct ae_frame frame;
    double lambda, dz; /* angstrom */
    int twice;         /* double precision, else single */
};

/* Band limit: that of the frame. */
int ae_wave_new(struct ae_wave **wave, const struct ae_wave_setup *setup,
    struct ae_error *err);
void ae_wave_free(struct ae_wave *wave);
int ae_wave_slot_new(struct ae_wave_slot **slot, const struct ae_wave *wave,
    struct ae_error *err);
void ae_wave_slot_free(struct ae_wave_slot *slot);
double ae_wave_slot_bytes(const struct ae_wave *wave);
size_t ae_wave_stride(const struct ae_wave *wave); /* samples of a row */

/* Transmission functions: t[rows][nx] complex numbers of the wave's precision,
 * rows first, first + 1, ... (mod ny) of a periodic grid of nx x ny samples,
 * of which the wave covers the part that begins at sample (x, y). */
struct ae_wave_view {
    const void *t;
    size_t nx, ny, first, x, y;
};

/* Start: the probe at (x, y) angstrom of the wave's own frame, or the beam of
 * signed frequency (m, n) alone with amplitude re + i im. */
void ae_wave_probe(const struct ae_wave *wave, struct ae_wave_slot *slot,
    const struct ae_probe *probe, double x, double y);
void ae_wave_beam(const struct ae_wave *wave, struct ae_wave_slot *slot, long m,
    long n, double re, double im);

/* The part of the large wave's psi(r) that begins at sample (x, y), as psi(k)
 * of the small one, so that sum |psi(k)|^2 is the share inside; the large wave, at its start, is used up. Both of the same
 * precision; at least 15 columns lie behind the part. */
void ae_wave_crop(const struct ae_wave *large, struct ae_wave_slot *from,
    size_t x, size_t y, const struct ae_wave *wave, struct ae_wave_slot *slot);

/* The way through: enter after `empty` slices of vacuum; then for each slice
 * with atoms ae_wave_slice and, before the next one, ae_wave_between (the
 * thickness of `slices` slices to the next with atoms); at the end
 * ae_wave_leave. A wave that meets no slice needs ae_wave_drift alone. */
void ae_wave_enter(
    const struct ae_wave *wave, struct ae_wave_slot *slot, size_t empty);
void ae_wave_slice(const struct ae_wave *wave, struct ae_wave_slot *slot,
    const struct ae_wave_view *view);
void ae_wave_between(
    const struct ae_wave *wave, struct ae_wave_slot *slot, size_t slices);
void ae_wave_leave(
    const struct ae_wave *wave, struct ae_wave_slot *slot, size_t slices);
void ae_wave_drift(
    const struct ae_wave *wave, struct ae_wave_slot *slot, size_t slices);

/* psi(r) in place of psi(k), and back (times 1/(nx ny), inside the band). Rows
 * of either, nx complex numbers of the wave's precision. */
void ae_wave_real(const struct ae_wave *wave, struct ae_wave_slot *slot);
void ae_wave_spectrum(const struct ae_wave *wave, struct ae_wave_slot *slot);
void ae_wave_clear(const struct ae_wave *wave, struct ae_wave_slot *slot);
char *ae_wave_row(
    const struct ae_wave *wave, const struct ae_wave_slot *slot, size_t row);

/* Sum of weight |psi(k)|^2 over a detector (its stride is the wave's). */
double ae_wave_measure(const struct ae_wave *wave,
    const struct ae_wave_slot *slot, const struct ae_detector_map *map);
/* Sum over everything. */
double ae_wave_total(
    const struct ae_wave *wave, const struct ae_wave_slot *slot);
/* psi(r) [ny][nx][2], from psi(k); the slot's wave is used up. */
void ae_wave_image(
    const struct ae_wave *wave, struct ae_wave_slot *slot, double *image);

#endif
