/* SPDX-License-Identifier: BSD-2-Clause
 * format - which format a file has, by its first bytes, and the reader of it.
 */
#ifndef AE_IO_FORMAT_H
#define AE_IO_FORMAT_H

#include "io/array.h"

struct ae_format_choice {
    const char *var; /* variable or dataset; "" the only one */
    const char *raw; /* "" or TYPE,NX,NY[,NZ[,NF]] */
    size_t skip;     /* raw: bytes before the samples */
    int rank;        /* 3: images or a volume, 2: a table of numbers */
    int wide;
};

/* Recognise the file by its first bytes and read its header. Sizes are
 * positive, their product fits, and where the length of the file is known it
 * holds that many samples. */
int ae_format_open(struct ae_array *array, struct ae_source *source,
    const struct ae_format_choice *choice, struct ae_error *err);

/* A file of MATLAB, HDF5 or NumPy: may hold a table of numbers. */
int ae_format_is_table(const struct ae_input *in);

#endif
