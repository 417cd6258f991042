/* SPDX-License-Identifier: BSD-2-Clause
 * mrc - MRC2014 images, stacks and volumes (also .st .rec .map .ali).
 *
 * Read: modes 0 (int8; uint8 where an IMOD stamp says so), 1, 2, 6, 12; both
 * endians; any extended header (skipped). Cell over sampling is the pixel
 * size. Rows are kept in the order of the file: the format puts the first row
 * at the bottom, TIFF and PNG at the top, and the community's Python and
 * MATLAB codes keep the order in both; y of a stream is the row number.
 * Source: Cheng et al., J Struct Biol 192, 146 (2015),
 * doi:10.1016/j.jsb.2015.04.002; www.ccpem.ac.uk/mrc_format/mrc2014.php
 */
#ifndef AE_IO_MRC_H
#define AE_IO_MRC_H

#include <stdio.h>
#include "base/vol.h"
#include "io/array.h"

/* Does it look like MRC (stamp, or the plausible header of an old file)? */
int ae_mrc_is(const struct ae_input *in);
int ae_mrc_open(struct ae_array *array, struct ae_error *err);

/* Header for the images of head stored as int8, int16, uint16 or float32.
 * Statistics are those of the stored values; written first as unknown, then
 * once more over the first 1024 bytes when all images are out. */
struct ae_mrc_stats {
    double low, high, sum, sum_sq, n;
};
int ae_mrc_write_head(FILE *out, const struct ae_vol *head, enum ae_sample type,
    const struct ae_mrc_stats *stats, struct ae_error *err);

#endif
