/* SPDX-License-Identifier: BSD-2-Clause
 * ptm_graph - the facet graph of the neighbours of an atom, and its code.
 *
 * The graph is that of the convex hull of the neighbours' directions, points
 * of the unit sphere, so that every neighbour is a corner of it. All facets
 * are triangles: where more than three directions lie on one circle, ties are
 * broken by the order of the points.
 */
#ifndef AE_GEOM_PTM_GRAPH_KERNEL_H
#define AE_GEOM_PTM_GRAPH_KERNEL_H

#include <stdint.h>

enum { AE_PTM_MOST = 14, AE_PTM_FACETS = 2 * AE_PTM_MOST - 4 };

struct ae_ptm_graph {
    int n;
    uint8_t degree[AE_PTM_MOST];
    uint8_t first[AE_PTM_MOST]; /* a neighbour of each corner */
    double nearest; /* facet's distance from the origin, of unit directions;
                       below 0 when the origin is outside */
    /* the third corner of the facet on the left of the edge a -> b, seen from
     * outside */
    uint8_t next[AE_PTM_MOST][16];
};

/* v[n], 4 <= n <= AE_PTM_MOST, about the origin. 0, or -1 when the directions
 * span no hull of n corners. */
int ae_ptm_graph(const double (*v)[3], int n, struct ae_ptm_graph *graph);

/* The graph with its corners numbered breadth first from an edge a -> b, the
 * neighbours of each counted anticlockwise from the one that was first:
 * row[i] has bit j when i and j are joined. Two graphs are the same, corner
 * number by corner number, exactly when their rows are. */
struct ae_ptm_code {
    uint16_t row[16];            /* beyond n: 0 */
    uint8_t corner[AE_PTM_MOST]; /* corner of the graph with number i */
};

/* From that edge. */
void ae_ptm_code(
    const struct ae_ptm_graph *graph, int a, int b, struct ae_ptm_code *code);

/* The rank of an edge as a start: degrees of its ends and of the two corners
 * beside it. Codes are made from edges of the highest rank only. */
unsigned ae_ptm_rank(const struct ae_ptm_graph *graph, int a, int b);

/* The first edge of the highest rank. */
void ae_ptm_start(const struct ae_ptm_graph *graph, int *a, int *b);

#endif
