/* SPDX-License-Identifier: BSD-2-Clause
 * prism - a scan from few plane waves, each carried through the cell once.
 *
 *   psi(r; p) = sum_b a_b exp(-i chi(k_b)) exp(-2 pi i k_b p) S_b(r)
 *
 *   S_b  the wave that leaves the cell when the beam b entered with amplitude 1
 *   b    every f-th k of the cell's grid in both axes inside the aperture
 *   p    the place of the probe; psi is cut to nx/f x ny/f pixels, the first
 *        at rint(p/pixel - floor(n/(2 f))), and transformed on these
 *
 * f = 1 is multislice. The beams of one k_x are summed for a whole row of the
 * scan at once (they share the window's rows), so that a place costs as many
 * products as there are different k_x. The rows of one call are held in memory;
 * the beams are carried anew for each call.
 *
 * Source: C. Ophus, Adv. Struct. Chem. Imaging 3, 13 (2017),
 * 10.1186/s40679-017-0046-1.
 */
#ifndef AE_SIM_PRISM_H
#define AE_SIM_PRISM_H

#include <stddef.h>
#include "base/error.h"
#include "sim/stem.h"

struct ae_prism {
    struct ae_optics_setup setup;             /* of the whole cell */
    size_t factor, wx, wy;                    /* window: wx = nx/factor */
    struct ae_wave *wave, *small;             /* of the cell; of the window */
    struct ae_wave_slot **slot, **small_slot; /* [slots] */
    size_t slots;
    struct ae_probe probe;       /* the beams */
    struct ae_detector_map *map; /* [detectors] on the window */
    size_t columns, *column;     /* beams by k_x: [columns + 1] */
    size_t *beam;                /* [probe.n] */
    char *sum;                   /* [rows][columns][wy][nx], complex */
    size_t rows, used;           /* rows with room, and with places */
};

/* setup->wx, wy are those of the cell; rows: scan rows held at a time. */
int ae_prism_new(struct ae_prism *prism, const struct ae_optics_setup *setup,
    size_t factor, size_t rows, struct ae_error *err);
void ae_prism_clear(struct ae_prism *prism);
/* Bytes of one scan row, and of everything else. */
double ae_prism_row_bytes(const struct ae_prism *prism);
double ae_prism_bytes(const struct ae_prism *prism);
/* The first pixel of the w that are cut around a place: rint(place/pixel -
 * floor(w/2)), halves to even, also where place/pixel misses a half by its
 * rounding. */
long ae_prism_window(double place, double pixel, size_t w);
/* Add to signal[rows * nx][detectors] for the places (x0 + i step, y0 + j
 * step), j < rows <= prism->rows. */
void ae_prism_scan(struct ae_prism *prism, const struct ae_field *field,
    const double origin[2], double step, size_t nx, size_t rows,
    double *signal);
/* For plans, the work of: one beam through the cell; its share of one scan row;
 * one place. Signals are left alone. */
void ae_prism_try_beam(struct ae_prism *prism, const struct ae_field *field);
void ae_prism_try_row(struct ae_prism *prism);
void ae_prism_try_place(struct ae_prism *prism);

#endif
