/* SPDX-License-Identifier: BSD-2-Clause */
#include "geom/delaunay.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "base/rng.h"
#include "base/threads.h"
#include "geom/tetrahedra.h"

/* angstrom^3: below it a circumsphere is that of the displaced points */
static const double flat_volume = 1e-4;
/* angstrom^3 per point: atoms in one plane, displaced by the jitter, span less;
 * a layer of an atom's thickness spans 1e4 times more */
static const double plane_volume = 1e-3;

/* angstrom: beyond it rounding reaches the displacements */
static const double largest_extent = 1e7;

static double dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static void cross(double c[3], const double a[3], const double b[3])
{
    c[0] = a[1] * b[2] - a[2] * b[1];
    c[1] = a[2] * b[0] - a[0] * b[2];
    c[2] = a[0] * b[1] - a[1] * b[0];
}

/* Edges from p[0] and their cross products: bc = b x c, and so on. */
struct tetra {
    double e[3][3];
    double bc[3], ca[3], ab[3];
    double six; /* a . (b x c) */
};

static void tetra_set(struct tetra *t, double p[4][3])
{
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++)
            t->e[i][k] = p[i + 1][k] - p[0][k];
    cross(t->bc, t->e[1], t->e[2]);
    cross(t->ca, t->e[2], t->e[0]);
    cross(t->ab, t->e[0], t->e[1]);
    t->six = dot(t->e[0], t->bc);
}

double ae_tetra_volume(double p[4][3])
{
    struct tetra t;
    tetra_set(&t, p);
    return fabs(t.six) / 6;
}

double ae_tetra_sphere(double p[4][3], double centre[3])
{
    struct tetra t;
    double o[3];
    tetra_set(&t, p);
    double aa = dot(t.e[0], t.e[0]), bb = dot(t.e[1], t.e[1]);
    double cc = dot(t.e[2], t.e[2]);
    for (int k = 0; k < 3; k++)
        o[k] = (aa * t.bc[k] + bb * t.ca[k] + cc * t.ab[k]) / (2 * t.six);
    double radius = sqrt(dot(o, o));
    for (int k = 0; k < 3; k++)
        centre[k] = p[0][k] + o[k];
    return isfinite(radius) ? radius : INFINITY;
}

double ae_tetra_distortion(double p[4][3])
{
    double sum = 0, longest = 0;
    for (int i = 0; i < 4; i++)
        for (int j = i + 1; j < 4; j++) {
            double d[3];
            for (int k = 0; k < 3; k++)
                d[k] = p[i][k] - p[j][k];
            double edge = sqrt(dot(d, d));
            sum += edge;
            longest = fmax(longest, edge);
        }
    return longest / (sum / 6) - 1;
}

double ae_tetra_solid_angle(double p[4][3])
{
    struct tetra t;
    tetra_set(&t, p);
    double a = sqrt(dot(t.e[0], t.e[0])), b = sqrt(dot(t.e[1], t.e[1]));
    double c = sqrt(dot(t.e[2], t.e[2]));
    double below = a * b * c + dot(t.e[0], t.e[1]) * c +
                   dot(t.e[1], t.e[2]) * a + dot(t.e[2], t.e[0]) * b;
    return 2 * atan2(fabs(t.six), below);
}

void ae_delaunay_corners(const struct ae_delaunay *mesh, const double (*pos)[3],
    size_t t, double p[4][3])
{
    for (int k = 0; k < 4; k++)
        memcpy(p[k], pos[mesh->vertex[t][k]], sizeof p[k]);
}

/* Six times the volume of t with p for its corner k, less than 0 where p is
 * beyond the face opposite to it. Of the displaced points, which turn alike in
 * flat tetrahedra too. */
static double beyond(
    const struct ae_delaunay *mesh, size_t t, int k, const double p[3])
{
    double q[4][3];
    struct tetra turned;
    ae_delaunay_corners(mesh, (const double(*)[3])mesh->moved, t, q);
    memcpy(q[k], p, sizeof q[k]);
    tetra_set(&turned, q);
    return turned.six;
}

size_t ae_delaunay_locate(
    const struct ae_delaunay *mesh, const double p[3], size_t start)
{
    size_t t = start < mesh->n ? start : 0;
    /* the walk ends; were rounding to send it round, the number of steps and
     * the changing first face would end it */
    for (size_t steps = 0; steps < 4 * mesh->n; steps++) {
        size_t next = t;
        for (size_t i = 0; i < 4 && next == t; i++) {
            int k = (int)((steps + i) & 3);
            if (beyond(mesh, t, k, p) < 0)
                next = mesh->neighbour[t][k];
        }
        if (next == t || next == AE_DELAUNAY_HULL)
            return next;
        t = next;
    }
    return t;
}

void ae_delaunay_clear(struct ae_delaunay *mesh)
{
    free(mesh->vertex);
    free(mesh->neighbour);
    free(mesh->moved);
    free(mesh->volume);
    free(mesh->centre);
    free(mesh->radius);
    memset(mesh, 0, sizeof *mesh);
}

/* Of the widest axis. */
static double extent(const double (*pos)[3], size_t n)
{
    double widest = 0;
    for (int k = 0; k < 3; k++) {
        double low = pos[0][k], high = low;
        for (size_t i = 1; i < n; i++) {
            low = fmin(low, pos[i][k]);
            high = fmax(high, pos[i][k]);
        }
        widest = fmax(widest, high - low);
    }
    return widest;
}

