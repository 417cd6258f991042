/* SPDX-License-Identifier: BSD-2-Clause
 * cells - neighbour search against brute force, and its edge cases. */
#include "geom/cells.h"
#include <stdlib.h>
#include "base/rng.h"
#include "base/threads.h"
#include "check.h"

enum { N = 300 };

static void random_points(double (*p)[3], double size)
{
    struct ae_rng *rng = ae_rng_new(7, 0);
    for (int i = 0; i < N; i++)
        for (int k = 0; k < 3; k++)
            p[i][k] = size * (ae_rng_uniform(rng) - 0.3);
    ae_rng_free(rng);
}

/* Distance of the nearest image, over 5^3 boxes. */
static double image_distance(
    const double *a, const double *b, const double *L, const int *pbc)
{
    double best = INFINITY;
    int s[3];
    for (s[0] = -2; s[0] <= 2; s[0]++)
        for (s[1] = -2; s[1] <= 2; s[1]++)
            for (s[2] = -2; s[2] <= 2; s[2]++) {
                double sum = 0;
                for (int k = 0; k < 3; k++) {
                    double d = b[k] - a[k];
                    for (int i = 0; i < 3; i++)
                        d += (pbc[i] ? s[i] : 0) * L[3 * i + k];
                    sum += d * d;
                }
                best = fmin(best, sqrt(sum));
            }
    return best;
}

static void brute(const double *L, const int *pbc, double r)
{
    static double p[N][3];
    struct ae_neighbours lists;
    random_points(p, 17.3);
    CHECK(ae_neighbours_new(&lists, p, N, r, L, pbc, NULL) == 0);
    for (size_t i = 0; i < N; i++) {
        size_t count = 0;
        double last = 0;
        for (size_t j = 0; j < N; j++)
            count += i != j && image_distance(p[i], p[j], L, pbc) < r;
        CHECK(lists.start[i + 1] - lists.start[i] == count);
        for (size_t j = lists.start[i]; j < lists.start[i + 1]; j++) {
            const struct ae_neighbour *b = &lists.item[j];
            NEAR(b->distance, image_distance(p[i], p[b->index], L, pbc), 1e-12);
            NEAR(b->distance,
                sqrt(b->d[0] * b->d[0] + b->d[1] * b->d[1] + b->d[2] * b->d[2]),
                1e-12);
            CHECK(b->distance >= last);
            last = b->distance;
        }
    }
    ae_neighbours_clear(&lists);
}

/* The links are those of the lists, in the order of the cells, whatever the
 * number of threads. */
static void links(const double *L, const int *pbc, double r, double size)
{
    static double p[N][3];
    struct ae_cells *cells;
    struct ae_cells_points points;
    struct ae_neighbours lists;
    struct ae_links one, many;
    random_points(p, size);
    CHECK(ae_cells_new(&cells, p, N, r, L, pbc, NULL) == 0);
    CHECK(ae_cells_lists(cells, r, &lists, NULL) == 0);
    ae_set_threads(1);
    CHECK(ae_cells_links(cells, r, &one, NULL) == 0);
    ae_set_threads(3);
    CHECK(ae_cells_links(cells, r, &many, NULL) == 0);
    ae_cells_points(cells, &points);
    CHECK(points.n == N && one.total == points.total);
    CHECK(one.start[one.total] == lists.start[N]);
    for (size_t k = 0; k < points.total; k++) {
        size_t i = points.index[k], n = one.start[k + 1] - one.start[k];
        CHECK(one.start[k + 1] == many.start[k + 1]);
        if (points.place[i] != k) {
            CHECK(n == 0);
            continue;
        }
        CHECK(n == lists.start[i + 1] - lists.start[i]);
        size_t sum = 0, wanted = 0;
        for (size_t j = 0; j < n; j++) {
            size_t at = one.item[one.start[k] + j];
            CHECK(many.item[many.start[k] + j] == at);
            sum += points.index[at];
            wanted += lists.item[lists.start[i] + j].index;
            double dx = points.x[at] - points.x[k];
            double dy = points.y[at] - points.y[k];
            double dz = points.z[at] - points.z[k];
            CHECK(sqrt(dx * dx + dy * dy + dz * dz) < r);
        }
        CHECK(sum == wanted);
    }
    ae_links_clear(&one);
    ae_links_clear(&many);
    ae_neighbours_clear(&lists);
    ae_cells_free(cells);
}

