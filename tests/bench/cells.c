/* SPDX-License-Identifier: BSD-2-Clause
 * cells N RANDOM [FAR] - core-seconds of neighbour search on N jittered fcc
 * atoms (edge 5.092 angstrom, 0.16 angstrom jitter), in random order when
 * RANDOM is 1, with an atom 10^6 angstrom away when FAR is 1.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "base/rng.h"
#include "geom/cells.h"

static double seconds(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

int main(int argc, char **argv)
{
    size_t n = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000000;
    size_t side = 1, done = 0;
    struct ae_rng *rng = ae_rng_new(3, 0);
    double(*pos)[3] = malloc((n + 4) * sizeof *pos);
    struct ae_cells *cells;
    struct ae_links links;
    struct ae_neighbours lists;
    while (4 * side * side * side < n)
        side++;
    for (size_t c = 0; done < n; c++)
        for (int b = 0; b < 4; b++, done++)
            for (int k = 0; k < 3; k++) {
                size_t cell = k == 0   ? c % side
                              : k == 1 ? c / side % side
                                       : c / side / side;
                pos[done][k] =
                    5.092 * ((double)cell + (b && b - 1 != k) * 0.5) +
                    0.16 * ae_rng_normal(rng);
            }
    for (size_t i = n; argc > 2 && atoi(argv[2]) && i > 1; i--) {
        size_t j = ae_rng_below(rng, i);
        for (int k = 0; k < 3; k++) {
            double t = pos[i - 1][k];
            pos[i - 1][k] = pos[j][k];
            pos[j][k] = t;
        }
    }
    if (argc > 3 && atoi(argv[3]))
        pos[0][0] = 1e6;
    double t0 = seconds();
    if (ae_cells_new(&cells, (const double(*)[3])pos, n, 4.5, NULL, NULL, NULL))
        return 1;
    double t1 = seconds();
    if (ae_cells_links(cells, 4.5, &links, NULL))
        return 1;
    double t2 = seconds();
    if (ae_cells_lists(cells, 4.5, &lists, NULL))
        return 1;
    double t3 = seconds();
    printf("cells %zu\t%.3f\tcore-s\t-\t-\n", n, t1 - t0);
    printf("links %zu, %.1f an atom\t%.3f\tcore-s\t-\t-\n", n,
        (double)links.start[links.total] / (double)n, t2 - t1);
    printf("lists %zu\t%.3f\tcore-s\t%.2f\t1\n", n, t3 - t2, t3 - t2);
    return 0;
}
