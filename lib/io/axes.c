/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/axes.h"

#include <string.h>

int ae_axes_find(const struct ae_array *a, const char *wanted,
    struct ae_axes *axes, struct ae_error *err)
{
    static const char *const usual[] = {"xy", "xyk", "xyfk"};
    char letter[5] = "";
    const char *from = *wanted    ? wanted
                       : *a->axes ? a->axes
                                  : usual[a->dim - 2];
    int said = *wanted || *a->axes || a->dim == 4;
    if ((int)strlen(from) != a->dim)
        return ae_fail(err, AE_EUSAGE,
            "%s: --axes %.20s names %zu axes, the file has %d", a->name, from,
            strlen(from), a->dim);
    for (int i = 0; i < a->dim; i++)
        letter[i] = from[a->reversed ? a->dim - 1 - i : i];
    *axes = (struct ae_axes){{-1, -1, -1, -1}, -1};
    for (int i = 0; i < a->dim; i++) {
        static const char known[] = "xykfz";
        static const int axis[] = {AE_X, AE_Y, AE_SLOW, AE_FRAME, AE_SLOW};
        const char *found = strchr(known, letter[i]);
        if (!found || axes->at[axis[found - known]] >= 0)
            return ae_fail(err, AE_EUSAGE,
                "option --axes '%.20s': want x, y and one of z or k (and f), "
                "each once",
                from);
        axes->at[axis[found - known]] = i;
        if (said && (*found == 'z' || *found == 'k'))
            axes->volume = *found == 'z';
    }
    if (axes->at[AE_X] < 0 || axes->at[AE_Y] < 0 ||
        (axes->at[AE_FRAME] >= 0 &&
            (axes->at[AE_SLOW] < 0 || axes->volume == 1)))
        return ae_fail(err, AE_EUSAGE,
            "option --axes '%.20s': want x, y and one of z or k (and f with "
            "k), each once",
            from);
    return AE_OK;
}

size_t ae_axes_size(const struct ae_array *a, int at)
{
    return at < 0 ? 1 : a->n[at];
}

int ae_axes_in_order(const struct ae_axes *o)
{
    return o->at[AE_X] + o->at[AE_Y] == 1 &&
           (o->at[AE_FRAME] < 0 || o->at[AE_FRAME] < o->at[AE_SLOW]);
}

void ae_axes_image(const float *block, const struct ae_array *a,
    const struct ae_axes *o, size_t f, size_t s, float *image)
{
    size_t stride[4] = {
        1, a->n[0], a->n[0] * a->n[1], a->n[0] * a->n[1] * a->n[2]};
    size_t base = (o->at[AE_FRAME] < 0 ? 0 : f * stride[o->at[AE_FRAME]]) +
                  (o->at[AE_SLOW] < 0 ? 0 : s * stride[o->at[AE_SLOW]]);
    size_t nx = a->n[o->at[AE_X]], ny = a->n[o->at[AE_Y]];
    for (size_t j = 0; j < ny; j++)
        for (size_t i = 0; i < nx; i++)
            image[j * nx + i] =
                block[base + i * stride[o->at[AE_X]] + j * stride[o->at[AE_Y]]];
}
