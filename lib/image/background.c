/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/background.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "image/mask.h"

static int no_memory(struct ae_error *err)
{
    return ae_fail(err, AE_EMEM, "background: out of memory");
}

static int need_some(const unsigned char *mask, size_t n, struct ae_error *err)
{
    size_t inside = 0;
    for (size_t i = 0; i < n; i++)
        inside += mask[i];
    if (inside == n)
        return ae_fail(err, AE_EDATA,
            "the mask covers the whole image, no background is left; "
            "want a smaller mask");
    if (!inside)
        return ae_fail(err, AE_EDATA, "the mask is empty");
    return AE_OK;
}

/* Pixel i of the ring: outside, an edge shared with the mask. */
static int in_ring(const unsigned char *mask, size_t nx, size_t ny, size_t i)
{
    const size_t x = i % nx, y = i / nx;
    return !mask[i] &&
           ((x > 0 && mask[i - 1]) || (x + 1 < nx && mask[i + 1]) ||
               (y > 0 && mask[i - nx]) || (y + 1 < ny && mask[i + nx]));
}

/* Mean and spread of the raw pixels, range of the values used. */
static void measure_ring(struct ae_background_ring *ring, const float *image,
    const float *used, const unsigned char *mask, size_t nx, size_t ny)
{
    double sum = 0, square = 0;
    *ring = (struct ae_background_ring){.low = INFINITY, .high = -INFINITY};
    for (size_t i = 0; i < nx * ny; i++)
        if (in_ring(mask, nx, ny, i)) {
            ring->n++;
            sum += image[i];
            ring->low = fmin(ring->low, used[i]);
            ring->high = fmax(ring->high, used[i]);
        }
    ring->mean = sum / (double)ring->n;
    for (size_t i = 0; i < nx * ny; i++)
        if (in_ring(mask, nx, ny, i))
            square += (image[i] - ring->mean) * (image[i] - ring->mean);
    ring->std = ring->n > 1 ? sqrt(square / (double)(ring->n - 1)) : 0;
}

/* A surface c0 + c1 x + c2 y (+ c3 x^2 + c4 xy + c5 y^2), x and y in half
 * widths of the image from its middle. */
enum { PLANE = 3, QUADRATIC = 6 };

static void powers(double f[QUADRATIC], size_t i, size_t nx, size_t ny)
{
    const double x = (2.0 * (double)(i % nx) + 1) / (double)nx - 1;
    const double y = (2.0 * (double)(i / nx) + 1) / (double)ny - 1;
    const double all[QUADRATIC] = {1, x, y, x * x, x * y, y * y};
    memcpy(f, all, sizeof all);
}

static double surface(const double c[QUADRATIC], size_t i, size_t nx, size_t ny)
{
    double f[QUADRATIC], sum = 0;
    powers(f, i, nx, ny);
    for (int k = 0; k < QUADRATIC; k++)
        sum += c[k] * f[k];
    return sum;
}

/* Least squares of the first n terms over the pixels where use is 1, by
 * Cholesky; a term that the pixels do not determine stays 0. */
static void fit_surface(double c[QUADRATIC], int n, const float *image,
    const unsigned char *use, size_t nx, size_t ny)
{
    double A[QUADRATIC][QUADRATIC] = {{0}}, diagonal[QUADRATIC], f[QUADRATIC];
    memset(c, 0, QUADRATIC * sizeof *c);
    for (size_t i = 0; i < nx * ny; i++) {
        if (!use[i])
            continue;
        powers(f, i, nx, ny);
        for (int k = 0; k < n; k++) {
            c[k] += f[k] * image[i];
            for (int m = 0; m <= k; m++)
                A[k][m] += f[k] * f[m];
        }
    }
    for (int k = 0; k < n; k++)
        diagonal[k] = A[k][k];
    for (int k = 0; k < n; k++) {
        for (int m = 0; m < k; m++) {
            for (int j = 0; j < m; j++)
                A[k][m] -= A[k][j] * A[m][j];
            A[k][m] = A[m][m] > 0 ? A[k][m] / A[m][m] : 0;
            A[k][k] -= A[k][m] * A[k][m];
        }
        A[k][k] = A[k][k] > 1e-10 * diagonal[k] ? sqrt(A[k][k]) : 0;
        for (int m = 0; m < k; m++)
            c[k] -= A[k][m] * c[m];
        c[k] = A[k][k] > 0 ? c[k] / A[k][k] : 0;
    }
    for (int k = n - 1; k >= 0; k--) {
        for (int m = k + 1; m < n; m++)
            c[k] -= A[m][k] * c[m];
        c[k] = A[k][k] > 0 ? c[k] / A[k][k] : 0;
    }
}

