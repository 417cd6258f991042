/* SPDX-License-Identifier: BSD-2-Clause
 * tiff - pages of one grey sample per pixel, by libtiff.
 *
 * Read: integers of 8, 16, 32 bits and floats of 16, 32, 64, strips or tiles,
 * any compression libtiff knows, classic and big. The pixel size is taken
 * from the resolution only where it has a unit (centimetre, inch, or
 * ImageJ's "unit=") and says less than 1000 angstrom, more being a printer's.
 * The first row is y = 0; orientation tags and photometric inversion are
 * ignored.
 */
#ifndef AE_IO_TIFF_H
#define AE_IO_TIFF_H

#include <stdio.h>
#include "base/vol.h"
#include "io/array.h"

int ae_tiff_open(struct ae_array *array, struct ae_error *err);

/* Pages of head, written one by one. out must be a regular file (libtiff
 * seeks). Samples in machine order; keys go into the first description as
 * lines key:=value. */
struct ae_tiff;
int ae_tiff_begin(struct ae_tiff **writer, FILE *out, const struct ae_vol *head,
    enum ae_sample type, struct ae_error *err);
int ae_tiff_put(
    struct ae_tiff *writer, const void *samples, struct ae_error *err);
/* Frees the writer, also after a failure. */
int ae_tiff_end(struct ae_tiff *writer, struct ae_error *err);

#endif
