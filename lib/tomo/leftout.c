/* SPDX-License-Identifier: BSD-2-Clause */
/* One round of the alignment of a tilt series against its reconstruction. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "base/threads.h"
#include "math/rotation.h"
#include "tomo/align.h"
#include "tomo/match.h"
#include "tomo/resire.h"
#include "tomo/series.h"

static int no_memory(struct ae_error *err)
{
    return ae_fail(err, AE_EMEM, "out of memory for the alignment");
}

/* part = the images of a stack with k mod groups == group, or those without. */
static int select_images(struct ae_vol *part, const struct ae_vol *stack,
    size_t groups, size_t group, int with, struct ae_error *err)
{
    const size_t n = ae_vol_image(stack);
    *part = (struct ae_vol){
        .kind = AE_STACK, .dim = 3, .n = {stack->n[0], stack->n[1], 0, 1}};
    part->euler = ae_alloc(stack->n[2], sizeof *part->euler);
    if (!part->euler)
        return no_memory(err);
    for (size_t k = 0; k < stack->n[2]; k++)
        if ((k % groups == group) == with)
            memcpy(part->euler[part->n[2]++], stack->euler[k],
                sizeof *part->euler);
    part->nangle = part->n[2];
    const int code = ae_vol_alloc(part, err);
    for (size_t k = 0, at = 0; k < stack->n[2] && !code; k++)
        if ((k % groups == group) == with)
            memcpy(part->data + at++ * n, stack->data + k * n,
                n * sizeof *part->data);
    return code;
}

/* What is left of displacements in a slice of 20 atoms, 51 tilts, noise of 0, 1
 * and 5 % of the maximum (pixels): 6 iterations 0.024, 0.032, 0.051; 10 0,
 * 0.011, 0.038; 20 0.003, 0.008, 0.041 for twice the time. */
enum { ITERATIONS = 10 };

/* volume [nx][ny][nx] = the reconstruction from part, whose data are freed as
 * soon as they are packed. */
static int rebuild(struct ae_vol *part, float *volume, struct ae_error *err)
{
    const struct ae_series_choice grid = {.kind = AE_TOMO_REAL, .subsample = 4};
    struct ae_resire_choice method = {
        .method = AE_RESIRE_OS, .step = 1, .subsets = 3, .positivity = 1};
    struct ae_series series = {0};
    struct ae_resire r = {0};
    if (part->n[2] < 5 * method.subsets)
        method.method = AE_RESIRE_FISTA;
    int code = ae_series_new(&series, part, &grid, err);
    free(part->data);
    part->data = NULL;
    if (!code)
        code = ae_resire_init(&r, &series, &method, NULL, err);
    for (int i = 0; i < ITERATIONS && !code; i++)
        ae_resire_step(&r, 0);
    if (!code)
        code = ae_series_crop(&series, r.volume, volume, err);
    ae_resire_clear(&r);
    ae_series_clear(&series);
    return code;
}

/* images = the projections of volume in the orientations of part. */
static int project(const struct ae_vol *part, const float *volume,
    float *images, struct ae_error *err)
{
    const size_t nx = part->n[0], ny = part->n[1];
    struct ae_tomo *tomo;
    const struct ae_tomo_setup setup = {.kind = AE_TOMO_REAL,
        .nx = nx,
        .ny = ny,
        .nz = nx,
        .nu = nx,
        .nv = ny,
        .images = part->n[2],
        .euler = (const double(*)[3])part->euler,
        .subsample = 4};
    int code = ae_tomo_new(&tomo, &setup, err);
    if (code)
        return code;
    const size_t samples = ae_tomo_image_samples(tomo);
    float *packed = ae_alloc(ae_tomo_volume_samples(tomo), sizeof *packed);
    float *out = ae_alloc(part->n[2], samples * sizeof *out);
    if (packed && out) {
        ae_tomo_pack_volume(tomo, volume, packed);
        ae_tomo_forward(tomo, packed, 0, 1, out);
        for (size_t k = 0; k < part->n[2]; k++)
            ae_tomo_unpack_image(tomo, out + k * samples, images + k * nx * ny);
    } else
        code = no_memory(err);
    free(packed);
    free(out);
    ae_tomo_free(tomo);
    return code;
}

/* R1 of an image of n pixels. */
static double misfit(const float *projection, const float *image, size_t n)
{
    return ae_sum_abs_diff(projection, image, n) / ae_sum_abs(image, n);
}

