/* SPDX-License-Identifier: BSD-2-Clause
 * stem - a scanned probe: what detectors get at each of its places.
 *
 * A field holds the transmission functions of a periodic cell. Optics hold the
 * probe, the propagator and the detectors for waves of a given size: the whole
 * cell, or a window of whole pixels about each place of the probe, cut from the
 * transmission functions and periodic in itself. For a window
 *
 *   signal = V + (W - W0)
 *
 *   W   after the slices, of the probe cut to the window out of one that is
 *       twice as wide; W0 the same without slices; V the signal of a whole
 *       probe without atoms
 *
 * so that the rings outside the window pass unscattered. Aperture and detectors
 * of a window have soft edges (microscope.h), because its samples are coarse;
 * those of the whole cell count whole samples. A window without atoms has V.
 *
 * Source: E. J. Kirkland, Advanced Computing in Electron Microscopy (2010),
 * 10.1007/978-1-4419-6533-2.
 * Cost: places x slices x 2 transforms of the wave's samples.
 */
#ifndef AE_SIM_STEM_H
#define AE_SIM_STEM_H

#include <stddef.h>
#include "base/error.h"
#include "sim/microscope.h"
#include "sim/potential.h"
#include "sim/wave.h"

struct ae_field_setup {
    struct ae_frame frame;
    double lz, thickness; /* of the cell; the thickest slice; angstrom */
    double kilovolt;
    int twice;       /* double precision, else single */
    const int *z;    /* [nz] elements */
    const double *u; /* [nz] rms of a mean thermal motion, or 0 */
    size_t nz;
    size_t rows; /* pixel rows held at a time; 0: all */
};

struct ae_field {
    struct ae_field_setup setup;
    size_t rows, first; /* held now: first, first + 1, ... mod ny */
    struct ae_slices slices;
    struct ae_potential *potential;
    struct ae_potential_scratch **scratch; /* [workers] */
    size_t workers;
    size_t full;     /* slices with atoms, now */
    size_t *which;   /* [slices.n] their numbers */
    char *t;         /* [full][rows][nx], complex */
    size_t room;     /* slices that t has room for */
    uint32_t *below; /* [ny + 1][nx + 1] atoms in the corner */
};

/* The slices follow from pos (z within 0 ... lz), where the atoms are at rest.
 * z and u of the setup are kept by pointer. */
int ae_field_new(struct ae_field *field, const struct ae_field_setup *setup,
    const double (*pos)[3], size_t n, struct ae_error *err);
void ae_field_clear(struct ae_field *field);
/* Slices and which of them have atoms, for atoms at pos (the same atoms,
 * displaced or not). */
void ae_field_sort(struct ae_field *field, const double (*pos)[3], size_t n);
/* That, and transmission functions of rows first ... of them. */
int ae_field_load(struct ae_field *field, const double (*pos)[3],
    const size_t *element, size_t n, size_t first, struct ae_error *err);
/* Memory of everything, and of the transmission functions alone. */
double ae_field_bytes(const struct ae_field *field);
double ae_field_slices_bytes(const struct ae_field *field);

struct ae_optics_setup {
    struct ae_lens lens;
    struct ae_frame frame; /* of the field */
    size_t wx, wy;         /* samples of the wave */
    double dz;
    int twice;
    const struct ae_detector *detector;
    size_t detectors;
};

struct ae_optics {
    struct ae_optics_setup setup;
    struct ae_frame window;
    int whole;                    /* the wave covers the cell */
    struct ae_wave *wave, *large; /* large: what a window's probe is cut from */
    struct ae_wave_slot **slot, **large_slot; /* [slots], one for a thread */
    size_t slots;
    struct ae_frame outer;       /* of the large wave */
    struct ae_probe probe;       /* of the large wave, or of the whole cell */
    struct ae_detector_map *map; /* [detectors] */
    double *vacuum;              /* [detectors] V */
};

/* detector is kept by pointer. */
int ae_optics_new(struct ae_optics *optics, const struct ae_optics_setup *setup,
    struct ae_error *err);
void ae_optics_clear(struct ae_optics *optics);
double ae_optics_bytes(const struct ae_optics *optics);

/* Does the wave of a probe there meet an atom? */
int ae_stem_meets(const struct ae_field *field, const struct ae_optics *optics,
    const double place[2]);
/* A wave at its start, through all slices to psi(k) at the exit; spot->t is
 * not used. */
void ae_stem_pass(const struct ae_field *field, const struct ae_wave *wave,
    struct ae_wave_slot *slot, const struct ae_wave_view *spot);

/* First pixel of the window about a place, may be negative. */
long ae_optics_first(size_t samples, double place, double pixel);
/* Add to signal[n][detectors] for the places place[n] (angstrom, in the cell);
 * total[n] (may be NULL): everything that is left. Returns how many places
 * were passed through the slices; the others saw no atom. */
size_t ae_stem_scan(const struct ae_field *field,
    const struct ae_optics *optics, const double (*place)[2], size_t n,
    double *signal, double *total);
/* The wave psi(r) [wy][wx][2] that leaves the cell. */
void ae_stem_exit(const struct ae_field *field, const struct ae_optics *optics,
    const double place[2], double *image);

/* The smallest window, pixels, whose signals of the places differ from those
 * of twice the window by at most tolerance, r.m.s. over the places relative to
 * their mean, and for which the next larger one (by 1.2) does as well: one
 * alone may pass by chance; or the cell's size. Every detector counts. *bytes:
 * the most that optics took on the way. */
int ae_stem_window(const struct ae_field *field,
    const struct ae_optics_setup *setup, const double (*place)[2], size_t n,
    double tolerance, size_t window[2], double *bytes, struct ae_error *err);

#endif
