/* SPDX-License-Identifier: BSD-2-Clause */
#include "geom/tetrahedra.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <libqhull_r/qhull_ra.h>
#include "base/mem.h"

/* points of a block: smaller ones know mostly their border, larger ones take
 * memory (5 kB a point while Qhull works), and more time for a point */
static const size_t fewest_points = 2000, most_points = 32768;

void ae_tetrahedra_clear(struct ae_tetrahedra *t)
{
    free(t->vertex);
    free(t->neighbour);
    memset(t, 0, sizeof *t);
}

/* The corners of a facet that is a tetrahedron: a lower one without the point
 * at infinity (Qz). 0 when it is not. */
static int corners_of(
    const facetT *facet, qhT *qh, size_t n, uint32_t corner[4])
{
    vertexT *vertex, **vertexp;
    int k = 0;
    if (facet->upperdelaunay || !facet->simplicial)
        return 0;
    FOREACHvertex_(facet->vertices)
    {
        int id = qh_pointid(qh, vertex->point);
        if (id < 0 || (size_t)id >= n)
            return 0;
        corner[k++] = (uint32_t)id;
    }
    return 1;
}

static void order_two(uint32_t vertex[4], uint32_t neighbour[4], int a, int b)
{
    uint32_t keep[2] = {vertex[a], neighbour[a]};
    if (vertex[a] < vertex[b])
        return;
    vertex[a] = vertex[b];
    neighbour[a] = neighbour[b];
    vertex[b] = keep[0];
    neighbour[b] = keep[1];
}

static void order_corners(uint32_t vertex[4], uint32_t neighbour[4])
{
    static const int pair[5][2] = {{0, 1}, {2, 3}, {0, 2}, {1, 3}, {1, 2}};
    for (int i = 0; i < 5; i++)
        order_two(vertex, neighbour, pair[i][0], pair[i][1]);
}

/* number[facet's id]: of its tetrahedron. Neighbour k of a simplicial facet
 * lies opposite to its vertex k. */
static void copy_facets(
    qhT *qh, struct ae_tetrahedra *tetra, size_t npoint, uint32_t *number)
{
    facetT *facet, *neighbor, **neighborp;
    FORALLfacets number[facet->id] =
        corners_of(facet, qh, npoint, tetra->vertex[tetra->n])
            ? (uint32_t)tetra->n++
            : AE_TETRAHEDRA_HULL;
    FORALLfacets
    {
        uint32_t t = number[facet->id];
        int k = 0;
        if (t == AE_TETRAHEDRA_HULL)
            continue;
        FOREACHneighbor_(facet) tetra->neighbour[t][k++] = number[neighbor->id];
        order_corners(tetra->vertex[t], tetra->neighbour[t]);
    }
}

static int take_facets(
    qhT *qh, struct ae_tetrahedra *tetra, size_t npoint, struct ae_error *err)
{
    const size_t most = (size_t)qh->num_facets + 1; /* one is looked at more */
    uint32_t *number = ae_alloc_raw(qh->facet_id + 1u, sizeof *number);
    tetra->vertex = ae_alloc_raw(most, sizeof *tetra->vertex);
    tetra->neighbour = ae_alloc_raw(most, sizeof *tetra->neighbour);
    int short_of = !number || !tetra->vertex || !tetra->neighbour;
    if (!short_of)
        copy_facets(qh, tetra, npoint, number);
    free(number);
    return short_of
               ? ae_fail(err, AE_EMEM, "out of memory for %zu tetrahedra", most)
               : AE_OK;
}

