/* SPDX-License-Identifier: BSD-2-Clause
 * angles - the tilt angles of a series, from a file or from the command line.
 */
#ifndef AE_IO_ANGLES_H
#define AE_IO_ANGLES_H

#include <stddef.h>
#include "base/error.h"

/* Orientations phi, theta, psi in degrees, one triple for each image: (*euler)
 * has *n rows and is freed by the caller. spec is
 *   -70:3.5:70        a range, first:step:last (last counts when a step lands
 *                     on it within 1e-6 of a step)
 *   -30,0,30.5        a list; its items may be ranges
 *   FILE              a text file (.tlt, .rawtlt, .txt) of rows of one column
 *                     (theta) or three (phi theta psi), separated by blanks,
 *                     tabs or commas; '#' starts a comment; or a MATLAB, HDF5
 *                     or NumPy file with such a table, named var when the file
 *                     holds several
 * What reads as a list or range is one; ./10 names a file called 10. A list
 * holds theta, phi = psi = 0. Angles lie within -360 ... 360. */
int ae_angles_read(
    const char *spec, double (**euler)[3], size_t *n, struct ae_error *err);
int ae_angles_read_var(const char *spec, const char *var, double (**euler)[3],
    size_t *n, struct ae_error *err);

#endif
