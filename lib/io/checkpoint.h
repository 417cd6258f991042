/* SPDX-License-Identifier: BSD-2-Clause
 * checkpoint - the state of a long run on disk, written beside and renamed.
 */
#ifndef AE_IO_CHECKPOINT_H
#define AE_IO_CHECKPOINT_H

#include <stdint.h>
#include "base/error.h"
#include "base/mem.h"

/* A number that stands for these bytes, chained: start with hash = 0. */
uint64_t ae_checkpoint_hash(uint64_t hash, const void *data, size_t bytes);

/* Write n parts under a tag that names data and options. */
int ae_checkpoint_write(const char *path, uint64_t tag,
    const struct ae_part *part, size_t n, struct ae_error *err);

/* Fill the n parts. AE_END when there is no such file; AE_EDATA when it is cut,
 * or of other data or options (then the parts are undefined). */
int ae_checkpoint_read(const char *path, uint64_t tag,
    const struct ae_part *part, size_t n, struct ae_error *err);

#endif
