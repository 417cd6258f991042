/* SPDX-License-Identifier: BSD-2-Clause */
#include "geom/boxtree.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "geom/hilbert.h"

enum { LEAF = 16, DEPTH = 64 };

struct box {
    double low[3], high[3];
};

/* Node 1 is the root, 2 i and 2 i + 1 are below node i; node leaves + l is leaf
 * l, the points from LEAF l. */
struct ae_boxtree {
    size_t n, leaves; /* leaves: a power of 2 */
    double (*place)[3];
    struct box *node;
};

void ae_boxtree_free(struct ae_boxtree *tree)
{
    if (!tree)
        return;
    free(tree->place);
    free(tree->node);
    free(tree);
}

static void widen(struct box *box, const double low[3], const double high[3])
{
    for (int k = 0; k < 3; k++) {
        box->low[k] = fmin(box->low[k], low[k]);
        box->high[k] = fmax(box->high[k], high[k]);
    }
}

static void build(struct ae_boxtree *tree)
{
    for (size_t i = 0; i < 2 * tree->leaves; i++)
        tree->node[i] = (struct box){
            {INFINITY, INFINITY, INFINITY}, {-INFINITY, -INFINITY, -INFINITY}};
    for (size_t i = 0; i < tree->n; i++)
        widen(&tree->node[tree->leaves + i / LEAF], tree->place[i],
            tree->place[i]);
    for (size_t i = 2 * tree->leaves - 1; i > 1; i--)
        widen(&tree->node[i / 2], tree->node[i].low, tree->node[i].high);
}

int ae_boxtree_new(struct ae_boxtree **out, const double (*pos)[3], size_t n,
    struct ae_error *err)
{
    struct ae_boxtree *tree = *out = ae_alloc(1, sizeof *tree);
    size_t *order = ae_alloc_raw(n, sizeof *order);
    int code = tree && order ? AE_OK : AE_EMEM;
    if (!code) {
        tree->n = n;
        for (tree->leaves = 1; tree->leaves * LEAF < n;)
            tree->leaves *= 2;
        tree->place = ae_alloc_raw(n, sizeof *tree->place);
        tree->node = ae_alloc_raw(2 * tree->leaves, sizeof *tree->node);
        code = tree->place && tree->node ? AE_OK : AE_EMEM;
    }
    if (!code)
        code = ae_hilbert_order(pos, n, order, err);
    for (size_t i = 0; i < n && !code; i++)
        memcpy(tree->place[i], pos[order[i]], sizeof *pos);
    free(order);
    if (code) {
        ae_boxtree_free(tree);
        *out = NULL;
        return ae_fail(err, code, "out of memory for %zu atoms", n);
    }
    build(tree);
    return AE_OK;
}

static int meets(const struct box *box, const double centre[3], double square)
{
    double sum = 0;
    for (int k = 0; k < 3; k++) {
        double d = fmax(box->low[k] - centre[k], centre[k] - box->high[k]);
        sum += d > 0 ? d * d : 0;
    }
    return sum < square;
}

/* Do all points of a box lie where low <= x < high? */
static int is_in(
    const struct box *box, const double low[3], const double high[3])
{
    int in = 1;
    for (int k = 0; k < 3; k++)
        in &= (box->low[k] >= low[k]) & (box->high[k] < high[k]);
    return in;
}

int ae_boxtree_beyond(const struct ae_boxtree *tree, const double centre[3],
    double radius, const double low[3], const double high[3])
{
    const double square = radius * radius;
    size_t stack[DEPTH];
    int depth = 0;
    stack[depth++] = 1;
    while (depth) {
        size_t i = stack[--depth];
        if (is_in(&tree->node[i], low, high) ||
            !meets(&tree->node[i], centre, square))
            continue;
        if (i < tree->leaves) {
            stack[depth++] = 2 * i;
            stack[depth++] = 2 * i + 1;
            continue;
        }
        size_t end = (i - tree->leaves + 1) * LEAF;
        for (size_t j = end - LEAF; j < end && j < tree->n; j++) {
            const double *p = tree->place[j];
            const struct box here = {{p[0], p[1], p[2]}, {p[0], p[1], p[2]}};
            if (!is_in(&here, low, high) && meets(&here, centre, square))
                return 1;
        }
    }
    return 0;
}
