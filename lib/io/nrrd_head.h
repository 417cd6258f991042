/* SPDX-License-Identifier: BSD-2-Clause
 * nrrd_head - the text header of an NRRD file (private to io).
 */
#ifndef AE_IO_NRRD_HEAD_H
#define AE_IO_NRRD_HEAD_H

#include <stdio.h>
#include "base/error.h"
#include "base/vol.h"

enum ae_nrrd_type { AE_I8, AE_U8, AE_I16, AE_U16, AE_I32, AE_U32, AE_I64,
    AE_U64, AE_F32, AE_F64, AE_NO_TYPE };
enum ae_nrrd_encoding { AE_RAW, AE_GZIP, AE_ASCII, AE_NO_ENCODING };

struct ae_nrrd_head {
    enum ae_nrrd_type type;
    enum ae_nrrd_encoding encoding;
    int big_endian;          /* 1 big, 0 little, -1 not said */
    long line_skip, byte_skip;
    char *data_file;         /* NULL: attached */
    char **list;             /* names of a LIST or of a numbered series */
    size_t nlist;
};

size_t ae_nrrd_size_of(enum ae_nrrd_type type);

/* Read the header up to the empty line. pixel as in ae_nrrd_open. */
int ae_nrrd_parse(FILE *in, const char *name, double pixel,
    struct ae_nrrd_head *head, struct ae_vol *vol, struct ae_error *err);
void ae_nrrd_head_clear(struct ae_nrrd_head *head);

#endif
