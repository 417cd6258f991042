/* SPDX-License-Identifier: BSD-2-Clause
 * cells - neighbour search: which points lie closer than r.
 *
 * Points are kept by the cell of a cubic grid they lie in, occupied cells
 * only (a hash table), so that a far atom costs nothing. A neighbour is
 * strictly closer than r. Periodic axes get images of the points within the
 * cutoff of the box's faces.
 */
#ifndef AE_GEOM_CELLS_H
#define AE_GEOM_CELLS_H

#include <stddef.h>
#include <stdint.h>
#include "base/error.h"

#define AE_CELLS_NONE SIZE_MAX

struct ae_cells;

/* pos[n] (angstrom) is copied. cutoff > 0 is the edge of a cell. lattice
 * (rows a, b, c, angstrom) and pbc may be NULL: an open box. With periodic
 * axes AE_EDATA when the cutoff is not less than half the box's smallest
 * perpendicular width along them, and no search may go beyond the cutoff. */
int ae_cells_new(struct ae_cells **cells, const double (*pos)[3], size_t n,
    double cutoff, const double *lattice, const int *pbc, struct ae_error *err);
void ae_cells_free(struct ae_cells *cells);

struct ae_neighbour {
    size_t index;
    double distance; /* angstrom */
    double d[3];     /* from the point searched around to the neighbour */
};

/* The neighbours of a place, nearest first (ties by index), a point at the
 * place itself included: the number found, of which the first room are
 * stored. */
size_t ae_cells_near(const struct ae_cells *cells, const double p[3], double r,
    struct ae_neighbour *found, size_t room);

/* Number of points closer than r; 1 when any is (it stops at the first). */
size_t ae_cells_count(
    const struct ae_cells *cells, const double p[3], double r);
int ae_cells_any(const struct ae_cells *cells, const double p[3], double r);

/* The nearest point (ties by index) and its distance; AE_CELLS_NONE when there
 * is none, or, in a periodic box, none within the cutoff. */
size_t ae_cells_nearest(
    const struct ae_cells *cells, const double p[3], double *distance);

/* Lists of all points: those of i, itself left out, are
 * item[start[i]] ... item[start[i + 1] - 1], nearest first (ties by index). */
struct ae_neighbours {
    size_t n;
    size_t *start; /* [n + 1] */
    struct ae_neighbour *item;
};
int ae_cells_lists(const struct ae_cells *cells, double r,
    struct ae_neighbours *lists, struct ae_error *err);
/* The same from the points at once. */
int ae_neighbours_new(struct ae_neighbours *lists, const double (*pos)[3],
    size_t n, double r, const double *lattice, const int *pbc,
    struct ae_error *err);
void ae_neighbours_clear(struct ae_neighbours *lists);

#endif
