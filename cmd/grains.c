/* SPDX-License-Identifier: BSD-2-Clause
 * grains - atoms of one lattice and orientation that hang together.
 *
 *   join i and j when |r_i - r_j| < rc, type_i = type_j and
 *       min over g of the angle of q_i^-1 q_j g < --misorientation
 *   q  orientation by ptm   g  rotations of the lattice (24 cubic, 12 of hcp)
 *   the least misorientation first, and only while the mean orientations of
 *   the two parts differ by less than that too
 *   then, in rounds: a crystalline atom (boo >= threshold) without grain that
 *   has at least 3 atoms of grains within rc takes the grain of most of them
 *
 * Source: methods; union-find: R. E. Tarjan, J. ACM 22, 215 (1975),
 * doi:10.1145/321879.321884.
 * Cost: O(N n), n neighbours within rc.
 * reads: extended XYZ with the columns of ptm, and boo to adopt
 * writes: the same with grain (0 the largest, -1 none)
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "atoms/sites.h"
#include "base/mem.h"
#include "base/tool.h"
#include "geom/cells.h"
#include "geom/ptm.h"
#include "geom/ptm_turn.h"
#include "io/tsv.h"
#include "io/xyz.h"

#define NONE  (-1)
#define LEAST 3 /* atoms of grains around an atom that is adopted */

static const char *report, *species;
static double misorientation, cutoff, rmsd_max, threshold;
static long min_size;
static int adopt, no_adopt, allow;
static const struct ae_opt opts[] = {
    AE_REAL('m', "misorientation", &misorientation, "degrees", "5", 0, 90,
        "neighbours turned by less are of one grain"),
    AE_INT('n', "min-size", &min_size, "N", "20", 1, 1e15,
        "smaller grains are none"),
    AE_REAL('c', "cutoff", &cutoff, "angstrom", "4.5", 0.01, 1000,
        "largest distance of neighbours"),
    AE_REAL('r', "rmsd-max", &rmsd_max, "R", "0.15", 0, 10,
        "atoms with a larger ptm_rmsd have no orientation"),
    AE_FLAG('a', "adopt", &adopt,
        "stop when there is no column boo to adopt by (adopting is the "
        "default where there is one)"),
    AE_FLAG(0, "no-adopt", &no_adopt, "atoms without template stay without"),
    AE_REAL('t', "threshold", &threshold, "BOO", "0.5", 0, 10,
        "least boo of an adopted atom"),
    AE_STR(0, "report", &report, "FILE", "",
        "write size, type, orientation and neighbours of each grain (TSV)"),
    AE_STR(0, "species", &species, "LIST", "",
        "atoms looked at; all, without O where there is a metal"),
    AE_FLAG(0, "allow-duplicates", &allow,
        "leave out an atom given twice instead of stopping"),
    AE_END_OPTS,
};
static const struct ae_about about = {"grains",
    "grains of one lattice and orientation", "[FILE]", opts, .streams = 0};

/* What is known of each site, and what is found. */
struct field {
    size_t n;
    int *type;
    double (*q)[4], *dist, *boo; /* boo NULL: no adoption */
    long *grain;                 /* [n] */
    unsigned char *matched;      /* [n] of the grain by its own template */
    struct ae_neighbours lists;
    struct ae_ptm_group group[AE_PTM_TYPES];
};

struct grain {
    size_t n, matched, first; /* atoms, those with a template, first atom */
    int type;
    double q[4], spread, dist;
};

static void *need(void *p)
{
    if (!p)
        ae_die("out of memory for the grains");
    return p;
}

