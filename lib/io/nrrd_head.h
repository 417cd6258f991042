/* SPDX-License-Identifier: BSD-2-Clause
 * nrrd_head - the text header of an NRRD file (private to io).
 */
#ifndef AE_IO_NRRD_HEAD_H
#define AE_IO_NRRD_HEAD_H

#include <stdio.h>
#include "base/error.h"
#include "base/vol.h"
#include "io/sample.h"

enum ae_nrrd_encoding { AE_RAW, AE_GZIP, AE_ASCII, AE_NO_ENCODING };

struct ae_nrrd_head {
    int has_type;
    enum ae_sample type;
    enum ae_nrrd_encoding encoding;
    int big_endian;          /* 1 big, 0 little, -1 not said */
    long line_skip, byte_skip;
    char *data_file;         /* NULL: attached */
    char **list;             /* names of a LIST or of a numbered series */
    size_t nlist;
};

/* Read the header up to the empty line. pixel as in ae_nrrd_open. */
int ae_nrrd_parse(FILE *in, const char *name, double pixel,
    struct ae_nrrd_head *head, struct ae_vol *vol, struct ae_error *err);
void ae_nrrd_head_clear(struct ae_nrrd_head *head);

#endif
