/* SPDX-License-Identifier: BSD-2-Clause
 * bm3d - denoising by block matching and collaborative filtering, for white
 * and for correlated stationary noise.
 *
 *   d(x)   = |Z_r - Z_x|^2 / n^2 - 2 (rho(0) - rho(x - r))     block distance
 *   C_i(e) = sum_p sum_q b_i(p) b_i(q) rho(p - q + e)
 *   var_ij = sum_t sum_u h_j(t) h_j(u) C_i(x_t - x_u)          exact
 *   pass 1: coefficients below lambda sqrt(var_ij) become 0
 *   pass 2: times W = B^2 / (B^2 + mu2 var_ij), B of the result of pass 1
 *
 *   Z_x   block of n x n pixels at x      rho  autocovariance of the noise
 *   b_i   2-D cosine function i           h_j  Haar function j of the group
 *
 * The mean level of a group is neither cut nor weighted down, so that adding a
 * constant to the image adds it to the result. The expected part of the noise is taken off the distance of pass 1 only;
 * for white noise it is the same for all blocks that do not overlap. Filtered
 * blocks are averaged with weights w K(p), w = 1/sum of the variances kept, K
 * a Kaiser window. Images [ny][nx], any unit; sigma and tau in grey levels of
 * 0..255.
 *
 * Source: Dabov et al., IEEE Trans. Image Process. 16, 2080 (2007),
 * 10.1109/TIP.2007.901238; Makinen, Azzari, Foi, IEEE Trans. Image Process.
 * 29, 8339 (2020), 10.1109/TIP.2020.3014721.
 */
#ifndef AE_IMAGE_BM3D_H
#define AE_IMAGE_BM3D_H

#include <stddef.h>
#include "base/error.h"

struct ae_bm3d_pass {
    size_t n;      /* block size, pixels */
    size_t step;   /* from one reference block to the next, pixels */
    size_t group;  /* largest number of blocks in a group, a power of two */
    size_t window; /* odd, pixels, of the search */
    double tau;    /* largest distance, grey levels squared */
    double shrink; /* lambda of pass 1, mu2 of pass 2 */
    double beta;   /* of the Kaiser window */
};
struct ae_bm3d_profile {
    struct ae_bm3d_pass pass[2];
    int alone; /* leave out the covariances between blocks, to compare */
};

struct ae_bm3d; /* tables for one image size, profile and noise */

/* rho [2 reach + 1][2 reach + 1]: autocovariance of the noise, displacement
 * (-reach, -reach) first, reach >= ae_bm3d_reach(profile). An image smaller
 * than a block is AE_EDATA. */
int ae_bm3d_new(struct ae_bm3d **plan, const struct ae_bm3d_profile *profile,
    const float *rho, size_t reach, size_t nx, size_t ny, struct ae_error *err);
size_t ae_bm3d_reach(const struct ae_bm3d_profile *profile);
void ae_bm3d_free(struct ae_bm3d *plan);

/* The variances of a group: var[blocks][n * n] of blocks at x, y (pixels, at
 * most the window less 1 apart) in pass 0 or 1, Haar function by Haar
 * function (order of bm3d_kernel.h); blocks a power of two. */
int ae_bm3d_group_variances(const struct ae_bm3d *plan, int pass,
    const long (*xy)[2], size_t blocks, float *var, struct ae_error *err);
/* The coefficients of the same group in an image [ny][nx]. */
int ae_bm3d_group_coefficients(const struct ae_bm3d *plan, int pass,
    const float *image, const long (*xy)[2], size_t blocks, float *coefficient,
    struct ae_error *err);

/* out = denoised in; the same bytes for any number of threads. out may not be
 * in. */
int ae_bm3d_run(const struct ae_bm3d *plan, const float *in, float *out,
    struct ae_error *err);

/* rho of noise with the power spectrum psd[ny][nx] (E |F n|^2 of an nx x ny
 * block, frequency 0 first): resampled to a domain that holds reach, with its
 * mean kept. *sigma is the noise's standard deviation. */
int ae_bm3d_covariance(const float *psd, size_t nx, size_t ny, size_t reach,
    float *rho, double *sigma, struct ae_error *err);

/* psd[ny][nx] at the frequency x, y of wide x high samples; bilinear, periodic. */
double ae_bm3d_resample(const float *psd, size_t nx, size_t ny, size_t wide,
    size_t high, size_t x, size_t y);

#endif
