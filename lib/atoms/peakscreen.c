/* SPDX-License-Identifier: BSD-2-Clause
 * peakscreen - kernels of the Hessian on the coefficients, one set per phase.
 */
#include "atoms/peakscreen.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "atoms/peakscreen_kernel.h"
#include "base/mem.h"

/* Error of a sum of some thousand terms over the sum of their absolute values:
 * below 4096 roundings of 1.1e-16, for the fit and the kernel alike. */
#define ROUNDING 1e-12

struct kernel { /* of one phase */
    long low[3],
        span[3]; /* coarse samples, from that at or below the maximum */
    size_t rows, chunks;
    ptrdiff_t *offset; /* [rows] in coef, from the sample at low */
    double *weight;    /* [rows][chunks][6][4] */
};

struct screen {
    const struct ae_finegrid *fine;
    long half;
    int determinant;
    double error; /* of an element of the Hessian */
    struct kernel *kernel;
};

static long floor_divide(long a, long b)
{
    return a >= 0 ? a / b : -((b - 1 - a) / b);
}

/* Sum axis a of in[n2][n1][n0] (n1 = the fine samples of that axis) into the
 * coarse samples: out[n2][span][n0]. */
static void gather_axis(const struct screen *s, long phase, long low, long span,
    size_t n0, size_t n2, const double *in, double *out)
{
    long over = s->fine->over, width = 2 * s->half + 1;
    memset(out, 0, n0 * (size_t)span * n2 * sizeof *out);
    for (size_t k = 0; k < n2; k++) {
        for (long j = 0; j < width; j++) {
            long w = phase + j - s->half, i = floor_divide(w, over);
            const double *tap = s->fine->weight[w - i * over];
            for (long t = 0; t < 4; t++) {
                size_t to = k * (size_t)span + (size_t)(i - 1 + t - low);
                size_t from = k * (size_t)width + (size_t)j;
                for (size_t x = 0; tap[t] != 0 && x < n0; x++) {
                    out[to * n0 + x] += tap[t] * in[from * n0 + x];
                }
            }
        }
    }
}

/* full[6][span z][span y][span x] from the six boxes on the fine grid. */
static void coarse_boxes(const struct screen *s, const long phase[3],
    const struct kernel *kernel, const double *boxes, double *scratch,
    double *full)
{
    size_t width = (size_t)(2 * s->half + 1);
    size_t nx = (size_t)kernel->span[0], ny = (size_t)kernel->span[1];
    double *planes = scratch + 6 * width * width * nx;
    gather_axis(s, phase[0], kernel->low[0], kernel->span[0], 1,
        6 * width * width, boxes, scratch);
    gather_axis(s, phase[1], kernel->low[1], kernel->span[1], nx, 6 * width,
        scratch, planes);
    gather_axis(
        s, phase[2], kernel->low[2], kernel->span[2], nx * ny, 6, planes, full);
}

/* The rows that are not zero, in chunks of 4. */
static int pack(
    const struct ae_finegrid *fine, const double *full, struct kernel *kernel)
{
    size_t nx = (size_t)kernel->span[0], ny = (size_t)kernel->span[1];
    size_t nz = (size_t)kernel->span[2], size = nx * ny * nz;
    kernel->chunks = (nx + 3) / 4;
    kernel->offset = ae_alloc(ny * nz, sizeof *kernel->offset);
    kernel->weight =
        ae_alloc(ny * nz * kernel->chunks, 24 * sizeof *kernel->weight);
    if (!kernel->offset || !kernel->weight) {
        return AE_EMEM;
    }
    for (size_t r = 0; r < ny * nz; r++) {
        double *out = kernel->weight + kernel->rows * kernel->chunks * 24;
        int any = 0;
        for (size_t x = 0; x < nx; x++) {
            for (size_t k = 0; k < 6; k++) {
                double value = full[k * size + r * nx + x];
                out[(x / 4 * 6 + k) * 4 + x % 4] = value;
                any |= value != 0;
            }
        }
        if (any) {
            size_t row = r / ny * fine->coarse[1] + r % ny;
            kernel->offset[kernel->rows++] = (ptrdiff_t)(row * fine->coarse[0]);
        }
    }
    return AE_OK;
}

static int build_kernels(struct screen *s, const double *boxes)
{
    long over = s->fine->over;
    size_t width = (size_t)(2 * s->half + 1);
    size_t span = (size_t)(2 * s->half / over) + 6;
    double *scratch =
        ae_alloc(6 * width * span * (width + span), sizeof *scratch);
    double *full = ae_alloc(6 * span * span * span, sizeof *full);
    int code = scratch && full ? AE_OK : AE_EMEM;
    for (long p = 0; p < over * over * over && !code; p++) {
        struct kernel *kernel = &s->kernel[p];
        long phase[3] = {p % over, p / over % over, p / over / over};
        for (int a = 0; a < 3; a++) {
            kernel->low[a] = floor_divide(phase[a] - s->half, over) - 1;
            kernel->span[a] =
                floor_divide(phase[a] + s->half, over) + 3 - kernel->low[a];
        }
        coarse_boxes(s, phase, kernel, boxes, scratch, full);
        code = pack(s->fine, full, kernel);
    }
    free(scratch);
    free(full);
    return code;
}

