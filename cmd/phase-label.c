/* SPDX-License-Identifier: BSD-2-Clause
 * phase-label - metal core, crystalline oxide or amorphous oxide, each atom.
 *
 *   a-oxide  boo < threshold
 *   core     else, if the mean of the 8 shortest distances d < bond
 *            (--by bond), or the mean of rho over the atom and its neighbours
 *            closer than the cutoff exceeds a limit (--by rho)
 *   c-oxide  the rest
 *   d (angstrom), rho (atoms / angstrom^3), boo as the filter boo makes it
 * Then of the core, whose atoms hang together where they are closer than the
 * cutoff, only the largest piece stays, if it is large enough; others become
 * c-oxide. The limits lie between the metal (bond 3.30, density 0.0394) and the
 * cubic oxide (3.60, 0.0303).
 *
 * Source: a-oxide: Zhang et al. 2024, 10.1038/s41467-024-52026-w; core: ours;
 * --isolate: Yuan et al. 2021, 10.1038/s41563-021-01114-z, analysis code.
 * Cost: O(N) neighbour searches for N atoms.
 * reads: extended XYZ, any number of frames, column boo (rho, ptm_type)
 * writes: the same with the column phase
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "atoms/sites.h"
#include "base/mem.h"
#include "base/tool.h"
#include "geom/cells.h"
#include "io/xyz.h"

enum { BOND, RHO };
enum { NEAREST = 8 };                     /* distances of the mean */
enum { AMORPHOUS, CRYSTAL, CORE, KINDS }; /* of an atom */
static const char *const word[KINDS] = {"a-oxide", "c-oxide", "core"};

/* --isolate: crystalline atoms in this ball, itself included (Yuan et al.) */
static const double company = 8; /* angstrom */
static const size_t company_least = 13;

static double threshold, bond, density, cutoff;
static long keep, least;
static int by, ptm, isolate, allow;
static const char *species, *name;
static const struct ae_opt opts[] = {
    AE_CHOICE('b', "by", &by, "bond|rho", "bond",
        "what tells the core: short bonds or a high density"),
    AE_REAL('t', "threshold", &threshold, "BOO", "0.5", 0, 10,
        "below this boo an atom is amorphous"),
    AE_REAL(0, "bond", &bond, "angstrom", "3.40", 0, 100,
        "the mean of the 8 shortest distances is below this in the core"),
    AE_REAL(0, "rho", &density, "ATOMS/A3", "0.0348", 0, 10,
        "the mean density of the neighbourhood is above this in the core"),
    AE_REAL('r', "cutoff", &cutoff, "angstrom", "4.5", 1e-3, 1e3,
        "neighbours are closer than this"),
    AE_FLAG(0, "ptm", &ptm,
        "of the core only atoms whose ptm_type is fcc, hcp or bcc"),
    AE_INT('k', "keep", &keep, "N", "1", 1, 1000000, "pieces of core kept"),
    AE_INT(0, "min-core", &least, "N", "40", 1, 1000000000,
        "least number of atoms of a piece"),
    AE_FLAG(0, "isolate", &isolate,
        "crystalline atoms far from crystals become amorphous"),
    AE_STR(0, "column", &name, "NAME", "phase", "column that is written"),
    AE_STR(0, "species", &species, "LIST", "",
        "these species only (default: all but O beside a metal)"),
    AE_FLAG(
        0, "allow-duplicates", &allow, "drop atoms at the place of another"),
    AE_END_OPTS,
};
static const struct ae_about about = {"phase-label",
    "metal core, crystalline or amorphous oxide", "[FILE]", opts, .streams = 0};

/* The sites of a frame and what is known of them. */
struct frame {
    const struct ae_atoms *atoms;
    struct ae_sites sites;
    struct ae_cells *cells;
    struct ae_cells_points points;
    struct ae_links links;
    unsigned char *kind; /* [sites.n] */
};

static void *allocate(size_t n, size_t size)
{
    void *p = ae_alloc(n, size);
    if (!p)
        ae_die("out of memory for the phases");
    return p;
}

/* The column as it must be, or an error that says which filter makes it. */
static const struct ae_column *need(
    const struct ae_atoms *atoms, const char *column, char type)
{
    struct ae_column *col;
    if (ae_atoms_need(atoms, column, type, 1, &col, ae_err()))
        ae_die("%s; the filter %s makes it", ae_err()->msg,
            !strcmp(column, "rho")   ? "voronoi-rho"
            : !strcmp(column, "boo") ? "boo"
                                     : "ptm");
    return col;
}

