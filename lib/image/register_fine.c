/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/register_work.h"

#include <complex.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"

#define TAPER      0.2  /* of the frame's side, at each end (methods) */
#define REACH      1.5  /* pixels around the whole shift that step 2 looks */
#define CONVERGED  2e-4 /* pixels, largest Newton step */
#define MAX_SWEEPS 50
#define LONGEST    0.5 /* pixels, of one Newton step */

/* Tukey window over the samples that every frame moved by its shift has. */
static int make_window(struct ae_register *r, int axis,
    const struct ae_register_shift *shift, struct ae_error *err)
{
    const size_t n = axis ? r->ny : r->nx;
    size_t first = 0, end = n;
    for (size_t f = 0; f < r->nf; f++) {
        size_t a, b;
        ae_translate_range(n, axis ? shift[f].y : shift[f].x, &a, &b);
        first = a > first ? a : first;
        end = b < end ? b : end;
    }
    if (end < first + 8)
        return ae_fail(err, AE_EDATA,
            "the frames have less than 8 %s in common; drop the tilt or the "
            "frame that went away",
            axis ? "rows" : "columns");
    const double width = (double)(end - first), taper = TAPER * width;
    for (size_t i = 0; i < n; i++) {
        const double edge = fmin(
            (double)i + 0.5 - (double)first, (double)end - (double)i - 0.5);
        r->window[axis][i] = edge <= 0 ? 0
                             : edge >= taper
                                 ? 1
                                 : 0.5 - 0.5 * cos(M_PI * edge / taper);
    }
    return AE_OK;
}

/* Spectra of the frames, moved back by their shifts and tapered. */
static int transform(struct ae_register *r, const float *frames,
    const struct ae_register_shift *shift, struct ae_error *err)
{
    int code = make_window(r, 0, shift, err);
    if (!code)
        code = make_window(r, 1, shift, err);
    for (size_t f = 0; f < r->nf && !code; f++) {
        code = ae_translate_image(r->translate, frames + f * r->nx * r->ny,
            shift[f].x, shift[f].y, r->moved, err);
        double sum = 0, weights = 0;
        for (size_t y = 0; y < r->ny; y++)
            for (size_t x = 0; x < r->nx; x++) {
                const double w = r->window[0][x] * r->window[1][y];
                sum += w * (double)r->moved[y * r->nx + x];
                weights += w;
            }
        memset(r->plane, 0, r->mx * r->my * sizeof *r->plane);
        for (size_t y = 0; y < r->ny; y++)
            for (size_t x = 0; x < r->nx; x++)
                r->plane[y * r->mx + x] =
                    ((double)r->moved[y * r->nx + x] - sum / weights) *
                    r->window[0][x] * r->window[1][y];
        ae_fft_run(r->forward, r->plane, r->wave + f * r->half * r->my);
    }
    return code;
}

/* exp(2 pi i k d/m) for the frequencies of an axis, count of them. */
static void phases(double _Complex *e, size_t count, size_t m, double d)
{
    for (size_t k = 0; k < count; k++)
        e[k] =
            cexp(2 * M_PI * I * (double)ae_fft_frequency(k, m) * d / (double)m);
}

/* Turn frame f, and the sum, to be moved by d more. */
static int turn(
    struct ae_register *r, size_t f, const double d[2], struct ae_error *err)
{
    double _Complex *ex = ae_alloc(r->half + r->my, sizeof *ex);
    double _Complex *ey = ex + r->half, *wave = r->wave + f * r->half * r->my;
    if (!ex)
        return ae_fail(err, AE_EMEM, "out of memory");
    phases(ex, r->half, r->mx, d[0]);
    phases(ey, r->my, r->my, d[1]);
    for (size_t y = 0; y < r->my; y++)
        for (size_t x = 0; x < r->half; x++) {
            const size_t i = y * r->half + x;
            const double _Complex turned = wave[i] * ex[x] * ey[y];
            r->total[i] += turned - wave[i];
            wave[i] = turned;
        }
    free(ex);
    return AE_OK;
}

