/* SPDX-License-Identifier: BSD-2-Clause */
#include "geom/lattice.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "math/rotation.h"

struct site {
    const char *species; /* NULL: the one asked for */
    double f[3];
};

static const struct site fcc[] = {{NULL, {0, 0, 0}}, {NULL, {0, 0.5, 0.5}},
    {NULL, {0.5, 0, 0.5}}, {NULL, {0.5, 0.5, 0}}};
static const struct site hcp[] = {
    {NULL, {1. / 3, 2. / 3, 0.25}}, {NULL, {2. / 3, 1. / 3, 0.75}}};
static const struct site bcc[] = {{NULL, {0, 0, 0}}, {NULL, {0.5, 0.5, 0.5}}};
static const struct site sc[] = {{NULL, {0, 0, 0}}};
static const struct site diamond[] = {{NULL, {0, 0, 0}}, {NULL, {0, 0.5, 0.5}},
    {NULL, {0.5, 0, 0.5}}, {NULL, {0.5, 0.5, 0}}, {NULL, {0.25, 0.25, 0.25}},
    {NULL, {0.25, 0.75, 0.75}}, {NULL, {0.75, 0.25, 0.75}},
    {NULL, {0.75, 0.75, 0.25}}};
static const struct site c_zro2[] = {{"Zr", {0, 0, 0}}, {"Zr", {0, 0.5, 0.5}},
    {"Zr", {0.5, 0, 0.5}}, {"Zr", {0.5, 0.5, 0}}, {"O", {0.25, 0.25, 0.25}},
    {"O", {0.25, 0.75, 0.75}}, {"O", {0.75, 0.25, 0.75}},
    {"O", {0.75, 0.75, 0.25}}, {"O", {0.75, 0.75, 0.75}},
    {"O", {0.75, 0.25, 0.25}}, {"O", {0.25, 0.75, 0.25}},
    {"O", {0.25, 0.25, 0.75}}};
/* P4_2/nmc, z(O) = 0.185 */
static const struct site t_zro2[] = {{"Zr", {0, 0, 0}}, {"Zr", {0.5, 0.5, 0.5}},
    {"O", {0, 0.5, 0.185}}, {"O", {0.5, 0, 0.815}}, {"O", {0, 0.5, 0.685}},
    {"O", {0.5, 0, 0.315}}};
/* P2_1/c: the asymmetric unit, expanded by the four operations below */
static const struct site m_zro2[] = {{"Zr", {0.2754, 0.0395, 0.2083}},
    {"O", {0.0700, 0.3317, 0.3447}}, {"O", {0.4496, 0.7569, 0.4792}}};

#define SITES(x) x, sizeof(x) / sizeof *(x)
static const struct structure {
    const char *name;
    const struct site *site;
    size_t n;
    double edge[3], beta, gamma; /* angstrom, degree; edge 0: to be given */
    const char *species;
} structures[] = {
    /* a from d111 = 2.694 of the metal core of an oxidised Zr particle */
    {"fcc-zr", SITES(fcc), {4.666, 0, 0}, 90, 90, "Zr"},
    {"hcp-zr", SITES(hcp), {3.232, 0, 5.147}, 90, 120, "Zr"},
    /* the high-temperature phase at 1135 K */
    {"bcc-zr", SITES(bcc), {3.609, 0, 0}, 90, 90, "Zr"},
    /* a from d200 = 2.546 of an oxidised Zr particle; the bulk has 5.09-5.13 */
    {"c-zro2", SITES(c_zro2), {5.092, 0, 0}, 90, 90, "Zr"},
    /* Teufer 1962 */
    {"t-zro2", SITES(t_zro2), {3.64, 0, 5.27}, 90, 90, "Zr"},
    /* Howard, Hill and Reichert 1988 */
    {"m-zro2", SITES(m_zro2), {5.1505, 5.2116, 5.3173}, 99.230, 90, "Zr"},
    /* CODATA 2018 */
    {"si", SITES(diamond), {5.431020511, 0, 0}, 90, 90, "Si"},
    {"fcc", SITES(fcc), {0, 0, 0}, 90, 90, NULL},
    {"hcp", SITES(hcp), {0, 0, 0}, 90, 120, NULL},
    {"bcc", SITES(bcc), {0, 0, 0}, 90, 90, NULL},
    {"sc", SITES(sc), {0, 0, 0}, 90, 90, NULL},
    {"diamond", SITES(diamond), {0, 0, 0}, 90, 90, NULL},
};