/* ---- core ---------------------------------------------------------------- */

/* The mean of the shortest distances; infinite when there are fewer. */
static double short_bonds(const struct frame *f, size_t i)
{
    struct ae_neighbour near[NEAREST + 1];
    const double *p = f->sites.pos[i];
    const int *pbc = f->atoms->pbc; /* no search beyond the cutoff then */
    int periodic = f->atoms->has_lattice && (pbc[0] || pbc[1] || pbc[2]);
    double r = cutoff, sum = 0;
    size_t n = f->sites.n, found;
    if (n < NEAREST + 1)
        return INFINITY;
    /* the first is the atom itself */
    while ((found = ae_cells_near(f->cells, p, r, near, NEAREST + 1)) <
               NEAREST + 1 &&
           !periodic)
        r *= 2;
    for (size_t k = 1; k <= NEAREST; k++)
        sum += found > NEAREST ? near[k].distance : INFINITY;
    return sum / NEAREST;
}

/* The mean of rho over an atom and its neighbours, as far as it is defined. */
static double mean_rho(
    const struct frame *f, const struct ae_column *rho, size_t i)
{
    size_t k = f->points.place[i], n = 0;
    double sum = 0, own = rho->real[f->sites.row[i]];
    if (!isnan(own)) {
        sum = own;
        n = 1;
    }
    for (size_t j = f->links.start[k]; j < f->links.start[k + 1]; j++) {
        double v = rho->real[f->sites.row[f->points.index[f->links.item[j]]]];
        if (isnan(v))
            continue;
        sum += v;
        n++;
    }
    return n ? sum / (double)n : NAN;
}

static void first_kinds(struct frame *f)
{
    const struct ae_column *boo = need(f->atoms, "boo", 'R');
    const struct ae_column *rho = by == RHO ? need(f->atoms, "rho", 'R') : NULL;
    const struct ae_column *type = ptm ? need(f->atoms, "ptm_type", 'I') : NULL;
#pragma omp parallel for schedule(dynamic, 256)
    for (size_t i = 0; i < f->sites.n; i++) {
        size_t row = f->sites.row[i];
        f->kind[i] = CRYSTAL;
        if (!(boo->real[row] >= threshold)) {
            f->kind[i] = AMORPHOUS;
            continue;
        }
        if (type && !(type->integer[row] >= 1 && type->integer[row] <= 3))
            continue;
        if (rho ? mean_rho(f, rho, i) > density : short_bonds(f, i) < bond)
            f->kind[i] = CORE;
    }
}

/* ---- clean-up ------------------------------------------------------------ */

static size_t root(size_t *up, size_t i)
{
    while (up[i] != i) {
        up[i] = up[up[i]];
        i = up[i];
    }
    return i;
}

struct piece {
    size_t root, n; /* root: its lowest site */
};

static int larger(const void *p, const void *q)
{
    const struct piece *a = p, *b = q;
    if (a->n != b->n)
        return a->n > b->n ? -1 : 1;
    return a->root < b->root ? -1 : a->root > b->root;
}

/* Core atoms of the pieces that are not kept become c-oxide. */
static void keep_pieces(struct frame *f)
{
    size_t n = f->sites.n, *up = allocate(n, sizeof *up), kept = 0;
    struct piece *piece = allocate(n, sizeof *piece);
    for (size_t i = 0; i < n; i++)
        up[i] = i;
    for (size_t i = 0; i < n; i++) {
        size_t k = f->points.place[i];
        for (size_t j = f->links.start[k];
             j < f->links.start[k + 1] && f->kind[i] == CORE; j++) {
            size_t other = f->points.index[f->links.item[j]];
            if (f->kind[other] != CORE)
                continue;
            size_t a = root(up, i), b = root(up, other);
            up[a > b ? a : b] = a > b ? b : a;
        }
    }
    for (size_t i = 0; i < n; i++)
        if (f->kind[i] == CORE) {
            piece[root(up, i)].root = root(up, i);
            piece[root(up, i)].n++;
        }
    qsort(piece, n, sizeof *piece, larger);
    while (kept < n && kept < (size_t)keep && piece[kept].n >= (size_t)least)
        kept++;
    for (size_t i = 0; i < n; i++) {
        int stays = f->kind[i] != CORE;
        for (size_t k = 0; k < kept && !stays; k++)
            stays = piece[k].root == root(up, i);
        f->kind[i] = stays ? f->kind[i] : CRYSTAL;
    }
    free(up);
    free(piece);
}

