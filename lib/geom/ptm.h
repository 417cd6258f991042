/* SPDX-License-Identifier: BSD-2-Clause
 * ptm - polyhedral template matching: which ideal neighbourhood is an atom's
 * nearest, how far is it, how is it turned and strained.
 *
 *   rmsd = min over Q, s, match of
 *          sqrt( 1/(n+1) sum_i |s v_i - Q w_match(i)|^2 )
 *   v_i  atom and its n nearest neighbours, from their barycentre (angstrom)
 *   w    template, mean neighbour distance 1     Q  rotation     s  scale
 *   n    12 (fcc, hcp, ico, dec), 14 (bcc), 6 (sc)
 *
 * The match comes from the facet graph of the convex hull of the neighbours:
 * its code is looked up in a book of the templates' graphs. Where the book has
 * none, or none that fits well, frames made of pairs of neighbours are tried,
 * unless the sorted radii already rule the template out.
 * An atom whose neighbours are each nearest to their own site of the lattice
 * that an atom shortly before had, and fit it well, is spared all that: no
 * other match can be better.
 *
 * Source: P. M. Larsen, S. Schmidt, J. Schiotz, Modelling Simul. Mater. Sci.
 * Eng. 24, 055007 (2016), doi:10.1088/0965-0393/24/5/055007. Our own: the hull
 * is that of the directions, the book holds graphs with flipped edges too, and
 * a code is made from one start edge, where the book holds all of them.
 */
#ifndef AE_GEOM_PTM_H
#define AE_GEOM_PTM_H

#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "geom/ptm_template.h"

struct ae_ptm_options {
    unsigned mask;   /* bit 1 << type for each template */
    double rmsd_max; /* a larger rmsd is AE_PTM_OTHER */
    int search;      /* 1: try all frames, no graphs (slow) */
};

/* Values of atom i are those of row row[i] of each column, or of row i when
 * row is NULL. Of AE_PTM_OTHER all but the type are NaN. */
struct ae_ptm_columns {
    const size_t *row;
    int64_t *type;
    double *rmsd;
    double *dist;        /* 1/s: mean neighbour distance of the fit, angstrom */
    double *orientation; /* [4] quaternion w x y z of Q, from template to
                            sample, the turn of the least angle of all that the
                            template's rotations make of it */
    double *deformation; /* [9] rows of F = (sum s v w^T)(sum w w^T)^-1,
                            template to sample at unit mean distance */
};

/* lattice (rows a, b, c) and pbc may be NULL. No two atoms at one place. */
int ae_ptm(const double (*pos)[3], size_t n, const double *lattice,
    const int *pbc, const struct ae_ptm_options *options,
    const struct ae_ptm_columns *out, struct ae_error *err);

/* One neighbourhood: d[m] from the atom to its neighbours, nearest first. */
struct ae_ptm_match {
    enum ae_ptm_type type;
    double rmsd, dist, orientation[4], deformation[3][3];
};
int ae_ptm_one(const double (*d)[3], int m,
    const struct ae_ptm_options *options, struct ae_ptm_match *match,
    struct ae_error *err);

/* fcc, hcp, ... of a type, and the type of a name (AE_PTM_OTHER: none). */
const char *ae_ptm_name(enum ae_ptm_type type);
enum ae_ptm_type ae_ptm_named(const char *name);

#endif
