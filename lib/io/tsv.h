/* SPDX-License-Identifier: BSD-2-Clause
 * tsv - tables: tab-separated, one header line starting with '#'.
 */
#ifndef AE_IO_TSV_H
#define AE_IO_TSV_H

#include <stdio.h>
#include "base/error.h"
#include "base/table.h"
#include "base/tool.h"

/* Header with or without '#', after further '#' lines; rows of equal length. */
int ae_tsv_read(struct ae_source *in, struct ae_table *table, struct ae_error *err);
int ae_tsv_write(FILE *out, const struct ae_table *table, struct ae_error *err);

/* For tables written row by row: "#a\tb\n", then rows through ae_tsv_put with
 * a printf-like list: d long, r double (shortest exact), g double (%.6g),
 * s text; e.g. ae_tsv_put(out, "drs", 3L, 2.5, "Zr"). */
void ae_tsv_head(FILE *out, const char *names);   /* names separated by '\t' */
void ae_tsv_put(FILE *out, const char *types, ...);

#endif