static void read_field(
    const struct ae_atoms *atoms, const struct ae_sites *sites, struct field *f)
{
    struct ae_column *type, *rmsd, *dist, *q, *boo = NULL;
    if (ae_atoms_need(atoms, "ptm_type", 'I', 1, &type, ae_err()) ||
        ae_atoms_need(atoms, "ptm_rmsd", 'R', 1, &rmsd, ae_err()) ||
        ae_atoms_need(atoms, "ptm_dist", 'R', 1, &dist, ae_err()) ||
        ae_atoms_need(atoms, "orientation", 'R', 4, &q, ae_err()))
        ae_die("%s; run ptm first", ae_err()->msg);
    if (adopt)
        ae_must(ae_atoms_need(atoms, "boo", 'R', 1, &boo, ae_err()));
    else if (!no_adopt && (boo = ae_atoms_find(atoms, "boo")) &&
             (boo->type != 'R' || boo->width != 1))
        boo = NULL;
    if (!boo && !no_adopt)
        ae_say("no column boo: no atom is adopted; run boo first");
    f->n = sites->n;
    f->type = need(ae_alloc(f->n, sizeof *f->type));
    f->q = need(ae_alloc(f->n, sizeof *f->q));
    f->dist = need(ae_alloc(f->n, sizeof *f->dist));
    f->grain = need(ae_alloc(f->n, sizeof *f->grain));
    f->matched = need(ae_alloc(f->n, 1));
    f->boo = boo ? need(ae_alloc(f->n, sizeof *f->boo)) : NULL;
    for (size_t i = 0; i < f->n; i++) {
        size_t row = sites->row[i];
        const double *p = q->real + 4 * row;
        double length =
            sqrt(p[0] * p[0] + p[1] * p[1] + p[2] * p[2] + p[3] * p[3]);
        int64_t t = type->integer[row];
        int usable = t > 0 && t < AE_PTM_TYPES && rmsd->real[row] < rmsd_max &&
                     length > 0 && isfinite(length);
        f->type[i] = usable ? (int)t : AE_PTM_OTHER;
        for (int k = 0; k < 4 && usable; k++)
            f->q[i][k] = p[k] / length;
        f->dist[i] = dist->real[row];
        if (boo)
            f->boo[i] = boo->real[row];
    }
}

static size_t root_of(size_t *parent, size_t i)
{
    while (parent[i] != i)
        i = parent[i] = parent[parent[i]];
    return i;
}

/* A bond of two atoms of one type; bonds are sorted into STEPS classes of
 * misorientation. */
struct bond {
    uint32_t i, j;
};
enum { STEPS = 256, TOO_FAR = STEPS };

/* The class of each pair j < i of the lists, in their order. */
static void classify(const struct field *f, uint16_t *class)
{
#pragma omp parallel for schedule(dynamic, 1024)
    for (size_t i = 0; i < f->n; i++)
        for (size_t k = f->lists.start[i]; k < f->lists.start[i + 1]; k++) {
            size_t j = f->lists.item[k].index;
            class[k] = TOO_FAR;
            if (j >= i || !f->type[i] || f->type[j] != f->type[i])
                continue;
            double angle =
                ae_ptm_misorientation(&f->group[f->type[i]], f->q[i], f->q[j]);
            if (angle < misorientation)
                class[k] = (uint16_t)(angle / misorientation * STEPS);
        }
}

/* The bonds by class; the caller frees them. */
static struct bond *sorted_bonds(const struct field *f, size_t *n)
{
    size_t pairs = f->lists.start[f->n], count[STEPS + 2] = {0};
    uint16_t *class = need(ae_alloc(pairs, sizeof *class));
    classify(f, class);
    for (size_t k = 0; k < pairs; k++)
        count[class[k] + 1]++;
    for (int s = 0; s <= STEPS; s++)
        count[s + 1] += count[s];
    *n = count[TOO_FAR];
    struct bond *bond = need(ae_alloc(*n, sizeof *bond));
    for (size_t i = 0; i < f->n; i++)
        for (size_t k = f->lists.start[i]; k < f->lists.start[i + 1]; k++)
            if (class[k] != TOO_FAR)
                bond[count[class[k]]++] = (struct bond){
                    (uint32_t)i, (uint32_t)f->lists.item[k].index};
    free(class);
    return bond;
}

