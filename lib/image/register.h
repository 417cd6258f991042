/* SPDX-License-Identifier: BSD-2-Clause
 * register - by how much the frames of one field are displaced.
 *
 *   I_f(r) = I_0(r - d_f) + noise,  d_0 = 0      d  pixels
 *
 * 1. Every whole shift s within max_shift of frame f (A) against frame 0 (B),
 *    both smoothed by coarse_sigma: zero-mean normalised cross-correlation over
 *    the overlap Omega(s) of n pixels, which must be min_overlap of the frame
 *      gamma(s) = (C - SA SB/n)/sqrt((QA - SA^2/n)(QB - SB^2/n))
 *      C = sum B(r) A(r + s), S and Q sums of the frame and of its square
 *    C by FFT with zero padding, the rest from running sums.
 * 2. The shifts that make the frames agree most likely, noise and signal being
 *    Gaussian with spectra N(k) and S(k): the maximum of
 *      J(d) = sum_k W(k) |sum_f F_f(k) exp(2 pi i k d_f)|^2
 *      W = S/(N (N + F S))
 *    F_f: transform of the frame, moved by the shift of the pass before and
 *    tapered (Tukey window) over what all frames show. N from the frames'
 *    differences, S from their sum, averaged over neighbouring frequencies; in
 *    the first pass, where the frames are not aligned yet, from the magnitudes
 *    of the averaged cross-spectra. Frame by frame against the sum of the
 *    others: the largest value on a grid of 1/upsample within 1.5 pixels (small
 *    matrix DFT) and a parabola through its neighbours; then all together by
 *    Newton steps.
 *
 * Source: Padfield, IEEE Trans. Image Process. 21, 2706 (2012),
 * 10.1109/TIP.2012.2181402 (gamma); Guizar-Sicairos, Thurman, Fienup, Opt.
 * Lett. 33, 156 (2008), 10.1364/OL.33.000156 (matrix DFT); Hannan, Thomson,
 * Biometrika 60, 469 (1973), 10.1093/biomet/60.3.469, and Knapp, Carter, IEEE
 * Trans. ASSP 24, 320 (1976), 10.1109/TASSP.1976.1162830 (W for two signals).
 */
#ifndef AE_IMAGE_REGISTER_H
#define AE_IMAGE_REGISTER_H

#include <stddef.h>
#include "base/error.h"

enum ae_register_sub {
    AE_REGISTER_DFT,
    AE_REGISTER_PARABOLA,
    AE_REGISTER_NONE
};

struct ae_register_rule {
    double max_shift[2];      /* pixels along x, y */
    double min_overlap;       /* share of the frame */
    double coarse_sigma;      /* pixels, Gaussian of step 1; 0: none */
    enum ae_register_sub sub; /* step 2; gamma's parabola per axis; none */
    size_t upsample;          /* grid points per pixel */
    size_t passes;            /* of step 2 after the first */
};

struct ae_register_shift {
    double x, y;   /* pixels: the frame's content lies at +x, +y */
    double score;  /* gamma at its maximum, against frame 0 */
    double second; /* the next maximum, 2 pixels away or more; -1: none */
};

/* max_shift is the image's; the rest is what frame-register does by default. */
#define AE_REGISTER_RULE                                                       \
    {                                                                          \
        .min_overlap = 0.3, .coarse_sigma = 1, .upsample = 20, .passes = 2     \
    }

/* Work space for nf frames of nx x ny pixels (nf >= 2, nx, ny >= 8). */
struct ae_register;
int ae_register_new(struct ae_register **r, size_t nf, size_t nx, size_t ny,
    const struct ae_register_rule *rule, struct ae_error *err);
void ae_register_free(struct ae_register *r); /* NULL is allowed */

/* frames[nf][ny][nx] -> shift[nf]; shift[0] is 0. AE_EDATA, naming the frame:
 * a constant frame; one that is cut off at its highest value where others are
 * not; a shift at the limit; nothing in common. */
int ae_register_find(struct ae_register *r, const float *frames,
    struct ae_register_shift *shift, struct ae_error *err);

#endif
