/* SPDX-License-Identifier: BSD-2-Clause
 * finegrid - a volume oversampled on a finer grid, never held as a whole.
 *
 * Fine index w on an axis of N samples is the point w/over, w = 0 ...
 * over (N - 1); the value there is the interpolating cubic spline (or the
 * trilinear one), 0 outside. Planes and small windows are computed when asked
 * for, from coefficients that take one double per sample; a plane has the same
 * bits in whatever slab or thread it is computed.
 */
#ifndef AE_ATOMS_FINEGRID_H
#define AE_ATOMS_FINEGRID_H

#include <stddef.h>
#include <stdint.h>
#include "base/error.h"

enum ae_upsample { AE_UPSAMPLE_SPLINE, AE_UPSAMPLE_LINEAR };
enum { AE_OVERSAMPLE_MAX = 10 };

struct ae_finegrid {
    size_t coarse[3];   /* samples of the volume */
    long over;          /* fine steps per sample, 1 ... 10 */
    long first, end[3]; /* fine indices first ... end - 1 exist */
    double weight[AE_OVERSAMPLE_MAX][4]; /* of coefficients i-1 ... i+2 */
    double *coef;                        /* [nz][ny][nx] */
};

/* From samples vol[nz][ny][nx]; drop: how many of the first fine samples of
 * each axis are left out (the published codes drop over - 1). */
int ae_finegrid_new(struct ae_finegrid *fine, const float *vol,
    const size_t n[3], long over, enum ae_upsample method, long drop,
    struct ae_error *err);
void ae_finegrid_clear(struct ae_finegrid *fine);

/* Fine voxels per axis from index 0, dropped ones included. */
static inline long ae_finegrid_size(const struct ae_finegrid *fine, int axis)
{
    return fine->end[axis];
}

/* Doubles of scratch that ae_finegrid_plane needs. */
size_t ae_finegrid_scratch(const struct ae_finegrid *fine);
/* Plane w of the fine grid, [end y][end x]; zeros where no fine voxel is. */
void ae_finegrid_plane(
    const struct ae_finegrid *fine, long w, double *scratch, float *plane);

/* The (2 half + 1)^3 fine voxels about index at, x fastest; zeros outside. */
void ae_finegrid_window(const struct ae_finegrid *fine, const long at[3],
    long half, double *box, double *scratch);
/* Doubles of scratch for a window. */
size_t ae_finegrid_window_scratch(const struct ae_finegrid *fine, long half);

/* A local maximum: greater than or equal to its face neighbours (or to all 26)
 * and above a threshold; one for each plateau, the voxel of lowest index. */
struct ae_maximum {
    uint64_t index; /* (z * end[1] + y) * end[0] + x, fine grid */
    float value;
    int none; /* set by ae_peakscreen */
};

/* All local maxima by index. slab: fine planes per work item, without
 * influence on the result. The caller frees *found. */
int ae_finegrid_maxima(const struct ae_finegrid *fine, int neighbours,
    double threshold, long slab, struct ae_maximum **found, size_t *n,
    struct ae_error *err);
/* Sort by value from the highest, ties by index. */
void ae_finegrid_highest(struct ae_maximum *found, size_t n);

#endif
