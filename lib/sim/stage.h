/* SPDX-License-Identifier: BSD-2-Clause
 * stage - where specimen and scan are: the periodic cell, its samples, the
 * places of the probe, and the atoms of each tilt.
 *
 *   cell     given: coordinates as they are, one image
 *   series   a cube that holds the atoms at any angle, turned about the origin
 *            by R(phi, theta, psi); coordinate 0 of an image is pixel
 *            floor(n/2), which is the cube's middle
 *
 * Samples: enough that waves hold every angle of the aperture and of the
 * detectors, lambda/(3 pixel) of them (the band limit of microscope.h).
 */
#ifndef AE_SIM_STAGE_H
#define AE_SIM_STAGE_H

#include <stddef.h>
#include "base/atoms.h"
#include "base/error.h"
#include "base/opt.h"
#include "base/vol.h"
#include "sim/elements.h"
#include "sim/shot.h"

/* The n atoms of *setup, at rest in elements->pos; damping: their motion as a
 * mean potential. */
void ae_stage_sample(struct ae_shot_setup *setup,
    const struct ae_elements *elements, size_t n, int damping);

/* The cell and scan of *setup (field.frame, field.lz, origin, nx, ny; a cell
 * also step), where lens, detectors and atoms are set; pixel (angstrom) 0: the
 * coarsest that carries the angles. AE_EUSAGE where the numbers make no sense,
 * as when the pixel does not carry a detector. */

/* cell: lx, ly, lz; scan: x0, y0, nx, ny, step. */
int ae_stage_cell(struct ae_shot_setup *setup, const struct ae_reals *cell,
    const struct ae_reals *scan, double pixel, struct ae_error *err);
/* size: nx, ny of the scan, or nx of both, or none (enough for any tilt);
 * pos[setup->n] about the origin. Whole windows of PRISM need a multiple of
 * its factor. */
int ae_stage_series(struct ae_shot_setup *setup, const struct ae_reals *size,
    const double (*pos)[3], double pixel, struct ae_error *err);

/* Atoms relative to their key rotation_centre (0 without), which goes. */
int ae_stage_centre(struct ae_atoms *atoms, struct ae_error *err);
/* to[setup->n] in the cell of a series, from atoms about the origin: turned by
 * euler (degrees). */
void ae_stage_turn(const struct ae_shot_setup *setup, const double euler[3],
    const double (*atom)[3], double (*to)[3]);

/* The header of a stack of `images` images with `planes` planes each; with
 * euler[images] a series, else a cell. No keys, no data. */
int ae_stage_head(const struct ae_shot_setup *setup, size_t images,
    size_t planes, const double (*euler)[3], struct ae_vol *head,
    struct ae_error *err);

#endif
