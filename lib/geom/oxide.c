/* SPDX-License-Identifier: BSD-2-Clause */
#include "geom/oxide.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "base/rng.h"
#include "geom/alpha.h"
#include "geom/delaunay.h"
#include "math/stats.h"

static double longest_edge(double p[4][3])
{
    double longest = 0;
    for (int i = 0; i < 4; i++)
        for (int j = i + 1; j < 4; j++) {
            double square = 0;
            for (int k = 0; k < 3; k++)
                square += (p[i][k] - p[j][k]) * (p[i][k] - p[j][k]);
            longest = fmax(longest, square);
        }
    return sqrt(longest);
}

static int take_sites(const struct ae_delaunay *mesh, const double (*pos)[3],
    const unsigned char *in, double radius, struct ae_oxide_site **site,
    size_t *n, struct ae_error *err)
{
    *n = 0;
    for (size_t t = 0; t < mesh->n; t++)
        *n += in[t] && mesh->radius[t] <= radius;
    *site = ae_alloc(*n, sizeof **site);
    if (!*site)
        return ae_fail(err, AE_EMEM, "out of memory for %zu sites", *n);
    struct ae_oxide_site *s = *site;
    for (size_t t = 0; t < mesh->n; t++) {
        double p[4][3];
        if (!in[t] || !(mesh->radius[t] <= radius))
            continue;
        ae_delaunay_corners(mesh, pos, t, p);
        memcpy(s->corner, mesh->vertex[t], sizeof s->corner);
        s->volume = mesh->volume[t];
        s->distortion = ae_tetra_distortion(p);
        s++->edge = longest_edge(p);
    }
    return AE_OK;
}

int ae_oxide_sites(const double (*pos)[3], size_t npos,
    const struct ae_oxide_rule *rule, struct ae_oxide_site **site, size_t *n,
    struct ae_error *err)
{
    struct ae_delaunay mesh;
    *site = NULL;
    int code = ae_delaunay_new(&mesh, pos, npos, AE_DELAUNAY_JITTER, err);
    if (code)
        return code;
    unsigned char *in = ae_alloc(mesh.n, 1);
    if (!in)
        code = ae_fail(err, AE_EMEM, "out of memory for the region");
    if (!code)
        code = ae_alpha_region(&mesh, rule->alpha, rule->fill, 0, in, err);
    if (!code)
        code = take_sites(&mesh, pos, in, rule->radius, site, n, err);
    free(in);
    ae_delaunay_clear(&mesh);
    return code;
}

int ae_oxide_retained(
    const struct ae_oxide_site *site, const struct ae_oxide_rule *rule)
{
    return site->distortion <= rule->distortion && site->edge <= rule->edge;
}

int ae_oxide_filled(
    const struct ae_oxide_site *site, const struct ae_oxide_rule *rule)
{
    return ae_oxide_retained(site, rule) && site->volume > rule->volume;
}

size_t ae_oxide_count(const struct ae_oxide_site *site, size_t n,
    const struct ae_oxide_rule *rule, size_t npos, uint32_t *ntet,
    uint32_t *nox)
{
    size_t filled = 0;
    memset(ntet, 0, npos * sizeof *ntet);
    memset(nox, 0, npos * sizeof *nox);
    for (size_t i = 0; i < n; i++) {
        if (!ae_oxide_retained(&site[i], rule))
            continue;
        int full = ae_oxide_filled(&site[i], rule);
        filled += (size_t)full;
        for (int k = 0; k < 4; k++) {
            ntet[site[i].corner[k]]++;
            nox[site[i].corner[k]] += (uint32_t)full;
        }
    }
    return filled;
}

double ae_oxide_degree(
    uint32_t ntet, uint32_t nox, const struct ae_oxide_rule *rule)
{
    if (!ntet)
        return NAN;
    return rule->eight ? fmin(nox / 8., 1) : (double)nox / ntet;
}

/* ---- the oxygen atom ---- */

static double face_area(const double *a, const double *b, const double *c)
{
    double sum = 0;
    for (int k = 0; k < 3; k++) {
        int i = (k + 1) % 3, j = (k + 2) % 3;
        double n =
            (b[i] - a[i]) * (c[j] - a[j]) - (b[j] - a[j]) * (c[i] - a[i]);
        sum += n * n;
    }
    return sqrt(sum) / 2;
}

/* The mean of the corners, each weighted by the area of the face across. */
static void incentre(double p[4][3], double out[3])
{
    double area[4], sum = 0;
    for (int k = 0; k < 4; k++)
        sum += area[k] =
            face_area(p[(k + 1) % 4], p[(k + 2) % 4], p[(k + 3) % 4]);
    for (int k = 0; k < 3; k++) {
        out[k] = 0;
        for (int i = 0; i < 4; i++)
            out[k] += area[i] / sum * p[i][k];
    }
}

