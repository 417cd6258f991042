/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/mask.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"

/* Images of fewer pixels are done before a team of threads is there. */
enum { BINS = 256, PARALLEL = 1 << 18 };

static int no_memory(size_t nx, size_t ny, struct ae_error *err)
{
    return ae_fail(
        err, AE_EMEM, "mask of %zu x %zu pixels: out of memory", nx, ny);
}

double ae_mask_otsu(const float *image, size_t n)
{
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < n; i++) {
        low = fmin(low, image[i]);
        high = fmax(high, image[i]);
    }
    if (!(high > low))
        return n ? low : 0;
    double share[BINS] = {0}, total = 0;
    for (size_t i = 0; i < n; i++)
        share[(int)(255 * ((double)image[i] - low) / (high - low))] += 1;
    for (int k = 0; k < BINS; k++) {
        share[k] /= (double)n;
        total += share[k] * (k + 0.5);
    }
    double theta = 0, mu = 0, best = -1;
    int at = 0;
    for (int k = 0; k < BINS - 1; k++) {
        theta += share[k];
        mu += share[k] * (k + 0.5);
        const double d = total * theta - mu;
        const double apart = d * d / (theta * (1 - theta));
        if (theta > 0 && theta < 1 && apart > best) {
            best = apart;
            at = k;
        }
    }
    return low + (at + 0.5) / 255 * (high - low);
}

/* Samples i + a ... i + b of n are within half of sample i. */
static void span(long i, long n, long half, long *a, long *b)
{
    *a = i < half ? -i : -half;
    *b = i + half >= n ? n - 1 - i : half;
}

/* Weighted sums along a line: to = sum_d w[d] from[i + d], the samples that
 * there are. */
static void convolve(
    double *to, const double *from, size_t n, const double *w, long half)
{
    for (long i = 0; i < (long)n; i++) {
        long a, b;
        double sum = 0;
        span(i, (long)n, half, &a, &b);
        for (long d = a; d <= b; d++)
            sum += w[labs(d)] * from[i + d];
        to[i] = sum;
    }
}

/* value [ny][nx] in place; work as large */
static void convolve_image(double *value, double *work, size_t nx, size_t ny,
    const double *w, long half)
{
#pragma omp parallel for schedule(static) if (nx * ny >= PARALLEL)
    for (size_t j = 0; j < ny; j++)
        convolve(work + j * nx, value + j * nx, nx, w, half);
#pragma omp parallel for schedule(static) if (nx * ny >= PARALLEL)
    for (size_t j = 0; j < ny; j++) {
        double *to = value + j * nx;
        long a, b;
        span((long)j, (long)ny, half, &a, &b);
        memset(to, 0, nx * sizeof *to);
        for (long d = a; d <= b; d++) {
            const double *from = work + ((long)j + d) * (long)nx;
            for (size_t i = 0; i < nx; i++)
                to[i] += w[labs(d)] * from[i];
        }
    }
}

/* What the samples of a line of ones sum to at i. */
static double line_weight(size_t i, size_t n, const double *w, long half)
{
    long a, b;
    double sum = 0;
    span((long)i, (long)n, half, &a, &b);
    for (long d = a; d <= b; d++)
        sum += w[labs(d)];
    return sum;
}

/* The same of an image of ones: products of those of its lines, from the last
 * row to the first, which holds the factors. */
static void image_weights(
    double *weight, size_t nx, size_t ny, const double *w, long half)
{
    for (size_t i = 0; i < nx; i++)
        weight[i] = line_weight(i, nx, w, half);
    for (size_t j = ny; j-- > 0;) {
        const double row = line_weight(j, ny, w, half);
        for (size_t i = 0; i < nx; i++)
            weight[j * nx + i] = row * weight[i];
    }
}

int ae_mask_smooth(float *out, const float *image, const unsigned char *use,
    size_t nx, size_t ny, double sigma, struct ae_error *err)
{
    const size_t n = nx * ny;
    const long half = (long)ceil(3 * sigma);
    double *w = ae_alloc((size_t)half + 1, sizeof *w);
    double *sum = ae_alloc(n, 3 * sizeof *sum);
    int code = AE_OK;
    if (!w || !sum) {
        code = no_memory(nx, ny, err);
        goto out;
    }
    double *weight = sum + n, *work = weight + n;
    for (long d = 0; d <= half; d++)
        w[d] = exp(-0.5 * (double)(d * d) / (sigma * sigma));
    for (size_t i = 0; i < n; i++) {
        weight[i] = !use || use[i];
        sum[i] = weight[i] > 0 ? image[i] : 0;
    }
    convolve_image(sum, work, nx, ny, w, half);
    if (use)
        convolve_image(weight, work, nx, ny, w, half);
    else
        image_weights(weight, nx, ny, w, half);
    for (size_t i = 0; i < n; i++)
        out[i] = weight[i] > 0 ? (float)(sum[i] / weight[i]) : image[i];
out:
    free(w);
    free(sum);
    return code;
}