/* A crystalline atom in too little company, and not in that of one that has
 * enough, becomes amorphous. */
static void part_lonely(struct frame *f)
{
    struct ae_cells *cells;
    struct ae_links links;
    struct ae_cells_points p;
    size_t n = f->sites.n;
    unsigned char *stays = allocate(n, 1), *near = allocate(n, 1);
    ae_must(ae_cells_new(&cells, (const double(*)[3])f->sites.pos, n, company,
        f->atoms->has_lattice ? f->atoms->lattice : NULL, f->atoms->pbc,
        ae_err()));
    ae_must(ae_cells_links(cells, company, &links, ae_err()));
    ae_cells_points(cells, &p);
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < n; i++) {
            size_t k = p.place[i], count = f->kind[i] != AMORPHOUS;
            for (size_t j = links.start[k]; j < links.start[k + 1]; j++) {
                size_t other = p.index[links.item[j]];
                count += pass ? stays[other] : f->kind[other] != AMORPHOUS;
            }
            if (pass)
                near[i] = stays[i] || count > (f->kind[i] != AMORPHOUS);
            else
                stays[i] = f->kind[i] != AMORPHOUS && count >= company_least;
        }
    for (size_t i = 0; i < n; i++)
        if (!near[i])
            f->kind[i] = AMORPHOUS;
    ae_links_clear(&links);
    ae_cells_free(cells);
    free(stays);
    free(near);
}

/* ---- frames -------------------------------------------------------------- */

static void write_column(struct ae_atoms *atoms, const struct frame *f)
{
    size_t count[KINDS] = {0};
    struct ae_column *col = ae_atoms_column(atoms, name, 'S', 1, ae_err());
    if (!col)
        ae_must(ae_err()->code);
    for (size_t i = 0; i < atoms->n; i++)
        if (ae_atoms_set_text(col, i, "-"))
            ae_die("out of memory for the phases");
    for (size_t i = 0; i < f->sites.n; i++) {
        count[f->kind[i]]++;
        if (ae_atoms_set_text(col, f->sites.row[i], word[f->kind[i]]))
            ae_die("out of memory for the phases");
    }
    ae_say("%zu atoms: %zu core, %zu c-oxide, %zu a-oxide", f->sites.n,
        count[CORE], count[CRYSTAL], count[AMORPHOUS]);
}

static void label_frame(struct ae_atoms *atoms)
{
    struct frame f = {.atoms = atoms};
    ae_must(ae_sites_new(&f.sites, atoms, species, allow, ae_err()));
    if (f.sites.dropped)
        ae_warn("%zu atoms at the place of another dropped", f.sites.dropped);
    if (f.sites.oxygen)
        ae_say("%zu O atoms are left out; see --species", f.sites.others);
    ae_must(ae_cells_new(&f.cells, (const double(*)[3])f.sites.pos, f.sites.n,
        cutoff, atoms->has_lattice ? atoms->lattice : NULL, atoms->pbc,
        ae_err()));
    ae_cells_points(f.cells, &f.points);
    ae_must(ae_cells_links(f.cells, cutoff, &f.links, ae_err()));
    f.kind = allocate(f.sites.n, 1);
    first_kinds(&f);
    keep_pieces(&f);
    if (isolate)
        part_lonely(&f);
    write_column(atoms, &f);
    ae_links_clear(&f.links);
    ae_cells_free(f.cells);
    ae_sites_clear(&f.sites);
    free(f.kind);
}

int main(int argc, char **argv)
{
    struct ae_atoms atoms = {0};
    struct ae_xyz *reader;
    ae_begin(&about, argc, argv);
    if (!*name || strpbrk(name, " :\t\n=\"") || !strcmp(name, "species") ||
        !strcmp(name, "pos"))
        ae_usage("--column '%s': want a column's name", name);
    ae_must(ae_xyz_open(&reader, ae_in(), ae_err()));
    while (ae_must(ae_xyz_next(reader, &atoms, ae_err())) != AE_END) {
        label_frame(&atoms);
        ae_history(&atoms.keys);
        ae_must(ae_xyz_write(ae_out(), &atoms, ae_err()));
    }
    ae_xyz_free(reader);
    ae_atoms_clear(&atoms);
    return ae_end();
}
