/* SPDX-License-Identifier: BSD-2-Clause
 * The weighted quartic fit against GSL's QR and against an exact quartic.
 */
#include <gsl/gsl_linalg.h>
#include <stdlib.h>
#include "math/quartic.h"
#include "check.h"

enum { TERMS = AE_QUARTIC_TERMS };

static double term(int i, const double u[3])
{
    const signed char *e = ae_quartic_exponents(i);
    return pow(u[0], e[0]) * pow(u[1], e[1]) * pow(u[2], e[2]);
}

/* Coefficients in (X - p)/R by QR of the weighted design matrix. */
static void by_qr(long R, size_t samples, const double *box, const double p[3],
    double c[TERMS], double *rms)
{
    gsl_matrix *A = gsl_matrix_alloc(samples, TERMS);
    gsl_vector *b = gsl_vector_alloc(samples), *x = gsl_vector_alloc(TERMS);
    gsl_vector *rest = gsl_vector_alloc(samples);
    gsl_vector *tau = gsl_vector_alloc(TERMS);
    size_t row = 0;
    double sum = 0;
    for (long z = -R; z <= R; z++) {
        for (long y = -R; y <= R; y++) {
            for (long k = -R; k <= R; k++, box++) {
                double u[3] = {((double)k - p[0]) / (double)R,
                    ((double)y - p[1]) / (double)R,
                    ((double)z - p[2]) / (double)R};
                double w = exp(-(u[0] * u[0] + u[1] * u[1] + u[2] * u[2]));
                if ((double)(k * k + y * y + z * z) >
                    ((double)R + 0.5) * ((double)R + 0.5)) {
                    continue;
                }
                for (int i = 0; i < TERMS; i++) {
                    gsl_matrix_set(A, row, (size_t)i, w * term(i, u));
                }
                gsl_vector_set(b, row++, w * *box);
                sum += w * w;
            }
        }
    }
    CHECK(row == samples);
    gsl_linalg_QR_decomp(A, tau);
    gsl_linalg_QR_lssolve(A, tau, b, x, rest);
    *rms = 0;
    for (size_t i = 0; i < samples; i++) {
        *rms += gsl_vector_get(rest, i) * gsl_vector_get(rest, i) / sum;
    }
    *rms = sqrt(*rms);
    for (int i = 0; i < TERMS; i++) {
        c[i] = gsl_vector_get(x, (size_t)i);
    }
    gsl_matrix_free(A);
    gsl_vector_free(b);
    gsl_vector_free(x);
    gsl_vector_free(rest);
    gsl_vector_free(tau);
}

static void check_against_qr(long R, const double p[3])
{
    static struct ae_quartic ball;
    static double box[21 * 21 * 21];
    struct ae_quartic_fit fit;
    double c[TERMS], rms, largest = 0;
    unsigned long state = 12345;
    size_t n = (size_t)((2 * R + 1) * (2 * R + 1) * (2 * R + 1));
    ae_quartic_init(&ball, R, 1);
    for (size_t i = 0; i < n; i++) {
        state = state * 6364136223846793005UL + 1442695040888963407UL;
        box[i] = (double)(state >> 33) / 2147483648.0 - 0.3;
    }
    CHECK(ae_quartic_solve(&ball, box, p, &fit) == 0);
    by_qr(R, ball.samples, box, p, c, &rms);
    for (int i = 0; i < TERMS; i++) {
        largest = fmax(largest, fabs(c[i]));
    }
    for (int i = 0; i < TERMS; i++) {
        NEAR(fit.c[i], c[i], 1e-9 * largest);
    }
    NEAR(fit.rms, rms, 1e-9 * rms);
}

/* An exact quartic: value, gradient and Hessian at p are the derivatives. */
static void check_exact(void)
{
    static struct ae_quartic ball;
    static double box[15 * 15 * 15];
    struct ae_quartic_fit fit;
    double p[3] = {0.31, -1.27, 0.83};
    int at = 0;
    ae_quartic_init(&ball, 7, 1);
    for (long z = -7; z <= 7; z++) {
        for (long y = -7; y <= 7; y++) {
            for (long x = -7; x <= 7; x++) {
                double u = (double)x, v = (double)y, w = (double)z;
                box[at++] = 3 + u - 2 * v * w + u * u * v * w - v * v * v;
            }
        }
    }
    CHECK(ae_quartic_solve(&ball, box, p, &fit) == 0);
    double x = p[0], y = p[1], z = p[2];
    NEAR(fit.value, 3 + x - 2 * y * z + x * x * y * z - y * y * y, 1e-9);
    NEAR(fit.gradient[0], 1 + 2 * x * y * z, 1e-9);
    NEAR(fit.gradient[1], -2 * z + x * x * z - 3 * y * y, 1e-9);
    NEAR(fit.gradient[2], -2 * y + x * x * y, 1e-9);
    NEAR(fit.hessian[0], 2 * y * z, 1e-9);
    NEAR(fit.hessian[1], -6 * y, 1e-9);
    NEAR(fit.hessian[2], 0, 1e-9);
    NEAR(fit.hessian[3], 2 * x * z, 1e-9);
    NEAR(fit.hessian[4], 2 * x * y, 1e-9);
    NEAR(fit.hessian[5], -2 + x * x, 1e-9);
    double s[3] = {0.4, 0.2, -0.7}, X = x + 0.4, Y = y + 0.2, Z = z - 0.7;
    NEAR(ae_quartic_at(&ball, &fit, s),
        3 + X - 2 * Y * Z + X * X * Y * Z - Y * Y * Y, 1e-9);
}

int main(void)
{
    static struct ae_quartic ball;
    ae_quartic_init(&ball, 3, 1);
    CHECK(ball.samples == 179);
    ae_quartic_init(&ball, 7, 1);
    CHECK(ball.samples == 1791);
    check_against_qr(2, (double[3]){0.3, -0.2, 0.4});
    check_against_qr(3, (double[3]){0, 0, 0});
    check_against_qr(3, (double[3]){-2.9, 1.3, 2.1});
    check_against_qr(7, (double[3]){0.37, -0.81, 3.9});
    check_exact();
    return checked();
}
