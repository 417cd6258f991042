/* SPDX-License-Identifier: BSD-2-Clause
 * png - grey pictures of 1 to 16 bits, by libpng. Values are taken as they
 * are (no gamma, no scaling); the first row is y = 0.
 */
#ifndef AE_IO_PNG_H
#define AE_IO_PNG_H

#include <stdio.h>
#include "base/vol.h"
#include "io/array.h"

int ae_png_open(struct ae_array *array, struct ae_error *err);
/* One grey picture; type uint8 or uint16, samples in machine order. The keys
 * of head go into text chunks. */
int ae_png_write(FILE *out, const struct ae_vol *head, enum ae_sample type,
    const void *samples, struct ae_error *err);

#endif
