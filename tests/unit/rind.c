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

/* Faces by the numbers of their points, the smallest first, sorted. NULL when
 * the surface is not sure to be that of all points. */
static struct face *faces(const struct ae_rind *rind, const size_t *row,
    size_t m, double alpha, int largest, size_t *count)
{
    double(*some)[3] = calloc(m, sizeof *some);
    struct ae_delaunay mesh;
    struct ae_surface surface = {0};
    for (size_t i = 0; i < m; i++)
        memcpy(some[i], pos[row[i]], sizeof *some);
    const double(*p)[3] = (const double(*)[3])some;
    CHECK(!ae_delaunay_rows(&mesh, p, m, row, AE_DELAUNAY_JITTER, NULL));
    unsigned char *in = calloc(mesh.n, 1);
    CHECK(!ae_alpha_region(&mesh, alpha, 1, largest, in, NULL));
    int holds = !rind || ae_rind_holds(rind, &mesh, in);
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
    if (!holds) {
        free(list);
        list = NULL;
    }
    return list;
}

static size_t sure, unknown; /* of the rinds that are as thin as can be */

/* The faces of all points and those of the rind, thin and thick; the thick
 * one's share. */
static double compare(double alpha, int largest)
{
    const double depth[2] = {0, 2 * AE_RIND_SHARE * alpha};
    size_t *all = calloc(n, sizeof *all), *row = calloc(n, sizeof *row);
    unsigned char *keep = calloc(n, 1);
    size_t m = 0, whole, part;
    for (size_t i = 0; i < n; i++)
        all[i] = i;
    struct face *one = faces(NULL, all, n, alpha, largest, &whole);
    for (int i = 0; i < 2; i++) {
        struct ae_rind *rind;
        CHECK(!ae_rind_new(
            &rind, (const double(*)[3])pos, n, alpha, depth[i], keep, NULL));
        for (size_t j = m = 0; j < n; j++)
            if (keep[j])
                row[m++] = j;
        struct face *two = faces(rind, row, m, alpha, largest, &part);
        CHECK(two || !i);
        if (!i && m < n)
            ++*(two ? &sure : &unknown);
        CHECK(
            !two || (whole == part && !memcmp(one, two, whole * sizeof *one)));
        ae_rind_free(rind);
        free(two);
    }
    CHECK(whole > 0);
    free(one);
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

/* Does one tetrahedron, of the region (in) or outside, with all or none of its
 * neighbours in it, hold with the rind of a ball of 34 angstrom? */
static int holds(double corner[4][3], double alpha, double depth, double radius,
    int in, int neighbours)
{
    struct ae_rind *rind;
    size_t vertex[2][4] = {{0, 1, 2, 3}, {0, 1, 2, 3}};
    size_t neighbour[2][4] = {{1, 1, 1, 1}, {0, 0, 0, 0}};
    double radii[2] = {radius, 0};
    unsigned char inside[2] = {(unsigned char)in, (unsigned char)neighbours};
    const struct ae_delaunay mesh = {.npoint = 4,
        .n = 1,
        .vertex = vertex,
        .neighbour = neighbour,
        .moved = corner,
        .radius = radii};
    unsigned char *keep = calloc(n, 1);
    if (!neighbours)
        for (int k = 0; k < 4; k++)
            neighbour[0][k] = AE_DELAUNAY_HULL;
    CHECK(!ae_rind_new(
        &rind, (const double(*)[3])pos, n, alpha, depth, keep, NULL));
    int answer = ae_rind_holds(rind, &mesh, inside);
    ae_rind_free(rind);
    free(keep);
    return answer;
}

/* A flat tetrahedron whose radius is above alpha, and not that of the displaced
 * points, is not sure to be of all points' tetrahedra; nor is one with a point
 * that was left out in its sphere. */
static void unsure(void)
{
    double corner[4][3] = {{99, 0, 0}, {102, 0, 0}, {99, 3, 0}, {99, 0, 3}};
    for (int deep = 0; deep < 2; deep++) {
        CHECK(holds(corner, 2.59, 5 * deep, 2.6, 0, 1));
        CHECK(!holds(corner, 2.8, 6 * deep, 3, 0, 1)); /* theirs is 2.598 */
        CHECK(holds(corner, 2.7, 6 * deep, 3, 0, 1));
        CHECK(holds(corner, 2.8, 6 * deep, 3, 1, 1));
    }
    /* a wide sphere's ball of radius beta at corner 0: beside the atoms, or
     * among those left out */
    double far[4][3] = {{36, 20, 0}, {36, -20, 0}, {36, 0, 20}, {36.5, 0, -19}};
    CHECK(holds(far, 4.5, 0, 50, 0, 1));
    for (int k = 0; k < 4; k++)
        far[k][0] -= 31;
    CHECK(!holds(far, 4.5, 0, 50, 0, 1));
    CHECK(holds(far, 4.5, 9, 50, 0, 1)); /* all about it is kept then */
    /* one in the region: its sphere counts where it has a face to outside */
    for (int k = 0; k < 4; k++)
        corner[k][0] -= 99;
    CHECK(holds(corner, 4.5, 0, 2.6, 1, 1));
    CHECK(!holds(corner, 4.5, 0, 2.6, 1, 0));
    corner[3][0] = corner[3][1] = 3; /* rounding decides on its sphere */
    corner[3][2] = 1e-19;
    for (int k = 0; k < 4; k++)
        corner[k][0] += 1024;
    CHECK(!holds(corner, 2.6, 0, 3, 0, 1));
    CHECK(!holds(corner, 2.6, 5, 3, 0, 1));
    CHECK(!holds(corner, 4.5, 0, 3, 1, 0));
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
    unsure();
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
    CHECK(sure > 2 && unknown > 0);
    return checked();
}
