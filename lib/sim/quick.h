/* SPDX-License-Identifier: BSD-2-Clause
 * quick - dark-field images without multislice: every slice scatters the
 * intensity that the probe has at its depth, slices add without interference.
 *
 *   I(p) = sum_j N_j(p) sum_r |psi_j(r - p)|^2 D_j(r)
 *   D_j  = | F^-1{ sqrt(M) F[t_j - 1] } |^2,   N_(j+1) = N_j (1 - S_j)
 *
 *   psi_j  the probe at the depth of slice j, in vacuum
 *   t_j    transmission function; M(q) the share of the aperture's directions
 *          that a change by q brings to the detector's angles beyond the
 *          aperture; S_j the sum over r with M for all angles beyond it
 *   N_j    share of the current that no slice above has scattered
 *
 * and the share left over passes as in vacuum. No channelling, no multiple
 * scattering.
 * Cost: for each slice some five transforms of the cell, in single precision,
 * none for a probe: the scattered intensity is needed for low frequencies only,
 * those of the probe's intensity, below twice the aperture.
 */
#ifndef AE_SIM_QUICK_H
#define AE_SIM_QUICK_H

#include <stddef.h>
#include "base/error.h"
#include "sim/stem.h"

struct ae_quick_setup {
    struct ae_lens lens;
    const struct ae_detector *detector; /* rings */
    size_t detectors;
    double origin[2], step; /* the scan, angstrom */
    size_t nx, ny;
};

/* Add to signal[ny][nx][detectors], for atoms at pos, by which the field's
 * slices are sorted (ae_field_sort). */
int ae_quick_scan(const struct ae_field *field,
    const struct ae_quick_setup *setup, const double (*pos)[3],
    const size_t *element, double *signal, struct ae_error *err);
/* Memory that it takes. */
double ae_quick_bytes(
    const struct ae_field *field, const struct ae_quick_setup *setup);

#endif
