/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/bm3d_refilter.h"

#include <complex.h>
#include <math.h>
#include <stdlib.h>
#include "base/mem.h"
#include "image/bm3d.h"
#include "math/fft.h"

#define STANDS_OUT 3.0  /* standard deviations of the noise in a frequency */
#define BLUR       2.0  /* samples */
#define HALF       4    /* of the blur's 9 x 9 samples */
#define LEAST      0.01 /* of the blurred set: surroundings */

struct spectra {
    size_t nx, ny;
    double complex *f; /* [ny][nx] */
    double *noise;     /* [ny][nx] E |F n|^2 */
    float *mask, *row; /* [ny][nx] */
    struct ae_fft *forward, *back;
};

static void spectra_clear(struct spectra *s)
{
    ae_fft_free(s->forward);
    ae_fft_free(s->back);
    ae_fft_buffer_free(s->f);
    free(s->noise);
    free(s->mask);
    free(s->row);
}

static int spectra_new(struct spectra *s, struct ae_error *err)
{
    const size_t n = s->nx * s->ny, shape[2] = {s->ny, s->nx};
    s->f = ae_fft_alloc(n, sizeof *s->f);
    s->noise = ae_alloc(n, sizeof *s->noise);
    s->mask = ae_alloc(n, sizeof *s->mask);
    s->row = ae_alloc(n, sizeof *s->row);
    int code = s->f && s->noise && s->mask && s->row
                   ? AE_OK
                   : ae_fail(err, AE_EMEM, "out of memory");
    if (!code)
        code = ae_fft_new(&s->forward, AE_FFT_DOUBLE, AE_FFT_FORWARD, 2, shape,
            s->f, s->f, err);
    if (!code)
        code = ae_fft_new(&s->back, AE_FFT_DOUBLE, AE_FFT_BACKWARD, 2, shape,
            s->f, s->f, err);
    return code;
}

/* psd at the image's frequencies, with the mean n sigma^2. */
static void noise_power(
    struct spectra *s, const float *psd, size_t px, size_t py, double sigma)
{
    const size_t n = s->nx * s->ny;
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        s->noise[i] = psd ? ae_bm3d_resample(
                                psd, px, py, s->nx, s->ny, i % s->nx, i / s->nx)
                          : 1;
        sum += s->noise[i];
    }
    for (size_t i = 0; i < n; i++)
        s->noise[i] *= sigma * sigma * (double)n * (double)n / sum;
}

/* One axis of the blur, periodic. */
static void blur(float *to, const float *from, size_t nx, size_t ny, int axis)
{
    double w[HALF + 1], sum = 0;
    for (int d = -HALF; d <= HALF; d++)
        sum += exp(-d * d / (2 * BLUR * BLUR));
    for (int d = 0; d <= HALF; d++)
        w[d] = exp(-d * d / (2 * BLUR * BLUR)) / sum;
    const size_t length = axis ? ny : nx, stride = axis ? nx : 1;
    for (size_t i = 0; i < nx * ny; i++) {
        const size_t at = axis ? i / nx : i % nx, line = i - at * stride;
        double v = 0;
        for (int d = -HALF; d <= HALF; d++) {
            const size_t k =
                (at + HALF * length - HALF + (size_t)(d + HALF)) % length;
            v += w[abs(d)] * (double)from[line + k * stride];
        }
        to[i] = (float)v;
    }
}

/* Those frequencies of f that stand out and their surroundings; returns how
 * many stand out. */
static size_t stand_out(struct spectra *s)
{
    const size_t n = s->nx * s->ny;
    const double limit = STANDS_OUT * STANDS_OUT;
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        const double power = creal(s->f[i] * conj(s->f[i]));
        s->mask[i] = power > limit * s->noise[i];
        count += s->mask[i] > 0;
    }
    blur(s->row, s->mask, s->nx, s->ny, 0);
    blur(s->mask, s->row, s->nx, s->ny, 1);
    for (size_t i = 0; i < n; i++)
        s->mask[i] = s->mask[i] >= (float)LEAST;
    return count;
}

/* rho of the noise with the spectrum in f, n^2 times too large. */
static void take_rho(const struct spectra *s, size_t reach, float *rho)
{
    const long r = (long)reach, nx = (long)s->nx, ny = (long)s->ny;
    const double n = (double)nx * (double)ny;
    for (long y = -r; y <= r; y++)
        for (long x = -r; x <= r; x++) {
            const long i = (x % nx + nx) % nx, j = (y % ny + ny) % ny;
            rho[(y + r) * (2 * r + 1) + x + r] =
                (float)(creal(s->f[j * nx + i]) / (n * n));
        }
}

int ae_bm3d_refilter(float *noisy, const float *filtered, size_t nx, size_t ny,
    const float *psd, size_t px, size_t py, double sigma, size_t reach,
    float *rho, struct ae_error *err)
{
    struct spectra s = {.nx = nx, .ny = ny};
    const size_t n = nx * ny;
    int code = spectra_new(&s, err);
    if (code)
        goto out;
    noise_power(&s, psd, px, py, sigma);
    for (size_t i = 0; i < n; i++)
        s.f[i] = (double)noisy[i] - (double)filtered[i];
    ae_fft_run(s.forward, s.f, s.f);
    if (!stand_out(&s)) {
        code = AE_END;
        goto out;
    }
    for (size_t i = 0; i < n; i++)
        s.f[i] *= (double)s.mask[i] / (double)n;
    ae_fft_run(s.back, s.f, s.f);
    for (size_t i = 0; i < n; i++)
        noisy[i] = (float)((double)filtered[i] + creal(s.f[i]));
    for (size_t i = 0; i < n; i++)
        s.f[i] = s.noise[i] * (double)s.mask[i];
    ae_fft_run(s.back, s.f, s.f);
    take_rho(&s, reach, rho);
out:
    spectra_clear(&s);
    return code;
}
