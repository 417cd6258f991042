/* SPDX-License-Identifier: BSD-2-Clause */
#include "tomo/tomo.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "base/threads.h"
#include "math/rotation.h"
#include "tomo/fst.h"
#include "tomo/tomo_kernel.h"

enum {
    LANES = 16, /* floats of a cache line */
    GROUP = 8
}; /* images that share one read of a tile: with the tile
                            they fit in a 512 kB L2 cache */

struct ae_tomo {
    struct ae_tomo_setup setup;
    struct ae_tomo_shape shape;
    int fast;
    double (*euler)[3];
    double (*R)[3][3];
    float *next;           /* general: images for the next lane */
    size_t *row_y, *row_v; /* [active] of the fast path: lane -> y, v */
    size_t ntile;
    struct ae_tile *tile;
    struct ae_fst *fst;
};

/* ---- set-up --------------------------------------------------------------- */

static size_t padded(size_t n)
{
    return (n + LANES - 1) / LANES * LANES;
}

static int is_pure(const struct ae_tomo_setup *s)
{
    for (size_t k = 0; k < s->images; k++)
        if (s->euler[k][0] != 0 || s->euler[k][2] != 0)
            return 0;
    /* the y kernel of 8 sub-samples needs both edges in the same place */
    return s->subsample != 8 || s->ny == s->nv;
}

/* Lanes of the fast path: rows of the frame that the volume has too and that
 * are not empty. */
static void find_lanes(struct ae_tomo *t)
{
    const struct ae_tomo_setup *s = &t->setup;
    long move = (long)(s->nv / 2) - (long)(s->ny / 2);
    for (size_t v = 0; v < s->nv; v++) {
        long y = (long)v - move;
        if (y < 0 || y >= (long)s->ny)
            continue;
        if (s->rows && !s->rows[v] && s->subsample != 8)
            continue;
        t->row_y[t->shape.active] = (size_t)y;
        t->row_v[t->shape.active++] = v;
    }
}

static int make_tiles(struct ae_tomo *t)
{
    size_t nx = t->setup.nx, nz = t->setup.nz;
    t->ntile = ((nx + AE_TILE - 1) / AE_TILE) * ((nz + AE_TILE - 1) / AE_TILE);
    t->tile = ae_alloc(t->ntile, sizeof *t->tile);
    if (!t->tile)
        return AE_EMEM;
    size_t i = 0;
    for (size_t z = 0; z < nz; z += AE_TILE)
        for (size_t x = 0; x < nx; x += AE_TILE)
            t->tile[i++] =
                (struct ae_tile){x, x + AE_TILE < nx ? x + AE_TILE : nx, z,
                    z + AE_TILE < nz ? z + AE_TILE : nz};
    return AE_OK;
}

static int set_shape(struct ae_tomo *t)
{
    const struct ae_tomo_setup *s = &t->setup;
    struct ae_tomo_shape *h = &t->shape;
    *h = (struct ae_tomo_shape){.nx = s->nx,
        .ny = s->ny,
        .nz = s->nz,
        .nu = s->nu,
        .nv = s->nv,
        .subsample = s->subsample};
    t->fast = is_pure(s);
    if (!t->fast) {
        h->lanes_y = padded(s->ny);
        h->lanes_v =
            padded((s->nv > h->lanes_y ? s->nv : h->lanes_y) + 2) + 2 * LANES;
        t->next =
            ae_alloc(s->images, (s->nu + 2) * h->lanes_v * sizeof *t->next);
        return t->next ? AE_OK : AE_EMEM;
    }
    t->row_y = ae_alloc(s->nv, sizeof *t->row_y);
    t->row_v = ae_alloc(s->nv, sizeof *t->row_v);
    if (!t->row_y || !t->row_v)
        return AE_EMEM;
    find_lanes(t);
    h->lanes_y = h->lanes_v = padded(h->active ? h->active : 1);
    if (h->subsample == 8)
        h->subsample = 4;
    return AE_OK;
}

