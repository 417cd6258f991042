/* SPDX-License-Identifier: BSD-2-Clause
 * fft - a thin layer on FFTW: sizes, buffers, plans, centred arrays.
 *
 *   forward   F(k) = sum_n f(n) exp(-2 pi i k n / N)
 *   backward  f(n) = sum_k F(k) exp(+2 pi i k n / N)     (no factor 1/N)
 *
 * Plans are FFTW_ESTIMATE always, so that a result does not depend on a
 * measurement. FFTW's planner is not thread-safe: make and free plans outside
 * parallel regions; ae_fft_run may be called by many threads at once on
 * different arrays. One transform is one thread's work; ae_fft_run_many
 * shares independent transforms among threads, with the same bytes for any
 * number of them.
 *
 * Arrays are C arrays, last axis fastest; sizes n[0] (slowest) first, as in
 * FFTW. A complex number is two neighbouring reals (float _Complex, double
 * _Complex). A real transform of n[rank-1] samples has n[rank-1]/2 + 1
 * complex ones on the last axis.
 */
#ifndef AE_MATH_FFT_H
#define AE_MATH_FFT_H

#include <stddef.h>
#include "base/error.h"

enum ae_fft_type { AE_FFT_FLOAT, AE_FFT_DOUBLE };
enum ae_fft_kind {
    AE_FFT_FORWARD,  /* complex to complex, sign - */
    AE_FFT_BACKWARD, /* complex to complex, sign + */
    AE_FFT_R2C,      /* real to half-complex, sign - */
    AE_FFT_C2R       /* half-complex to real, sign +; DESTROYS its input */
};

struct ae_fft; /* a plan */

/* The smallest 2^a 3^b 5^c 7^d >= n (n >= 1); as above but even. */
size_t ae_fft_good(size_t n);
size_t ae_fft_good_even(size_t n);

/* n elements of the given size from fftw_malloc, zeroed; NULL when short. */
void *ae_fft_alloc(size_t n, size_t size);
void ae_fft_buffer_free(void *p);

/* A transform of rank 1, 2 or 3. in and out are the arrays it will be run on,
 * or arrays of the same alignment and the same in == out; they are not
 * touched. In place (in == out) a real array has 2*(n[rank-1]/2 + 1) reals per
 * row. */
int ae_fft_new(struct ae_fft **plan, enum ae_fft_type type,
    enum ae_fft_kind kind, int rank, const size_t *n, void *in, void *out,
    struct ae_error *err);

/* howmany 1-D transforms of n samples: sample j of transform i is element
 * i*dist + j*stride of its array (elements: reals on the real side, complex
 * numbers on the complex side). */
int ae_fft_new_strided(struct ae_fft **plan, enum ae_fft_type type,
    enum ae_fft_kind kind, size_t n, size_t howmany, size_t in_stride,
    size_t in_dist, size_t out_stride, size_t out_dist, void *in, void *out,
    struct ae_error *err);
void ae_fft_free(struct ae_fft *plan); /* NULL is allowed */

/* Run the plan on these arrays (of any alignment; those that differ from the
 * planned one are slower). */
void ae_fft_run(const struct ae_fft *plan, void *in, void *out);

/* The plan on in + i*in_dist, out + i*out_dist (distances in bytes),
 * i = 0 ... howmany - 1, shared among the threads. */
void ae_fft_run_many(const struct ae_fft *plan, void *in, size_t in_dist,
    void *out, size_t out_dist, size_t howmany);

/* Signed frequency of index i: -floor(n/2) ... n - 1 - floor(n/2). */
static inline long ae_fft_frequency(size_t i, size_t n)
{
    return i < (n + 1) / 2 ? (long)i : (long)i - (long)n;
}

/* Index of the signed position or frequency m in an array of n whose sample 0
 * is the centre; |m| < n. */
static inline size_t ae_fft_index(long m, size_t n)
{
    return m < 0 ? (size_t)(m + (long)n) : (size_t)m;
}

/* Copy an array (rank 1..3, elements of size bytes) so that its centre sample,
 * floor(n/2) on every axis, comes to index 0; and back. from and to do not
 * overlap. */
void ae_fft_centre_to_zero(
    const void *from, void *to, size_t size, int rank, const size_t *n);
void ae_fft_zero_to_centre(
    const void *from, void *to, size_t size, int rank, const size_t *n);

#endif
