/* SPDX-License-Identifier: BSD-2-Clause */
#include "geom/smooth.h"

#include <stdlib.h>
#include <string.h>
#include "base/mem.h"

/* a < b, faces: how many have it */
struct edge {
    uint32_t a, b, faces;
};

static int by_ends(const void *p, const void *q)
{
    const struct edge *x = p, *y = q;
    if (x->a != y->a)
        return x->a < y->a ? -1 : 1;
    return x->b < y->b ? -1 : x->b > y->b;
}

/* Each edge once. */
static int find_edges(const struct ae_mesh *mesh, struct edge **edge, size_t *n)
{
    size_t kept = 0, all;
    if (ae_mul(mesh->nface, 3, &all))
        return AE_EMEM;
    struct edge *e = ae_alloc(all, sizeof *e);
    if (!e)
        return AE_EMEM;
    for (size_t i = 0; i < all; i++) {
        uint32_t a = mesh->face[i / 3][i % 3];
        uint32_t b = mesh->face[i / 3][(i + 1) % 3];
        e[i] = (struct edge){a < b ? a : b, a < b ? b : a, 1};
    }
    qsort(e, all, sizeof *e, by_ends);
    for (size_t i = 0; i < all; i++) {
        if (kept && !by_ends(&e[kept - 1], &e[i]))
            e[kept - 1].faces++;
        else
            e[kept++] = e[i];
    }
    *edge = e;
    *n = kept;
    return AE_OK;
}

int ae_smooth_count(const struct ae_mesh *mesh, struct ae_smooth_counts *counts,
    struct ae_error *err)
{
    struct edge *edge = NULL;
    size_t n = 0, used = 0;
    unsigned char *seen = ae_alloc(mesh->nvertex, 1);
    int code = seen ? find_edges(mesh, &edge, &n) : AE_EMEM;
    *counts = (struct ae_smooth_counts){.edges = n};
    for (size_t i = 0; i < n; i++) {
        counts->open += edge[i].faces == 1;
        counts->shared += edge[i].faces > 2;
        used += !seen[edge[i].a] + !seen[edge[i].b];
        seen[edge[i].a] = seen[edge[i].b] = 1;
    }
    counts->euler = (long)used - (long)n + (long)mesh->nface;
    free(edge);
    free(seen);
    return code ? ae_fail(err, code, "out of memory for the mesh") : AE_OK;
}

/* Neighbours of vertex i: item[start[i]] ... item[start[i + 1] - 1]. */
struct ring {
    size_t *start;
    uint32_t *item;
    unsigned char *fixed;
};

static int make_ring(
    struct ring *r, size_t nvertex, const struct edge *edge, size_t n)
{
    r->start = ae_alloc(nvertex + 2, sizeof *r->start);
    r->item = ae_alloc(2 * n, sizeof *r->item);
    r->fixed = ae_alloc(nvertex, 1);
    if (!r->start || !r->item || !r->fixed)
        return AE_EMEM;
    for (size_t i = 0; i < n; i++) {
        r->start[edge[i].a + 2]++;
        r->start[edge[i].b + 2]++;
        if (edge[i].faces == 1)
            r->fixed[edge[i].a] = r->fixed[edge[i].b] = 1;
    }
    for (size_t i = 2; i < nvertex + 2; i++)
        r->start[i] += r->start[i - 1];
    for (size_t i = 0; i < n; i++) {
        r->item[r->start[edge[i].a + 1]++] = edge[i].b;
        r->item[r->start[edge[i].b + 1]++] = edge[i].a;
    }
    return AE_OK;
}

static void step(struct ae_mesh *mesh, const struct ring *r, double weight,
    double (*next)[3])
{
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < mesh->nvertex; i++) {
        size_t n = r->start[i + 1] - r->start[i];
        double mean[3] = {0, 0, 0};
        memcpy(next[i], mesh->vertex[i], sizeof next[i]);
        if (!n || r->fixed[i])
            continue;
        for (size_t j = r->start[i]; j < r->start[i + 1]; j++)
            for (int k = 0; k < 3; k++)
                mean[k] += mesh->vertex[r->item[j]][k] / (double)n;
        for (int k = 0; k < 3; k++)
            next[i][k] += weight * (mean[k] - next[i][k]);
    }
    memcpy(mesh->vertex, next, mesh->nvertex * sizeof *next);
}

int ae_smooth(struct ae_mesh *mesh, long n, double lambda, double mu,
    struct ae_error *err)
{
    struct edge *edge = NULL;
    struct ring ring = {NULL, NULL, NULL};
    size_t edges = 0;
    double(*next)[3] = ae_alloc(mesh->nvertex, sizeof *next);
    int code = next ? find_edges(mesh, &edge, &edges) : AE_EMEM;
    if (!code)
        code = make_ring(&ring, mesh->nvertex, edge, edges);
    for (long i = 0; i < n && !code; i++) {
        step(mesh, &ring, lambda, next);
        if (mu != 0)
            step(mesh, &ring, mu, next);
    }
    free(next);
    free(edge);
    free(ring.start);
    free(ring.item);
    free(ring.fixed);
    return code ? ae_fail(err, code, "out of memory for the mesh") : AE_OK;
}
