/* SPDX-License-Identifier: BSD-2-Clause
 * mat - MATLAB files of version 5 to 7, by matio. (7.3 is HDF5: hdf5.h.)
 *
 * MATLAB's first dimension is the fastest axis, x. A variable is read whole:
 * the format packs it as one piece.
 */
#ifndef AE_IO_MAT_H
#define AE_IO_MAT_H

#include <stdio.h>
#include "base/vol.h"
#include "io/array.h"

/* var: its name, or "" for the only real numeric array of rank axes (3 means
 * 3 or 4, or failing that 2); else an error lists the variables. */
int ae_mat_open(
    struct ae_array *array, const char *var, int rank, struct ae_error *err);

/* Variables data, pixel (angstrom, where known), angles (n x 1 theta or n x 3
 * phi theta psi, degrees, where there) into out, a regular file;
 * samples of all images in machine order. */
int ae_mat_write(FILE *out, const struct ae_vol *head, enum ae_sample type,
    const void *samples, struct ae_error *err);

#endif
