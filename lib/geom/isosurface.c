/* SPDX-License-Identifier: BSD-2-Clause */
#include "geom/isosurface.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"

#define NONE UINT32_MAX

/* A corner of the cube is 4 z + 2 y + x; an edge goes from a corner to one
 * with more bits, and is known by the lower sample and the bits it adds. */
enum { EDGES = 8 };

struct work {
    const float *data;
    size_t n[3], m[3]; /* samples; samples with the frame around them */
    const double *origin, *step;
    double level, low;
    int closed;
    float *layer[2];     /* [m[1]][m[0]] samples at z and z + 1 */
    uint32_t *vertex[2]; /* [m[1]][m[0]][EDGES] vertices of edges from there */
    struct ae_mesh *mesh;
    size_t vertex_room, face_room;
};

/* Corners of the six tetrahedra, each turning the same way. */
static const unsigned char tetra[6][4] = {{0, 1, 3, 7}, {0, 2, 6, 7},
    {0, 4, 5, 7}, {0, 5, 1, 7}, {0, 3, 2, 7}, {0, 6, 4, 7}};

/* ---- samples ---- */

/* Layer z of the framed box. */
static void read_layer(const struct work *w, size_t z, float *out)
{
    size_t f = (size_t)w->closed;
    for (size_t y = 0; y < w->m[1]; y++)
        for (size_t x = 0; x < w->m[0]; x++) {
            float v = (float)w->low;
            if (x >= f && y >= f && z >= f && x - f < w->n[0] &&
                y - f < w->n[1] && z - f < w->n[2])
                v = w->data[((z - f) * w->n[1] + (y - f)) * w->n[0] + (x - f)];
            out[y * w->m[0] + x] = isnan(v) ? (float)w->low : v;
        }
}

static double lowest(const float *data, size_t n)
{
    double low = INFINITY;
    for (size_t i = 0; i < n; i++)
        if (data[i] < low)
            low = data[i];
    return low;
}

/* ---- vertices and faces ---- */

static int grow(void **array, size_t n, size_t *room, size_t size)
{
    if (n < *room)
        return AE_OK;
    if (n >= NONE)
        return AE_EDATA;
    size_t more = *room ? 2 * *room : 1024;
    void *p = ae_resize(*array, *room, more, size);
    if (!p)
        return AE_EMEM;
    *array = p;
    *room = more;
    return AE_OK;
}

/* The vertex between corners a and b of the cube at x, y, z. */
static int find_vertex(
    struct work *w, const size_t at[3], unsigned a, unsigned b, uint32_t *name)
{
    if (a > b) {
        unsigned c = a;
        a = b;
        b = c;
    }
    size_t x = at[0] + (a & 1), y = at[1] + (a >> 1 & 1);
    size_t base = y * w->m[0] + x;
    uint32_t *known = &w->vertex[a >> 2][base * EDGES + (a ^ b)];
    if (*known != NONE) {
        *name = *known;
        return AE_OK;
    }
    struct ae_mesh *mesh = w->mesh;
    int code = grow((void **)&mesh->vertex, mesh->nvertex, &w->vertex_room,
        sizeof *mesh->vertex);
    if (code)
        return code;
    size_t bx = at[0] + (b & 1), by = at[1] + (b >> 1 & 1);
    double p = w->layer[a >> 2][base];
    double q = w->layer[b >> 2][by * w->m[0] + bx];
    double t = (w->level - p) / (q - p);
    double from[3] = {(double)x, (double)y, (double)(at[2] + (a >> 2))};
    for (int k = 0; k < 3; k++) {
        double i = from[k] - w->closed + ((a ^ b) >> k & 1 ? t : 0);
        mesh->vertex[mesh->nvertex][k] = w->origin[k] + i * w->step[k];
    }
    *name = *known = (uint32_t)mesh->nvertex++;
    return AE_OK;
}

static int add_face(struct work *w, uint32_t a, uint32_t b, uint32_t c)
{
    struct ae_mesh *mesh = w->mesh;
    int code = grow(
        (void **)&mesh->face, mesh->nface, &w->face_room, sizeof *mesh->face);
    if (code)
        return code;
    uint32_t *f = mesh->face[mesh->nface++];
    f[0] = a;
    f[1] = b;
    f[2] = c;
    return AE_OK;
}

/* The surface inside one tetrahedron with corners v[4], of which those with
 * their bit in mask are inside. order[]: a corner, and the others such that
 * all turn as 0 1 2 3 do. */