int ae_tomo_new(struct ae_tomo **tomo, const struct ae_tomo_setup *setup,
    struct ae_error *err)
{
    *tomo = NULL;
    if (setup->subsample != 1 && setup->subsample != 4 && setup->subsample != 8)
        return ae_fail(
            err, AE_EUSAGE, "%d sub-samples; want 1, 4 or 8", setup->subsample);
    struct ae_tomo *t = ae_alloc(1, sizeof *t);
    if (!t)
        return ae_fail(err, AE_EMEM, "out of memory for the projector");
    t->setup = *setup;
    t->euler = ae_alloc(setup->images, sizeof *t->euler);
    t->R = ae_alloc(setup->images, sizeof *t->R);
    if (!t->euler || !t->R)
        goto memory;
    memcpy(t->euler, setup->euler, setup->images * sizeof *t->euler);
    t->setup.euler = (const double(*)[3])t->euler;
    t->setup.rows = NULL;
    for (size_t k = 0; k < setup->images; k++)
        ae_rotation(t->euler[k], t->R[k]);
    if (setup->kind == AE_TOMO_FST) {
        size_t n[3] = {setup->nx, setup->ny, setup->nz};
        int code = ae_fst_new(
            &t->fst, n, setup->nu, setup->nv, setup->images, setup->over, err);
        if (code) {
            ae_tomo_free(t);
            return code;
        }
    } else {
        t->setup.rows = setup->rows;
        if (set_shape(t) || make_tiles(t))
            goto memory;
        t->setup.rows = NULL;
    }
    *tomo = t;
    return AE_OK;
memory:
    ae_tomo_free(t);
    return ae_fail(err, AE_EMEM, "out of memory for the projector");
}

void ae_tomo_free(struct ae_tomo *t)
{
    if (!t)
        return;
    ae_fst_free(t->fst);
    free(t->euler);
    free(t->R);
    free(t->next);
    free(t->row_y);
    free(t->row_v);
    free(t->tile);
    free(t);
}

/* ---- sizes and packing ---------------------------------------------------- */

static int is_fst(const struct ae_tomo *t)
{
    return t->setup.kind == AE_TOMO_FST;
}

/* Rows u of a packed image. */
static size_t image_rows(const struct ae_tomo *t)
{
    return t->setup.nu + (t->fast ? 0 : 2);
}

size_t ae_tomo_volume_samples(const struct ae_tomo *t)
{
    size_t lanes = is_fst(t) ? t->setup.ny : t->shape.lanes_y;
    return t->setup.nx * t->setup.nz * lanes;
}

size_t ae_tomo_image_samples(const struct ae_tomo *t)
{
    if (is_fst(t))
        return t->setup.nu * t->setup.nv;
    return image_rows(t) * t->shape.lanes_v;
}

size_t ae_tomo_images(const struct ae_tomo *t)
{
    return t->setup.images;
}

int ae_tomo_is_fast(const struct ae_tomo *t)
{
    return t->fast;
}

double ae_tomo_bytes(const struct ae_tomo *t)
{
    size_t n[3] = {t->setup.nx, t->setup.ny, t->setup.nz};
    return is_fst(t) ? ae_fst_bytes(n, t->setup.nu, t->setup.nv, t->setup.over)
                     : (double)t->ntile * sizeof *t->tile +
                           (t->fast ? 0
                                    : (double)t->setup.images *
                                          (double)ae_tomo_image_samples(t) *
                                          sizeof *t->next);
}

/* Lane i of the packed volume is row y; of the packed image, v. */
static size_t lanes_in_use(const struct ae_tomo *t, size_t general)
{
    return t->fast ? t->shape.active : general;
}

void ae_tomo_pack_volume(
    const struct ae_tomo *t, const float *volume, float *packed)
{
    const struct ae_tomo_setup *s = &t->setup;
    if (is_fst(t)) {
        memcpy(packed, volume, ae_tomo_volume_samples(t) * sizeof *packed);
        return;
    }
    size_t lanes = t->shape.lanes_y, n = lanes_in_use(t, s->ny);
    memset(packed, 0, ae_tomo_volume_samples(t) * sizeof *packed);
#pragma omp parallel for
    for (size_t z = 0; z < s->nz; z++)
        for (size_t i = 0; i < n; i++) {
            size_t y = t->fast ? t->row_y[i] : i;
            const float *from = volume + (z * s->ny + y) * s->nx;
            float *to = packed + z * s->nx * lanes + i;
            for (size_t x = 0; x < s->nx; x++)
                to[x * lanes] = from[x];
        }
}