static void cross(double c[3], const double a[3], const double b[3])
{
    c[0] = a[1] * b[2] - a[2] * b[1];
    c[1] = a[2] * b[0] - a[0] * b[2];
    c[2] = a[0] * b[1] - a[1] * b[0];
}

static double dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

double ae_lattice_volume(const struct ae_lattice *lattice)
{
    double bc[3];
    cross(bc, lattice->cell[1], lattice->cell[2]);
    return fabs(dot(lattice->cell[0], bc));
}

int ae_lattice_cell(struct ae_lattice *lattice, const double edge[3],
    const double angle[3], struct ae_error *err)
{
    double sine, ca, cb, cg;
    for (int i = 0; i < 3; i++)
        if (!(edge[i] > 0) || !(angle[i] > 0 && angle[i] < 180))
            return ae_fail(err, AE_EUSAGE,
                "cell edge %g angstrom, angle %g degrees: want edges > 0 and "
                "angles between 0 and 180",
                edge[i], angle[i]);
    ae_sincos_deg(angle[0], &sine, &ca);
    ae_sincos_deg(angle[1], &sine, &cb);
    ae_sincos_deg(angle[2], &sine, &cg);
    double cy = (ca - cb * cg) / sine, zz = 1 - cb * cb - cy * cy;
    if (!(zz > 0))
        return ae_fail(err, AE_EUSAGE,
            "no cell has the angles %g %g %g; each must be less than the sum "
            "of the others",
            angle[0], angle[1], angle[2]);
    const double cell[3][3] = {{edge[0], 0, 0},
        {edge[1] * cg, edge[1] * sine, 0},
        {edge[2] * cb, edge[2] * cy, edge[2] * sqrt(zz)}};
    memcpy(lattice->cell, cell, sizeof cell);
    return AE_OK;
}

static void put_site(struct ae_lattice *lattice, const char *species, double x,
    double y, double z)
{
    const double f[3] = {x - floor(x), y - floor(y), z - floor(z)};
    memcpy(lattice->basis[lattice->n], f, sizeof f);
    snprintf(lattice->species[lattice->n], 8, "%s", species);
    lattice->n++;
}

int ae_lattice_named(struct ae_lattice *lattice, const char *name,
    const double edge[3], const char *species, struct ae_error *err)
{
    const struct structure *s = structures;
    const struct structure *end = s + sizeof structures / sizeof *structures;
    char quoted[340];
    while (s < end && strcmp(s->name, name) != 0)
        s++;
    if (s == end)
        return ae_fail(err, AE_EUSAGE,
            "no structure %s; there are fcc-zr hcp-zr bcc-zr c-zro2 t-zro2 "
            "m-zro2 si fcc hcp bcc sc diamond",
            ae_quote(quoted, name));
    int hexagonal = s->gamma == 120;
    double e[3];
    e[0] = edge[0] > 0 ? edge[0] : s->edge[0];
    if (!(e[0] > 0) || (hexagonal && !(edge[2] > 0 || s->edge[2] > 0)))
        return ae_fail(err, AE_EUSAGE,
            "structure %s has no edges of its own; "
            "give --a%s",
            name, hexagonal ? " and --c" : "");
    for (int i = 1; i < 3; i++)
        e[i] = edge[i] > 0 ? edge[i] : s->edge[i] > 0 ? s->edge[i] : e[0];
    const double angle[3] = {90, s->beta, s->gamma};
    lattice->n = 0;
    for (size_t i = 0; i < s->n; i++) {
        const char *sp = s->site[i].species;
        const double *f = s->site[i].f;
        if (!sp)
            sp = s->species ? s->species : species;
        put_site(lattice, sp, f[0], f[1], f[2]);
        if (s->site == m_zro2) {
            put_site(lattice, sp, -f[0], f[1] + 0.5, 0.5 - f[2]);
            put_site(lattice, sp, -f[0], -f[1], -f[2]);
            put_site(lattice, sp, f[0], 0.5 - f[1], f[2] + 0.5);
        }
    }
    return ae_lattice_cell(lattice, e, angle, err);
}

