/* SPDX-License-Identifier: BSD-2-Clause */
#include "tomo/lines.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "math/shift.h"

static int no_memory(struct ae_error *err)
{
    return ae_fail(err, AE_EMEM, "out of memory for the alignment");
}

/* ---- profiles and their spectra ------------------------------------------- */

void ae_lines_clear(struct ae_lines *l)
{
    ae_fft_free(l->forward);
    ae_fft_free(l->backward);
    ae_fft_buffer_free(l->work);
    free(l->spectrum);
    *l = (struct ae_lines){0};
}

int ae_lines_new(
    struct ae_lines *l, size_t images, size_t n, struct ae_error *err)
{
    const size_t m = ae_fft_good_even(2 * n), half = m / 2 + 1;
    *l = (struct ae_lines){.images = images, .n = n, .m = m, .half = half};
    l->spectrum = ae_alloc((images + 3) * 2 * half + images, sizeof(double));
    l->work = ae_fft_alloc(m + 2, sizeof *l->work);
    int code = l->spectrum && l->work ? AE_OK : no_memory(err);
    if (!code) {
        l->total = l->spectrum + images * 2 * half;
        l->rest = l->total + 2 * half;
        l->phase = l->rest + 2 * half;
        l->d = l->phase + 2 * half;
        code = ae_fft_new(&l->forward, AE_FFT_DOUBLE, AE_FFT_R2C, 1, &m,
            l->work, l->work, err);
    }
    if (!code)
        code = ae_fft_new(&l->backward, AE_FFT_DOUBLE, AE_FFT_C2R, 1, &m,
            l->work, l->work, err);
    if (code)
        ae_lines_clear(l);
    return code;
}

/* sum += sign * the spectrum of profile k, moved by -d */
static void add_aligned(struct ae_lines *l, size_t k, double sign, double *sum)
{
    const double *q = l->spectrum + k * 2 * l->half;
    ae_shift_phase(l->phase, l->m, -l->d[k], 1);
    for (size_t i = 0; i < l->half; i++) {
        const double c = l->phase[2 * i], s = l->phase[2 * i + 1];
        sum[2 * i] += sign * (q[2 * i] * c - q[2 * i + 1] * s);
        sum[2 * i + 1] += sign * (q[2 * i] * s + q[2 * i + 1] * c);
    }
}

/* Sum over the samples of reference times profile k moved by -d. */
static double overlap(
    struct ae_lines *l, const double *reference, size_t k, double d)
{
    const double *q = l->spectrum + k * 2 * l->half;
    double sum = 0;
    ae_shift_phase(l->phase, l->m, -d, 1);
    for (size_t i = 0; i < l->half; i++) {
        const double c = l->phase[2 * i], s = l->phase[2 * i + 1];
        const double re = q[2 * i] * c - q[2 * i + 1] * s;
        const double im = q[2 * i] * s + q[2 * i + 1] * c;
        const double weight = i == 0 || i == l->half - 1 ? 1 : 2;
        sum += weight * (reference[2 * i] * re + reference[2 * i + 1] * im);
    }
    return sum / (double)l->m;
}

/* The samples of a spectrum, moved by -d; the first n are the profile. */
static void samples_of(
    struct ae_lines *l, const double *spectrum, double d, double *to)
{
    ae_shift_phase(l->phase, l->m, -d, 1);
    for (size_t i = 0; i < l->half; i++) {
        const double c = l->phase[2 * i], s = l->phase[2 * i + 1];
        l->work[2 * i] = spectrum[2 * i] * c - spectrum[2 * i + 1] * s;
        l->work[2 * i + 1] = spectrum[2 * i] * s + spectrum[2 * i + 1] * c;
    }
    ae_fft_run(l->backward, l->work, l->work);
    for (size_t i = 0; i < l->m; i++)
        to[i] = l->work[i] / (double)l->m;
}

/* Correlation of a and b, each less its mean, over the pairs a_i, b_(i+lag). */
static double correlation(const double *a, const double *b, size_t n, long lag)
{
    const long from = lag < 0 ? -lag : 0;
    const long to = lag < 0 ? (long)n : (long)n - lag;
    double sa = 0, sb = 0, aa = 0, bb = 0, ab = 0;
    const double pairs = (double)(to - from);
    for (long i = from; i < to; i++) {
        sa += a[i];
        sb += b[i + lag];
        aa += a[i] * a[i];
        bb += b[i + lag] * b[i + lag];
        ab += a[i] * b[i + lag];
    }
    const double va = aa - sa * sa / pairs, vb = bb - sb * sb / pairs;
    if (!(va > 1e-12 * aa) || !(vb > 1e-12 * bb))
        return 0;
    return (ab - sa * sb / pairs) / sqrt(va * vb);
}