/* cross = W F_f conj(sum of the others) */
static void cross_others(struct ae_register *r, size_t f)
{
    const double _Complex *wave = r->wave + f * r->half * r->my;
    for (size_t i = 0; i < r->half * r->my; i++)
        r->cross[i] = r->weight[i] * wave[i] * conj(r->total[i] - wave[i]);
}

/* The whole shift at which sum_k cross exp(2 pi i k d) is largest, within the
 * limits low, high. Destroys cross. */
static void whole_peak(
    struct ae_register *r, const long low[2], const long high[2], double at[2])
{
    double best = -INFINITY;
    ae_fft_run(r->back, r->cross, r->plane);
    for (long y = low[1]; y <= high[1]; y++)
        for (long x = low[0]; x <= high[0]; x++) {
            const double g = r->plane[ae_fft_index(y, r->my) * r->mx +
                                      ae_fft_index(x, r->mx)];
            if (g > best) {
                best = g;
                at[0] = (double)x;
                at[1] = (double)y;
            }
        }
}

/* The same on the fine grid around at, by a matrix DFT of the half spectrum. */
static int fine_peak(struct ae_register *r, double at[2], struct ae_error *err)
{
    const double step = 1 / (double)r->rule.upsample;
    const long side = (long)floor(REACH / step), n = 2 * side + 1;
    double _Complex *e = ae_alloc(r->half + r->my, sizeof *e);
    double _Complex *row = ae_alloc(r->half, sizeof *row);
    double *g = ae_alloc((size_t)(n * n), sizeof *g);
    int code = e && row && g ? AE_OK : ae_fail(err, AE_EMEM, "out of memory");
    long top = 0;
    for (long j = 0; j < n && !code; j++) {
        phases(e, r->my, r->my, at[1] + (double)(j - side) * step);
        memset(row, 0, r->half * sizeof *row);
        for (size_t y = 0; y < r->my; y++)
            for (size_t x = 0; x < r->half; x++)
                row[x] += e[y] * r->cross[y * r->half + x];
        for (long i = 0; i < n; i++) {
            double sum = 0;
            phases(e, r->half, r->mx, at[0] + (double)(i - side) * step);
            for (size_t x = 0; x < r->half; x++)
                sum += creal(row[x] * e[x]);
            g[j * n + i] = sum;
            if (sum > g[top])
                top = j * n + i;
        }
    }
    const long i = top % n, j = top / n;
    if (!code) {
        at[0] += (double)(i - side) * step;
        at[1] += (double)(j - side) * step;
        if (i > 0 && i < n - 1)
            at[0] +=
                step * ae_register_parabola(g[top - 1], g[top], g[top + 1]);
        if (j > 0 && j < n - 1)
            at[1] +=
                step * ae_register_parabola(g[top - n], g[top], g[top + n]);
    }
    free(e);
    free(row);
    free(g);
    return code;
}

/* Newton's step towards the maximum of sum_k cross exp(2 pi i k d) from d = 0;
 * 0 where the surface is not a hill. */
static void newton(const struct ae_register *r, double step[2])
{
    double gx = 0, gy = 0, hxx = 0, hxy = 0, hyy = 0;
    for (size_t y = 0; y < r->my; y++) {
        const double ky =
            2 * M_PI * (double)ae_fft_frequency(y, r->my) / (double)r->my;
        for (size_t x = 0; x < r->half; x++) {
            const double kx = 2 * M_PI * (double)x / (double)r->mx;
            const double _Complex c = r->cross[y * r->half + x];
            gx -= cimag(c) * kx;
            gy -= cimag(c) * ky;
            hxx += creal(c) * kx * kx;
            hxy += creal(c) * kx * ky;
            hyy += creal(c) * ky * ky;
        }
    }
    const double det = hxx * hyy - hxy * hxy;
    step[0] = step[1] = 0;
    if (hxx <= 0 || det <= FLAT * hxx * hyy)
        return;
    step[0] = (hyy * gx - hxy * gy) / det;
    step[1] = (hxx * gy - hxy * gx) / det;
    const double far = fmax(fabs(step[0]), fabs(step[1]));
    if (far > LONGEST) {
        step[0] *= LONGEST / far;
        step[1] *= LONGEST / far;
    }
}

