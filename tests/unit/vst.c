/* SPDX-License-Identifier: BSD-2-Clause
 * vst: means of the stabilised image, from sums made elsewhere (Poisson times
 * 81-point Gauss-Hermite; times 2,000,001 points where f has its kink within
 * reach), and the way back.
 */
#include "image/vst.h"
#include "check.h"

static void means(double s, size_t n, const double (*want)[2])
{
    const struct ae_noise noise = {3.5, 70, 3.5 * s};
    struct ae_vst *vst;
    struct ae_error err;
    CHECK(!ae_vst_new(&vst, &noise, &err));
    for (size_t i = 0; i < n; i++)
        NEAR(ae_vst_mean(vst, 70 + 3.5 * want[i][0]), want[i][1], 1e-4);
    /* D of the lowest intensity and below is the offset */
    NEAR(ae_vst_inverse(vst, ae_vst_mean(vst, 70)), 70, 1e-9);
    NEAR(ae_vst_inverse(vst, 0), 70, 1e-9);
    for (double y = 0.01; y < 500; y *= 1.37)
        NEAR(ae_vst_inverse(vst, ae_vst_mean(vst, 70 + 3.5 * y)), 70 + 3.5 * y,
            3.5 * 1e-3);
    ae_vst_free(vst);
}

int main(void)
{
    const double none[][2] = {{1, 2.18691}, {2, 2.92843}, {5, 4.52745},
        {10, 6.36389}, {30, 10.97725}, {100, 20.01250}};
    const double two[][2] = {{1, 4.51333}, {10, 7.51573}};
    means(0, 6, none);
    means(2, 2, two);
    /* f itself, and counts too low for it */
    const struct ae_noise noise = {2, 5, 3};
    float z[] = {5, 25.5, -100};
    ae_vst_forward(z, 3, &noise);
    NEAR(z[0], 3.2403703, 1e-6); /* sqrt(0.375 4 + 9) */
    NEAR(z[1], 7.1763500, 1e-6); /* sqrt(2 20.5 + 10.5) */
    NEAR(z[2], 0, 0);
    return checked();
}
