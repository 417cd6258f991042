/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/spectra.h"

#include <math.h>
#include <stdlib.h>
#include "base/mem.h"
#include "math/fft.h"

/* Running mean of 2 h + 1 neighbours along a periodic line of n. */
static void box_line(
    double _Complex *out, const double _Complex *in, size_t n, size_t h)
{
    const double scale = 1 / (double)(2 * h + 1);
    double _Complex sum = in[0];
    for (size_t i = 1; i <= h; i++)
        sum += in[i] + in[n - i];
    for (size_t i = 0; i < n; i++) {
        out[i] = sum * scale;
        sum += in[(i + h + 1) % n] - in[(i + n - h) % n];
    }
}

int ae_spectra_box(double _Complex *z, size_t mx, size_t my, size_t hx,
    size_t hy, struct ae_error *err)
{
    const size_t half = mx / 2 + 1, most = mx > my ? mx : my;
    double _Complex *line = ae_alloc(2 * most, sizeof *line);
    double _Complex *copy = ae_alloc(half * my, sizeof *copy);
    if (!line || !copy) {
        free(line);
        free(copy);
        return ae_fail(err, AE_EMEM, "out of memory");
    }
    for (size_t x = 0; x < half; x++) {
        for (size_t y = 0; y < my; y++)
            line[y] = z[y * half + x];
        box_line(line + most, line, my, hy);
        for (size_t y = 0; y < my; y++)
            copy[y * half + x] = line[most + y];
    }
    for (size_t y = 0; y < my; y++) {
        const size_t opposite = (my - y) % my;
        for (size_t x = 0; x < mx; x++)
            line[x] = x < half ? copy[y * half + x]
                               : conj(copy[opposite * half + mx - x]);
        box_line(line + most, line, mx, hx);
        for (size_t x = 0; x < half; x++)
            z[y * half + x] = line[most + x];
    }
    free(line);
    free(copy);
    return AE_OK;
}

/* Height of a frequency in rings. */
static double in_rings(size_t x, size_t y, size_t mx, size_t my, double width)
{
    return hypot((double)x / (double)mx,
               (double)ae_fft_frequency(y, my) / (double)my) /
           width;
}

int ae_spectra_ring(double *out, const double *s, size_t mx, size_t my,
    double width, struct ae_error *err)
{
    const size_t half = mx / 2 + 1, rings = (size_t)(M_SQRT1_2 / width) + 2;
    double *mean = ae_alloc(2 * rings, sizeof *mean), *count = mean + rings;
    if (!mean)
        return ae_fail(err, AE_EMEM, "out of memory");
    for (size_t y = 0; y < my; y++)
        for (size_t x = 0; x < half; x++) {
            const size_t ring = (size_t)in_rings(x, y, mx, my, width);
            const double both = x && 2 * x != mx ? 2 : 1;
            mean[ring] += both * s[y * half + x];
            count[ring] += both;
        }
    for (size_t i = 0; i < rings; i++)
        mean[i] = count[i] > 0 ? mean[i] / count[i] : i ? mean[i - 1] : 0;
    for (size_t y = 0; y < my; y++)
        for (size_t x = 0; x < half; x++) {
            const double at = fmax(in_rings(x, y, mx, my, width) - 0.5, 0);
            const size_t i = (size_t)at;
            const double t = at - (double)i;
            out[y * half + x] =
                i + 1 < rings ? (1 - t) * mean[i] + t * mean[i + 1] : mean[i];
        }
    free(mean);
    return AE_OK;
}
