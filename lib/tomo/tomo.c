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
    GROUP = 8,  /* images that share one read of a tile: with the tile they fit
                   in a 512 kB L2 cache */
    MOST_GENERAL = 4 /* in general, where an image takes six times as much */
};

struct ae_tomo {
    struct ae_tomo_setup setup;
    struct ae_tomo_shape shape;
    int fast;
    double (*euler)[3];
    double (*R)[3][3];
    float *work; /* [slots][group] general: the kernel's working arrays */
    size_t slots, group;
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

static size_t work_samples(const struct ae_tomo *t)
{
    return ae_general_samples(&t->shape);
}

/* How many threads work at once, and on how many images each. */
static void set_slots(struct ae_tomo *t, size_t images)
{
    size_t threads = (size_t)ae_threads();
    t->slots = images < threads ? images : threads;
    if (!t->slots)
        t->slots = 1;
    t->group = (images + t->slots - 1) / t->slots;
    size_t most = t->fast ? GROUP : MOST_GENERAL;
    t->group = t->group < most ? t->group : most;
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
    set_slots(t, s->images);
    if (!t->fast) {
        h->lanes_y = padded(s->ny);
        h->lanes_v = padded(s->nv);
        h->lanes_w = ae_general_lanes(s->nv);
        t->work =
            ae_alloc(t->slots * t->group, work_samples(t) * sizeof(float));
        return t->work ? AE_OK : AE_EMEM;
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
    free(t->work);
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

size_t ae_tomo_volume_samples(const struct ae_tomo *t)
{
    size_t lanes = is_fst(t) ? t->setup.ny : t->shape.lanes_y;
    return t->setup.nx * t->setup.nz * lanes;
}

size_t ae_tomo_image_samples(const struct ae_tomo *t)
{
    if (is_fst(t))
        return t->setup.nu * t->setup.nv;
    return t->setup.nu * t->shape.lanes_v;
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
    return is_fst(t)
               ? ae_fst_bytes(n, t->setup.nu, t->setup.nv, t->setup.over)
               : (double)t->ntile * sizeof *t->tile +
                     (t->fast ? 0
                              : (double)t->slots * (double)t->group *
                                    (double)work_samples(t) * sizeof *t->work);
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
    memset(packed, 0, ae_tomo_image_samples(t) * sizeof *packed);
    for (size_t i = 0; i < n; i++) {
        const float *from = image + (t->fast ? t->row_v[i] : i) * s->nu;
        for (size_t u = 0; u < s->nu; u++)
            packed[u * lanes + i] = from[u];
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
    memset(image, 0, s->nu * s->nv * sizeof *image);
    for (size_t i = 0; i < n; i++) {
        float *to = image + (t->fast ? t->row_v[i] : i) * s->nu;
        for (size_t u = 0; u < s->nu; u++)
            to[u] = packed[u * lanes + i];
    }
}

/* ---- the operators -------------------------------------------------------- */

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
#define FAST_GROUP(REAL)                                                       \
    static void fast_group_##REAL(const struct ae_tomo *t, const REAL *volume, \
        size_t from, size_t to, size_t stride, REAL *images)                   \
    {                                                                          \
        size_t n = ae_tomo_image_samples(t);                                   \
        for (size_t k = from; k < to; k += stride)                             \
            memset(images + k * n, 0, n * sizeof *images);                     \
        for (size_t i = 0; i < t->ntile; i++)                                  \
            for (size_t k = from; k < to; k += stride)                         \
                ae_fast_forward_##REAL(                                        \
                    &t->shape, t->R[k], &t->tile[i], volume, images + k * n);  \
        for (size_t k = from; k < to && t->setup.subsample == 8; k += stride)  \
            smooth_##REAL(t, images + k * n);                                  \
    }

#define GENERAL_GROUP(REAL)                                                    \
    static void general_group_##REAL(const struct ae_tomo *t,                  \
        const REAL *volume, size_t from, size_t to, size_t stride,             \
        REAL *images, REAL *work)                                              \
    {                                                                          \
        size_t n = ae_tomo_image_samples(t), each = work_samples(t), j = 0;    \
        memset(work, 0, t->group *each * sizeof *work);                        \
        for (size_t i = 0; i < t->ntile; i++, j = 0)                           \
            for (size_t k = from; k < to; k += stride)                         \
                ae_general_forward_##REAL(&t->shape, t->R[k], &t->tile[i],     \
                    volume, work + j++ * each);                                \
        for (size_t k = from; k < to; k += stride)                             \
            ae_general_collect_##REAL(                                         \
                &t->shape, t->R[k], work + j++ * each, images + k * n);        \
    }