/* The Hessian on the fine grid, then on the coefficients. 1: no inverse. */
static int screen_new(struct screen *s, const struct ae_finegrid *fine,
    const struct ae_peakfit *how)
{
    size_t width = (size_t)(2 * how->half + 1), cube = width * width * width;
    size_t samples = fine->coarse[0] * fine->coarse[1] * fine->coarse[2];
    size_t phases = (size_t)(fine->over * fine->over * fine->over);
    struct ae_quartic ball;
    double scale = 0, most = 0, *boxes = ae_alloc(6 * cube, sizeof *boxes);
    *s = (struct screen){fine, how->half, how->determinant, 0,
        ae_alloc(phases, sizeof *s->kernel)};
    if (!boxes || !s->kernel) {
        free(boxes);
        return AE_EMEM;
    }
    ae_quartic_init(&ball, how->half, how->alpha);
    for (int k = 0; k < 6; k++) {
        scale =
            fmax(scale, ae_quartic_hessian(&ball, k, boxes + (size_t)k * cube));
    }
    for (size_t i = 0; i < samples; i++) {
        most = fmax(most, fabs(fine->coef[i]));
    }
    s->error = ball.weight > 0 ? ROUNDING * scale * most : HUGE_VAL;
    int code = build_kernels(s, boxes);
    free(boxes);
    return code;
}

static void screen_clear(struct screen *s)
{
    long over = s->fine->over;
    for (long p = 0; s->kernel && p < over * over * over; p++) {
        free(s->kernel[p].offset);
        free(s->kernel[p].weight);
    }
    free(s->kernel);
}

/* Whether no Hessian within the error of h is that of a maximum. */
static int is_no_peak(const struct screen *s, const double h[6])
{
    double most = 0, e = s->error;
    for (int k = 0; k < 6; k++) {
        most = fmax(most, fabs(h[k]));
    }
    most += e;
    double minor = h[0] * h[1] - h[3] * h[3];
    double det = h[0] * (h[1] * h[2] - h[5] * h[5]) -
                 h[3] * (h[3] * h[2] - h[5] * h[4]) +
                 h[4] * (h[3] * h[5] - h[1] * h[4]);
    /* 2 products of 2 and 6 of 3 elements */
    if (det > 18 * e * most * most) {
        return 1;
    }
    return !s->determinant && (h[0] > e || h[1] > e || minor < -4 * e * most);
}

static int rejects(const struct screen *s, uint64_t index)
{
    const struct ae_finegrid *fine = s->fine;
    uint64_t nx = (uint64_t)fine->end[0], ny = (uint64_t)fine->end[1];
    long over = fine->over, phase = 0, from[3];
    long at[3] = {
        (long)(index % nx), (long)(index / nx % ny), (long)(index / (nx * ny))};
    for (int a = 2; a >= 0; a--) {
        if (at[a] - s->half < fine->first || at[a] + s->half >= fine->end[a]) {
            return 0;
        }
        phase = phase * over + at[a] % over;
    }
    const struct kernel *kernel = &s->kernel[phase];
    for (int a = 0; a < 3; a++) {
        long span = a ? kernel->span[a] : 4 * (long)kernel->chunks;
        from[a] = at[a] / over + kernel->low[a];
        if (from[a] < 0 || from[a] + span > (long)fine->coarse[a]) {
            return 0; /* the coefficients would be mirrored */
        }
    }
    double h[6];
    size_t row = (size_t)from[2] * fine->coarse[1] + (size_t)from[1];
    ae_peakscreen_sums(fine->coef + row * fine->coarse[0] + from[0],
        kernel->offset, kernel->rows, kernel->chunks, kernel->weight, h);
    return is_no_peak(s, h);
}

int ae_peakscreen(const struct ae_finegrid *fine, const struct ae_peakfit *how,
    struct ae_maximum *found, size_t n, struct ae_error *err)
{
    struct screen s;
    /* a set of kernels costs as much as some 4 fits */
    if (n < 4 * (size_t)(fine->over * fine->over * fine->over)) {
        return AE_OK;
    }
    int code = screen_new(&s, fine, how);
#pragma omp parallel for schedule(dynamic, 1024)
    for (size_t i = 0; i < (code ? 0 : n); i++) {
        found[i].none = rejects(&s, found[i].index);
    }
    screen_clear(&s);
    return code ? ae_fail(err, code, "no memory for the kernels of the Hessian")
                : AE_OK;
}
