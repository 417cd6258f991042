/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/register_work.h"

#include <complex.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "image/mask.h"

#define SECOND 2 /* pixels between the first and the second maximum */
/* share of samples at a frame's highest value; noise puts one or two there */
#define SATURATED 0.01
/* standard deviations: by chance one frame in some 2000 stands out as much in
 * the best of 10^4 shifts */
#define LEAST 5.3

static int make_plans(struct ae_register *r, struct ae_error *err)
{
    const size_t p[2] = {r->py, r->px}, m[2] = {r->my, r->mx};
    int code = ae_fft_new(&r->pad_forward, AE_FFT_DOUBLE, AE_FFT_R2C, 2, p,
        r->pad, r->first, err);
    if (!code)
        code = ae_fft_new(&r->pad_back, AE_FFT_DOUBLE, AE_FFT_C2R, 2, p,
            r->other, r->pad, err);
    if (!code)
        code = ae_fft_new(&r->forward, AE_FFT_DOUBLE, AE_FFT_R2C, 2, m,
            r->plane, r->cross, err);
    if (!code)
        code = ae_fft_new(
            &r->back, AE_FFT_DOUBLE, AE_FFT_C2R, 2, m, r->cross, r->plane, err);
    return code ? code : ae_translate_new(&r->translate, r->nx, r->ny, err);
}

int ae_register_new(struct ae_register **out, size_t nf, size_t nx, size_t ny,
    const struct ae_register_rule *rule, struct ae_error *err)
{
    struct ae_register *r = *out = ae_alloc(1, sizeof *r);
    if (!r)
        return ae_fail(err, AE_EMEM, "out of memory");
    r->rule = *rule;
    r->nf = nf;
    r->nx = nx;
    r->ny = ny;
    r->px = ae_fft_good_even(nx + (size_t)rule->max_shift[0] + 1);
    r->py = ae_fft_good_even(ny + (size_t)rule->max_shift[1] + 1);
    r->mx = ae_fft_good_even(nx);
    r->my = ae_fft_good_even(ny);
    r->half = r->mx / 2 + 1;
    const size_t m = r->half * r->my, p = (r->px / 2 + 1) * r->py;
    r->pad = ae_fft_alloc(r->px * r->py, sizeof *r->pad);
    r->first = ae_fft_alloc(p, sizeof *r->first);
    r->other = ae_fft_alloc(p, sizeof *r->other);
    r->plane = ae_fft_alloc(r->mx * r->my, sizeof *r->plane);
    r->wave = ae_fft_alloc((nf + 2) * m, sizeof *r->wave);
    r->weight = ae_alloc(m, sizeof *r->weight);
    r->coherence = ae_alloc(m, sizeof *r->coherence);
    r->moved = ae_alloc(nx * ny, sizeof *r->moved);
    r->window[0] = ae_alloc(nx, sizeof **r->window);
    r->window[1] = ae_alloc(ny, sizeof **r->window);
    int whole = r->pad && r->first && r->other && r->plane && r->wave &&
                r->weight && r->coherence && r->moved && r->window[0] &&
                r->window[1];
    for (int i = 0; i < 4; i++) {
        r->sums[i] = ae_alloc((nx + 1) * (ny + 1), sizeof **r->sums);
        whole = whole && r->sums[i];
    }
    for (int i = 0; i < 3; i++) {
        r->part[i] = ae_alloc(m, sizeof **r->part);
        whole = whole && r->part[i];
    }
    for (int i = 0; i < 2; i++) {
        r->smooth[i] = ae_alloc(nx * ny, sizeof **r->smooth);
        whole = whole && r->smooth[i];
    }
    r->total = r->wave + (whole ? nf * m : 0);
    r->cross = r->total + (whole ? m : 0);
    int code = whole
                   ? make_plans(r, err)
                   : ae_fail(err, AE_EMEM, "out of memory for %zu frames", nf);
    if (code) {
        ae_register_free(r);
        *out = NULL;
    }
    return code;
}

void ae_register_free(struct ae_register *r)
{
    if (!r)
        return;
    ae_fft_free(r->pad_forward);
    ae_fft_free(r->pad_back);
    ae_fft_free(r->forward);
    ae_fft_free(r->back);
    ae_translate_free(r->translate);
    ae_fft_buffer_free(r->pad);
    ae_fft_buffer_free(r->first);
    ae_fft_buffer_free(r->other);
    ae_fft_buffer_free(r->plane);
    ae_fft_buffer_free(r->wave);
    free(r->weight);
    free(r->coherence);
    free(r->moved);
    for (int i = 0; i < 4; i++)
        free(r->sums[i]);
    for (int i = 0; i < 3; i++)
        free(r->part[i]);
    for (int i = 0; i < 2; i++) {
        free(r->window[i]);
        free(r->smooth[i]);
    }
    free(r);
}

