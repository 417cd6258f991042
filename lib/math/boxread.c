/* SPDX-License-Identifier: BSD-2-Clause
 * boxread - the samples of a volume in a small cube about a point.
 */
#include <math.h>
#include "math/boxread.h"

long ae_boxread_half(double box, double step, double over)
{
    double half = floor((box * over / step - 1) / 2 + 0.5);

    return half > 0 ? (long)half : 0;
}

void ae_boxread_index(
    const struct ae_vol *vol, const double pos[3], double p[3])
{
    for (int a = 0; a < 3; a++) {
        p[a] = vol->step[a] > 0 ? (pos[a] - vol->origin[a]) / vol->step[a]
                                : pos[a] - vol->origin[a];
    }
}

int ae_boxread_leaves(
    const struct ae_vol *vol, const double p[3], long half, double over)
{
    for (int a = 0; a < 3; a++) {
        double reach = (double)half / over;

        if (p[a] - reach < 0 || p[a] + reach > (double)vol->n[a] - 1) {
            return 1;
        }
    }
    return 0;
}

/* The two voxels and the weight of the upper one for coordinate x; 0 outside
 * the voxels 0 ... n-1. */
static int hat(double x, size_t n, long *low, double *upper)
{
    double f = floor(x);

    if (!(x >= 0 && x <= (double)n - 1)) {
        return 0;
    }
    if (f > (double)n - 2 && n > 1) {
        f = (double)n - 2;
    }
    *low = (long)f;
    *upper = x - f;
    return 1;
}

/* Weight of voxel v, summed over the samples of one axis. */
static double axis_weight(double p, size_t n, long half, double over, long v)
{
    double sum = 0;

    for (long m = -half; m <= half; m++) {
        double x = p + (double)m / over;

        if (x >= 0 && x <= (double)n - 1) {
            double w = 1 - fabs(x - (double)v);

            sum += w > 0 ? w : 0;
        }
    }
    return sum;
}

/* First and last voxel that a sample of the axis touches; 0 when none. */
static int span(
    double p, size_t n, long half, double over, long *first, long *last)
{
    double low = floor(p - (double)half / over);
    double high = ceil(p + (double)half / over);

    if (!(high >= 0 && low <= (double)n - 1)) {
        return 0;
    }
    *first = low < 0 ? 0 : (long)low;
    *last = high > (double)n - 1 ? (long)n - 1 : (long)high;
    return 1;
}

double ae_boxread_sum(
    const struct ae_vol *vol, const double p[3], long half, double over)
{
    long first[3], last[3];
    double sum = 0;

    for (int a = 0; a < 3; a++) {
        if (!span(p[a], vol->n[a], half, over, &first[a], &last[a])) {
            return 0;
        }
    }
    for (long z = first[2]; z <= last[2]; z++) {
        double wz = axis_weight(p[2], vol->n[2], half, over, z);
        double plane = 0;

        for (long y = first[1]; y <= last[1]; y++) {
            const float *row =
                vol->data + ((size_t)z * vol->n[1] + (size_t)y) * vol->n[0];
            double wy = axis_weight(p[1], vol->n[1], half, over, y);
            double line = 0;

            for (long x = first[0]; x <= last[0]; x++) {
                line += axis_weight(p[0], vol->n[0], half, over, x) * row[x];
            }
            plane += wy * line;
        }
        sum += wz * plane;
    }
    return sum;
}

/* Trilinear value at index coordinates (x, y, z), zero outside. */
static double trilinear(const struct ae_vol *vol, const double at[3])
{
    long low[3];
    double up[3], value = 0;

    for (int a = 0; a < 3; a++) {
        if (!hat(at[a], vol->n[a], &low[a], &up[a])) {
            return 0;
        }
    }
    for (int corner = 0; corner < 8; corner++) {
        size_t i[3];
        double w = 1;

        for (int a = 0; a < 3; a++) {
            int bit = corner >> a & 1;

            w *= bit ? up[a] : 1 - up[a];
            i[a] = (size_t)low[a] + (size_t)bit;
        }
        if (w != 0) {
            value +=
                w * vol->data[(i[2] * vol->n[1] + i[1]) * vol->n[0] + i[0]];
        }
    }
    return value;
}

double ae_boxread_sphere(
    const struct ae_vol *vol, const double p[3], long half, double over)
{
    double reach = ((double)half + 0.5) * ((double)half + 0.5), sum = 0;

    for (long k = -half; k <= half; k++) {
        for (long j = -half; j <= half; j++) {
            for (long i = -half; i <= half; i++) {
                double at[3] = {p[0] + (double)i / over,
                    p[1] + (double)j / over, p[2] + (double)k / over};

                if ((double)(i * i + j * j + k * k) <= reach) {
                    sum += trilinear(vol, at);
                }
            }
        }
    }
    return sum;
}

void ae_boxread_samples(const struct ae_vol *vol, const double p[3], long half,
    double over, float *box)
{
    for (long k = -half; k <= half; k++) {
        for (long j = -half; j <= half; j++) {
            for (long i = -half; i <= half; i++) {
                double at[3] = {p[0] + (double)i / over,
                    p[1] + (double)j / over, p[2] + (double)k / over};

                *box++ = (float)trilinear(vol, at);
            }
        }
    }
}