/* The pixels connected to start among those that equal value get mark; queue
 * holds them, their number is returned. */
static size_t flood(unsigned char *mask, size_t nx, size_t ny, size_t start,
    unsigned char mark, int corners, size_t *queue)
{
    const unsigned char value = mask[start];
    size_t n = 0;
    mask[start] = mark;
    queue[n++] = start;
    for (size_t k = 0; k < n; k++) {
        const long x = (long)(queue[k] % nx), y = (long)(queue[k] / nx);
        for (long dy = -1; dy <= 1; dy++)
            for (long dx = -1; dx <= 1; dx++) {
                const long u = x + dx, v = y + dy;
                if ((!corners && dx && dy) || u < 0 || v < 0 || u >= (long)nx ||
                    v >= (long)ny)
                    continue;
                const size_t i = (size_t)v * nx + (size_t)u;
                if (mask[i] == value) {
                    mask[i] = mark;
                    queue[n++] = i;
                }
            }
    }
    return n;
}

int ae_mask_fill_holes(
    unsigned char *mask, size_t nx, size_t ny, struct ae_error *err)
{
    enum { OUTSIDE = 2 };
    size_t *queue = ae_alloc(nx * ny, sizeof *queue);
    if (!queue)
        return no_memory(nx, ny, err);
    for (size_t j = 0; j < ny; j++)
        for (size_t i = 0; i < nx; i++)
            if ((!i || !j || i == nx - 1 || j == ny - 1) && !mask[j * nx + i])
                flood(mask, nx, ny, j * nx + i, OUTSIDE, 0, queue);
    for (size_t i = 0; i < nx * ny; i++)
        mask[i] = mask[i] != OUTSIDE;
    free(queue);
    return AE_OK;
}

int ae_mask_keep(unsigned char *mask, size_t nx, size_t ny, double min_area,
    int largest, struct ae_error *err)
{
    enum { FREE, NEW, KEPT };
    size_t *queue = ae_alloc(nx * ny, sizeof *queue);
    size_t best = 0;
    if (!queue)
        return no_memory(nx, ny, err);
    for (size_t i = 0; i < nx * ny; i++) {
        if (mask[i] != NEW)
            continue;
        const size_t n = flood(mask, nx, ny, i, KEPT, 1, queue);
        const int drop = (double)n < min_area || (largest && n <= best);
        for (size_t k = 0; k < n && drop; k++)
            mask[queue[k]] = FREE;
        if (!drop && largest) {
            for (size_t k = 0; k < nx * ny; k++)
                if (mask[k] == KEPT)
                    mask[k] = FREE;
            for (size_t k = 0; k < n; k++)
                mask[queue[k]] = KEPT;
            best = n;
        }
    }
    for (size_t i = 0; i < nx * ny; i++)
        mask[i] = mask[i] == KEPT;
    free(queue);
    return AE_OK;
}

int ae_mask_holding(unsigned char *mask, const unsigned char *seed, size_t nx,
    size_t ny, struct ae_error *err)
{
    enum { NEW = 1, KEPT };
    size_t *queue = ae_alloc(nx * ny, sizeof *queue);
    if (!queue)
        return no_memory(nx, ny, err);
    for (size_t i = 0; i < nx * ny; i++)
        if (mask[i] == NEW && seed[i])
            flood(mask, nx, ny, i, KEPT, 1, queue);
    for (size_t i = 0; i < nx * ny; i++)
        mask[i] = mask[i] == KEPT;
    free(queue);
    return AE_OK;
}

int ae_mask_dilate(unsigned char *mask, size_t nx, size_t ny, double radius,
    struct ae_error *err)
{
    /* before[j][i]: mask pixels of row j left of i; a row's stretch holds one
     * when its ends differ */
    size_t *before = ae_alloc(ny, (nx + 1) * sizeof *before);
    if (!before)
        return no_memory(nx, ny, err);
    for (size_t j = 0; j < ny; j++)
        for (size_t i = 0; i < nx; i++)
            before[j * (nx + 1) + i + 1] =
                before[j * (nx + 1) + i] + mask[j * nx + i];
    const long r = (long)floor(radius);
#pragma omp parallel for schedule(static) if (nx * ny >= PARALLEL)
    for (long j = 0; j < (long)ny; j++)
        for (long dy = j < r ? -j : -r; dy <= r && j + dy < (long)ny; dy++) {
            const long reach = (long)sqrt(radius * radius - (double)(dy * dy));
            const size_t *row = before + (size_t)(j + dy) * (nx + 1);
            for (long i = 0; i < (long)nx; i++) {
                const long a = i < reach ? 0 : i - reach;
                const long b = i + reach >= (long)nx ? (long)nx : i + reach + 1;
                if (row[b] > row[a])
                    mask[(size_t)j * nx + (size_t)i] = 1;
            }
        }
    free(before);
    return AE_OK;
}