int ae_background_plane(float *back, const float *image,
    const unsigned char *mask, size_t nx, size_t ny,
    struct ae_background_ring *ring, struct ae_error *err)
{
    double c[QUADRATIC];
    int code = need_some(mask, nx * ny, err);
    if (code)
        return code;
    unsigned char *use = ae_alloc(nx * ny, 1);
    if (!use)
        return no_memory(err);
    for (size_t i = 0; i < nx * ny; i++)
        use[i] = (unsigned char)in_ring(mask, nx, ny, i);
    fit_surface(c, PLANE, image, use, nx, ny);
    for (size_t i = 0; i < nx * ny; i++)
        back[i] = (float)surface(c, i, nx, ny);
    measure_ring(ring, image, back, mask, nx, ny);
    free(use);
    return AE_OK;
}

static int by_value(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

int ae_background_const(float *back, const float *image,
    const unsigned char *mask, size_t nx, size_t ny,
    struct ae_background_ring *ring, struct ae_error *err)
{
    size_t n = 0;
    int code = need_some(mask, nx * ny, err);
    if (code)
        return code;
    for (size_t i = 0; i < nx * ny; i++)
        if (in_ring(mask, nx, ny, i))
            back[n++] = image[i];
    qsort(back, n, sizeof *back, by_value);
    const float median =
        (float)(0.5 * ((double)back[(n - 1) / 2] + back[n / 2]));
    for (size_t i = 0; i < nx * ny; i++)
        back[i] = median;
    measure_ring(ring, image, back, mask, nx, ny);
    return AE_OK;
}

/* back = what stands outside the mask, see the header */
static int smooth_outside(float *back, const float *image,
    const unsigned char *mask, size_t nx, size_t ny, double sigma,
    struct ae_error *err)
{
    const size_t n = nx * ny;
    double c[QUADRATIC];
    unsigned char *outside = ae_alloc(n, 2);
    if (!outside)
        return no_memory(err);
    unsigned char *band = outside + n;
    memcpy(band, mask, n);
    int code = ae_mask_dilate(band, nx, ny, ceil(3 * sigma), err);
    for (size_t i = 0; i < n && !code; i++) {
        outside[i] = !mask[i];
        band[i] = band[i] && outside[i];
    }
    if (!code) {
        fit_surface(c, QUADRATIC, image, band, nx, ny);
        for (size_t i = 0; i < n; i++)
            back[i] = (float)(image[i] - surface(c, i, nx, ny));
        code = ae_mask_smooth(back, back, outside, nx, ny, sigma, err);
    }
    for (size_t i = 0; i < n && !code; i++)
        back[i] = (float)(back[i] + surface(c, i, nx, ny));
    free(outside);
    return code;
}

/* The equations A b = f over the unknowns, in scan order. A has -1 for each
 * unknown neighbour above and below, -across for those left and right, and the
 * negative sum for all neighbours in the image on its diagonal; NONE marks a
 * neighbour that is known or not there. */
struct system {
    size_t n;
    double across;
    size_t *left, *up, *right, *down; /* [n], indices of unknowns */
    double *diagonal, *inverse;       /* inverse: of the factor's diagonal */
    double *b, *r, *p, *q, *z;
    void *memory;
};
#define NONE SIZE_MAX

/* q = A p */
static void multiply(const struct system *s, double *q, const double *p)
{
    for (size_t i = 0; i < s->n; i++) {
        double sum = s->diagonal[i] * p[i];
        if (s->left[i] != NONE)
            sum -= s->across * p[s->left[i]];
        if (s->up[i] != NONE)
            sum -= p[s->up[i]];
        if (s->right[i] != NONE)
            sum -= s->across * p[s->right[i]];
        if (s->down[i] != NONE)
            sum -= p[s->down[i]];
        q[i] = sum;
    }
}

/* Modified incomplete Cholesky: fill is dropped and taken off the diagonal,
 * which keeps the row sums of A. 0.97 of it, so that no pivot vanishes. */
static void factorise(struct system *s)
{
    const double tau = 0.97, floor_of_pivot = 0.25, w = s->across;
    for (size_t i = 0; i < s->n; i++) {
        double d = s->diagonal[i];
        if (s->left[i] != NONE) {
            const double v = s->inverse[s->left[i]];
            d -= v * v * w * (w + tau * (s->down[s->left[i]] != NONE));
        }
        if (s->up[i] != NONE) {
            const double v = s->inverse[s->up[i]];
            d -= v * v * (1 + tau * w * (s->right[s->up[i]] != NONE));
        }
        if (d < floor_of_pivot * s->diagonal[i])
            d = s->diagonal[i];
        s->inverse[i] = 1 / sqrt(d);
    }
}

/* z = (L L^T)^-1 r, L_ii = 1/inverse_i, L_ij = A_ij inverse_j */
static void precondition(const struct system *s, double *z, const double *r)
{
    for (size_t i = 0; i < s->n; i++) {
        double sum = r[i];
        if (s->left[i] != NONE)
            sum += s->across * s->inverse[s->left[i]] * z[s->left[i]];
        if (s->up[i] != NONE)
            sum += s->inverse[s->up[i]] * z[s->up[i]];
        z[i] = sum * s->inverse[i];
    }
    for (size_t i = s->n; i-- > 0;) {
        double sum = z[i];
        if (s->right[i] != NONE)
            sum += s->across * s->inverse[i] * z[s->right[i]];
        if (s->down[i] != NONE)
            sum += s->inverse[i] * z[s->down[i]];
        z[i] = sum * s->inverse[i];
    }
}

static double dot(const double *x, const double *y, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i] * y[i];
    return sum;
}

