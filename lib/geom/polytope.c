/* SPDX-License-Identifier: BSD-2-Clause */
#include "geom/polytope.h"

#include <math.h>
#include <string.h>

static void put(struct ae_polytope *body, int at, int a, int b, int c)
{
    body->plane[at][0] = (uint8_t)a;
    body->plane[at][1] = (uint8_t)b;
    body->plane[at][2] = (uint8_t)c;
    body->owner[a][b] = body->owner[b][c] = body->owner[c][a] = (uint16_t)at;
}

void ae_polytope_cube(struct ae_polytope *body, double half)
{
    body->nplane = 6;
    body->n = 8;
    for (int i = 0; i < 8; i++) {
        int p[3], odd = 0;
        for (int k = 0; k < 3; k++) {
            int high = i >> k & 1;
            p[k] = 2 * k + high;
            odd ^= !high;
            body->v[i][k] = high ? half : -half;
        }
        put(body, i, p[0], p[odd ? 2 : 1], p[odd ? 1 : 2]);
    }
}

void ae_polytope_tetra(struct ae_polytope *body, double corner[4][3])
{
    static const int planes[4][3] = {
        {1, 2, 3}, {0, 3, 2}, {0, 1, 3}, {0, 2, 1}};
    body->nplane = body->n = 4;
    for (int i = 0; i < 4; i++) {
        memcpy(body->v[i], corner[i], sizeof body->v[i]);
        put(body, i, planes[i][0], planes[i][1], planes[i][2]);
    }
}

/* A vertex between one that stays and one that goes. */
struct fresh {
    uint8_t a, b;
    double v[3];
};

/* The new vertices, on the edges from what is kept to what is cut off; -1
 * when they are too many. */
static int on_edges(
    const struct ae_polytope *body, double tolerance, struct fresh *fresh)
{
    int n = 0;
    for (int t = 0; t < body->n; t++)
        for (int k = 0; k < 3 && body->s[t] > tolerance; k++) {
            uint8_t a = body->plane[t][k], b = body->plane[t][(k + 1) % 3];
            int o = body->owner[b][a];
            if (body->s[o] > tolerance)
                continue;
            if (n == AE_POLYTOPE_PLANES)
                return -1;
            double below = body->s[o] < 0 ? body->s[o] : 0;
            double part = -below / (body->s[t] - below);
            fresh[n].a = a;
            fresh[n].b = b;
            for (int i = 0; i < 3; i++)
                fresh[n].v[i] =
                    body->v[o][i] + part * (body->v[t][i] - body->v[o][i]);
            n++;
        }
    return n;
}

int ae_polytope_cut(
    struct ae_polytope *body, const double n[3], double d, double tolerance)
{
    struct fresh fresh[AE_POLYTOPE_PLANES];
    int gone = 0, end = body->n;
    for (int t = 0; t < body->n; t++) {
        const double *v = body->v[t];
        body->s[t] = n[0] * v[0] + n[1] * v[1] + n[2] * v[2] - d;
        gone += body->s[t] > tolerance;
    }
    if (!gone)
        return -1;
    if (gone == body->n) {
        body->n = 0;
        return -2;
    }
    int m = on_edges(body, tolerance, fresh);
    if (m < 0 || body->nplane == AE_POLYTOPE_PLANES ||
        body->n - gone + m > AE_POLYTOPE_VERTICES)
        return -3;
    /* the new ones to the places of those that go, and to the end; where they
     * are fewer the last ones move up */
    for (int t = 0, i = 0; t < end || i < m; t++) {
        if (t < end && !(body->s[t] > tolerance))
            continue;
        if (i < m) {
            memcpy(body->v[t], fresh[i].v, sizeof fresh[i].v);
            put(body, t, fresh[i].a, fresh[i].b, body->nplane);
            i++;
            continue;
        }
        while (end > t && body->s[end - 1] > tolerance)
            end--;
        if (end > t) {
            const uint8_t *p = body->plane[--end];
            memcpy(body->v[t], body->v[end], sizeof body->v[t]);
            put(body, t, p[0], p[1], p[2]);
        }
    }
    body->n += m - gone;
    return body->nplane++;
}

/* The vertices of a face in turn, from that at place first; their number. */
static int face_of(const struct ae_polytope *body, int plane, int first,
    int at[AE_POLYTOPE_VERTICES])
{
    int n = 0, t = first;
    do {
        int k = 0;
        at[n++] = t;
        while (body->plane[t][k] != plane)
            k++;
        t = body->owner[plane][body->plane[t][(k + 2) % 3]];
    } while (t != first && n < body->n);
    return n;
}

static int has(const struct ae_polytope *body, int t, int plane)
{
    const uint8_t *p = body->plane[t];
    return p[0] == plane || p[1] == plane || p[2] == plane;
}

double ae_polytope_volume(const struct ae_polytope *body)
{
    int at[AE_POLYTOPE_VERTICES];
    double sum = 0;
    for (int p = 0; p < body->nplane; p++) {
        int t = 0;
        while (t < body->n && !has(body, t, p))
            t++;
        int n = t < body->n ? face_of(body, p, t, at) : 0;
        const double *o = body->v[0];
        for (int i = 2; i < n; i++) {
            const double *a = body->v[at[0]], *b = body->v[at[i - 1]];
            const double *c = body->v[at[i]];
            double x[3], y[3], z[3];
            for (int k = 0; k < 3; k++) {
                x[k] = a[k] - o[k];
                y[k] = b[k] - o[k];
                z[k] = c[k] - o[k];
            }
            sum += x[0] * (y[1] * z[2] - y[2] * z[1]) +
                   x[1] * (y[2] * z[0] - y[0] * z[2]) +
                   x[2] * (y[0] * z[1] - y[1] * z[0]);
        }
    }
    return fabs(sum) / 6;
}

int ae_polytope_edges(
    const struct ae_polytope *body, int plane, double shortest)
{
    int at[AE_POLYTOPE_VERTICES], t = 0, edges = 0;
    while (t < body->n && !has(body, t, plane))
        t++;
    if (t == body->n)
        return 0;
    int n = face_of(body, plane, t, at);
    for (int i = 0; i < n; i++) {
        const double *a = body->v[at[i]], *b = body->v[at[(i + 1) % n]];
        double square = 0;
        for (int k = 0; k < 3; k++)
            square += (b[k] - a[k]) * (b[k] - a[k]);
        edges += square > shortest * shortest;
    }
    return edges;
}