/* One group's steps and R1. */
static int match_group(double (*step)[2], double *left_out,
    const struct ae_vol *aligned, size_t groups, size_t group,
    const struct ae_match *matcher, float *volume, struct ae_error *err)
{
    const size_t n = ae_vol_image(aligned);
    struct ae_vol others = {0}, own = {0};
    int bad = 0;
    int code = select_images(&others, aligned, groups, group, groups == 1, err);
    if (!code)
        code = rebuild(&others, volume, err);
    if (!code)
        code = select_images(&own, aligned, groups, group, 1, err);
    if (!code)
        code = project(&own, volume, own.data, err);
#pragma omp parallel for schedule(dynamic)
    for (size_t i = 0; i < (code ? 0 : own.n[2]); i++) {
        const size_t k = group + i * groups;
        const float *image = aligned->data + k * n;
        left_out[k] = misfit(own.data + i * n, image, n);
        if (ae_match_image(matcher, image, own.data + i * n, step[k]))
#pragma omp atomic write
            bad = 1;
    }
    ae_vol_clear(&others);
    ae_vol_clear(&own);
    return bad ? no_memory(err) : code;
}

/* Energy that a crop may leave outside, of all: ringing of moved images. */
static const double OUTSIDE = 1e-4;

/* The least h with all but OUTSIDE of the energy of a line of n samples within
 * h of its middle. */
static size_t half_width(const double *energy, size_t n)
{
    double all = 0, within = 0;
    for (size_t i = 0; i < n; i++)
        all += energy[i];
    for (size_t h = 0; h < n / 2; h++) {
        within += energy[n / 2 + h];
        within += h ? energy[n / 2 - h] : 0;
        if (within >= (1 - OUTSIDE) * all)
            return h;
    }
    return n / 2;
}

/* Samples of a line cut to half on both sides of its middle and the margin;
 * floor(to/2) of them lie before the middle. */
static size_t cut_length(size_t n, size_t half)
{
    const size_t to = 2 * (half + 2 * (size_t)ceil(AE_MATCH_REACH)) + 1;
    return to < n ? to : n;
}

/* part = the stack cut to the particle: what lies outside is empty and costs
 * as much. */
static int cut_empty(
    struct ae_vol *part, const struct ae_vol *stack, struct ae_error *err)
{
    const size_t nx = stack->n[0], ny = stack->n[1], images = stack->n[2];
    double *column = ae_alloc(nx + ny, sizeof *column);
    if (!column)
        return no_memory(err);
    double *row = column + nx;
    for (size_t j = 0; j < ny * images; j++)
        for (size_t i = 0; i < nx; i++) {
            const double v = stack->data[j * nx + i];
            column[i] += v * v;
            row[j % ny] += v * v;
        }
    const size_t mx = cut_length(nx, half_width(column, nx));
    const size_t my = cut_length(ny, half_width(row, ny));
    const size_t x0 = nx / 2 - mx / 2, y0 = ny / 2 - my / 2;
    free(column);
    int code = select_images(part, stack, 1, 0, 1, err);
    if (code)
        return code;
    part->n[0] = mx;
    part->n[1] = my;
    for (size_t k = 0; k < images; k++)
        for (size_t j = 0; j < my; j++)
            memcpy(part->data + (k * my + j) * mx,
                stack->data + (k * ny + j + y0) * nx + x0,
                mx * sizeof *part->data);
    return AE_OK;
}

int ae_align_round(double (*step)[2], double *left_out,
    const struct ae_vol *aligned, size_t groups, struct ae_error *err)
{
    struct ae_match matcher = {0};
    struct ae_vol part = {0};
    float *volume = NULL;
    if (groups > aligned->n[2])
        groups = aligned->n[2];
    int code = cut_empty(&part, aligned, err);
    if (!code) {
        volume = ae_alloc(part.n[0] * part.n[1], part.n[0] * sizeof *volume);
        code = volume ? ae_match_new(&matcher, part.n[0], part.n[1], err)
                      : no_memory(err);
    }
    for (size_t group = 0; group < groups && !code; group++)
        code = match_group(
            step, left_out, &part, groups, group, &matcher, volume, err);
    if (!code)
        ae_align_remove_translation(
            step, (const double(*)[3])aligned->euler, aligned->n[2]);
    ae_match_clear(&matcher);
    ae_vol_clear(&part);
    free(volume);
    return code;
}

int ae_align_lengthen(
    double (*step)[2], const double (*mode)[2], size_t images, double secant[2])
{
    static const double MOST = 3;
    double left = 0, factor = 1;
    for (size_t k = 0; k < images; k++)
        left += step[k][0] * mode[k][0] + step[k][1] * mode[k][1];
    if (secant[0] != left)
        factor = secant[1] / (secant[0] - left);
    factor = factor < 1 ? 1 : factor > MOST ? MOST : factor;
    for (size_t k = 0; k < images; k++)
        for (int c = 0; c < 2; c++)
            step[k][c] += (factor - 1) * left * mode[k][c];
    secant[0] = left;
    secant[1] = factor * left;
    return secant[1] != left;
}

void ae_align_move(struct ae_align_row *row, const double (*step)[2],
    size_t images, double axis)
{
    double s, c;
    ae_sincos_deg(axis, &s, &c);
    for (size_t k = 0; k < images; k++) {
        row[k].d[0] += c * step[k][0] - s * step[k][1];
        row[k].d[1] += s * step[k][0] + c * step[k][1];
    }
}
