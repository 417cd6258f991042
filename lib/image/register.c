/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/register.h"

#include <complex.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "image/mask.h"
#include "image/spectra.h"
#include "image/translate.h"
#include "math/fft.h"

#define TAPER  0.2 /* of the frame's side, at each end (methods) */
#define REACH  1.5 /* pixels around the whole shift that step 2 looks */
#define SECOND 2   /* pixels between the first and the second maximum */
/* share of samples at a frame's highest value; noise puts one or two there */
#define SATURATED  0.01
#define NEIGHBOURS 0.04 /* of the frequencies of an axis are averaged over */
#define RING       0.03 /* cycles per pixel, width of the rings */
#define COHERENT   0.97 /* no two frames are taken to agree better than this */
#define NOISELESS  1e-3 /* of the mean power: no noise is taken for less */
/* standard deviations: by chance one frame in some 2000 stands out as much in
 * the best of 10^4 shifts */
#define LEAST      5.3
#define CONVERGED  2e-4 /* pixels, largest Newton step */
#define MAX_SWEEPS 50
#define LONGEST    0.5   /* pixels, of one Newton step */
#define FLAT       1e-12 /* of the largest variance over an overlap */

struct ae_register {
    struct ae_register_rule rule;
    size_t nf, nx, ny;
    /* step 1: zero-padded to the sum of the sizes */
    size_t px, py;
    double *pad;            /* [py][px] */
    double _Complex *first; /* [py][px/2 + 1] of frame 0 */
    double _Complex *other;
    double *sums[4]; /* [ny + 1][nx + 1] of A, A^2, B, B^2 */
    float *smooth[2];
    struct ae_fft *pad_forward, *pad_back;
    /* step 2: tapered frames */
    size_t mx, my, half;
    float *moved;           /* [ny][nx] */
    double *plane;          /* [my][mx] */
    double _Complex *wave;  /* [nf][my][half], then: */
    double _Complex *total; /* their sum */
    double _Complex *cross; /* [my][half] */
    double *weight;         /* [my][half], twice where -k is not in it */
    double *coherence;      /* [my][half] S/(S + N), 0 where no weight */
    double *part[3];        /* [my][half], for the weights */
    double *window[2];      /* [nx], [ny] */
    struct ae_fft *forward, *back;
    struct ae_translate *translate;
};

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

static double parabola(double before, double at, double after)
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
        shift->x += parabola(at[-1], at[0], at[1]);
        shift->y += parabola(at[-(long)width], at[0], at[width]);
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

/* ---- step 2 ------------------------------------------------------------- */

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

/* Share of independent frequencies among those of the padded, tapered frame. */
static double independent(const struct ae_register *r)
{
    double share = 1;
    for (int axis = 0; axis < 2; axis++) {
        const size_t n = axis ? r->ny : r->nx, m = axis ? r->my : r->mx;
        double square = 0, fourth = 0;
        for (size_t i = 0; i < n; i++) {
            const double w = r->window[axis][i];
            square += w * w;
            fourth += w * w * w * w;
        }
        share *= square * square / (fourth * (double)m);
    }
    return share;
}

/* Half the number of neighbours averaged over along an axis of m. */
static size_t neighbours(size_t m)
{
    const size_t h = (size_t)lround((NEIGHBOURS * (double)m - 1) / 2);
    return h < 1 ? 1 : h >= m / 2 ? m / 2 - 1 : h;
}

/* out = in averaged over times as many neighbours on each side. */
static int average(struct ae_register *r, double *out, const double *in,
    size_t times, struct ae_error *err)
{
    const size_t m = r->half * r->my;
    const size_t hx = times * neighbours(r->mx), hy = times * neighbours(r->my);
    for (size_t i = 0; i < m; i++)
        r->cross[i] = in[i];
    int code = ae_spectra_box(r->cross, r->mx, r->my,
        hx < r->mx / 2 ? hx : r->mx / 2 - 1,
        hy < r->my / 2 ? hy : r->my / 2 - 1, err);
    for (size_t i = 0; i < m && !code; i++)
        out[i] = creal(r->cross[i]);
    return code;
}

/* Frequencies that count are those below the highest, and not 0; those whose
 * opposite is not in the half spectrum count twice. */
static double multiplicity(const struct ae_register *r, size_t x, size_t y)
{
    if (2 * x == r->mx || 2 * y == r->my || (!x && !y))
        return 0;
    return x ? 2 : 1;
}