/* All frames in turn against the sum of the others until none moves. */
static int together(struct ae_register *r, struct ae_register_shift *shift,
    struct ae_error *err)
{
    int code = AE_OK;
    for (int sweep = 0; sweep < MAX_SWEEPS && !code; sweep++) {
        double largest = 0;
        for (size_t f = 0; f < r->nf && !code; f++) {
            double step[2];
            cross_others(r, f);
            newton(r, step);
            largest = fmax(largest, fmax(fabs(step[0]), fabs(step[1])));
            shift[f].x += step[0];
            shift[f].y += step[1];
            code = turn(r, f, step, err);
        }
        if (largest < CONVERGED)
            break;
    }
    return code;
}

/* One frame against the others: over all shifts (against frames before it) in
 * the first pass, else near where it is. */
static int alone(struct ae_register *r, size_t f, int first,
    struct ae_register_shift *shift, struct ae_error *err)
{
    double d[2] = {0, 0};
    cross_others(r, f);
    if (first) {
        long low[2], high[2];
        const double now[2] = {shift->x, shift->y};
        for (int i = 0; i < 2; i++) {
            low[i] = (long)ceil(-r->rule.max_shift[i] - now[i]);
            high[i] = (long)floor(r->rule.max_shift[i] - now[i]);
        }
        whole_peak(r, low, high, d);
        cross_others(r, f);
    }
    int code = fine_peak(r, d, err);
    if (!code)
        code = turn(r, f, d, err);
    shift->x += d[0];
    shift->y += d[1];
    return code;
}

int ae_register_pass(struct ae_register *r, const float *frames, int first,
    struct ae_register_shift *shift, struct ae_error *err)
{
    const size_t m = r->half * r->my;
    int code = transform(r, frames, shift, err);
    if (code)
        return code;
    memset(r->total, 0, m * sizeof *r->total);
    for (size_t f = 0; f < r->nf; f++)
        for (size_t i = 0; i < m; i++)
            r->total[i] += r->wave[f * m + i];
    code = first ? ae_register_first_weight(r, err)
                 : ae_register_next_weight(r, err);
    if (first) /* frame f meets frames 0 ... f - 1 */
        memcpy(r->total, r->wave, m * sizeof *r->total);
    for (size_t f = 1; f < r->nf && !code; f++) {
        if (first)
            for (size_t i = 0; i < m; i++)
                r->total[i] += r->wave[f * m + i];
        code = alone(r, f, first, shift + f, err);
    }
    if (!code)
        code = together(r, shift, err);
    for (size_t f = r->nf; f-- > 0;) {
        shift[f].x -= shift[0].x;
        shift[f].y -= shift[0].y;
    }
    return code;
}

/* How far the agreement of frame f with the others stands out, in standard
 * deviations of what frames with nothing in common would give:
 *   z = sum c cos(phase of F conj R)/sqrt(sum c^2/2/independent),
 *   c = S/(S + N) */
double ae_register_stands_out(struct ae_register *r, size_t f)
{
    double sum = 0, square = 0;
    cross_others(r, f);
    for (size_t i = 0; i < r->half * r->my; i++) {
        const double size = cabs(r->cross[i]), c = r->coherence[i];
        if (!(size > 0))
            continue;
        sum += c * creal(r->cross[i]) / size;
        square += c * c / 2;
    }
    return square > 0 ? sum / sqrt(square / ae_register_independent(r)) : 0;
}
