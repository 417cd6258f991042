/* SPDX-License-Identifier: BSD-2-Clause
 * The surface of an alpha region from the points that decide on it has the
 * same faces as that of all points. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/rng.h"
#include "check.h"
#include "geom/alpha.h"
#include "geom/rind.h"
#include "geom/surface.h"

enum { MOST = 40000 };

static double pos[MOST][3];
static size_t n;

static void put(double x, double y, double z)
{
    pos[n][0] = x;
    pos[n][1] = y;
    pos[n++][2] = z;
}

/* The balls of radius about the middles in an fcc lattice of constant a, or
 * the rest of a cube. */
static void lattice(double a, double half, double jitter,
    const double (*ball)[4], int balls, int hollow)
{
    struct ae_rng *rng = ae_rng_new(5, 1);
    int cells = (int)(half / a) + 1;
    n = 0;
    for (int i = -2 * cells; i <= 2 * cells; i++)
        for (int j = -2 * cells; j <= 2 * cells; j++)
            for (int k = -2 * cells; k <= 2 * cells; k++) {
                double p[3] = {i * a / 2, j * a / 2, k * a / 2};
                int in = hollow;
                if ((i + j + k) % 2 || fabs(p[0]) > half || fabs(p[1]) > half ||
                    fabs(p[2]) > half)
                    continue;
                for (int b = 0; b < balls; b++) {
                    double square = 0;
                    for (int c = 0; c < 3; c++)
                        square += (p[c] - ball[b][c]) * (p[c] - ball[b][c]);
                    if (square < ball[b][3] * ball[b][3])
                        in = !hollow;
                }
                if (in && n < MOST)
                    put(p[0] + jitter * ae_rng_normal(rng),
                        p[1] + jitter * ae_rng_normal(rng),
                        p[2] + jitter * ae_rng_normal(rng));
            }
    ae_rng_free(rng);
}

struct face {
    size_t v[3];
};

static int by_points(const void *p, const void *q)
{
    return memcmp(p, q, sizeof(struct face));
}

/* Faces by the numbers of their points, the smallest first, sorted; none when
 * the surface is not sure to be that of all points. */
static struct face *faces(
    const size_t *row, size_t m, double alpha, int largest, size_t *count)
{
    double(*some)[3] = calloc(m, sizeof *some);
    struct ae_delaunay mesh;
    struct ae_surface surface;
    for (size_t i = 0; i < m; i++)
        memcpy(some[i], pos[row[i]], sizeof *some);
    const double(*p)[3] = (const double(*)[3])some;
    CHECK(!ae_delaunay_rows(&mesh, p, m, row, AE_DELAUNAY_JITTER, NULL));
    unsigned char *in = calloc(mesh.n, 1);
    CHECK(!ae_alpha_region(&mesh, alpha, 1, largest, in, NULL));
    CHECK(ae_rind_holds(&mesh, in, alpha));
    CHECK(!ae_surface_new(&surface, &mesh, p, in, NULL));
    *count = surface.mesh.nface;
    struct face *list = calloc(*count + 1, sizeof *list);
    for (size_t f = 0; f < *count; f++) {
        size_t v[3], least = 0;
        for (size_t k = 0; k < 3; k++) {
            v[k] = row[surface.point[surface.mesh.face[f][k]]];
            least = v[k] < v[least] ? k : least;
        }
        for (size_t k = 0; k < 3; k++)
            list[f].v[k] = v[(least + k) % 3];
    }
    qsort(list, *count, sizeof *list, by_points);
    ae_surface_clear(&surface);
    ae_delaunay_clear(&mesh);
    free(in);
    free(some);
    return list;
}

/* The faces of all points and those of the rind; the rind's share. */
static double compare(double alpha, int largest)
{
    size_t *all = calloc(n, sizeof *all), *row = calloc(n, sizeof *row);
    unsigned char *keep = calloc(n, 1);
    size_t m = 0, whole, part;
    CHECK(!ae_rind((const double(*)[3])pos, n, alpha, keep, NULL));
    for (size_t i = 0; i < n; i++) {
        all[i] = i;
        if (keep[i])
            row[m++] = i;
    }
    struct face *one = faces(all, n, alpha, largest, &whole);
    struct face *two = faces(row, m, alpha, largest, &part);
    CHECK(whole > 0 && whole == part);
    CHECK(whole == part && !memcmp(one, two, whole * sizeof *one));
    free(one);
    free(two);
    free(all);
    free(row);
    free(keep);
    return (double)m / (double)n;
}

