/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/noise.h"

#include <math.h>
#include <stdlib.h>
#include "base/mem.h"

#define NORMAL_MEDIAN 0.6744897501960817 /* median |x| of a normal x */

static int by_value(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

int ae_noise_white(const float *image, const unsigned char *mask, size_t nx,
    size_t ny, double *sigma, struct ae_error *err)
{
    float *d = ae_alloc((nx / 2) * (ny / 2), sizeof *d);
    size_t n = 0;
    if (!d)
        return ae_fail(err, AE_EMEM, "out of memory");
    for (size_t y = 0; y + 1 < ny; y += 2)
        for (size_t x = 0; x + 1 < nx; x += 2) {
            const size_t i = y * nx + x, j = i + nx;
            if (mask && (mask[i] || mask[i + 1] || mask[j] || mask[j + 1]))
                continue;
            d[n++] =
                fabsf((image[i] - image[i + 1]) - (image[j] - image[j + 1])) /
                2;
        }
    qsort(d, n, sizeof *d, by_value);
    *sigma =
        !n ? 0
           : ((double)d[n / 2] + (double)d[(n - 1) / 2]) / 2 / NORMAL_MEDIAN;
    free(d);
    return AE_OK;
}
