/* SPDX-License-Identifier: BSD-2-Clause
 * order - qbar_4, qbar_6 and boo of the lattices, at the centre of a block. */
#include "geom/order.h"
#include <stdlib.h>
#include <string.h>
#include "geom/lattice.h"
#include "math/rotation.h"
#include "check.h"

struct wanted {
    const char *name;
    double edge[3], cutoff, q4, q6, boo;
    int neighbours;
};

static const struct wanted table[] = {
    {"fcc", {5.092, 0, 0}, 4.5, 0.1909407, 0.5745243, 1, 12},
    {"hcp", {3.2, 0, 3.2 * 1.632993161855452}, 4, 0.0972222, 0.4847617, 0.81664,
        12},
    {"bcc", {3.6, 0, 0}, 4.3, 0.0363696, 0.5106882, 0.84566, 14},
    {"bcc", {3.6, 0, 0}, 3.3, 0.5091751, 0.6285394, 1.33609, 8},
    {"sc", {3.1, 0, 0}, 4, 0.7637626, 0.3535534, 1.39015, 6},
    {"diamond", {5.43, 0, 0}, 3, 0.5091751, 0.6285394, 1.33609, 4},
};

static void lattice_point(const struct wanted *want, const double euler[3])
{
    struct ae_lattice lattice = {0};
    struct ae_lattice_atoms atoms;
    struct ae_cells *cells;
    struct ae_links links;
    const int both[2] = {4, 6};
    double R[3][3], zero[3] = {0, 0, 0}, origin[3] = {0, 0, 0};
    CHECK(ae_lattice_named(&lattice, want->name, want->edge, "Zr", NULL) == 0);
    ae_rotation(euler, R);
    ae_lattice_rotate(&lattice, R);
    for (int k = 0; k < 3; k++)
        for (int i = 0; i < 3; i++)
            origin[k] -= lattice.basis[0][i] * lattice.cell[i][k];
    CHECK(ae_lattice_fill(&lattice, origin, zero, 3 * want->cutoff, zero,
              &atoms, NULL) == 0);
    CHECK(ae_cells_new(
              &cells, atoms.pos, atoms.n, want->cutoff, NULL, NULL, NULL) == 0);
    CHECK(ae_cells_links(cells, want->cutoff, &links, NULL) == 0);
    double *q = malloc(2 * atoms.n * sizeof *q), *q4 = q, *q6 = q + atoms.n;
    CHECK(ae_order_q(cells, &links, 2, both, 1, q, NULL) == 0);
    size_t c = 0;
    for (size_t i = 0; i < atoms.n; i++)
        if (fabs(atoms.pos[i][0]) + fabs(atoms.pos[i][1]) +
                fabs(atoms.pos[i][2]) <
            1e-9)
            c = i;
    NEAR(q4[c], want->q4, 1e-7);
    NEAR(q6[c], want->q6, 1e-7);
    NEAR(ae_order_boo(q4[c], q6[c]), want->boo, 6e-6);
    CHECK(ae_order_q(cells, &links, 1, both, 0, q4, NULL) == 0);
    NEAR(q4[c], want->q4, 1e-7); /* local = averaged in a perfect lattice */
    struct ae_cells_points points;
    ae_cells_points(cells, &points);
    c = points.place[c];
    CHECK((int)(links.start[c + 1] - links.start[c]) == want->neighbours);
    free(q);
    ae_links_clear(&links);
    ae_cells_free(cells);
    ae_lattice_clear(&atoms);
}

/* Twelve neighbours of an icosahedron, and an atom alone. */
static void small(void)
{
    const double g = 1.6180339887498949;
    double p[14][3] = {{0, 0, 0}}, q[14];
    size_t n = 1;
    struct ae_cells *cells;
    struct ae_links links;
    for (int axis = 0; axis < 3; axis++)
        for (int s = 0; s < 4; s++, n++) {
            p[n][axis] = s & 1 ? 1 : -1;
            p[n][(axis + 1) % 3] = s & 2 ? g : -g;
        }
    p[13][0] = 50;
    CHECK(ae_cells_new(&cells, p, 14, 1.95, NULL, NULL, NULL) == 0);
    CHECK(ae_cells_links(cells, 1.95, &links, NULL) == 0);
    CHECK(ae_order_q(cells, &links, 1, (int[]){4}, 0, q, NULL) == 0);
    NEAR(q[0], 0, 1e-12);
    CHECK(ae_order_q(cells, &links, 1, (int[]){6}, 0, q, NULL) == 0);
    NEAR(q[0], 0.6633250, 1e-7);
    NEAR(q[13], 0, 0);
    CHECK(ae_order_q(cells, &links, 1, (int[]){0}, 1, q, NULL) == 0);
    NEAR(q[0], 1, 1e-12);
    CHECK(ae_order_q(cells, &links, 1, (int[]){31}, 0, q, NULL) == AE_EDATA);
    CHECK(ae_order_q(cells, &links, 2, (int[]){6, 4}, 0, q, NULL) == AE_EDATA);
    ae_links_clear(&links);
    ae_cells_free(cells);
}

/* Every degree of two neighbours at an angle g: by the addition theorem
 * q_l^2 = (1 + P_l(cos g)) / 2. */
static void pair_of_directions(void)
{
    const double c = cos(1.1);
    double p[3][3] = {{0.3, -2, 5}, {0.3, -2, 6.7}, {0, 0, 0}}, q[31 * 3];
    const double u[3] = {0.48 * sin(1.1), -0.8772684879784524 * sin(1.1), c};
    struct ae_cells *cells;
    struct ae_links links;
    int l[31];
    for (int k = 0; k < 3; k++)
        p[2][k] = p[0][k] + 1.2 * u[k];
    for (int k = 0; k < 31; k++)
        l[k] = k;
    CHECK(ae_cells_new(&cells, p, 3, 1.75, NULL, NULL, NULL) == 0);
    CHECK(ae_cells_links(cells, 1.75, &links, NULL) == 0);
    CHECK(ae_order_q(cells, &links, 31, l, 0, q, NULL) == 0);
    double below = 0, here = 1;
    for (int k = 0; k < 31; k++) {
        NEAR(q[3 * k], sqrt((1 + here) / 2), 1e-12);
        double next = ((2 * k + 1) * c * here - k * below) / (k + 1);
        below = here;
        here = next;
    }
    ae_links_clear(&links);
    ae_cells_free(cells);
}

int main(void)
{
    const double none[3] = {0, 0, 0}, turned[3] = {33, -71, 12};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        lattice_point(&table[i], none);
        lattice_point(&table[i], turned);
    }
    small();
    pair_of_directions();
    return checked();
}