/* Do the four parts with x as a corner make the whole? */
static int inside(double p[4][3], const double x[3])
{
    double sum = 0;
    for (int k = 0; k < 4; k++) {
        double part[4][3];
        memcpy(part, p, sizeof part);
        memcpy(part[k], x, sizeof part[k]);
        sum += ae_tetra_volume(part);
    }
    return sum <= ae_tetra_volume(p) * (1 + 1e-9);
}

void ae_oxide_place(const struct ae_oxide_site *site, const double (*pos)[3],
    enum ae_oxide_place place, double out[3])
{
    double p[4][3];
    for (int i = 0; i < 4; i++)
        memcpy(p[i], pos[site->corner[i]], sizeof p[i]);
    if (place == AE_OXIDE_INCENTRE) {
        incentre(p, out);
        return;
    }
    if (place == AE_OXIDE_CIRCUM) {
        ae_tetra_sphere(p, out);
        if (inside(p, out))
            return;
    }
    for (int k = 0; k < 3; k++)
        out[k] = (p[0][k] + p[1][k] + p[2][k] + p[3][k]) / 4;
}

/* ---- how sure it is ---- */

/* degree[npos] with the atoms displaced by draw k. */
static int one_draw(const double (*pos)[3], size_t npos,
    const struct ae_oxide_rule *rule, double sigma, uint64_t seed, size_t k,
    float *degree, struct ae_error *err)
{
    struct ae_oxide_site *site = NULL;
    size_t n;
    struct ae_rng *rng = ae_rng_new(seed, k);
    double(*moved)[3] = ae_alloc(npos, sizeof *moved);
    uint32_t *ntet = ae_alloc(npos, sizeof *ntet);
    uint32_t *nox = ae_alloc(npos, sizeof *nox);
    int code = rng && moved && ntet && nox
                   ? AE_OK
                   : ae_fail(err, AE_EMEM, "out of memory for %zu atoms", npos);
    for (size_t i = 0; i < npos && !code; i++)
        for (int j = 0; j < 3; j++)
            moved[i][j] = pos[i][j] + sigma * ae_rng_normal(rng);
    if (!code)
        code = ae_oxide_sites(
            (const double(*)[3])moved, npos, rule, &site, &n, err);
    if (!code) {
        ae_oxide_count(site, n, rule, npos, ntet, nox);
        for (size_t i = 0; i < npos; i++)
            degree[i] = (float)ae_oxide_degree(ntet[i], nox[i], rule);
    }
    ae_rng_free(rng);
    free(site);
    free(moved);
    free(ntet);
    free(nox);
    return code;
}

static void quantiles(const float *degree, size_t npos, size_t draws,
    double *sorted, double *low, double *high)
{
    for (size_t i = 0; i < npos; i++) {
        size_t n = 0;
        for (size_t k = 0; k < draws; k++)
            if (!isnan(degree[k * npos + i]))
                sorted[n++] = degree[k * npos + i];
        ae_stats_sort(sorted, n);
        low[i] = n ? ae_stats_quantile(sorted, n, 0.16) : NAN;
        high[i] = n ? ae_stats_quantile(sorted, n, 0.84) : NAN;
    }
}

int ae_oxide_band(const double (*pos)[3], size_t npos,
    const struct ae_oxide_rule *rule, double sigma, size_t draws, uint64_t seed,
    double *low, double *high, struct ae_error *err)
{
    size_t cells;
    int code = AE_OK;
    float *degree =
        ae_mul(npos, draws, &cells) ? NULL : ae_alloc(cells, sizeof *degree);
    double *sorted = ae_alloc(draws, sizeof *sorted);
    int *failed = ae_alloc(draws, sizeof *failed);
    struct ae_error *why = ae_alloc(draws, sizeof *why);
    if (!degree || !sorted || !failed || !why) {
        code = ae_fail(err, AE_EMEM, "out of memory for %zu draws", draws);
        goto out;
    }
#pragma omp parallel for schedule(dynamic, 1)
    for (size_t k = 0; k < draws; k++)
        failed[k] = one_draw(
            pos, npos, rule, sigma, seed, k, degree + k * npos, &why[k]);
    for (size_t k = 0; k < draws && !code; k++)
        if (failed[k])
            code = ae_fail(
                err, failed[k], "draw %zu of --error: %s", k, why[k].msg);
    if (!code)
        quantiles(degree, npos, draws, sorted, low, high);
out:
    free(degree);
    free(sorted);
    free(failed);
    free(why);
    return code;
}