int ae_lattice_basis(
    struct ae_lattice *lattice, const char *text, struct ae_error *err)
{
    lattice->n = 0;
    while (*text) {
        char species[8];
        double f[3];
        int used = 0;
        if (sscanf(text, " %7[A-Za-z] %lf %lf %lf %n", species, &f[0], &f[1],
                &f[2], &used) != 4 ||
            !used || !isfinite(f[0] + f[1] + f[2])) {
            char quoted[340];
            return ae_fail(err, AE_EUSAGE,
                "basis: want 'Zr 0 0 0, O 0.25 0.25 0.25', not %s",
                ae_quote(quoted, text));
        }
        text += used;
        if (lattice->n == AE_LATTICE_BASIS)
            return ae_fail(
                err, AE_EUSAGE, "basis: more than %d atoms", AE_LATTICE_BASIS);
        put_site(lattice, species, f[0], f[1], f[2]);
        if (*text == ',')
            text++;
        else if (*text)
            return ae_fail(
                err, AE_EUSAGE, "basis: atoms are separated by commas");
    }
    if (!lattice->n)
        return ae_fail(err, AE_EUSAGE, "basis: no atom given");
    return AE_OK;
}

void ae_lattice_rotate(struct ae_lattice *lattice, double R[3][3])
{
    for (int i = 0; i < 3; i++) {
        double e[3];
        ae_rotate(e, R, lattice->cell[i]);
        memcpy(lattice->cell[i], e, sizeof e);
    }
}

static void direction(
    const struct ae_lattice *lattice, const double u[3], double d[3])
{
    for (int k = 0; k < 3; k++)
        d[k] = u[0] * lattice->cell[0][k] + u[1] * lattice->cell[1][k] +
               u[2] * lattice->cell[2][k];
}

static double unit(double d[3])
{
    double length = sqrt(dot(d, d));
    for (int k = 0; k < 3 && length > 0; k++)
        d[k] /= length;
    return length;
}

int ae_lattice_zone(const struct ae_lattice *lattice, const double u[3],
    const double v[3], double R[3][3], struct ae_error *err)
{
    double z[3], x[3], y[3], along;
    int given = v[0] != 0 || v[1] != 0 || v[2] != 0;
    direction(lattice, u, z);
    if (!(unit(z) > 0))
        return ae_fail(err, AE_EUSAGE, "zone axis 0,0,0 is no direction");
    for (int try = 0; try < 3; try++) {
        const double e[3] = {try == 0, try == 1, try == 2};
        direction(lattice, given ? v : e, x);
        unit(x);
        along = dot(x, z);
        for (int k = 0; k < 3; k++)
            x[k] -= along * z[k];
        if (unit(x) > 1e-6)
            break;
        if (given)
            return ae_fail(err, AE_EUSAGE,
                "the direction for x is along the zone axis; take another");
    }
    cross(y, z, x);
    memcpy(R[0], x, sizeof x);
    memcpy(R[1], y, sizeof y);
    memcpy(R[2], z, sizeof z);
    return AE_OK;
}

void ae_lattice_clear(struct ae_lattice_atoms *atoms)
{
    free(atoms->pos);
    free(atoms->site);
    memset(atoms, 0, sizeof *atoms);
}

static int put_atom(struct ae_lattice_atoms *atoms, const double p[3],
    size_t site, struct ae_error *err)
{
    if (atoms->n == atoms->room) {
        size_t room = atoms->room ? 2 * atoms->room : 1024;
        void *pos = ae_resize(atoms->pos, atoms->n, room, sizeof *atoms->pos);
        if (pos)
            atoms->pos = pos;
        void *sites = ae_resize(atoms->site, atoms->n, room, 1);
        if (sites)
            atoms->site = sites;
        if (!pos || !sites)
            return ae_fail(err, AE_EMEM, "out of memory for %zu atoms", room);
        atoms->room = room;
    }
    memcpy(atoms->pos[atoms->n], p, sizeof *atoms->pos);
    atoms->site[atoms->n++] = (unsigned char)site;
    return AE_OK;
}