/* Clusters far from each other (no grid), and the room of a search. */
static void sparse(void)
{
    static double p[N][3], q[N][3];
    struct ae_neighbours near, far;
    struct ae_cells *cells;
    struct ae_neighbour found[N], some[7];
    random_points(p, 17.3);
    for (int i = 0; i < N; i++)
        for (int k = 0; k < 3; k++)
            q[i][k] = p[i][k] + (i % 3 == 1 ? 3e5 : i % 3 == 2 ? -7e7 : 0);
    CHECK(ae_neighbours_new(&far, q, N, 6.1, NULL, NULL, NULL) == 0);
    for (size_t i = 0; i < N; i++) {
        size_t count = 0;
        for (size_t j = i % 3; j < N; j += 3)
            count += i != j && image_distance(q[i], q[j], (double[9]){0},
                                   (int[3]){0, 0, 0}) < 6.1;
        CHECK(far.start[i + 1] - far.start[i] == count);
    }
    ae_neighbours_clear(&far);
    p[N - 1][1] = 1e6; /* one far atom changes nothing for the others */
    CHECK(ae_neighbours_new(&far, p, N, 6.1, NULL, NULL, NULL) == 0);
    CHECK(ae_neighbours_new(&near, p, N - 1, 6.1, NULL, NULL, NULL) == 0);
    CHECK(near.start[N - 1] == far.start[N - 1]);
    for (size_t j = 0; j < near.start[N - 1]; j++)
        CHECK(near.item[j].index == far.item[j].index);
    ae_neighbours_clear(&near);
    ae_neighbours_clear(&far);
    CHECK(ae_cells_new(&cells, p, N, 6.1, NULL, NULL, NULL) == 0);
    size_t n = ae_cells_near(cells, p[5], 6.1, found, N);
    CHECK(n > 7 && found[0].index == 5);
    CHECK(ae_cells_near(cells, p[5], 6.1, some, 7) == n);
    for (int i = 0; i < 7; i++)
        CHECK(some[i].index == found[i].index);
    CHECK(ae_cells_near(cells, p[5], 6.1, NULL, 0) == n);
    ae_cells_free(cells);
}

static void few(void)
{
    double p[3][3] = {{0, 0, 0}, {2.385, 0, 0}, {1e14, -3e13, 7}};
    double q[3] = {2, 0, 0}, d;
    struct ae_cells *cells;
    struct ae_neighbour found[4];
    struct ae_neighbours lists;
    CHECK(ae_cells_new(&cells, p, 0, 3, NULL, NULL, NULL) == 0);
    CHECK(ae_cells_nearest(cells, q, &d) == AE_CELLS_NONE);
    CHECK(ae_cells_near(cells, q, 5, found, 4) == 0);
    ae_cells_free(cells);
    CHECK(ae_cells_new(&cells, p, 3, 2.385, NULL, NULL, NULL) == 0);
    CHECK(ae_cells_near(cells, q, 2.0, found, 4) == 1); /* strictly less */
    CHECK(ae_cells_near(cells, q, 2.001, found, 4) == 2);
    CHECK(found[0].index == 1 && found[1].index == 0);
    CHECK(ae_cells_near(cells, q, 1e16, found, 2) == 3);
    CHECK(ae_cells_nearest(cells, q, &d) == 1);
    NEAR(d, 0.385, 1e-12);
    q[0] = 5e13;
    CHECK(ae_cells_nearest(cells, q, &d) == 1);
    CHECK(!ae_cells_any(cells, q, 1000));
    CHECK(ae_cells_lists(cells, 2.385, &lists, NULL) == 0);
    CHECK(lists.start[3] == 0);
    ae_neighbours_clear(&lists);
    CHECK(ae_cells_lists(cells, 2.3851, &lists, NULL) == 0);
    CHECK(lists.start[3] == 2 && lists.item[0].index == 1);
    ae_neighbours_clear(&lists);
    ae_cells_free(cells);
    CHECK(ae_cells_new(&cells, p, 3, 0, NULL, NULL, NULL) == AE_EDATA);
    CHECK(!cells);
}

int main(void)
{
    const double cubic[9] = {9, 0, 0, 0, 11, 0, 0, 0, 13};
    const double skew[9] = {9.1, 0.3, 0, -4.2, 10.7, 1, 2.5, 3.1, 12.3};
    const int open[3] = {0, 0, 0}, all[3] = {1, 1, 1}, film[3] = {1, 0, 1};
    struct ae_cells *cells;
    struct ae_error err;
    brute(cubic, open, 4.1);
    brute(cubic, all, 4.49);
    brute(cubic, film, 3.3);
    brute(skew, all, 3.7);
    links(cubic, open, 4.1, 17.3);
    links(skew, all, 3.7, 17.3);
    links(cubic, film, 2.2, 9);
    links(cubic, open, 6.1, 1e5);
    sparse();
    ae_set_threads(3);
    brute(skew, film, 3.7);
    CHECK(ae_cells_new(&cells, NULL, 0, 4.5, cubic, all, &err) == AE_EDATA);
    CHECK(ae_cells_new(&cells, NULL, 0, 4.5, cubic, open, &err) == 0);
    ae_cells_free(cells);
    few();
    return checked();
}
