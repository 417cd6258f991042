/* SPDX-License-Identifier: BSD-2-Clause
 * ptm_near - the fourteen nearest neighbours of every atom, cell by cell.
 *
 * Atoms are sorted by the cell of a cubic grid they lie in, cells along a
 * Morton curve; a cell holds about AE_PTM_NEAR_FILL atoms, so that the 27 cells
 * around an atom nearly always hold all that are asked for. All atoms of a
 * cell share the copy of those candidates. Atoms near a surface search on in
 * growing cubes.
 */
#ifndef AE_GEOM_PTM_NEAR_H
#define AE_GEOM_PTM_NEAR_H

#include <stddef.h>
#include <stdint.h>
#include "base/error.h"

enum { AE_PTM_NEAR_MOST = 14 };

/* Neighbours farther than this times the mean of the six shortest distances
 * are of no use to a template. */
#define AE_PTM_NEAR_SHELL 1.7

struct ae_ptm_near;

/* pos[n] (angstrom); lattice (rows a, b, c) and pbc may be NULL: an open box.
 * A periodic box may be as small as one atom. AE_EDATA: a lattice without
 * volume. */
int ae_ptm_near_new(struct ae_ptm_near **near, const double (*pos)[3], size_t n,
    const double *lattice, const int *pbc, struct ae_error *err);
void ae_ptm_near_free(struct ae_ptm_near *near);

/* Occupied cells. */
size_t ae_ptm_near_cells(const struct ae_ptm_near *near);

/* The atoms around a cell; one for each thread. */
struct ae_ptm_near_work {
    size_t n, room;
    double *x, *y, *z;   /* [n] candidates */
    size_t *index;       /* [n] their numbers in pos */
    uint32_t *hit;       /* [n] those near an atom */
    size_t first, count; /* atoms of the cell */
    double guess;        /* squared distance of the last 14th neighbour */
};

/* The candidates of cell c; AE_EMEM. */
int ae_ptm_near_gather(
    const struct ae_ptm_near *near, size_t c, struct ae_ptm_near_work *work);
void ae_ptm_near_work_clear(struct ae_ptm_near_work *work);

struct ae_ptm_near_list {
    size_t centre; /* number of the atom in pos */
    int n;         /* neighbours found, nearest first */
    double d[AE_PTM_NEAR_MOST][3];
    double square[AE_PTM_NEAR_MOST];
};

/* The neighbours of atom k (0 ... work->count - 1) of the gathered cell: the
 * fourteen nearest, of which those beyond AE_PTM_NEAR_SHELL are left out; none
 * when there are fewer than six. AE_EMEM. */
int ae_ptm_near_list(const struct ae_ptm_near *near, size_t k,
    struct ae_ptm_near_work *work, struct ae_ptm_near_list *list);

#endif
