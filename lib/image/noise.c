/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/noise.h"

#include <complex.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "math/fft.h"

#define NORMAL_MEDIAN 0.6744897501960817 /* median |x| of a normal x */
#define BINS          64                 /* of the line, of equal population */
#define SCATTER       0.05               /* of a pooled frequency */
#define HANN_SHARE                                                             \
    2.25 /* neighbouring frequencies that count as one, \
                              per two axes: (3/2)^2 for Hann's window */

static const char *const names[] = {"noise_gain", "noise_offset", "noise_read"};

int ae_noise_get(
    const struct ae_keys *keys, struct ae_noise *noise, struct ae_error *err)
{
    double *to[] = {&noise->gain, &noise->offset, &noise->read};
    int found = 0;
    for (int i = 0; i < 3; i++) {
        const char *text = ae_keys_get(keys, names[i]);
        char *end = NULL, quoted[340];
        *to[i] = 0;
        if (!text)
            continue;
        *to[i] = strtod(text, &end);
        found = 1;
        if (end == text || *end || !isfinite(*to[i]) || (i != 1 && *to[i] < 0))
            return ae_fail(err, AE_EDATA, "key %s is '%s'; want a number%s",
                names[i], ae_quote(quoted, text),
                i == 1 ? "" : " of at least 0");
    }
    return found ? AE_OK : AE_END;
}

int ae_noise_set(
    struct ae_keys *keys, const struct ae_noise *noise, struct ae_error *err)
{
    const double value[] = {noise->gain, noise->offset, noise->read};
    for (int i = 0; i < 3; i++) {
        char text[32];
        snprintf(text, sizeof text, "%.9g", value[i]);
        if (ae_keys_set(keys, names[i], text))
            return ae_fail(err, AE_EMEM, "out of memory");
    }
    return AE_OK;
}