/* The cells that reach into the box centre +- half: first and last of each
 * axis, from the perpendicular distances of its planes. */
static int cell_range(const struct ae_lattice *lattice, const double origin[3],
    const double centre[3], const double half[3], long first[3], long last[3],
    struct ae_error *err)
{
    double volume = ae_lattice_volume(lattice), cells = 1;
    double sign = 1, bc[3];
    cross(bc, lattice->cell[1], lattice->cell[2]);
    sign = dot(lattice->cell[0], bc) < 0 ? -1 : 1;
    for (int i = 0; i < 3; i++) {
        double g[3], mid = 0, reach = 0;
        cross(g, lattice->cell[(i + 1) % 3], lattice->cell[(i + 2) % 3]);
        for (int k = 0; k < 3; k++) {
            g[k] *= sign / volume;
            mid += g[k] * (centre[k] - origin[k]);
            reach += fabs(g[k]) * half[k];
        }
        cells *= 2 * reach + 3;
        if (!(cells < 2147483648.) || fabs(mid) + reach > 1e9)
            return ae_fail(err, AE_EMEM,
                "%.3g unit cells are too many; take a smaller size", cells);
        first[i] = (long)floor(mid - reach) - 1;
        last[i] = (long)ceil(mid + reach);
    }
    return AE_OK;
}

int ae_lattice_fill(const struct ae_lattice *lattice, const double origin[3],
    const double centre[3], double radius, const double size[3],
    struct ae_lattice_atoms *atoms, struct ae_error *err)
{
    const double tol = 1e-9; /* angstrom: an atom on the surface is in */
    double half[3];
    long lo[3], hi[3], c[3];
    memset(atoms, 0, sizeof *atoms);
    for (int k = 0; k < 3; k++)
        half[k] = radius > 0 ? radius : size[k] / 2;
    int code = cell_range(lattice, origin, centre, half, lo, hi, err);
    if (code)
        return code;
    for (c[0] = lo[0]; c[0] <= hi[0]; c[0]++)
        for (c[1] = lo[1]; c[1] <= hi[1]; c[1]++)
            for (c[2] = lo[2]; c[2] <= hi[2]; c[2]++)
                for (size_t s = 0; s < lattice->n; s++) {
                    const double f[3] = {(double)c[0] + lattice->basis[s][0],
                        (double)c[1] + lattice->basis[s][1],
                        (double)c[2] + lattice->basis[s][2]};
                    double p[3], square = 0;
                    int in = 1;
                    direction(lattice, f, p);
                    for (int k = 0; k < 3; k++) {
                        p[k] += origin[k];
                        double d = p[k] - centre[k];
                        square += d * d;
                        in &= d >= -half[k] - tol && d < half[k] - tol;
                    }
                    if (radius > 0)
                        in = sqrt(square) <= radius + tol;
                    if (in && (code = put_atom(atoms, p, s, err)) != 0) {
                        ae_lattice_clear(atoms);
                        return code;
                    }
                }
    return AE_OK;
}

int ae_lattice_cells(const struct ae_lattice *lattice, const long cells[3],
    struct ae_lattice_atoms *atoms, struct ae_error *err)
{
    long c[3];
    int code;
    memset(atoms, 0, sizeof *atoms);
    for (c[0] = 0; c[0] < cells[0]; c[0]++)
        for (c[1] = 0; c[1] < cells[1]; c[1]++)
            for (c[2] = 0; c[2] < cells[2]; c[2]++)
                for (size_t s = 0; s < lattice->n; s++) {
                    double f[3], p[3];
                    for (int k = 0; k < 3; k++)
                        f[k] = (double)c[k] + lattice->basis[s][k];
                    direction(lattice, f, p);
                    if ((code = put_atom(atoms, p, s, err)) != 0) {
                        ae_lattice_clear(atoms);
                        return code;
                    }
                }
    return AE_OK;
}
