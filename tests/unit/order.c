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
    struct ae_neighbours lists;
    double R[3][3], zero[3] = {0, 0, 0}, origin[3] = {0, 0, 0};
    CHECK(ae_lattice_named(&lattice, want->name, want->edge, "Zr", NULL) == 0);
    ae_rotation(euler, R);
    ae_lattice_rotate(&lattice, R);
    for (int k = 0; k < 3; k++)
        for (int i = 0; i < 3; i++)
            origin[k] -= lattice.basis[0][i] * lattice.cell[i][k];
    CHECK(ae_lattice_fill(&lattice, origin, zero, 3 * want->cutoff, zero,
              &atoms, NULL) == 0);
    CHECK(ae_neighbours_new(
              &lists, atoms.pos, atoms.n, want->cutoff, NULL, NULL, NULL) == 0);
    double *q4 = malloc(atoms.n * sizeof *q4);
    double *q6 = malloc(atoms.n * sizeof *q6);
    double *boo = malloc(atoms.n * sizeof *boo);
    CHECK(ae_order_q(&lists, 4, 1, q4, NULL) == 0);
    CHECK(ae_order_q(&lists, 6, 1, q6, NULL) == 0);
    CHECK(ae_order_boo(&lists, boo, NULL) == 0);
    size_t c = 0;
    for (size_t i = 0; i < atoms.n; i++)
        if (fabs(atoms.pos[i][0]) + fabs(atoms.pos[i][1]) +
                fabs(atoms.pos[i][2]) <
            1e-9)
            c = i;
    CHECK((int)(lists.start[c + 1] - lists.start[c]) == want->neighbours);
    NEAR(q4[c], want->q4, 1e-7);
    NEAR(q6[c], want->q6, 1e-7);
    NEAR(boo[c], want->boo, 6e-6);
    CHECK(ae_order_q(&lists, 4, 0, q4, NULL) == 0);
    NEAR(q4[c], want->q4, 1e-7); /* local = averaged in a perfect lattice */
    free(q4);
    free(q6);
    free(boo);
    ae_neighbours_clear(&lists);
    ae_lattice_clear(&atoms);
}

/* Twelve neighbours of an icosahedron, and an atom alone. */
static void small(void)
{
    const double g = 1.6180339887498949;
    double p[14][3] = {{0, 0, 0}}, q[14];
    size_t n = 1;
    struct ae_neighbours lists;
    for (int axis = 0; axis < 3; axis++)
        for (int s = 0; s < 4; s++, n++) {
            p[n][axis] = s & 1 ? 1 : -1;
            p[n][(axis + 1) % 3] = s & 2 ? g : -g;
        }
    p[13][0] = 50;
    CHECK(ae_neighbours_new(&lists, p, 14, 1.95, NULL, NULL, NULL) == 0);
    CHECK(lists.start[1] == 12);
    CHECK(ae_order_q(&lists, 4, 0, q, NULL) == 0);
    NEAR(q[0], 0, 1e-12);
    CHECK(ae_order_q(&lists, 6, 0, q, NULL) == 0);
    NEAR(q[0], 0.6633250, 1e-7);
    NEAR(q[13], 0, 0);
    CHECK(ae_order_q(&lists, 0, 1, q, NULL) == 0);
    NEAR(q[0], 1, 1e-12);
    CHECK(ae_order_q(&lists, 31, 0, q, NULL) == AE_EDATA);
    ae_neighbours_clear(&lists);
}

int main(void)
{
    const double none[3] = {0, 0, 0}, turned[3] = {33, -71, 12};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        lattice_point(&table[i], none);
        lattice_point(&table[i], turned);
    }
    small();
    return checked();
}
