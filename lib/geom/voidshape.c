/* SPDX-License-Identifier: BSD-2-Clause
 * The shapes of voids (geom/voids.h): second moments, extents, boundaries. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <gsl/gsl_eigen.h>
#include "base/mem.h"
#include "geom/voids.h"

static const double pi = 3.14159265358979323846;

/* The tetrahedra of each void: item[start[i]] ... item[start[i + 1] - 1]. */
struct lists {
    size_t *start, *item;
};

static int make_lists(struct lists *l, size_t ntet, const struct ae_voids *v)
{
    size_t members = 0;
    l->start = ae_alloc(v->n + 2, sizeof *l->start);
    for (size_t t = 0; t < ntet; t++)
        members += v->of[t] != AE_DELAUNAY_HULL;
    l->item = ae_alloc(members, sizeof *l->item);
    if (!l->start || !l->item)
        return AE_EMEM;
    for (size_t t = 0; t < ntet; t++)
        if (v->of[t] != AE_DELAUNAY_HULL)
            l->start[v->of[t] + 2]++;
    for (size_t i = 2; i < v->n + 2; i++)
        l->start[i] += l->start[i - 1];
    for (size_t t = 0; t < ntet; t++)
        if (v->of[t] != AE_DELAUNAY_HULL)
            l->item[l->start[v->of[t] + 1]++] = t;
    return AE_OK;
}

/* Part of the atoms at the corners that lies inside, in atoms. */
static double corner_share(double p[4][3])
{
    double sum = 0;
    for (int k = 0; k < 4; k++) {
        double q[4][3];
        memcpy(q, p, sizeof q);
        memcpy(q[0], p[k], sizeof q[0]);
        memcpy(q[k], p[0], sizeof q[k]);
        sum += ae_tetra_solid_angle(q);
    }
    return sum / (4 * pi);
}

/* ---- moments ---- */

/* Add the integral of x x^T over a tetrahedron, x from a centre:
 * V/20 (sum of p p^T over the corners + s s^T), s the sum of the corners. */
static void add_moment(double m[9], double p[4][3], const double *centre)
{
    double s[3] = {0, 0, 0}, d[4][3], volume = ae_tetra_volume(p);
    for (int i = 0; i < 4; i++)
        for (int k = 0; k < 3; k++)
            s[k] += d[i][k] = p[i][k] - centre[k];
    for (int a = 0; a < 3; a++)
        for (int b = 0; b < 3; b++) {
            double sum = s[a] * s[b];
            for (int i = 0; i < 4; i++)
                sum += d[i][a] * d[i][b];
            m[3 * a + b] += volume / 20 * sum;
        }
}

/* The sign such that the largest component is positive. */
static void set_axis(double axis[3], const gsl_vector *v)
{
    int big = 0;
    for (int k = 0; k < 3; k++) {
        axis[k] = gsl_vector_get(v, (size_t)k);
        big = fabs(axis[k]) > fabs(axis[big]) + 1e-12 ? k : big;
    }
    double sign = axis[big] < 0 ? -1 : 1;
    for (int k = 0; k < 3; k++)
        axis[k] *= sign;
}

struct eigen {
    gsl_eigen_symmv_workspace *work;
    gsl_matrix *vectors;
    gsl_vector *values;
};

static void axes(struct ae_void_shape *s, double m[9], struct eigen *e)
{
    gsl_matrix_view view = gsl_matrix_view_array(m, 3, 3);
    gsl_eigen_symmv(&view.matrix, e->values, e->vectors, e->work);
    gsl_eigen_symmv_sort(e->values, e->vectors, GSL_EIGEN_SORT_VAL_DESC);
    for (size_t k = 0; k < 3; k++) {
        gsl_vector_view column = gsl_matrix_column(e->vectors, k);
        set_axis(s->axis[k], &column.vector);
        s->half[k] = sqrt(5 * fmax(gsl_vector_get(e->values, k), 0));
    }
}

/* ---- corners and boundary ---- */

static int ascending(const void *p, const void *q)
{
    size_t a = *(const size_t *)p, b = *(const size_t *)q;
    return a < b ? -1 : a > b;
}

static int take_atoms(struct ae_void_shape *s, const struct ae_delaunay *mesh,
    const size_t *tetra, size_t n)
{
    size_t kept = 0;
    s->atom = ae_alloc(4 * n, sizeof *s->atom);
    if (!s->atom)
        return AE_EMEM;
    for (size_t i = 0; i < n; i++)
        memcpy(s->atom + 4 * i, mesh->vertex[tetra[i]], 4 * sizeof *s->atom);
    qsort(s->atom, 4 * n, sizeof *s->atom, ascending);
    for (size_t i = 0; i < 4 * n; i++)
        if (!kept || s->atom[kept - 1] != s->atom[i])
            s->atom[kept++] = s->atom[i];
    s->natom = kept;
    return AE_OK;
}

static double face_area(const double a[3], const double b[3], const double c[3])
{
    double sum = 0;
    for (int k = 0; k < 3; k++) {
        int i = (k + 1) % 3, j = (k + 2) % 3;
        double n =
            (b[i] - a[i]) * (c[j] - a[j]) - (b[j] - a[j]) * (c[i] - a[i]);
        sum += n * n;
    }
    return sqrt(sum) / 2;
}

/* Edges of the faces to the outside. */
struct side {
    size_t a, b, face; /* a < b */
};

static int by_side(const void *p, const void *q)
{
    const struct side *x = p, *y = q;
    if (x->a != y->a)
        return x->a < y->a ? -1 : 1;
    if (x->b != y->b)
        return x->b < y->b ? -1 : 1;
    return x->face < y->face ? -1 : x->face > y->face;
}

