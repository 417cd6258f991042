/* SPDX-License-Identifier: BSD-2-Clause
 * tomo - the projection operator A of a tilt series and its transpose.
 *
 * Real space (default): every voxel is split into sub-samples displaced by
 * +-1/4 voxel in x and z of the object frame, each carrying its share of the
 * value. A sub-sample at (a, b, e) voxels from the centre lands at
 *
 *   u = R11 a + R12 b + R13 e + floor(nu/2),
 *   v = R21 a + R22 b + R23 e + floor(nv/2),
 *   R = (Rz(phi) Ry(theta) Rx(psi))^T,
 *
 * and is shared bilinearly among the four pixels around it; what falls outside
 * the frame is dropped. Back-projection is the exact transpose. For phi = psi
 * = 0 in all images u does not depend on b, and all y slices are one problem
 * with the same weights: the fast path.
 *
 * Volumes and images are held packed, in the operator's own order, padded with
 * zeros: sums, maxima and products element by element mean the same on packed
 * arrays. The Fourier-slice pair of fst.h is reached by the same calls.
 *
 * Source: Pham et al., Sci. Rep. 13, 5624 (2023); the sub-samples are those of
 * the published real-space code of the same group.
 * Cost: 2 * 3 multiply-adds per voxel and image on the fast path.
 * Same bytes for any number of threads.
 */
#ifndef AE_TOMO_TOMO_H
#define AE_TOMO_TOMO_H

#include <stddef.h>
#include "base/error.h"

struct ae_tomo;

enum ae_tomo_kind { AE_TOMO_REAL, AE_TOMO_FST };

struct ae_tomo_setup {
    enum ae_tomo_kind kind;
    size_t nx, ny, nz; /* voxels */
    size_t nu, nv;     /* pixels of the frame */
    size_t images;
    const double (*euler)[3];  /* [images] phi, theta, psi in degrees */
    int subsample;             /* 1, 4, or 8 (also +-1/4 in y) */
    double over[3];            /* oversampling of fst along x, y, z */
    const unsigned char *rows; /* [nv] 0: a row of zeros in every image, which
                                   the fast path leaves out; NULL: all count */
};

int ae_tomo_new(struct ae_tomo **tomo, const struct ae_tomo_setup *setup,
    struct ae_error *err);
void ae_tomo_free(struct ae_tomo *tomo);

/* Samples of the packed volume, of one packed image, of all images. */
size_t ae_tomo_volume_samples(const struct ae_tomo *tomo);
size_t ae_tomo_image_samples(const struct ae_tomo *tomo);
size_t ae_tomo_images(const struct ae_tomo *tomo);
/* 1: the fast path, all slices alike. */
int ae_tomo_is_fast(const struct ae_tomo *tomo);
/* Bytes that the operator itself holds. */
double ae_tomo_bytes(const struct ae_tomo *tomo);

/* [z][y][x] to packed and back; rows that the packed form leaves out are 0. */
void ae_tomo_pack_volume(
    const struct ae_tomo *tomo, const float *volume, float *packed);
void ae_tomo_unpack_volume(
    const struct ae_tomo *tomo, const float *packed, float *volume);
/* [v][u] of one image to packed and back. */
void ae_tomo_pack_image(
    const struct ae_tomo *tomo, const float *image, float *packed);
void ae_tomo_unpack_image(
    const struct ae_tomo *tomo, const float *packed, float *image);

/* images[k] = A_k volume for k = first, first + stride, ...; the packed images
 * stand one after the other, those not named are left alone. */
void ae_tomo_forward(const struct ae_tomo *tomo, const float *volume,
    size_t first, size_t stride, float *images);
/* volume = sum over the same k of A_k^T images[k] (overwritten). */
void ae_tomo_back(const struct ae_tomo *tomo, const float *images, size_t first,
    size_t stride, float *volume);

/* The same in double, real space only, for tests of the transpose. */
void ae_tomo_forward_double(const struct ae_tomo *tomo, const double *volume,
    size_t first, size_t stride, double *images);
void ae_tomo_back_double(const struct ae_tomo *tomo, const double *images,
    size_t first, size_t stride, double *volume);

/* Size of the grid that an extended object needs: the frame's corners are
 * followed along the beam to the faces of a slab of nz samples, over all
 * orientations; ceil(2 max + 1) along x and y. */
void ae_tomo_extended(size_t nu, size_t nv, size_t nz, size_t images,
    const double (*euler)[3], size_t *nx, size_t *ny);

#endif
