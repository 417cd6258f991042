/* SPDX-License-Identifier: BSD-2-Clause */
#include "geom/ptm_lattice.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "base/rng.h"
#include "geom/cells.h"
#include "geom/ptm.h"
#include "geom/ptm_turn.h"
#include "math/rotation.h"

#define TOLERANCE 0.25 /* of the bond, from a site */
#define PARTS     6    /* indices are multiples of 1/6 */

/* Sums of the least squares: x = 1, n1, n2, n3. */
struct sums {
    double xx[4][4], xr[4][3];
    size_t n;
};

struct march {
    const double (*pos)[3];
    size_t n;
    double offset[AE_PTM_MOST][3]; /* to the neighbours, as indices */
    int noffset;
    double bond;
    struct ae_cells *cells;
    struct sums sums;
    size_t *frontier, nfrontier, nnext; /* atoms of the last shell, the next */
    size_t *slot, nslot;                /* sites taken: atom + 1 */
    unsigned char *odd;                 /* [n] second sublattice of hcp */
};

static void cross(const double a[3], const double b[3], double c[3])
{
    c[0] = a[1] * b[2] - a[2] * b[1];
    c[1] = a[2] * b[0] - a[0] * b[2];
    c[2] = a[0] * b[1] - a[1] * b[0];
}

static double dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/* Rows of out: the reciprocal vectors, out[i] . cell[j] = 1 where i = j. */
static double reciprocal(double cell[3][3], double out[3][3])
{
    for (int i = 0; i < 3; i++)
        cross(cell[(i + 1) % 3], cell[(i + 2) % 3], out[i]);
    double volume = dot(cell[0], out[0]);
    for (int k = 0; k < 9; k++)
        out[k / 3][k % 3] /= volume;
    return volume;
}

/* The usual cell in the template's frame, mean neighbour distance 1. */
static void usual_cell(enum ae_ptm_type type, double cell[3][3])
{
    double a = type == AE_PTM_FCC   ? sqrt(2)
               : type == AE_PTM_BCC ? 14 / (4 * sqrt(3) + 6)
                                    : 1;
    memset(cell, 0, 9 * sizeof cell[0][0]);
    for (int k = 0; k < 3; k++)
        cell[k][k] = a;
    if (type == AE_PTM_HCP) {
        cell[1][0] = -0.5;
        cell[1][1] = sqrt(3) / 2;
        cell[2][2] = sqrt(8.0 / 3);
    }
}

static size_t slot_of(const struct march *m, const struct ae_ptm_lattice *l,
    const double index[3])
{
    uint64_t h = 0;
    for (int k = 0; k < 3; k++)
        h = ae_hash64(h ^ (uint64_t)llround(PARTS * index[k]));
    size_t s = (size_t)h & (m->nslot - 1);
    for (; m->slot[s]; s = (s + 1) & (m->nslot - 1)) {
        const double *other = l->index[m->slot[s] - 1];
        if (fabs(other[0] - index[0]) + fabs(other[1] - index[1]) +
                fabs(other[2] - index[2]) <
            0.5 / PARTS)
            break;
    }
    return s;
}

/* Atom i gets its indices. */
static void take(struct march *m, struct ae_ptm_lattice *l, size_t i,
    const double index[3], int odd)
{
    double x[4] = {1, index[0], index[1], index[2]};
    m->slot[slot_of(m, l, index)] = i + 1;
    memcpy(l->index[i], index, sizeof l->index[i]);
    m->odd[i] = (unsigned char)odd;
    m->frontier[m->nfrontier + m->nnext++] = i;
    for (int a = 0; a < 4; a++) {
        for (int b = 0; b < 4; b++)
            m->sums.xx[a][b] += x[a] * x[b];
        for (int k = 0; k < 3; k++)
            m->sums.xr[a][k] += x[a] * m->pos[i][k];
    }
    m->sums.n++;
    l->indexed++;
}

/* Origin and cell of least squares; -1 when the indices lie in a plane. */
static int fit(const struct sums *s, struct ae_ptm_lattice *l)
{
    double A[4][7];
    for (int a = 0; a < 4; a++) {
        memcpy(A[a], s->xx[a], 4 * sizeof A[a][0]);
        memcpy(A[a] + 4, s->xr[a], 3 * sizeof A[a][0]);
    }
    for (int c = 0; c < 4; c++) {
        int pivot = c;
        for (int r = c + 1; r < 4; r++)
            pivot = fabs(A[r][c]) > fabs(A[pivot][c]) ? r : pivot;
        if (!(fabs(A[pivot][c]) > 1e-9 * (double)s->n))
            return -1;
        for (int k = 0; k < 7; k++) {
            double swap = A[c][k];
            A[c][k] = A[pivot][k];
            A[pivot][k] = swap;
        }
        for (int r = 0; r < 4; r++)
            for (int k = 6; r != c && k >= c; k--)
                A[r][k] -= A[r][c] / A[c][c] * A[c][k];
    }
    for (int k = 0; k < 3; k++) {
        l->origin[k] = A[0][4 + k] / A[0][0];
        for (int a = 0; a < 3; a++)
            l->cell[a][k] = A[a + 1][4 + k] / A[a + 1][a + 1];
    }
    return 0;
}

