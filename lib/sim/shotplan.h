/* SPDX-License-Identifier: BSD-2-Clause
 * shotplan - how long a shot will take.
 */
#ifndef AE_SIM_SHOTPLAN_H
#define AE_SIM_SHOTPLAN_H

#include "base/error.h"
#include "sim/shot.h"

/* CPU seconds of the whole shot, from the measured time of one set of
 * transmission functions and of a few probes or beams. The shot must be new;
 * its first configuration is loaded. */
int ae_shot_seconds(
    struct ae_shot *shot, double *seconds, struct ae_error *err);

#endif
