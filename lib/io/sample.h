/* SPDX-License-Identifier: BSD-2-Clause
 * sample - how files store numbers, and the way to and from ours.
 */
#ifndef AE_IO_SAMPLE_H
#define AE_IO_SAMPLE_H

#include <stddef.h>
#include <stdio.h>
#include "base/error.h"

enum ae_sample {
    AE_I8,
    AE_U8,
    AE_I16,
    AE_U16,
    AE_I32,
    AE_U32,
    AE_I64,
    AE_U64,
    AE_F16,
    AE_F32,
    AE_F64
};

size_t ae_sample_bytes(enum ae_sample type);
const char *ae_sample_name(enum ae_sample type);            /* "uint16" */
int ae_sample_find(const char *name, enum ae_sample *type); /* 0 or -1 */
int ae_host_is_big(void);

/* n samples of raw, big endian or not, as double or as float. */
void ae_sample_reals(
    const void *raw, enum ae_sample type, int big, size_t n, double *out);
void ae_sample_floats(
    const void *raw, enum ae_sample type, int big, size_t n, float *out);

/* n floats as integers or floats of the type (int8 to uint16, float32) in the
 * machine's byte order, rounded to nearest, ties to even. A value that does
 * not fit is an error naming it: *bad is its index. */
int ae_sample_store(
    const float *in, size_t n, enum ae_sample type, void *out, size_t *bad);

/* Write samples in little endian. */
int ae_sample_write(FILE *out, const void *raw, enum ae_sample type, size_t n,
    struct ae_error *err);

/* The number with the fewest digits (3 to 9) that equals x within 4 float
 * rounding errors: a pixel size of 0.358 that went through float fields. */
double ae_plain_number(double x);

#endif
