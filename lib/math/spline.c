/* SPDX-License-Identifier: BSD-2-Clause
 * spline - prefilter: two first-order recursions with the pole z of B;
 * evaluation: 4 taps per axis.
 */
#include "math/spline.h"

#include <math.h>

#define POLE (-0.26794919243112270647) /* sqrt(3) - 2 */

/* Terms of the mirrored start sum: POLE^HORIZON < 1e-17. */
enum { HORIZON = 30, BUNDLE = 64 };

size_t ae_spline_mirror(long i, size_t n)
{
    if (n < 2) {
        return 0;
    }
    long period = 2 * ((long)n - 1);
    i %= period;
    if (i < 0) {
        i += period;
    }
    return (size_t)(i < (long)n ? i : period - i);
}

/* Start of the causal recursion: sum_k POLE^k s_k over the mirrored line,
 * exact for short lines as the period's geometric series. */
static size_t start_terms(size_t n, double *scale)
{
    size_t period = 2 * (n - 1);
    if (period > HORIZON) {
        *scale = 1;
        return HORIZON;
    }
    *scale = 1 / (1 - pow(POLE, (double)period));
    return period;
}

/* For samples of type REAL: m <= BUNDLE lines that lie side by side (sample i
 * of line j at s[i * stride + j]), the recursions run over all of them at once;
 * and all lines along the middle axis of an array [outer][n][inner]. */
#define DEFINE_FILTER(REAL, BUNDLE_NAME, AXIS_NAME)                            \
    static void BUNDLE_NAME(REAL *s, size_t m, size_t n, size_t stride)        \
    {                                                                          \
        double last[BUNDLE] = {0}, scale;                                      \
        size_t terms = start_terms(n, &scale);                                 \
        double power = 6 * scale; /* 6: the gain that makes f(i) = s_i */      \
        for (size_t k = 0; k < terms; k++, power *= POLE) {                    \
            const REAL *row = s + ae_spline_mirror((long)k, n) * stride;       \
            for (size_t j = 0; j < m; j++) {                                   \
                last[j] += power * row[j];                                     \
            }                                                                  \
        }                                                                      \
        for (size_t i = 0; i < n; i++) {                                       \
            REAL *row = s + i * stride;                                        \
            for (size_t j = 0; j < m; j++) {                                   \
                last[j] = i ? 6.0 * row[j] + POLE * last[j] : last[j];         \
                row[j] = (REAL)last[j];                                        \
            }                                                                  \
        }                                                                      \
        const REAL *before = s + (n - 2) * stride;                             \
        for (size_t j = 0; j < m; j++) {                                       \
            last[j] = POLE / (POLE * POLE - 1) *                               \
                      (last[j] + POLE * (double)before[j]);                    \
            s[(n - 1) * stride + j] = (REAL)last[j];                           \
        }                                                                      \
        for (size_t i = n - 1; i-- > 0;) {                                     \
            REAL *row = s + i * stride;                                        \
            for (size_t j = 0; j < m; j++) {                                   \
                last[j] = POLE * (last[j] - row[j]);                           \
                row[j] = (REAL)last[j];                                        \
            }                                                                  \
        }                                                                      \
    }                                                                          \
    static void AXIS_NAME(REAL *s, size_t outer, size_t n, size_t inner)       \
    {                                                                          \
        if (n < 2) {                                                           \
            return;                                                            \
        }                                                                      \
        size_t bundles = (inner + BUNDLE - 1) / BUNDLE;                        \
        _Pragma(                                                               \
            "omp parallel for schedule(static)") for (size_t job = 0;          \
                                                      job < outer * bundles;   \
                                                      job++)                   \
        {                                                                      \
            size_t at = job % bundles * BUNDLE;                                \
            size_t m = inner - at < BUNDLE ? inner - at : BUNDLE;              \
            BUNDLE_NAME(s + job / bundles * n * inner + at, m, n, inner);      \
        }                                                                      \
    }

DEFINE_FILTER(float, bundle_float, axis_float)
DEFINE_FILTER(double, bundle_double, axis_double)

void ae_spline_line(float *s, size_t n, size_t stride)
{
    if (n > 1) {
        bundle_float(s, 1, n, stride);
    }
}

void ae_spline_line_double(double *s, size_t n, size_t stride)
{
    if (n > 1) {
        bundle_double(s, 1, n, stride);
    }
}

void ae_spline_image(float *image, size_t nx, size_t ny)
{
    ae_spline_volume(image, nx, ny, 1);
}

void ae_spline_volume(float *volume, size_t nx, size_t ny, size_t nz)
{
    axis_float(volume, nz * ny, nx, 1);
    axis_float(volume, nz, ny, nx);
    axis_float(volume, 1, nz, nx * ny);
}

void ae_spline_volume_double(double *volume, size_t nx, size_t ny, size_t nz)
{
    axis_double(volume, nz * ny, nx, 1);
    axis_double(volume, nz, ny, nx);
    axis_double(volume, 1, nz, nx * ny);
}

void ae_spline_weights(double t, double w[4])
{
    double u = 1 - t;
    w[0] = u * u * u / 6;
    w[1] = 2.0 / 3 - t * t * (1 - t / 2);
    w[2] = 2.0 / 3 - u * u * (1 - u / 2);
    w[3] = t * t * t / 6;
}

void ae_spline_keys(double t, double w[4])
{
    double u = 1 - t;
    w[0] = -t * u * u / 2;
    w[1] = 1 - t * t * (2.5 - 1.5 * t);
    w[2] = 1 - u * u * (2.5 - 1.5 * u);
    w[3] = -u * t * t / 2;
}

/* The 4 coefficients about x and t; 0 when x is outside. */
static int taps(double x, size_t n, size_t index[4], double *t)
{
    if (!(x >= 0 && x <= (double)n - 1)) {
        return 0;
    }
    double low = floor(x);
    *t = x - low;
    for (long k = 0; k < 4; k++) {
        index[k] = ae_spline_mirror((long)low - 1 + k, n);
    }
    return 1;
}

double ae_spline_at2(const float *c, size_t nx, size_t ny, double x, double y)
{
    return ae_spline_at3(c, nx, ny, 1, x, y, 0);
}

double ae_spline_at3(const float *c, size_t nx, size_t ny, size_t nz, double x,
    double y, double z)
{
    size_t i[4], j[4], k[4];
    double t[3], wx[4], wy[4], wz[4], sum = 0;
    if (!taps(x, nx, i, &t[0]) || !taps(y, ny, j, &t[1]) ||
        !taps(z, nz, k, &t[2])) {
        return 0;
    }
    ae_spline_weights(t[0], wx);
    ae_spline_weights(t[1], wy);
    ae_spline_weights(t[2], wz);
    int planes = nz > 1 ? 4 : 1; /* one plane: the z weights add up to 1 */
    for (int r = 0; r < planes; r++) {
        double plane = 0;
        for (int q = 0; q < 4; q++) {
            const float *row = c + (k[r] * ny + j[q]) * nx;
            plane += wy[q] * (wx[0] * row[i[0]] + wx[1] * row[i[1]] +
                                 wx[2] * row[i[2]] + wx[3] * row[i[3]]);
        }
        sum += planes > 1 ? wz[r] * plane : plane;
    }
    return sum;
}
