/* SPDX-License-Identifier: BSD-2-Clause
 * Any bytes through the reader of io/xyz.h. */
#include <stdint.h>
#include <stdio.h>
#include "io/xyz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size)
        return 0;
    struct ae_source in = {fmemopen((void *)data, size, "rb"), "fuzz"};
    if (!in.file)
        return 0;
    struct ae_xyz *reader;
    struct ae_atoms atoms = {0};
    struct ae_error err;
    if (!ae_xyz_open(&reader, &in, &err)) {
        FILE *out = fopen("/dev/null", "wb");
        while (!ae_xyz_next(reader, &atoms, &err))
            ae_xyz_write(out, &atoms, &err);
        fclose(out);
        ae_xyz_free(reader);
    }
    ae_atoms_clear(&atoms);
    fclose(in.file);
    return 0;
}