/* A shell about a ball, a second particle, and dust, all out of order. */
static void hollow(void)
{
    struct ae_rng *rng = ae_rng_new(11, 1);
    n = 0;
    for (int i = 0; i < 60000; i++) {
        double p[3], r = 0, q = 0, near = INFINITY;
        for (int k = 0; k < 3; k++) {
            p[k] = 80 * (ae_rng_uniform(rng) - 0.5);
            r += p[k] * p[k];
            q += (p[k] - 33) * (p[k] - 33);
        }
        r = sqrt(r);
        if (!(r < 10 || (r > 19 && r < 32) || sqrt(q) < 12 || i % 500 == 0))
            continue;
        for (size_t j = 0; j < n; j++) {
            double d = 0;
            for (int k = 0; k < 3; k++)
                d += (pos[j][k] - p[k]) * (pos[j][k] - p[k]);
            near = fmin(near, d);
        }
        if (near > 1.8 * 1.8)
            put(p[0], p[1], p[2]);
    }
    ae_rng_free(rng);
    CHECK(n > 4000);
    compare(3, 0);
    compare(2.2, 0);
    compare(2.6, 1);
    compare(5, 0);
    compare(8, 0);
}

/* A flat tetrahedron whose radius is above alpha, and not that of the displaced
 * points, is not sure to be of all points' tetrahedra. */
static void unsure(void)
{
    double corner[4][3] = {{0, 0, 0}, {3, 0, 0}, {0, 3, 0}, {0, 0, 3}};
    size_t vertex[1][4] = {{0, 1, 2, 3}};
    double radius = 2.6;
    unsigned char in = 0;
    const struct ae_delaunay mesh = {.npoint = 4,
        .n = 1,
        .vertex = vertex,
        .moved = corner,
        .radius = &radius};
    CHECK(ae_rind_holds(&mesh, &in, 2.59));
    radius = 3;
    CHECK(!ae_rind_holds(&mesh, &in, 2.8)); /* the corners' is 2.598 */
    CHECK(ae_rind_holds(&mesh, &in, 2.7));
    in = 1;
    CHECK(ae_rind_holds(&mesh, &in, 2.8));
    in = 0;
    corner[3][0] = corner[3][1] = 3; /* rounding decides on its sphere */
    corner[3][2] = 1e-15;
    CHECK(!ae_rind_holds(&mesh, &in, 2.2));
}

int main(void)
{
    const double ball[1][4] = {{0, 0, 0, 34}};
    const double pair[2][4] = {{-13, 0, 0, 21}, {20, 0, 0, 12}};
    const double pores[4][4] = {
        {0, 0, 0, 8}, {8, 12, -12, 4.5}, {-20, 0, 8, 9}, {24, 24, 24, 8}};
    lattice(4.5, 35, 0, ball, 1, 0); /* perfect: all is degenerate */
    CHECK(compare(4.5, 0) < 0.9);
    compare(2.5, 1);
    lattice(3.9, 35, 0.16, ball, 1, 0);
    CHECK(compare(4, 0) < 0.9);
    compare(2.6, 1);
    lattice(4.2, 37, 0.2, pair, 2, 0);
    CHECK(compare(4, 0) < 1);
    compare(2.6, 1);
    lattice(4.2, 24, 0.16, pores, 4, 1);
    compare(3.4, 0);
    compare(2.5, 1);
    struct ae_rng *rng = ae_rng_new(9, 1);
    for (n = 0; n < 5000;) /* at random: pores of all sizes */
        put(33 * ae_rng_uniform(rng), 33 * ae_rng_uniform(rng),
            28 * ae_rng_uniform(rng));
    ae_rng_free(rng);
    compare(2.7, 1);
    compare(3.2, 0);
    compare(4, 0);
    n = 100; /* few: all of them */
    CHECK(compare(30, 0) >= 1);
    hollow();
    unsure();
    return checked();
}
