/* SPDX-License-Identifier: BSD-2-Clause
 * picture - a drawn picture (8-bit RGB) as PNG or TIFF. A picture without
 * colour is written as grey.
 */
#ifndef AE_IO_PICTURE_H
#define AE_IO_PICTURE_H

#include <stdio.h>
#include "base/error.h"

/* rgb[h][w][3], the top row first; out may be a pipe. */
int ae_picture_png(FILE *out, size_t w, size_t h, const unsigned char *rgb,
    struct ae_error *err);
int ae_picture_tiff(FILE *out, size_t w, size_t h, const unsigned char *rgb,
    struct ae_error *err);

#endif
