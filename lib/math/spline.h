/* SPDX-License-Identifier: BSD-2-Clause
 * spline - the interpolating cubic spline (B-spline coefficients), and the
 * Keys cubic.
 *
 *   f(x) = sum_j c_j B(x - j),  f(i) = s_i at the samples
 *   B  cubic B-spline, support 4   s  samples   c  coefficients
 *
 * The coefficients come from the samples by a recursive filter, once
 * (prefilter); a value then costs 4 taps per axis. Ends are mirrored about the
 * first and last sample: s_-1 = s_1, s_n = s_(n-2), and c alike; an end's
 * influence falls by 0.268 per sample. Images and volumes are tensor products,
 * x fastest, held as float (sums in double; relative error some 2e-7).
 *
 * Source: Unser, Aldroubi, Eden, IEEE Trans. Signal Process. 41, 821 (1993),
 * 10.1109/78.193220; Keys, IEEE Trans. ASSP 29, 1153 (1981),
 * 10.1109/TASSP.1981.1163711.
 */
#ifndef AE_MATH_SPLINE_H
#define AE_MATH_SPLINE_H

#include <stddef.h>

/* Samples -> coefficients in place: a line of n samples at distance stride. */
void ae_spline_line(float *s, size_t n, size_t stride);
void ae_spline_line_double(double *s, size_t n, size_t stride);

/* The same along every axis of image [ny][nx] and volume [nz][ny][nx];
 * parallel over lines, the same bits for any number of threads. */
void ae_spline_image(float *image, size_t nx, size_t ny);
void ae_spline_volume(float *volume, size_t nx, size_t ny, size_t nz);
void ae_spline_volume_double(double *volume, size_t nx, size_t ny, size_t nz);

/* Weights of the 4 coefficients i-1, i, i+1, i+2 for the point x = i + t,
 * 0 <= t <= 1: B-spline, and Keys' cubic with a = -1/2, which takes samples
 * in place of coefficients (no prefilter, third-order accurate). */
void ae_spline_weights(double t, double w[4]);
void ae_spline_keys(double t, double w[4]);

/* Index i mirrored about 0 and n - 1 until it lies between them. */
size_t ae_spline_mirror(long i, size_t n);

/* Value at a point (index coordinates, sample i at x = i) from coefficients;
 * 0 outside the box from the first to the last sample. */
double ae_spline_at2(const float *c, size_t nx, size_t ny, double x, double y);
double ae_spline_at3(const float *c, size_t nx, size_t ny, size_t nz, double x,
    double y, double z);

#endif
