/* SPDX-License-Identifier: BSD-2-Clause */
#include "geom/ptm_graph_kernel.h"

#include <math.h>
#include <string.h>

#define CLONES                                                                 \
    __attribute__((                                                            \
        target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))

/* Relative: directions on one circle are told apart by moving each out by
 * some 1e-7 of its own; signs of volumes are then far above rounding. */
#define TIE_BREAK 1e-7
/* six times the volume of the first tetrahedron; less is a plane */
#define LEAST_VOLUME 1e-3

enum { ROOM = 32 }; /* facets of a hull of 14 points: 24; those of one step */

struct hull {
    int nfacet;
    /* outward normal . x = offset */
    double nx[ROOM], ny[ROOM], nz[ROOM], offset[ROOM];
    uint8_t corner[ROOM][4];
    uint8_t facet[AE_PTM_MOST][16]; /* on the left of the edge a -> b */
};

static inline void cross(const double a[3], const double b[3], double c[3])
{
    c[0] = a[1] * b[2] - a[2] * b[1];
    c[1] = a[2] * b[0] - a[0] * b[2];
    c[2] = a[0] * b[1] - a[1] * b[0];
}

static inline double dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static inline void set_facet(
    struct hull *h, int f, int a, int b, int c, double (*u)[3])
{
    double p[3], q[3], normal[3];
    for (int k = 0; k < 3; k++) {
        p[k] = u[b][k] - u[a][k];
        q[k] = u[c][k] - u[a][k];
    }
    cross(p, q, normal);
    h->nx[f] = normal[0];
    h->ny[f] = normal[1];
    h->nz[f] = normal[2];
    h->offset[f] = dot(normal, u[a]);
    h->corner[f][0] = (uint8_t)a;
    h->corner[f][1] = (uint8_t)b;
    h->corner[f][2] = (uint8_t)c;
    h->facet[a][b] = h->facet[b][c] = h->facet[c][a] = (uint8_t)f;
}

/* Four points that span a volume, and their tetrahedron. */
static inline int first_four(struct hull *h, double (*u)[3], int n, int t[4])
{
    double most = -1, edge[3], normal[3] = {0}, volume = 0;
    t[0] = 0;
    t[1] = t[2] = t[3] = 0;
    for (int i = 1; i < n; i++) {
        double far = -dot(u[0], u[i]);
        if (far > most) {
            most = far;
            t[1] = i;
        }
    }
    for (int k = 0; k < 3; k++)
        edge[k] = u[t[1]][k] - u[0][k];
    most = 0;
    for (int i = 1; i < n; i++) {
        double side[3], c[3];
        for (int k = 0; k < 3; k++)
            side[k] = u[i][k] - u[0][k];
        cross(edge, side, c);
        if (dot(c, c) > most) {
            most = dot(c, c);
            t[2] = i;
            memcpy(normal, c, sizeof c);
        }
    }
    for (int i = 1; i < n; i++) {
        double det = dot(normal, u[i]) - dot(normal, u[0]);
        if (fabs(det) > fabs(volume)) {
            volume = det;
            t[3] = i;
        }
    }
    if (!(fabs(volume) > LEAST_VOLUME))
        return -1;
    if (volume > 0) { /* the fourth lies behind the first three */
        int swap = t[1];
        t[1] = t[2];
        t[2] = swap;
    }
    set_facet(h, 0, t[0], t[1], t[2], u);
    set_facet(h, 1, t[0], t[3], t[1], u);
    set_facet(h, 2, t[1], t[3], t[2], u);
    set_facet(h, 3, t[2], t[3], t[0], u);
    h->nfacet = 4;
    return 0;
}

/* Replace the facets that p sees by the cone of their rim; -1 when it sees
 * none, or the rim is no circle. */
static inline int add_point(struct hull *h, int p, double (*u)[3])
{
    uint8_t sees[ROOM], seen[ROOM], rim[ROOM][2];
    double height[ROOM], x = u[p][0], y = u[p][1], z = u[p][2];
    int nseen = 0, nrim = 0;
    for (int f = 0; f < ROOM; f++)
        height[f] = h->nx[f] * x + h->ny[f] * y + h->nz[f] * z - h->offset[f];
    for (int f = 0; f < h->nfacet; f++) {
        sees[f] = height[f] > 0;
        seen[nseen] = (uint8_t)f;
        nseen += sees[f];
    }
    for (int i = 0; i < nseen; i++)
        for (int e = 0; e < 3; e++) {
            int a = h->corner[seen[i]][e];
            int b = h->corner[seen[i]][e == 2 ? 0 : e + 1];
            if (!sees[h->facet[b][a]]) {
                rim[nrim][0] = (uint8_t)a;
                rim[nrim++][1] = (uint8_t)b;
            }
        }
    /* a disc of k triangles without a corner inside has k + 2 edges */
    if (!nseen || nrim != nseen + 2 || h->nfacet + 2 > AE_PTM_FACETS)
        return -1;
    for (int i = 0; i < nrim; i++)
        set_facet(
            h, i < nseen ? seen[i] : h->nfacet++, rim[i][0], rim[i][1], p, u);
    return 0;
}