/* The sites around atom i. */
static void step_from(struct march *m, struct ae_ptm_lattice *l, size_t i)
{
    for (int o = 0; o < m->noffset; o++) {
        double index[3], site[3], distance;
        const double *step = m->offset[o];
        int hcp = l->type == AE_PTM_HCP, across = fabs(step[2]) > 0.25;
        for (int k = 0; k < 3; k++) {
            /* the second sublattice sees the first the other way round */
            double sign = hcp && m->odd[i] && k < 2 ? -1 : 1;
            index[k] = l->index[i][k] + sign * step[k];
        }
        if (m->slot[slot_of(m, l, index)])
            continue;
        for (int k = 0; k < 3; k++)
            site[k] = l->origin[k] + index[0] * l->cell[0][k] +
                      index[1] * l->cell[1][k] + index[2] * l->cell[2][k];
        size_t j = ae_cells_nearest(m->cells, site, &distance);
        if (j == AE_CELLS_NONE || distance > TOLERANCE * m->bond ||
            !isnan(l->index[j][0]))
            continue;
        take(m, l, j, index, m->odd[i] ^ (hcp && across));
    }
}

/* From the seed until no atom is added. */
static int march_on(struct march *m, struct ae_ptm_lattice *l, size_t seed)
{
    const double zero[3] = {0};
    memcpy(l->origin, m->pos[seed], sizeof l->origin);
    take(m, l, seed, zero, 0);
    for (size_t from = 0; m->nnext;) {
        m->nfrontier += m->nnext;
        m->nnext = 0;
        size_t to = m->nfrontier;
        for (; from < to; from++)
            step_from(m, l, m->frontier[from]);
        if (m->sums.n > 4)
            fit(&m->sums, l);
    }
    return m->sums.n > 4 ? fit(&m->sums, l) : -1;
}

/* ptm of all atoms. */
struct seeds {
    int64_t *type;
    double *rmsd, *dist, *q, *F;
};

static void seeds_clear(struct seeds *s)
{
    free(s->type);
    free(s->rmsd);
    free(s->dist);
    free(s->q);
    free(s->F);
}

static int find_seeds(
    const double (*pos)[3], size_t n, struct seeds *s, struct ae_error *err)
{
    struct ae_ptm_options options = {
        .mask = 1u << AE_PTM_FCC | 1u << AE_PTM_HCP | 1u << AE_PTM_BCC,
        .rmsd_max = 0.15};
    s->type = ae_alloc(n, sizeof *s->type);
    s->rmsd = ae_alloc(n, sizeof *s->rmsd);
    s->dist = ae_alloc(n, sizeof *s->dist);
    s->q = ae_alloc(4 * n, sizeof *s->q);
    s->F = ae_alloc(9 * n, sizeof *s->F);
    if (!s->type || !s->rmsd || !s->dist || !s->q || !s->F)
        return ae_fail(err, AE_EMEM, "out of memory for a lattice");
    struct ae_ptm_columns out = {NULL, s->type, s->rmsd, s->dist, s->q, s->F};
    return ae_ptm(pos, n, NULL, NULL, &options, &out, err);
}

/* The commonest type, and its atom of the least rmsd. */
static size_t best_seed(const struct seeds *s, size_t n, enum ae_ptm_type *type)
{
    size_t count[AE_PTM_TYPES] = {0}, best = n;
    *type = AE_PTM_FCC;
    for (size_t i = 0; i < n; i++)
        count[s->type[i]]++;
    for (int t = AE_PTM_FCC; t < AE_PTM_TYPES; t++)
        *type = count[t] > count[*type] ? (enum ae_ptm_type)t : *type;
    for (size_t i = 0; i < n; i++)
        if (s->type[i] == (int64_t)*type &&
            (best == n || s->rmsd[i] < s->rmsd[best]))
            best = i;
    return best;
}