/* ---- step 1 ------------------------------------------------------------- */

/* The frame smoothed, less its mean; AE_EDATA when it is constant. */
static int prepare(struct ae_register *r, const float *frame, size_t f,
    float *out, struct ae_error *err)
{
    const size_t n = r->nx * r->ny;
    double sum = 0;
    size_t equal = 0;
    for (size_t i = 0; i < n; i++) {
        sum += (double)frame[i];
        equal += frame[i] == frame[0];
    }
    if (equal == n)
        return ae_fail(err, AE_EDATA,
            "frame %zu is %g everywhere; drop the tilt or the frame", f,
            (double)frame[0]);
    for (size_t i = 0; i < n; i++)
        out[i] = (float)((double)frame[i] - sum / (double)n);
    return r->rule.coarse_sigma > 0 ? ae_mask_smooth(out, out, NULL, r->nx,
                                          r->ny, r->rule.coarse_sigma, err)
                                    : AE_OK;
}

/* sum[y][x] of the samples above and left of (x, y), power 1 or 2. */
static void running_sum(
    double *sum, const float *image, size_t nx, size_t ny, int power)
{
    for (size_t y = 0; y < ny; y++) {
        double row = 0;
        for (size_t x = 0; x < nx; x++) {
            const double v = (double)image[y * nx + x];
            row += power == 2 ? v * v : v;
            sum[(y + 1) * (nx + 1) + x + 1] = sum[y * (nx + 1) + x + 1] + row;
        }
    }
}

/* Sum over the rectangle of mx x my samples from (x, y). */
static double of_rectangle(
    const double *sum, size_t nx, size_t x, size_t y, size_t mx, size_t my)
{
    const double *top = sum + y * (nx + 1), *low = top + my * (nx + 1);
    return low[x + mx] - low[x] - top[x + mx] + top[x];
}

static void padded_transform(
    struct ae_register *r, const float *image, double _Complex *out)
{
    memset(r->pad, 0, r->px * r->py * sizeof *r->pad);
    for (size_t y = 0; y < r->ny; y++)
        for (size_t x = 0; x < r->nx; x++)
            r->pad[y * r->px + x] = (double)image[y * r->nx + x];
    ae_fft_run(r->pad_forward, r->pad, out);
}

/* gamma of the whole shift (sx, sy), from the correlation in pad; -2 where it
 * is not defined. */
static double gamma_at(
    const struct ae_register *r, long sx, long sy, const double flat[2])
{
    const size_t mx = r->nx - (size_t)labs(sx), my = r->ny - (size_t)labs(sy);
    const double n = (double)mx * (double)my;
    if (labs(sx) >= (long)r->nx || labs(sy) >= (long)r->ny ||
        n < r->rule.min_overlap * (double)r->nx * (double)r->ny)
        return -2;
    const size_t ax = sx > 0 ? (size_t)sx : 0, ay = sy > 0 ? (size_t)sy : 0;
    const size_t bx = sx < 0 ? (size_t)-sx : 0, by = sy < 0 ? (size_t)-sy : 0;
    double s[4];
    for (int i = 0; i < 4; i++)
        s[i] = of_rectangle(
            r->sums[i], r->nx, i < 2 ? ax : bx, i < 2 ? ay : by, mx, my);
    const double va = s[1] - s[0] * s[0] / n, vb = s[3] - s[2] * s[2] / n;
    const double c =
        r->pad[ae_fft_index(sy, r->py) * r->px + ae_fft_index(sx, r->px)];
    if (va <= FLAT * flat[0] || vb <= FLAT * flat[1])
        return 0;
    return (c - s[0] * s[2] / n) / sqrt(va * vb);
}

double ae_register_parabola(double before, double at, double after)
{
    const double curve = before - 2 * at + after;
    return curve < 0 ? (before - after) / (2 * curve) : 0;
}

/* The second maximum: larger than its 8 neighbours, SECOND pixels away. */
static double second_best(
    const double *gamma, long wx, long wy, long sx, long sy)
{
    const long width = 2 * wx + 1;
    double best = -1;
    for (long y = -wy + 1; y < wy; y++)
        for (long x = -wx + 1; x < wx; x++) {
            const double *g = gamma + (y + wy) * width + x + wx;
            if (hypot((double)(x - sx), (double)(y - sy)) < SECOND ||
                *g <= best)
                continue;
            int top = 1;
            for (long j = -1; j <= 1; j++)
                for (long i = -1; i <= 1; i++)
                    top = top && ((!i && !j) || g[j * width + i] <= *g);
            if (top)
                best = *g;
        }
    return best;
}

