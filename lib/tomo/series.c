/* SPDX-License-Identifier: BSD-2-Clause */
#include "tomo/series.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "base/threads.h"

static int check_sums(
    struct ae_series *s, const struct ae_vol *stack, struct ae_error *err)
{
    size_t n = s->nu * s->nv;
    for (size_t k = 0; k < s->images; k++)
        if (!(fabs(ae_sum(stack->data + k * n, n)) > 0))
            return ae_fail(err, AE_EDATA,
                "image %zu has sum 0; drop it with tilt-select", k);
    return AE_OK;
}

/* rows[v] = 1 where any image has a value that is not 0. */
static unsigned char *find_rows(
    const struct ae_series *s, const struct ae_vol *stack)
{
    unsigned char *rows = ae_alloc(s->nv, 1);
    for (size_t k = 0; k < s->images && rows; k++)
        for (size_t v = 0; v < s->nv; v++) {
            const float *row = stack->data + (k * s->nv + v) * s->nu;
            for (size_t u = 0; u < s->nu && !rows[v]; u++)
                rows[v] = row[u] != 0;
        }
    return rows;
}

static int pack(struct ae_series *s, const struct ae_vol *stack)
{
    size_t samples = ae_tomo_image_samples(s->tomo);
    s->data = ae_alloc(s->images, samples * sizeof *s->data);
    s->sum_abs = ae_alloc(s->images, sizeof *s->sum_abs);
    s->sum_sq = ae_alloc(s->images, sizeof *s->sum_sq);
    if (!s->data || !s->sum_abs || !s->sum_sq)
        return AE_EMEM;
#pragma omp parallel for
    for (size_t k = 0; k < s->images; k++) {
        float *to = s->data + k * samples;
        ae_tomo_pack_image(s->tomo, stack->data + k * s->nu * s->nv, to);
        s->sum_abs[k] = ae_sum_abs(to, samples);
        s->sum_sq[k] = ae_sum_sq(to, samples);
    }
    return AE_OK;
}

int ae_series_new(struct ae_series *s, const struct ae_vol *stack,
    const struct ae_series_choice *choice, struct ae_error *err)
{
    *s = (struct ae_series){
        .nu = stack->n[0], .nv = stack->n[1], .images = stack->n[2]};
    size_t nz = choice->nz ? choice->nz : s->nu;
    s->n[0] = s->nu;
    s->n[1] = s->nv;
    s->n[2] = nz;
    s->beam = (double)(s->nu > nz ? s->nu : nz);
    const double(*euler)[3] = (const double(*)[3])stack->euler;
    int code = stack->data ? check_sums(s, stack, err) : AE_OK;
    if (code)
        return code;
    if (choice->extended)
        ae_tomo_extended(
            s->nu, s->nv, nz, s->images, euler, &s->n[0], &s->n[1]);
    if ((double)s->n[0] * (double)s->n[1] * (double)nz > 1e11)
        return ae_fail(err, AE_EDATA,
            "the object would be %zu x %zu x %zu"
            " voxels; are the angles below 85 degrees?",
            s->n[0], s->n[1], nz);
    unsigned char *rows = stack->data ? find_rows(s, stack) : NULL;
    struct ae_tomo_setup setup = {.kind = choice->kind,
        .nx = s->n[0],
        .ny = s->n[1],
        .nz = nz,
        .nu = s->nu,
        .nv = s->nv,
        .images = s->images,
        .euler = euler,
        .subsample = choice->subsample,
        .rows = rows};
    memcpy(setup.over, choice->over, sizeof setup.over);
    code = ae_tomo_new(&s->tomo, &setup, err);
    if (!code && stack->data && (!rows || pack(s, stack)))
        code = ae_fail(err, AE_EMEM, "out of memory for the images");
    free(rows);
    if (code)
        ae_series_clear(s);
    return code;
}

void ae_series_clear(struct ae_series *s)
{
    ae_tomo_free(s->tomo);
    free(s->data);
    free(s->sum_abs);
    free(s->sum_sq);
    *s = (struct ae_series){0};
}

float *ae_series_volume(const struct ae_series *s)
{
    return ae_alloc(ae_tomo_volume_samples(s->tomo), sizeof(float));
}

/* First sample of the frame inside the grid, centre on centre. */
static size_t first(size_t grid, size_t frame)
{
    return grid / 2 - frame / 2;
}

int ae_series_embed(const struct ae_series *s, const float *volume, float fill,
    float *packed, struct ae_error *err)
{
    if (s->n[0] == s->nu && s->n[1] == s->nv) {
        ae_tomo_pack_volume(s->tomo, volume, packed);
        return AE_OK;
    }
    size_t n = s->n[0] * s->n[1] * s->n[2];
    float *grid = ae_alloc(n, sizeof *grid);
    if (!grid)
        return ae_fail(err, AE_EMEM, "out of memory for %zu voxels", n);
    for (size_t i = 0; i < n; i++)
        grid[i] = fill;
    size_t x0 = first(s->n[0], s->nu), y0 = first(s->n[1], s->nv);
    for (size_t z = 0; z < s->n[2]; z++)
        for (size_t y = 0; y < s->nv; y++)
            memcpy(grid + (z * s->n[1] + y + y0) * s->n[0] + x0,
                volume + (z * s->nv + y) * s->nu, s->nu * sizeof *grid);
    ae_tomo_pack_volume(s->tomo, grid, packed);
    free(grid);
    return AE_OK;
}

int ae_series_crop(const struct ae_series *s, const float *packed,
    float *volume, struct ae_error *err)
{
    if (s->n[0] == s->nu && s->n[1] == s->nv) {
        ae_tomo_unpack_volume(s->tomo, packed, volume);
        return AE_OK;
    }
    size_t n = s->n[0] * s->n[1] * s->n[2];
    float *grid = ae_alloc(n, sizeof *grid);
    if (!grid)
        return ae_fail(err, AE_EMEM, "out of memory for %zu voxels", n);
    ae_tomo_unpack_volume(s->tomo, packed, grid);
    size_t x0 = first(s->n[0], s->nu), y0 = first(s->n[1], s->nv);
    for (size_t z = 0; z < s->n[2]; z++)
        for (size_t y = 0; y < s->nv; y++)
            memcpy(volume + (z * s->nv + y) * s->nu,
                grid + (z * s->n[1] + y + y0) * s->n[0] + x0,
                s->nu * sizeof *grid);
    free(grid);
    return AE_OK;
}

void ae_series_rfactors(
    const struct ae_series *s, const float *computed, double *r1, double *r2)
{
    size_t samples = ae_tomo_image_samples(s->tomo);
#pragma omp parallel for schedule(dynamic)
    for (size_t k = 0; k < s->images; k++) {
        const float *c = computed + k * samples, *b = s->data + k * samples;
        r1[k] = ae_sum_abs_diff(c, b, samples) / s->sum_abs[k];
        r2[k] = sqrt(ae_sum_sq_diff(c, b, samples) / s->sum_sq[k]);
    }
}

double ae_series_volume_bytes(const struct ae_series *s)
{
    return (double)ae_tomo_volume_samples(s->tomo) * sizeof(float);
}

double ae_series_image_bytes(const struct ae_series *s)
{
    return (double)ae_tomo_image_samples(s->tomo) * (double)s->images *
           sizeof(float);
}