static void set_steps(
    struct march *m, struct ae_ptm_lattice *l, const double q[4], double dist)
{
    struct ae_ptm_template t;
    double cell[3][3], inverse[3][3], R[3][3];
    ae_ptm_template(l->type, &t);
    usual_cell(l->type, cell);
    reciprocal(cell, inverse);
    ae_quaternion_matrix(q, R);
    m->noffset = t.n;
    m->bond = dist;
    for (int o = 0; o < t.n; o++)
        for (int k = 0; k < 3; k++)
            m->offset[o][k] = round(PARTS * dot(inverse[k], t.w[o])) / PARTS;
    for (int a = 0; a < 3; a++)
        for (int k = 0; k < 3; k++)
            l->cell[a][k] = dist * dot(R[k], cell[a]);
}

/* Edges, angles, residual, and the mean orientation. */
static int describe(
    const struct march *m, const struct seeds *s, struct ae_ptm_lattice *l)
{
    struct ae_ptm_group group;
    size_t *row = ae_alloc(m->n, sizeof *row), n = 0;
    double squares = 0;
    if (!row)
        return AE_EMEM;
    for (int a = 0; a < 3; a++)
        l->edge[a] = sqrt(dot(l->cell[a], l->cell[a]));
    for (int a = 0; a < 3; a++) {
        int b = (a + 1) % 3, c = (a + 2) % 3;
        double cosine = dot(l->cell[b], l->cell[c]) / (l->edge[b] * l->edge[c]);
        l->angle[a] = acos(fmax(-1, fmin(1, cosine))) * 45 / atan(1);
    }
    for (size_t i = 0; i < m->n; i++) {
        if (isnan(l->index[i][0]))
            continue;
        for (int k = 0; k < 3; k++) {
            double off = l->origin[k] + l->index[i][0] * l->cell[0][k] +
                         l->index[i][1] * l->cell[1][k] +
                         l->index[i][2] * l->cell[2][k] - m->pos[i][k];
            squares += off * off;
        }
        if (s->type[i] == (int64_t)l->type)
            row[n++] = i;
    }
    l->rms = sqrt(squares / (double)l->indexed);
    ae_ptm_group(l->type, &group);
    ae_ptm_mean(&group, (const double(*)[4])s->q, row, n, l->orientation);
    free(row);
    return AE_OK;
}

int ae_ptm_lattice(const double (*pos)[3], size_t n, struct ae_ptm_lattice *l,
    struct ae_error *err)
{
    struct march m = {.pos = pos, .n = n};
    struct seeds s = {0};
    memset(l, 0, sizeof *l);
    int code = find_seeds(pos, n, &s, err);
    size_t seed = code ? n : best_seed(&s, n, &l->type);
    if (!code && seed == n)
        code = ae_fail(err, AE_EDATA,
            "no atom of %zu has a lattice around it; select more of one grain",
            n);
    if (code)
        goto out;
    l->n = n;
    l->index = ae_alloc(n, sizeof *l->index);
    m.frontier = ae_alloc(n + 1, sizeof *m.frontier);
    m.odd = ae_alloc(n, 1);
    m.nslot = 16;
    while (m.nslot < 2 * n)
        m.nslot *= 2;
    m.slot = ae_alloc(m.nslot, sizeof *m.slot);
    if (!l->index || !m.frontier || !m.odd || !m.slot) {
        code = ae_fail(err, AE_EMEM, "out of memory for a lattice");
        goto out;
    }
    for (size_t i = 0; i < n; i++)
        l->index[i][0] = l->index[i][1] = l->index[i][2] = NAN;
    usual_cell(l->type, l->ideal);
    set_steps(&m, l, s.q + 4 * seed, s.dist[seed]);
    code = ae_cells_new(&m.cells, pos, n, m.bond, NULL, NULL, err);
    if (!code && march_on(&m, l, seed))
        code = ae_fail(err, AE_EDATA,
            "only %zu atoms, or a plane of them, are on one lattice; select "
            "more of one grain",
            l->indexed);
    if (!code && describe(&m, &s, l))
        code = ae_fail(err, AE_EMEM, "out of memory for a lattice");
out:
    ae_cells_free(m.cells);
    free(m.frontier);
    free(m.odd);
    free(m.slot);
    seeds_clear(&s);
    if (code)
        ae_ptm_lattice_clear(l);
    return code;
}

void ae_ptm_lattice_clear(struct ae_ptm_lattice *l)
{
    free(l->index);
    l->index = NULL;
}

void ae_ptm_lattice_planes(const struct ae_ptm_lattice *l, const double hkl[3],
    double normal[3], double *spacing)
{
    double cell[3][3], G[3][3], square = 0;
    memcpy(cell, l->cell, sizeof cell);
    reciprocal(cell, G);
    for (int k = 0; k < 3; k++) {
        normal[k] = hkl[0] * G[0][k] + hkl[1] * G[1][k] + hkl[2] * G[2][k];
        square += normal[k] * normal[k];
    }
    *spacing = 1 / sqrt(square);
    for (int k = 0; k < 3; k++)
        normal[k] *= *spacing;
}
