/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/format.h"

#include <string.h>
#include "io/hdf5.h"
#include "io/mat.h"
#include "io/mrc.h"
#include "io/npy.h"
#include "io/png.h"
#include "io/raw.h"
#include "io/tiff.h"

static int is_hdf5(const struct ae_input *in)
{
    /* after a user block of 0, 512, 1024, ... bytes */
    for (size_t at = 0; at + 8 <= in->nhead; at = at ? 2 * at : 512)
        if (!memcmp(in->head + at, "\211HDF\r\n\032\n", 8))
            return 1;
    return 0;
}

static int is_tiff(const struct ae_input *in)
{
    return in->nhead >= 4 &&
           (!memcmp(in->head, "II*\0", 4) || !memcmp(in->head, "II+\0", 4) ||
               !memcmp(in->head, "MM\0*", 4) || !memcmp(in->head, "MM\0+", 4));
}

static int is_mat(const struct ae_input *in)
{
    return in->nhead >= 128 && (!memcmp(in->head + 124, "\0\001IM", 4) ||
                                   !memcmp(in->head + 124, "\001\0MI", 4));
}

static int is_npy(const struct ae_input *in)
{
    return in->nhead >= 6 && !memcmp(in->head, "\223NUMPY", 6);
}

int ae_format_is_table(const struct ae_input *in)
{
    return is_hdf5(in) || is_mat(in) || is_npy(in);
}

static int recognise(struct ae_array *a, const struct ae_format_choice *choice,
    struct ae_error *err)
{
    const struct ae_input *in = &a->in;
    if (*choice->raw)
        return ae_raw_open(a, choice->raw, choice->skip, err);
    if (is_tiff(in))
        return ae_tiff_open(a, err);
    if (is_npy(in))
        return ae_npy_open(a, err);
    if (in->nhead >= 8 && !memcmp(in->head, "\211PNG\r\n\032\n", 8))
        return ae_png_open(a, err);
    if (is_hdf5(in))
        return ae_hdf5_open(a, choice->var, choice->rank, err);
    if (is_mat(in))
        return ae_mat_open(a, choice->var, choice->rank, err);
    if (in->nhead >= 4 && !memcmp(in->head, "NRRD", 4))
        return ae_fail(err, AE_EDATA,
            "%s: is NRRD already; give it to the next tool as it is", a->name);
    if (ae_mrc_is(in))
        return ae_mrc_open(a, err);
    return ae_fail(err, AE_EDATA,
        "%s: neither TIFF, MRC, NPY, MATLAB 5 or 7.3, HDF5 nor PNG; give "
        "--raw TYPE,NX,NY,NZ if it holds plain samples",
        a->name);
}

int ae_format_open(struct ae_array *a, struct ae_source *source,
    const struct ae_format_choice *choice, struct ae_error *err)
{
    *a = (struct ae_array){.name = source->name,
        .n = {1, 1, 1, 1},
        .images = 1,
        .is_volume = -1,
        .wide = choice->wide};
    int code = ae_input_open(&a->in, source, err);
    if (!code)
        code = recognise(a, choice, err);
    if (code)
        ae_array_close(a);
    return code;
}
