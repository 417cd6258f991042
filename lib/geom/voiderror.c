/* SPDX-License-Identifier: BSD-2-Clause */
#include "geom/voiderror.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "base/rng.h"
#include "geom/alpha.h"

/* What is found between the displaced atoms. */
struct draw {
    double (*moved)[3];
    struct ae_delaunay mesh;
    unsigned char *in;
    struct ae_voids voids;
    size_t *first, *at; /* voids at atom i: at[first[i]] ... */
    size_t *shared;     /* [voids.n] atoms that it has of another void */
};

/* The voids at each atom, ascending: void by void, an atom is given each of them
 * once; first they are counted. */
static int list_voids(struct draw *d, size_t n)
{
    size_t *last = ae_alloc(n, sizeof *last), *start, count = 0;
    d->first = ae_alloc(n + 2, sizeof *d->first);
    d->at = ae_alloc(4 * d->mesh.n, sizeof *d->at);
    d->shared = ae_alloc(d->voids.n, sizeof *d->shared);
    start = ae_alloc(d->voids.n + 2, sizeof *start);
    size_t *order = ae_alloc(d->mesh.n, sizeof *order);
    int code = last && d->first && d->at && d->shared && start && order
                   ? AE_OK
                   : AE_EMEM;
    for (size_t t = 0; t < d->mesh.n && !code; t++)
        if (d->voids.of[t] != AE_DELAUNAY_HULL)
            start[d->voids.of[t] + 2]++;
    for (size_t i = 0; i < d->voids.n && !code; i++)
        start[i + 2] += start[i + 1];
    for (size_t t = 0; t < d->mesh.n && !code; t++)
        if (d->voids.of[t] != AE_DELAUNAY_HULL) {
            order[start[d->voids.of[t] + 1]++] = t;
            count++;
        }
    for (int pass = 0; pass < 2 && !code; pass++) {
        memset(last, 0, n * sizeof *last); /* 1 + the void it was given last */
        for (size_t m = 0; m < 4 * count; m++) {
            size_t t = order[m / 4], a = d->mesh.vertex[t][m % 4];
            size_t v = d->voids.of[t];
            if (last[a] == v + 1)
                continue;
            last[a] = v + 1;
            if (pass)
                d->at[d->first[a + 1]++] = v;
            else
                d->first[a + 2]++;
        }
        for (size_t i = 0; i < n && !pass; i++)
            d->first[i + 2] += d->first[i + 1];
    }
    free(last);
    free(start);
    free(order);
    return code;
}

/* The volume of the void that has the most of these atoms. */
static double volume_at(struct draw *d, const struct ae_void_shape *shape)
{
    size_t best = 0, most = 0;
    for (size_t i = 0; i < shape->natom; i++)
        for (size_t m = d->first[shape->atom[i]];
             m < d->first[shape->atom[i] + 1]; m++) {
            size_t v = d->at[m], shared = ++d->shared[v];
            if (shared > most || (shared == most && v < best)) {
                best = v;
                most = shared;
            }
        }
    for (size_t i = 0; i < shape->natom; i++) /* for the next void */
        for (size_t m = d->first[shape->atom[i]];
             m < d->first[shape->atom[i] + 1]; m++)
            d->shared[d->at[m]] = 0;
    return most ? d->voids.item[best].volume : 0;
}

static void clear(struct draw *d)
{
    ae_voids_clear(&d->voids);
    ae_delaunay_clear(&d->mesh);
    free(d->moved);
    free(d->in);
    free(d->first);
    free(d->at);
    free(d->shared);
}

/* volume[voids->n] of draw k. */
static int one_draw(const double (*pos)[3], size_t n,
    const struct ae_voids_rule *rule, const struct ae_voids *voids,
    const struct ae_void_shape *shape, const struct ae_void_error *how,
    size_t k, double *volume, struct ae_error *err)
{
    struct draw d = {.moved = ae_alloc(n, sizeof *d.moved)};
    struct ae_rng *rng = ae_rng_new(how->seed, k);
    int code = d.moved && rng ? AE_OK : ae_fail(err, AE_EMEM, "out of memory");
    for (size_t i = 0; i < n && !code; i++)
        for (int j = 0; j < 3; j++)
            d.moved[i][j] = pos[i][j] + how->sigma * ae_rng_normal(rng);
    const double(*moved)[3] = (const double(*)[3])d.moved;
    if (!code)
        code = ae_delaunay_new(&d.mesh, moved, n, AE_DELAUNAY_JITTER, err);
    if (!code && !(d.in = ae_alloc(d.mesh.n, 1)))
        code = ae_fail(err, AE_EMEM, "out of memory");
    if (!code)
        code = ae_alpha_region(&d.mesh, how->alpha, how->fill, 0, d.in, err);
    if (!code)
        code = ae_voids_by(&d.mesh, moved, d.in, rule, &d.voids, err);
    if (!code && list_voids(&d, n))
        code = ae_fail(err, AE_EMEM, "out of memory");
    for (size_t i = 0; i < voids->n && !code; i++)
        volume[i] = volume_at(&d, &shape[i]);
    ae_rng_free(rng);
    clear(&d);
    return code;
}

static void moments(
    const double *volume, size_t n, size_t draws, double *mean, double *std)
{
    for (size_t i = 0; i < n; i++) {
        double sum = 0, square = 0;
        for (size_t k = 0; k < draws; k++)
            sum += volume[k * n + i];
        mean[i] = sum / (double)draws;
        for (size_t k = 0; k < draws; k++) {
            double d = volume[k * n + i] - mean[i];
            square += d * d;
        }
        std[i] = sqrt(square / (double)(draws - 1));
    }
}

int ae_void_errors(const double (*pos)[3], size_t n,
    const struct ae_voids_rule *rule, const struct ae_voids *voids,
    const struct ae_void_shape *shape, const struct ae_void_error *how,
    double *mean, double *std, struct ae_error *err)
{
    size_t cells;
    int code = AE_OK;
    double *volume = ae_mul(voids->n, how->draws, &cells)
                         ? NULL
                         : ae_alloc(cells, sizeof *volume);
    int *failed = ae_alloc(how->draws, sizeof *failed);
    struct ae_error *why = ae_alloc(how->draws, sizeof *why);
    if (!volume || !failed || !why)
        code = ae_fail(err, AE_EMEM, "out of memory for %zu draws", how->draws);
#pragma omp parallel for schedule(dynamic, 1) if (!code)
    for (size_t k = 0; k < how->draws; k++)
        if (!code)
            failed[k] = one_draw(pos, n, rule, voids, shape, how, k,
                volume + k * voids->n, &why[k]);
    for (size_t k = 0; k < how->draws && !code; k++)
        if (failed[k])
            code = ae_fail(
                err, failed[k], "draw %zu of --error: %s", k, why[k].msg);
    if (!code)
        moments(volume, voids->n, how->draws, mean, std);
    free(volume);
    free(failed);
    free(why);
    return code;
}
