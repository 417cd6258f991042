/* SPDX-License-Identifier: BSD-2-Clause
 * shot - one image: a scan of a cell by multislice, PRISM or the quick model, as the mean over
 * configurations of displaced atoms, within a chosen memory.
 *
 * Three calls: ae_shot_new plans, ae_shot_step works for some seconds at most
 * (apart from the loading of a configuration), until ae_shot_done.
 */
#ifndef AE_SIM_SHOT_H
#define AE_SIM_SHOT_H

#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "base/vol.h"
#include "sim/prism.h"
#include "sim/quick.h"
#include "sim/rings.h"
#include "sim/stem.h"

enum ae_shot_method { AE_SHOT_MULTISLICE, AE_SHOT_PRISM, AE_SHOT_QUICK };

struct ae_shot_setup {
    struct ae_field_setup field; /* rows is set here */
    struct ae_lens lens;
    const struct ae_detector *detector;
    size_t detectors;
    const double (*pos)[3]; /* [n] at rest, angstrom, in the cell */
    const size_t *element;  /* [n] index into field.z */
    size_t n;
    const double *rms;      /* [nz] displacement along each axis */
    size_t configurations;  /* 0: atoms at rest */
    uint64_t seed, item;    /* item: number of the image */
    double origin[2], step; /* the scan, angstrom, in the cell */
    size_t nx, ny;
    enum ae_shot_method method;
    size_t factor;    /* of PRISM */
    double window;    /* angstrom; 0: by tolerance */
    double tolerance; /* 0: the whole cell */
    double memory;    /* bytes; 0: no limit */
};

struct ae_shot {
    struct ae_shot_setup setup;
    struct ae_field field;
    struct ae_optics optics;
    struct ae_prism prism;
    double (*moved)[3]; /* [n] */
    size_t window[2];   /* pixels of the waves */
    double choice;      /* bytes of optics while the window was chosen */
    size_t strip;       /* scan rows of one set of transmission functions,
                               or of one pass of PRISM's beams */
    size_t configuration, row; /* next */
    size_t loaded;             /* scan row that the field was loaded for, + 1 */
    size_t passed;             /* probes that met atoms */
    double *signal;            /* [ny][nx][detectors], summed so far */
    double *total;             /* [ny][nx], everything left; NULL for PRISM */
};

/* AE_EUSAGE when the memory is too small for this method. */
int ae_shot_new(struct ae_shot *shot, const struct ae_shot_setup *setup,
    struct ae_error *err);
void ae_shot_clear(struct ae_shot *shot);
/* One scan row more (PRISM: the rows of one pass). */
int ae_shot_step(struct ae_shot *shot, struct ae_error *err);
int ae_shot_done(const struct ae_shot *shot);     /* then signal is the mean */
double ae_shot_share(const struct ae_shot *shot); /* 0 ... 1 */
/* The images of all rings, one after the other (idpc.h), blurred by a source of
 * this full width at half maximum (angstrom). */
int ae_shot_planes(const struct ae_shot *shot, const struct ae_rings *rings,
    double source, int integrate, float *planes, struct ae_error *err);
double ae_shot_bytes(const struct ae_shot *shot);
/* The wave that leaves the cell (or window) of the scan's first place in the
 * last configuration: two images, real and imaginary part (multislice). */
int ae_shot_exit(
    const struct ae_shot *shot, struct ae_vol *wave, struct ae_error *err);

/* For plans: load the first configuration; how many probes of a scan meet atoms
 * then (multislice); how often transmission functions are made (multislice) or
 * all beams are carried (PRISM). */
int ae_shot_load(struct ae_shot *shot, struct ae_error *err);
double ae_shot_meets(const struct ae_shot *shot);
double ae_shot_passes(const struct ae_shot *shot);

#endif