/* The whole lag within +-reach of highest correlation; ties: the smallest. */
static double whole_lag(struct ae_lines *l, const double *reference, size_t k,
    double reach, double *room)
{
    double best = -INFINITY;
    long at = 0;
    samples_of(l, reference, 0, room);
    samples_of(l, l->spectrum + k * 2 * l->half, 0, room + l->m);
    const long most = (long)fmin(reach, (double)(l->n - 2));
    for (long i = 0; i <= 2 * most; i++) {
        const long lag = i % 2 ? -(i + 1) / 2 : i / 2;
        const double c = correlation(room, room + l->m, l->n, lag);
        if (c > best) {
            best = c;
            at = lag;
        }
    }
    return (double)at;
}

/* The d within +-1 of start that makes |reference - a q|^2 least over d and a,
 * q profile k moved by -d: as |q| does not depend on d, where the overlap is
 * greatest. Golden section to 1e-6 pixels. */
static double fine_lag(
    struct ae_lines *l, const double *reference, size_t k, double start)
{
    const double golden = (sqrt(5) - 1) / 2;
    double a = start - 1, b = start + 1;
    double x = b - golden * (b - a), y = a + golden * (b - a);
    double fx = overlap(l, reference, k, x), fy = overlap(l, reference, k, y);
    while (b - a > 1e-6) {
        if (fx > fy) {
            b = y;
            y = x;
            fy = fx;
            x = b - golden * (b - a);
            fx = overlap(l, reference, k, x);
        } else {
            a = x;
            x = y;
            fx = fy;
            y = a + golden * (b - a);
            fy = overlap(l, reference, k, y);
        }
    }
    return (a + b) / 2;
}

/* ---- matching the lines of all images ------------------------------------- */

/* order: the images by |theta - theta_0|, theta_0 the least tilted's. */
void ae_lines_order(size_t *order, const struct ae_vol *stack)
{
    size_t k0 = 0;
    for (size_t k = 1; k < stack->n[2]; k++)
        if (fabs(stack->euler[k][1]) < fabs(stack->euler[k0][1]))
            k0 = k;
    for (size_t k = 0; k < stack->n[2]; k++) {
        const double far = fabs(stack->euler[k][1] - stack->euler[k0][1]);
        size_t at = k;
        for (; at > 0 &&
               fabs(stack->euler[order[at - 1]][1] - stack->euler[k0][1]) > far;
             at--)
            order[at] = order[at - 1];
        order[at] = k;
    }
}

/* Each line against the mean of those before it in the order, then passes of
 * each against the mean of all others until none moves by 0.01 pixels. */
static int match_lines(
    struct ae_lines *l, const size_t *order, double reach, struct ae_error *err)
{
    enum { PASSES = 10 };
    double *room = ae_alloc(2 * l->m, sizeof *room);
    if (!room)
        return no_memory(err);
    memset(l->total, 0, 2 * l->half * sizeof *l->total);
    for (size_t i = 0; i < l->images; i++) {
        const size_t k = order[i];
        l->d[k] = 0;
        if (i > 0)
            l->d[k] = fine_lag(
                l, l->total, k, whole_lag(l, l->total, k, reach, room));
        add_aligned(l, k, 1, l->total);
    }
    double moved = l->images > 1 ? INFINITY : 0;
    for (int pass = 0; pass < PASSES && moved >= 0.01; pass++) {
        moved = 0;
        for (size_t k = 0; k < l->images; k++) {
            const double before = l->d[k];
            add_aligned(l, k, -1, l->total);
            l->d[k] = fine_lag(l, l->total, k, before);
            add_aligned(l, k, 1, l->total);
            moved = fmax(moved, fabs(l->d[k] - before));
        }
    }
    free(room);
    return AE_OK;
}

/* Each line against its neighbour's nearer to the least tilted image. */
int ae_lines_chain(struct ae_lines *l, const size_t *order,
    const struct ae_vol *stack, double reach, struct ae_error *err)
{
    double *room = ae_alloc(2 * l->m, sizeof *room);
    if (!room)
        return no_memory(err);
    for (size_t i = 0; i < l->images; i++) {
        const size_t k = order[i];
        size_t near = 0;
        for (size_t j = 1; j < i; j++) /* of those before, the nearest tilt */
            if (fabs(stack->euler[order[j]][1] - stack->euler[k][1]) <
                fabs(stack->euler[order[near]][1] - stack->euler[k][1]))
                near = j;
        l->d[k] = 0;
        if (i == 0)
            continue;
        const double *reference = l->spectrum + order[near] * 2 * l->half;
        l->d[k] =
            l->d[order[near]] +
            fine_lag(l, reference, k, whole_lag(l, reference, k, reach, room));
    }
    free(room);
    return AE_OK;
}