static size_t root(size_t *up, size_t i)
{
    while (up[i] != i)
        i = up[i] = up[up[i]];
    return i;
}

/* Patches of nface faces with their 3 nface edges in side; up[nface] is room. */
static size_t patches(struct side *side, size_t nface, size_t *up)
{
    size_t n = nface;
    for (size_t i = 0; i < nface; i++)
        up[i] = i;
    qsort(side, 3 * nface, sizeof *side, by_side);
    for (size_t i = 1; i < 3 * nface; i++) {
        if (side[i].a != side[i - 1].a || side[i].b != side[i - 1].b)
            continue;
        size_t p = root(up, side[i].face), q = root(up, side[i - 1].face);
        n -= p != q;
        up[p < q ? q : p] = p < q ? p : q;
    }
    return n;
}

/* Area and openings of the void that holds tetra[n]. */
static int boundary(struct ae_void_shape *s, const struct ae_delaunay *mesh,
    const double (*pos)[3], const unsigned char *in, const size_t *of,
    const size_t *tetra, size_t n)
{
    size_t nface = 0;
    struct side *side = ae_alloc(12 * n, sizeof *side);
    size_t *up = ae_alloc(4 * n, sizeof *up);
    for (size_t i = 0; i < n && side && up; i++)
        for (int k = 0; k < 4; k++) {
            size_t t = tetra[i], u = mesh->neighbour[t][k], v[3];
            if (u != AE_DELAUNAY_HULL && of[u] == of[t])
                continue;
            for (int j = 0, m = 0; j < 4; j++)
                if (j != k)
                    v[m++] = mesh->vertex[t][j];
            double area = face_area(pos[v[0]], pos[v[1]], pos[v[2]]);
            s->area += area;
            if (u != AE_DELAUNAY_HULL && in[u])
                continue;
            s->contact += area;
            for (int j = 0; j < 3; j++) {
                size_t a = v[j], b = v[(j + 1) % 3];
                side[3 * nface + (size_t)j] =
                    (struct side){a < b ? a : b, a < b ? b : a, nface};
            }
            nface++;
        }
    if (side && up)
        s->openings = patches(side, nface, up);
    int code = side && up ? AE_OK : AE_EMEM;
    free(side);
    free(up);
    return code;
}

/* ---- one void ---- */

static void extent(
    struct ae_void_shape *s, const double (*pos)[3], double volume)
{
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < s->natom; i++) {
        double x = 0;
        for (int k = 0; k < 3; k++)
            x += s->axis[0][k] * pos[s->atom[i]][k];
        low = fmin(low, x);
        high = fmax(high, x);
    }
    s->length = high - low;
    s->radius = sqrt(volume / (pi * s->length));
}

static int describe(struct ae_void_shape *s, const struct ae_delaunay *mesh,
    const double (*pos)[3], const struct ae_void *v, const size_t *tetra,
    struct eigen *e)
{
    double m[9] = {0};
    for (size_t i = 0; i < v->ntet; i++) {
        double p[4][3];
        ae_delaunay_corners(mesh, pos, tetra[i], p);
        add_moment(m, p, v->centroid);
        s->share += corner_share(p);
    }
    for (int k = 0; k < 9; k++)
        m[k] /= v->volume;
    axes(s, m, e);
    if (take_atoms(s, mesh, tetra, v->ntet))
        return AE_EMEM;
    extent(s, pos, v->volume);
    return AE_OK;
}

static double solid(const struct ae_delaunay *mesh, const double (*pos)[3],
    const unsigned char *in, const size_t *of)
{
    double sum = 0;
    for (size_t t = 0; t < mesh->n; t++) {
        double p[4][3];
        if (!in[t] || of[t] != AE_DELAUNAY_HULL)
            continue;
        ae_delaunay_corners(mesh, pos, t, p);
        sum += corner_share(p);
    }
    return sum;
}

int ae_void_shapes(const struct ae_delaunay *mesh, const double (*pos)[3],
    const unsigned char *in, const struct ae_voids *voids,
    struct ae_void_shape *shape, double *solid_share, struct ae_error *err)
{
    struct lists lists = {NULL, NULL};
    struct eigen e = {
        gsl_eigen_symmv_alloc(3), gsl_matrix_alloc(3, 3), gsl_vector_alloc(3)};
    int code = e.work && e.vectors && e.values
                   ? make_lists(&lists, mesh->n, voids)
                   : AE_EMEM;
    memset(shape, 0, voids->n * sizeof *shape);
    for (size_t i = 0; i < voids->n && !code; i++) {
        const size_t *tetra = lists.item + lists.start[i];
        code = describe(&shape[i], mesh, pos, &voids->item[i], tetra, &e);
        if (!code)
            code = boundary(&shape[i], mesh, pos, in, voids->of, tetra,
                voids->item[i].ntet);
    }
    if (!code && solid_share)
        *solid_share = solid(mesh, pos, in, voids->of);
    gsl_eigen_symmv_free(e.work);
    gsl_matrix_free(e.vectors);
    gsl_vector_free(e.values);
    free(lists.start);
    free(lists.item);
    if (code)
        ae_void_shapes_clear(shape, voids->n);
    return code ? ae_fail(err, code, "out of memory for the voids") : AE_OK;
}

void ae_void_shapes_clear(struct ae_void_shape *shape, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(shape[i].atom);
    memset(shape, 0, n * sizeof *shape);
}
