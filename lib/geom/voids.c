/* SPDX-License-Identifier: BSD-2-Clause */
#include "geom/voids.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "geom/alpha.h"

static const double sliver = 1e-3; /* angstrom^3 */

static const struct ae_voids_rule seed = {AE_VOIDS_RADIUS, {45, 125, 4500}, 0};

static enum ae_void_class class_of(double volume, const double limit[3])
{
    if (volume < limit[0])
        return AE_VOID_MINOR;
    if (volume <= limit[1])
        return AE_VOID_VACANCY;
    return volume <= limit[2] ? AE_VOID_NANO : AE_VOID_PORE;
}

enum ae_void_class ae_void_class_of(double volume)
{
    return class_of(volume, seed.limit);
}

const char *ae_void_class_name(enum ae_void_class class)
{
    static const char *const name[AE_VOID_CLASSES] = {
        "minor", "vacancy", "nano-pore", "pore"};
    return name[class];
}

void ae_voids_clear(struct ae_voids *voids)
{
    free(voids->item);
    free(voids->of);
    memset(voids, 0, sizeof *voids);
}

static void add_tetra(struct ae_void *v, const struct ae_delaunay *mesh,
    const double (*pos)[3], const unsigned char *in, size_t t)
{
    v->ntet++;
    v->volume += mesh->volume[t];
    v->rmax = fmax(v->rmax, mesh->radius[t]);
    for (int k = 0; k < 4; k++) {
        size_t u = mesh->neighbour[t][k];
        v->surface |= u == AE_DELAUNAY_HULL || !in[u];
        for (int i = 0; i < 3; i++)
            v->centroid[i] += mesh->volume[t] * pos[mesh->vertex[t][k]][i] / 4;
    }
}

/* Drop the slivers and number the others anew. */
static void close_ranks(
    struct ae_voids *voids, size_t ntet, const double limit[3], size_t *to)
{
    size_t n = 0;
    for (size_t i = 0; i < voids->n; i++) {
        struct ae_void *v = &voids->item[i];
        to[i] = v->volume < sliver ? AE_DELAUNAY_HULL : n;
        for (int k = 0; k < 3 && v->volume > 0; k++)
            v->centroid[k] /= v->volume;
        v->class = class_of(v->volume, limit);
        if (to[i] != AE_DELAUNAY_HULL)
            voids->item[n++] = *v;
    }
    voids->n = n;
    for (size_t t = 0; t < ntet; t++)
        if (voids->of[t] != AE_DELAUNAY_HULL)
            voids->of[t] = to[voids->of[t]];
}

/* ---- joined through edges ---- */

struct edge_of {
    size_t a, b, tetra; /* a < b */
};

static int by_edge(const void *p, const void *q)
{
    const struct edge_of *x = p, *y = q;
    if (x->a != y->a)
        return x->a < y->a ? -1 : 1;
    if (x->b != y->b)
        return x->b < y->b ? -1 : 1;
    return x->tetra < y->tetra ? -1 : x->tetra > y->tetra;
}

/* The root of a set, and the path to it halved. */
static size_t root(size_t *up, size_t i)
{
    while (up[i] != i)
        i = up[i] = up[up[i]];
    return i;
}

static void unite(size_t *up, size_t i, size_t j)
{
    i = root(up, i);
    j = root(up, j);
    if (i < j)
        up[j] = i;
    else
        up[i] = j;
}

static void put_edge(struct edge_of *e, size_t a, size_t b, size_t tetra)
{
    *e = (struct edge_of){a < b ? a : b, a < b ? b : a, tetra};
}

/* Take out of empty[] what is joined through edges to the outside, number 0:
 * the tetrahedra beyond the region and all beyond the hull. up[mesh->n + 1]
 * becomes the sets, of tetrahedron t that of t + 1. */
static int join_edges(const struct ae_delaunay *mesh, const unsigned char *in,
    unsigned char *empty, size_t *up, struct ae_error *err)
{
    size_t n = 0, most = 0;
    for (size_t t = 0; t < mesh->n; t++)
        most += empty[t] || !in[t] ? 6 : 0;
    for (size_t t = 0; t < mesh->n; t++)
        for (int k = 0; k < 4; k++)
            most += mesh->neighbour[t][k] == AE_DELAUNAY_HULL ? 3 : 0;
    struct edge_of *edge = ae_alloc(most, sizeof *edge);
    if (!edge)
        return ae_fail(err, AE_EMEM, "out of memory for the voids");
    for (size_t t = 0; t <= mesh->n; t++)
        up[t] = t;
    for (size_t t = 0; t < mesh->n; t++) {
        const size_t *v = mesh->vertex[t];
        for (int i = 0; i < 4; i++)
            for (int j = i + 1; j < 4; j++) {
                if (empty[t] || !in[t])
                    put_edge(&edge[n++], v[i], v[j], in[t] ? t + 1 : 0);
                for (int k = 0; k < 4; k++) /* of the face across from k */
                    if (k != i && k != j &&
                        mesh->neighbour[t][k] == AE_DELAUNAY_HULL)
                        put_edge(&edge[n++], v[i], v[j], 0);
            }
    }
    qsort(edge, n, sizeof *edge, by_edge);
    for (size_t i = 1; i < n; i++)
        if (edge[i].a == edge[i - 1].a && edge[i].b == edge[i - 1].b)
            unite(up, edge[i].tetra, edge[i - 1].tetra);
    free(edge);
    for (size_t t = 0; t < mesh->n; t++)
        empty[t] = empty[t] && root(up, t + 1);
    return AE_OK;
}

