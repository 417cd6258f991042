/* SPDX-License-Identifier: BSD-2-Clause */
#include "math/fft.h"

#include <fftw3.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"

/* FFTW's SIMD code wants the alignment it was planned for, so a plan is held
 * twice: for the planned alignment and for any other. */
struct ae_fft {
    enum ae_fft_type type;
    enum ae_fft_kind kind;
    int align_in, align_out; /* fftw_alignment_of the planned arrays */
    fftwf_plan single, single_any;
    fftw_plan twice, twice_any;
};

size_t ae_fft_good(size_t n)
{
    for (;; n++) {
        size_t rest = n;
        for (size_t p = 2; p <= 7; p += p == 2 ? 1 : 2)
            while (rest % p == 0 && rest > 1)
                rest /= p;
        if (rest <= 1)
            return n ? n : 1;
    }
}

size_t ae_fft_good_even(size_t n)
{
    return 2 * ae_fft_good(n / 2 + n % 2);
}

void *ae_fft_alloc(size_t n, size_t size)
{
    size_t bytes;
    if (ae_mul(n ? n : 1, size, &bytes))
        return NULL;
    void *p = fftw_malloc(bytes);
    if (p)
        memset(p, 0, bytes);
    return p;
}

void ae_fft_buffer_free(void *p)
{
    fftw_free(p);
}

void ae_fft_free(struct ae_fft *plan)
{
    if (!plan)
        return;
    if (plan->single)
        fftwf_destroy_plan(plan->single);
    if (plan->single_any)
        fftwf_destroy_plan(plan->single_any);
    if (plan->twice)
        fftw_destroy_plan(plan->twice);
    if (plan->twice_any)
        fftw_destroy_plan(plan->twice_any);
    free(plan);
}

/* FFTW's "guru" description covers every transform of this header: rank
 * dimensions, and one loop of howmany of them. */
struct shape {
    int rank;
    fftw_iodim64 dim[3], loop;
};

static fftwf_plan plan_float(const struct shape *s, enum ae_fft_kind kind,
    void *in, void *out, unsigned flags)
{
    switch (kind) {
    case AE_FFT_R2C:
        return fftwf_plan_guru64_dft_r2c(
            s->rank, s->dim, 1, &s->loop, in, out, flags);
    case AE_FFT_C2R:
        return fftwf_plan_guru64_dft_c2r(
            s->rank, s->dim, 1, &s->loop, in, out, flags);
    default:
        return fftwf_plan_guru64_dft(s->rank, s->dim, 1, &s->loop, in, out,
            kind == AE_FFT_FORWARD ? FFTW_FORWARD : FFTW_BACKWARD, flags);
    }
}

static fftw_plan plan_double(const struct shape *s, enum ae_fft_kind kind,
    void *in, void *out, unsigned flags)
{
    switch (kind) {
    case AE_FFT_R2C:
        return fftw_plan_guru64_dft_r2c(
            s->rank, s->dim, 1, &s->loop, in, out, flags);
    case AE_FFT_C2R:
        return fftw_plan_guru64_dft_c2r(
            s->rank, s->dim, 1, &s->loop, in, out, flags);
    default:
        return fftw_plan_guru64_dft(s->rank, s->dim, 1, &s->loop, in, out,
            kind == AE_FFT_FORWARD ? FFTW_FORWARD : FFTW_BACKWARD, flags);
    }
}

static int make(struct ae_fft **plan, enum ae_fft_type type,
    enum ae_fft_kind kind, const struct shape *s, void *in, void *out,
    struct ae_error *err)
{
    const unsigned any = FFTW_ESTIMATE | FFTW_UNALIGNED;
    struct ae_fft *p = ae_alloc(1, sizeof *p);
    *plan = NULL;
    if (!p)
        return ae_fail(err, AE_EMEM, "out of memory for a Fourier transform");
    p->type = type;
    p->kind = kind;
    int good;
    if (type == AE_FFT_FLOAT) {
        p->align_in = fftwf_alignment_of(in);
        p->align_out = fftwf_alignment_of(out);
        p->single = plan_float(s, kind, in, out, FFTW_ESTIMATE);
        p->single_any = plan_float(s, kind, in, out, any);
        good = p->single && p->single_any;
    } else {
        p->align_in = fftw_alignment_of(in);
        p->align_out = fftw_alignment_of(out);
        p->twice = plan_double(s, kind, in, out, FFTW_ESTIMATE);
        p->twice_any = plan_double(s, kind, in, out, any);
        good = p->twice && p->twice_any;
    }
    if (!good) {
        ae_fft_free(p);
        return ae_fail(err, AE_EMEM, "FFTW made no plan of %td samples",
            s->dim[s->rank - 1].n);
    }
    *plan = p;
    return AE_OK;
}

