/* SPDX-License-Identifier: BSD-2-Clause
 * boo - averaged bond-orientational order of each atom.
 *
 *   q_lm(i)    = (1/N_i) sum_j Y_lm(r_ij / |r_ij|)
 *   qbar_lm(i) = (1/(N_i + 1)) sum of q_lm over i and its neighbours
 *   qbar_l(i)  = sqrt(4 pi / (2 l + 1) sum_m |qbar_lm(i)|^2)
 *   boo(i)     = sqrt(qbar_4^2 + qbar_6^2) / sqrt(0.1909407^2 + 0.5745243^2)
 *   j     the N_i neighbours of i: 0.1 < |r_ij| < cutoff (angstrom)
 *   Y_lm  orthonormal spherical harmonics
 * An atom without neighbours has q = 0. The constants are q_4 and q_6 of the
 * face-centred cubic lattice, so that boo is 1 there.
 *
 * Source: Lechner and Dellago 2008, 10.1063/1.2977970; Steinhardt, Nelson and
 * Ronchetti 1983, 10.1103/PhysRevB.28.784 (q_l); boo and its threshold: Yang
 * et al. 2021, 10.1038/s41586-021-03354-0.
 * Cost: O(N n) for N atoms of n neighbours, 1.5 microseconds an atom at n = 12.
 * reads: extended XYZ, any number of frames     writes: the same with columns
 * q4bar q6bar boo ordered boo_nn
 */
#include <math.h>
#include <stdlib.h>
#include "atoms/sites.h"
#include "base/mem.h"
#include "base/tool.h"
#include "geom/cells.h"
#include "geom/order.h"
#include "io/xyz.h"

static double cutoff, threshold;
static int local, open_box, allow;
static const char *species;
static struct ae_reals degrees;
static const struct ae_opt opts[] = {
    AE_REAL('r', "cutoff", &cutoff, "angstrom", "4.5", 1e-3, 1e6,
        "neighbours are closer than this"),
    AE_REAL('t', "threshold", &threshold, "BOO", "0.5", 0, 10,
        "boo from which an atom is ordered"),
    AE_REALS('l', "l", &degrees, "L,...", "4,6", 0, AE_ORDER_LMAX,
        "degrees of the harmonics; boo needs 4 and 6"),
    AE_FLAG(0, "local", &local,
        "add q4, q6 as well, not averaged over the neighbours"),
    AE_FLAG(0, "open", &open_box, "no neighbours through periodic faces"),
    AE_STR(0, "species", &species, "LIST", "",
        "these species only (default: all but O beside a metal)"),
    AE_FLAG(
        0, "allow-duplicates", &allow, "drop atoms at the place of another"),
    AE_END_OPTS,
};
static const struct ae_about about = {"boo",
    "averaged bond-orientational order of each atom", "[FILE]", opts,
    .streams = 0};

/* angstrom, Yuan et al. 2021, 10.1038/s41563-021-01114-z, analysis code: two
 * that are closer are no neighbours */
static const double least = 0.1;

/* The degrees, ascending; the places of 4 and 6 among them, or -1. */
struct wanted {
    int l[AE_ORDER_LMAX + 1];
    size_t n;
    int four, six;
};

static struct wanted check_degrees(void)
{
    struct wanted w = {.four = -1, .six = -1};
    for (int i = 0; i < degrees.n; i++)
        if (degrees.v[i] != floor(degrees.v[i]))
            ae_usage("--l %g: want whole numbers", degrees.v[i]);
    for (int l = 0; l <= AE_ORDER_LMAX; l++)
        for (int i = 0; i < degrees.n; i++)
            if ((int)degrees.v[i] == l && (!w.n || w.l[w.n - 1] != l)) {
                w.four = l == 4 ? (int)w.n : w.four;
                w.six = l == 6 ? (int)w.n : w.six;
                w.l[w.n++] = l;
            }
    if (!w.n)
        ae_usage("--l: want at least one degree");
    return w;
}

/* q of the sites (see ae_order_q) and their numbers of neighbours. */
struct result {
    double *bar, *plain;
    int64_t *nn;
};

