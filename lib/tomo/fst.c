/* SPDX-License-Identifier: BSD-2-Clause */
#include "tomo/fst.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#ifdef _OPENMP
#include <omp.h>
#endif
#include "base/mem.h"
#include "base/threads.h"
#include "math/fft.h"
#include "math/rotation.h"
#include "tomo/fst_kernel.h"

typedef float _Complex cfloat;

/* what one thread works in */
struct work {
    float *row;    /* [N[0]] one padded row of the volume */
    cfloat *sheet; /* [N[1]][n[2]] one kx, z not yet padded */
    float *plane;  /* [NV][2*(NU/2 + 1)] the plane, then the image */
    double *sum;   /* [n[0]] a row of the back-projection */
};

/* The transform of a real volume is Hermitian, F(-k) = conj F(k), so only
 * kx >= 0 is held: half = floor(N[0]/2) + 1 sheets [ky][kz], each made and
 * read as a whole; indices of ky and kz wrap around. */
struct ae_fst {
    size_t n[3], N[3], nu, nv, NU, NV;
    size_t half, stride; /* kx sheets; rows of mixed, a multiple of 8 */
    cfloat *F;           /* [half][N[1]][N[2]] */
    cfloat *mixed;       /* [n[2]][n[1]][stride] transformed along x only */
    struct ae_fft *along_x, *along_y, *along_z, *to_image;
    double (*R)[3][3]; /* [images] of this call */
    int threads;
    struct work *work; /* [threads] */
};

static int thread_number(void)
{
#ifdef _OPENMP
    return omp_get_thread_num();
#else
    return 0;
#endif
}

/* round(over * n) as the published codes have it, at least n */
static size_t padded(size_t n, double over)
{
    const double big = floor(over * (double)n + 0.5);
    return big > (double)n ? (size_t)big : n;
}

static void sizes(struct ae_fst *f, const size_t n[3], size_t nu, size_t nv,
    const double over[3])
{
    for (int i = 0; i < 3; i++) {
        f->n[i] = n[i];
        f->N[i] = padded(n[i], over[i]);
    }
    f->nu = nu;
    f->nv = nv;
    f->NU = f->N[0] > nu ? f->N[0] : nu;
    f->NV = f->N[1] > nv ? f->N[1] : nv;
    f->half = f->N[0] / 2 + 1;
    f->stride = (f->half + 7) / 8 * 8;
}

double ae_fst_bytes(
    const size_t n[3], size_t nu, size_t nv, const double over[3])
{
    struct ae_fst f = {0};
    sizes(&f, n, nu, nv, over);
    const double N1 = (double)f.N[1], n2 = (double)n[2];
    const double shared = 8.0 * (double)f.half * N1 * (double)f.N[2] +
                          8.0 * (double)f.stride * (double)n[1] * n2;
    const double each = 4.0 * (double)f.N[0] + 8.0 * N1 * n2 +
                        8.0 * (double)f.NV * (double)(f.NU / 2 + 1) +
                        8.0 * (double)n[0];
    return shared + each * ae_threads();
}

/* Measured on one core at 2.5 GHz: a complex sample costs 1.1 ns times log2 N
 * in the transforms, a read of the plane 35 ns, a read of an image 2.5 ns. */
double ae_fst_seconds(const size_t n[3], size_t nu, size_t nv,
    const double over[3], size_t images)
{
    struct ae_fst f = {0};
    sizes(&f, n, nu, nv, over);
    const double samples = (double)f.half * (double)f.N[1] * (double)f.N[2];
    const double reads = (double)images * (double)f.NV * (double)(f.NU / 2 + 1);
    const double voxels = (double)n[0] * (double)n[1] * (double)n[2];
    return 1.1e-9 * samples * log2((double)f.N[2] + 1) * 1.5 + 35e-9 * reads +
           2.5e-9 * voxels * (double)images;
}

void ae_fst_free(struct ae_fst *f)
{
    if (!f)
        return;
    for (int t = 0; f->work && t < f->threads; t++) {
        ae_fft_buffer_free(f->work[t].row);
        ae_fft_buffer_free(f->work[t].sheet);
        ae_fft_buffer_free(f->work[t].plane);
        free(f->work[t].sum);
    }
    free(f->work);
    free(f->R);
    ae_fft_free(f->along_x);
    ae_fft_free(f->along_y);
    ae_fft_free(f->along_z);
    ae_fft_free(f->to_image);
    ae_fft_buffer_free(f->F);
    ae_fft_buffer_free(f->mixed);
    free(f);
}

