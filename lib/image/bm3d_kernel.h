/* SPDX-License-Identifier: BSD-2-Clause
 * bm3d_kernel - the hot loops of bm3d: block distances, transforms of blocks,
 * the Haar tree of a group, its variances, shrinkage, aggregation.
 *
 * A group of K blocks (a power of two) of m samples is a binary tree in heap
 * order: node 1 is the root, block t the leaf K + t. sum[2 K][m] holds the
 * normalised sums of the nodes, detail[K][m] the Haar coefficients: detail[0]
 * the mean of the group (times sqrt K), detail[i] the difference of the two
 * halves of node i. All samples are float.
 */
#ifndef AE_IMAGE_BM3D_KERNEL_H
#define AE_IMAGE_BM3D_KERNEL_H

#include <stddef.h>

/* Sums of squared differences of n x n blocks of a and b (rows of stride
 * samples) whose left column is x = 0 ... count - 1, minus offset, to
 * distance[count]. column [count + n - 1] and quad [count + n - 1] are
 * workspace. */
void ae_bm3d_distances(const float *a, const float *b, size_t stride, size_t n,
    size_t count, float offset, float *restrict column, float *restrict quad,
    float *restrict distance);

/* The same of two blocks, with no offset, summed in another order. */
float ae_bm3d_distance(const float *a, const float *b, size_t stride, size_t n);

/* The cosine transform: forward[n][n], a frequency a row, and its transpose. */
struct ae_bm3d_cosine {
    size_t n;
    float *forward, *back;
};

/* Coefficients of a block of rows of stride samples, and back. That of the
 * frequencies u along y and v along x is at ae_bm3d_place of out[n * n].
 * work[n * n]. */
size_t ae_bm3d_place(size_t n, size_t u, size_t v);
void ae_bm3d_forward(const struct ae_bm3d_cosine *c, const float *in,
    size_t stride, float *restrict work, float *restrict out);
void ae_bm3d_back(const struct ae_bm3d_cosine *c, const float *in,
    float *restrict work, float *restrict out);

/* The Haar tree: leaves to details, and back. */
void ae_bm3d_haar(float *sum, float *detail, size_t blocks, size_t m);
void ae_bm3d_haar_back(
    float *sum, const float *detail, size_t blocks, size_t m);

/* Most blocks of a group. */
enum { AE_BM3D_BLOCKS = 64 };

/* Two blocks of a group whose samples covary: cov[m], and the lowest node that
 * holds both. */
struct ae_bm3d_pair {
    const float *cov;
    size_t node;
};

/* Variances of the details from the covariances of the blocks: var[blocks][m];
 * of a leaf with itself self[m]. within [blocks][m] is workspace. */
void ae_bm3d_variances(const float *self, const struct ae_bm3d_pair *pair,
    size_t pairs, size_t blocks, size_t m, float *restrict within,
    float *restrict var);

/* Details below threshold times their standard deviation become 0; returns
 * the sum of the variances of the others. The mean level of the group,
 * detail[0][0], is kept: 0 is no likely value of it, and its noise can be
 * large along scan lines. work[m]. */
double ae_bm3d_threshold(float *detail, const float *var, size_t blocks,
    size_t m, double threshold, float *restrict work);
/* Details times W = basic^2 / (basic^2 + mu2 var); the sum of W^2 var;
 * W = 1 for the mean level. */
double ae_bm3d_wiener(float *detail, const float *basic, const float *var,
    size_t blocks, size_t m, double mu2, float *restrict work);

/* num += weight block, den += weight, on n x n samples of rows of stride. */
void ae_bm3d_add(float *num, float *den, size_t stride, const float *block,
    const float *weight, size_t n);

#endif
