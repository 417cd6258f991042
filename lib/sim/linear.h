/* SPDX-License-Identifier: BSD-2-Clause
 * linear - the linear image model: an image is the sum of the atoms' profiles
 * at their projected places.
 *
 *   P(u) = sum_j A_j g(u - u_j),   (u_j, v_j, w_j) = R r_j
 *
 *   gauss  g = exp(-|u|^2 / 2 sigma^2), sampled at the pixels and scaled so
 *          that its samples sum to 1 (inside the frame or not)
 *   fe     the Fourier transform of g is f_e(q) exp(-B q^2), cut off at the
 *          pixels' Nyquist frequency 1/(2 pixel); its samples sum to f_e(0)
 *
 * u, v are image coordinates; coordinate 0 is pixel floor(n/2). Units: angstrom
 * (B: angstrom^2; q: 1/angstrom); A and f_e (angstrom) carry the contrast.
 */
#ifndef AE_SIM_LINEAR_H
#define AE_SIM_LINEAR_H

#include <stddef.h>
#include "base/error.h"

/* The pixel grid of an image. */
struct ae_linear_grid {
    size_t nx, ny;
    double pixel; /* angstrom */
};

/* Add Gaussians of width sigma (at least pixel/4), cut at +-cut*sigma rounded
 * outwards to whole pixels, to image [ny][nx]; amplitude[n] is the sum over
 * pixels of each. Atoms outside add what reaches in. AE_OK or AE_EMEM. */
int ae_linear_gauss(double *image, const struct ae_linear_grid *grid,
    const double (*pos)[3], const double *amplitude, size_t n, double R[3][3],
    double sigma, double cut);

/* The scattering-factor kernel: plans and filters, shared by threads, and the
 * scratch that each image under work needs. */
struct ae_linear_fe;
struct ae_linear_scratch;

/* z[nz] are the elements, all with ae_scattering_known. */
int ae_linear_fe_new(struct ae_linear_fe **fe,
    const struct ae_linear_grid *grid, const int *z, size_t nz, double b_factor,
    struct ae_error *err);
void ae_linear_fe_free(struct ae_linear_fe *fe);
int ae_linear_scratch_new(struct ae_linear_scratch **scratch,
    const struct ae_linear_fe *fe, struct ae_error *err);
void ae_linear_scratch_free(struct ae_linear_scratch *scratch);

/* Set image [ny][nx]; element[n] is an index into z. Atoms further than 10
 * angstrom outside the frame are left out. */
void ae_linear_fe_image(const struct ae_linear_fe *fe,
    struct ae_linear_scratch *scratch, double *image, const double (*pos)[3],
    const size_t *element, size_t n, double R[3][3]);

#endif
