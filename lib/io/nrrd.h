/* SPDX-License-Identifier: BSD-2-Clause
 * nrrd - the volume stream: NRRD headers and samples, read and written image
 * by image.
 *
 * Read: NRRD0001 to 0005, attached and detached (data file, LIST; byte and
 * line skip), raw, gzip, ascii; every integer and float type, both endians.
 * Written: NRRD0005, attached, raw, little endian float (ae_nrrd_begin_as for
 * uint8 masks). Specification: teem.sourceforge.net/nrrd/format.html
 */
#ifndef AE_IO_NRRD_H
#define AE_IO_NRRD_H

#include <stdio.h>
#include "base/error.h"
#include "base/tool.h"
#include "base/vol.h"

struct ae_nrrd;                      /* a reader */

/* Read the header: head gets sizes, geometry, angles and keys (data NULL).
 * pixel > 0 replaces the step of every space axis (and the origin by the
 * centred one). */
int ae_nrrd_open(struct ae_nrrd **reader, struct ae_source *in, double pixel,
	struct ae_vol *head, struct ae_error *err);
/* The next image, n[0] * n[1] floats; AE_END after the last one. NaN and inf
 * are refused with their position. */
int ae_nrrd_next(struct ae_nrrd *reader, float *image, struct ae_error *err);
/* After ae_nrrd_open: let NaN and inf pass. */
void ae_nrrd_allow_nan(struct ae_nrrd *reader);
void ae_nrrd_free(struct ae_nrrd *reader);

/* Everything at once. */
int ae_nrrd_read(struct ae_source *in, double pixel, struct ae_vol *vol,
	struct ae_error *err);

/* Write the header, then the images one by one (n[0] * n[1] floats each, as
 * many as the header says). */
int ae_nrrd_begin(FILE *out, const struct ae_vol *head, struct ae_error *err);
int ae_nrrd_put(FILE *out, const float *image, size_t samples, struct ae_error *err);
int ae_nrrd_write(FILE *out, const struct ae_vol *vol, struct ae_error *err);
/* As ae_nrrd_write, with samples stored as uint8 (0..255, rounded). */
int ae_nrrd_write_mask(FILE *out, const struct ae_vol *vol, struct ae_error *err);

/* AE_OK when the step of x, y (and z for a volume) is known and equal within
 * 1e-4 relative; else an error that says: give --pixel. */
int ae_need_pixel(const struct ae_vol *vol, const char *name, struct ae_error *err);
/* AE_OK when it is a tilt stack with one angle (triple) per image. */
int ae_need_tilts(const struct ae_vol *vol, const char *name, struct ae_error *err);
/* AE_OK when it is a volume (kind AE_VOLUME). */
int ae_need_volume(const struct ae_vol *vol, const char *name, struct ae_error *err);

#endif