/* The sum of two components' quaternions, when their means are near enough. */
static int add_means(
    const struct ae_ptm_group *group, double p[4], const double q[4])
{
    double a[4], b[4], copy[4], la = 0, lb = 0;
    for (int k = 0; k < 4; k++) {
        la += p[k] * p[k];
        lb += q[k] * q[k];
    }
    for (int k = 0; k < 4; k++) {
        a[k] = p[k] / sqrt(la);
        b[k] = q[k] / sqrt(lb);
    }
    if (!(ae_ptm_misorientation(group, a, b) < misorientation))
        return 0;
    ae_ptm_nearest(group, a, b, copy);
    for (int k = 0; k < 4; k++)
        p[k] += sqrt(lb) * copy[k];
    return 1;
}

/* parent[n]: the smallest atom of each component. Bonds of the least
 * misorientation join first, and components only when their mean orientations
 * agree: the atoms of a boundary are turned half way and would else join two
 * grains. */
static void join_bonds(const struct field *f, size_t *parent)
{
    size_t n;
    struct bond *bond = sorted_bonds(f, &n);
    double(*sum)[4] = need(ae_alloc(f->n, sizeof *sum));
    for (size_t i = 0; i < f->n; i++) {
        parent[i] = i;
        memcpy(sum[i], f->q[i], sizeof sum[i]);
    }
    for (size_t k = 0; k < n; k++) {
        size_t a = root_of(parent, bond[k].i), b = root_of(parent, bond[k].j);
        size_t low = a < b ? a : b, high = a < b ? b : a;
        if (a != b && add_means(&f->group[f->type[a]], sum[low], sum[high]))
            parent[high] = low;
    }
    free(sum);
    free(bond);
}

static int larger(const void *p, const void *q)
{
    const struct grain *a = p, *b = q;
    if (a->n != b->n)
        return a->n > b->n ? -1 : 1;
    return a->first < b->first ? -1 : 1;
}

/* Number the grains of the list by size; old[k] is the number now of the
 * grain that was k. */
static void sort_grains(struct grain *grain, size_t n, struct field *f)
{
    long *of = need(ae_alloc(n, sizeof *of));
    size_t *was = need(ae_alloc(f->n, sizeof *was));
    for (size_t k = 0; k < n; k++)
        was[grain[k].first] = k;
    qsort(grain, n, sizeof *grain, larger);
    for (size_t k = 0; k < n; k++)
        of[was[grain[k].first]] = (long)k;
    for (size_t i = 0; i < f->n; i++)
        if (f->grain[i] != NONE)
            f->grain[i] = of[f->grain[i]];
    free(was);
    free(of);
}

/* Grains of at least min_size atoms. */
static struct grain *find_grains(struct field *f, size_t *n)
{
    size_t *parent = need(ae_alloc(f->n, sizeof *parent));
    size_t *size = need(ae_alloc(f->n, sizeof *size));
    struct grain *grain;
    join_bonds(f, parent);
    *n = 0;
    for (size_t i = 0; i < f->n; i++)
        size[root_of(parent, i)]++;
    for (size_t i = 0; i < f->n; i++)
        *n += f->type[i] && parent[i] == i && size[i] >= (size_t)min_size;
    grain = need(ae_alloc(*n, sizeof *grain));
    *n = 0;
    for (size_t i = 0; i < f->n; i++) {
        size_t root = root_of(parent, i);
        f->grain[i] = NONE;
        if (!f->type[i] || size[root] < (size_t)min_size)
            continue;
        if (root == i)
            grain[(*n)++] = (struct grain){.n = size[i],
                .matched = size[i],
                .first = i,
                .type = f->type[i]};
        f->grain[i] = root == i ? (long)*n - 1 : f->grain[root];
        f->matched[i] = 1;
    }
    free(size);
    free(parent);
    sort_grains(grain, *n, f);
    return grain;
}

