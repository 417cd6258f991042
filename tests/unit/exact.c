/* SPDX-License-Identifier: BSD-2-Clause
 * exact, insert - signs at ties of large numbers; empty spheres; lattices. */
#include "geom/exact.h"
#include <stdlib.h>
#include <string.h>
#include "base/rng.h"
#include "geom/insert.h"
#include "check.h"

/* Five points of one sphere, by signs and swaps of 3 5 7 times a large
 * number; one step decides. */
static void ties(void)
{
    const double s = 0x1p36 + 13, o[3] = {3 * s, 5 * s, 7 * s};
    const double a[3] = {-3 * s, 5 * s, 7 * s}, b[3] = {5 * s, -7 * s, 3 * s};
    const double c[3] = {7 * s, 3 * s, -5 * s}, p[3] = {-5 * s, -3 * s, -7 * s};
    const double in[3] = {p[0] + 1, p[1], p[2]};
    const double out[3] = {p[0], p[1], p[2] - 1};
    const double mid[3] = {1, 2, 3}, far[3] = {-0x1p40, 17, 0x1p40};
    const double *x = a, *y = b;
    if (ae_exact_orient(o, a, b, c) < 0) {
        x = b;
        y = a;
    }
    CHECK(ae_exact_orient(o, x, y, c) == 1);
    CHECK(ae_exact_orient(o, y, x, c) == -1);
    CHECK(ae_exact_sphere(o, x, y, c, p) == 0);
    CHECK(ae_exact_sphere(o, x, y, c, in) == -1);
    CHECK(ae_exact_sphere(o, x, y, c, out) == 1);
    CHECK(ae_exact_sphere(o, x, y, c, mid) == -1);
    CHECK(ae_exact_sphere(o, x, y, c, far) == 1);
    /* a plane through a, b, c moved by whole steps */
    double q[3];
    for (int k = 0; k < 3; k++)
        q[k] = a[k] + 2 * (b[k] - a[k]) / 2 - (c[k] - a[k]);
    CHECK(ae_exact_orient(a, b, c, q) == 0);
    q[1] += 1;
    int up = ae_exact_orient(a, b, c, q);
    q[1] -= 2;
    CHECK(up != 0 && ae_exact_orient(a, b, c, q) == -up);
    for (int k = 0; k < 3; k++)
        q[k] = 2 * b[k] - a[k];
    CHECK(ae_exact_line(a, b, q));
    q[2] += 1;
    CHECK(!ae_exact_line(a, b, q));
}

static double volume(const struct ae_insert *mesh, double (*pos)[3])
{
    double sum = 0;
    for (size_t t = 0; t < mesh->n; t++) {
        double e[3][3];
        for (int i = 0; i < 3; i++)
            for (int k = 0; k < 3; k++)
                e[i][k] =
                    pos[mesh->vertex[t][i + 1]][k] - pos[mesh->vertex[t][0]][k];
        sum += (e[0][0] * (e[1][1] * e[2][2] - e[1][2] * e[2][1]) +
                   e[0][1] * (e[1][2] * e[2][0] - e[1][0] * e[2][2]) +
                   e[0][2] * (e[1][0] * e[2][1] - e[1][1] * e[2][0])) /
               6;
    }
    return sum;
}

/* Neighbours name each other; no point is inside a sphere. */
static void is_delaunay(
    const struct ae_insert *mesh, double (*pos)[3], size_t n)
{
    size_t bad = 0, inside = 0;
    for (size_t t = 0; t < mesh->n; t++)
        for (int k = 0; k < 4; k++) {
            uint32_t u = mesh->neighbour[t][k];
            int back = u == AE_INSERT_NONE;
            for (int j = 0; j < 4 && u != AE_INSERT_NONE; j++)
                back += mesh->neighbour[u][j] == t;
            bad += back != 1;
        }
    for (size_t t = 0; t < mesh->n; t++)
        for (size_t i = 0; i < n; i++) {
            const uint32_t *v = mesh->vertex[t];
            inside += ae_exact_sphere(pos[v[0]], pos[v[1]], pos[v[2]],
                          pos[v[3]], pos[i]) < 0;
        }
    CHECK(bad == 0);
    CHECK(inside == 0);
}

static void random_points(void)
{
    enum { N = 300 };
    double(*pos)[3] = calloc(N, sizeof *pos);
    struct ae_insert mesh;
    for (uint64_t i = 0; i < N; i++)
        for (uint64_t k = 0; k < 3; k++) /* whole: the grid is exact */
            pos[i][k] = (double)(ae_hash64(3 * i + k) >> (k == 2 ? 40 : 34));
    CHECK(ae_insert_all(&mesh, pos, N, NULL) == 0);
    is_delaunay(&mesh, pos, N);
    ae_insert_clear(&mesh);
    free(pos);
}

/* Everything is a tie; the middle of a far point on an axis as well. */
static void lattice(void)
{
    double(*pos)[3] = calloc(1001, sizeof *pos);
    struct ae_insert mesh;
    for (int i = 0; i < 1000; i++) {
        pos[i][0] = 1.75 * (i % 10);
        pos[i][1] = 2.25 * (i / 10 % 10);
        pos[i][2] = 3.5 * (i / 100);
    }
    CHECK(ae_insert_all(&mesh, pos, 1000, NULL) == 0);
    NEAR(volume(&mesh, pos), 729 * 1.75 * 2.25 * 3.5, 1e-4);
    CHECK(mesh.n >= 729 * 5);
    ae_insert_clear(&mesh);
    pos[1000][0] = 1e5;
    CHECK(ae_insert_all(&mesh, pos, 1001, NULL) == 0);
    CHECK(volume(&mesh, pos) > 1e6);
    ae_insert_clear(&mesh);
    memcpy(pos[1000], pos[3], sizeof *pos);
    memcpy(pos[500], pos[3], sizeof *pos);
    CHECK(ae_insert_all(&mesh, pos, 1001, NULL) == 0);
    /* the grid of the far point's run was coarse */
    NEAR(volume(&mesh, pos), 729 * 1.75 * 2.25 * 3.5, 1e-2);
    ae_insert_clear(&mesh);
    for (int i = 0; i < 1001; i++)
        pos[i][2] = 4;
    CHECK(ae_insert_all(&mesh, pos, 1001, NULL) == AE_EDATA);
    CHECK(mesh.vertex == NULL);
    free(pos);
}

/* Two skew lines: n^2 tetrahedra, and holes with more of them than faces. */
static void skew_lines(void)
{
    enum { M = 40 };
    double pos[2 * M][3] = {{0}};
    struct ae_insert mesh;
    for (int i = 0; i < M; i++) {
        pos[i][0] = 3 * i + 0.01 * i * i;
        pos[M + i][1] = 2 * i + 0.03 * i * i;
        pos[M + i][2] = 11;
    }
    double x = pos[M - 1][0], y = pos[2 * M - 1][1] - pos[M][1];
    CHECK(ae_insert_all(&mesh, pos, 2 * M, NULL) == 0);
    NEAR(volume(&mesh, pos), x * y * 11 / 6, 1e-4);
    CHECK(mesh.n >= (M - 1) * (M - 1));
    ae_insert_clear(&mesh);
}

int main(void)
{
    ties();
    random_points();
    lattice();
    skew_lines();
    return checked();
}
