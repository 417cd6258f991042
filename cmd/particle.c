/* SPDX-License-Identifier: BSD-2-Clause
 * particle - atoms turned, strained, cut to a shape, joined, with defects.
 *
 *   In this order, each when asked for:
 *   strain  r -> (1 + e) r            rotate  r -> R r
 *   bend    about x by A min(z, R0) / R0, twist the same about z
 *   cut     the atoms inside a shape
 *   join    and those of another file not nearer than dmin to one of these
 *   remove, vacancies, pore           atoms taken out
 *   swap    another element for a random share of one element
 *   jitter  r -> r + g, g Gaussian of standard deviation s on each axis
 *
 * Source: methods.   Cost: O(N) for N atoms.
 * reads: extended XYZ, any number of frames       writes: extended XYZ
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/atoms.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/tool.h"
#include "geom/cells.h"
#include "geom/shape.h"
#include "io/xyz.h"
#include "math/rotation.h"

static const char *cut, *join, *swap;
static struct ae_reals strain, rotate, bend, twist, removed, pore;
static double dmin, jitter;
static long vacancies, seed;
static const struct ae_opt opts[] = {
    AE_STR('c', "cut", &cut, "SHAPE", "",
        "sphere=R, ellipsoid=A,B,C (half axes), box=X,Y,Z (edges), "
        "slab=NX,NY,NZ,D0,D1 or wulff=H,K,L,D/H,K,L,D/..., in angstrom"),
    AE_STR(0, "join", &join, "FILE", "", "append these atoms"),
    AE_REAL(0, "dmin", &dmin, "angstrom", "2.8", 0, 100,
        "of FILE only atoms at least this far from all others"),
    AE_REALS(0, "strain", &strain, "E11,E22,E33[,E23,E13,E12]", "", -0.9, 0.9,
        "uniform strain, three or six numbers, or nine of a matrix"),
    AE_REALS('r', "rotate", &rotate, "PHI,THETA,PSI", "", -360, 360,
        "turn as a projection at these angles does (degrees), or nine numbers "
        "of a matrix"),
    AE_REALS(0, "bend", &bend, "ANGLE,R0", "", -360, 1e6,
        "turn about x by ANGLE (degrees) min(z,R0)/R0"),
    AE_REALS(0, "twist", &twist, "ANGLE,R0", "", -360, 1e6,
        "turn about z by ANGLE (degrees) min(z,R0)/R0"),
    AE_REALS(0, "remove", &removed, "ROW,...", "", 0, 1e15,
        "take these atoms out, counted from 0 after cut and join"),
    AE_INT('n', "vacancies", &vacancies, "N", "0", 0, 1e9,
        "take N random atoms out"),
    AE_REALS(0, "pore", &pore, "X,Y,Z,R,...", "", -1e9, 1e9,
        "take the atoms in a ball out, or in several"),
    AE_STR(0, "swap", &swap, "FROM,TO,SHARE", "",
        "a random share of one element becomes another"),
    AE_REAL('J', "jitter", &jitter, "angstrom", "0", 0, 100,
        "standard deviation of random displacements on each axis"),
    AE_INT(0, "seed", &seed, "N", "1", 0, 9e15, "of the random numbers"),
    AE_END_OPTS,
};
static const struct ae_about about = {"particle",
    "atoms cut to a shape, joined, with defects", "[FILE]", opts, .streams = 0};

enum { VACANCIES = 1, SWAP, JITTER };

/* ---- all atoms moved ---- */

static void apply(double (*pos)[3], size_t n, double M[3][3])
{
    for (size_t i = 0; i < n; i++) {
        double r[3];
        ae_rotate(r, M, pos[i]);
        memcpy(pos[i], r, sizeof r);
    }
}

/* The lattice turns and stretches with the atoms. */
static void transform(struct ae_atoms *atoms, double M[3][3])
{
    double L[3][3];
    apply(atoms->pos, atoms->n, M);
    memcpy(L, atoms->lattice, sizeof L);
    apply(L, 3, M);
    memcpy(atoms->lattice, L, sizeof L);
}

static void strain_and_turn(struct ae_atoms *atoms)
{
    double M[3][3];
    const double *e = strain.v;
    if (strain.n == 9)
        memcpy(M, e, sizeof M);
    else {
        const double shear[3] = {e[3], e[4], e[5]};
        for (int i = 0; i < 3; i++)
            for (int j = 0; j < 3; j++)
                M[i][j] = i == j ? e[i] : strain.n == 6 ? shear[3 - i - j] : 0;
    }
    for (int i = 0; i < 3; i++)
        M[i][i] += 1;
    if (strain.n)
        transform(atoms, M);
    if (rotate.n == 3)
        ae_rotation(rotate.v, M);
    else if (rotate.n)
        memcpy(M, rotate.v, sizeof M);
    if (rotate.n)
        transform(atoms, M);
}