/* The grain of most neighbours of atom i, or NONE; ties go to the smaller. */
static long majority(const struct field *f, size_t i)
{
    long best = NONE;
    size_t most = 0, labelled = 0;
    const struct ae_neighbour *item = f->lists.item + f->lists.start[i];
    size_t n = f->lists.start[i + 1] - f->lists.start[i];
    for (size_t k = 0; k < n; k++) {
        long g = f->grain[item[k].index];
        size_t count = 0;
        if (g == NONE)
            continue;
        labelled++;
        for (size_t l = 0; l < n; l++)
            count += f->grain[item[l].index] == g;
        if (count > most || (count == most && g < best)) {
            most = count;
            best = g;
        }
    }
    return labelled >= LEAST ? best : NONE;
}

static void adopt_atoms(struct field *f, struct grain *grain)
{
    long *next = need(ae_alloc(f->n, sizeof *next));
    for (int changed = 1; changed;) {
        changed = 0;
#pragma omp parallel for schedule(dynamic, 1024)
        for (size_t i = 0; i < f->n; i++)
            next[i] = f->grain[i] == NONE && f->boo[i] >= threshold
                          ? majority(f, i)
                          : f->grain[i];
        for (size_t i = 0; i < f->n; i++) {
            changed |= next[i] != f->grain[i];
            if (next[i] != f->grain[i])
                grain[next[i]].n++;
            f->grain[i] = next[i];
        }
    }
    free(next);
}

/* Mean orientation and distance of each grain's matched atoms. */
static void measure(const struct field *f, struct grain *grain, size_t n)
{
    size_t *start = need(ae_alloc(n + 1, sizeof *start)), total = 0;
    for (size_t k = 0; k < n; k++) {
        start[k] = total;
        total += grain[k].matched;
    }
    size_t *row = need(ae_alloc(total, sizeof *row));
    size_t *at = need(ae_alloc(n, sizeof *at));
    for (size_t i = 0; i < f->n; i++) {
        long g = f->grain[i];
        if (f->matched[i]) {
            row[start[g] + at[g]++] = i;
            grain[g].dist += f->dist[i];
        }
    }
    for (size_t k = 0; k < n; k++) {
        grain[k].spread = ae_ptm_mean(&f->group[grain[k].type],
            (const double(*)[4])f->q, row + start[k], at[k], grain[k].q);
        grain[k].dist /= (double)at[k];
    }
    free(at);
    free(row);
    free(start);
}

/* Print the grains that touch grain g as id:misorientation, by id. */
static void print_touching(FILE *out, const struct field *f,
    const struct grain *grain, size_t n, long g, const size_t *member,
    size_t members, unsigned char *touches)
{
    const char *comma = "";
    memset(touches, 0, n);
    for (size_t m = 0; m < members; m++)
        for (size_t k = f->lists.start[member[m]];
             k < f->lists.start[member[m] + 1]; k++) {
            long other = f->grain[f->lists.item[k].index];
            if (other != NONE && other != g)
                touches[other] = 1;
        }
    for (size_t k = 0; k < n; k++)
        if (touches[k]) {
            int t = grain[g].type, u = grain[k].type;
            int cubic =
                (t == AE_PTM_FCC || t == AE_PTM_BCC || t == AE_PTM_SC) &&
                (u == AE_PTM_FCC || u == AE_PTM_BCC || u == AE_PTM_SC);
            double angle = t == u || cubic ? ae_ptm_misorientation(&f->group[t],
                                                 grain[g].q, grain[k].q)
                                           : NAN;
            fprintf(out, "%s%zu:%.3f", comma, k, angle);
            comma = ",";
        }
    fprintf(out, "%s\n", *comma ? "" : "-");
}

