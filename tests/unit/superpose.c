/* SPDX-License-Identifier: BSD-2-Clause
 * superpose: a planted rotation, scale and shift come back.
 */
#include "check.h"
#include "base/rng.h"
#include "math/rotation.h"
#include "math/superpose.h"

enum { N = 40 };

static void planted(enum ae_superpose_fit kind, double scale)
{
    struct ae_rng *rng = ae_rng_new(9, 4);
    double p[N][3], q[N][3], R[3][3], euler[3] = {31.7, -142.3, 17.9};
    const double t[3] = {3.25, -7.5, 1.125};
    struct ae_superpose fit;
    int reduced;

    ae_rotation(euler, R);
    for (int i = 0; i < N; i++) {
        for (int a = 0; a < 3; a++) {
            p[i][a] = 5 + 8 * ae_rng_normal(rng);
        }
        ae_rotate(q[i], R, p[i]);
        for (int a = 0; a < 3; a++) {
            q[i][a] = scale * q[i][a] + t[a];
        }
    }
    CHECK(ae_superpose((const double(*)[3])p, (const double(*)[3])q, N, kind,
              &fit, &reduced, NULL) == AE_OK);
    CHECK(!reduced);
    NEAR(fit.scale, scale, 1e-12);
    for (int a = 0; a < 3; a++) {
        NEAR(fit.shift[a], t[a], 1e-11);
        for (int b = 0; b < 3; b++) {
            NEAR(fit.rotation[a][b], R[a][b], 1e-12);
        }
    }
    for (int i = 0; i < N; i++) {
        double r[3];

        ae_superpose_apply(&fit, p[i], r);
        NEAR(r[1], q[i][1], 1e-11);
    }
    ae_rng_free(rng);
}

static void shift_alone(void)
{
    const double p[2][3] = {{1, 2, 3}, {4, 4, 4}};
    const double q[2][3] = {{1.5, 2, 2}, {4.5, 4.5, 3}};
    struct ae_superpose fit;
    int reduced;

    ae_superpose(p, q, 2, AE_SUPERPOSE_RIGID, &fit, &reduced, NULL);
    CHECK(reduced);
    NEAR(fit.shift[0], 0.5, 1e-15);
    NEAR(fit.shift[1], 0.25, 1e-15);
    NEAR(fit.shift[2], -1, 1e-15);
    CHECK(ae_superpose(p, q, 0, AE_SUPERPOSE_SHIFT, &fit, NULL, NULL) ==
          AE_EDATA);
}

/* Points on a line fix no rotation. */
static void line(void)
{
    double p[5][3];
    struct ae_superpose fit;
    int reduced;

    for (int i = 0; i < 5; i++) {
        p[i][0] = i;
        p[i][1] = 2.5 * i;
        p[i][2] = -i;
    }
    ae_superpose((const double(*)[3])p, (const double(*)[3])p, 5,
        AE_SUPERPOSE_SCALE, &fit, &reduced, NULL);
    CHECK(reduced);
    NEAR(fit.scale, 1, 0);
    NEAR(fit.shift[0], 0, 1e-14);
}

static void axis_of(void)
{
    const double half[3][3] = {{-1, 0, 0}, {0, 1, 0}, {0, 0, -1}};
    const double z30[3][3] = {
        {0.8660254037844386, -0.5, 0}, {0.5, 0.8660254037844386, 0}, {0, 0, 1}};
    double angle, axis[3];

    ae_superpose_axis(half, &angle, axis);
    NEAR(angle, 180, 1e-12);
    NEAR(fabs(axis[1]), 1, 1e-15);
    ae_superpose_axis(z30, &angle, axis);
    NEAR(angle, 30, 1e-12);
    NEAR(axis[2], 1, 1e-12);
}

int main(void)
{
    planted(AE_SUPERPOSE_RIGID, 1);
    planted(AE_SUPERPOSE_SCALE, 1.0375);
    shift_alone();
    line();
    axis_of();
    return checked();
}