/* A number in [-1, 1) from a hash. */
static double signed_hash(uint64_t x)
{
    return ldexp((double)(ae_hash64(x) >> 11), -52) - 1;
}

/* Displaced copies: inside the cube that fits into a ball of radius jitter. */
static void displace(const double (*pos)[3], size_t n, const size_t *row,
    double jitter, double (*moved)[3])
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < 3; k++)
            moved[i][k] =
                pos[i][k] +
                jitter / sqrt(3.) * signed_hash(3 * (row ? row[i] : i) + k);
}

static void swap(size_t *a, size_t *b)
{
    size_t keep = *a;
    *a = *b;
    *b = keep;
}

/* Corners in the order that makes the volumes of the displaced positive. */
static void orient(struct ae_delaunay *mesh)
{
#pragma omp parallel for schedule(static)
    for (size_t t = 0; t < mesh->n; t++) {
        double p[4][3];
        struct tetra shape;
        ae_delaunay_corners(mesh, (const double(*)[3])mesh->moved, t, p);
        tetra_set(&shape, p);
        if (shape.six > 0)
            continue;
        swap(&mesh->vertex[t][2], &mesh->vertex[t][3]);
        swap(&mesh->neighbour[t][2], &mesh->neighbour[t][3]);
    }
}

/* The tetrahedra of the displaced points, and what is asked of each. */
static int take_tetrahedra(struct ae_delaunay *mesh, struct ae_error *err)
{
    struct ae_tetrahedra tetra;
    int code = ae_tetrahedra_new(&tetra, (const double(*)[3])mesh->moved,
        mesh->npoint, ae_threads(), err);
    if (code)
        return code;
    size_t n = mesh->n = tetra.n;
    mesh->vertex = ae_alloc_raw(n, sizeof *mesh->vertex);
    mesh->neighbour = ae_alloc_raw(n, sizeof *mesh->neighbour);
    mesh->volume = ae_alloc_raw(n, sizeof *mesh->volume);
    mesh->centre = ae_alloc_raw(n, sizeof *mesh->centre);
    mesh->radius = ae_alloc_raw(n, sizeof *mesh->radius);
    if (!mesh->vertex || !mesh->neighbour || !mesh->volume || !mesh->centre ||
        !mesh->radius)
        code = ae_fail(err, AE_EMEM, "out of memory for %zu tetrahedra", n);
#pragma omp parallel for schedule(static) if (!code)
    for (size_t t = 0; t < (code ? 0 : n); t++)
        for (int k = 0; k < 4; k++) {
            uint32_t next = tetra.neighbour[t][k];
            mesh->vertex[t][k] = tetra.vertex[t][k];
            mesh->neighbour[t][k] =
                next == AE_TETRAHEDRA_HULL ? AE_DELAUNAY_HULL : next;
        }
    ae_tetrahedra_clear(&tetra);
    return code;
}

static void measure(struct ae_delaunay *mesh, const double (*pos)[3])
{
#pragma omp parallel for schedule(static)
    for (size_t t = 0; t < mesh->n; t++) {
        double p[4][3];
        ae_delaunay_corners(mesh, pos, t, p);
        mesh->volume[t] = ae_tetra_volume(p);
        if (mesh->volume[t] < flat_volume)
            ae_delaunay_corners(mesh, (const double(*)[3])mesh->moved, t, p);
        mesh->radius[t] = ae_tetra_sphere(p, mesh->centre[t]);
    }
}

int ae_delaunay_new(struct ae_delaunay *mesh, const double (*pos)[3], size_t n,
    double jitter, struct ae_error *err)
{
    return ae_delaunay_rows(mesh, pos, n, NULL, jitter, err);
}

int ae_delaunay_rows(struct ae_delaunay *mesh, const double (*pos)[3], size_t n,
    const size_t *row, double jitter, struct ae_error *err)
{
    double total = 0;
    memset(mesh, 0, sizeof *mesh);
    mesh->npoint = n;
    if (n < 5)
        return ae_fail(err, AE_EDATA,
            "%zu atoms; a triangulation needs at least 5 that are not in one "
            "plane",
            n);
    if (n > INT32_MAX / 16)
        return ae_fail(
            err, AE_EMEM, "%zu atoms are more than one triangulation holds", n);
    double width = extent(pos, n);
    if (width > largest_extent)
        return ae_fail(err, AE_EDATA,
            "the atoms lie up to %g angstrom apart; drop those far away",
            width);
    mesh->moved = ae_alloc(n, sizeof *mesh->moved);
    if (!mesh->moved)
        return ae_fail(err, AE_EMEM, "out of memory for %zu atoms", n);
    displace(pos, n, row, jitter, mesh->moved);
    int code = take_tetrahedra(mesh, err);
    if (!code)
        orient(mesh);
    if (!code)
        measure(mesh, pos);
    for (size_t t = 0; t < mesh->n; t++)
        total += mesh->volume[t];
    if (!code && !(total > plane_volume * (double)n))
        code = ae_fail(err, AE_EDATA,
            "the %zu atoms lie in one plane; a triangulation needs more", n);
    if (code)
        ae_delaunay_clear(mesh);
    return code;
}