int ae_fft_new(struct ae_fft **plan, enum ae_fft_type type,
    enum ae_fft_kind kind, int rank, const size_t *n, void *in, void *out,
    struct ae_error *err)
{
    struct shape s = {.rank = rank, .loop = {1, 0, 0}};
    const size_t last = n[rank - 1], half = last / 2 + 1;
    const size_t real = in == out ? 2 * half : last; /* padded in place */
    ptrdiff_t is = 1, os = 1;
    for (int i = rank - 1; i >= 0; i--) {
        s.dim[i] = (fftw_iodim64){(ptrdiff_t)n[i], is, os};
        size_t in_row = n[i], out_row = n[i];
        if (i == rank - 1 && kind == AE_FFT_R2C) {
            in_row = real;
            out_row = half;
        } else if (i == rank - 1 && kind == AE_FFT_C2R) {
            in_row = half;
            out_row = real;
        }
        is *= (ptrdiff_t)in_row;
        os *= (ptrdiff_t)out_row;
    }
    return make(plan, type, kind, &s, in, out, err);
}

int ae_fft_new_strided(struct ae_fft **plan, enum ae_fft_type type,
    enum ae_fft_kind kind, size_t n, size_t howmany, size_t in_stride,
    size_t in_dist, size_t out_stride, size_t out_dist, void *in, void *out,
    struct ae_error *err)
{
    const struct shape s = {.rank = 1,
        .dim = {{(ptrdiff_t)n, (ptrdiff_t)in_stride, (ptrdiff_t)out_stride}},
        .loop = {(ptrdiff_t)howmany, (ptrdiff_t)in_dist, (ptrdiff_t)out_dist}};
    return make(plan, type, kind, &s, in, out, err);
}

static void run_float(const struct ae_fft *plan, void *in, void *out)
{
    const int fits = fftwf_alignment_of(in) == plan->align_in &&
                     fftwf_alignment_of(out) == plan->align_out;
    fftwf_plan p = fits ? plan->single : plan->single_any;
    if (plan->kind == AE_FFT_R2C)
        fftwf_execute_dft_r2c(p, in, out);
    else if (plan->kind == AE_FFT_C2R)
        fftwf_execute_dft_c2r(p, in, out);
    else
        fftwf_execute_dft(p, in, out);
}

void ae_fft_run(const struct ae_fft *plan, void *in, void *out)
{
    if (plan->type == AE_FFT_FLOAT) {
        run_float(plan, in, out);
        return;
    }
    const int fits = fftw_alignment_of(in) == plan->align_in &&
                     fftw_alignment_of(out) == plan->align_out;
    fftw_plan p = fits ? plan->twice : plan->twice_any;
    if (plan->kind == AE_FFT_R2C)
        fftw_execute_dft_r2c(p, in, out);
    else if (plan->kind == AE_FFT_C2R)
        fftw_execute_dft_c2r(p, in, out);
    else
        fftw_execute_dft(p, in, out);
}

void ae_fft_run_many(const struct ae_fft *plan, void *in, size_t in_dist,
    void *out, size_t out_dist, size_t howmany)
{
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < howmany; i++)
        ae_fft_run(plan, (char *)in + i * in_dist, (char *)out + i * out_dist);
}

/* to[i] = from[(i + shift) mod n] on every axis */
static void roll(const char *from, char *to, size_t size, int rank,
    const size_t *n, const size_t *shift)
{
    size_t m[3] = {1, 1, 1}, by[3] = {0, 0, 0};
    for (int i = 0; i < rank; i++) {
        m[3 - rank + i] = n[i];
        by[3 - rank + i] = shift[i];
    }
    const size_t row = m[2] * size, tail = (m[2] - by[2]) * size;
    for (size_t k = 0; k < m[0]; k++)
        for (size_t j = 0; j < m[1]; j++) {
            const size_t k0 = (k + by[0]) % m[0], j0 = (j + by[1]) % m[1];
            const char *src = from + (k0 * m[1] + j0) * row;
            char *dst = to + (k * m[1] + j) * row;
            memcpy(dst, src + (row - tail), tail);
            memcpy(dst + tail, src, row - tail);
        }
}

void ae_fft_centre_to_zero(
    const void *from, void *to, size_t size, int rank, const size_t *n)
{
    size_t shift[3];
    for (int i = 0; i < rank; i++)
        shift[i] = n[i] / 2;
    roll(from, to, size, rank, n, shift);
}

void ae_fft_zero_to_centre(
    const void *from, void *to, size_t size, int rank, const size_t *n)
{
    size_t shift[3];
    for (int i = 0; i < rank; i++)
        shift[i] = n[i] - n[i] / 2 == n[i] ? 0 : n[i] - n[i] / 2;
    roll(from, to, size, rank, n, shift);
}
