/* SPDX-License-Identifier: BSD-2-Clause
 * tomo_kernel - the inner loops of tomo, for float and double.
 *
 * Packed volume [z][x][lanes_y], packed image [u][lanes_v]. On the fast path
 * lane i of both is the same slice. In general an image has one row u and one
 * lane v of zeros before and after the frame, so that a sub-sample at its edge
 * needs no test; what is written there is cleared. next is a second image of
 * the same size, for what belongs one lane further on.
 */
#ifndef AE_TOMO_TOMO_KERNEL_H
#define AE_TOMO_TOMO_KERNEL_H

#include <stddef.h>

struct ae_tomo_shape { /* padded lanes of a volume hold 0 */
    size_t nx, ny, nz, nu, nv;
    size_t lanes_y, lanes_v; /* padded to a multiple of 16 */
    size_t active;           /* lanes in use */
    int subsample;           /* 1 or 4 (8: the kernel along y is apart) */
};

struct ae_tile {
    size_t x0, x1, z0, z1; /* x0 <= x < x1, z0 <= z < z1 */
};

enum { AE_TILE = 16 }; /* voxels: 16 x 16 x 300 floats fit in L2 */

void ae_fast_forward_float(const struct ae_tomo_shape *s, double R[3][3],
    const struct ae_tile *tile, const float *volume, float *image);
void ae_fast_back_float(const struct ae_tomo_shape *s, double R[3][3],
    const struct ae_tile *tile, const float *image, float *volume);
void ae_general_forward_float(const struct ae_tomo_shape *s, double R[3][3],
    const struct ae_tile *tile, const float *volume, float *image, float *next);
void ae_general_back_float(const struct ae_tomo_shape *s, double R[3][3],
    const struct ae_tile *tile, const float *image, float *volume);

void ae_fast_forward_double(const struct ae_tomo_shape *s, double R[3][3],
    const struct ae_tile *tile, const double *volume, double *image);
void ae_fast_back_double(const struct ae_tomo_shape *s, double R[3][3],
    const struct ae_tile *tile, const double *image, double *volume);
void ae_general_forward_double(const struct ae_tomo_shape *s, double R[3][3],
    const struct ae_tile *tile, const double *volume, double *image,
    double *next);
void ae_general_back_double(const struct ae_tomo_shape *s, double R[3][3],
    const struct ae_tile *tile, const double *image, double *volume);

#endif
