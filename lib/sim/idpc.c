/* SPDX-License-Identifier: BSD-2-Clause */
#include "sim/idpc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "math/fft.h"

/* One line of n samples, stride apart, times the kernel [-reach, reach]. */
static void blur_line(double *line, size_t n, size_t stride,
    const double *kernel, long reach, double *copy)
{
    for (size_t i = 0; i < n; i++)
        copy[i] = line[i * stride];
    for (long i = 0; i < (long)n; i++) {
        double sum = 0, weight = 0;
        for (long m = -reach; m <= reach; m++)
            if (i + m >= 0 && i + m < (long)n) {
                sum += kernel[m + reach] * copy[i + m];
                weight += kernel[m + reach];
            }
        line[(size_t)i * stride] = sum / weight;
    }
}

int ae_source_blur(double *image, size_t nx, size_t ny, double step,
    double fwhm, struct ae_error *err)
{
    const double sigma = fwhm / (2 * sqrt(2 * log(2))) / step;
    const long reach = (long)ceil(4 * sigma);
    if (!(fwhm > 0))
        return AE_OK;
    double *kernel = ae_alloc((size_t)(2 * reach + 1), sizeof *kernel);
    double *copy = ae_alloc(nx > ny ? nx : ny, sizeof *copy);
    if (!kernel || !copy) {
        free(kernel);
        free(copy);
        return ae_fail(err, AE_EMEM, "out of memory");
    }
    for (long m = -reach; m <= reach; m++)
        kernel[m + reach] = exp(-(double)m * (double)m / (2 * sigma * sigma));
    for (size_t j = 0; j < ny; j++)
        blur_line(image + j * nx, nx, 1, kernel, reach, copy);
    for (size_t i = 0; i < nx; i++)
        blur_line(image + i, ny, nx, kernel, reach, copy);
    free(kernel);
    free(copy);
    return AE_OK;
}

void ae_dpc(const double *signal, size_t n, size_t stride, double *x, double *y)
{
    for (size_t i = 0; i < n; i++) {
        const double *q = signal + i * stride;
        const double sum = q[0] + q[1] + q[2] + q[3];
        x[i] = sum > 0 ? (q[0] - q[2]) / sum : 0;
        y[i] = sum > 0 ? (q[1] - q[3]) / sum : 0;
    }
}

/* F[I] in place of F[gx]. */
static void integrate(
    double *fx, const double *fy, size_t nx, size_t ny, double step)
{
    for (size_t j = 0; j < ny; j++)
        for (size_t i = 0; i < nx; i++) {
            double kx = (double)ae_fft_frequency(i, nx) / (double)nx / step;
            double ky = (double)ae_fft_frequency(j, ny) / (double)ny / step;
            const double k2 = 2 * M_PI * (kx * kx + ky * ky);
            if (2 * i == nx) /* no derivative is real there */
                kx = 0;
            if (2 * j == ny)
                ky = 0;
            const size_t at = 2 * (j * nx + i);
            const double re = kx * fx[at] + ky * fy[at];
            const double im = kx * fx[at + 1] + ky * fy[at + 1];
            fx[at] = k2 > 0 ? im / k2 : 0;
            fx[at + 1] = k2 > 0 ? -re / k2 : 0;
        }
}

/* g into an array of mx x my, mirrored beyond nx, ny when that is larger; a
 * derivative changes its sign in the mirror of its own axis. */
static void spread(const double *g, size_t nx, size_t ny, size_t mx, size_t my,
    double flip_x, double flip_y, double *to)
{
    for (size_t j = 0; j < my; j++)
        for (size_t i = 0; i < mx; i++) {
            const size_t x = i < nx ? i : mx - 1 - i;
            const size_t y = j < ny ? j : my - 1 - j;
            const double sign = (i < nx ? 1 : flip_x) * (j < ny ? 1 : flip_y);
            to[2 * (j * mx + i)] = sign * g[y * nx + x];
            to[2 * (j * mx + i) + 1] = 0;
        }
}

int ae_idpc(const double *gx, const double *gy, size_t nx, size_t ny,
    double step, int mirror, double *image, struct ae_error *err)
{
    const size_t n[2] = {mirror ? 2 * ny : ny, mirror ? 2 * nx : nx};
    double *fx = ae_fft_alloc(n[0] * n[1], 2 * sizeof *fx);
    double *fy = ae_fft_alloc(n[0] * n[1], 2 * sizeof *fy);
    struct ae_fft *forward = NULL, *backward = NULL;
    int code = fx && fy ? AE_OK : ae_fail(err, AE_EMEM, "out of memory");
    if (!code)
        code = ae_fft_new(
            &forward, AE_FFT_DOUBLE, AE_FFT_FORWARD, 2, n, fx, fx, err);
    if (!code)
        code = ae_fft_new(
            &backward, AE_FFT_DOUBLE, AE_FFT_BACKWARD, 2, n, fx, fx, err);
    if (!code) {
        spread(gx, nx, ny, n[1], n[0], -1, 1, fx);
        spread(gy, nx, ny, n[1], n[0], 1, -1, fy);
        ae_fft_run(forward, fx, fx);
        ae_fft_run(forward, fy, fy);
        integrate(fx, fy, n[1], n[0], step);
        ae_fft_run(backward, fx, fx);
        const double scale = 1 / ((double)n[0] * (double)n[1]);
        for (size_t j = 0; j < ny; j++)
            for (size_t i = 0; i < nx; i++)
                image[j * nx + i] = scale * fx[2 * (j * n[1] + i)];
    }
    ae_fft_free(forward);
    ae_fft_free(backward);
    ae_fft_buffer_free(fx);
    ae_fft_buffer_free(fy);
    return code;
}

int ae_signal_planes(const struct ae_signal_setup *s, const double *signal,
    float *planes, struct ae_error *err)
{
    const size_t n = s->nx * s->ny, parts = s->dpc ? 4 : 1;
    const size_t made = s->dpc && !s->integrate ? 2 : 1;
    double *part = ae_alloc(parts * n, sizeof *part);
    int code = part ? AE_OK : ae_fail(err, AE_EMEM, "out of memory");
    for (size_t q = 0; q < parts && !code; q++) {
        for (size_t i = 0; i < n; i++)
            part[q * n + i] = signal[i * s->stride + q];
        code =
            ae_source_blur(part + q * n, s->nx, s->ny, s->step, s->source, err);
    }
    for (size_t i = 0; s->dpc && !code && i < n; i++) {
        const double q[4] = {
            part[i], part[n + i], part[2 * n + i], part[3 * n + i]};
        ae_dpc(q, 1, 4, &part[i], &part[n + i]);
    }
    if (s->integrate && !code)
        code = ae_idpc(part, part + n, s->nx, s->ny, s->step, 1, part, err);
    for (size_t i = 0; !code && i < made * n; i++)
        planes[i] = (float)part[i];
    free(part);
    return code;
}