static int by_value(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

int ae_noise_white(const float *image, const unsigned char *mask, size_t nx,
    size_t ny, double *sigma, struct ae_error *err)
{
    float *d = ae_alloc((nx / 2) * (ny / 2), sizeof *d);
    size_t n = 0;
    if (!d)
        return ae_fail(err, AE_EMEM, "out of memory");
    for (size_t y = 0; y + 1 < ny; y += 2)
        for (size_t x = 0; x + 1 < nx; x += 2) {
            const size_t i = y * nx + x, j = i + nx;
            if (mask && (mask[i] || mask[i + 1] || mask[j] || mask[j + 1]))
                continue;
            d[n++] =
                fabsf((image[i] - image[i + 1]) - (image[j] - image[j + 1])) /
                2;
        }
    qsort(d, n, sizeof *d, by_value);
    *sigma =
        !n ? 0
           : ((double)d[n / 2] + (double)d[(n - 1) / 2]) / 2 / NORMAL_MEDIAN;
    free(d);
    return AE_OK;
}

struct point {
    float mean, var;
};

/* NaN-free; equal means by variance, so that the order of the input does not
 * matter. */
static int by_mean(const void *a, const void *b)
{
    const struct point *p = a, *q = b;
    const int m = (p->mean > q->mean) - (p->mean < q->mean);
    return m ? m : (p->var > q->var) - (p->var < q->var);
}

struct line {
    double slope, rest, error;
};

/* Weighted least squares of var = slope mean + rest; weights 1/var^2 of the
 * line before, at first of the mean variance. */
static struct line fit(const double *m, const double *v, size_t bins)
{
    struct line f = {0};
    double mean = 0;
    for (size_t i = 0; i < bins; i++)
        mean += v[i] / (double)bins;
    f.rest = mean;
    for (int pass = 0; pass < 5; pass++) {
        double s = 0, sm = 0, sv = 0, smm = 0, smv = 0, chi = 0;
        for (size_t i = 0; i < bins; i++) {
            const double at = fmax(f.slope * m[i] + f.rest, 1e-3 * mean);
            const double w = at > 0 ? 1 / (at * at) : 1;
            s += w;
            sm += w * m[i];
            sv += w * v[i];
        }
        for (size_t i = 0; i < bins; i++) {
            const double at = fmax(f.slope * m[i] + f.rest, 1e-3 * mean);
            const double w = at > 0 ? 1 / (at * at) : 1;
            smm += w * (m[i] - sm / s) * (m[i] - sm / s);
            smv += w * (m[i] - sm / s) * (v[i] - sv / s);
            chi += w * (v[i] - sv / s) * (v[i] - sv / s);
        }
        f.slope = smm > 0 ? smv / smm : 0;
        f.rest = sv / s - f.slope * sm / s;
        f.error =
            smm > 0 && bins > 2
                ? sqrt(fmax(0, chi - f.slope * smv) / (double)(bins - 2) / smm)
                : 0;
    }
    return f;
}

int ae_noise_line(const float *mean, const float *var, size_t n,
    const double *offset, struct ae_noise *noise, double *slope_error,
    struct ae_error *err)
{
    double m[BINS] = {0}, v[BINS] = {0}, all = 0;
    if (n < 2)
        return ae_fail(
            err, AE_EDATA, "%zu repeated samples; want two or more", n);
    const size_t bins = n < BINS ? n : BINS;
    struct point *p = ae_alloc(n, sizeof *p);
    if (!p)
        return ae_fail(err, AE_EMEM, "out of memory");
    for (size_t i = 0; i < n; i++)
        p[i] = (struct point){mean[i], var[i]};
    qsort(p, n, sizeof *p, by_mean);
    for (size_t b = 0; b < bins; b++) {
        const size_t from = b * n / bins, to = (b + 1) * n / bins;
        for (size_t i = from; i < to; i++) {
            m[b] += (double)p[i].mean / (double)(to - from);
            v[b] += (double)p[i].var / (double)(to - from);
            all += (double)p[i].var / (double)n;
        }
    }
    free(p);
    const struct line f = fit(m, v, bins);
    if (slope_error)
        *slope_error = f.error;
    *noise = (struct ae_noise){f.slope, offset ? *offset : 0, 0};
    if (!(f.slope > 0)) {
        noise->gain = 0;
        noise->read = sqrt(all);
    } else if (offset) {
        noise->read = sqrt(fmax(0, f.rest + f.slope * *offset));
    } else if (f.rest < 0) {
        noise->offset = -f.rest / f.slope;
    } else {
        noise->read = sqrt(f.rest);
    }
    return AE_OK;
}

struct ae_noise_spectrum {
    size_t block, count;
    struct ae_fft *plan;
    double complex *f; /* [block * block] */
    double *window;    /* [block] */
    double *sum;       /* [block * block] */
};

int ae_noise_spectrum_new(
    struct ae_noise_spectrum **spectrum, size_t block, struct ae_error *err)
{
    const size_t shape[2] = {block, block}, n = block * block;
    struct ae_noise_spectrum *s = ae_alloc(1, sizeof *s);
    *spectrum = s;
    if (!s)
        return ae_fail(err, AE_EMEM, "out of memory");
    s->block = block;
    s->f = ae_fft_alloc(n, sizeof *s->f);
    s->window = ae_alloc(block, sizeof *s->window);
    s->sum = ae_alloc(n, sizeof *s->sum);
    int code = s->f && s->window && s->sum
                   ? ae_fft_new(&s->plan, AE_FFT_DOUBLE, AE_FFT_FORWARD, 2,
                         shape, s->f, s->f, err)
                   : ae_fail(err, AE_EMEM, "out of memory");
    double power = 0;
    for (size_t i = 0; i < block && !code; i++) {
        s->window[i] = pow(sin(M_PI * ((double)i + 0.5) / (double)block), 2);
        power += s->window[i] * s->window[i];
    }
    /* sum over the block of window^2 is its number of samples */
    for (size_t i = 0; i < block && !code; i++)
        s->window[i] *= sqrt((double)block / power);
    if (code) {
        ae_noise_spectrum_free(s);
        *spectrum = NULL;
    }
    return code;
}

void ae_noise_spectrum_free(struct ae_noise_spectrum *s)
{
    if (!s)
        return;
    ae_fft_free(s->plan);
    ae_fft_buffer_free(s->f);
    free(s->window);
    free(s->sum);
    free(s);
}

static int usable(
    const unsigned char *use, size_t nx, size_t left, size_t top, size_t block)
{
    for (size_t y = top; use && y < top + block; y++)
        for (size_t x = left; x < left + block; x++)
            if (!use[y * nx + x])
                return 0;
    return 1;
}

int ae_noise_spectrum_add(struct ae_noise_spectrum *s, const float *image,
    const unsigned char *use, size_t nx, size_t ny, struct ae_error *err)
{
    const size_t n = s->block, half = n / 2;
    if (nx < n || ny < n)
        return ae_fail(err, AE_EDATA,
            "image of %zu x %zu pixels: too small for blocks of %zu x %zu", nx,
            ny, n, n);
    for (size_t top = 0; top + n <= ny; top += half)
        for (size_t left = 0; left + n <= nx; left += half) {
            if (!usable(use, nx, left, top, n))
                continue;
            for (size_t i = 0; i < n * n; i++)
                s->f[i] = (double)image[(top + i / n) * nx + left + i % n] *
                          s->window[i / n] * s->window[i % n];
            ae_fft_run(s->plan, s->f, s->f);
            for (size_t i = 0; i < n * n; i++)
                s->sum[i] += creal(s->f[i] * conj(s->f[i]));
            s->count++;
        }
    return AE_OK;
}

size_t ae_noise_spectrum_get(const struct ae_noise_spectrum *s, float *psd)
{
    for (size_t i = 0; i < s->block * s->block; i++)
        psd[i] = s->count ? (float)(s->sum[i] / (double)s->count) : 0;
    return s->count;
}

double ae_noise_colour(const float *psd, size_t nx, size_t ny, size_t blocks)
{
    /* frequencies that average to the wanted scatter */
    const double want =
        HANN_SHARE / (SCATTER * SCATTER) / (double)(blocks ? blocks : 1);
    const size_t side = want > 1 ? (size_t)ceil(sqrt(want)) : 1;
    double least = HUGE_VAL, most = 0;
    for (size_t top = 0; top < ny; top += side)
        for (size_t left = 0; left < nx; left += side) {
            double sum = 0;
            size_t count = 0;
            for (size_t y = top; y < top + side && y < ny; y++)
                for (size_t x = left; x < left + side && x < nx; x++) {
                    /* the lowest ones hold what was taken off as background */
                    if (labs(ae_fft_frequency(x, nx)) <= 1 &&
                        labs(ae_fft_frequency(y, ny)) <= 1)
                        continue;
                    sum += (double)psd[y * nx + x];
                    count++;
                }
            if (count * 2 < side * side)
                continue; /* a remainder at the edge */
            least = fmin(least, sum / (double)count);
            most = fmax(most, sum / (double)count);
        }
    return least > 0 && most > 0 ? most / least : most > 0 ? HUGE_VAL : 1;
}
