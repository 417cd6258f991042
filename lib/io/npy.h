/* SPDX-License-Identifier: BSD-2-Clause
 * npy - arrays of NumPy, format versions 1 to 3.
 *
 * The last index of the array is x, whatever the order in memory: a Fortran
 * order file is the same array as its C order copy (array.reversed says that
 * it is stored with the first index fastest).
 * Source: numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
#ifndef AE_IO_NPY_H
#define AE_IO_NPY_H

#include <stdio.h>
#include "base/vol.h"
#include "io/array.h"

int ae_npy_open(struct ae_array *array, struct ae_error *err);
/* Header (version 1.0, C order) of all samples of head in little endian. */
int ae_npy_write_head(FILE *out, const struct ae_vol *head, enum ae_sample type,
    struct ae_error *err);

#endif