int ae_mask_touches(const unsigned char *mask, size_t nx, size_t ny)
{
    for (size_t i = 0; i < nx; i++)
        if (mask[i] || mask[(ny - 1) * nx + i])
            return 1;
    for (size_t j = 0; j < ny; j++)
        if (mask[j * nx] || mask[j * nx + nx - 1])
            return 1;
    return 0;
}

/* 1 where the smoothed image exceeds its scaled threshold */
static void separate(unsigned char *mask, const float *smooth, size_t n,
    double factor, double *level)
{
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < n; i++) {
        low = fmin(low, smooth[i]);
        high = fmax(high, smooth[i]);
    }
    const double cut = low + factor * (ae_mask_otsu(smooth, n) - low);
    for (size_t i = 0; i < n; i++)
        mask[i] = high > low && smooth[i] > cut;
    if (level)
        *level = cut;
}

/* edge[j], first <= j <= last, becomes the greatest convex function of j that
 * is nowhere above it; at is room. */
static void sag(double *edge, size_t first, size_t last, size_t *at)
{
    size_t n = 0;
    for (size_t j = first; j <= last; j++) {
        for (; n >= 2; n--) {
            const size_t a = at[n - 2], b = at[n - 1];
            if ((edge[b] - edge[a]) * (double)(j - a) <
                (edge[j] - edge[a]) * (double)(b - a))
                break;
        }
        at[n++] = j;
    }
    for (size_t k = 0; k + 1 < n; k++) {
        const double a = edge[at[k]], b = edge[at[k + 1]];
        const double rows = (double)(at[k + 1] - at[k]);
        for (size_t j = at[k] + 1; j < at[k + 1]; j++)
            edge[j] = a + (b - a) * (double)(j - at[k]) / rows;
    }
}

int ae_mask_hull(
    unsigned char *mask, size_t nx, size_t ny, struct ae_error *err)
{
    enum { NEW = 1, PART };
    const size_t n = nx * ny;
    size_t *queue = ae_alloc(n + ny, sizeof *queue);
    double *left = ae_alloc(2 * ny, sizeof *left), *right = left + ny;
    unsigned char *full = ae_alloc(n, 1);
    const int code = queue && left && full ? AE_OK : no_memory(nx, ny, err);
    for (size_t i = 0; i < n && !code; i++) {
        if (mask[i] != NEW)
            continue;
        const size_t part = flood(mask, nx, ny, i, PART, 1, queue);
        size_t last = 0;
        for (size_t j = 0; j < ny; j++)
            left[j] = right[j] = INFINITY;
        for (size_t k = 0; k < part; k++) {
            const size_t j = queue[k] / nx;
            const double x = (double)(queue[k] % nx);
            left[j] = fmin(left[j], x);
            right[j] = fmin(right[j], -x);
            last = j > last ? j : last;
        }
        sag(left, i / nx, last, queue + n);
        sag(right, i / nx, last, queue + n);
        for (size_t j = i / nx; j <= last; j++)
            for (size_t x = (size_t)ceil(left[j]); (double)x <= -right[j]; x++)
                full[j * nx + x] = 1;
    }
    if (!code)
        memcpy(mask, full, n);
    free(queue);
    free(left);
    free(full);
    return code;
}

/* Of a disk as large as the mask. */
static double disk_radius(const unsigned char *mask, size_t n)
{
    size_t area = 0;
    for (size_t i = 0; i < n; i++)
        area += mask[i];
    return sqrt((double)area / M_PI);
}

int ae_mask_grow(unsigned char *mask, size_t nx, size_t ny,
    const struct ae_mask_rule *rule, struct ae_error *err)
{
    const double reach = rule->dilate + rule->grow * disk_radius(mask, nx * ny);
    return reach > 0 ? ae_mask_dilate(mask, nx, ny, reach, err) : AE_OK;
}

int ae_mask_make(unsigned char *mask, const float *image, size_t nx, size_t ny,
    const struct ae_mask_rule *rule, double *level, struct ae_error *err)
{
    const size_t n = nx * ny;
    const double area = rule->min_area * (double)n / (512.0 * 512.0);
    float *smooth = ae_alloc(n, sizeof *smooth);
    if (!smooth)
        return no_memory(nx, ny, err);
    int code = AE_OK;
    if (rule->smooth > 0)
        code = ae_mask_smooth(smooth, image, NULL, nx, ny, rule->smooth, err);
    else
        memcpy(smooth, image, n * sizeof *smooth);
    if (!code) {
        separate(mask, smooth, n, rule->factor, level);
        code = ae_mask_fill_holes(mask, nx, ny, err);
    }
    if (!code)
        code = ae_mask_keep(mask, nx, ny, area, rule->largest, err);
    if (!code && rule->hull)
        code = ae_mask_hull(mask, nx, ny, err);
    if (!code)
        code = ae_mask_grow(mask, nx, ny, rule, err);
    free(smooth);
    return code;
}