/* Turn each atom about an axis (0: x, 2: z) by the angle of its depth. */
static void turn_with_depth(
    struct ae_atoms *atoms, const struct ae_reals *turn, int axis)
{
    int u = (axis + 1) % 3, v = (axis + 2) % 3;
    for (size_t i = 0; i < atoms->n; i++) {
        double *p = atoms->pos[i], sine, cosine;
        double share = fmin(p[2], turn->v[1]) / turn->v[1];
        ae_sincos_deg(turn->v[0] * share, &sine, &cosine);
        double a = p[u], b = p[v];
        p[u] = cosine * a - sine * b;
        p[v] = sine * a + cosine * b;
    }
}

static void shake(struct ae_atoms *atoms, struct ae_rng *rng)
{
    for (size_t i = 0; i < atoms->n; i++)
        for (int k = 0; k < 3; k++)
            atoms->pos[i][k] += jitter * ae_rng_normal(rng);
}

/* ---- atoms chosen ---- */

static void *allocate(size_t n, size_t size)
{
    void *p = ae_alloc(n, size);
    if (!p)
        ae_die("out of memory for %zu atoms", n);
    return p;
}

static void keep_rows(struct ae_atoms *atoms, const unsigned char *keep)
{
    struct ae_atoms kept = {0};
    size_t n = 0, *row = allocate(atoms->n, sizeof *row);
    for (size_t i = 0; i < atoms->n; i++)
        if (keep[i])
            row[n++] = i;
    ae_must(ae_atoms_pick(&kept, atoms, row, n, ae_err()));
    free(row);
    ae_atoms_clear(atoms);
    *atoms = kept;
}

static void cut_shape(struct ae_atoms *atoms, const struct ae_shape *shape)
{
    unsigned char *keep = allocate(atoms->n, 1);
    for (size_t i = 0; i < atoms->n; i++)
        keep[i] = (unsigned char)ae_shape_inside(shape, atoms->pos[i]);
    keep_rows(atoms, keep);
    free(keep);
}

static void join_file(struct ae_atoms *atoms, const struct ae_atoms *other)
{
    struct ae_atoms more = {0};
    struct ae_cells *cells;
    size_t n = 0, *row = allocate(other->n, sizeof *row);
    ae_must(ae_cells_new(&cells, (const double(*)[3])atoms->pos, atoms->n,
        fmax(dmin, 1), NULL, NULL, ae_err()));
    for (size_t i = 0; i < other->n; i++)
        if (!ae_cells_any(cells, other->pos[i], dmin))
            row[n++] = i;
    ae_cells_free(cells);
    ae_must(ae_atoms_pick(&more, other, row, n, ae_err()));
    ae_must(ae_atoms_append(atoms, &more, ae_err()));
    ae_atoms_clear(&more);
    free(row);
}

/* n of the m numbers in list, at random, to its front. */
static void draw(size_t *list, size_t m, size_t n, struct ae_rng *rng)
{
    for (size_t i = 0; i < n; i++) {
        size_t j = i + (size_t)ae_rng_below(rng, m - i), t = list[i];
        list[i] = list[j];
        list[j] = t;
    }
}

static void take_out(struct ae_atoms *atoms, struct ae_rng *rng)
{
    size_t n = atoms->n, left = 0;
    unsigned char *keep = allocate(n, 1);
    size_t *list = allocate(n, sizeof *list);
    memset(keep, 1, n);
    for (int k = 0; k < removed.n; k++) {
        double row = removed.v[k];
        if (row != floor(row) || !(row < (double)n))
            ae_die("--remove: no atom %g; there are %zu, from 0", row, n);
        keep[(size_t)row] = 0;
    }
    for (size_t i = 0; i < n; i++)
        for (int k = 0; k < pore.n; k += 4) {
            const double *c = &pore.v[k], *p = atoms->pos[i];
            if (hypot(hypot(p[0] - c[0], p[1] - c[1]), p[2] - c[2]) < c[3])
                keep[i] = 0;
        }
    for (size_t i = 0; i < n; i++)
        if (keep[i])
            list[left++] = i;
    if ((size_t)vacancies > left)
        ae_die("--vacancies: %ld of %zu atoms", vacancies, left);
    draw(list, left, (size_t)vacancies, rng);
    for (size_t i = 0; i < (size_t)vacancies; i++)
        keep[list[i]] = 0;
    keep_rows(atoms, keep);
    free(keep);
    free(list);
}

