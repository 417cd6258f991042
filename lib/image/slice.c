/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/slice.h"

#include <math.h>
#include <stdlib.h>
#include "base/mem.h"
#include "math/spline.h"
#include "math/stats.h"

static double dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static double step_of(const struct ae_vol *vol, int axis)
{
    return vol->step[axis] > 0 ? vol->step[axis] : 1;
}

static int allocate(struct ae_plane *plane, struct ae_error *err)
{
    size_t n = plane->w * plane->h;
    plane->image = ae_alloc(n, sizeof *plane->image);
    plane->inside = ae_alloc(n, 1);
    if (plane->image && plane->inside)
        return AE_OK;
    ae_slice_clear(plane);
    return ae_fail(err, AE_EMEM, "out of memory for the slice");
}

void ae_slice_clear(struct ae_plane *plane)
{
    free(plane->image);
    free(plane->inside);
    *plane = (struct ae_plane){0};
}

int ae_slice_straight(struct ae_plane *plane, const struct ae_vol *vol,
    int axis, double at, double thickness, struct ae_error *err)
{
    int a = axis == 0, b = axis == 2 ? 1 : 2; /* right and down */
    double step = step_of(vol, axis), origin = vol->origin[axis];
    double last = (double)(vol->n[axis] - 1), centre = (at - origin) / step;
    if (!(centre >= -0.5 && centre <= last + 0.5))
        return ae_fail(err, AE_EUSAGE,
            "%g lies outside the volume, which reaches from %g to %g", at,
            origin, origin + last * step);
    /* 1e-6 of a voxel: coordinates are rounded */
    double half = thickness / step / 2 + 1e-6;
    double low = ceil(centre - half), high = floor(centre + half);
    if (low > high)
        low = high = floor(centre + 0.5);
    size_t first = (size_t)fmin(fmax(low, 0), last);
    size_t end = (size_t)fmin(fmax(high, 0), last) + 1;
    *plane = (struct ae_plane){.w = vol->n[a], .h = vol->n[b]};
    for (int i = 0; i < 3; i++)
        plane->corner[i] = vol->origin[i];
    plane->corner[axis] = at;
    plane->right[a] = step_of(vol, a);
    plane->down[b] = step_of(vol, b);
    plane->normal[axis] = 1;
    if (allocate(plane, err))
        return AE_EMEM;
    const size_t stride[3] = {1, vol->n[0], vol->n[0] * vol->n[1]};
    for (size_t j = 0; j < plane->h; j++)
        for (size_t i = 0; i < plane->w; i++) {
            const float *v = vol->data + i * stride[a] + j * stride[b];
            double sum = 0;
            for (size_t k = first; k < end; k++)
                sum += v[k * stride[axis]];
            plane->image[j * plane->w + i] =
                (float)(sum / (double)(end - first));
            plane->inside[j * plane->w + i] = 1;
        }
    return AE_OK;
}

/* Unit vectors of the picture; 0 when up runs along normal. */
static int frame_of(const double normal[3], const double up[3], double n[3],
    double u[3], double r[3])
{
    double length = sqrt(dot(normal, normal));
    for (int i = 0; i < 3; i++)
        n[i] = normal[i] / length;
    double along = dot(up, n), size = sqrt(dot(up, up));
    for (int i = 0; i < 3; i++)
        u[i] = up[i] - along * n[i];
    double left = sqrt(dot(u, u));
    if (!(length > 0) || !(left > 1e-6 * size))
        return 0;
    for (int i = 0; i < 3; i++)
        u[i] /= left;
    for (int i = 0; i < 3; i++) {
        int j = (i + 1) % 3, k = (i + 2) % 3;
        r[i] = u[j] * n[k] - u[k] * n[j];
    }
    return 1;
}

/* Reach of the volume's box along a direction from point, in steps. */
static void reach(const struct ae_vol *vol, const double direction[3],
    const double point[3], double step, long ends[2])
{
    double low = INFINITY, high = -INFINITY;
    for (int c = 0; c < 8; c++) {
        double d = 0;
        for (int i = 0; i < 3; i++) {
            double last = (double)(vol->n[i] - 1) * step_of(vol, i);
            d += direction[i] *
                 (vol->origin[i] + (c >> i & 1 ? last : 0) - point[i]);
        }
        low = fmin(low, d);
        high = fmax(high, d);
    }
    ends[0] = (long)ceil(low / step - 1e-6);
    ends[1] = (long)floor(high / step + 1e-6);
}

