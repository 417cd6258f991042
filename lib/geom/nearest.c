/* SPDX-License-Identifier: BSD-2-Clause */
#include "geom/nearest.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "geom/hilbert.h"
#include "geom/nearest_kernel.h"

enum { LEAF = AE_NEAREST_LEAF, DEPTH = 64, CHUNK = 512 };

/* angstrom, where no triangle is */
static const double nowhere = 1e100;

/* What a subtree's triangles lie in: a box along the axes, and a slab across
 * their mean normal. A patch of a slanting surface is deep in its box and
 * thin in its slab. */
struct bounds {
    double low[3], high[3];
    double normal[3], from, to; /* unit length, or 0 0 0 */
};

/* angstrom, taken off the distance to a slab against rounding */
static const double slack = 1e-9;

/* Node 1 is the root, 2 i and 2 i + 1 are below node i; node leaves + l is leaf
 * l. */
struct ae_nearest {
    size_t leaves; /* a power of 2 */
    struct ae_nearest_leaf *leaf;
    struct bounds *node;
};

static double dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static double per(double x)
{
    return x > 0 ? 1 / x : 0;
}

/* Put a triangle at place i. */
static void put(struct ae_nearest_leaf *leaf, int i, const double a[3],
    const double b[3], const double c[3])
{
    double u[3], v[3];
    for (int k = 0; k < 3; k++) {
        leaf->a[k][i] = a[k];
        leaf->u[k][i] = u[k] = b[k] - a[k];
        leaf->v[k][i] = v[k] = c[k] - a[k];
    }
    double uu = dot(u, u), uv = dot(u, v), vv = dot(v, v);
    double area = uu * vv - uv * uv;
    leaf->uu[i] = uu;
    leaf->uv[i] = uv;
    leaf->vv[i] = vv;
    leaf->per_u[i] = per(uu);
    leaf->per_v[i] = per(vv);
    leaf->per_side[i] = per(uu - 2 * uv + vv);
    leaf->per_area[i] = area > 0 ? 1 / area : NAN;
}

double ae_triangle_distance(
    const double p[3], const double a[3], const double b[3], const double c[3])
{
    struct ae_nearest_leaf leaf;
    for (int i = 0; i < LEAF; i++)
        put(&leaf, i, a, b, c);
    return sqrt(ae_nearest_leaf(&leaf, p));
}

/* A lower bound of the square of the distance. */
static double square_to(const struct bounds *node, const double p[3])
{
    double sum = 0, along = dot(node->normal, p);
    double under = node->from - along, over = along - node->to;
    double slab = (under > over ? under : over) - slack;
    for (int k = 0; k < 3; k++) {
        double low = node->low[k] - p[k], high = p[k] - node->high[k];
        double d = low > high ? low : high;
        sum += d > 0 ? d * d : 0;
    }
    return slab > 0 && slab * slab > sum ? slab * slab : sum;
}

void ae_nearest_free(struct ae_nearest *tree)
{
    if (!tree)
        return;
    free(tree->leaf);
    free(tree->node);
    free(tree);
}

/* The triangle at place f of the order goes into its leaf and its box. */
static void take(struct ae_nearest *tree, size_t f, const struct ae_mesh *mesh,
    const uint32_t face[3])
{
    const double *p[3];
    struct bounds *node = &tree->node[tree->leaves + f / LEAF];
    for (int i = 0; i < 3; i++) {
        p[i] = mesh->vertex[face[i]];
        for (int k = 0; k < 3; k++) {
            node->low[k] = fmin(node->low[k], p[i][k]);
            node->high[k] = fmax(node->high[k], p[i][k]);
        }
    }
    for (int k = 0; k < 3; k++) {
        int u = (k + 1) % 3, v = (k + 2) % 3;
        node->normal[k] += (p[1][u] - p[0][u]) * (p[2][v] - p[0][v]) -
                           (p[1][v] - p[0][v]) * (p[2][u] - p[0][u]);
    }
    put(&tree->leaf[f / LEAF], (int)(f % LEAF), p[0], p[1], p[2]);
}

/* Slabs of all nodes above the triangle at place f. */
static void widen(struct ae_nearest *tree, size_t f, const struct ae_mesh *mesh,
    const uint32_t face[3])
{
    for (size_t i = tree->leaves + f / LEAF; i; i /= 2)
        for (int c = 0; c < 3; c++) {
            struct bounds *node = &tree->node[i];
            double along = dot(node->normal, mesh->vertex[face[c]]);
            node->from = fmin(node->from, along);
            node->to = fmax(node->to, along);
        }
}

