/* SPDX-License-Identifier: BSD-2-Clause
 * boxread: a linear function is read exactly, the sum is that of the samples.
 */
#include <string.h>
#include "check.h"
#include "base/rng.h"
#include "math/boxread.h"

enum { NX = 11, NY = 9, NZ = 13, HALF = 4, EDGE = 2 * HALF + 1 };
static float data[NX * NY * NZ];

static struct ae_vol volume(void)
{
    struct ae_vol vol;

    memset(&vol, 0, sizeof vol);
    vol.kind = AE_VOLUME;
    vol.dim = 3;
    vol.n[0] = NX;
    vol.n[1] = NY;
    vol.n[2] = NZ;
    vol.n[3] = 1;
    for (int a = 0; a < 3; a++) {
        vol.step[a] = 0.35;
        vol.origin[a] = -1.5 + a;
    }
    vol.data = data;
    return vol;
}

static void linear(const struct ae_vol *vol)
{
    const double pos[3] = {0.21, 1.13, 2.4};
    double p[3], want;
    float box[EDGE * EDGE * EDGE];

    for (int k = 0; k < NX * NY * NZ; k++) {
        data[k] = (float)(3 + 0.5 * (k % NX) - 0.25 * (k / NX % NY) +
                          0.125 * (k / NX / NY));
    }
    ae_boxread_index(vol, pos, p);
    NEAR(p[0], (0.21 + 1.5) / 0.35, 1e-12);
    ae_boxread_samples(vol, p, HALF, 3, box);
    for (int k = 0; k < EDGE * EDGE * EDGE; k++) {
        want = 3 + 0.5 * (p[0] + (k % EDGE - HALF) / 3.0) -
               0.25 * (p[1] + (k / EDGE % EDGE - HALF) / 3.0) +
               0.125 * (p[2] + (k / EDGE / EDGE - HALF) / 3.0);
        NEAR(box[k], want, 1e-5);
    }
    want = 3 + 0.5 * p[0] - 0.25 * p[1] + 0.125 * p[2];
    NEAR(ae_boxread_sum(vol, p, HALF, 3), EDGE * EDGE * EDGE * want, 1e-3);
    NEAR(ae_boxread_sphere(vol, p, 1, 3), 19 * want, 1e-4); /* |m|^2 <= 2.25 */
    CHECK(!ae_boxread_leaves(vol, p, HALF, 3));
}

/* Random samples, positions partly outside. */
static void sums(const struct ae_vol *vol)
{
    struct ae_rng *rng = ae_rng_new(31, 0);
    float box[EDGE * EDGE * EDGE];

    for (int k = 0; k < NX * NY * NZ; k++) {
        data[k] = (float)ae_rng_normal(rng);
    }
    for (int trial = 0; trial < 50; trial++) {
        double p[3] = {14 * ae_rng_uniform(rng) - 1.5,
            12 * ae_rng_uniform(rng) - 1.5, 16 * ae_rng_uniform(rng) - 1.5};
        double sum = 0;

        if (trial == 0) { /* at a voxel, on the upper faces */
            p[0] = NX - 1;
            p[1] = NY - 1;
            p[2] = 4;
        }
        ae_boxread_samples(vol, p, HALF, 3, box);
        for (int k = 0; k < EDGE * EDGE * EDGE; k++) {
            sum += box[k];
        }
        NEAR(ae_boxread_sum(vol, p, HALF, 3), sum, 1e-4);
    }
    CHECK(ae_boxread_leaves(vol, (double[3]){1.2, 4, 4}, HALF, 3));
    CHECK(!ae_boxread_leaves(vol, (double[3]){4.0 / 3, 4, 4}, HALF, 3));
    CHECK(ae_boxread_leaves(vol, (double[3]){4, 4, NZ - 2.3}, HALF, 3));
    ae_rng_free(rng);
}

int main(void)
{
    struct ae_vol vol = volume();

    CHECK(ae_boxread_half(1.7, 0.343, 3) == 7); /* 15 samples at 0.1143 A */
    CHECK(ae_boxread_half(0.8, 0.343, 3) == 3);
    CHECK(ae_boxread_half(2.3334, 1, 3) == 3);
    CHECK(ae_boxread_half(0.01, 1, 3) == 0);
    linear(&vol);
    sums(&vol);
    return checked();
}
