/* SPDX-License-Identifier: BSD-2-Clause */
#include "tomo/resire.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "base/threads.h"

double ae_resire_bytes(const struct ae_series *s, enum ae_resire_method method)
{
    int volumes = method == AE_RESIRE_PLAIN ? 2 : 3;
    int stacks = method == AE_RESIRE_FISTA ? 2 : 1;
    return volumes * ae_series_volume_bytes(s) +
           stacks * ae_series_image_bytes(s);
}

int ae_resire_init(struct ae_resire *r, const struct ae_series *series,
    const struct ae_resire_choice *choice, const float *support,
    struct ae_error *err)
{
    *r = (struct ae_resire){.series = series,
        .choice = *choice,
        .support = support,
        .a = 1,
        .last_sq = INFINITY,
        .step = choice->step};
    size_t samples = ae_tomo_image_samples(series->tomo) * series->images;
    int is_plain = choice->method == AE_RESIRE_PLAIN;
    r->volume = ae_series_volume(series);
    r->gradient = ae_series_volume(series);
    r->ahead = is_plain ? NULL : ae_series_volume(series);
    r->computed = ae_alloc(samples, sizeof *r->computed);
    if (choice->method == AE_RESIRE_FISTA)
        r->before = ae_alloc(samples, sizeof *r->before);
    r->r1 = ae_alloc(series->images, sizeof *r->r1);
    r->r2 = ae_alloc(series->images, sizeof *r->r2);
    if (r->volume && r->gradient && (is_plain || r->ahead) && r->computed &&
        (choice->method != AE_RESIRE_FISTA || r->before) && r->r1 && r->r2)
        return AE_OK;
    ae_resire_clear(r);
    return ae_fail(err, AE_EMEM, "out of memory for the reconstruction");
}

void ae_resire_clear(struct ae_resire *r)
{
    free(r->volume);
    free(r->ahead);
    free(r->gradient);
    free(r->computed);
    free(r->before);
    free(r->r1);
    free(r->r2);
    *r = (struct ae_resire){0};
}

/* computed <- computed - data for the images of a subset; the sum of squares. */
static double subtract(struct ae_resire *r, size_t first, size_t stride)
{
    const struct ae_series *s = r->series;
    size_t n = ae_tomo_image_samples(s->tomo);
#pragma omp parallel for schedule(dynamic)
    for (size_t k = first; k < s->images; k += stride) {
        float *c = r->computed + k * n;
        const float *b = s->data + k * n;
        for (size_t i = 0; i < n; i++)
            c[i] -= b[i];
    }
    double sum = 0;
    for (size_t k = first; k < s->images; k += stride)
        sum += ae_sum_sq(r->computed + k * n, n);
    return sum;
}

/* W = S max(0, from - factor G); with momentum also Y = W + beta (W - V).
 * volume <- W, ahead <- Y. */
static void update(
    struct ae_resire *r, const float *from, float factor, float beta)
{
    size_t n = ae_tomo_volume_samples(r->series->tomo);
    float floor_value = r->choice.positivity ? 0 : -INFINITY;
    float *restrict volume = r->volume, *restrict ahead = r->ahead;
    const float *restrict gradient = r->gradient;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < n; i++) {
        float w = from[i] - factor * gradient[i];
        w = w > floor_value ? w : floor_value;
        if (r->support)
            w *= r->support[i];
        if (ahead)
            ahead[i] = w + beta * (w - volume[i]);
        volume[i] = w;
    }
}

static void restart(struct ae_resire *r)
{
    r->a = 1;
    r->beta = 0;
    memcpy(r->ahead, r->volume,
        ae_tomo_volume_samples(r->series->tomo) * sizeof *r->ahead);
}

/* The next momentum: returns beta = (a - 1) / a'. */
static double momentum(struct ae_resire *r)
{
    double next = (1 + sqrt(1 + 4 * r->a * r->a)) / 2;
    double beta = (r->a - 1) / next;
    r->a = next;
    return beta;
}

/* Notes whether the residual rose, by more than rounding can make it, and
 * halves the step after three rises among six. */
static int watch(struct ae_resire *r, double sq)
{
    enum { LOOK_BACK = 6, MOST = 3 };
    int n = 0;
    r->rises = r->rises << 1 | (sq > 1.001 * r->last_sq);
    r->last_sq = sq;
    for (int i = 0; i < LOOK_BACK; i++)
        n += r->rises >> i & 1;
    if (n < MOST)
        return 0;
    r->step /= 2;
    r->rises = 0;
    return 1;
}