CLONES int ae_ptm_graph(const double (*v)[3], int n, struct ae_ptm_graph *graph)
{
    struct hull h;
    double u[AE_PTM_MOST][3];
    int t[4];
    memset(h.nx, 0, sizeof h.nx);
    memset(h.ny, 0, sizeof h.ny);
    memset(h.nz, 0, sizeof h.nz);
    memset(h.offset, 0, sizeof h.offset);
    for (int i = 0; i < n; i++) {
        /* multiples of the golden ratio, modulo 1 */
        double out = TIE_BREAK * fmod(0.61803398874989485 * (i + 1), 1);
        double scale = (1 + out) / sqrt(dot(v[i], v[i]));
        for (int k = 0; k < 3; k++)
            u[i][k] = v[i][k] * scale;
    }
    if (first_four(&h, u, n, t))
        return -1;
    for (int i = 0; i < n; i++)
        if (i != t[0] && i != t[1] && i != t[2] && i != t[3] &&
            add_point(&h, i, u))
            return -1;
    graph->n = n;
    graph->nearest = INFINITY;
    for (int f = 0; f < h.nfacet; f++) {
        double distance =
            h.offset[f] /
            sqrt(h.nx[f] * h.nx[f] + h.ny[f] * h.ny[f] + h.nz[f] * h.nz[f]);
        graph->nearest = distance < graph->nearest ? distance : graph->nearest;
    }
    memset(graph->degree, 0, sizeof graph->degree);
    for (int f = 0; f < h.nfacet; f++) {
        int a = h.corner[f][0], b = h.corner[f][1], c = h.corner[f][2];
        graph->next[a][b] = (uint8_t)c;
        graph->next[b][c] = (uint8_t)a;
        graph->next[c][a] = (uint8_t)b;
        graph->first[a] = (uint8_t)b;
        graph->first[b] = (uint8_t)c;
        graph->first[c] = (uint8_t)a;
        graph->degree[a]++;
        graph->degree[b]++;
        graph->degree[c]++;
    }
    return 0;
}

unsigned ae_ptm_rank(const struct ae_ptm_graph *g, int a, int b)
{
    return (unsigned)(g->degree[a] << 12 | g->degree[b] << 8 |
                      g->degree[g->next[a][b]] << 4 | g->degree[g->next[b][a]]);
}

void ae_ptm_start(const struct ae_ptm_graph *g, int *a, int *b)
{
    unsigned most = 0;
    int top = 0;
    for (int i = 0; i < g->n; i++)
        top = g->degree[i] > top ? g->degree[i] : top;
    for (int i = 0; i < g->n; i++) {
        int j = g->first[i];
        for (int e = 0; e < top && g->degree[i] == top; e++) {
            unsigned rank = ae_ptm_rank(g, i, j);
            if (rank > most) {
                most = rank;
                *a = i;
                *b = j;
            }
            j = g->next[i][j];
        }
    }
}

void ae_ptm_code(
    const struct ae_ptm_graph *g, int a, int b, struct ae_ptm_code *code)
{
    int8_t number[AE_PTM_MOST];
    uint8_t begin[AE_PTM_MOST]; /* neighbour to count from, by corner */
    int n = 2;
    memset(number, -1, sizeof number);
    memset(code->row, 0, sizeof code->row);
    number[a] = 0;
    number[b] = 1;
    begin[a] = (uint8_t)b;
    begin[b] = (uint8_t)a;
    code->corner[0] = (uint8_t)a;
    code->corner[1] = (uint8_t)b;
    for (int i = 0; i < g->n; i++) {
        int x = code->corner[i], y = begin[x];
        unsigned row = 0;
        for (int e = 0; e < g->degree[x]; e++) {
            if (number[y] < 0) {
                code->corner[n] = (uint8_t)y;
                begin[y] = (uint8_t)x;
                number[y] = (int8_t)n++;
            }
            row |= 1u << number[y];
            y = g->next[x][y];
        }
        code->row[i] = (uint16_t)row;
    }
}
