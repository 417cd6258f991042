/* SPDX-License-Identifier: BSD-2-Clause
 * quartic - moments axis by axis, then elimination of 35 unknowns.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "math/quartic.h"

#define CLONES                                                                 \
    __attribute__((                                                            \
        target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))

enum {
    TERMS = AE_QUARTIC_TERMS,
    WIDTH = 2 * AE_QUARTIC_RADIUS + 1,
    POWERS = 9, /* 0 ... 8: products of two quartic terms */
    PAD = 12    /* POWERS rounded up to whole vectors */
};

static const signed char exponents[TERMS][3] = {{0, 0, 0}, {1, 0, 0}, {0, 1, 0},
    {0, 0, 1}, {2, 0, 0}, {0, 2, 0}, {0, 0, 2}, {1, 1, 0}, {1, 0, 1}, {0, 1, 1},
    {3, 0, 0}, {0, 3, 0}, {0, 0, 3}, {2, 1, 0}, {2, 0, 1}, {1, 2, 0}, {0, 2, 1},
    {1, 0, 2}, {0, 1, 2}, {1, 1, 1}, {4, 0, 0}, {0, 4, 0}, {0, 0, 4}, {3, 1, 0},
    {3, 0, 1}, {1, 3, 0}, {0, 3, 1}, {1, 0, 3}, {0, 1, 3}, {2, 2, 0}, {2, 0, 2},
    {0, 2, 2}, {2, 1, 1}, {1, 2, 1}, {1, 1, 2}};

struct tables {
    double axis[3][WIDTH][PAD];             /* weight * u^k, k = 0 ... 8 */
    double row[AE_QUARTIC_RADIUS + 1][PAD]; /* x moments of |x| <= reach */
    double weight[POWERS][POWERS][PAD];     /* [c][b][a]: sum w^2 u^a v^b t^c */
    double data[5][5][8]; /* [c][b][a]: sum w^2 f ...; a < 5 */
    double square;        /* sum w^2 f^2 */
};

const signed char *ae_quartic_exponents(int i)
{
    return exponents[i];
}

static void axis_tables(
    const struct ae_quartic *ball, const double p[3], struct tables *t)
{
    long R = ball->radius;
    for (int a = 0; a < 3; a++) {
        for (long x = -R; x <= R; x++) {
            double u = ((double)x - p[a]) / (double)R;
            double power = exp(-2 * ball->alpha * u * u);
            for (int k = 0; k < PAD; k++, power *= u) {
                t->axis[a][x + R][k] = k < POWERS ? power : 0;
            }
        }
    }
    for (long x = 0; x <= R; x++) {
        for (int k = 0; k < PAD; k++) {
            t->row[x][k] = t->axis[0][R + x][k] +
                           (x ? t->row[x - 1][k] + t->axis[0][R - x][k] : 0);
        }
    }
}

/* Four doubles at any place in memory. */
typedef double four __attribute__((vector_size(32), aligned(8), may_alias));

/* One x row: q[0..4] = sum w f u^k, q[5] = sum w f^2. */
static inline void row_moments(
    const double *f, double (*axis)[PAD], long n, double q[8])
{
    four low = {0}, high = {0};
    double square = 0;
    for (long x = 0; x < n; x++) {
        low += f[x] * *(const four *)&axis[x][0];
        high += f[x] * *(const four *)&axis[x][4];
        square += f[x] * f[x] * axis[x][0];
    }
    memcpy(q, &low, sizeof low);
    memcpy(q + 4, &high, sizeof high);
    q[5] = square;
}

CLONES
static void weight_moments(const struct ae_quartic *ball, struct tables *t)
{
    long width = 2 * ball->radius + 1;
    memset(t->weight, 0, sizeof t->weight);
    for (long z = 0; z < width; z++) {
        double plane[POWERS][PAD] = {{0}};
        for (long y = 0; y < width; y++) {
            if (ball->reach[z][y] < 0) {
                continue;
            }
            const double *v = t->axis[1][y], *row = t->row[ball->reach[z][y]];
            for (int b = 0; b < POWERS; b++) {
                for (int a = 0; a < PAD; a++) {
                    plane[b][a] += v[b] * row[a];
                }
            }
        }
        for (int c = 0; c < POWERS; c++) {
            double w = t->axis[2][z][c];
            for (int b = 0; b < POWERS - c; b++) {
                for (int a = 0; a < PAD; a++) {
                    t->weight[c][b][a] += w * plane[b][a];
                }
            }
        }
    }
}

