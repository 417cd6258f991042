/* SPDX-License-Identifier: BSD-2-Clause */
#include "geom/ptm_turn.h"

#include <math.h>
#include <string.h>

void ae_ptm_group(enum ae_ptm_type type, struct ae_ptm_group *group)
{
    struct ae_ptm_template t;
    const double sixth[4] = {sqrt(3) / 2, 0, 0, 0.5}; /* 60 degrees about z */
    ae_ptm_template(type, &t);
    group->n = t.nturn;
    memcpy(group->turn, t.turn, sizeof group->turn);
    if (type == AE_PTM_HCP)
        for (int g = 0; g < t.nturn; g++)
            ae_ptm_product(t.turn[g], sixth, group->turn[group->n++]);
    double most = 0;
    for (int g = 0; g < group->n; g++) {
        double w = fabs(group->turn[g][0]);
        if (w > 1 - 1e-9)
            group->none = g;
        else
            most = fmax(most, w);
    }
    /* within half of the least angle, less by far more than rounding */
    group->near = cos(acos(most) / 2) + 1e-9;
}

static double dot(const double p[4], const double q[4])
{
    return p[0] * q[0] + p[1] * q[1] + p[2] * q[2] + p[3] * q[3];
}

/* d = p^-1 q; the real part of d g is d . conj(g). Returns the turn g of the
 * largest one. */
static int best_turn(const struct ae_ptm_group *group, const double p[4],
    const double q[4], double *real)
{
    const double inverse[4] = {p[0], -p[1], -p[2], -p[3]};
    double d[4], most = -1;
    int best = 0;
    *real = dot(p, q);
    if (fabs(*real) > group->near)
        return group->none;
    ae_ptm_product(inverse, q, d);
    for (int g = 0; g < group->n; g++) {
        const double *t = group->turn[g];
        double w = d[0] * t[0] - d[1] * t[1] - d[2] * t[2] - d[3] * t[3];
        if (fabs(w) > most) {
            most = fabs(w);
            *real = w;
            best = g;
        }
    }
    return best;
}

double ae_ptm_misorientation(
    const struct ae_ptm_group *group, const double p[4], const double q[4])
{
    double turned[4], difference = 0;
    ae_ptm_nearest(group, p, q, turned);
    for (int k = 0; k < 4; k++)
        difference += (p[k] - turned[k]) * (p[k] - turned[k]);
    /* |p - q| = 2 sin(angle / 4) */
    return 4 * asin(fmin(1, sqrt(difference) / 2)) * 45 / atan(1);
}

void ae_ptm_nearest(const struct ae_ptm_group *group, const double p[4],
    const double q[4], double out[4])
{
    double real = 0;
    int g = best_turn(group, p, q, &real);
    ae_ptm_product(q, group->turn[g], out);
    for (int k = 0; k < 4; k++)
        out[k] *= real < 0 ? -1 : 1;
}

double ae_ptm_mean(const struct ae_ptm_group *group, const double (*q)[4],
    const size_t *row, size_t n, double mean[4])
{
    double one[4], squares = 0;
    memcpy(mean, q[row ? row[0] : 0], 4 * sizeof *mean);
    for (int round = 0; round < 2; round++) {
        double sum[4] = {0};
        for (size_t i = 0; i < n; i++) {
            ae_ptm_nearest(group, mean, q[row ? row[i] : i], one);
            for (int k = 0; k < 4; k++)
                sum[k] += one[k];
        }
        double length = sqrt(dot(sum, sum));
        for (int k = 0; k < 4; k++)
            mean[k] = sum[k] / length;
    }
    for (size_t i = 0; i < n; i++) {
        double angle = ae_ptm_misorientation(group, mean, q[row ? row[i] : i]);
        squares += angle * angle;
    }
    return sqrt(squares / (double)n);
}