/* What Qhull says goes to memory, its first line into our message. */
int ae_tetrahedra_qhull(struct ae_tetrahedra *tetra, const double (*pos)[3],
    size_t n, struct ae_error *err)
{
    char command[] = "qhull d Qbb Qc Qz Q12 Qt", *said = NULL;
    size_t length = 0;
    FILE *talk = open_memstream(&said, &length);
    qhT *qh = ae_alloc(1, sizeof *qh);
    int curlong, totlong, code = AE_OK;
    memset(tetra, 0, sizeof *tetra);
    if (!talk || !qh) {
        code = ae_fail(err, AE_EMEM, "out of memory for the triangulation");
        goto out;
    }
    qh_zero(qh, talk);
    int status =
        qh_new_qhull(qh, 3, (int)n, (coordT *)pos[0], 0, command, NULL, talk);
    fflush(talk);
    if (status) {
        char quoted[340];
        if (said)
            said[strcspn(said, "\n")] = 0;
        code = ae_fail(err, status == qh_ERRmem ? AE_EMEM : AE_EDATA,
            "no triangulation of the %zu atoms: %s; look for atoms on top of "
            "each other or all in one plane",
            n, ae_quote(quoted, said ? said : ""));
    } else
        code = take_facets(qh, tetra, n, err);
    qh_freeqhull(qh, !qh_ALL);
    qh_memfreeshort(qh, &curlong, &totlong);
out:
    if (talk)
        fclose(talk);
    free(said);
    free(qh);
    if (code)
        ae_tetrahedra_clear(tetra);
    return code;
}

/* One pass of a radix sort: out[n] are the tetrahedra in[n] by their corner k,
 * else in the same order. start[npoint + 1] is work space. */
static void sort_by(const struct ae_tetrahedra *tetra, size_t npoint, int k,
    const uint32_t *in, uint32_t *out, uint32_t *start)
{
    memset(start, 0, (npoint + 1) * sizeof *start);
    for (size_t t = 0; t < tetra->n; t++)
        start[tetra->vertex[t][k] + 1]++;
    for (size_t i = 0; i < npoint; i++)
        start[i + 1] += start[i];
    for (size_t i = 0; i < tetra->n; i++)
        out[start[tetra->vertex[in[i]][k]]++] = in[i];
}

/* In the order of the vertices, which are below npoint. */
static int sort(
    struct ae_tetrahedra *tetra, size_t npoint, struct ae_error *err)
{
    struct ae_tetrahedra sorted = {.n = tetra->n};
    uint32_t *start = ae_alloc_raw(npoint + 1, sizeof *start);
    uint32_t *a = ae_alloc_raw(tetra->n, sizeof *a);
    uint32_t *b = ae_alloc_raw(tetra->n, sizeof *b);
    sorted.vertex = ae_alloc_raw(tetra->n, sizeof *sorted.vertex);
    sorted.neighbour = ae_alloc_raw(tetra->n, sizeof *sorted.neighbour);
    int short_of = !start || !a || !b || !sorted.vertex || !sorted.neighbour;
    for (size_t i = 0; i < tetra->n && !short_of; i++)
        a[i] = (uint32_t)i;
    for (int k = 3; k >= 0 && !short_of; k--) {
        uint32_t *from = k & 1 ? a : b, *to = k & 1 ? b : a;
        sort_by(tetra, npoint, k, from, to, start);
    }
    for (size_t i = 0; i < tetra->n && !short_of; i++)
        b[a[i]] = (uint32_t)i;
#pragma omp parallel for schedule(static) if (!short_of)
    for (size_t i = 0; i < (short_of ? 0 : tetra->n); i++) {
        memcpy(sorted.vertex[i], tetra->vertex[a[i]], sizeof *sorted.vertex);
        for (int k = 0; k < 4; k++) {
            uint32_t next = tetra->neighbour[a[i]][k];
            sorted.neighbour[i][k] =
                next == AE_TETRAHEDRA_HULL ? next : b[next];
        }
    }
    free(start);
    free(a);
    free(b);
    ae_tetrahedra_clear(short_of ? &sorted : tetra);
    if (short_of)
        return ae_fail(
            err, AE_EMEM, "out of memory for %zu tetrahedra", tetra->n);
    *tetra = sorted;
    return AE_OK;
}

int ae_tetrahedra_new(struct ae_tetrahedra *tetra, const double (*pos)[3],
    size_t n, int threads, struct ae_error *err)
{
    int least = (int)((n + most_points - 1) / most_points), code = AE_OK;
    int most = (int)(n / fewest_points),
        blocks = threads > least ? threads : least;
    if (!ae_tetrahedra_blocks(tetra, pos, n, blocks < most ? blocks : most))
        code = ae_tetrahedra_qhull(tetra, pos, n, err);
    if (!code)
        code = sort(tetra, n, err);
    if (code)
        ae_tetrahedra_clear(tetra);
    return code;
}
