/* SPDX-License-Identifier: BSD-2-Clause
 * strain - strain tensor of each atom against its ideal neighbourhood.
 *
 *   F = F_ptm d / d0
 *   E = (F^T F - 1) / 2          Green, axes of the template (default)
 *   e = (1 - F^-T F^-1) / 2      Almansi, axes of the sample
 *   F_ptm  deformation gradient by ptm at unit mean distance
 *   d, d0  mean neighbour distance (ptm_dist), and without strain (angstrom)
 *
 * d0 is --reference, else the mean ptm_dist of the atom's grain and type; with
 * --ca the hcp template is stretched along its axis first.
 *
 * With --lattice: F = (sum v u^T) (sum u u^T)^-1 over the neighbours of the
 * atom that are indexed on its grain's lattice; v are their places from it, u
 * the same of the lattice without strain, d0 from the fitted cell's volume.
 *
 * Source: P. M. Larsen, S. Schmidt, J. Schiotz, Modelling Simul. Mater. Sci.
 * Eng. 24, 055007 (2016), doi:10.1088/0965-0393/24/5/055007.
 * Cost: O(N).
 * reads: extended XYZ with the columns of ptm, and grain where there is one
 * writes: the same with exx eyy ezz eyz exz exy (tensor shear)
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "atoms/sites.h"
#include "base/mem.h"
#include "base/tool.h"
#include "geom/cells.h"
#include "geom/ptm.h"
#include "geom/ptm_lattice.h"
#include "io/xyz.h"

static double reference, ca;
static int frame, lattice;
static const struct ae_opt opts[] = {
    AE_REAL('r', "reference", &reference, "angstrom", "0", 0, 1000,
        "mean neighbour distance without strain, 0: the mean of the grain"),
    AE_CHOICE('f', "frame", &frame, "template|sample", "template",
        "axes: of the crystal (Green), or of the sample (Almansi)"),
    AE_REAL(0, "ca", &ca, "C/A", "1.6329931618554521", 0.1, 10,
        "c/a of hcp without strain"),
    AE_FLAG('l', "lattice", &lattice,
        "against the lattice fitted to each grain, by the indices of an "
        "atom's neighbours"),
    AE_END_OPTS,
};
static const struct ae_about about = {
    "strain", "strain tensor of each atom", "[FILE]", opts, .streams = 0};

static const char *const names[6] = {"exx", "eyy", "ezz", "eyz", "exz", "exy"};

/* Mean ptm_dist of each grain and type. */
struct mean {
    int64_t grain, type;
    double sum, n;
};

static int by_grain(const void *p, const void *q)
{
    const struct mean *a = p, *b = q;
    if (a->grain != b->grain)
        return a->grain < b->grain ? -1 : 1;
    return (a->type > b->type) - (a->type < b->type);
}

static struct mean *find_means(const int64_t *grain, const int64_t *type,
    const double *dist, size_t n, size_t *count)
{
    struct mean *mean = ae_alloc(n, sizeof *mean);
    if (!mean)
        ae_die("out of memory for the means of the grains");
    for (size_t i = 0; i < n; i++)
        mean[i] = (struct mean){
            grain ? grain[i] : 0, type[i], dist[i], type[i] > 0 && dist[i] > 0};
    qsort(mean, n, sizeof *mean, by_grain);
    *count = 0;
    for (size_t i = 0; i < n; i++) {
        if (!(mean[i].n > 0))
            continue;
        if (*count && !by_grain(&mean[*count - 1], &mean[i])) {
            mean[*count - 1].sum += mean[i].sum;
            mean[*count - 1].n++;
        } else
            mean[(*count)++] = mean[i];
    }
    return mean;
}

/* The reference d0 of a grain and type. */
static double reference_of(
    const struct mean *mean, size_t n, int64_t grain, int64_t type)
{
    struct mean key = {.grain = grain, .type = type};
    if (reference > 0)
        return reference;
    const struct mean *found = bsearch(&key, mean, n, sizeof *mean, by_grain);
    return found ? found->sum / found->n : NAN;
}

/* What the hcp template becomes with --ca: along its axis, and in all, so that
 * a lattice of that c/a whose ptm_dist is d0 has no strain: ptm lays the ideal
 * template on it with 1/s = sum |w'|^2 / sum w' w; of the twelve unit vectors
 * sum z^2 = 4, sum x^2 + y^2 = 8. */
static void stretch_hcp(double *along, double *all)
{
    *along = ca / sqrt(8.0 / 3);
    *all = (8 + 4 * *along) / (8 + 4 * *along * *along);
}

