/* SPDX-License-Identifier: BSD-2-Clause
 * bm3d_kernel - loops over contiguous samples. Blocks of 8, 12 and 16 pixels
 * have paths of their own, whose loops the compiler turns into whole vectors.
 */
#include "image/bm3d_kernel.h"

#include <stdint.h>
#include <string.h>

#define CLONES                                                                 \
    __attribute__((                                                            \
        target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#define INLINE static inline __attribute__((always_inline))

/* Eight floats at any place in memory. */
typedef float floats __attribute__((vector_size(32), aligned(4), may_alias));
typedef float fours __attribute__((vector_size(16), aligned(4), may_alias));
/* column[x] = sum over n rows of (a - b)^2; the last sixteen again where width
 * is no multiple of that */
INLINE void columns(const float *a, const float *b, size_t stride, size_t n,
    size_t width, float *restrict column)
{
    for (size_t next = 0; next < width && width >= 16; next += 16) {
        const size_t x = next + 16 <= width ? next : width - 16;
        floats s = {0}, t = {0};
        for (size_t r = 0; r < n; r++) {
            const size_t at = r * stride + x;
            const floats d =
                *(const floats *)(a + at) - *(const floats *)(b + at);
            const floats e =
                *(const floats *)(a + at + 8) - *(const floats *)(b + at + 8);
            s += d * d;
            t += e * e;
        }
        *(floats *)(column + x) = s;
        *(floats *)(column + x + 8) = t;
    }
    for (size_t x = 0; x < width && width < 16; x++) {
        float s = 0;
        for (size_t r = 0; r < n; r++) {
            const float d = a[r * stride + x] - b[r * stride + x];
            s += d * d;
        }
        column[x] = s;
    }
}

/* distance[x] = column[x] + ... + column[x + n - 1] - offset */
INLINE void rows(const float *column, size_t n, size_t count, float offset,
    float *restrict quad, float *restrict distance)
{
    const size_t quads = n / 4, width = count + n - 1;
    for (size_t x = 0; x + 3 < width; x++)
        quad[x] = (column[x] + column[x + 1]) + (column[x + 2] + column[x + 3]);
    if (n == 8) {
        for (size_t x = 0; x < count; x++)
            distance[x] = quad[x] + quad[x + 4] - offset;
        return;
    }
    if (n == 12) {
        for (size_t x = 0; x < count; x++)
            distance[x] = (quad[x] + quad[x + 4]) + (quad[x + 8] - offset);
        return;
    }
    for (size_t x = 0; x < count; x++)
        distance[x] = -offset;
    for (size_t k = 0; k < quads; k++)
        for (size_t x = 0; x < count; x++)
            distance[x] += quad[x + 4 * k];
    for (size_t k = 4 * quads; k < n; k++)
        for (size_t x = 0; x < count; x++)
            distance[x] += column[x + k];
}

CLONES
void ae_bm3d_distances(const float *a, const float *b, size_t stride, size_t n,
    size_t count, float offset, float *restrict column, float *restrict quad,
    float *restrict distance)
{
    if (n == 8) {
        columns(a, b, stride, 8, count + 7, column);
        rows(column, 8, count, offset, quad, distance);
    } else if (n == 12) {
        columns(a, b, stride, 12, count + 11, column);
        rows(column, 12, count, offset, quad, distance);
    } else {
        columns(a, b, stride, n, count + n - 1, column);
        rows(column, n, count, offset, quad, distance);
    }
}

CLONES
float ae_bm3d_distance(const float *a, const float *b, size_t stride, size_t n)
{
    floats s = {0};
    fours q = {0};
    float sum = 0;
    for (size_t r = 0; r < n; r++, a += stride, b += stride) {
        size_t x = 0;
        for (; x + 8 <= n; x += 8) {
            const floats d =
                *(const floats *)(a + x) - *(const floats *)(b + x);
            s += d * d;
        }
        for (; x + 4 <= n; x += 4) {
            const fours d = *(const fours *)(a + x) - *(const fours *)(b + x);
            q += d * d;
        }
        for (; x < n; x++)
            sum += (a[x] - b[x]) * (a[x] - b[x]);
    }
    for (int k = 0; k < 8; k++)
        sum += s[k] + (k < 4 ? q[k] : 0);
    return sum;
}

INLINE void transpose8(floats r[8])
{
    typedef int32_t order __attribute__((vector_size(32)));
    const order low = {0, 8, 1, 9, 4, 12, 5, 13};
    const order high = {2, 10, 3, 11, 6, 14, 7, 15};
    const order low_two = {0, 1, 8, 9, 4, 5, 12, 13};
    const order high_two = {2, 3, 10, 11, 6, 7, 14, 15};
    const order low_four = {0, 1, 2, 3, 8, 9, 10, 11};
    const order high_four = {4, 5, 6, 7, 12, 13, 14, 15};
    floats s[8], t[8];
    for (int k = 0; k < 8; k += 2) {
        t[k] = __builtin_shuffle(r[k], r[k + 1], low);
        t[k + 1] = __builtin_shuffle(r[k], r[k + 1], high);
    }
    for (int k = 0; k < 8; k += 4)
        for (int i = 0; i < 2; i++) {
            s[k + 2 * i] = __builtin_shuffle(t[k + i], t[k + i + 2], low_two);
            s[k + 2 * i + 1] =
                __builtin_shuffle(t[k + i], t[k + i + 2], high_two);
        }
    for (int k = 0; k < 4; k++) {
        r[k] = __builtin_shuffle(s[k], s[k + 4], low_four);
        r[k + 4] = __builtin_shuffle(s[k], s[k + 4], high_four);
    }
}

/* Of the columns: even frequencies see what the two halves have in common, odd
 * ones how they differ. */
INLINE void cosine8(const float *cosine, floats r[8])
{
    floats sum[4], difference[4];
    for (int i = 0; i < 4; i++) {
        sum[i] = r[i] + r[7 - i];
        difference[i] = r[i] - r[7 - i];
    }
    for (int k = 0; k < 8; k += 2) {
        r[k] = cosine[8 * k] * sum[0];
        r[k + 1] = cosine[8 * k + 8] * difference[0];
        for (int i = 1; i < 4; i++) {
            r[k] += cosine[8 * k + i] * sum[i];
            r[k + 1] += cosine[8 * k + 8 + i] * difference[i];
        }
    }
}

INLINE void cosine8_back(const float *cosine, floats r[8])
{
    floats even[4], odd[4];
    for (int i = 0; i < 4; i++) {
        even[i] = cosine[i] * r[0];
        odd[i] = cosine[8 + i] * r[1];
        for (int k = 2; k < 8; k += 2) {
            even[i] += cosine[8 * k + i] * r[k];
            odd[i] += cosine[8 * k + 8 + i] * r[k + 1];
        }
    }
    for (int i = 0; i < 4; i++) {
        r[i] = even[i] + odd[i];
        r[7 - i] = even[i] - odd[i];
    }
}

INLINE void forward8(
    const float *cosine, const float *in, size_t stride, float *restrict out)
{
    floats r[8];
    for (size_t k = 0; k < 8; k++)
        r[k] = *(const floats *)(in + k * stride);
    cosine8(cosine, r);
    transpose8(r);
    cosine8(cosine, r);
    for (size_t k = 0; k < 8; k++)
        *(floats *)(out + 8 * k) = r[k];
}

INLINE void back8(const float *cosine, const float *in, float *restrict out)
{
    floats r[8];
    for (size_t k = 0; k < 8; k++)
        r[k] = *(const floats *)(in + 8 * k);
    cosine8_back(cosine, r);
    transpose8(r);
    cosine8_back(cosine, r);
    for (size_t k = 0; k < 8; k++)
        *(floats *)(out + 8 * k) = r[k];
}

/* out[n][n] = left[n][n] times in[n][n], n = 12 or 16 and known to the
 * compiler: a row is a vector of eight and one of four or eight. */
INLINE void multiply(const float *left, const float *in, size_t stride,
    size_t n, float *restrict out)
{
    for (size_t k = 0; k < n; k++) {
        floats s = {0}, t = {0};
        fours q = {0};
        for (size_t r = 0; r < n; r++) {
            const float c = left[k * n + r];
            const float *row = in + r * stride;
            s += c * *(const floats *)row;
            if (n == 16)
                t += c * *(const floats *)(row + 8);
            else
                q += c * *(const fours *)(row + 8);
        }
        *(floats *)(out + k * n) = s;
        if (n == 16)
            *(floats *)(out + k * n + 8) = t;
        else
            *(fours *)(out + k * n + 8) = q;
    }
}

/* out = left in right */
INLINE void transform(const float *left, const float *in, size_t stride,
    const float *right, size_t n, float *restrict work, float *restrict out)
{
    if (n == 12) {
        multiply(left, in, stride, 12, work);
        multiply(work, right, 12, 12, out);
        return;
    }
    if (n == 16) {
        multiply(left, in, stride, 16, work);
        multiply(work, right, 16, 16, out);
        return;
    }
    for (size_t k = 0; k < n; k++) {
        memset(work + k * n, 0, n * sizeof *work);
        for (size_t r = 0; r < n; r++)
            for (size_t l = 0; l < n; l++)
                work[k * n + l] += left[k * n + r] * in[r * stride + l];
    }
    for (size_t k = 0; k < n; k++) {
        memset(out + k * n, 0, n * sizeof *out);
        for (size_t r = 0; r < n; r++)
            for (size_t l = 0; l < n; l++)
                out[k * n + l] += work[k * n + r] * right[r * n + l];
    }
}

size_t ae_bm3d_place(size_t n, size_t u, size_t v)
{
    return n == 8 ? v * n + u : u * n + v;
}

CLONES
void ae_bm3d_forward(const struct ae_bm3d_cosine *c, const float *in,
    size_t stride, float *restrict work, float *restrict out)
{
    if (c->n == 8)
        forward8(c->forward, in, stride, out);
    else
        transform(c->forward, in, stride, c->back, c->n, work, out);
}

CLONES
void ae_bm3d_back(const struct ae_bm3d_cosine *c, const float *in,
    float *restrict work, float *restrict out)
{
    if (c->n == 8)
        back8(c->forward, in, out);
    else
        transform(c->back, in, c->n, c->forward, c->n, work, out);
}

#define HALF 0.70710678118654752f /* sqrt(1/2) */

CLONES
void ae_bm3d_haar(float *sum, float *detail, size_t blocks, size_t m)
{
    for (size_t i = blocks - 1; i > 0; i--) {
        const float *a = sum + 2 * i * m, *b = a + m;
        float *s = sum + i * m, *d = detail + i * m;
        for (size_t p = 0; p < m; p++) {
            const float left = a[p], right = b[p];
            s[p] = (left + right) * HALF;
            d[p] = (left - right) * HALF;
        }
    }
    memcpy(detail, sum + m, m * sizeof *detail);
}

CLONES
void ae_bm3d_haar_back(float *sum, const float *detail, size_t blocks, size_t m)
{
    memcpy(sum + m, detail, m * sizeof *sum);
    for (size_t i = 1; i < blocks; i++) {
        float *a = sum + 2 * i * m, *b = a + m;
        const float *s = sum + i * m, *d = detail + i * m;
        for (size_t p = 0; p < m; p++) {
            const float mean = s[p], half = d[p];
            a[p] = (mean + half) * HALF;
            b[p] = (mean - half) * HALF;
        }
    }
}

/* cross[node] = sum of the covariances of the pairs that meet there; met[node]
 * tells which have any. */
INLINE void cross_sums(const struct ae_bm3d_pair *pair, size_t pairs, size_t m,
    unsigned char *met, float *restrict cross)
{
    for (size_t k = 0; k < pairs; k++) {
        float *to = cross + pair[k].node * m;
        const float *c = pair[k].cov;
        if (!met[pair[k].node])
            memset(to, 0, m * sizeof *to);
        met[pair[k].node] = 1;
        for (size_t p = 0; p < m; p++)
            to[p] += c[p];
    }
}

CLONES
void ae_bm3d_variances(const float *self, const struct ae_bm3d_pair *pair,
    size_t pairs, size_t blocks, size_t m, float *restrict within,
    float *restrict var)
{
    unsigned char met[AE_BM3D_BLOCKS] = {0};
    cross_sums(pair, pairs, m, met, var);
    size_t size = 1; /* leaves in half a node of this level */
    for (size_t level = blocks / 2; level > 0; level /= 2, size *= 2) {
        const float scale = 0.5f / (float)size;
        for (size_t i = level; i < 2 * level; i++) {
            const float *a = size > 1 ? within + 2 * i * m : self;
            const float *b = size > 1 ? a + m : self;
            float *w = within + i * m, *v = var + i * m;
            for (size_t p = 0; p < m; p++) {
                const float cross = met[i] ? 2 * v[p] : 0, both = a[p] + b[p];
                /* rounding must not make a variance of 0 negative */
                const float rest = both - cross;
                w[p] = both + cross;
                v[p] = (rest > 0 ? rest : 0) * scale;
            }
        }
    }
    const float *root = blocks > 1 ? within + m : self;
    for (size_t p = 0; p < m; p++)
        var[p] = (root[p] > 0 ? root[p] : 0) / (float)blocks;
}

CLONES
double ae_bm3d_threshold(float *detail, const float *var, size_t blocks,
    size_t m, double threshold, float *restrict work)
{
    const float square = (float)(threshold * threshold), mean = detail[0];
    double sum = 0;
    memset(work, 0, m * sizeof *work);
    for (size_t i = 0; i < blocks; i++) {
        float *d = detail + i * m;
        const float *v = var + i * m;
        for (size_t p = 0; p < m; p++) {
            const int keep = d[p] * d[p] >= square * v[p];
            work[p] += keep ? v[p] : 0;
            d[p] = keep ? d[p] : 0;
        }
    }
    if (detail[0] != mean) {
        work[0] += var[0];
        detail[0] = mean;
    }
    for (size_t p = 0; p < m; p++)
        sum += (double)work[p];
    return sum;
}

CLONES
double ae_bm3d_wiener(float *detail, const float *basic, const float *var,
    size_t blocks, size_t m, double mu2, float *restrict work)
{
    const float mu = (float)mu2, tiny = 1e-30f; /* 0/0 is 0 */
    const float mean = detail[0];
    double sum = 0;
    memset(work, 0, m * sizeof *work);
    for (size_t i = 0; i < blocks; i++) {
        float *d = detail + i * m;
        const float *b = basic + i * m, *v = var + i * m;
        for (size_t p = 0; p < m; p++) {
            const float energy = b[p] * b[p];
            const float w = energy / (energy + mu * v[p] + tiny);
            work[p] += w * w * v[p];
            d[p] *= w;
        }
    }
    const float energy = basic[0] * basic[0];
    const float w = energy / (energy + mu * var[0] + tiny);
    work[0] += (1 - w * w) * var[0];
    detail[0] = mean;
    for (size_t p = 0; p < m; p++)
        sum += (double)work[p];
    return sum;
}

INLINE void add(float *num, float *den, size_t stride, const float *block,
    const float *weight, size_t n)
{
    for (size_t r = 0; r < n; r++)
        for (size_t x = 0; x < n; x++) {
            const float w = weight[r * n + x];
            num[r * stride + x] += w * block[r * n + x];
            den[r * stride + x] += w;
        }
}

CLONES
void ae_bm3d_add(float *num, float *den, size_t stride, const float *block,
    const float *weight, size_t n)
{
    if (n == 12) {
        add(num, den, stride, block, weight, 12);
        return;
    }
    if (n != 8) {
        add(num, den, stride, block, weight, n);
        return;
    }
    for (size_t r = 0; r < 8; r++) {
        const floats w = *(const floats *)(weight + 8 * r);
        floats *to = (floats *)(num + r * stride);
        floats *by = (floats *)(den + r * stride);
        *to += w * *(const floats *)(block + 8 * r);
        *by += w;
    }
}
