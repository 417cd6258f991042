/* SPDX-License-Identifier: BSD-2-Clause
 * array - an array of numbers in a file, image by image; what the readers of
 * TIFF, MRC, NPY, MAT, HDF5, PNG and raw share. io/format opens one.
 *
 * An "image" is the two fastest axes as the file stores them. Nothing is
 * permuted here: axes[] says what the file itself tells of its axes.
 */
#ifndef AE_IO_ARRAY_H
#define AE_IO_ARRAY_H

#include <stddef.h>
#include "base/error.h"
#include "base/keys.h"
#include "io/input.h"
#include "io/sample.h"

struct ae_array {
    const char *format; /* "MRC", for messages */
    const char *name;   /* of the file, for messages */
    char part[400];     /* which variable or dataset, "" for the only one */
    int dim;            /* 2, 3 or 4 */
    size_t n[4];        /* samples per axis, fastest first; 1 beyond dim */
    size_t images;      /* n[2] * n[3] */
    char axes[5];       /* the letters x y z k (tilt) f (frame), fastest
                               first, where the file says so; "" if not */
    int reversed;       /* stored the other way round than the format
                               counts its axes (NPY in Fortran order) */
    int is_volume;      /* the file says: 1 volume, 0 images, -1 nothing */
    double step[4];     /* angstrom per sample of each axis, 0 unknown */
    double origin[4];   /* angstrom, coordinate of sample 0 */
    int has_origin;
    double *angle; /* [nangle] degrees, from the file; or NULL */
    size_t nangle;
    struct ae_keys keys; /* texts worth keeping */

    /* for the readers */
    struct ae_input in;
    enum ae_sample type; /* plain formats: how samples are stored */
    int big;             /* plain formats: big endian */
    int wide;            /* 1: deliver doubles in real[], not floats */
    size_t done;         /* images delivered */
    float *image;        /* [n[0] * n[1]] the last one */
    double *real;        /* the same, when wide */
    size_t room;         /* samples allocated */
    void *state;         /* of the library's reader */
    int (*next)(struct ae_array *array, struct ae_error *err); /* NULL: plain */
    void (*close)(void *state);
};

/* The next image into array->image (or array->real); AE_END after the last.
 * NaN and infinity are refused with their position. */
int ae_array_next(struct ae_array *array, struct ae_error *err);

/* Works on a zeroed struct and twice; does not close the source. */
void ae_array_close(struct ae_array *array);

/* For the readers: check dim and n, set images; room for one image; room for
 * the claimed samples, bytes each, in a file that may be packed. */
int ae_array_check(struct ae_array *array, struct ae_error *err);
int ae_array_room(struct ae_array *array, struct ae_error *err);
int ae_array_claim(const struct ae_array *array, size_t bytes, int packed,
    struct ae_error *err);

#endif
