/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/vol.h"

#include <stdlib.h>
#include <string.h>
#include "base/mem.h"

size_t ae_vol_image(const struct ae_vol *vol)
{
    return vol->n[0] * vol->n[1];
}

size_t ae_vol_images(const struct ae_vol *vol)
{
    return vol->n[2] * vol->n[3];
}

size_t ae_vol_samples(const struct ae_vol *vol)
{
    return ae_vol_image(vol) * ae_vol_images(vol);
}

int ae_vol_set_euler(struct ae_vol *vol, size_t n, const double (*euler)[3],
    struct ae_error *err)
{
    double(*copy)[3] = NULL;
    if (n) {
        copy = ae_alloc(n, sizeof *copy);
        if (!copy)
            return ae_fail(err, AE_EMEM, "out of memory for %zu angles", n);
        memcpy(copy, euler, n * sizeof *copy);
    }
    free(vol->euler);
    vol->euler = copy;
    vol->nangle = n;
    return AE_OK;
}

int ae_vol_like(struct ae_vol *to, const struct ae_vol *from,
    struct ae_error *err)
{
    *to = *from;
    to->euler = NULL;
    to->nangle = 0;
    to->keys = (struct ae_keys){0};
    to->data = NULL;
    int code = ae_vol_set_euler(to, from->nangle,
        (const double(*)[3])from->euler, err);
    if (!code && ae_keys_copy(&to->keys, &from->keys))
        code = ae_fail(err, AE_EMEM, "out of memory for the header's keys");
    if (code)
        ae_vol_clear(to);
    return code;
}

int ae_vol_alloc(struct ae_vol *vol, struct ae_error *err)
{
    size_t samples = 1;
    for (int i = 0; i < 4; i++)
        if (ae_mul(samples, vol->n[i], &samples))
            return ae_fail(err, AE_EMEM, "sizes %zu %zu %zu %zu overflow",
                vol->n[0], vol->n[1], vol->n[2], vol->n[3]);
    free(vol->data);
    vol->data = ae_alloc(samples, sizeof *vol->data);
    if (!vol->data)
        return ae_fail(err, AE_EMEM, "out of memory for %zu samples", samples);
    return AE_OK;
}

void ae_vol_set_centre(struct ae_vol *vol)
{
    for (int i = 0; i < 3; i++) {
        double step = vol->step[i] > 0 ? vol->step[i] : 1;
        size_t n = i < 2 || vol->kind == AE_VOLUME ? vol->n[i] : 1;
        vol->centre[i] = vol->origin[i] + (double)(n / 2) * step;
    }
}

int ae_vol_of_stack(struct ae_vol *volume, const struct ae_vol *stack,
    size_t nx, size_t ny, size_t nz, struct ae_error *err)
{
    int code = ae_vol_like(volume, stack, err);
    if (code)
        return code;
    free(volume->euler);
    volume->euler = NULL;
    volume->nangle = 0;
    volume->kind = AE_VOLUME;
    volume->dim = 3;
    size_t n[4] = {nx, ny, nz, 1};
    double step = stack->step[0] > 0 ? stack->step[0] : 1;
    for (int i = 0; i < 4; i++)
        volume->n[i] = n[i];
    for (int i = 0; i < 2; i++) {
        /* the centre sample of a larger or smaller frame stays in place */
        double s = stack->step[i] > 0 ? stack->step[i] : 1;
        volume->origin[i] = stack->origin[i] +
            ((double)(stack->n[i] / 2) - (double)(n[i] / 2)) * s;
    }
    volume->step[2] = stack->step[0];
    volume->origin[2] = -(double)(nz / 2) * step;
    ae_vol_set_centre(volume);
    return AE_OK;
}

void ae_vol_clear(struct ae_vol *vol)
{
    ae_keys_clear(&vol->keys);
    free(vol->euler);
    free(vol->data);
    *vol = (struct ae_vol){0};
}
