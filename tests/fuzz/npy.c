/* SPDX-License-Identifier: BSD-2-Clause
 * npy - the reader of NPY files on any bytes, as a file and as a pipe would give
 * them (length unknown).
 */
#include <stddef.h>
#include <stdint.h>
#include "io/npy.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    for (int pipe = 0; pipe < 2 && size; pipe++) {
        struct ae_error err;
        struct ae_source source = {fmemopen((void *)bytes, size, "rb"), "fuzz"};
        struct ae_array a = {
            .name = "fuzz", .n = {1, 1, 1, 1}, .images = 1, .is_volume = -1};
        if (!source.file)
            return 0;
        int code = ae_input_open(&a.in, &source, &err);
        if (pipe)
            a.in.size = UINT64_MAX;
        if (!code)
            code = ae_npy_open(&a, &err);
        while (!code)
            code = ae_array_next(&a, &err);
        ae_array_close(&a);
        fclose(source.file);
    }
    return 0;
}
