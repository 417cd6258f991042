/* SPDX-License-Identifier: BSD-2-Clause */
#include "sim/idpc.h"

#include <stdlib.h>
#include "check.h"

/* The gradient of a Gaussian returns it, less its mean. */
static void gaussian(void)
{
    enum { NX = 90, NY = 77 };
    static double gx[NY][NX], gy[NY][NX], f[NY][NX], got[NY][NX];
    const double step = 0.31, s = 1.1;
    double mean = 0, worst = 0;
    for (int j = 0; j < NY; j++)
        for (int i = 0; i < NX; i++) {
            const double x = (i - 41.3) * step, y = (j - 40.2) * step;
            f[j][i] = exp(-(x * x + y * y) / (2 * s * s));
            gx[j][i] = -x / (s * s) * f[j][i];
            gy[j][i] = -y / (s * s) * f[j][i];
            mean += f[j][i] / (NX * NY);
        }
    for (int mirror = 0; mirror < 2; mirror++) {
        CHECK(!ae_idpc(
            &gx[0][0], &gy[0][0], NX, NY, step, mirror, &got[0][0], NULL));
        worst = 0;
        for (int j = 0; j < NY; j++)
            for (int i = 0; i < NX; i++)
                worst = fmax(worst, fabs(got[j][i] - f[j][i] + mean));
        NEAR(worst, 0, 1e-10);
    }
}

/* Blur keeps a constant, and spreads a point by the full width asked. */
static void blur(void)
{
    double image[31 * 31] = {0}, flat[31 * 31];
    for (int i = 0; i < 31 * 31; i++)
        flat[i] = 2.5;
    image[15 * 31 + 15] = 1;
    CHECK(!ae_source_blur(image, 31, 31, 0.4, 1.6, NULL));
    CHECK(!ae_source_blur(flat, 31, 31, 0.4, 1.6, NULL));
    NEAR(flat[0], 2.5, 1e-12);
    NEAR(image[15 * 31 + 17] / image[15 * 31 + 15], 0.5, 1e-12);
}

/* Quadrants to two images; nothing anywhere gives 0. */
static void quadrants(void)
{
    const double signal[8] = {4, 1, 2, 3, 0, 0, 0, 0};
    double x[2], y[2];
    ae_dpc(signal, 2, 4, x, y);
    NEAR(x[0], 0.2, 1e-15);
    NEAR(y[0], -0.2, 1e-15);
    NEAR(x[1], 0, 0);
    NEAR(y[1], 0, 0);
}

int main(void)
{
    gaussian();
    blur();
    quadrants();
    return checked();
}