static double invert(double F[3][3], double I[3][3])
{
    for (int a = 0; a < 3; a++)
        for (int b = 0; b < 3; b++) {
            int p = (b + 1) % 3, q = (b + 2) % 3, r = (a + 1) % 3;
            int s = (a + 2) % 3;
            I[a][b] = F[p][r] * F[q][s] - F[p][s] * F[q][r];
        }
    double det = F[0][0] * I[0][0] + F[0][1] * I[1][0] + F[0][2] * I[2][0];
    for (int k = 0; k < 9; k++)
        I[k / 3][k % 3] /= det;
    return det;
}

/* E[6] of F: xx yy zz yz xz xy. */
static void strain_of(double F[3][3], double E[6])
{
    static const int at[6][2] = {
        {0, 0}, {1, 1}, {2, 2}, {1, 2}, {0, 2}, {0, 1}};
    double I[3][3], (*G)[3] = F;
    if (frame) {
        invert(F, I);
        G = I;
    }
    for (int c = 0; c < 6; c++) {
        int a = at[c][0], b = at[c][1];
        double one = a == b,
               sum = G[0][a] * G[0][b] + G[1][a] * G[1][b] + G[2][a] * G[2][b];
        E[c] = (frame ? one - sum : sum - one) / 2;
    }
}

static double volume_of(double cell[3][3])
{
    double inverse[3][3];
    return fabs(invert(cell, inverse));
}

/* Strain of atom i by the neighbours within the first shell of the ideal
 * lattice; nan where they do not span space. */
static void strain_of_indices(const struct ae_ptm_lattice *l,
    const struct ae_neighbours *lists, size_t i, double cell[3][3], double E[6])
{
    /* between the shells at 1 (bcc: 1.083) and 1.414 mean distances */
    const double shell = 1.2;
    double vu[3][3] = {{0}}, uu[3][3] = {{0}}, inverse[3][3], F[3][3], size = 0;
    for (size_t k = lists->start[i]; k < lists->start[i + 1]; k++) {
        const struct ae_neighbour *item = &lists->item[k];
        double u[3] = {0}, ideal = 0;
        for (int a = 0; a < 3; a++) {
            double w = 0;
            for (int b = 0; b < 3; b++) {
                double step = l->index[item->index][b] - l->index[i][b];
                u[a] += step * cell[b][a];
                w += step * l->ideal[b][a];
            }
            ideal += w * w;
        }
        if (!(ideal < shell * shell)) /* NaN: not on the lattice */
            continue;
        for (int a = 0; a < 3; a++)
            for (int b = 0; b < 3; b++) {
                vu[a][b] += item->d[a] * u[b];
                uu[a][b] += u[a] * u[b];
            }
    }
    for (int a = 0; a < 3; a++)
        size += uu[a][a];
    for (int c = 0; c < 6; c++)
        E[c] = NAN;
    if (!(fabs(invert(uu, inverse)) > 1e-6 * size * size * size))
        return;
    for (int a = 0; a < 3; a++)
        for (int b = 0; b < 3; b++)
            F[a][b] = vu[a][0] * inverse[0][b] + vu[a][1] * inverse[1][b] +
                      vu[a][2] * inverse[2][b];
    strain_of(F, E);
}

/* The atoms row[n] of one grain against their lattice. */
static void strain_grain(const struct ae_atoms *atoms, const size_t *row,
    size_t n, struct ae_column *const e[6])
{
    struct ae_ptm_lattice l = {0};
    struct ae_neighbours lists = {0};
    double along, all, E[6], cell[3][3], (*pos)[3] = ae_alloc(n, sizeof *pos);
    if (!pos)
        ae_die("out of memory for a grain");
    for (size_t k = 0; k < n; k++)
        memcpy(pos[k], atoms->pos[row[k]], sizeof *pos);
    const double(*r)[3] = (const double(*)[3])pos;
    ae_must(ae_ptm_lattice(r, n, &l, ae_err()));
    stretch_hcp(&along, &all);
    memcpy(cell, l.ideal, sizeof cell);
    for (int a = 0; a < 3 && l.type == AE_PTM_HCP; a++)
        for (int k = 0; k < 3; k++)
            cell[a][k] *= all * (k == 2 ? along : 1);
    double scale =
        reference > 0 ? reference : cbrt(volume_of(l.cell) / volume_of(cell));
    for (int k = 0; k < 9; k++)
        cell[k / 3][k % 3] *= scale;
    ae_must(ae_neighbours_new(&lists, r, n, 1.4 * scale, NULL, NULL, ae_err()));
    for (size_t k = 0; k < n; k++) {
        strain_of_indices(&l, &lists, k, cell, E);
        for (int c = 0; c < 6; c++)
            e[c]->real[row[k]] = E[c];
    }
    ae_say("%zu of %zu atoms on a lattice of %.4f %.4f %.4f A", l.indexed, n,
        l.edge[0], l.edge[1], l.edge[2]);
    ae_neighbours_clear(&lists);
    ae_ptm_lattice_clear(&l);
    free(pos);
}

