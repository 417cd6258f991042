/* SPDX-License-Identifier: BSD-2-Clause
 * crystal - atoms of a perfect crystal, a ball or a block of it.
 *
 *   r = R (n_1 a + n_2 b + n_3 c + f_1 a + f_2 b + f_3 c) - r_0
 *   a, b, c  edges of the cell (angstrom), a along x, b in the xy plane
 *   n  whole numbers   f  fractional coordinates of the basis
 *   R  the rotation (--orient)   r_0  the first atom of the basis, so that an
 *      atom stands at the centre
 *   ball: |r| <= radius     block: -X/2 <= x < X/2, and so on
 *
 * Half-open blocks of whole cells hold no atom twice, so that N/V is the
 * density of the crystal.
 *
 * Source: cells of Teufer 1962, 10.1107/S0365110X62003114 (t-zro2), Howard,
 * Hill and Reichert 1988, 10.1107/S0108768187010279 (m-zro2).
 * Cost: O(cells that touch the box).
 * reads: nothing       writes: extended XYZ
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/atoms.h"
#include "base/tool.h"
#include "geom/lattice.h"
#include "io/xyz.h"
#include "math/rotation.h"

static const char *structure, *size, *orient, *basis, *species;
static double a, b, c;
static struct ae_reals cells, cell;
static const struct ae_opt opts[] = {
    AE_STR('s', "structure", &structure, "NAME", "c-zro2",
        "fcc-zr hcp-zr bcc-zr c-zro2 t-zro2 m-zro2 si; fcc hcp bcc sc diamond "
        "(with --a); cell (with --cell and --basis)"),
    AE_STR('S', "size", &size, "X[,Y,Z]|R", "",
        "edges of a block in angstrom, or R40: a ball of radius 40"),
    AE_REALS(0, "cells", &cells, "NA,NB,NC", "", 1, 100000,
        "whole cells along a, b, c instead, periodic"),
    AE_REAL(
        'a', "a", &a, "angstrom", "0", 0, 1000, "edge a instead of its own"),
    AE_REAL(
        'b', "b", &b, "angstrom", "0", 0, 1000, "edge b instead of its own"),
    AE_REAL(
        'c', "c", &c, "angstrom", "0", 0, 1000, "edge c instead of its own"),
    AE_STR(0, "orient", &orient, "ROTATION", "",
        "phi,theta,psi in degrees, nine numbers of a matrix, or zone=U,V,W or "
        "zone=U,V,W/X,Y,Z: that axis along z, the second along x"),
    AE_REALS(0, "cell", &cell, "A,B,C,ALPHA,BETA,GAMMA", "", 0, 1000,
        "edges in angstrom and angles in degrees of any cell"),
    AE_STR(0, "basis", &basis, "ATOMS", "",
        "atoms of that cell, as 'Zr 0 0 0, O 0.25 0.25 0.25'"),
    AE_STR(0, "species", &species, "SYMBOL", "Zr",
        "element of fcc, hcp, bcc, sc, diamond"),
    AE_END_OPTS,
};
static const struct ae_about about = {
    "crystal", "atoms of a perfect crystal", "", opts, .streams = 0};

/* Comma-separated numbers at *text, as many as there are (at most max);
 * *text moves behind them. */
static int numbers(const char **text, double *v, int max)
{
    int n = 0;
    const char *end = *text + strlen(*text);
    while (n < max) {
        const char *next = ae_parse_real(*text, end, &v[n]);
        if (!next)
            return 0;
        n++;
        *text = next;
        if (**text != ',')
            break;
        (*text)++;
    }
    return n;
}

static void the_lattice(struct ae_lattice *lattice)
{
    const double edge[3] = {a, b, c};
    if (strcmp(structure, "cell") != 0) {
        if (cell.n || *basis)
            ae_usage("--cell and --basis go with --structure cell");
        ae_must(ae_lattice_named(lattice, structure, edge, species, ae_err()));
        return;
    }
    if (cell.n != 6 || !*basis)
        ae_usage("--structure cell needs --basis and six numbers for --cell");
    ae_must(ae_lattice_cell(lattice, cell.v, cell.v + 3, ae_err()));
    ae_must(ae_lattice_basis(lattice, basis, ae_err()));
}

