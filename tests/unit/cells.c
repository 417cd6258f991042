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
    ae_set_threads(3);
    brute(skew, film, 3.7);
    CHECK(ae_cells_new(&cells, NULL, 0, 4.5, cubic, all, &err) == AE_EDATA);
    CHECK(ae_cells_new(&cells, NULL, 0, 4.5, cubic, open, &err) == 0);
    ae_cells_free(cells);
    few();
    return checked();
}
