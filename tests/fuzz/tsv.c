/* SPDX-License-Identifier: BSD-2-Clause
 * Any bytes through the reader of io/tsv.h. */
#include <stdint.h>
#include <stdio.h>
#include "io/tsv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size)
        return 0;
    struct ae_source in = {fmemopen((void *)data, size, "rb"), "fuzz"};
    if (!in.file)
        return 0;
    struct ae_table table = {0};
    struct ae_error err;
    double x;
    if (!ae_tsv_read(&in, &table, &err) && table.nrow)
        ae_table_real(&table, 0, 0, &x, &err);
    ae_table_clear(&table);
    fclose(in.file);
    return 0;
}
