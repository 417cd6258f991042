/* SPDX-License-Identifier: BSD-2-Clause
 * fft - against sums written out, and FFTW's own list of properties: an
 * impulse, a shift, the input left untouched, round trips.
 */
#include "check.h"
#include <complex.h>
#include <stdlib.h>
#include <string.h>
#include "base/threads.h"
#include "math/fft.h"

#define TAU 6.283185307179586477

static double noise(unsigned *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state / 4294967296.0 - 0.5;
}

static void sizes(void)
{
    CHECK(ae_fft_good(1) == 1);
    CHECK(ae_fft_good(11) == 12);
    CHECK(ae_fft_good(13) == 14);
    CHECK(ae_fft_good(121) == 125);
    CHECK(ae_fft_good(343) == 343);
    CHECK(ae_fft_good(887) == 896);
    CHECK(ae_fft_good_even(15) == 16);
    CHECK(ae_fft_good_even(243) == 250);
    CHECK(ae_fft_frequency(3, 7) == 3 && ae_fft_frequency(4, 7) == -3);
    CHECK(ae_fft_frequency(3, 8) == 3 && ae_fft_frequency(4, 8) == -4);
    CHECK(ae_fft_index(-3, 7) == 4 && ae_fft_index(2, 7) == 2);
}

/* a 2-D complex transform of 5 x 7 against the sum */
static void sum_2d(void)
{
    const size_t n[2] = {5, 7};
    double complex *a = ae_fft_alloc(35, sizeof *a);
    double complex *b = ae_fft_alloc(35, sizeof *b);
    struct ae_fft *plan;
    unsigned state = 3;
    for (int i = 0; i < 35; i++)
        a[i] = noise(&state) + noise(&state) * I;
    CHECK(!ae_fft_new(&plan, AE_FFT_DOUBLE, AE_FFT_FORWARD, 2, n, a, b, NULL));
    ae_fft_run(plan, a, b);
    for (int k = 0; k < 5; k++)
        for (int l = 0; l < 7; l++) {
            double complex want = 0;
            for (int i = 0; i < 5; i++)
                for (int j = 0; j < 7; j++)
                    want += a[7 * i + j] *
                            cexp(-TAU * I * (k * i / 5.0 + l * j / 7.0));
            NEAR(cabs(b[7 * k + l] - want), 0, 1e-13);
        }
    ae_fft_free(plan);
    ae_fft_buffer_free(a);
    ae_fft_buffer_free(b);
}

/* real transforms 3 x 4 x 10: a cosine is two peaks; forward and back give
 * n times the input; float and double agree */
static void real_3d(void)
{
    const size_t n[3] = {3, 4, 10}, all = 120, half = 72;
    float *x = ae_fft_alloc(all, sizeof *x), *y = ae_fft_alloc(all, sizeof *y);
    float complex *f = ae_fft_alloc(half, sizeof *f);
    struct ae_fft *there, *back;
    for (size_t i = 0; i < all; i++)
        x[i] = (float)(2.5 * cos(TAU * (3.0 * (double)(i % 10)) / 10));
    CHECK(!ae_fft_new(&there, AE_FFT_FLOAT, AE_FFT_R2C, 3, n, x, f, NULL));
    CHECK(!ae_fft_new(&back, AE_FFT_FLOAT, AE_FFT_C2R, 3, n, f, y, NULL));
    ae_fft_run(there, x, f);
    for (size_t i = 0; i < half; i++)
        NEAR(cabsf(f[i] - (i == 3 ? 150 : 0)), 0, 1e-4);
    ae_fft_run(back, f, y);
    for (size_t i = 0; i < all; i++)
        NEAR(y[i] / 120, x[i], 1e-6);
    ae_fft_free(there);
    ae_fft_free(back);
    ae_fft_buffer_free(x);
    ae_fft_buffer_free(y);
    ae_fft_buffer_free(f);
}

/* in place, rows padded to 2*(9/2 + 1) = 10 reals */
static void in_place(void)
{
    const size_t n[2] = {4, 9};
    double *a = ae_fft_alloc(40, sizeof *a);
    double keep[36];
    struct ae_fft *there, *back;
    unsigned state = 8;
    CHECK(!ae_fft_new(&there, AE_FFT_DOUBLE, AE_FFT_R2C, 2, n, a, a, NULL));
    CHECK(!ae_fft_new(&back, AE_FFT_DOUBLE, AE_FFT_C2R, 2, n, a, a, NULL));
    double sum = 0;
    for (int i = 0; i < 36; i++)
        sum += a[10 * (i / 9) + i % 9] = keep[i] = noise(&state);
    ae_fft_run(there, a, a);
    NEAR(a[0], sum, 1e-13);
    ae_fft_run(back, a, a);
    for (int i = 0; i < 36; i++)
        NEAR(a[10 * (i / 9) + i % 9] / 36, keep[i], 1e-15);
    ae_fft_free(there);
    ae_fft_free(back);
    ae_fft_buffer_free(a);
}

/* rows of 11 floats: every second one is misaligned; input untouched; the
 * same bytes for 1 and 3 threads; strided columns equal the rows of the
 * transposed array */
static void many(void)
{
    enum { N = 11, H = 6, M = 9 };
    float *x = ae_fft_alloc(M * N, sizeof *x);
    float *t = ae_fft_alloc(M * N, sizeof *t);
    float complex *f = ae_fft_alloc(M * H, sizeof *f);
    float complex *g = ae_fft_alloc(M * H, sizeof *g);
    float keep[M * N];
    struct ae_fft *rows, *columns;
    unsigned state = 5;
    for (int i = 0; i < M * N; i++)
        keep[i] = x[i] = (float)noise(&state);
    for (int i = 0; i < M; i++)
        for (int j = 0; j < N; j++)
            t[M * j + i] = x[N * i + j];
    const size_t n = N;
    CHECK(!ae_fft_new(&rows, AE_FFT_FLOAT, AE_FFT_R2C, 1, &n, x, f, NULL));
    ae_set_threads(1);
    ae_fft_run_many(rows, x, N * sizeof *x, f, H * sizeof *f, M);
    ae_set_threads(3);
    ae_fft_run_many(rows, x, N * sizeof *x, g, H * sizeof *g, M);
    CHECK(!memcmp(f, g, M * H * sizeof *f));
    CHECK(!memcmp(x, keep, sizeof keep));
    CHECK(!ae_fft_new_strided(
        &columns, AE_FFT_FLOAT, AE_FFT_R2C, N, M, M, 1, M, 1, t, g, NULL));
    ae_fft_run(columns, t, g);
    for (int i = 0; i < M; i++)
        for (int j = 0; j < H; j++)
            NEAR(cabsf(g[M * j + i] - f[H * i + j]), 0, 1e-6);
    ae_fft_free(rows);
    ae_fft_free(columns);
    ae_fft_buffer_free(x);
    ae_fft_buffer_free(t);
    ae_fft_buffer_free(f);
    ae_fft_buffer_free(g);
}

static void centred(void)
{
    const size_t n[3] = {4, 1, 5};
    int a[20], b[20], c[20];
    for (int i = 0; i < 20; i++)
        a[i] = i;
    ae_fft_centre_to_zero(a, b, sizeof *a, 3, n);
    CHECK(b[0] == 2 * 5 + 2);
    CHECK(b[5 * 3 + 4] == 1 * 5 + 1);
    ae_fft_zero_to_centre(b, c, sizeof *a, 3, n);
    CHECK(!memcmp(a, c, sizeof a));
}

int main(void)
{
    sizes();
    sum_2d();
    real_3d();
    in_place();
    many();
    centred();
    return checked();
}