static double largest(const double *x, size_t n)
{
    double most = 0;
    for (size_t i = 0; i < n; i++)
        most = fmax(most, fabs(x[i]));
    return most;
}

/* From the start in b; r = f - A b on entry. */
static int conjugate_gradients(
    struct system *s, double tolerance, int *steps, struct ae_error *err)
{
    enum { MAX_STEPS = 20000 };
    const size_t n = s->n;
    double old = 0;
    for (*steps = 0; largest(s->r, n) > tolerance; (*steps)++) {
        if (*steps == MAX_STEPS)
            return ae_fail(err, AE_EDATA,
                "background: no solution after %d iterations", *steps);
        precondition(s, s->z, s->r);
        const double now = dot(s->r, s->z, n), beta = *steps ? now / old : 0;
        for (size_t i = 0; i < n; i++)
            s->p[i] = s->z[i] + beta * s->p[i];
        multiply(s, s->q, s->p);
        const double alpha = now / dot(s->p, s->q, n);
        for (size_t i = 0; i < n; i++) {
            s->b[i] += alpha * s->p[i];
            s->r[i] -= alpha * s->q[i];
        }
        old = now;
    }
    return AE_OK;
}

static int new_system(
    struct system *s, size_t n, double across, struct ae_error *err)
{
    enum { ARRAYS = 11 };
    *s = (struct system){.n = n, .across = across};
    double *at = s->memory = ae_alloc(n, ARRAYS * sizeof *at);
    _Static_assert(sizeof(size_t) <= sizeof(double), "one room for both");
    if (!at)
        return no_memory(err);
    size_t **index[4] = {&s->left, &s->up, &s->right, &s->down};
    double **real[7] = {
        &s->diagonal, &s->inverse, &s->b, &s->r, &s->p, &s->q, &s->z};
    for (int k = 0; k < 4; k++, at += n)
        *index[k] = (size_t *)(void *)at;
    for (int k = 0; k < 7; k++, at += n)
        *real[k] = at;
    return AE_OK;
}

/* number[i] is the unknown at pixel i, or NONE; known neighbours go into the
 * right-hand side r, which the start value (the ring's mean) turns into the
 * first residual. */
static void set_up(struct system *s, const size_t *number, const float *back,
    size_t nx, size_t ny, double start)
{
    for (size_t i = 0; i < nx * ny; i++) {
        const size_t u = number[i], x = i % nx, y = i / nx;
        if (u == NONE)
            continue;
        const int there[4] = {x > 0, y > 0, x + 1 < nx, y + 1 < ny};
        const size_t at[4] = {i - 1, i - nx, i + 1, i + nx};
        size_t *unknown[4] = {
            s->left + u, s->up + u, s->right + u, s->down + u};
        s->b[u] = start;
        for (int k = 0; k < 4; k++) {
            const double weight = k % 2 ? 1 : s->across;
            *unknown[k] = there[k] ? number[at[k]] : NONE;
            s->diagonal[u] += weight * there[k];
            if (there[k] && *unknown[k] == NONE)
                s->r[u] += weight * (back[at[k]] - start);
        }
    }
}

int ae_background_laplace(float *back, const float *image,
    const unsigned char *mask, size_t nx, size_t ny, double across,
    double sigma, double tolerance, struct ae_background_ring *ring, int *steps,
    struct ae_error *err)
{
    const size_t n = nx * ny;
    struct system s = {0};
    size_t unknowns = 0;
    int code = need_some(mask, n, err);
    if (code)
        return code;
    size_t *number = ae_alloc(n, sizeof *number);
    if (!number)
        return no_memory(err);
    for (size_t i = 0; i < n; i++)
        number[i] = mask[i] ? unknowns++ : NONE;
    if (sigma > 0)
        code = smooth_outside(back, image, mask, nx, ny, sigma, err);
    else
        memcpy(back, image, n * sizeof *back);
    if (!code)
        code = new_system(&s, unknowns, across, err);
    if (!code) {
        measure_ring(ring, image, back, mask, nx, ny);
        set_up(&s, number, back, nx, ny, 0.5 * (ring->low + ring->high));
        factorise(&s);
        code = conjugate_gradients(
            &s, tolerance * (ring->high - ring->low), steps, err);
    }
    for (size_t i = 0; i < n && !code; i++)
        if (number[i] != NONE)
            back[i] = (float)s.b[number[i]];
    free(s.memory);
    free(number);
    return code;
}