/* Every slot takes the next group that is left. */
#define FORWARD(REAL)                                                          \
    static void forward_##REAL(const struct ae_tomo *t, const REAL *volume,    \
        size_t first, size_t stride, REAL *images, REAL *work)                 \
    {                                                                          \
        size_t all = t->setup.images, next = 0;                                \
        size_t count = first < all ? (all - first + stride - 1) / stride : 0;  \
        if (!count)                                                            \
            return;                                                            \
        size_t round = t->slots * t->group;                                    \
        size_t groups = t->slots * ((count + round - 1) / round);              \
        size_t each = t->fast ? 0 : t->group * work_samples(t);                \
        _Pragma("omp parallel for schedule(dynamic)") for (size_t slot = 0;    \
                                                           slot < t->slots;    \
                                                           slot++)             \
        {                                                                      \
            for (;;) {                                                         \
                size_t g;                                                      \
                _Pragma("omp atomic capture") g = next++;                      \
                if (g >= groups)                                               \
                    break;                                                     \
                size_t from = g * count / groups;                              \
                size_t to = (g + 1) * count / groups;                          \
                if (from == to)                                                \
                    continue;                                                  \
                from = first + from * stride;                                  \
                to = first + (to - 1) * stride + 1;                            \
                if (t->fast)                                                   \
                    fast_group_##REAL(t, volume, from, to, stride, images);    \
                else                                                           \
                    general_group_##REAL(t, volume, from, to, stride, images,  \
                        work + slot * each);                                   \
            }                                                                  \
        }                                                                      \
    }

/* A tile belongs to one thread, which adds the images in order: in general so
 * many at a time as there are working arrays. */
#define BACK(REAL)                                                             \
    static void prepare_##REAL(const struct ae_tomo *t, const REAL *images,    \
        size_t from, size_t stride, size_t count, REAL *work)                  \
    {                                                                          \
        size_t each = work_samples(t), n = ae_tomo_image_samples(t);           \
        _Pragma("omp parallel for schedule(dynamic)") for (size_t j = 0;       \
                                                           j < count; j++)     \
        {                                                                      \
            size_t k = from + j * stride;                                      \
            ae_general_prepare_##REAL(                                         \
                &t->shape, t->R[k], images + k * n, work + j * each);          \
        }                                                                      \
    }                                                                          \
    static void back_tile_##REAL(const struct ae_tomo *t, const REAL *from,    \
        size_t each, size_t first, size_t stride, size_t count, int is_new,    \
        const struct ae_tile *tile, REAL *volume)                              \
    {                                                                          \
        size_t lanes = t->shape.lanes_y;                                       \
        for (size_t z = tile->z0; z < tile->z1 && is_new; z++)                 \
            memset(volume + (z * t->setup.nx + tile->x0) * lanes, 0,           \
                (tile->x1 - tile->x0) * lanes * sizeof *volume);               \
        for (size_t j = 0, k = first; j < count; j++, k += stride)             \
            (t->fast ? ae_fast_back_##REAL : ae_general_back_##REAL)(          \
                &t->shape, t->R[k], tile, from + j * each, volume);            \
    }                                                                          \
    static void back_##REAL(const struct ae_tomo *t, const REAL *images,       \
        size_t first, size_t stride, REAL *volume, REAL *work)                 \
    {                                                                          \
        size_t samples = ae_tomo_image_samples(t), all = t->setup.images;      \
        size_t left = first < all ? (all - first + stride - 1) / stride : 0;   \
        size_t most = t->fast ? left : t->slots * t->group, count = 0;         \
        size_t each = t->fast ? stride * samples : work_samples(t);            \
        for (int is_new = 1; is_new || left; is_new = 0) {                     \
            count = left < most ? left : most;                                 \
            const REAL *from = t->fast ? images + first * samples : work;      \
            if (!t->fast)                                                      \
                prepare_##REAL(t, images, first, stride, count, work);         \
            _Pragma("omp parallel for schedule(dynamic)") for (size_t i = 0;   \
                                                               i < t->ntile;   \
                                                               i++)            \
                back_tile_##REAL(t, from, each, first, stride, count, is_new,  \
                    &t->tile[i], volume);                                      \
            left -= count;                                                     \
            first += count * stride;                                           \
        }                                                                      \
    }

SMOOTH(float)
SMOOTH(double)
FAST_GROUP(float)
FAST_GROUP(double)
GENERAL_GROUP(float)
GENERAL_GROUP(double)
FORWARD(float)
FORWARD(double)
BACK(float)
BACK(double)

void ae_tomo_forward(const struct ae_tomo *t, const float *volume, size_t first,
    size_t stride, float *images)
{
    if (is_fst(t))
        ae_fst_forward(t->fst, volume, first, stride, t->setup.images,
            t->setup.euler, images);
    else
        forward_float(t, volume, first, stride, images, t->work);
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
    back_float(t, images, first, stride, volume, t->work);
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

static double *double_work(const struct ae_tomo *t)
{
    return ae_alloc(
        t->fast ? 0 : t->slots * t->group * work_samples(t), sizeof(double));
}

void ae_tomo_forward_double(const struct ae_tomo *t, const double *volume,
    size_t first, size_t stride, double *images)
{
    double *work = double_work(t);
    if (work)
        forward_double(t, volume, first, stride, images, work);
    else
        images[first * ae_tomo_image_samples(t)] = NAN; /* no memory */
    free(work);
}

void ae_tomo_back_double(const struct ae_tomo *t, const double *images,
    size_t first, size_t stride, double *volume)
{
    double *work = double_work(t);
    if (work)
        back_double(t, images, first, stride, volume, work);
    else
        volume[0] = NAN; /* no memory */
    free(work);
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