/* Every grain; without that column all atoms, but O beside a metal. */
static void strain_lattices(const struct ae_atoms *atoms, const int64_t *grain,
    struct ae_column *const e[6])
{
    struct ae_sites sites = {0};
    size_t *row = ae_alloc(atoms->n, sizeof *row);
    int64_t last = 0;
    if (!row)
        ae_die("out of memory for the grains");
    if (atoms->has_lattice && (atoms->pbc[0] || atoms->pbc[1] || atoms->pbc[2]))
        ae_die("--lattice is for an open box; set pbc=\"F F F\"");
    ae_must(ae_sites_new(&sites, atoms, "", 0, ae_err()));
    for (size_t i = 0; i < atoms->n; i++) {
        last = grain && grain[i] > last ? grain[i] : last;
        for (int c = 0; c < 6; c++)
            e[c]->real[i] = NAN;
    }
    for (int64_t g = 0; g <= last; g++) {
        size_t n = 0;
        for (size_t k = 0; k < sites.n; k++)
            if (!grain || grain[sites.row[k]] == g)
                row[n++] = sites.row[k];
        if (n)
            strain_grain(atoms, row, n, e);
    }
    ae_sites_clear(&sites);
    free(row);
}

static void strain_frame(struct ae_atoms *atoms)
{
    struct ae_column *type, *dist, *F, *grain, *e[6];
    double along, all;
    size_t n;
    if (ae_atoms_need(atoms, "ptm_type", 'I', 1, &type, ae_err()) ||
        ae_atoms_need(atoms, "ptm_dist", 'R', 1, &dist, ae_err()) ||
        ae_atoms_need(atoms, "deformation", 'R', 9, &F, ae_err()))
        ae_die("%s; run ptm first", ae_err()->msg);
    for (int c = 0; c < 6; c++)
        if (!ae_atoms_column(atoms, names[c], 'R', 1, ae_err()))
            ae_must(AE_EMEM);
    for (int c = 0; c < 6; c++) /* adding columns moves the others */
        e[c] = ae_atoms_find(atoms, names[c]);
    type = ae_atoms_find(atoms, "ptm_type");
    dist = ae_atoms_find(atoms, "ptm_dist");
    F = ae_atoms_find(atoms, "deformation");
    grain = ae_atoms_find(atoms, "grain");
    if (grain && (grain->type != 'I' || grain->width != 1))
        grain = NULL;
    int64_t *of = grain ? grain->integer : NULL;
    if (lattice) {
        strain_lattices(atoms, of, e);
        return;
    }
    struct mean *mean = find_means(of, type->integer, dist->real, atoms->n, &n);
    stretch_hcp(&along, &all);
    for (size_t i = 0; i < atoms->n; i++) {
        int64_t t = type->integer[i];
        double d0 = reference_of(mean, n, of ? of[i] : 0, t), E[6], G[3][3];
        for (int k = 0; k < 9; k++) {
            G[k / 3][k % 3] = F->real[9 * i + k] * dist->real[i] / d0;
            if (t == AE_PTM_HCP)
                G[k / 3][k % 3] /= all * (k % 3 == 2 ? along : 1);
        }
        strain_of(G, E);
        for (int c = 0; c < 6; c++)
            e[c]->real[i] = t > 0 ? E[c] : NAN;
    }
    free(mean);
}

int main(int argc, char **argv)
{
    struct ae_xyz *reader;
    struct ae_atoms atoms = {0};
    ae_begin(&about, argc, argv);
    ae_must(ae_xyz_open(&reader, ae_in(), ae_err()));
    while (ae_must(ae_xyz_next(reader, &atoms, ae_err())) != AE_END) {
        strain_frame(&atoms);
        ae_history(&atoms.keys);
        ae_must(ae_xyz_write(ae_out(), &atoms, ae_err()));
    }
    ae_xyz_free(reader);
    ae_atoms_clear(&atoms);
    return ae_end();
}
