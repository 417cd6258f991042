/* SPDX-License-Identifier: BSD-2-Clause
 * The kernels that reject maxima against the fits themselves, on noise.
 */
#include <stdlib.h>
#include "atoms/peakscreen.h"
#include "check.h"

/* Noise with some broad peaks; n samples per axis differ. */
static float *noise(const size_t n[3])
{
    float *vol = calloc(n[0] * n[1] * n[2], sizeof *vol);
    unsigned long state = 4711;
    for (size_t i = 0; vol && i < n[0] * n[1] * n[2]; i++) {
        double x = (double)(i % n[0]), y = (double)(i / n[0] % n[1]);
        double z = (double)(i / (n[0] * n[1]));
        state = state * 6364136223846793005UL + 1442695040888963407UL;
        vol[i] = (float)((double)(state >> 33) / 2147483648.0 +
                         sin(x / 1.7) * sin(y / 2.1) * cos(z / 1.9));
    }
    return vol;
}

/* Screened and not: the same flags and positions; most of those without a
 * peak are found by the screen. */
static void compare(long over, enum ae_upsample method, long drop,
    struct ae_peakfit how, double least)
{
    size_t n[3] = {31, 27, 29}, found = 0, none = 0, screened = 0;
    float *vol = noise(n);
    struct ae_finegrid fine;
    struct ae_maximum *list = NULL;
    struct ae_error err;
    CHECK(ae_finegrid_new(&fine, vol, n, over, method, drop, &err) == AE_OK);
    CHECK(ae_finegrid_maxima(&fine, 6, 0, 24, &list, &found, &err) == AE_OK);
    struct ae_peak *plain = calloc(found, sizeof *plain);
    struct ae_peak *fast = calloc(found, sizeof *fast);
    CHECK(ae_peakfit_all(&fine, &how, list, found, plain, &err) == AE_OK);
    CHECK(ae_peakscreen(&fine, &how, list, found, &err) == AE_OK);
    CHECK(ae_peakfit_all(&fine, &how, list, found, fast, &err) == AE_OK);
    for (size_t i = 0; i < found; i++) {
        CHECK(plain[i].flag == fast[i].flag);
        none += plain[i].flag == AE_PEAK_NONE;
        screened += list[i].none != 0;
        for (int a = 0; a < 3 && !plain[i].flag; a++) {
            NEAR(plain[i].p[a], fast[i].p[a], 0);
        }
    }
    CHECK(none < found);
    CHECK((double)screened > least * (double)none);
    free(plain);
    free(fast);
    free(list);
    ae_finegrid_clear(&fine);
    free(vol);
}

/* The Hessian as one sum is that of the fit. */
static void check_hessian(void)
{
    static struct ae_quartic ball;
    static double box[11 * 11 * 11], weight[11 * 11 * 11];
    struct ae_quartic_fit fit;
    ae_quartic_init(&ball, 5, 0.7);
    for (int i = 0; i < 11 * 11 * 11; i++) {
        box[i] = sin(i * 0.37) + cos(i * i * 0.011);
    }
    CHECK(ae_quartic_solve(&ball, box, (double[3]){0, 0, 0}, &fit) == AE_OK);
    for (int k = 0; k < 6; k++) {
        double sum = 0;
        double scale = ae_quartic_hessian(&ball, k, weight);
        for (int i = 0; i < 11 * 11 * 11; i++) {
            sum += weight[i] * box[i];
        }
        NEAR(sum, fit.hessian[k], 1e-13 * scale);
    }
}

int main(void)
{
    struct ae_peakfit how = {
        .half = 7, .alpha = 1, .max_step = 0.5, .settle = 7, .rounds = 14};
    check_hessian();
    compare(3, AE_UPSAMPLE_SPLINE, 0, how, 0.25);
    how.half = 4;
    compare(3, AE_UPSAMPLE_LINEAR, 2, how, 0.12);
    how.determinant = 1;
    compare(2, AE_UPSAMPLE_SPLINE, 0, how, 0.25);
    return checked();
}