static void build(
    struct ae_nearest *tree, const struct ae_mesh *mesh, const size_t *order)
{
    const double far[3] = {nowhere, nowhere, nowhere};
    for (size_t i = 0; i < 2 * tree->leaves; i++)
        tree->node[i] = (struct bounds){.low = {INFINITY, INFINITY, INFINITY},
            .high = {-INFINITY, -INFINITY, -INFINITY},
            .from = INFINITY,
            .to = -INFINITY};
    for (size_t l = 0; l < tree->leaves; l++)
        for (int i = 0; i < LEAF; i++)
            put(&tree->leaf[l], i, far, far, far);
    for (size_t f = 0; f < mesh->nface; f++)
        take(tree, f, mesh, mesh->face[order[f]]);
    for (size_t i = tree->leaves - 1; i; i--)
        for (int k = 0; k < 3; k++) {
            const struct bounds *a = &tree->node[2 * i], *b = a + 1;
            tree->node[i].low[k] = fmin(a->low[k], b->low[k]);
            tree->node[i].high[k] = fmax(a->high[k], b->high[k]);
            tree->node[i].normal[k] = a->normal[k] + b->normal[k];
        }
    for (size_t i = 1; i < 2 * tree->leaves; i++) {
        double *n = tree->node[i].normal, length = sqrt(dot(n, n));
        for (int k = 0; k < 3; k++)
            n[k] = length > 0 ? n[k] / length : 0;
    }
    for (size_t f = 0; f < mesh->nface; f++)
        widen(tree, f, mesh, mesh->face[order[f]]);
}

int ae_nearest_new(
    struct ae_nearest **out, const struct ae_mesh *mesh, struct ae_error *err)
{
    size_t n = mesh->nface;
    struct ae_nearest *tree = ae_alloc(1, sizeof *tree);
    double(*middle)[3] = ae_alloc(n, sizeof *middle);
    size_t *order = ae_alloc(n, sizeof *order);
    int code = AE_EMEM;
    *out = NULL;
    if (!tree || !middle || !order)
        goto out;
    for (tree->leaves = 1; tree->leaves * LEAF < n;)
        tree->leaves *= 2;
    tree->leaf = ae_alloc(tree->leaves, sizeof *tree->leaf);
    tree->node = ae_alloc(2 * tree->leaves, sizeof *tree->node);
    if (!tree->leaf || !tree->node)
        goto out;
    for (size_t f = 0; f < n; f++)
        for (int i = 0; i < 3; i++)
            for (int k = 0; k < 3; k++)
                middle[f][k] += mesh->vertex[mesh->face[f][i]][k] / 3;
    code = ae_hilbert_order((const double(*)[3])middle, n, order, err);
    if (!code)
        build(tree, mesh, order);
out:
    free(middle);
    free(order);
    if (code) {
        ae_nearest_free(tree);
        return ae_fail(err, code, "out of memory for the surface");
    }
    *out = tree;
    return AE_OK;
}

/* The same of a point whose nearest face may be in the leaf *hint, a bound that
 * is near; then the leaf where it is. */
static double search(const struct ae_nearest *tree, const double p[3],
    double reach, size_t *hint)
{
    struct {
        size_t node;
        double square;
    } stack[DEPTH];
    size_t first = *hint;
    double best = reach * reach, d = ae_nearest_leaf(&tree->leaf[first], p);
    int n = 0, found = d <= best;
    best = d < best ? d : best;
    stack[n].node = 1;
    stack[n++].square = square_to(&tree->node[1], p);
    while (n) {
        size_t i = stack[--n].node;
        if (stack[n].square > best)
            continue;
        if (i >= tree->leaves) {
            if (i - tree->leaves == first)
                continue;
            d = ae_nearest_leaf(&tree->leaf[i - tree->leaves], p);
            found |= d <= best;
            if (d < best) {
                best = d;
                *hint = i - tree->leaves;
            }
            continue;
        }
        double a = square_to(&tree->node[2 * i], p);
        double b = square_to(&tree->node[2 * i + 1], p);
        size_t near = 2 * i + (b < a), far = 2 * i + !(b < a);
        if ((a > b ? a : b) <= best) {
            stack[n].node = far;
            stack[n++].square = a > b ? a : b;
        }
        stack[n].node = near;
        stack[n++].square = a > b ? b : a;
    }
    return found ? sqrt(best) : INFINITY;
}

double ae_nearest_distance(
    const struct ae_nearest *tree, const double p[3], double reach)
{
    size_t hint = 0;
    return search(tree, p, reach, &hint);
}

/* Along a space-filling curve the face nearest to the last point is near. */
int ae_nearest_distances(const struct ae_nearest *tree, const double (*pos)[3],
    size_t n, double *distance, struct ae_error *err)
{
    size_t *order = ae_alloc(n, sizeof *order);
    if (!order)
        return ae_fail(err, AE_EMEM, "out of memory for %zu atoms", n);
    int code = ae_hilbert_order(pos, n, order, err);
    size_t chunks = (n + CHUNK - 1) / CHUNK;
#pragma omp parallel for schedule(dynamic, 1)
    for (size_t c = 0; c < chunks; c++) {
        size_t hint = 0;
        for (size_t m = c * CHUNK; m < n && m < (c + 1) * CHUNK && !code; m++)
            distance[order[m]] = search(tree, pos[order[m]], INFINITY, &hint);
    }
    free(order);
    return code;
}
