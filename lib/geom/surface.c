/* SPDX-License-Identifier: BSD-2-Clause */
#include "geom/surface.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"

/* Corners of the face opposite to vertex k of a tetrahedron that turns
 * positively, anticlockwise seen from outside. */
static const int outward[4][3] = {{1, 2, 3}, {0, 3, 2}, {0, 1, 3}, {0, 2, 1}};

void ae_surface_clear(struct ae_surface *surface)
{
    ae_mesh_clear(&surface->mesh);
    free(surface->point);
    free(surface->tetra);
    memset(surface, 0, sizeof *surface);
}

static int is_face(
    const struct ae_delaunay *mesh, const unsigned char *in, size_t t, int k)
{
    size_t u = mesh->neighbour[t][k];
    return u == AE_DELAUNAY_HULL || !in[u];
}

/* The corner that is none of these three. */
static int fourth(
    const struct ae_delaunay *mesh, size_t t, size_t a, size_t b, size_t c)
{
    const size_t *v = mesh->vertex[t];
    int k = 0;
    while (v[k] == a || v[k] == b || v[k] == c)
        k++;
    return k;
}

/* From face k of t turn about the edge a, b through the set to its other end:
 * the tetrahedron and the face there. */
static int turn(const struct ae_delaunay *mesh, const unsigned char *in,
    size_t *t, int k, size_t a, size_t b)
{
    for (;;) {
        size_t pivot = mesh->vertex[*t][k];
        int i = fourth(mesh, *t, a, b, pivot); /* across it lies the next */
        if (is_face(mesh, in, *t, i))
            return i;
        *t = mesh->neighbour[*t][i];
        k = fourth(mesh, *t, a, b, pivot);
    }
}

/* Sets of equal things, joined two at a time. */
static size_t root(size_t *parent, size_t i)
{
    while (parent[i] != i)
        i = parent[i] = parent[parent[i]];
    return i;
}

static void join(size_t *parent, size_t i, size_t j)
{
    i = root(parent, i);
    j = root(parent, j);
    if (i < j)
        parent[j] = i;
    else
        parent[i] = j;
}

/* Faces in the order of tetrahedra: their points, and the number that each
 * tetrahedron's face 0 ... 3 has. */
struct faces {
    size_t n;
    size_t (*point)[3];
    size_t *tetra;
    unsigned char *k;
    size_t *first; /* [mesh->n] number of the tetrahedron's first face */
};

static int list_faces(
    struct faces *f, const struct ae_delaunay *mesh, const unsigned char *in)
{
    f->first = ae_alloc(mesh->n, sizeof *f->first);
    if (!f->first)
        return AE_EMEM;
    for (size_t t = 0; t < mesh->n; t++) {
        f->first[t] = f->n;
        for (int k = 0; k < 4 && in[t]; k++)
            f->n += (size_t)is_face(mesh, in, t, k);
    }
    f->point = ae_alloc(f->n, sizeof *f->point);
    f->tetra = ae_alloc(f->n, sizeof *f->tetra);
    f->k = ae_alloc(f->n, 1);
    if (!f->point || !f->tetra || !f->k)
        return AE_EMEM;
    for (size_t t = 0, i = 0; t < mesh->n; t++)
        for (int k = 0; k < 4 && in[t]; k++) {
            if (!is_face(mesh, in, t, k))
                continue;
            for (int j = 0; j < 3; j++)
                f->point[i][j] = mesh->vertex[t][outward[k][j]];
            f->tetra[i] = t;
            f->k[i++] = (unsigned char)k;
        }
    return AE_OK;
}

/* Number of face k of t. */
static size_t number(const struct faces *f, size_t t, int k)
{
    size_t i = f->first[t];
    while (f->k[i] != k)
        i++;
    return i;
}

/* corner 3 i + j of face i is the same vertex as its like on the faces joined
 * to it by an edge: parent[3 n] */
static void join_corners(const struct faces *f, const struct ae_delaunay *mesh,
    const unsigned char *in, size_t *parent)
{
    for (size_t i = 0; i < 3 * f->n; i++)
        parent[i] = i;
    for (size_t i = 0; i < f->n; i++)
        for (size_t j = 0; j < 3; j++) {
            size_t a = f->point[i][j], b = f->point[i][(j + 1) % 3];
            size_t t = f->tetra[i], m;
            int k = turn(mesh, in, &t, f->k[i], a, b);
            m = number(f, t, k);
            for (size_t l = 0; l < 3; l++) {
                if (f->point[m][l] == a)
                    join(parent, 3 * i + j, 3 * m + l);
                if (f->point[m][l] == b)
                    join(parent, 3 * i + (j + 1) % 3, 3 * m + l);
            }
        }
}

/* Vertices are numbered by their first corners. */
static int make_mesh(struct ae_surface *s, const struct faces *f,
    size_t *parent, const double (*pos)[3])
{
    struct ae_mesh *mesh = &s->mesh;
    size_t n = 0;
    for (size_t i = 0; i < 3 * f->n; i++)
        n += root(parent, i) == i;
    if (n > INT32_MAX || f->n > INT32_MAX)
        return AE_EMEM;
    mesh->vertex = ae_alloc(n, sizeof *mesh->vertex);
    mesh->face = ae_alloc(f->n, sizeof *mesh->face);
    s->point = ae_alloc(n, sizeof *s->point);
    s->tetra = ae_alloc(f->n, sizeof *s->tetra);
    uint32_t *name = ae_alloc(3 * f->n, sizeof *name);
    if (!mesh->vertex || !mesh->face || !s->point || !s->tetra || !name) {
        free(name);
        return AE_EMEM;
    }
    for (size_t i = 0; i < 3 * f->n; i++) {
        size_t r = root(parent, i), point = f->point[i / 3][i % 3];
        if (r == i) { /* the root is the first corner of its set */
            name[i] = (uint32_t)mesh->nvertex;
            s->point[mesh->nvertex] = point;
            memcpy(mesh->vertex[mesh->nvertex++], pos[point], sizeof *pos);
        }
        mesh->face[i / 3][i % 3] = name[r];
    }
    mesh->nface = f->n;
    memcpy(s->tetra, f->tetra, f->n * sizeof *s->tetra);
    free(name);
    return AE_OK;
}

