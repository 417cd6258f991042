/* SPDX-License-Identifier: BSD-2-Clause
 * xyz - the atom stream: extended XYZ, one or more frames.
 *
 * Numbers are written with the fewest digits that read back to the same
 * double. Positions are never NaN or inf; other columns may hold NaN
 * ("undefined for this atom").
 */
#ifndef AE_IO_XYZ_H
#define AE_IO_XYZ_H

#include <stdio.h>
#include "base/atoms.h"
#include "base/error.h"
#include "base/number.h"
#include "base/tool.h"

struct ae_xyz;                       /* a reader */

int ae_xyz_open(struct ae_xyz **reader, struct ae_source *in, struct ae_error *err);
/* The next frame's count and comment line: atoms becomes an empty table with
 * its columns and keys; *n = atoms announced. AE_END after the last frame
 * (0 frames: AE_EDATA "empty file"). Clears what atoms held. */
int ae_xyz_head(struct ae_xyz *reader, struct ae_atoms *atoms, size_t *n,
	struct ae_error *err);
/* Append up to max further rows of this frame; *got of them (0 at its end). */
int ae_xyz_rows(struct ae_xyz *reader, struct ae_atoms *atoms, size_t max, size_t *got,
	struct ae_error *err);
/* The next whole frame; AE_END after the last one. */
int ae_xyz_next(struct ae_xyz *reader, struct ae_atoms *atoms, struct ae_error *err);
void ae_xyz_free(struct ae_xyz *reader);

/* A file of exactly one frame (more: AE_EDATA). */
int ae_xyz_read(struct ae_source *in, struct ae_atoms *atoms, struct ae_error *err);

/* One frame. */
int ae_xyz_write(FILE *out, const struct ae_atoms *atoms, struct ae_error *err);

#endif