void ae_tomo_unpack_volume(
    const struct ae_tomo *t, const float *packed, float *volume)
{
    const struct ae_tomo_setup *s = &t->setup;
    if (is_fst(t)) {
        memcpy(volume, packed, ae_tomo_volume_samples(t) * sizeof *packed);
        return;
    }
    size_t lanes = t->shape.lanes_y, n = lanes_in_use(t, s->ny);
    memset(volume, 0, s->nx * s->ny * s->nz * sizeof *volume);
#pragma omp parallel for
    for (size_t z = 0; z < s->nz; z++)
        for (size_t i = 0; i < n; i++) {
            size_t y = t->fast ? t->row_y[i] : i;
            float *to = volume + (z * s->ny + y) * s->nx;
            const float *from = packed + z * s->nx * lanes + i;
            for (size_t x = 0; x < s->nx; x++)
                to[x] = from[x * lanes];
        }
}

void ae_tomo_pack_image(
    const struct ae_tomo *t, const float *image, float *packed)
{
    const struct ae_tomo_setup *s = &t->setup;
    if (is_fst(t)) {
        memcpy(packed, image, s->nu * s->nv * sizeof *packed);
        return;
    }
    size_t lanes = t->shape.lanes_v, n = lanes_in_use(t, s->nv);
    size_t margin = t->fast ? 0 : lanes + 1;
    memset(packed, 0, ae_tomo_image_samples(t) * sizeof *packed);
    for (size_t i = 0; i < n; i++) {
        const float *from = image + (t->fast ? t->row_v[i] : i) * s->nu;
        for (size_t u = 0; u < s->nu; u++)
            packed[margin + u * lanes + i] = from[u];
    }
}

void ae_tomo_unpack_image(
    const struct ae_tomo *t, const float *packed, float *image)
{
    const struct ae_tomo_setup *s = &t->setup;
    if (is_fst(t)) {
        memcpy(image, packed, s->nu * s->nv * sizeof *image);
        return;
    }
    size_t lanes = t->shape.lanes_v, n = lanes_in_use(t, s->nv);
    size_t margin = t->fast ? 0 : lanes + 1;
    memset(image, 0, s->nu * s->nv * sizeof *image);
    for (size_t i = 0; i < n; i++) {
        float *to = image + (t->fast ? t->row_v[i] : i) * s->nu;
        for (size_t u = 0; u < s->nu; u++)
            to[u] = packed[margin + u * lanes + i];
    }
}

/* ---- the operators -------------------------------------------------------- */

/* What was written on the margin of a general image lies outside the frame. */
#define CLEAR_MARGIN(REAL)                                                     \
    static void clear_margin_##REAL(const struct ae_tomo *t, REAL *image)      \
    {                                                                          \
        size_t lanes = t->shape.lanes_v, rows = image_rows(t);                 \
        if (t->fast)                                                           \
            return;                                                            \
        memset(image, 0, lanes * sizeof *image);                               \
        memset(image + (rows - 1) * lanes, 0, lanes * sizeof *image);          \
        for (size_t u = 1; u + 1 < rows; u++) {                                \
            image[u * lanes] = 0;                                              \
            for (size_t v = t->setup.nv + 1; v < lanes; v++)                   \
                image[u * lanes + v] = 0;                                      \
        }                                                                      \
    }

/* Sub-samples at +-1/4 in y on the fast path: [1 6 1]/8 along the lanes. */
#define SMOOTH(REAL)                                                           \
    static void smooth_##REAL(const struct ae_tomo *t, REAL *image)            \
    {                                                                          \
        size_t lanes = t->shape.lanes_v, n = t->shape.active;                  \
        for (size_t u = 0; u < t->setup.nu; u++) {                             \
            REAL *row = image + u * lanes, before = 0;                         \
            for (size_t i = 0; i < n; i++) {                                   \
                REAL here = row[i], after = i + 1 < n ? row[i + 1] : 0;        \
                row[i] = (6 * here + before + after) / 8;                      \
                before = here;                                                 \
            }                                                                  \
        }                                                                      \
    }