CLONES
static void data_moments(
    const struct ae_quartic *ball, const double *box, struct tables *t)
{
    long R = ball->radius, width = 2 * R + 1;
    memset(t->data, 0, sizeof t->data);
    t->square = 0;
    for (long z = 0; z < width; z++) {
        double data[5][8] = {{0}}, q[8], square = 0;
        for (long y = 0; y < width; y++) {
            long reach = ball->reach[z][y];
            if (reach < 0) {
                continue;
            }
            row_moments(box + (z * width + y) * width + R - reach,
                &t->axis[0][R - reach], 2 * reach + 1, q);
            const double *v = t->axis[1][y];
            for (int b = 0; b < 5; b++) {
                for (int a = 0; a < 8; a++) {
                    data[b][a] += v[b] * q[a];
                }
            }
            square += v[0] * q[5];
        }
        for (int c = 0; c < 5; c++) {
            double w = t->axis[2][z][c];
            for (int b = 0; b < 5 - c; b++) {
                for (int a = 0; a < 8; a++) {
                    t->data[c][b][a] += w * data[b][a];
                }
            }
        }
        t->square += t->axis[2][z][0] * square;
    }
}

/* Cholesky elimination of the symmetric system a (upper half, right side in
 * column TERMS); the solution into x. -1 when a pivot vanishes. */
CLONES
static int eliminate(double a[TERMS][TERMS + 1], double x[TERMS])
{
    double scale[TERMS];
    for (int k = 0; k < TERMS; k++) {
        scale[k] = a[k][k];
    }
    for (int k = 0; k < TERMS; k++) {
        /* 1e-13: what rounding leaves of a pivot that should be 0 */
        if (!(a[k][k] > 1e-13 * scale[k])) {
            return -1;
        }
        for (int i = k + 1; i < TERMS; i++) {
            double factor = a[k][i] / a[k][k];
            for (int j = i; j <= TERMS; j++) {
                a[i][j] -= factor * a[k][j];
            }
        }
    }
    for (int k = TERMS - 1; k >= 0; k--) {
        double sum = a[k][TERMS];
        for (int j = k + 1; j < TERMS; j++) {
            sum -= a[k][j] * x[j];
        }
        x[k] = sum / a[k][k];
    }
    return 0;
}

static void normal_equations(const struct tables *t, double a[TERMS][TERMS + 1])
{
    for (int i = 0; i < TERMS; i++) {
        const signed char *e = exponents[i];
        for (int j = i; j < TERMS; j++) {
            const signed char *g = exponents[j];
            a[i][j] = t->weight[e[2] + g[2]][e[1] + g[1]][e[0] + g[0]];
        }
        a[i][TERMS] = t->data[e[2]][e[1]][e[0]];
    }
}

void ae_quartic_init(struct ae_quartic *ball, long radius, double alpha)
{
    memset(ball, 0, sizeof *ball);
    ball->radius = radius;
    ball->alpha = alpha;
    double limit = ((double)radius + 0.5) * ((double)radius + 0.5);
    for (long z = -radius; z <= radius; z++) {
        for (long y = -radius; y <= radius; y++) {
            long x = radius;
            while (x >= 0 && (double)(x * x + y * y + z * z) > limit) {
                x--;
            }
            ball->reach[z + radius][y + radius] = (signed char)x;
            ball->samples += x < 0 ? 0 : (size_t)(2 * x + 1);
        }
    }
    struct tables t;
    double a[TERMS][TERMS + 1];
    axis_tables(ball, (double[3]){0, 0, 0}, &t);
    weight_moments(ball, &t);
    for (int k = 0; k < TERMS; k++) {
        memset(t.data, 0, sizeof t.data);
        const signed char *e = exponents[k];
        t.data[e[2]][e[1]][e[0]] = 1;
        normal_equations(&t, a);
        if (eliminate(a, ball->inverse[k])) {
            return;
        }
    }
    ball->weight = t.weight[0][0][0];
}