static struct result order(const struct ae_atoms *atoms, struct ae_sites *sites,
    const struct wanted *w)
{
    struct result q = {.nn = ae_alloc(sites->n, sizeof *q.nn),
        .bar = ae_alloc(sites->n, w->n * sizeof *q.bar),
        .plain = ae_alloc(local ? sites->n : 0, w->n * sizeof *q.plain)};
    struct ae_cells *cells;
    struct ae_cells_points points;
    struct ae_links links;
    if (!q.nn || !q.bar || !q.plain)
        ae_die("out of memory for %zu atoms", sites->n);
    ae_must(ae_cells_new(&cells, (const double(*)[3])sites->pos, sites->n,
        cutoff, atoms->has_lattice && !open_box ? atoms->lattice : NULL,
        atoms->pbc, ae_err()));
    free(sites->pos); /* the cells have them */
    sites->pos = NULL;
    ae_must(ae_cells_links(cells, cutoff, &links, ae_err()));
    ae_links_beyond(cells, &links, least);
    ae_must(ae_order_q(cells, &links, w->n, w->l, 1, q.bar, ae_err()));
    if (local)
        ae_must(ae_order_q(cells, &links, w->n, w->l, 0, q.plain, ae_err()));
    ae_cells_points(cells, &points);
    for (size_t i = 0; i < points.n; i++) {
        size_t k = points.place[i];
        q.nn[i] = (int64_t)(links.start[k + 1] - links.start[k]);
    }
    ae_links_clear(&links);
    ae_cells_free(cells);
    return q;
}

static struct ae_column *column(
    struct ae_atoms *atoms, const char *name, char type)
{
    struct ae_column *col = ae_atoms_column(atoms, name, type, 1, ae_err());
    if (!col)
        ae_must(AE_EMEM);
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < atoms->n; i++) {
        if (type == 'R')
            col->real[i] = NAN;
        else
            col->integer[i] = -1;
    }
    return col;
}

/* To twelve decimals, far beyond any meaning: the text is short then. */
static double rounded(double x)
{
    return rint(x * 1e12) / 1e12;
}

static void put_reals(struct ae_atoms *atoms, const struct ae_sites *sites,
    int l, const char *end, const double *q)
{
    char name[20];
    snprintf(name, sizeof name, "q%d%s", l, end);
    struct ae_column *col = column(atoms, name, 'R');
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < sites->n; i++)
        col->real[sites->row[i]] = rounded(q[i]);
}

static void put_boo(struct ae_atoms *atoms, const struct ae_sites *sites,
    const double *q4, const double *q6)
{
    size_t count = 0;
    struct ae_column *boo = column(atoms, "boo", 'R');
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < sites->n; i++)
        boo->real[sites->row[i]] = rounded(ae_order_boo(q4[i], q6[i]));
    struct ae_column *ordered = column(atoms, "ordered", 'I');
    boo = ae_atoms_find(atoms, "boo");
    for (size_t i = 0; i < sites->n; i++) {
        int yes = boo->real[sites->row[i]] >= threshold;
        ordered->integer[sites->row[i]] = yes;
        count += (size_t)yes;
    }
    ae_say("%zu of %zu atoms are ordered (%.2f %%)", count, sites->n,
        sites->n ? 100 * (double)count / (double)sites->n : 0);
}

static void do_frame(struct ae_atoms *atoms, const struct wanted *w)
{
    struct ae_sites sites;
    ae_must(ae_sites_new(&sites, atoms, species, allow, ae_err()));
    if (sites.dropped)
        ae_warn("%zu atoms at the place of another dropped", sites.dropped);
    if (sites.oxygen)
        ae_say("%zu O atoms are left out; see --species", sites.others);
    struct result q = order(atoms, &sites, w);
    for (size_t d = 0; d < w->n; d++)
        put_reals(atoms, &sites, w->l[d], "bar", q.bar + d * sites.n);
    if (w->four >= 0 && w->six >= 0)
        put_boo(atoms, &sites, q.bar + (size_t)w->four * sites.n,
            q.bar + (size_t)w->six * sites.n);
    for (size_t d = 0; d < w->n && local; d++)
        put_reals(atoms, &sites, w->l[d], "", q.plain + d * sites.n);
    struct ae_column *nn = column(atoms, "boo_nn", 'I');
    for (size_t i = 0; i < sites.n; i++)
        nn->integer[sites.row[i]] = q.nn[i];
    free(q.bar);
    free(q.plain);
    free(q.nn);
    ae_sites_clear(&sites);
}

int main(int argc, char **argv)
{
    struct ae_atoms atoms = {0};
    struct ae_xyz *reader;
    ae_begin(&about, argc, argv);
    struct wanted w = check_degrees();
    ae_must(ae_xyz_open(&reader, ae_in(), ae_err()));
    while (ae_must(ae_xyz_next(reader, &atoms, ae_err())) != AE_END) {
        do_frame(&atoms, &w);
        ae_history(&atoms.keys);
        ae_must(ae_xyz_write(ae_out(), &atoms, ae_err()));
    }
    ae_xyz_free(reader);
    ae_atoms_clear(&atoms);
    return ae_end();
}
