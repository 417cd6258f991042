/* SPDX-License-Identifier: BSD-2-Clause
 * gaussfit - least-squares fit of 3-D Gaussians to the samples of a volume.
 *
 *   f(r) = B + A exp(-(r - p)' P (r - p) / 2)
 *   B  base   A  height   p  centre   P  inverse of the covariance matrix;
 *   P = 1/sigma^2 for a round one
 *
 * All lengths here are in voxels of the volume (index coordinates), so the
 * three axes must have one spacing. Levenberg-Marquardt with analytic
 * derivatives on the samples inside a ball about the start; the tails of
 * neighbours, kept as they are, are subtracted first.
 *
 * Source: the fitting form of Yang et al., Nature 592, 60 (2021),
 * 10.1038/s41586-021-03354-0; Marquardt, J. SIAM 11, 431 (1963).
 */
#ifndef AE_ATOMS_GAUSSFIT_H
#define AE_ATOMS_GAUSSFIT_H

#include <stddef.h>
#include "base/error.h"
#include "base/vol.h"

enum ae_gauss_shape { AE_GAUSS_FIXED, AE_GAUSS_ROUND, AE_GAUSS_ELLIPSOID };

struct ae_gauss {
    double p[3]; /* centre, index coordinates */
    double height, base;
    double shape[6]; /* P: xx, yy, zz, xy, xz, yz, 1/voxel^2 */
    double residual; /* r.m.s. of (samples - fit) over r.m.s. of samples */
    double rms;      /* r.m.s. of (samples - fit) */
    int converged;
};

struct ae_gauss_work; /* scratch of one thread */

/* For balls of that radius (voxels); NULL when memory is short. */
struct ae_gauss_work *ae_gauss_work_new(double radius);
void ae_gauss_work_free(struct ae_gauss_work *work);

/* A round shape of that sigma, and the sigma of a shape: the radius of the
 * sphere of equal volume, det(P)^(-1/6). */
void ae_gauss_set_sigma(struct ae_gauss *g, double sigma);
double ae_gauss_sigma(const struct ae_gauss *g);

/* Fit *g, which holds the start, to the samples within radius of its centre.
 * FIXED keeps the shape; ROUND fits one sigma (from the start's), ELLIPSOID all
 * six. The centre stays within limit of the start on each axis. near: the
 * neighbours whose tails are subtracted. converged = 0 when there are fewer
 * samples than unknowns, the height is not positive, or no minimum is found;
 * *g is then the start with its residual. */
void ae_gauss_fit(const struct ae_vol *vol, double radius, double limit,
    enum ae_gauss_shape shape, const struct ae_gauss *const *near, size_t nnear,
    struct ae_gauss_work *work, struct ae_gauss *g);

struct ae_gauss_plan {
    double sigma;  /* voxels; 0: median of a first pass */
    double radius; /* least radius of the samples used, voxels */
    double reach;  /* least distance of neighbours used, voxels */
    double limit;  /* how far a centre may move, voxels */
    int rounds;    /* over all peaks, at most */
    int ellipsoid; /* the common shape is an ellipsoid */
};

/* Fit n peaks together: g holds the start (height, base, shape of a guess),
 * with the tails of the neighbours as the round before left them. A round with
 * the starts' median shape gives heights, one in which each peak has its own
 * shape the common one (the median of each element of P, peaks counted by
 * their height; *sigma its radius), then come the rounds. Samples within
 * max(radius, 2.5 sigma), neighbours within max(reach, that radius + 4 sigma).
 * Peaks that do not converge keep their start. Parallel over peaks, the same
 * bits for any number of threads. */
int ae_gauss_all(const struct ae_vol *vol, const struct ae_gauss_plan *plan,
    struct ae_gauss *g, size_t n, double *sigma, struct ae_error *err);

#endif
