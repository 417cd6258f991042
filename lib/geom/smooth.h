/* SPDX-License-Identifier: BSD-2-Clause
 * smooth - Laplacian and Taubin smoothing of triangle meshes, and their
 * topology.
 */
#ifndef AE_GEOM_SMOOTH_H
#define AE_GEOM_SMOOTH_H

#include <stddef.h>
#include "base/error.h"
#include "base/mesh.h"

struct ae_smooth_counts {
    size_t edges, open, shared; /* all; of one face; of more than two */
    long euler;                 /* vertices in use - edges + faces */
};
int ae_smooth_count(const struct ae_mesh *mesh, struct ae_smooth_counts *counts,
    struct ae_error *err);

/* n times: every vertex v becomes v + lambda (mean of its edge neighbours - v),
 * and, when mu is not 0, the same with mu. Vertices of open edges stay. */
int ae_smooth(struct ae_mesh *mesh, long n, double lambda, double mu,
    struct ae_error *err);

#endif