/* Images are shared out in groups; each group goes over the tiles once. The
 * order of the sums of one image is that of the tiles, whatever the groups. */
#define FORWARD(REAL)                                                          \
    static void forward_group_##REAL(const struct ae_tomo *t,                  \
        const REAL *volume, size_t from, size_t to, size_t stride,             \
        REAL *images, REAL *next)                                              \
    {                                                                          \
        size_t n = ae_tomo_image_samples(t);                                   \
        for (size_t k = from; k < to; k += stride) {                           \
            memset(images + k * n, 0, n * sizeof *images);                     \
            if (!t->fast)                                                      \
                memset(next + k * n, 0, n * sizeof *next);                     \
        }                                                                      \
        for (size_t i = 0; i < t->ntile; i++)                                  \
            for (size_t k = from; k < to; k += stride) {                       \
                if (t->fast)                                                   \
                    ae_fast_forward_##REAL(&t->shape, t->R[k], &t->tile[i],    \
                        volume, images + k * n);                               \
                else                                                           \
                    ae_general_forward_##REAL(&t->shape, t->R[k], &t->tile[i], \
                        volume, images + k * n, next + k * n);                 \
            }                                                                  \
        for (size_t k = from; k < to; k += stride) {                           \
            for (size_t i = 1; i < n && !t->fast; i++)                         \
                images[k * n + i] += next[k * n + i - 1];                      \
            clear_margin_##REAL(t, images + k * n);                            \
            if (t->fast && t->setup.subsample == 8)                            \
                smooth_##REAL(t, images + k * n);                              \
        }                                                                      \
    }                                                                          \
    static void forward_##REAL(const struct ae_tomo *t, const REAL *volume,    \
        size_t first, size_t stride, REAL *images, REAL *next)                 \
    {                                                                          \
        size_t all = t->setup.images;                                          \
        size_t count = first < all ? (all - first + stride - 1) / stride : 0;  \
        size_t rounds = (size_t)ae_threads() * GROUP;                          \
        size_t groups =                                                        \
            (size_t)ae_threads() * ((count + rounds - 1) / rounds);            \
        _Pragma("omp parallel for schedule(dynamic)") for (size_t g = 0;       \
                                                           g < groups; g++)    \
        {                                                                      \
            size_t from = g * count / groups, to = (g + 1) * count / groups;   \
            if (from < to)                                                     \
                forward_group_##REAL(t, volume, first + from * stride,         \
                    first + (to - 1) * stride + 1, stride, images, next);      \
        }                                                                      \
    }

/* What a general block wrote behind the last row y lies outside the volume. */
#define CLEAR_SPARE(REAL)                                                      \
    static void clear_spare_##REAL(                                            \
        const struct ae_tomo *t, const struct ae_tile *tile, REAL *volume)     \
    {                                                                          \
        size_t nx = t->setup.nx, ny = t->setup.ny, lanes = t->shape.lanes_y;   \
        for (size_t z = tile->z0; z < tile->z1 && !t->fast; z++)               \
            for (size_t x = tile->x0; x < tile->x1; x++)                       \
                memset(volume + (x + nx * z) * lanes + ny, 0,                  \
                    (lanes - ny) * sizeof *volume);                            \
    }

/* A tile belongs to one thread, which adds the images in order. */
#define BACK(REAL)                                                             \
    static void back_##REAL(const struct ae_tomo *t, const REAL *images,       \
        size_t first, size_t stride, REAL *volume)                             \
    {                                                                          \
        size_t samples = ae_tomo_image_samples(t), nx = t->setup.nx;           \
        size_t lanes = t->shape.lanes_y;                                       \
        _Pragma("omp parallel for schedule(dynamic)") for (size_t i = 0;       \
                                                           i < t->ntile; i++)  \
        {                                                                      \
            const struct ae_tile *tile = &t->tile[i];                          \
            for (size_t z = tile->z0; z < tile->z1; z++)                       \
                memset(volume + (z * nx + tile->x0) * lanes, 0,                \
                    (tile->x1 - tile->x0) * lanes * sizeof *volume);           \
            for (size_t k = first; k < t->setup.images; k += stride)           \
                (t->fast ? ae_fast_back_##REAL : ae_general_back_##REAL)(      \
                    &t->shape, t->R[k], tile, images + k * samples, volume);   \
            clear_spare_##REAL(t, tile, volume);                               \
        }                                                                      \
    }