static int cut(
    struct work *w, const size_t at[3], const unsigned char *v, unsigned mask)
{
    static const unsigned char order[4][4] = {
        {0, 1, 2, 3}, {1, 0, 3, 2}, {2, 0, 1, 3}, {3, 0, 2, 1}};
    static const unsigned char pair[16][4] = {[3] = {0, 1, 2, 3},
        [5] = {0, 2, 3, 1},
        [9] = {0, 3, 1, 2},
        [6] = {1, 2, 0, 3},
        [10] = {1, 3, 2, 0},
        [12] = {2, 3, 0, 1}};
    uint32_t p[4] = {0, 0, 0, 0};
    int code = AE_OK, inside = __builtin_popcount(mask);
    if (inside == 2) {
        const unsigned char *o = pair[mask];
        const unsigned char edge[4][2] = {
            {o[0], o[2]}, {o[0], o[3]}, {o[1], o[3]}, {o[1], o[2]}};
        for (int k = 0; k < 4 && !code; k++)
            code = find_vertex(w, at, v[edge[k][0]], v[edge[k][1]], &p[k]);
        if (!code)
            code = add_face(w, p[0], p[1], p[2]);
        return code ? code : add_face(w, p[0], p[2], p[3]);
    }
    unsigned lone = inside == 1 ? mask : 15 - mask, i = 0;
    while (!(lone >> i & 1))
        i++;
    const unsigned char *o = order[i];
    for (int k = 0; k < 3 && !code; k++)
        code = find_vertex(w, at, v[i], v[o[k + 1]], &p[k]);
    if (code)
        return code;
    return inside == 1 ? add_face(w, p[0], p[1], p[2])
                       : add_face(w, p[0], p[2], p[1]);
}

static int cut_cube(struct work *w, const size_t at[3])
{
    int code = AE_OK;
    unsigned in = 0;
    for (unsigned c = 0; c < 8; c++) {
        size_t i = (at[1] + (c >> 1 & 1)) * w->m[0] + at[0] + (c & 1);
        in |= (unsigned)(w->layer[c >> 2][i] >= w->level) << c;
    }
    if (in == 0 || in == 255)
        return AE_OK;
    for (int t = 0; t < 6 && !code; t++) {
        unsigned mask = 0;
        for (unsigned k = 0; k < 4; k++)
            mask |= (in >> tetra[t][k] & 1) << k;
        if (mask != 0 && mask != 15)
            code = cut(w, at, tetra[t], mask);
    }
    return code;
}

static int march(struct work *w)
{
    size_t area = w->m[0] * w->m[1];
    int code = AE_OK;
    read_layer(w, 0, w->layer[0]);
    memset(w->vertex[0], 0xff, area * EDGES * sizeof *w->vertex[0]);
    for (size_t z = 0; z + 1 < w->m[2] && !code; z++) {
        read_layer(w, z + 1, w->layer[1]);
        memset(w->vertex[1], 0xff, area * EDGES * sizeof *w->vertex[1]);
        for (size_t y = 0; y + 1 < w->m[1] && !code; y++)
            for (size_t x = 0; x + 1 < w->m[0] && !code; x++)
                code = cut_cube(w, (const size_t[3]){x, y, z});
        float *layer = w->layer[0];
        uint32_t *vertex = w->vertex[0];
        w->layer[0] = w->layer[1];
        w->layer[1] = layer;
        w->vertex[0] = w->vertex[1];
        w->vertex[1] = vertex;
    }
    return code;
}

int ae_isosurface(const float *data, const size_t n[3], const double origin[3],
    const double step[3], double level, int closed, struct ae_mesh *mesh,
    struct ae_error *err)
{
    struct work w = {.data = data,
        .origin = origin,
        .step = step,
        .level = level,
        .low = lowest(data, n[0] * n[1] * n[2]),
        .closed = closed != 0,
        .mesh = mesh};
    int code = AE_OK;
    memset(mesh, 0, sizeof *mesh);
    for (int k = 0; k < 3; k++) {
        w.n[k] = n[k];
        w.m[k] = n[k] + (closed ? 2 : 0);
    }
    if (!(w.low < level)) /* all inside: no surface but the box's own */
        w.low = level - fmax(1, fabs(level));
    for (int i = 0; i < 2; i++) {
        w.layer[i] = ae_alloc(w.m[0] * w.m[1], sizeof *w.layer[i]);
        w.vertex[i] = ae_alloc(w.m[0] * w.m[1] * EDGES, sizeof *w.vertex[i]);
        if (!w.layer[i] || !w.vertex[i])
            code = AE_EMEM;
    }
    if (!code)
        code = march(&w);
    for (int i = 0; i < 2; i++) {
        free(w.layer[i]);
        free(w.vertex[i]);
    }
    if (code)
        ae_mesh_clear(mesh);
    if (code == AE_EDATA)
        return ae_fail(err, code, "the surface has more than 2^32 vertices");
    return code ? ae_fail(err, code, "out of memory for the surface") : AE_OK;
}