static void swap_species(struct ae_atoms *atoms, struct ae_rng *rng)
{
    char from[16], to[16];
    double share;
    int used = 0;
    if (sscanf(swap, "%15[^,],%15[^,],%lf%n", from, to, &share, &used) != 3 ||
        swap[used] || !(share >= 0 && share <= 1))
        ae_usage("--swap: want FROM,TO,SHARE with a share from 0 to 1, not "
                 "'%s'",
            swap);
    struct ae_column *col = ae_atoms_find(atoms, "species");
    size_t m = 0, *list = allocate(atoms->n, sizeof *list);
    for (size_t i = 0; i < atoms->n; i++)
        if (strcmp(ae_atoms_text(col, i), from) == 0)
            list[m++] = i;
    size_t n = (size_t)floor(share * (double)m + 0.5);
    draw(list, m, n, rng);
    for (size_t i = 0; i < n; i++)
        if (ae_atoms_set_text(col, list[i], to))
            ae_die("out of memory for the species");
    free(list);
}

/* ---- the recipe ---- */

static void check(struct ae_shape *shape)
{
    const struct ae_reals *depth[2] = {&bend, &twist};
    if (!ae_shape_read(shape, cut))
        ae_usage("--cut: want sphere=R, ellipsoid=A,B,C, box=X,Y,Z, "
                 "slab=NX,NY,NZ,D0,D1 or wulff=H,K,L,D/..., not '%s'",
            cut);
    if (strain.n && strain.n != 3 && strain.n != 6 && strain.n != 9)
        ae_usage("--strain: want 3, 6 or 9 numbers, not %d", strain.n);
    if (rotate.n && rotate.n != 3 && rotate.n != 9)
        ae_usage("--rotate: want 3 or 9 numbers, not %d", rotate.n);
    for (int i = 0; i < 2; i++)
        if (depth[i]->n && (depth[i]->n != 2 || !(depth[i]->v[1] > 0)))
            ae_usage("--bend, --twist: want an angle and a depth > 0");
    for (int k = 0; k < pore.n; k++)
        if (pore.n % 4 || (k % 4 == 3 && !(pore.v[k] > 0)))
            ae_usage("--pore: want x,y,z and a radius > 0 for each ball");
}

static void change(struct ae_atoms *atoms, const struct ae_shape *shape,
    const struct ae_atoms *other, struct ae_rng *rng, uint64_t frame)
{
    strain_and_turn(atoms);
    if (bend.n)
        turn_with_depth(atoms, &bend, 0);
    if (twist.n)
        turn_with_depth(atoms, &twist, 2);
    if (shape->kind != AE_SHAPE_WHOLE)
        cut_shape(atoms, shape);
    if (*join)
        join_file(atoms, other);
    ae_rng_set(rng, (uint64_t)seed, 4 * frame + VACANCIES);
    take_out(atoms, rng);
    ae_rng_set(rng, (uint64_t)seed, 4 * frame + SWAP);
    if (*swap)
        swap_species(atoms, rng);
    ae_rng_set(rng, (uint64_t)seed, 4 * frame + JITTER);
    if (jitter > 0)
        shake(atoms, rng);
    if (shape->kind != AE_SHAPE_WHOLE || *join || bend.n || twist.n) {
        atoms->has_lattice = 0;
        memset(atoms->pbc, 0, sizeof atoms->pbc);
    }
}

int main(int argc, char **argv)
{
    struct ae_xyz *reader;
    struct ae_atoms atoms = {0}, other = {0};
    struct ae_shape shape;
    ae_begin(&about, argc, argv);
    check(&shape);
    struct ae_rng *rng = ae_rng_new((uint64_t)seed, 0);
    if (!rng)
        ae_die("out of memory for the random numbers");
    if (*join)
        ae_must(ae_xyz_read(ae_open(join), &other, ae_err()));
    ae_must(ae_xyz_open(&reader, ae_in(), ae_err()));
    for (uint64_t frame = 0;
         ae_must(ae_xyz_next(reader, &atoms, ae_err())) != AE_END; frame++) {
        change(&atoms, &shape, &other, rng, frame);
        ae_say("%zu atoms", atoms.n);
        ae_history(&atoms.keys);
        ae_must(ae_xyz_write(ae_out(), &atoms, ae_err()));
    }
    ae_xyz_free(reader);
    ae_rng_free(rng);
    ae_atoms_clear(&atoms);
    ae_atoms_clear(&other);
    return ae_end();
}
