/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/rest.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "image/bm3d.h"
#include "image/mask.h"

#define LEAST  1000 /* pixels of a particle that tell a risk to 5 % */
#define WIDEST 4.0  /* pixels */
#define HALVES 8    /* steps of a factor sqrt 1/2 down from there */
#define ROUNDS 5    /* between the neighbours of the best of them */
#define REACH  12   /* 3 WIDEST */
/* Images of fewer pixels are done before a team of threads is there. */
#define PARALLEL ((long)1 << 18)

/* Samples of the Gaussian, 0 to the returned half width. */
static long taps(float *g, double s)
{
    const long half = (long)ceil(3 * s);
    double sum = 0;
    for (long i = -half; i <= half; i++)
        sum += s > 0 ? exp(-(double)(i * i) / (2 * s * s)) : 1;
    for (long i = 0; i <= half; i++)
        g[i] = (float)((s > 0 ? exp(-(double)(i * i) / (2 * s * s)) : 1) / sum);
    return half;
}

/* i of a line of n samples with mirrored ends. */
static long mirror(long i, long n)
{
    while (i < 0 || i >= n)
        i = i < 0 ? -1 - i : 2 * n - 1 - i;
    return i;
}

/* What the pixels d away add to x = begin ... end - 1. */
static void ends(float *to, const float *from, long n, long d, float weight,
    long begin, long end)
{
    for (long x = begin; x < end; x++)
        to[x] += weight * (from[mirror(x - d, n)] + from[mirror(x + d, n)]);
}

/* out = G image; work [ny][nx]. */
static void smooth(float *out, float *work, const float *image, long nx,
    long ny, const float *g, long half)
{
#pragma omp parallel for schedule(static) if (nx * ny >= PARALLEL)
    for (long y = 0; y < ny; y++) {
        const float *from = image + y * nx;
        float *to = work + y * nx;
        for (long x = 0; x < nx; x++)
            to[x] = g[0] * from[x];
        for (long d = 1; d <= half; d++) {
            const long left = d < nx ? d : nx;
            const long right = nx - d > left ? nx - d : left;
            ends(to, from, nx, d, g[d], 0, left);
            for (long x = left; x < right; x++)
                to[x] += g[d] * (from[x - d] + from[x + d]);
            ends(to, from, nx, d, g[d], right, nx);
        }
    }
#pragma omp parallel for schedule(static) if (nx * ny >= PARALLEL)
    for (long y = 0; y < ny; y++) {
        float *to = out + y * nx;
        for (long x = 0; x < nx; x++)
            to[x] = g[0] * work[y * nx + x];
        for (long d = 1; d <= half; d++) {
            const float *a = work + mirror(y - d, ny) * nx;
            const float *b = work + mirror(y + d, ny) * nx;
            for (long x = 0; x < nx; x++)
                to[x] += g[d] * (a[x] + b[x]);
        }
    }
}

struct risk {
    const float *image;
    const unsigned char *use;
    size_t nx, ny;
    float *out, *work;
    const float *rho; /* [2 REACH + 1][2 REACH + 1], variance at its centre */
};

static double risk(const struct risk *r, double s)
{
    float g[REACH + 1];
    const long half = taps(g, s), side = 2 * REACH + 1;
    double sum = 0, count = 0, common = 0;
    for (long y = -half; y <= half; y++)
        for (long x = -half; x <= half; x++)
            common += (double)g[labs(x)] * (double)g[labs(y)] *
                      (double)r->rho[(y + REACH) * side + x + REACH];
    smooth(r->out, r->work, r->image, (long)r->nx, (long)r->ny, g, half);
    for (size_t i = 0; i < r->nx * r->ny; i++)
        if (r->use[i]) {
            const double d = (double)r->image[i] - (double)r->out[i];
            sum += d * d;
            count++;
        }
    return sum / count + 2 * common;
}

/* The least risk: of widths a factor sqrt 2 apart and of none, then by golden
 * section between the neighbours of the best. */
static double least(const struct risk *r)
{
    const double golden = (sqrt(5) - 1) / 2;
    double best = risk(r, 0), s = 0;
    for (int i = HALVES; i >= 0; i--) {
        const double t = WIDEST * pow(0.5, 0.5 * i), now = risk(r, t);
        if (now < best) {
            best = now;
            s = t;
        }
    }
    if (!(s > 0) || s >= WIDEST)
        return s;
    double a = s * M_SQRT1_2, b = s * M_SQRT2;
    double c = b - golden * (b - a), d = a + golden * (b - a);
    double at_c = risk(r, c), at_d = risk(r, d);
    for (int i = 0; i < ROUNDS; i++) {
        if (at_c < at_d) {
            b = d;
            d = c;
            at_d = at_c;
            c = b - golden * (b - a);
            at_c = risk(r, c);
        } else {
            a = c;
            c = d;
            at_c = at_d;
            d = a + golden * (b - a);
            at_d = risk(r, d);
        }
    }
    return (a + b) / 2;
}

/* Where the particle is; everywhere where it is no or too small a part. */
static int particle(unsigned char *use, const float *image, size_t nx,
    size_t ny, struct ae_error *err)
{
    const struct ae_mask_rule rule = {
        .smooth = 3, .factor = 0.9, .min_area = 3000};
    size_t count = 0;
    const int code = ae_mask_make(use, image, nx, ny, &rule, NULL, err);
    for (size_t i = 0; i < nx * ny && !code; i++)
        count += use[i];
    if (!code && count < LEAST)
        memset(use, 1, nx * ny);
    return code;
}

int ae_rest_width(double *width, const float *image, size_t nx, size_t ny,
    const float *psd, size_t px, size_t py, double sigma, struct ae_error *err)
{
    enum { SIDE = 2 * REACH + 1 };
    float rho[SIDE * SIDE] = {0};
    double of_psd = 1;
    const size_t n = nx * ny;
    unsigned char *use = ae_alloc(n, 1);
    float *out = ae_alloc(n, sizeof *out), *work = ae_alloc(n, sizeof *work);
    int code =
        use && out && work ? AE_OK : ae_fail(err, AE_EMEM, "out of memory");
    rho[REACH * (SIDE + 1)] = 1;
    if (!code && psd)
        code = ae_bm3d_covariance(psd, px, py, REACH, rho, &of_psd, err);
    for (size_t i = 0; i < SIDE * SIDE; i++)
        rho[i] *= (float)(sigma * sigma / (of_psd * of_psd));
    if (!code)
        code = particle(use, image, nx, ny, err);
    if (!code)
        *width = least(&(struct risk){image, use, nx, ny, out, work, rho});
    free(use);
    free(out);
    free(work);
    return code;
}

int ae_rest_put(float *denoised, const float *noisy, size_t nx, size_t ny,
    double width, struct ae_error *err)
{
    float g[REACH + 1];
    const size_t n = nx * ny;
    const long half = taps(g, fmin(width, WIDEST));
    float *rest = ae_alloc(n, sizeof *rest), *out = ae_alloc(n, sizeof *out);
    float *work = ae_alloc(n, sizeof *work);
    const int bad = !rest || !out || !work;
    for (size_t i = 0; i < n && !bad; i++)
        rest[i] = noisy[i] - denoised[i];
    if (!bad)
        smooth(out, work, rest, (long)nx, (long)ny, g, half);
    for (size_t i = 0; i < n && !bad; i++)
        denoised[i] += out[i];
    free(rest);
    free(out);
    free(work);
    return bad ? ae_fail(err, AE_EMEM, "out of memory") : AE_OK;
}