/* Buffers; 0, or -1 when memory is short. */
static int buffers(struct ae_fst *f)
{
    size_t all, some;
    if (ae_mul(f->half * f->N[1], f->N[2], &all) ||
        ae_mul(f->stride * f->n[1], f->n[2], &some))
        return -1;
    f->F = ae_fft_alloc(all, sizeof *f->F);
    f->mixed = ae_fft_alloc(some, sizeof *f->mixed);
    f->work = ae_alloc((size_t)f->threads, sizeof *f->work);
    if (!f->F || !f->mixed || !f->work)
        return -1;
    for (int t = 0; t < f->threads; t++) {
        struct work *w = &f->work[t];
        w->row = ae_fft_alloc(f->N[0], sizeof *w->row);
        w->sheet = ae_fft_alloc(f->N[1] * f->n[2], sizeof *w->sheet);
        w->plane = ae_fft_alloc(f->NV * 2 * (f->NU / 2 + 1), sizeof *w->plane);
        w->sum = ae_alloc(f->n[0], sizeof *w->sum);
        if (!w->row || !w->sheet || !w->plane || !w->sum)
            return -1;
    }
    return 0;
}

int ae_fst_new(struct ae_fst **fst, const size_t n[3], size_t nu, size_t nv,
    size_t images, const double over[3], struct ae_error *err)
{
    struct ae_fst *f = ae_alloc(1, sizeof *f);
    *fst = NULL;
    if (!f)
        return ae_fail(err, AE_EMEM, "out of memory");
    sizes(f, n, nu, nv, over);
    f->threads = ae_threads();
    f->R = ae_alloc(images, sizeof *f->R);
    if (!f->R || buffers(f)) {
        ae_fst_free(f);
        return ae_fail(err, AE_EMEM,
            "out of memory for a transform of %zu x %zu x %zu; lower "
            "--fst-oversample",
            padded(n[0], over[0]), padded(n[1], over[1]),
            padded(n[2], over[2]));
    }
    struct work *w = f->work;
    const size_t image[2] = {f->NV, f->NU};
    int code = ae_fft_new(&f->along_x, AE_FFT_FLOAT, AE_FFT_R2C, 1, &f->N[0],
        w->row, f->mixed, err);
    if (!code)
        code = ae_fft_new_strided(&f->along_y, AE_FFT_FLOAT, AE_FFT_FORWARD,
            f->N[1], f->n[2], f->n[2], 1, f->n[2], 1, w->sheet, w->sheet, err);
    if (!code)
        code = ae_fft_new(&f->along_z, AE_FFT_FLOAT, AE_FFT_FORWARD, 1,
            &f->N[2], f->F, f->F, err);
    if (!code)
        code = ae_fft_new(&f->to_image, AE_FFT_FLOAT, AE_FFT_C2R, 2, image,
            w->plane, w->plane, err);
    if (code)
        ae_fst_free(f);
    else
        *fst = f;
    return code;
}

/* One row along x: padded with the centre sample at index 0, transformed. */
static void row_along_x(
    struct ae_fst *f, struct work *w, const float *row, cfloat *out)
{
    const size_t n = f->n[0], c = n / 2;
    memset(w->row, 0, f->N[0] * sizeof *w->row);
    memcpy(w->row, row + c, (n - c) * sizeof *row);
    memcpy(w->row + f->N[0] - c, row, c * sizeof *row);
    ae_fft_run(f->along_x, w->row, out);
}

/* One sheet kx: gathered, transformed along y and z. */
static void sheet_along_yz(struct ae_fst *f, struct work *w, size_t kx)
{
    const size_t ny = f->n[1], nz = f->n[2], cy = ny / 2, cz = nz / 2;
    const size_t NY = f->N[1], NZ = f->N[2];
    memset(w->sheet, 0, NY * nz * sizeof *w->sheet);
    for (size_t y = 0; y < ny; y++) {
        cfloat *to = w->sheet + (y < cy ? NY + y - cy : y - cy) * nz;
        for (size_t z = 0; z < nz; z++)
            to[z] = f->mixed[(z * ny + y) * f->stride + kx];
    }
    ae_fft_run(f->along_y, w->sheet, w->sheet);
    for (size_t ky = 0; ky < NY; ky++) {
        cfloat *to = f->F + (kx * NY + ky) * NZ;
        const cfloat *from = w->sheet + ky * nz;
        memset(to, 0, NZ * sizeof *to);
        memcpy(to, from + cz, (nz - cz) * sizeof *to);
        memcpy(to + NZ - cz, from, cz * sizeof *to);
        ae_fft_run(f->along_z, to, to);
    }
}