/* Of frame f, prepared in smooth[1], against frame 0. */
static int whole_shift(struct ae_register *r, size_t f,
    struct ae_register_shift *shift, struct ae_error *err)
{
    const long wx = (long)r->rule.max_shift[0], wy = (long)r->rule.max_shift[1];
    const size_t half = r->px / 2 + 1, width = (size_t)(2 * wx + 1);
    double *gamma = ae_alloc(width * (size_t)(2 * wy + 1), sizeof *gamma);
    if (!gamma)
        return ae_fail(err, AE_EMEM, "out of memory");
    padded_transform(r, r->smooth[1], r->other);
    for (size_t i = 0; i < half * r->py; i++)
        r->other[i] *= conj(r->first[i]) / ((double)r->px * (double)r->py);
    ae_fft_run(r->pad_back, r->other, r->pad);
    running_sum(r->sums[0], r->smooth[1], r->nx, r->ny, 1);
    running_sum(r->sums[1], r->smooth[1], r->nx, r->ny, 2);
    const size_t last = (r->nx + 1) * (r->ny + 1) - 1;
    const double flat[2] = {r->sums[1][last], r->sums[3][last]};
    double best = -3, near = 0;
    long sx = 0, sy = 0;
    for (long y = -wy; y <= wy; y++)
        for (long x = -wx; x <= wx; x++) {
            const double g = gamma_at(r, x, y, flat);
            const double d = (double)(x * x + y * y);
            gamma[(size_t)(y + wy) * width + (size_t)(x + wx)] = g;
            if (g > best || (g == best && d < near)) {
                best = g;
                near = d;
                sx = x;
                sy = y;
            }
        }
    const double *at = gamma + (size_t)(sy + wy) * width + (size_t)(sx + wx);
    *shift = (struct ae_register_shift){
        (double)sx, (double)sy, best, second_best(gamma, wx, wy, sx, sy)};
    int code = AE_OK;
    if (labs(sx) == wx || labs(sy) == wy)
        code = ae_fail(err, AE_EDATA,
            "frame %zu fits frame 0 best at the largest shift allowed, (%ld, "
            "%ld) pixels; drop the tilt or give --max-shift",
            f, sx, sy);
    else if (r->rule.sub == AE_REGISTER_PARABOLA) {
        shift->x += ae_register_parabola(at[-1], at[0], at[1]);
        shift->y += ae_register_parabola(at[-(long)width], at[0], at[width]);
    }
    free(gamma);
    return code;
}

static int coarse(struct ae_register *r, const float *frames,
    struct ae_register_shift *shift, struct ae_error *err)
{
    int code = prepare(r, frames, 0, r->smooth[0], err);
    if (code)
        return code;
    padded_transform(r, r->smooth[0], r->first);
    running_sum(r->sums[2], r->smooth[0], r->nx, r->ny, 1);
    running_sum(r->sums[3], r->smooth[0], r->nx, r->ny, 2);
    shift[0] = (struct ae_register_shift){0, 0, 1, -1};
    for (size_t f = 1; f < r->nf && !code; f++) {
        code = prepare(r, frames + f * r->nx * r->ny, f, r->smooth[1], err);
        if (!code)
            code = whole_shift(r, f, shift + f, err);
    }
    return code;
}

/* ---- both ------------------------------------------------------------------ */

/* Share of the samples that have the highest value. */
static double at_top(const float *frame, size_t n)
{
    float top = frame[0];
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        top = fmaxf(top, frame[i]);
    for (size_t i = 0; i < n; i++)
        count += frame[i] == top;
    return (double)count / (double)n;
}

/* A frame that is cut off at its highest value, where the others are not, would
 * spoil the average. */
static int check_saturation(
    const struct ae_register *r, const float *frames, struct ae_error *err)
{
    const size_t n = r->nx * r->ny;
    double least = 1, most = 0;
    size_t which = 0;
    for (size_t f = 0; f < r->nf; f++) {
        const double share = at_top(frames + f * n, n);
        least = fmin(least, share);
        which = share > most ? f : which;
        most = fmax(most, share);
    }
    if (most < SATURATED || least > most / 10 || most == 1)
        return AE_OK;
    return ae_fail(err, AE_EDATA,
        "frame %zu is saturated: %.3g %% of it has its highest value; drop "
        "the tilt or the frame",
        which, 100 * most);
}

int ae_register_find(struct ae_register *r, const float *frames,
    struct ae_register_shift *shift, struct ae_error *err)
{
    int code = check_saturation(r, frames, err);
    if (!code)
        code = coarse(r, frames, shift, err);
    if (r->rule.sub != AE_REGISTER_DFT)
        return code;
    for (size_t p = 0; p <= r->rule.passes && !code; p++)
        code = ae_register_pass(r, frames, p == 0, shift, err);
    for (size_t f = 0; f < r->nf && !code; f++) {
        if (ae_register_stands_out(r, f) < LEAST)
            code = ae_fail(err, AE_EDATA,
                "frame %zu has nothing in common with the others; drop the "
                "tilt or the frame",
                f);
    }
    return code;
}
