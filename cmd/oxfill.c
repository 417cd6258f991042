/* SPDX-License-Identifier: BSD-2-Clause
 * oxfill - oxygen between metal atoms by geometry; the degree of oxidation.
 *
 *   sites   = Delaunay tetrahedra of the region (circumradius R <= alpha, and
 *             what they enclose) that are not empty, R <= r
 *   retained: d = e_max / e_mean - 1 <= D        e  edges (angstrom)
 *   filled:   retained, and V = |a.(b x c)| / 6 > V0 (angstrom^3)
 *   oxidation of an atom = filled / retained sites around it
 *   O per cation = filled sites / cations; an oxygen atom is at the centroid
 *
 * Source: Zhang et al., Nat. Commun. 2024 (D 0.255, V0 4.68: the mean of the
 * tetrahedra of FCC Zr, bond 3.2 angstrom, and of cubic ZrO2); empty ones out:
 * methods.   Cost: O(N log N) for N atoms; the draws of --error as often.
 * reads: extended XYZ, any number of frames
 * writes: extended XYZ with oxidation ntet nox; a TSV with --sweep
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "atoms/groups.h"
#include "atoms/sites.h"
#include "base/mem.h"
#include "base/tool.h"
#include "geom/oxide.h"
#include "io/tsv.h"
#include "io/xyz.h"
#include "math/stats.h"

static struct ae_oxide_rule rule;
static double max_edge, sigma;
static int add, place, eight, nan0, no_fill, duplicates, sweep;
static long draws, seed;
static const char *cation, *species, *label, *report;
static struct ae_reals distortions, volumes, edges;
static const struct ae_opt opts[] = {
    AE_REAL('d', "distortion", &rule.distortion, "ratio", "0.255", 0, 100,
        "longest over mean edge less 1: retained up to here"),
    AE_REAL('m', "min-volume", &rule.volume, "angstrom^3", "4.68", 0, 1e9,
        "larger retained tetrahedra are filled"),
    AE_REAL('e', "max-edge", &max_edge, "angstrom", "0", 0, 1e9,
        "retained up to this longest edge; 0: any"),
    AE_REAL('a', "alpha", &rule.alpha, "angstrom", "4.5", 1e-3, 1e6,
        "largest circumradius of a tetrahedron of the region"),
    AE_REAL('r', "radius", &rule.radius, "angstrom", "3.19", 1e-3, 1e6,
        "larger circumradii are void and hold nothing"),
    AE_FLAG('A', "add", &add, "append the O atoms"),
    AE_CHOICE(0, "site", &place, "centroid|incentre|circumcentre", "centroid",
        "where in the tetrahedron (circumcentre: where it lies inside)"),
    AE_CHOICE(0, "denominator", &eight, "retained|8", "retained",
        "filled sites over the retained ones, or over 8 and at most 1"),
    AE_FLAG(0, "nan0", &nan0, "oxidation 0 where no site is retained, not nan"),
    AE_STR(0, "report", &report, "FILE", "",
        "table by phase: degree, sites, O per cation"),
    AE_STR('l', "label", &label, "COLUMN", "",
        "column of the phases (default: phase, where there is one)"),
    AE_FLAG('s', "sweep", &sweep,
        "print the degree for all thresholds of the next three lists instead"),
    AE_REALS(0, "distortions", &distortions, "D,...", "0.2,0.225,0.255,0.29", 0,
        100, "distortions of --sweep"),
    AE_REALS(0, "volumes", &volumes, "V,...", "4.2,4.4,4.68,4.9,5.1", 0, 1e9,
        "volumes of --sweep, angstrom^3"),
    AE_REALS(0, "edges", &edges, "E,...", "4.12,4.5,0", 0, 1e9,
        "longest edges of --sweep, angstrom; 0: any"),
    AE_REAL('E', "error", &sigma, "angstrom", "0", 0, 100,
        "error of a position per axis: adds oxidation_lo, oxidation_hi"),
    AE_INT(0, "draws", &draws, "N", "32", 2, 1e6, "samples of --error"),
    AE_INT(0, "seed", &seed, "N", "1", 0, 9e15, "of the random numbers"),
    AE_STR('c', "cation", &cation, "LIST", "Zr", "species of the cations"),
    AE_STR(0, "species", &species, "LIST", "",
        "corners of tetrahedra, or all (default: the cations)"),
    AE_FLAG(0, "no-fill", &no_fill, "leave enclosed empty space out"),
    AE_FLAG(0, "allow-duplicates", &duplicates,
        "drop atoms at the place of another"),
    AE_END_OPTS,
};
static const struct ae_about about = {"oxfill",
    "oxygen between metal atoms, degree of oxidation", "[FILE]", opts,
    .streams = 0};

struct oxide {
    struct ae_sites atoms;      /* the corners */
    unsigned char *is_cation;   /* [atoms.n] */
    struct ae_groups groups;    /* phases of the corners */
    struct ae_oxide_site *site; /* tetrahedra */
    size_t nsite;
    uint32_t *ntet, *nox; /* [atoms.n] */
};