static void print_report(
    const struct field *f, const struct grain *grain, size_t n)
{
    FILE *out = ae_create(report);
    size_t *start = need(ae_alloc(n + 2, sizeof *start));
    size_t *member = need(ae_alloc(f->n, sizeof *member));
    unsigned char *touches = need(ae_alloc(n, 1));
    for (size_t i = 0; i < f->n; i++)
        if (f->grain[i] != NONE)
            start[f->grain[i] + 2]++;
    for (size_t k = 1; k < n; k++)
        start[k + 1] += start[k];
    for (size_t i = 0; i < f->n; i++)
        if (f->grain[i] != NONE)
            member[start[f->grain[i] + 1]++] = i;
    ae_tsv_head(out, "grain\tatoms\tmatched\ttype\tqw\tqx\tqy\tqz\t"
                     "spread (degrees)\tptm_dist (A)\t"
                     "touching (grain:degrees)");
    for (size_t k = 0; k < n; k++) {
        const struct grain *g = &grain[k];
        fprintf(out, "%zu\t%zu\t%zu\t%s", k, g->n, g->matched,
            ae_ptm_name(g->type));
        for (int c = 0; c < 4; c++)
            fprintf(out, "\t%.8f", (g->q[0] < 0 ? -1 : 1) * g->q[c]);
        fprintf(out, "\t%.4f\t%.6f\t", g->spread, g->dist);
        print_touching(out, f, grain, n, (long)k, member + start[k],
            start[k + 1] - start[k], touches);
    }
    free(touches);
    free(member);
    free(start);
}

static void label_frame(struct ae_atoms *atoms)
{
    struct ae_sites sites = {0};
    struct field f = {0};
    size_t n;
    ae_must(ae_sites_new(&sites, atoms, species, allow, ae_err()));
    if (sites.n > UINT32_MAX)
        ae_die("%zu atoms: at most %u can be looked at", sites.n, UINT32_MAX);
    read_field(atoms, &sites, &f);
    for (int t = AE_PTM_FCC; t < AE_PTM_TYPES; t++)
        ae_ptm_group(t, &f.group[t]);
    ae_must(ae_neighbours_new(&f.lists, sites.pos, sites.n, cutoff,
        atoms->has_lattice ? atoms->lattice : NULL, atoms->pbc, ae_err()));
    struct grain *grain = find_grains(&f, &n);
    if (f.boo)
        adopt_atoms(&f, grain);
    sort_grains(grain, n, &f);
    struct ae_column *col = ae_atoms_column(atoms, "grain", 'I', 1, ae_err());
    if (!col)
        ae_must(AE_EMEM);
    for (size_t i = 0; i < atoms->n; i++)
        col->integer[i] = NONE;
    for (size_t i = 0; i < f.n; i++)
        col->integer[sites.row[i]] = f.grain[i];
    ae_say("%zu grains", n);
    if (*report) {
        measure(&f, grain, n);
        print_report(&f, grain, n);
    }
    free(grain);
    free(f.type);
    free(f.q);
    free(f.dist);
    free(f.boo);
    free(f.grain);
    free(f.matched);
    ae_neighbours_clear(&f.lists);
    ae_sites_clear(&sites);
}

int main(int argc, char **argv)
{
    struct ae_xyz *reader;
    struct ae_atoms atoms = {0};
    ae_begin(&about, argc, argv);
    if (adopt && no_adopt)
        ae_usage("--adopt and --no-adopt: take one");
    ae_must(ae_xyz_open(&reader, ae_in(), ae_err()));
    for (int frame = 0;
         ae_must(ae_xyz_next(reader, &atoms, ae_err())) != AE_END; frame++) {
        if (frame && *report)
            ae_die("--report is of one frame; there are more");
        label_frame(&atoms);
        ae_history(&atoms.keys);
        ae_must(ae_xyz_write(ae_out(), &atoms, ae_err()));
    }
    ae_xyz_free(reader);
    ae_atoms_clear(&atoms);
    return ae_end();
}
