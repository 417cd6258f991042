/* SPDX-License-Identifier: BSD-2-Clause
 * axes - what the axes of an array in a file are: x, y, tilt or z, frame.
 */
#ifndef AE_IO_AXES_H
#define AE_IO_AXES_H

#include "io/array.h"

enum { AE_X, AE_Y, AE_SLOW, AE_FRAME };

/* Place of each axis in the file: at[AE_X] is 0 where x is the fastest. */
struct ae_axes {
    int at[4];  /* -1 for an axis that is not there */
    int volume; /* 1 letter z, 0 letter k, -1 nobody said */
};

/* wanted: letters of x y z k f as the file's own format counts its axes; "" for
 * what the file says, else x y k, or x y f k of four. AE_EUSAGE when they do
 * not fit the array. */
int ae_axes_find(const struct ae_array *a, const char *wanted,
    struct ae_axes *axes, struct ae_error *err);

/* Samples along the axis at place at; 1 for an axis that is not there. */
size_t ae_axes_size(const struct ae_array *a, int at);

/* 1: images come in order, as they are or with x and y exchanged. */
int ae_axes_in_order(const struct ae_axes *axes);

/* Image (frame f, slow s) out of samples stored with the sizes of a; block is
 * the whole array, or one image with f = s = 0. */
void ae_axes_image(const float *block, const struct ae_array *a,
    const struct ae_axes *axes, size_t f, size_t s, float *image);

#endif
