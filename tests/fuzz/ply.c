/* SPDX-License-Identifier: BSD-2-Clause
 * Any bytes through the reader of io/ply.h. */
#include <stdint.h>
#include <stdio.h>
#include "io/ply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size)
        return 0;
    struct ae_source in = {fmemopen((void *)data, size, "rb"), "fuzz"};
    if (!in.file)
        return 0;
    struct ae_mesh mesh = {0};
    struct ae_error err;
    ae_ply_read(&in, &mesh, &err);
    ae_mesh_clear(&mesh);
    fclose(in.file);
    return 0;
}