/* weight from signal and noise. */
static void set_weight(
    struct ae_register *r, const double *signal, const double *noise)
{
    const double n = (double)r->nf;
    double power = 0;
    for (size_t i = 0; i < r->half * r->my; i++)
        power += signal[i] + noise[i];
    const double least = NOISELESS * power / (double)(r->half * r->my);
    for (size_t y = 0; y < r->my; y++)
        for (size_t x = 0; x < r->half; x++) {
            const size_t i = y * r->half + x;
            const double s = signal[i], v = fmax(noise[i], least);
            r->weight[i] =
                s > 0 ? multiplicity(r, x, y) * s / (v * (v + n * s)) : 0;
            r->coherence[i] = r->weight[i] > 0 ? s / (s + v) : 0;
        }
}

/* From frames that may be pixels apart: the magnitude of the cross-spectrum of
 * neighbours in time, averaged over frequencies, less what noise gives it. */
static int first_weight(struct ae_register *r, struct ae_error *err)
{
    const size_t m = r->half * r->my;
    double *power = r->part[0], *cross = r->part[1], *noise = r->part[2];
    size_t pairs = 0;
    const size_t hx = neighbours(r->mx), hy = neighbours(r->my);
    const double count = (double)((2 * hx + 1) * (2 * hy + 1)) * independent(r);
    for (size_t i = 0; i < m; i++) {
        power[i] = cross[i] = 0;
        for (size_t f = 0; f < r->nf; f++)
            power[i] += creal(r->wave[f * m + i] * conj(r->wave[f * m + i])) /
                        (double)r->nf;
    }
    int code = average(r, power, power, 1, err);
    for (size_t a = 0; a < r->nf; a++)
        for (size_t b = a + 1; b < r->nf && b <= a + 2 && !code; b++, pairs++) {
            for (size_t i = 0; i < m; i++)
                r->cross[i] = conj(r->wave[a * m + i]) * r->wave[b * m + i];
            code = ae_spectra_box(r->cross, r->mx, r->my, hx, hy, err);
            for (size_t i = 0; i < m; i++)
                cross[i] += cabs(r->cross[i]);
        }
    for (size_t i = 0; i < m; i++) {
        const double c = cross[i] / (double)pairs / power[i];
        const double square = (c * c - 1 / count) / (1 - 1 / count);
        const double coherence =
            power[i] > 0 && square > 0 ? fmin(sqrt(square), COHERENT) : 0;
        cross[i] = coherence * power[i];
        noise[i] = (1 - coherence) * power[i];
    }
    if (!code)
        set_weight(r, cross, noise);
    return code;
}

/* From frames that are aligned: noise from their differences; signal from
 * their sum, and where that is uncertain more from the ring's mean, with the
 * weights R^2 and Var(local mean) of a signal that scatters by its own size. */
static int next_weight(struct ae_register *r, struct ae_error *err)
{
    const size_t m = r->half * r->my;
    const double n = (double)r->nf;
    const double count =
        (double)((2 * neighbours(r->mx) + 1) * (2 * neighbours(r->my) + 1)) *
        independent(r);
    double *signal = r->part[0], *noise = r->part[1], *ring = r->part[2];
    for (size_t i = 0; i < m; i++) {
        double power = 0;
        for (size_t f = 0; f < r->nf; f++)
            power += creal(r->wave[f * m + i] * conj(r->wave[f * m + i]));
        const double sum = creal(r->total[i] * conj(r->total[i]));
        signal[i] = (sum - power) / (n * (n - 1));
        noise[i] = (power - sum / n) / (n - 1);
    }
    int code = ae_spectra_ring(ring, signal, r->mx, r->my, RING, err);
    if (!code)
        code = average(r, signal, signal, 1, err);
    if (!code)
        code = average(r, noise, noise, 2, err);
    for (size_t i = 0; i < m; i++) {
        const double mean = fmax(ring[i], 0), v = noise[i];
        const double square = mean * mean,
                     variance =
                         (2 * v * v / (n * (n - 1)) + 4 * mean * v / n) / count;
        const double local = square > 0 ? square / (square + variance) : 0;
        signal[i] = local * signal[i] + (1 - local) * mean;
    }
    if (!code)
        set_weight(r, signal, noise);
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
            at[0] += step * parabola(g[top - 1], g[top], g[top + 1]);
        if (j > 0 && j < n - 1)
            at[1] += step * parabola(g[top - n], g[top], g[top + n]);
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

static int pass(struct ae_register *r, const float *frames, int first,
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
    code = first ? first_weight(r, err) : next_weight(r, err);
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
static double stands_out(struct ae_register *r, size_t f)
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
    return square > 0 ? sum / sqrt(square / independent(r)) : 0;
}

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
        code = pass(r, frames, p == 0, shift, err);
    for (size_t f = 0; f < r->nf && !code; f++) {
        if (stands_out(r, f) < LEAST)
            code = ae_fail(err, AE_EDATA,
                "frame %zu has nothing in common with the others; drop the "
                "tilt or the frame",
                f);
    }
    return code;
}
