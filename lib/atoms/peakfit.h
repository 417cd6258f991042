/* SPDX-License-Identifier: BSD-2-Clause
 * peakfit - sub-voxel positions of local maxima by repeated quartic fits.
 */
#ifndef AE_ATOMS_PEAKFIT_H
#define AE_ATOMS_PEAKFIT_H

#include <stddef.h>
#include "atoms/finegrid.h"
#include "base/error.h"
#include "math/quartic.h"

enum ae_peak_flag {
    AE_PEAK_OK = 0,
    AE_PEAK_NONE = -1,  /* the polynomial has no maximum */
    AE_PEAK_LEFT = -2,  /* moved further than the box's half width */
    AE_PEAK_CLOSE = -3, /* too close to a higher peak */
    AE_PEAK_RUNS = -4,  /* not converged */
    AE_PEAK_EDGE = -5,  /* too near a face */
    AE_PEAK_LAST = -5
};

struct ae_peak {
    double p[3];     /* index coordinates (voxels of the volume) */
    double height;   /* of the polynomial at its maximum */
    double residual; /* weighted r.m.s. of the fit / height */
    double sigma;    /* voxels: sqrt(-3 height / trace of Hessian) */
    int flag;
};

struct ae_peakfit {
    long half;           /* R: half width of the box, fine voxels */
    double alpha;        /* weights exp(-alpha |X - p|^2 / R^2) */
    double max_step;     /* Q, fine voxels */
    long settle, rounds; /* rounds below Q running; rounds in all */
    int determinant;     /* peak where det H < 0, else where H is negative
                            definite */
};

/* Positions of n maxima of the fine grid; parallel over them. Those with none
 * set get AE_PEAK_NONE, as their first round would. */
int ae_peakfit_all(const struct ae_finegrid *fine, const struct ae_peakfit *how,
    const struct ae_maximum *found, size_t n, struct ae_peak *peak,
    struct ae_error *err);

/* From one box of (2R+1)^3 fine voxels; p, sigma in fine voxels from its
 * middle. */
void ae_peakfit_box(const struct ae_peakfit *how, const struct ae_quartic *ball,
    const double *fine_box, struct ae_peak *peak);

/* In order, a peak nearer than the distance (voxels) to one kept before it
 * becomes AE_PEAK_CLOSE. */
int ae_peakfit_thin(
    struct ae_peak *peak, size_t n, double distance, struct ae_error *err);

#endif