int ae_surface_new(struct ae_surface *surface, const struct ae_delaunay *mesh,
    const double (*pos)[3], const unsigned char *in, struct ae_error *err)
{
    struct faces f = {0};
    size_t *parent = NULL;
    memset(surface, 0, sizeof *surface);
    int code = list_faces(&f, mesh, in);
    if (!code)
        parent = ae_alloc(3 * f.n, sizeof *parent);
    if (!code && !parent)
        code = AE_EMEM;
    if (!code) {
        join_corners(&f, mesh, in, parent);
        code = make_mesh(surface, &f, parent, pos);
    }
    free(parent);
    free(f.first);
    free(f.point);
    free(f.tetra);
    free(f.k);
    if (code)
        ae_surface_clear(surface);
    return code ? ae_fail(err, code, "out of memory for the surface") : AE_OK;
}

/* Twice the area vector of a face. */
static void area_vector(const struct ae_mesh *mesh, size_t i, double a[3])
{
    const double *p = mesh->vertex[mesh->face[i][0]];
    const double *q = mesh->vertex[mesh->face[i][1]];
    const double *r = mesh->vertex[mesh->face[i][2]];
    for (int k = 0; k < 3; k++) {
        int u = (k + 1) % 3, v = (k + 2) % 3;
        a[k] = (q[u] - p[u]) * (r[v] - p[v]) - (q[v] - p[v]) * (r[u] - p[u]);
    }
}

double ae_surface_area(const struct ae_mesh *mesh)
{
    double sum = 0, a[3];
    for (size_t i = 0; i < mesh->nface; i++) {
        area_vector(mesh, i, a);
        sum += sqrt(a[0] * a[0] + a[1] * a[1] + a[2] * a[2]) / 2;
    }
    return sum;
}

/* Pyramids from the first vertex, so that far coordinates cancel little. */
double ae_surface_volume(const struct ae_mesh *mesh)
{
    double sum = 0, a[3];
    for (size_t i = 0; i < mesh->nface; i++) {
        const double *p = mesh->vertex[mesh->face[i][0]];
        area_vector(mesh, i, a);
        for (int k = 0; k < 3; k++)
            sum += a[k] * (p[k] - mesh->vertex[0][k]) / 6;
    }
    return sum;
}

int ae_surface_parts(const struct ae_mesh *mesh, uint32_t *part, size_t *nparts,
    struct ae_error *err)
{
    size_t *parent = ae_alloc(mesh->nvertex, sizeof *parent);
    uint32_t *name = ae_alloc(mesh->nvertex, sizeof *name);
    *nparts = 0;
    if (!parent || !name) {
        free(parent);
        free(name);
        return ae_fail(err, AE_EMEM, "out of memory for the surface");
    }
    for (size_t i = 0; i < mesh->nvertex; i++) {
        parent[i] = i;
        name[i] = UINT32_MAX;
    }
    for (size_t i = 0; i < mesh->nface; i++)
        for (int k = 1; k < 3; k++)
            join(parent, mesh->face[i][0], mesh->face[i][k]);
    for (size_t i = 0; i < mesh->nface; i++) {
        size_t r = root(parent, mesh->face[i][0]);
        if (name[r] == UINT32_MAX)
            name[r] = (uint32_t)(*nparts)++;
        part[i] = name[r];
    }
    free(parent);
    free(name);
    return AE_OK;
}

int ae_surface_keep(
    struct ae_surface *surface, const unsigned char *keep, struct ae_error *err)
{
    struct ae_mesh *mesh = &surface->mesh;
    uint32_t *name = ae_alloc(mesh->nvertex, sizeof *name);
    unsigned char *used = ae_alloc(mesh->nvertex, 1);
    size_t n = 0;
    if (!name || !used) {
        free(name);
        free(used);
        return ae_fail(err, AE_EMEM, "out of memory for the surface");
    }
    for (size_t i = 0; i < mesh->nface; i++)
        for (int k = 0; k < 3 && keep[i]; k++)
            used[mesh->face[i][k]] = 1;
    for (size_t i = 0; i < mesh->nvertex; i++) {
        if (!used[i])
            continue;
        name[i] = (uint32_t)n;
        memmove(mesh->vertex[n], mesh->vertex[i], sizeof *mesh->vertex);
        surface->point[n++] = surface->point[i];
    }
    mesh->nvertex = n;
    n = 0;
    for (size_t i = 0; i < mesh->nface; i++) {
        if (!keep[i])
            continue;
        for (int k = 0; k < 3; k++)
            mesh->face[n][k] = name[mesh->face[i][k]];
        surface->tetra[n++] = surface->tetra[i];
    }
    mesh->nface = n;
    free(name);
    free(used);
    return AE_OK;
}