CLEAR_MARGIN(float)
CLEAR_MARGIN(double)
SMOOTH(float)
SMOOTH(double)
FORWARD(float)
FORWARD(double)
CLEAR_SPARE(float)
CLEAR_SPARE(double)
BACK(float)
BACK(double)

void ae_tomo_forward(const struct ae_tomo *t, const float *volume, size_t first,
    size_t stride, float *images)
{
    if (is_fst(t))
        ae_fst_forward(t->fst, volume, first, stride, t->setup.images,
            t->setup.euler, images);
    else
        forward_float(t, volume, first, stride, images, t->next);
}

/* In general the images are taken as they are; with 8 sub-samples on the fast
 * path the transpose smooths them first, in a copy. */
void ae_tomo_back(const struct ae_tomo *t, const float *images, size_t first,
    size_t stride, float *volume)
{
    if (is_fst(t)) {
        ae_fst_back(t->fst, first, stride, t->setup.images, t->setup.euler,
            images, volume);
        return;
    }
    back_float(t, images, first, stride, volume);
    if (t->fast && t->setup.subsample == 8) {
        /* lanes are independent: smoothing the sum is smoothing the images */
#pragma omp parallel for
        for (size_t z = 0; z < t->setup.nz; z++) {
            struct ae_tomo slice = *t;
            slice.setup.nu = t->setup.nx;
            smooth_float(&slice, volume + z * t->setup.nx * t->shape.lanes_y);
        }
    }
}

void ae_tomo_forward_double(const struct ae_tomo *t, const double *volume,
    size_t first, size_t stride, double *images)
{
    size_t n = t->setup.images * ae_tomo_image_samples(t);
    double *next = ae_alloc(t->fast ? 0 : n, sizeof *next);
    if (next)
        forward_double(t, volume, first, stride, images, next);
    else
        images[first * ae_tomo_image_samples(t)] = NAN; /* no memory */
    free(next);
}

void ae_tomo_back_double(const struct ae_tomo *t, const double *images,
    size_t first, size_t stride, double *volume)
{
    back_double(t, images, first, stride, volume);
    if (t->fast && t->setup.subsample == 8)
        for (size_t z = 0; z < t->setup.nz; z++) {
            struct ae_tomo slice = *t;
            slice.setup.nu = t->setup.nx;
            smooth_double(&slice, volume + z * t->setup.nx * t->shape.lanes_y);
        }
}

void ae_tomo_extended(size_t nu, size_t nv, size_t nz, size_t images,
    const double (*euler)[3], size_t *nx, size_t *ny)
{
    double most_x = 0, most_y = 0;
    double low[2] = {-(double)(nu / 2), -(double)(nv / 2)};
    double high[2] = {(double)(nu - 1 - nu / 2), (double)(nv - 1 - nv / 2)};
    double face[2] = {-(double)(nz / 2), (double)(nz - 1 - nz / 2)};
    for (size_t k = 0; k < images; k++) {
        double R[3][3];
        ae_rotation(euler[k], R);
        for (int corner = 0; corner < 8; corner++) {
            double u = corner & 1 ? high[0] : low[0];
            double v = corner & 2 ? high[1] : low[1];
            /* the point of the ray through (u, v) that lies on the face:
             * r = R^T (u, v, w) with r_z = face */
            double w =
                (face[corner >> 2] - R[0][2] * u - R[1][2] * v) / R[2][2];
            double p[3] = {u, v, w}, r[3];
            ae_rotate_back(r, R, p);
            most_x = fmax(most_x, fabs(r[0]));
            most_y = fmax(most_y, fabs(r[1]));
        }
    }
    *nx = (size_t)ceil(2 * most_x + 1);
    *ny = (size_t)ceil(2 * most_y + 1);
}