static void to_grid_units(
    const struct ae_quartic *ball, struct ae_quartic_fit *fit)
{
    double R = (double)ball->radius;
    const double *c = fit->c;
    fit->value = c[0];
    for (int a = 0; a < 3; a++) {
        fit->gradient[a] = c[1 + a] / R;
        fit->hessian[a] = 2 * c[4 + a] / (R * R);
        fit->hessian[3 + a] = c[7 + a] / (R * R);
    }
}

/* At p = 0 the equations are those of ae_quartic_init. */
static int solve_at_origin(
    const struct ae_quartic *ball, const struct tables *t, double c[TERMS])
{
    for (int i = 0; i < TERMS; i++) {
        c[i] = 0;
        for (int j = 0; j < TERMS; j++) {
            const signed char *e = exponents[j];
            c[i] += ball->inverse[i][j] * t->data[e[2]][e[1]][e[0]];
        }
    }
    return ball->weight > 0 ? 0 : -1;
}

static int solve_at(
    const struct ae_quartic *ball, struct tables *t, double c[TERMS])
{
    double a[TERMS][TERMS + 1];
    weight_moments(ball, t);
    normal_equations(t, a);
    return eliminate(a, c);
}

static double monomial(const double u[3], int i)
{
    double product = 1;
    for (int a = 0; a < 3; a++) {
        for (int k = 0; k < exponents[i][a]; k++) {
            product *= u[a];
        }
    }
    return product;
}

int ae_quartic_solve(const struct ae_quartic *ball, const double *box,
    const double p[3], struct ae_quartic_fit *fit)
{
    struct tables t;
    int origin = p[0] == 0 && p[1] == 0 && p[2] == 0;
    axis_tables(ball, p, &t);
    data_moments(ball, box, &t);
    if (origin ? solve_at_origin(ball, &t, fit->c)
               : solve_at(ball, &t, fit->c)) {
        return -1;
    }
    double rest = t.square; /* sum w^2 (f - P)^2 = sum w^2 f^2 - c . b */
    for (int i = 0; i < TERMS; i++) {
        const signed char *e = exponents[i];
        rest -= fit->c[i] * t.data[e[2]][e[1]][e[0]];
    }
    double weight = origin ? ball->weight : t.weight[0][0][0];
    fit->rms = sqrt(rest > 0 ? rest / weight : 0);
    to_grid_units(ball, fit);
    return 0;
}

double ae_quartic_hessian(const struct ae_quartic *ball, int k, double *weight)
{
    long R = ball->radius, x[3];
    const double *row = ball->inverse[4 + k];
    double unit = (k < 3 ? 2.0 : 1.0) / ((double)R * (double)R), scale = 0;
    for (x[2] = -R; x[2] <= R; x[2]++) {
        for (x[1] = -R; x[1] <= R; x[1]++) {
            for (x[0] = -R; x[0] <= R; x[0]++) {
                double u[3], square = 0, sum = 0, size = 0;
                for (int a = 0; a < 3; a++) {
                    u[a] = (double)x[a] / (double)R;
                    square += u[a] * u[a];
                }
                double w = exp(-2 * ball->alpha * square) * unit;
                if (labs(x[0]) > ball->reach[x[2] + R][x[1] + R]) {
                    w = 0;
                }
                for (int j = 0; j < TERMS; j++) {
                    double term = row[j] * monomial(u, j);
                    sum += term;
                    size += fabs(term);
                }
                *weight++ = w * sum;
                scale += w * size;
            }
        }
    }
    return ball->weight > 0 ? scale : -1;
}

double ae_quartic_at(const struct ae_quartic *ball,
    const struct ae_quartic_fit *fit, const double s[3])
{
    double power[3][5], sum = 0;
    for (int a = 0; a < 3; a++) {
        power[a][0] = 1;
        for (int k = 1; k < 5; k++) {
            power[a][k] = power[a][k - 1] * s[a] / (double)ball->radius;
        }
    }
    for (int i = 0; i < TERMS; i++) {
        const signed char *e = exponents[i];
        sum += fit->c[i] * power[0][e[0]] * power[1][e[1]] * power[2][e[2]];
    }
    return sum;
}
