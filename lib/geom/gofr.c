/* SPDX-License-Identifier: BSD-2-Clause */
#include "geom/gofr.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "geom/alpha.h"
#include "geom/region.h"
#include "geom/shells.h"

static int no_memory(struct ae_error *err)
{
    return ae_fail(err, AE_EMEM, "out of memory for the curves");
}

/* ---- what g is divided by ------------------------------------------------ */

/* The share of pairs of uniform points in a ball nearer than r: integral of
 * 3 r^2 / R^3 - 9 r^3 / (4 R^4) + 3 r^5 / (16 R^6). */
static double ball_share(double r, double R)
{
    double q = fmin(r / R, 2);
    return q * q * q * (1 - 9.0 / 16 * q + q * q * q / 32);
}

/* sqrt(5/3) times the r.m.s. distance from the middle. */
static double ball_radius(const struct ae_gofr *s)
{
    double middle[3] = {0, 0, 0}, sum = 0;
    for (size_t i = 0; i < s->n; i++)
        for (int k = 0; k < 3; k++)
            middle[k] += s->pos[i][k] / (double)s->n;
    for (size_t i = 0; i < s->n; i++)
        for (int k = 0; k < 3; k++)
            sum += (s->pos[i][k] - middle[k]) * (s->pos[i][k] - middle[k]);
    return sqrt(5.0 / 3 * sum / (double)s->n);
}

static double box_volume(const double *L)
{
    return fabs(L[0] * (L[4] * L[8] - L[5] * L[7]) -
                L[1] * (L[3] * L[8] - L[5] * L[6]) +
                L[2] * (L[3] * L[7] - L[4] * L[6]));
}

/* The alpha region: its volume, and the shells inside unless bulk. */
static int use_region(
    struct ae_gofr *s, const struct ae_gofr_rule *rule, struct ae_error *err)
{
    const double(*pos)[3] = (const double(*)[3])s->pos;
    struct ae_region region;
    int code =
        ae_region_new(&region, pos, s->n, rule->alpha, rule->fill, 0, err);
    if (code)
        return code;
    const struct ae_shells shells = {.region = &region,
        .pos = pos,
        .n = s->n,
        .kind = s->kind,
        .kinds = s->kinds,
        .nshell = rule->bins.n,
        .width = rule->bins.width};
    s->volume = ae_alpha_volume(&region.mesh, region.in);
    if (!(s->volume > 0))
        code = ae_fail(err, AE_EDATA,
            "the atoms fill no region at --alpha %g; take a larger one, or "
            "--norm none",
            rule->alpha);
    else if (rule->norm == AE_GOFR_REGION)
        code = ae_shells_integrated(&shells, s->shell, err);
    else if (rule->norm == AE_GOFR_SPHERES)
        code = ae_shells_sampled(&shells, rule->corners, s->shell, err);
    ae_region_clear(&region);
    return code;
}

static int set_shells(
    struct ae_gofr *s, const struct ae_gofr_rule *rule, struct ae_error *err)
{
    const double *lattice = rule->lattice;
    double R = rule->radius > 0 ? rule->radius : ball_radius(s);
    double bin = rule->bins.width;
    int code = AE_OK;
    if (lattice)
        s->volume = box_volume(lattice);
    else if (rule->norm == AE_GOFR_BALL)
        s->volume = 4.0 / 3 * M_PI * R * R * R;
    else if (rule->norm == AE_GOFR_NONE)
        s->volume = 1;
    else
        code = use_region(s, rule, err);
    for (size_t a = 0; a < s->kinds && !code; a++)
        for (size_t k = 0; k < rule->bins.n; k++) {
            double *w = &s->shell[a * rule->bins.n + k];
            double n = (double)s->members[a];
            if (rule->norm == AE_GOFR_NONE)
                *w = n;
            else if (lattice || rule->norm == AE_GOFR_BULK)
                *w = n * ae_shells_volume(k, bin);
            else if (rule->norm == AE_GOFR_BALL)
                *w = n * s->volume *
                     (ball_share((double)(k + 1) * bin, R) -
                         ball_share((double)k * bin, R));
        }
    return code;
}

/* ---- the curves ---------------------------------------------------------- */

static void divide(struct ae_gofr *s, size_t bins)
{
    size_t K = s->kinds;
    for (size_t k = 0; k < bins; k++) {
        double H = 0, W = 0;
        for (size_t a = 0; a < K; a++) {
            W += s->shell[a * bins + k];
            for (size_t b = 0; b < K; b++)
                H += (double)s->pairs[(a * K + b) * bins + k];
        }
        s->g[k] = W > 0 ? H * s->volume / ((double)s->n * W) : 0;
        for (size_t i = 0; i < K * K; i++) {
            size_t a = i / K, b = i % K;
            double ab = s->shell[a * bins + k] * (double)s->members[b];
            double ba = s->shell[b * bins + k] * (double)s->members[a];
            H = (double)s->pairs[i * bins + k] * s->volume;
            s->g[(1 + i) * bins + k] =
                0.5 * ((ab > 0 ? H / ab : 0) + (ba > 0 ? H / ba : 0));
        }
    }
}

int ae_gofr(
    struct ae_gofr *s, const struct ae_gofr_rule *rule, struct ae_error *err)
{
    size_t K = s->kinds, bins = rule->bins.n;
    s->pairs = ae_alloc(K * K * bins, sizeof *s->pairs);
    s->shell = ae_alloc(K * bins, sizeof *s->shell);
    s->g = ae_alloc((1 + K * K) * bins, sizeof *s->g);
    if (!s->pairs || !s->shell || !s->g)
        return no_memory(err);
    int code = ae_pairs_count((const double(*)[3])s->pos, s->n, s->kind, K,
        &rule->bins, rule->lattice, rule->pbc, s->pairs, err);
    if (!code)
        code = set_shells(s, rule, err);
    if (!code)
        divide(s, bins);
    return code;
}

void ae_gofr_clear(struct ae_gofr *g)
{
    free(g->pos);
    free(g->kind);
    free(g->members);
    free(g->pairs);
    free(g->shell);
    free(g->g);
    memset(g, 0, sizeof *g);
}

int ae_gofr_scale(double *g, size_t n)
{
    size_t first = (size_t)(0.9 * (double)n);
    double sum = 0;
    for (size_t k = first; k < n; k++)
        sum += g[k] / (double)(n - first);
    for (size_t k = 0; k < n && sum > 0; k++)
        g[k] /= sum;
    return sum > 0;
}
