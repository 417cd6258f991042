/* SPDX-License-Identifier: BSD-2-Clause
 * vst - everything inside is in electrons: y, z and s = read/gain.
 */
#include "image/vst.h"

#include <math.h>
#include <stdlib.h>
#include "base/mem.h"

#define STEP   0.02 /* of sqrt(y) from row to row of the table */
#define ROWS   401  /* up to y = 64 */
#define NORMAL 1601 /* points of the integral over n, from -8 to 8 sigma */

struct ae_vst {
    struct ae_noise noise;
    double s;
    double d[ROWS]; /* D at y = (i STEP)^2 */
};

void ae_vst_forward(float *image, size_t n, const struct ae_noise *noise)
{
    const double a = noise->gain;
    const double rest =
        0.375 * a * a + noise->read * noise->read - a * noise->offset;
    for (size_t i = 0; i < n; i++)
        image[i] = (float)(2 / a * sqrt(fmax(0, a * (double)image[i] + rest)));
}

/* E f(k + s x), x normal, by the trapezium rule. */
static double normal_mean(double k, double s)
{
    double sum = 0, weight = 0;
    if (!(s > 0))
        return 2 * sqrt(k + 0.375);
    for (int i = 0; i < NORMAL; i++) {
        const double x = 16.0 * i / (NORMAL - 1) - 8, w = exp(-x * x / 2);
        sum += w * 2 * sqrt(fmax(0, k + s * x + 0.375 + s * s));
        weight += w;
    }
    return sum / weight;
}

/* D(y) = sum over k of Poisson(k; y) E f(k + s x). */
static double poisson_mean(double y, const double *of_count, int counts)
{
    double sum = 0;
    for (int k = 0; k < counts; k++) {
        const double log_p =
            k ? k * log(y > 0 ? y : 1e-300) - y - lgamma(k + 1) : -y;
        sum += exp(log_p) * of_count[k];
    }
    return sum;
}

int ae_vst_new(
    struct ae_vst **vst, const struct ae_noise *noise, struct ae_error *err)
{
    enum { COUNTS = 160 }; /* 64 electrons and 12 standard deviations */
    double of_count[COUNTS];
    struct ae_vst *new = ae_alloc(1, sizeof *new);
    *vst = new;
    if (!new)
        return ae_fail(err, AE_EMEM, "out of memory");
    new->noise = *noise;
    new->s = noise->read / noise->gain;
    for (int k = 0; k < COUNTS; k++)
        of_count[k] = normal_mean(k, new->s);
    for (int i = 0; i < ROWS; i++)
        new->d[i] = poisson_mean(STEP * i * STEP * i, of_count, COUNTS);
    return AE_OK;
}

void ae_vst_free(struct ae_vst *vst)
{
    free(vst);
}

/* D of many electrons: E sqrt(x + e) to the fourth moment of e. */
static double expansion(double y, double s)
{
    const double x = y + 0.375 + s * s, v = y + s * s;
    const double fourth = 3 * v * v + y;
    return 2 * sqrt(x) *
           (1 - v / (8 * x * x) + y / (16 * x * x * x) -
               5 * fourth / (128 * x * x * x * x));
}

double ae_vst_inverse(const struct ae_vst *vst, double d)
{
    const struct ae_noise *noise = &vst->noise;
    double y = 0;
    if (d >= vst->d[ROWS - 1]) {
        y = d * d / 4 - vst->s * vst->s; /* Newton; dD/dy is about 2/D */
        for (int i = 0; i < 4; i++)
            y -= (expansion(y, vst->s) - d) * d / 2;
    } else if (d > vst->d[0]) {
        int low = 0, high = ROWS - 1;
        while (high - low > 1) {
            const int middle = (low + high) / 2;
            *(vst->d[middle] <= d ? &low : &high) = middle;
        }
        const double a = (d - vst->d[low]) / (vst->d[high] - vst->d[low]);
        const double from = STEP * low, to = STEP * high;
        y = (1 - a) * from * from + a * to * to;
    }
    return noise->offset + noise->gain * fmax(0, y);
}

double ae_vst_mean(const struct ae_vst *vst, double y)
{
    const double electrons = fmax(0, (y - vst->noise.offset) / vst->noise.gain);
    const double at = sqrt(electrons) / STEP;
    if (at < ROWS - 1) {
        const int i = (int)at;
        const double from = STEP * i * STEP * i;
        const double to = STEP * (i + 1) * STEP * (i + 1);
        return vst->d[i] +
               (electrons - from) / (to - from) * (vst->d[i + 1] - vst->d[i]);
    }
    return expansion(electrons, vst->s);
}

int ae_vst_back(
    float *image, size_t n, const struct ae_noise *noise, struct ae_error *err)
{
    struct ae_vst *vst;
    const int code = ae_vst_new(&vst, noise, err);
    for (size_t i = 0; i < n && !code; i++)
        image[i] = (float)ae_vst_inverse(vst, (double)image[i]);
    ae_vst_free(vst);
    return code;
}

double ae_vst_level(float *image, const float *noisy, size_t n, double offset)
{
    double up = 0, down = 0;
    for (size_t i = 0; i < n; i++) {
        up += (double)noisy[i] - offset;
        down += (double)image[i] - offset;
    }
    if (!(up > 0) || !(down > 0))
        return 1;
    for (size_t i = 0; i < n; i++)
        image[i] = (float)(offset + up / down * ((double)image[i] - offset));
    return up / down;
}