static void *allocate(size_t n, size_t size)
{
    void *p = ae_alloc(n, size);
    if (!p)
        ae_die("out of memory for the sites");
    return p;
}

static const double (*places(const struct oxide *o))[3]
{
    return (const double(*)[3])o->atoms.pos;
}

/* ---- sites ---- */

/* The corners, and which of them are cations. */
static void find_atoms(struct oxide *o, const struct ae_atoms *atoms)
{
    struct ae_sites cations;
    const char *corners = !*species                 ? cation
                          : !strcmp(species, "all") ? ""
                                                    : species;
    unsigned char *is = allocate(atoms->n, 1);
    ae_must(ae_sites_new(&o->atoms, atoms, corners, duplicates, ae_err()));
    if (o->atoms.dropped)
        ae_warn("%zu atoms at the place of another dropped", o->atoms.dropped);
    ae_must(ae_sites_new(&cations, atoms, cation, 1, ae_err()));
    for (size_t i = 0; i < cations.n; i++)
        is[cations.row[i]] = 1;
    o->is_cation = allocate(o->atoms.n, 1);
    for (size_t i = 0; i < o->atoms.n; i++)
        o->is_cation[i] = is[o->atoms.row[i]];
    ae_sites_clear(&cations);
    free(is);
    if (*label || ae_atoms_find(atoms, "phase"))
        ae_must(ae_groups_new(&o->groups, atoms, *label ? label : "phase",
            o->atoms.row, o->atoms.n, ae_err()));
    o->ntet = allocate(o->atoms.n, sizeof *o->ntet);
    o->nox = allocate(o->atoms.n, sizeof *o->nox);
}

static void clear(struct oxide *o)
{
    ae_sites_clear(&o->atoms);
    ae_groups_clear(&o->groups);
    free(o->is_cation);
    free(o->site);
    free(o->ntet);
    free(o->nox);
}

/* ---- numbers of a group ---- */

/* Degree, sites and oxygen of the cations of a group (groups.n: all). */
struct numbers {
    size_t n, with; /* cations; those with a degree */
    double mean, std, ntet, nox;
};

static struct numbers measure(
    const struct oxide *o, const struct ae_oxide_rule *by, size_t group)
{
    struct numbers s = {0, 0, 0, 0, 0, 0};
    double *degree = allocate(o->atoms.n, sizeof *degree);
    for (size_t i = 0; i < o->atoms.n; i++) {
        double x = ae_oxide_degree(o->ntet[i], o->nox[i], by);
        if (!o->is_cation[i] ||
            (group < o->groups.n && o->groups.of[i] != group))
            continue;
        s.n++;
        s.ntet += o->ntet[i];
        s.nox += o->nox[i];
        if (!isnan(x))
            degree[s.with++] = x;
    }
    struct ae_moments m = ae_stats_moments(degree, s.with);
    s.mean = m.mean;
    s.std = m.std;
    free(degree);
    return s;
}

static void write_report(const struct oxide *o, FILE *out, long frame)
{
    if (!frame)
        ae_tsv_head(out, "frame\tgroup\tn\tdefined\tdegree\tstd\tntet\tnox\t"
                         "o_per_cation");
    for (size_t k = 0; k <= o->groups.n; k++) {
        size_t g = k ? k - 1 : o->groups.n;
        struct numbers s = measure(o, &rule, g);
        double n = (double)s.n;
        ae_tsv_put(out, "dsddggggg", frame, k ? o->groups.name[g] : "all",
            (long)s.n, (long)s.with, s.mean, s.std, s.ntet / n, s.nox / n,
            s.nox / n / 4);
    }
}

/* ---- sweep ---- */

static void sweep_row(struct oxide *o, double d, double v, double e)
{
    struct ae_oxide_rule by = rule;
    by.distortion = d;
    by.volume = v;
    by.edge = e > 0 ? e : INFINITY;
    ae_oxide_count(o->site, o->nsite, &by, o->atoms.n, o->ntet, o->nox);
    struct numbers all = measure(o, &by, o->groups.n);
    double n = (double)all.n;
    fprintf(ae_out(), "%.6g\t%.6g\t%.6g\t%.6g\t%.6g\t%.6g\t%.6g\t%.6g", d, v, e,
        all.mean, all.std, all.ntet / n, all.nox / n, all.nox / n / 4);
    for (size_t g = 0; g < o->groups.n; g++)
        fprintf(ae_out(), "\t%.6g", measure(o, &by, g).mean);
    fputc('\n', ae_out());
}

static void sweep_all(struct oxide *o)
{
    fputs("#distortion\tmin_volume (A3)\tmax_edge (A)\tdegree\tstd\tntet\tnox"
          "\to_per_cation",
        ae_out());
    for (size_t g = 0; g < o->groups.n; g++)
        fprintf(ae_out(), "\tdegree_%s", o->groups.name[g]);
    fputc('\n', ae_out());
    for (int e = 0; e < edges.n; e++)
        for (int d = 0; d < distortions.n; d++)
            for (int v = 0; v < volumes.n; v++)
                sweep_row(o, distortions.v[d], volumes.v[v], edges.v[e]);
}

/* ---- columns ---- */