/* score[k]: correlation of line k with the mean of the others, as aligned. */
static int score_lines(struct ae_lines *l, double *score, struct ae_error *err)
{
    double *room = ae_alloc(2 * l->m, sizeof *room);
    if (!room)
        return no_memory(err);
    memset(l->total, 0, 2 * l->half * sizeof *l->total);
    for (size_t k = 0; k < l->images; k++)
        add_aligned(l, k, 1, l->total);
    for (size_t k = 0; k < l->images; k++) {
        memcpy(l->rest, l->total, 2 * l->half * sizeof *l->rest);
        add_aligned(l, k, -1, l->rest);
        samples_of(l, l->rest, 0, room);
        samples_of(l, l->spectrum + k * 2 * l->half, l->d[k], room + l->m);
        score[k] = l->images > 1 ? correlation(room, room + l->m, l->n, 0) : 1;
    }
    free(room);
    return AE_OK;
}

/* The phases [nx][2 half] by which column x is moved by -x tan(a) along y before
 * the columns are summed to the profile along an axis at an angle a to y,
 *
 *   p(s) = sum_x P(x, s + x tan(a)),
 *
 * whose coordinate s is that along the axis over cos(a). */
static void lean(struct ae_lines *l, size_t nx, double a, double *phase)
{
    const double slope = tan(a * M_PI / 180);
    for (size_t x = 0; x < nx; x++)
        ae_shift_phase(phase + x * 2 * l->half, l->m,
            -slope * ((double)x - (double)(nx / 2)), 1);
}

static void turned_spectrum(struct ae_lines *l, const float *image, size_t nx,
    const double *phase, double *to)
{
    memset(to, 0, 2 * l->half * sizeof *to);
    for (size_t x = 0; x < nx; x++) {
        const double *p = phase + x * 2 * l->half, *q = l->work;
        memset(l->work, 0, (l->m + 2) * sizeof *l->work);
        for (size_t y = 0; y < l->n; y++)
            l->work[y] = image[y * nx + x];
        ae_fft_run(l->forward, l->work, l->work);
        for (size_t i = 0; i < l->half; i++) {
            const double c = p[2 * i], s = p[2 * i + 1];
            to[2 * i] += q[2 * i] * c - q[2 * i + 1] * s;
            to[2 * i + 1] += q[2 * i] * s + q[2 * i + 1] * c;
        }
    }
}

/* The spectrum of profile k becomes that of a profile of unit sum. */
static int normalise(struct ae_lines *l, size_t k, struct ae_error *err)
{
    double *q = l->spectrum + k * 2 * l->half;
    const double sum = q[0];
    if (!(sum > 0))
        return ae_fail(err, AE_EDATA,
            "image %zu: the pixels' sum is %g, no particle stands out of the "
            "background; drop it with tilt-select",
            k, sum);
    for (size_t i = 0; i < 2 * l->half; i++)
        q[i] /= sum;
    return AE_OK;
}

/* The lines of all images along the axis. */
static int fill_lines(struct ae_lines *l, const struct ae_vol *stack,
    double axis, struct ae_error *err)
{
    const size_t nx = stack->n[0];
    double *phase = ae_alloc(nx, 2 * l->half * sizeof *phase);
    int code = phase ? AE_OK : no_memory(err);
    if (!code)
        lean(l, nx, axis, phase);
    for (size_t k = 0; k < l->images && !code; k++) {
        turned_spectrum(l, stack->data + k * ae_vol_image(stack), nx, phase,
            l->spectrum + k * 2 * l->half);
        code = normalise(l, k, err);
    }
    free(phase);
    return code;
}

/* The profiles across the axis; its angle is that of image y. */
int ae_lines_fill_across(
    struct ae_lines *l, const struct ae_vol *stack, struct ae_error *err)
{
    int code = AE_OK;
    for (size_t k = 0; k < l->images && !code; k++) {
        const float *image = stack->data + k * ae_vol_image(stack);
        memset(l->work, 0, (l->m + 2) * sizeof *l->work);
        for (size_t y = 0; y < stack->n[1]; y++)
            for (size_t x = 0; x < l->n; x++)
                l->work[x] += image[y * l->n + x];
        ae_fft_run(l->forward, l->work, l->work);
        memcpy(l->spectrum + k * 2 * l->half, l->work,
            2 * l->half * sizeof *l->work);
        code = normalise(l, k, err);
    }
    return code;
}

int ae_lines_along(struct ae_lines *l, const struct ae_vol *stack,
    const size_t *order, double axis, double reach, double *score,
    struct ae_error *err)
{
    int code = fill_lines(l, stack, axis, err);
    if (!code)
        code = match_lines(l, order, reach, err);
    return code ? code : score_lines(l, score, err);
}
