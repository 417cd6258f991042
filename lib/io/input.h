/* SPDX-License-Identifier: BSD-2-Clause
 * input - a file or a pipe whose first bytes can be looked at before it is
 * read; pipes are copied to memory for the libraries that must seek.
 */
#ifndef AE_IO_INPUT_H
#define AE_IO_INPUT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include "base/error.h"
#include "base/tool.h"

enum { AE_INPUT_HEAD = 4096 };

struct ae_input {
    FILE *file;
    const char *name;
    uint64_t size; /* bytes from here on; UINT64_MAX for a pipe */
    uint64_t at;   /* bytes read so far */
    size_t nhead;  /* bytes in head, fewer only in a short file */
    unsigned char head[AE_INPUT_HEAD];
    int memory; /* descriptor of the copy in memory, or -1 */
};

/* Read the head. The source stays the caller's. */
int ae_input_open(
    struct ae_input *in, struct ae_source *source, struct ae_error *err);
/* Up to n bytes; fewer at the end of the file or on a read error. */
size_t ae_input_read(struct ae_input *in, void *buffer, size_t n);
/* 0, or -1 when the file ends before. */
int ae_input_skip(struct ae_input *in, uint64_t n);
/* A new descriptor on the whole file, from its first byte, that can seek; the
 * caller closes it. in->size is known afterwards. */
int ae_input_seekable(struct ae_input *in, int *fd, struct ae_error *err);
void ae_input_close(struct ae_input *in);

#endif
