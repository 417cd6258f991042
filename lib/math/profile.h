/* SPDX-License-Identifier: BSD-2-Clause
 * profile - what one reads off values along a line: the width of a step, the
 * length of a decay.
 */
#ifndef AE_MATH_PROFILE_H
#define AE_MATH_PROFILE_H

#include <stddef.h>
#include "base/error.h"

/* Values y at ascending places x, with weights w > 0. */
struct ae_profile {
    size_t n;
    double *x, *y, *w;
};

/* Plateaus, the means over the outer quarters of the values on either side,
 * and where y is 10, 50 and 90 % on the way from low to high, with straight
 * lines between the values. */
struct ae_profile_step {
    double low, high, x10, x50, x90;
};

/* AE_EDATA: fewer than 8 values, or no step between the plateaus. */
int ae_profile_step(const struct ae_profile *p, struct ae_profile_step *step,
    struct ae_error *err);

/* y = y0 + a exp(-x / l), least squares with the weights w; rms is that of the
 * residuals. */
struct ae_profile_decay {
    double y0, a, l, rms;
};

/* Of lengths l from shortest to a hundred times the range of x. AE_EDATA:
 * fewer than 4 values. */
int ae_profile_decay(const struct ae_profile *p, double shortest,
    struct ae_profile_decay *decay, struct ae_error *err);

#endif