static int step_plain(struct ae_resire *r)
{
    const struct ae_series *s = r->series;
    ae_tomo_forward(s->tomo, r->volume, 0, 1, r->computed);
    ae_series_rfactors(s, r->computed, r->r1, r->r2);
    int halved = watch(r, subtract(r, 0, 1));
    ae_tomo_back(s->tomo, r->computed, 0, 1, r->gradient);
    update(r, r->volume, (float)(r->step / ((double)s->images * s->beam)), 0);
    return halved;
}

/* computed holds A Y with Y = V + beta (V - V'); before holds A V'. Turns
 * before into A V. */
static void projections_of_volume(struct ae_resire *r)
{
    size_t n = ae_tomo_image_samples(r->series->tomo) * r->series->images;
    float beta = (float)r->beta;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < n; i++)
        r->before[i] = (r->computed[i] + beta * r->before[i]) / (1 + beta);
}

static void step_fista(struct ae_resire *r)
{
    const struct ae_series *s = r->series;
    size_t n = ae_tomo_image_samples(s->tomo) * s->images;
    ae_tomo_forward(s->tomo, r->ahead, 0, 1, r->computed);
    projections_of_volume(r);
    ae_series_rfactors(s, r->before, r->r1, r->r2);
    double sq = ae_sum_sq_diff(r->before, s->data, n);
    if (sq > r->last_sq) {
        restart(r);
        memcpy(r->computed, r->before, n * sizeof *r->computed);
    }
    r->last_sq = sq;
    subtract(r, 0, 1);
    ae_tomo_back(s->tomo, r->computed, 0, 1, r->gradient);
    r->beta = momentum(r);
    update(r, r->ahead, (float)(r->step / ((double)s->images * s->beam)),
        (float)r->beta);
}

static void step_os(struct ae_resire *r)
{
    const struct ae_series *s = r->series;
    size_t m = r->choice.subsets;
    double sq = 0;
    for (size_t first = 0; first < m; first++) {
        double n = (double)((s->images - first + m - 1) / m);
        ae_tomo_forward(s->tomo, r->ahead, first, m, r->computed);
        sq += subtract(r, first, m);
        ae_tomo_back(s->tomo, r->computed, first, m, r->gradient);
        r->beta = momentum(r);
        update(r, r->ahead, (float)(r->step / (n * s->beam)), (float)r->beta);
    }
    if (sq > r->last_sq)
        restart(r);
    r->last_sq = sq;
}

int ae_resire_step(struct ae_resire *r, int want_r)
{
    switch (r->choice.method) {
    case AE_RESIRE_PLAIN:
        return step_plain(r);
    case AE_RESIRE_FISTA:
        step_fista(r);
        return 0;
    default:
        if (want_r)
            ae_resire_residual(r);
        step_os(r);
        return 0;
    }
}

void ae_resire_residual(struct ae_resire *r)
{
    ae_tomo_forward(r->series->tomo, r->volume, 0, 1, r->computed);
    ae_series_rfactors(r->series, r->computed, r->r1, r->r2);
}

size_t ae_resire_state(struct ae_resire *r, struct ae_part part[16])
{
    size_t volume = ae_tomo_volume_samples(r->series->tomo) * sizeof *r->volume;
    size_t stack = ae_tomo_image_samples(r->series->tomo) * r->series->images *
                   sizeof *r->before;
    size_t n = 0;
    part[n++] = (struct ae_part){r->volume, volume};
    if (r->ahead)
        part[n++] = (struct ae_part){r->ahead, volume};
    if (r->before)
        part[n++] = (struct ae_part){r->before, stack};
    part[n++] = (struct ae_part){&r->a, sizeof r->a};
    part[n++] = (struct ae_part){&r->last_sq, sizeof r->last_sq};
    part[n++] = (struct ae_part){&r->beta, sizeof r->beta};
    part[n++] = (struct ae_part){&r->step, sizeof r->step};
    part[n++] = (struct ae_part){&r->rises, sizeof r->rises};
    return n;
}

void ae_resire_row(const struct ae_resire *r, double *row)
{
    const struct ae_series *s = r->series;
    double all = 0;
    row[0] = row[1] = row[2] = 0;
    for (size_t k = 0; k < s->images; k++) {
        row[0] += r->r1[k] / (double)s->images;
        row[1] += r->r1[k] * s->sum_abs[k];
        row[2] += r->r2[k] / (double)s->images;
        all += s->sum_abs[k];
        row[3 + k] = r->r1[k];
        row[3 + s->images + k] = r->r2[k];
    }
    row[1] /= all;
}