/* The spline's value at a point; 0 when outside. */
static int sample(const struct ae_vol *vol, const double p[3], double *value)
{
    double at[3];
    for (int i = 0; i < 3; i++) {
        double last = (double)(vol->n[i] - 1);
        at[i] = (p[i] - vol->origin[i]) / step_of(vol, i);
        if (!(at[i] > -1e-6 && at[i] < last + 1e-6))
            return 0;
        at[i] = fmin(fmax(at[i], 0), last);
    }
    *value = ae_spline_at3(
        vol->data, vol->n[0], vol->n[1], vol->n[2], at[0], at[1], at[2]);
    return 1;
}

int ae_slice_oblique(struct ae_plane *plane, struct ae_vol *vol,
    const double normal[3], const double up[3], const double point[3],
    double thickness, struct ae_error *err)
{
    double n[3], u[3], r[3], step = step_of(vol, 0);
    long x[2], y[2], layers = (long)floor(thickness / step / 2 + 1e-6);
    if (!frame_of(normal, up, n, u, r))
        return ae_fail(err, AE_EUSAGE,
            "the directions normal and up are 0 0 0 or parallel");
    reach(vol, r, point, step, x);
    reach(vol, u, point, step, y);
    if (x[1] < x[0] || y[1] < y[0] || layers > 100000)
        return ae_fail(err, AE_EUSAGE, "the plane misses the volume");
    *plane = (struct ae_plane){
        .w = (size_t)(x[1] - x[0] + 1), .h = (size_t)(y[1] - y[0] + 1)};
    for (int i = 0; i < 3; i++) {
        plane->corner[i] =
            point[i] + step * ((double)x[0] * r[i] + (double)y[1] * u[i]);
        plane->right[i] = step * r[i];
        plane->down[i] = -step * u[i];
        plane->normal[i] = n[i];
    }
    if (allocate(plane, err))
        return AE_EMEM;
    ae_spline_volume(vol->data, vol->n[0], vol->n[1], vol->n[2]);
    size_t touched = 0;
#pragma omp parallel for schedule(static) reduction(+ : touched)
    for (size_t j = 0; j < plane->h; j++)
        for (size_t i = 0; i < plane->w; i++) {
            double sum = 0, p[3];
            int count = 0;
            for (long k = -layers; k <= layers; k++) {
                double value;
                for (int c = 0; c < 3; c++)
                    p[c] = plane->corner[c] + (double)i * plane->right[c] +
                           (double)j * plane->down[c] + (double)k * step * n[c];
                if (!sample(vol, p, &value))
                    continue;
                sum += value;
                count++;
            }
            if (count) {
                plane->image[j * plane->w + i] = (float)(sum / count);
                plane->inside[j * plane->w + i] = 1;
                touched++;
            }
        }
    if (touched)
        return AE_OK;
    ae_slice_clear(plane);
    return ae_fail(err, AE_EUSAGE, "the plane misses the volume");
}

void ae_slice_place(const struct ae_plane *plane, const double point[3],
    double *x, double *y, double *distance)
{
    double d[3];
    for (int i = 0; i < 3; i++)
        d[i] = point[i] - plane->corner[i];
    *x = dot(d, plane->right) / dot(plane->right, plane->right);
    *y = dot(d, plane->down) / dot(plane->down, plane->down);
    *distance = dot(d, plane->normal);
}

int ae_slice_range(const float *image, const unsigned char *mask, size_t n,
    const double percentile[2], double range[2], struct ae_error *err)
{
    double *sorted = ae_alloc(n, sizeof *sorted);
    size_t m = 0;
    if (!sorted)
        return ae_fail(err, AE_EMEM, "out of memory for the grey range");
    for (size_t i = 0; i < n; i++)
        if (!mask || mask[i])
            sorted[m++] = image[i];
    ae_stats_sort(sorted, m);
    for (int k = 0; k < 2; k++)
        range[k] = m ? ae_stats_quantile(sorted, m, percentile[k] / 100) : 0;
    free(sorted);
    return AE_OK;
}