/* Numbers of the sets of the tetrahedra with empty != 0, by their first. */
static void number_sets(const struct ae_delaunay *mesh,
    const unsigned char *empty, size_t *up, struct ae_voids *voids)
{
    voids->n = 0;
    for (size_t t = 0; t < mesh->n; t++) {
        size_t r = empty[t] ? root(up, t + 1) : 0;
        voids->of[t] = !r           ? AE_DELAUNAY_HULL
                       : r == t + 1 ? voids->n++
                                    : voids->of[r - 1];
    }
}

/* ---- the whole ---- */

static int cluster(const struct ae_delaunay *mesh, const unsigned char *in,
    const struct ae_voids_rule *rule, unsigned char *empty,
    struct ae_voids *voids, struct ae_error *err)
{
    if (!rule->edges)
        return ae_alpha_parts(mesh, empty, voids->of, &voids->n, err);
    size_t *up = ae_alloc(mesh->n + 1, sizeof *up);
    int code = up ? join_edges(mesh, in, empty, up, err)
                  : ae_fail(err, AE_EMEM, "out of memory for the voids");
    if (!code)
        number_sets(mesh, empty, up, voids);
    free(up);
    return code;
}

static int find(const struct ae_delaunay *mesh, const double (*pos)[3],
    const unsigned char *in, const struct ae_voids_rule *rule,
    struct ae_voids *voids, struct ae_error *err)
{
    int code = AE_OK;
    size_t *to = NULL;
    unsigned char *empty = ae_alloc(mesh->n, 1);
    memset(voids, 0, sizeof *voids);
    voids->of = ae_alloc(mesh->n, sizeof *voids->of);
    if (!empty || !voids->of) {
        code = ae_fail(err, AE_EMEM, "out of memory for the voids");
        goto out;
    }
    for (size_t t = 0; t < mesh->n; t++) {
        empty[t] = in[t] && mesh->radius[t] > rule->radius;
        voids->region += in[t] ? mesh->volume[t] : 0;
    }
    code = cluster(mesh, in, rule, empty, voids, err);
    if (code)
        goto out;
    voids->item = ae_alloc(voids->n, sizeof *voids->item);
    to = ae_alloc(voids->n, sizeof *to);
    if (!voids->item || !to) {
        code = ae_fail(err, AE_EMEM, "out of memory for the voids");
        goto out;
    }
    for (size_t t = 0; t < mesh->n; t++)
        if (empty[t]) {
            voids->empty += mesh->volume[t];
            add_tetra(&voids->item[voids->of[t]], mesh, pos, in, t);
        }
    close_ranks(voids, mesh->n, rule->limit, to);
out:
    free(empty);
    free(to);
    if (code)
        ae_voids_clear(voids);
    return code;
}

int ae_voids_find(const struct ae_delaunay *mesh, const double (*pos)[3],
    const unsigned char *in, double radius, struct ae_voids *voids,
    struct ae_error *err)
{
    struct ae_voids_rule rule = seed;
    rule.radius = radius;
    return find(mesh, pos, in, &rule, voids, err);
}

struct ranked {
    double volume;
    size_t i;
};

static int larger(const void *p, const void *q)
{
    const struct ranked *x = p, *y = q;
    if (x->volume != y->volume)
        return x->volume > y->volume ? -1 : 1;
    return x->i < y->i ? -1 : x->i > y->i;
}

int ae_voids_by(const struct ae_delaunay *mesh, const double (*pos)[3],
    const unsigned char *in, const struct ae_voids_rule *rule,
    struct ae_voids *voids, struct ae_error *err)
{
    int code = find(mesh, pos, in, rule, voids, err);
    if (code)
        return code;
    struct ranked *rank = ae_alloc(voids->n, sizeof *rank);
    struct ae_void *item = ae_alloc(voids->n, sizeof *item);
    size_t *to = ae_alloc(voids->n, sizeof *to);
    if (!rank || !item || !to) {
        code = ae_fail(err, AE_EMEM, "out of memory for the voids");
        goto out;
    }
    for (size_t i = 0; i < voids->n; i++)
        rank[i] = (struct ranked){voids->item[i].volume, i};
    qsort(rank, voids->n, sizeof *rank, larger);
    for (size_t i = 0; i < voids->n; i++) {
        item[i] = voids->item[rank[i].i];
        to[rank[i].i] = i;
    }
    for (size_t t = 0; t < mesh->n; t++)
        if (voids->of[t] != AE_DELAUNAY_HULL)
            voids->of[t] = to[voids->of[t]];
    free(voids->item);
    voids->item = item;
    item = NULL;
out:
    free(rank);
    free(item);
    free(to);
    if (code)
        ae_voids_clear(voids);
    return code;
}
