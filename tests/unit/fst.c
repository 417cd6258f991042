/* SPDX-License-Identifier: BSD-2-Clause
 * fst - the Fourier-slice pair: sums, one bilinear read with a hard border,
 * strides, threads.
 */
#include "check.h"
#include <stdlib.h>
#include <string.h>
#include "base/threads.h"
#include "tomo/fst.h"

enum { NX = 11, NY = 8, NZ = 9, K = 3 };

static const double euler[K][3] = {
    {0, 0, 0}, {3.5, -37.2, -11}, {-80, 61, 25.5}};
static const double over[3] = {3, 2.5, 4};
static const size_t size[3] = {NX, NY, NZ};

static double noise(unsigned *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state / 4294967296.0;
}

/* At 0 degrees the plane is on the grid: the image is the sum over z. */
static void upright(void)
{
    float vol[NZ * NY * NX], image[K * NY * NX], keep[NZ * NY * NX];
    struct ae_fst *f;
    unsigned state = 4;
    for (int i = 0; i < NZ * NY * NX; i++)
        keep[i] = vol[i] = (float)noise(&state);
    CHECK(!ae_fst_new(&f, size, NX, NY, K, over, NULL));
    ae_set_threads(1);
    ae_fst_forward(f, vol, 0, 1, K, euler, image);
    CHECK(!memcmp(vol, keep, sizeof vol));
    for (int i = 0; i < NY * NX; i++) {
        double sum = 0;
        for (int z = 0; z < NZ; z++)
            sum += vol[z * NY * NX + i];
        NEAR(image[i], sum, 2e-5);
    }
    float again[K * NY * NX];
    memset(again, 0, sizeof again);
    ae_fst_forward(f, vol, 1, 2, K, euler, again);
    for (int k = 0; k < K; k++)
        for (int i = 0; i < NY * NX; i++)
            CHECK(again[k * NY * NX + i] ==
                  (k == 1 ? image[k * NY * NX + i] : 0));
    ae_fst_free(f);
}

/* one read of an image at (u, v), 0 outside [0, nu-1] x [0, nv-1] */
static double read_image(const float *image, double u, double v)
{
    if (!(u >= 0 && u <= NX - 1 && v >= 0 && v <= NY - 1))
        return 0;
    const int i = u < NX - 1 ? (int)u : NX - 2;
    const int j = v < NY - 1 ? (int)v : NY - 2;
    const double p = u - i, q = v - j;
    const float *at = image + j * NX + i;
    return (1 - q) * ((1 - p) * at[0] + p * at[1]) +
           q * ((1 - p) * at[NX] + p * at[NX + 1]);
}

static void back(void)
{
    const double rad = 0.017453292519943295769;
    float stack[K * NY * NX], vol[NZ * NY * NX], two[NZ * NY * NX];
    struct ae_fst *f;
    unsigned state = 9;
    for (int i = 0; i < K * NY * NX; i++)
        stack[i] = (float)noise(&state);
    ae_set_threads(1);
    CHECK(!ae_fst_new(&f, size, NX, NY, K, over, NULL));
    ae_fst_back(f, 0, 1, K, euler, stack, vol);
    ae_fst_free(f);
    ae_set_threads(3);
    CHECK(!ae_fst_new(&f, size, NX, NY, K, over, NULL));
    ae_fst_back(f, 0, 1, K, euler, stack, two);
    ae_fst_free(f);
    CHECK(!memcmp(vol, two, sizeof vol));
    for (int i = 0; i < NZ * NY * NX; i++) {
        const double x = i % NX - NX / 2, y = i / NX % NY - NY / 2;
        const double z = i / NX / NY - NZ / 2;
        double sum = 0;
        for (int k = 0; k < K; k++) {
            const double *e = euler[k];
            const double p = e[0] * rad, t = e[1] * rad, s = e[2] * rad;
            const double x1 = cos(p) * x + sin(p) * y;
            const double y1 = -sin(p) * x + cos(p) * y;
            const double u = cos(t) * x1 - sin(t) * z;
            const double z2 = sin(t) * x1 + cos(t) * z;
            const double v = cos(s) * y1 + sin(s) * z2;
            sum += read_image(stack + k * NY * NX, u + NX / 2, v + NY / 2);
        }
        NEAR(vol[i], sum, 1e-5);
    }
}

/* 3 samples times 1.5 are 5, not 4: told by the bytes, added up by hand for
 * 12 x 5 x 12. */
static void rounding(void)
{
    const size_t n[3] = {8, 3, 8};
    const double times[3] = {1.5, 1.5, 1.5};
    ae_set_threads(1);
    NEAR(ae_fst_bytes(n, 8, 3, times),
        8 * 7 * 5 * 12 + 8 * 8 * 3 * 8 + 4 * 12 + 8 * 5 * 8 + 8 * 5 * 7 + 8 * 8,
        0.5);
    CHECK(ae_fst_seconds(n, 8, 3, times, 10) > 0);
}

int main(void)
{
    upright();
    back();
    rounding();
    return checked();
}