static void turn(struct ae_lattice *lattice)
{
    double v[9] = {0}, R[3][3];
    const char *text = orient;
    int zone = strncmp(text, "zone=", 5) == 0;
    if (zone)
        text += 5;
    int n = numbers(&text, v, zone ? 3 : 9);
    if (zone && n == 3 && *text == '/') {
        text++;
        n = numbers(&text, v + 3, 3);
    }
    if (*text || !(n == 3 || (n == 9 && !zone)))
        ae_usage("--orient: want phi,theta,psi, nine numbers, zone=1,1,0 or "
                 "zone=1,1,1/1,-1,0, not '%s'",
            orient);
    if (zone)
        ae_must(ae_lattice_zone(lattice, v, v + 3, R, ae_err()));
    else if (n == 3)
        ae_rotation(v, R);
    else {
        double check = 0;
        memcpy(R, v, sizeof R);
        for (int i = 0; i < 9; i++) {
            double p = -(i / 3 == i % 3);
            for (int k = 0; k < 3; k++)
                p += R[i / 3][k] * R[i % 3][k];
            check += p * p;
        }
        if (!(check < 1e-8))
            ae_usage("--orient: the rows of a rotation are unit vectors at "
                     "right angles; these are off by %.2g",
                check);
    }
    ae_lattice_rotate(lattice, R);
}

static void fill(
    const struct ae_lattice *lattice, struct ae_lattice_atoms *found)
{
    const double zero[3] = {0};
    double v[3], origin[3], radius = 0;
    const char *text = size + (*size == 'R');
    if (cells.n) {
        long n[3] = {(long)cells.v[0], (long)cells.v[1], (long)cells.v[2]};
        for (int i = 0; i < 3; i++)
            if (cells.n != 3 || *size || (double)n[i] != cells.v[i])
                ae_usage("--cells wants three whole numbers, without --size");
        ae_must(ae_lattice_cells(lattice, n, found, ae_err()));
        return;
    }
    if (!*size)
        ae_usage("how much of it? give --size or --cells");
    int n = numbers(&text, v, 3);
    if (*text || !(n == 1 || (n == 3 && *size != 'R')) || !(v[0] > 0) ||
        (n == 3 && !(v[1] > 0 && v[2] > 0)))
        ae_usage("--size: want X, X,Y,Z or R40, positive, not '%s'", size);
    if (n == 1)
        v[1] = v[2] = v[0];
    if (*size == 'R')
        radius = v[0];
    for (int k = 0; k < 3; k++)
        origin[k] = -(lattice->basis[0][0] * lattice->cell[0][k] +
                      lattice->basis[0][1] * lattice->cell[1][k] +
                      lattice->basis[0][2] * lattice->cell[2][k]);
    ae_must(ae_lattice_fill(lattice, origin, zero, radius, v, found, ae_err()));
}

static void table(const struct ae_lattice *lattice,
    const struct ae_lattice_atoms *found, struct ae_atoms *atoms)
{
    ae_must(ae_atoms_new(atoms, ae_err()));
    ae_must(ae_atoms_resize(atoms, found->n, ae_err()));
    struct ae_column *col = ae_atoms_find(atoms, "species");
    for (size_t i = 0; i < found->n; i++) {
        memcpy(atoms->pos[i], found->pos[i], sizeof *atoms->pos);
        if (ae_atoms_set_text(col, i, lattice->species[found->site[i]]))
            ae_die("out of memory for %zu atoms", found->n);
    }
    if (cells.n) {
        atoms->has_lattice = 1;
        for (int i = 0; i < 9; i++)
            atoms->lattice[i] = cells.v[i / 3] * lattice->cell[i / 3][i % 3];
        for (int i = 0; i < 3; i++)
            atoms->pbc[i] = 1;
    }
}

int main(int argc, char **argv)
{
    struct ae_lattice lattice = {0};
    struct ae_lattice_atoms found = {0};
    struct ae_atoms atoms = {0};
    ae_begin(&about, argc, argv);
    the_lattice(&lattice);
    if (*orient)
        turn(&lattice);
    fill(&lattice, &found);
    table(&lattice, &found, &atoms);
    ae_say("%zu atoms; the crystal has %.6f atoms/angstrom^3", atoms.n,
        (double)lattice.n / ae_lattice_volume(&lattice));
    ae_history(&atoms.keys);
    ae_must(ae_xyz_write(ae_out(), &atoms, ae_err()));
    ae_lattice_clear(&found);
    ae_atoms_clear(&atoms);
    return ae_end();
}
