/* SPDX-License-Identifier: BSD-2-Clause */
#include "geom/sphere.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* rounding errors of the terms, as shares of the longest edge's third and
 * fourth power: 36 and 150 halves of an epsilon at most */
static const long double volume_error = 18 * LDBL_EPSILON,
                         centre_error = 75 * LDBL_EPSILON;

void ae_sphere_set(struct ae_sphere *s, double p[4][3])
{
    long double e[3][3], square[3] = {0}, most = 0;
    memset(s, 0, sizeof *s);
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++) {
            e[i][k] = (long double)p[i + 1][k] - p[0][k];
            square[i] += e[i][k] * e[i][k];
            most = fmaxl(most, fabsl(e[i][k]));
        }
    for (int i = 0; i < 3; i++) {
        const long double *b = e[(i + 1) % 3], *c = e[(i + 2) % 3];
        for (int k = 0; k < 3; k++) {
            int u = (k + 1) % 3, v = (k + 2) % 3;
            long double cross = b[u] * c[v] - b[v] * c[u];
            s->above[k] += square[i] * cross;
            s->six += i ? 0 : e[0][k] * cross;
        }
    }
    s->length = sqrtl(s->above[0] * s->above[0] + s->above[1] * s->above[1] +
                      s->above[2] * s->above[2]);
    s->six_error = volume_error * most * most * most;
    s->above_error = centre_error * most * most * most * most;
}

int ae_sphere_known(const struct ae_sphere *s, const double p[3],
    double centre[3], double *radius)
{
    *radius = (double)(s->length / fabsl(2 * s->six));
    for (int k = 0; k < 3; k++)
        centre[k] = p[k] + (double)(s->above[k] / (2 * s->six));
    return s->above_error + *radius * s->six_error <
           AE_SPHERE_NEAR / 10 * (fabsl(s->six) - s->six_error);
}