static struct ae_column *column(
    struct ae_atoms *atoms, const char *name, char type)
{
    struct ae_column *col = ae_atoms_column(atoms, name, type, 1, ae_err());
    ae_must(col ? AE_OK : ae_err()->code);
    for (size_t i = 0; i < atoms->n; i++)
        if (type == 'R')
            col->real[i] = NAN;
        else
            col->integer[i] = -1;
    return col;
}

static void put_real(struct ae_atoms *atoms, const struct oxide *o,
    const char *name, const double *x)
{
    struct ae_column *col = column(atoms, name, 'R');
    for (size_t i = 0; i < o->atoms.n; i++)
        if (o->is_cation[i])
            col->real[o->atoms.row[i]] = nan0 && isnan(x[i]) ? 0 : x[i];
}

static void put_count(struct ae_atoms *atoms, const struct oxide *o,
    const char *name, const uint32_t *x)
{
    struct ae_column *col = column(atoms, name, 'I');
    for (size_t i = 0; i < o->atoms.n; i++)
        if (o->is_cation[i])
            col->integer[o->atoms.row[i]] = x[i];
}

static void add_columns(struct ae_atoms *atoms, const struct oxide *o)
{
    size_t n = o->atoms.n;
    double *x = allocate(n, sizeof *x), *y = allocate(n, sizeof *y);
    for (size_t i = 0; i < n; i++)
        x[i] = ae_oxide_degree(o->ntet[i], o->nox[i], &rule);
    put_real(atoms, o, "oxidation", x);
    put_count(atoms, o, "ntet", o->ntet);
    put_count(atoms, o, "nox", o->nox);
    if (sigma > 0 && n) {
        ae_must(ae_oxide_band(places(o), n, &rule, sigma, (size_t)draws,
            (uint64_t)seed, x, y, ae_err()));
        put_real(atoms, o, "oxidation_lo", x);
        put_real(atoms, o, "oxidation_hi", y);
    }
    free(x);
    free(y);
}

static void add_oxygen(
    struct ae_atoms *atoms, const struct oxide *o, size_t filled)
{
    struct ae_atoms more = {0};
    size_t n = 0;
    ae_must(ae_atoms_new(&more, ae_err()));
    ae_must(ae_atoms_resize(&more, filled, ae_err()));
    struct ae_column *name = ae_atoms_find(atoms, "species");
    for (uint32_t w = 0; w < name->nword; w++)
        if (!strcmp(name->word[w], "O"))
            ae_warn("the O atoms of the input stay beside the new ones");
    name = ae_atoms_find(&more, "species");
    for (size_t i = 0; i < o->nsite; i++) {
        if (!ae_oxide_filled(&o->site[i], &rule))
            continue;
        if (ae_atoms_set_text(name, n, "O"))
            ae_die("out of memory for the O atoms");
        ae_oxide_place(
            &o->site[i], places(o), (enum ae_oxide_place)place, more.pos[n++]);
    }
    ae_must(ae_atoms_append(atoms, &more, ae_err()));
    ae_atoms_clear(&more);
}

/* ---- a frame ---- */

static void fill(struct ae_atoms *atoms, FILE *table, long frame)
{
    struct oxide o = {0};
    find_atoms(&o, atoms);
    if (o.atoms.n)
        ae_must(ae_oxide_sites(
            places(&o), o.atoms.n, &rule, &o.site, &o.nsite, ae_err()));
    if (sweep && frame)
        ae_die("--sweep wants one frame; the input has more");
    if (sweep) {
        sweep_all(&o);
        clear(&o);
        return;
    }
    size_t filled =
        ae_oxide_count(o.site, o.nsite, &rule, o.atoms.n, o.ntet, o.nox);
    struct numbers all = measure(&o, &rule, o.groups.n);
    ae_say("%zu cations, degree of oxidation %.3f, %zu O sites, %.3f per "
           "cation, %zu cations without a site",
        all.n, all.mean, filled, all.nox / (double)all.n / 4, all.n - all.with);
    add_columns(atoms, &o);
    if (add)
        add_oxygen(atoms, &o, filled);
    if (table)
        write_report(&o, table, frame);
    ae_history(&atoms->keys);
    ae_must(ae_xyz_write(ae_out(), atoms, ae_err()));
    clear(&o);
}

int main(int argc, char **argv)
{
    struct ae_xyz *reader;
    struct ae_atoms atoms = {0};
    ae_begin(&about, argc, argv);
    if (sweep && (add || *report || sigma > 0))
        ae_usage("--sweep prints a table and no atoms; leave --add, --report "
                 "and --error out");
    rule.edge = max_edge > 0 ? max_edge : INFINITY;
    rule.fill = !no_fill;
    rule.eight = eight;
    FILE *table = *report ? ae_create(report) : NULL;
    ae_must(ae_xyz_open(&reader, ae_in(), ae_err()));
    for (long frame = 0;
         ae_must(ae_xyz_next(reader, &atoms, ae_err())) != AE_END; frame++)
        fill(&atoms, table, frame);
    ae_xyz_free(reader);
    ae_atoms_clear(&atoms);
    return ae_end();
}