static void transform(struct ae_fst *f, const float *vol)
{
    const size_t rows = f->n[1] * f->n[2];
#pragma omp parallel for schedule(static) num_threads(f->threads)
    for (size_t i = 0; i < rows; i++)
        row_along_x(f, &f->work[thread_number()], vol + i * f->n[0],
            f->mixed + i * f->stride);
#pragma omp parallel for schedule(dynamic, 4) num_threads(f->threads)
    for (size_t kx = 0; kx < f->half; kx++)
        sheet_along_yz(f, &f->work[thread_number()], kx);
}

static int inside(const struct ae_fst *f, const double k[3], int sign)
{
    for (int i = 0; i < 3; i++) {
        const double c = (double)(f->N[i] / 2), at = sign * k[i];
        if (!(at >= -c && at <= (double)f->N[i] - 1 - c))
            return 0;
    }
    return 1;
}

/* The transform at k (in samples of the padded box, |k| <= N/2), trilinear.
 * Where kx < 0: the conjugate at -k. */
static cfloat read_transform(const struct ae_fst *f, const double k[3])
{
    const int flip = k[0] < 0;
    size_t low[3], high[3];
    float part[3];
    for (int i = 0; i < 3; i++) {
        const double at = flip ? -k[i] : k[i];
        const long down = (long)at - ((double)(long)at > at); /* floor */
        part[i] = (float)(at - (double)down);
        low[i] = ae_fft_index(down, f->N[i]);
        high[i] = low[i] + 1 == f->N[i] ? 0 : low[i] + 1;
    }
    if (high[0] >= f->half) /* then part[0] is 0 */
        high[0] = low[0];
    cfloat value = 0;
    for (int x = 0; x < 2; x++) {
        const float wx = x ? part[0] : 1 - part[0];
        const cfloat *sheet = f->F + (x ? high[0] : low[0]) * f->N[1] * f->N[2];
        for (int y = 0; y < 2; y++) {
            const float wy = wx * (y ? part[1] : 1 - part[1]);
            const cfloat *row = sheet + (y ? high[1] : low[1]) * f->N[2];
            value += wy * (1 - part[2]) * row[low[2]];
            value += wy * part[2] * row[high[2]];
        }
    }
    return flip ? __builtin_conjf(value) : value;
}

/* k = R^T (mu/NU, mv/NV, 0), in samples of the padded box */
static void position(
    const struct ae_fst *f, double R[3][3], long mu, long mv, double k[3])
{
    for (int i = 0; i < 3; i++)
        k[i] = R[0][i] * (double)mu * ((double)f->N[i] / (double)f->NU) +
               R[1][i] * (double)mv * ((double)f->N[i] / (double)f->NV);
}

/* Sample (mu, mv) of the plane, Hermitian part: that is what the real part of
 * the inverse transform keeps of a plane whose outermost samples, read inside
 * -c ... N-1-c only, have no partner. */
static cfloat plane_sample(
    const struct ae_fst *f, double R[3][3], size_t iu, size_t iv)
{
    const long mu = ae_fft_frequency(iu, f->NU);
    const long mv = ae_fft_frequency(iv, f->NV);
    const int alone_u = 2 * iu == f->NU, alone_v = 2 * iv == f->NV;
    double k[3];
    position(f, R, mu, mv, k);
    if (!alone_u && !alone_v) {
        const int count = inside(f, k, 1) + inside(f, k, -1);
        return count ? 0.5F * (float)count * read_transform(f, k) : 0;
    }
    cfloat value = inside(f, k, 1) ? 0.5F * read_transform(f, k) : 0;
    position(f, R, alone_u ? mu : -mu, alone_v ? mv : -mv, k);
    if (inside(f, k, 1))
        value += 0.5F * __builtin_conjf(read_transform(f, k));
    return value;
}

