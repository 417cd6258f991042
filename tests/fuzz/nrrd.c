/* SPDX-License-Identifier: BSD-2-Clause
 * Any bytes through the reader of io/nrrd.h. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/mem.h"
#include "io/nrrd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size)
        return 0;
    struct ae_source in = {fmemopen((void *)data, size, "rb"), "fuzz"};
    if (!in.file)
        return 0;
    struct ae_vol vol = {0};
    struct ae_error err;
    if (!ae_nrrd_read(&in, 0, &vol, &err)) {
        FILE *out = fopen("/dev/null", "wb");
        ae_nrrd_write(out, &vol, &err);
        fclose(out);
    }
    ae_vol_clear(&vol);
    fclose(in.file);
    return 0;
}
