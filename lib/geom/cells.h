/* SPDX-License-Identifier: BSD-2-Clause
 * cells - neighbour search: which points lie closer than r.
 *
 * The points are sorted by the cells of a cubic grid, row by row, so that the
 * places around one are a few stretches of memory, whose distances are tested
 * many at a time. Where a grid of the box would be mostly empty (a far atom, a
 * thin gas) only its occupied rows are kept, in a hash table. A neighbour is
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

/* pos[n] (angstrom) is copied. cutoff > 0 is the largest distance that most
 * searches ask for. lattice (rows a, b, c, angstrom) and pbc may be NULL: an
 * open box. With periodic axes AE_EDATA when the cutoff is not less than half
 * the box's smallest perpendicular width along them, and no search may go
 * beyond the cutoff. At most 2^32 - 2 points, images included. */
int ae_cells_new(struct ae_cells **cells, const double (*pos)[3], size_t n,
    double cutoff, const double *lattice, const int *pbc, struct ae_error *err);
void ae_cells_free(struct ae_cells *cells);

struct ae_neighbour {
    size_t index;
    double distance; /* angstrom */
    double d[3];     /* from the point searched around to the neighbour */
};

/* The neighbours of a place, nearest first (ties by index), a point at the
 * place itself included: the number found, of which the nearest room are
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

/* The points in the order of the cells, images included; loops that search
 * around every point are fastest in this order. All belong to the cells. */
enum { AE_CELLS_PADDING = 8 };
struct ae_cells_points {
    size_t n, total;         /* points given; with images */
    const double *x, *y, *z; /* [total] angstrom, inside the box; readable for
                                AE_CELLS_PADDING more */
    const uint32_t *index;   /* [total] number of the point as given */
    const uint32_t *place;   /* [n] where the point itself stands: k is an
                               image when place[index[k]] != k */
};
void ae_cells_points(
    const struct ae_cells *cells, struct ae_cells_points *points);

/* The stretches of points that hold every point k' > k closer than r to the
 * point k, r at most the cutoff: first to before last, in their order. How
 * many. */
enum { AE_CELLS_STRETCHES = 128 };
size_t ae_cells_ahead(const struct ae_cells *cells, size_t k, double r,
    size_t stretch[AE_CELLS_STRETCHES][2]);

/* The same of every point closer than r to a place. */
size_t ae_cells_around(const struct ae_cells *cells, const double p[3],
    double r, size_t stretch[AE_CELLS_STRETCHES][2]);

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

/* Short lists for many points, a tenth of the memory: in the order of the
 * cells and as numbers of ae_cells_points. Those of the point k (empty for an
 * image) are item[start[k]] ... item[start[k + 1] - 1], ascending; a
 * neighbour through a periodic face is an image. */
struct ae_links {
    size_t total;
    size_t *start; /* [total + 1] */
    uint32_t *item;
};
int ae_cells_links(const struct ae_cells *cells, double r,
    struct ae_links *links, struct ae_error *err);
/* Take out the links no longer than least. */
void ae_links_beyond(
    const struct ae_cells *cells, struct ae_links *links, double least);
void ae_links_clear(struct ae_links *links);

#endif
