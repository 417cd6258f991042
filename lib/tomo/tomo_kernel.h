/* SPDX-License-Identifier: BSD-2-Clause
 * tomo_kernel - the inner loops of tomo, for float and double.
 *
 * Packed volume [z][x][lanes_y], packed image [u][lanes_v]. On the fast path
 * lane i of both is the same slice.
 *
 * In general four sub-samples of a voxel lie at +-(a, da) and +-(b, db) from
 * (u, v). With d the distance of u from the middle one of the three rows that
 * they touch,
 *
 *   e = max(|d|, a) + max(|d|, b),   k = da clamp(d, a) + db clamp(d, b),
 *
 * their tents add up to 4 - 2 e on that row and to e -+ 2 d on those beside it;
 * weighted by the displacements in v, to -2 k and k -+ m/2 with m = sum du dv.
 * Of every share the part phi = v - floor(v) belongs to the next lane. So a
 * voxel x is six sums at one place, x, x d, x e, x phi, x phi d, x (phi e + k),
 * and working arrays of these, the rows turned into an image in the end, take
 * the place of the image. Where the sub-samples lie on both sides of a lane,
 * shares move from it up and down. Back-projection is the transpose of both
 * steps.
 *
 * Along a column v grows by nearly one a voxel: in runs of voxels of which each
 * lands as many lanes on as the last. Registers are those of the working arrays,
 * the voxels of a run being read from where they are; one that has voxels on two
 * rows is taken twice, each time for the lanes of one.
 */
#ifndef AE_TOMO_TOMO_KERNEL_H
#define AE_TOMO_TOMO_KERNEL_H

#include <stddef.h>

struct ae_tomo_shape { /* padded lanes of a volume hold 0 */
    size_t nx, ny, nz, nu, nv;
    size_t lanes_y, lanes_v; /* padded to a multiple of 16 */
    size_t lanes_w;          /* general: lanes of a row of the working arrays */
    size_t active;           /* lanes in use */
    int subsample;           /* 1, 4 or 8; on the fast path 8 counts as 4, the
                                kernel along y being apart */
};

struct ae_tile {
    size_t x0, x1, z0, z1; /* x0 <= x < x1, z0 <= z < z1 */
};

enum {
    AE_TILE = 15
}; /* voxels, of which three at a time are taken: with 300
                         lanes 15 x 15 fit in L2 */

void ae_fast_forward_float(const struct ae_tomo_shape *s, double R[3][3],
    const struct ae_tile *tile, const float *volume, float *image);
void ae_fast_back_float(const struct ae_tomo_shape *s, double R[3][3],
    const struct ae_tile *tile, const float *image, float *volume);

/* Lanes of a working array for nv of the frame; samples of all of them. */
size_t ae_general_lanes(size_t nv);
size_t ae_general_samples(const struct ae_tomo_shape *s);
/* Adds a tile of the volume to the working arrays; then makes the image. */
void ae_general_forward_float(const struct ae_tomo_shape *s, double R[3][3],
    const struct ae_tile *tile, const float *volume, float *work);
void ae_general_collect_float(
    const struct ae_tomo_shape *s, double R[3][3], float *work, float *image);
/* Makes the working arrays of an image; adds them to a tile. */
void ae_general_prepare_float(const struct ae_tomo_shape *s, double R[3][3],
    const float *image, float *work);
void ae_general_back_float(const struct ae_tomo_shape *s, double R[3][3],
    const struct ae_tile *tile, const float *work, float *volume);

void ae_fast_forward_double(const struct ae_tomo_shape *s, double R[3][3],
    const struct ae_tile *tile, const double *volume, double *image);
void ae_fast_back_double(const struct ae_tomo_shape *s, double R[3][3],
    const struct ae_tile *tile, const double *image, double *volume);
void ae_general_forward_double(const struct ae_tomo_shape *s, double R[3][3],
    const struct ae_tile *tile, const double *volume, double *work);
void ae_general_collect_double(
    const struct ae_tomo_shape *s, double R[3][3], double *work, double *image);
void ae_general_prepare_double(const struct ae_tomo_shape *s, double R[3][3],
    const double *image, double *work);
void ae_general_back_double(const struct ae_tomo_shape *s, double R[3][3],
    const struct ae_tile *tile, const double *work, double *volume);

#endif
