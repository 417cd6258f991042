/* SPDX-License-Identifier: BSD-2-Clause
 * tetrahedra - the Delaunay triangulation of points in general position, as
 * numbers only (Qhull).
 *
 * Large sets are cut into blocks, one after the other along their longest axis;
 * a thread triangulates a block together with the points next to it:
 *
 * 1. A tetrahedron of such points is one of all points when its circumsphere
 *    holds no point beyond them. It is taken by the block that its circumcentre
 *    lies in.
 * 2. What is missing has corners on faces that have a tetrahedron on one side
 *    only, or that are in no tetrahedron at all. These points (those of the hull
 *    and few others) are triangulated once more: tetrahedra of all points are
 *    among theirs, and what lies beyond such a face belongs to what is missing.
 *
 * In general position there is one Delaunay triangulation, so the result is the
 * same for any number of blocks. Where rounding makes the parts disagree, all
 * points are triangulated at once.
 *
 * The second step is that of Funke and Sanders, ALENEX 2017, 207 (described in
 * Funke, Sanders, Winkler 2019, 10.1007/978-3-030-29400-7_12); there the parts
 * do not overlap.
 */
#ifndef AE_GEOM_TETRAHEDRA_H
#define AE_GEOM_TETRAHEDRA_H

#include <stddef.h>
#include <stdint.h>
#include "base/error.h"

#define AE_TETRAHEDRA_HULL UINT32_MAX

struct ae_tetrahedra {
    size_t n;
    uint32_t (*vertex)[4];    /* [n] ascending */
    uint32_t (*neighbour)[4]; /* [n] across the face opposite to vertex k, or
                                 AE_TETRAHEDRA_HULL */
};

/* pos[n], 5 <= n < 2^27, in the order of the vertices; the work of so many
 * threads. AE_EDATA: what Qhull says, quoted. */
int ae_tetrahedra_new(struct ae_tetrahedra *t, const double (*pos)[3], size_t n,
    int threads, struct ae_error *err);
void ae_tetrahedra_clear(struct ae_tetrahedra *t);

/* The steps. All points at once, in Qhull's order. */
int ae_tetrahedra_qhull(struct ae_tetrahedra *t, const double (*pos)[3],
    size_t n, struct ae_error *err);
/* In so many blocks; 0 when they are of no use, and t is empty. */
int ae_tetrahedra_blocks(
    struct ae_tetrahedra *t, const double (*pos)[3], size_t n, int blocks);
/* part: some of the Delaunay tetrahedra of pos[n], at least one; a neighbour
 * that is missing is AE_TETRAHEDRA_HULL. Adds all that are missing, at the end.
 * AE_EDATA when they are not of one triangulation; part is then of no use. */
int ae_tetrahedra_mend(
    struct ae_tetrahedra *part, const double (*pos)[3], size_t n);

#endif
