/* SPDX-License-Identifier: BSD-2-Clause
 * ptm_fit - the best rotation between matched points, and the search for the
 * match where no facet graph gives one.
 *
 *   T = max over rotations Q of sum v_i . (Q w_i) = largest eigenvalue of a
 *       symmetric 4 x 4 matrix made of M = sum v w^T
 *   rmsd^2 = (sum |w|^2 - T^2 / sum |v|^2) / (n + 1)
 *
 * T is the root of the matrix's characteristic quartic nearest to the upper
 * bound sqrt(sum |v|^2 sum |w|^2), by Newton's method; the eigenvector is a
 * column of the adjugate. Source: B. K. P. Horn, J. Opt. Soc. Am. A 4, 629
 * (1987), doi:10.1364/JOSAA.4.000629; D. L. Theobald, Acta Cryst. A61, 478
 * (2005), doi:10.1107/S0108767305015266.
 */
#ifndef AE_GEOM_PTM_FIT_KERNEL_H
#define AE_GEOM_PTM_FIT_KERNEL_H

#include <stdint.h>
#include "geom/ptm_template.h"

/* T for M[a][b] = sum v_a w_b; bound as above. Newton's steps come down to T
 * from above: one that falls below least is returned, T being below it too. */
double ae_ptm_overlap(double M[3][3], double bound, double least);

/* The unit quaternion w x y z of the best Q, w >= 0. */
void ae_ptm_quaternion(double M[3][3], double T, double q[4]);

/* The points to be matched. */
struct ae_ptm_shell {
    int n;
    double v[AE_PTM_MOST][3]; /* from the central atom */
    double centre[3];         /* barycentre of central atom and neighbours */
    double square;            /* sum of |v|^2 about it, the atom included */
    double radius[AE_PTM_MOST + 1]; /* about it, ascending */
};

/* The first n of the points d, with barycentre and square. */
void ae_ptm_shell_set(struct ae_ptm_shell *shell, const double (*d)[3], int n);

/* shell->radius, and with it a lower bound of rmsd^2 to a template of the same
 * n for every rotation, scale and match. */
void ae_ptm_shell_radii(struct ae_ptm_shell *shell);
double ae_ptm_bound(
    const struct ae_ptm_shell *shell, const struct ae_ptm_template *t);

/* rmsd^2 when neighbour i is match[i] of the template; M and T to go on. Where
 * it is above limit, only something above limit. */
double ae_ptm_rmsd2(const struct ae_ptm_shell *shell,
    const struct ae_ptm_template *t, const uint8_t *match, double limit,
    double M[3][3], double *T);

/* The same match sought among the frames made by every pair of neighbours
 * whose angle is within 30 degrees of that of a pair of the template. refine
 * is the number of best frames (by the sum of squared distances to the nearest
 * sites) that are refined by matching and fitting in turn, if a rmsd^2 below
 * limit is in reach; 0 refines them all.
 * Returns the smallest rmsd^2; INFINITY when no frame was tried. */
double ae_ptm_search(const struct ae_ptm_shell *shell,
    const struct ae_ptm_template *t, int refine, double limit,
    uint8_t match[AE_PTM_MOST]);

#endif