static void one_image(
    const struct ae_fst *f, struct work *w, double R[3][3], float *image)
{
    const size_t half = f->NU / 2 + 1, cu = f->nu / 2, cv = f->nv / 2;
    const float scale = (float)(1 / ((double)f->NU * (double)f->NV));
    cfloat *plane = (cfloat *)w->plane;
    for (size_t iv = 0; iv < f->NV; iv++)
        for (size_t iu = 0; iu < half; iu++)
            plane[iv * half + iu] = plane_sample(f, R, iu, iv);
    ae_fft_run(f->to_image, w->plane, w->plane);
    for (size_t v = 0; v < f->nv; v++) {
        const float *row =
            w->plane + (v < cv ? f->NV + v - cv : v - cv) * 2 * half;
        for (size_t u = 0; u < f->nu; u++)
            image[v * f->nu + u] =
                scale * row[u < cu ? f->NU + u - cu : u - cu];
    }
}

void ae_fst_forward(struct ae_fst *f, const float *vol, size_t first,
    size_t stride, size_t images, const double (*euler)[3], float *stack)
{
    transform(f, vol);
    for (size_t k = 0; k < images; k++)
        ae_rotation(euler[k], f->R[k]);
#pragma omp parallel for schedule(dynamic, 1) num_threads(f->threads)
    for (size_t k = first; k < images; k += stride)
        one_image(
            f, &f->work[thread_number()], f->R[k], stack + k * f->nu * f->nv);
}

/* Narrow lo ... hi to the i for which at + by * (first + i) is in 0 ... max. */
static void clip(double at, double by, double max, int first, int *lo, int *hi)
{
    if (by != 0) {
        const double a = -at / by - first, b = (max - at) / by - first;
        const double from = fmin(a, b) - 1, to = fmax(a, b) + 2;
        if (from > *lo)
            *lo = from < *hi ? (int)from : *hi;
        if (to < *hi)
            *hi = to > *lo ? (int)to : *lo;
    }
    while (*lo < *hi &&
           !(at + by * (first + *lo) >= 0 && at + by * (first + *lo) <= max))
        ++*lo;
    while (*lo < *hi && !(at + by * (first + *hi - 1) >= 0 &&
                            at + by * (first + *hi - 1) <= max))
        --*hi;
}

/* which images of a stack */
struct series {
    size_t first, stride, images;
    const float *stack;
};

static void back_row(const struct ae_fst *f, double *sum,
    const struct series *s, double y, double z)
{
    const int n = (int)f->n[0], x0 = -(int)(f->n[0] / 2);
    memset(sum, 0, f->n[0] * sizeof *sum);
    for (size_t k = s->first; k < s->images; k += s->stride) {
        double(*R)[3] = f->R[k];
        const double u = R[0][1] * y + R[0][2] * z + (double)(f->nu / 2);
        const double v = R[1][1] * y + R[1][2] * z + (double)(f->nv / 2);
        int lo = 0, hi = n;
        clip(u, R[0][0], (double)f->nu - 1, x0, &lo, &hi);
        clip(v, R[1][0], (double)f->nv - 1, x0, &lo, &hi);
        ae_fst_kernel_read(sum, lo, hi, x0, s->stack + k * f->nu * f->nv,
            (int)f->nu, (int)f->nv, u, R[0][0], v, R[1][0]);
    }
}

void ae_fst_back(struct ae_fst *f, size_t first, size_t stride, size_t images,
    const double (*euler)[3], const float *stack, float *vol)
{
    const size_t nx = f->n[0], ny = f->n[1], rows = ny * f->n[2];
    const struct series series = {first, stride, images, stack};
    for (size_t k = 0; k < images; k++)
        ae_rotation(euler[k], f->R[k]);
    const double cy = (double)(ny / 2), cz = (double)(f->n[2] / 2);
#pragma omp parallel for schedule(dynamic, 8) num_threads(f->threads)
    for (size_t i = 0; i < rows; i++) {
        double *sum = f->work[thread_number()].sum;
        back_row(f, sum, &series, (double)(i % ny) - cy, (double)(i / ny) - cz);
        for (size_t x = 0; x < nx; x++)
            vol[i * nx + x] = (float)sum[x];
    }
}
