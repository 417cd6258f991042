/* SPDX-License-Identifier: BSD-2-Clause
 * The interpolating cubic spline and the Keys cubic.
 */
#include "math/spline.h"
#include "check.h"

static void check_line(size_t n)
{
    double s[40], c[40], w[4];
    for (size_t i = 0; i < n; i++) {
        s[i] = c[i] = sin(1.3 * (double)i) + 0.2 * (double)(i * i % 7);
    }
    ae_spline_line_double(c, n, 1);
    for (size_t i = 0; i < n; i++) {
        double value = 0;
        ae_spline_weights(0, w);
        for (long k = 0; k < 4; k++) {
            value += w[k] * c[ae_spline_mirror((long)i - 1 + k, n)];
        }
        NEAR(value, s[i], 1e-13);
    }
}

/* A mirrored cosine is an eigenfunction: its spline is known everywhere. */
static void check_volume(void)
{
    enum { NX = 13, NY = 70, NZ = 9 };
    static float v[NZ * NY * NX], c[NZ * NY * NX], line[NY];
    for (int k = 0, at = 0; k < NZ; k++) {
        for (int j = 0; j < NY; j++) {
            for (int i = 0; i < NX; i++, at++) {
                v[at] = c[at] =
                    (float)(cos(M_PI * 2 * i / (NX - 1)) *
                            cos(M_PI * 5 * j / (NY - 1)) * (k * 0.37 + 1));
            }
        }
    }
    ae_spline_volume(c, NX, NY, NZ);
    for (int k = 0, at = 0; k < NZ; k++) {
        for (int j = 0; j < NY; j++) {
            for (int i = 0; i < NX; i++, at++) {
                NEAR(ae_spline_at3(c, NX, NY, NZ, i, j, k), v[at], 3e-6);
            }
        }
    }
    /* B-spline response of cos(q i): (2 + cos q)/3; value at a half sample
     * from the weights 1/48, 23/48 */
    double q = M_PI * 2 / (NX - 1), p = 3.5;
    double response = (2 + cos(q)) / 3;
    double half = (46 * cos(q / 2) + 2 * cos(1.5 * q)) / 48 * cos(q * p);
    NEAR(ae_spline_at3(c, NX, NY, NZ, p, 0, 0), half / response, 2e-6);
    NEAR(ae_spline_at3(c, NX, NY, NZ, -1e-9, 0, 0), 0, 0);
    NEAR(ae_spline_at3(c, NX, NY, NZ, 0, NY - 0.999, 0), 0, 0);
    for (int j = 0; j < NY; j++) {
        line[j] = v[j * NX];
    }
    ae_spline_line(line, NY, 1);
    ae_spline_image(v, NX, NY);
    NEAR(ae_spline_at2(v, NX, NY, 0, 33.25),
        ae_spline_at2(line, NY, 1, 33.25, 0), 1e-6);
}

/* Cubics are reproduced away from the ends; Keys reproduces parabolas. */
static void check_exactness(void)
{
    double c[60], w[4], value = 0, keys = 0, t = 0.3217;
    for (int i = 0; i < 60; i++) {
        double x = (i - 30) / 7.0;
        c[i] = x * x * x - 2 * x * x + 0.4 * x;
    }
    ae_spline_line_double(c, 60, 1);
    ae_spline_weights(t, w);
    for (int k = 0; k < 4; k++) {
        value += w[k] * c[30 + k];
    }
    double x = (1 + t) / 7;
    NEAR(value, x * x * x - 2 * x * x + 0.4 * x, 1e-12);
    ae_spline_keys(t, w);
    for (int k = 0; k < 4; k++) {
        keys += w[k] * ((k - 1) * (k - 1) + 3.1 * (k - 1) - 2);
    }
    NEAR(keys, t * t + 3.1 * t - 2, 1e-14);
}

int main(void)
{
    for (size_t n = 1; n < 40; n++) {
        check_line(n);
    }
    check_volume();
    check_exactness();
    CHECK(ae_spline_mirror(-3, 5) == 3 && ae_spline_mirror(9, 5) == 1 &&
          ae_spline_mirror(7, 1) == 0);
    return checked();
}
