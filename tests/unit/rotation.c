/* SPDX-License-Identifier: BSD-2-Clause
 * rotation - the convention R = (Rz(phi) Ry(theta) Rx(psi))^T, by its factors.
 */
#include "check.h"
#include "math/rotation.h"

#define RAD 0.017453292519943295769

static void times(double C[3][3], double A[3][3], double B[3][3])
{
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) {
            C[i][j] = 0;
            for (int k = 0; k < 3; k++)
                C[i][j] += A[i][k] * B[k][j];
        }
}

static void product(const double e[3], double R[3][3])
{
    const double p = e[0] * RAD, t = e[1] * RAD, s = e[2] * RAD;
    double z[3][3] = {{cos(p), -sin(p), 0}, {sin(p), cos(p), 0}, {0, 0, 1}};
    double y[3][3] = {{cos(t), 0, sin(t)}, {0, 1, 0}, {-sin(t), 0, cos(t)}};
    double x[3][3] = {{1, 0, 0}, {0, cos(s), -sin(s)}, {0, sin(s), cos(s)}};
    double zy[3][3], m[3][3];
    times(zy, z, y);
    times(m, zy, x);
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            R[i][j] = m[j][i];
}

int main(void)
{
    const double some[][3] = {{0, 0, 0}, {3.2, -61.7, 12.9}, {-170, 135.5, 91},
        {360, -450, 720}, {30, 60, -30}};
    for (size_t n = 0; n < sizeof some / sizeof *some; n++) {
        double R[3][3], want[3][3];
        ae_rotation(some[n], R);
        product(some[n], want);
        for (int i = 0; i < 3; i++)
            for (int j = 0; j < 3; j++)
                NEAR(R[i][j], want[i][j], 1e-15);
        const double p[3] = {2.385, -7.1, 0.33};
        double r[3], back[3];
        ae_rotate(r, R, p);
        NEAR(r[0], want[0][0] * p[0] + want[0][1] * p[1] + want[0][2] * p[2],
            1e-14);
        ae_rotate_back(back, R, r);
        for (int i = 0; i < 3; i++)
            NEAR(back[i], p[i], 1e-14);
    }
    /* the sign check: (0, 0, 10) under +30 degrees lands at u = -5, v = 0 */
    double R[3][3], r[3];
    ae_rotation((const double[3]){0, 30, 0}, R);
    ae_rotate(r, R, (const double[3]){0, 0, 10});
    CHECK(r[0] == -5 && r[1] == 0);
    /* exact values */
    double s, c;
    ae_sincos_deg(90, &s, &c);
    CHECK(s == 1 && c == 0);
    ae_sincos_deg(-180, &s, &c);
    CHECK(s == 0 && c == -1);
    ae_sincos_deg(270, &s, &c);
    CHECK(s == -1 && c == 0);
    ae_sincos_deg(-450, &s, &c);
    CHECK(s == -1 && c == 0);
    ae_sincos_deg(150, &s, &c);
    NEAR(s, 0.5, 1e-16);
    ae_sincos_deg(-210, &s, &c);
    CHECK(s == 0.5);
    ae_sincos_deg(120, &s, &c);
    CHECK(c == -0.5);
    ae_sincos_deg(300, &s, &c);
    CHECK(c == 0.5);
    ae_sincos_deg(37.25, &s, &c);
    NEAR(s, sin(37.25 * RAD), 1e-16);
    NEAR(c, cos(37.25 * RAD), 1e-16);
    return checked();
}
