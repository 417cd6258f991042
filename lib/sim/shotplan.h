/* SPDX-License-Identifier: BSD-2-Clause
 * shotplan - what a shot will cost.
 */
#ifndef AE_SIM_SHOTPLAN_H
#define AE_SIM_SHOTPLAN_H

#include "base/error.h"
#include "sim/shot.h"

/* A choice of samples and its cost. */
struct ae_shot_cost {
    struct ae_frame frame;
    size_t window;        /* samples of a wave, along x */
    double lambda, limit; /* angstrom; angle that the waves hold, radian */
    double bytes, seconds;
};

/* The cost of a program that makes `images` such shots, of `planes` images
 * each, and keeps those: memory at its peak and CPU seconds, these from the
 * measured time of one set of transmission functions and of a few probes or
 * beams, and from what the program has used so far, to plan one image. The shot
 * must be new; its first configuration is loaded. */
int ae_shot_plan(struct ae_shot *shot, size_t images, size_t planes,
    struct ae_shot_cost *cost, struct ae_error *err);
/* What it becomes with the coarsest pixels that hold this angle (radian), as
 * the number of samples tells. */
struct ae_shot_cost ae_shot_coarser(
    const struct ae_shot_cost *cost, double angle);
/* The same in words, and what a shot is, in out. */
char *ae_shot_text(const struct ae_shot *shot, char out[200]);
char *ae_shot_cost_text(const struct ae_shot_cost *cost, char out[200]);

#endif
