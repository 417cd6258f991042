/* SPDX-License-Identifier: BSD-2-Clause
 * voronoi - Voronoi cells from the Delaunay tetrahedra: faces, volumes,
 * indices, and densities that leave voids out.
 *
 *   A_ij = area of the polygon of the circumcentres around the edge i, j
 *   V_i  = sum_j A_ij |r_ij| / 6
 *   rho  = omega_i / V'_i, V'_i the part of the cell, omega_i that of the
 *          directions (solid angle / 4 pi) in solid tetrahedra: those of the
 *          alpha region that are of no void
 */
#ifndef AE_GEOM_VORONOI_H
#define AE_GEOM_VORONOI_H

#include <stddef.h>
#include <stdint.h>
#include "base/error.h"

enum ae_voronoi_voids {
    AE_VORONOI_WEIGHT,  /* rho = omega / V' */
    AE_VORONOI_EXCLUDE, /* 1 / V where the flag is AE_VORONOI_WHOLE, else NaN */
    AE_VORONOI_KEEP     /* 1 / V where it is WHOLE or BORDERS, else NaN */
};

enum ae_voronoi_flag {
    AE_VORONOI_WHOLE,
    AE_VORONOI_UNBOUNDED, /* volume, cn and nface are NaN, the index 0 */
    AE_VORONOI_LEAVES,    /* a corner of the cell is outside the alpha region */
    AE_VORONOI_BORDERS    /* a corner of a void tetrahedron */
};

struct ae_voronoi_settings {
    double face_area; /* faces below this share of the cell's area are none */
    double cutoff;    /* angstrom, longest bond */
    int one_sided;    /* a bond needs a face that one of the two keeps */
    enum ae_voronoi_voids voids;
    double alpha, radius;  /* angstrom, of the region and of voids in it */
    int list;              /* keep the list of faces */
    const double *lattice; /* rows a, b, c (angstrom), and the axes that are */
    const int *pbc;        /* periodic; NULL: an open box */
};

struct ae_voronoi_face {
    uint32_t j;
    int bond;
    double area, distance; /* angstrom^2, angstrom */
};

struct ae_voronoi {
    size_t n;
    double *volume;      /* [n] angstrom^3 */
    double *solid;       /* [n] V', angstrom^3 */
    double *rho;         /* [n] 1/angstrom^3 */
    double *cn;          /* [n] bonds */
    double *nface;       /* [n] faces that are kept */
    int *flag;           /* [n] enum ae_voronoi_flag */
    int64_t (*index)[4]; /* [n] faces with 3, 4, 5, 6 edges of the cell made of
                            the kept neighbours alone; 0 when that is open */
    size_t *start; /* [n + 1] with list: the faces of atom i that it keeps, */
    struct ae_voronoi_face *face; /* or that are bonds, from start[i] on to
                                     start[i + 1] - 1, by distance */
};

/* pos[n], angstrom. AE_EDATA as ae_delaunay_new, or no volume in the box. */
int ae_voronoi_new(struct ae_voronoi *cells, const double (*pos)[3], size_t n,
    const struct ae_voronoi_settings *settings, struct ae_error *err);
void ae_voronoi_clear(struct ae_voronoi *cells);

#endif
