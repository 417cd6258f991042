/* SPDX-License-Identifier: BSD-2-Clause
 * peakscreen - local maxima that the first quartic fit rejects, found without
 * a fit.
 *
 * At the first round p = 0, so the Hessian of the polynomial is a fixed linear
 * function of the fine voxels, and these of the spline coefficients c:
 *
 *   H_k = sum_i K_k(i) c(i),  k = xx, yy, zz, xy, xz, yz
 *
 * with one set of kernels K for each phase of the fine grid: some 500
 * coefficients in place of 1791 fine voxels (R = 7, 3 per sample), each of
 * them 64 coefficients, and no elimination. Rounding differs from that of the
 * fit; a Hessian that is not clearly that of no maximum is left to the fit, so
 * that the peaks found are the same.
 */
#ifndef AE_ATOMS_PEAKSCREEN_H
#define AE_ATOMS_PEAKSCREEN_H

#include <stddef.h>
#include "atoms/finegrid.h"
#include "atoms/peakfit.h"
#include "base/error.h"

/* found[i].none = 1 where the fit about a maximum ends with AE_PEAK_NONE at
 * its first round (not all of them: none near the faces). Parallel over the
 * maxima; fastest when they are ordered by index. */
int ae_peakscreen(const struct ae_finegrid *fine, const struct ae_peakfit *how,
    struct ae_maximum *found, size_t n, struct ae_error *err);

#endif
