/* SPDX-License-Identifier: BSD-2-Clause
 * detail - where an image has detail of the size of atoms.
 *
 *   e = sqrt(G_s * d),  d = ((G_1 - G_s) * I)^2
 *
 *   I    image               G_1, G_s   Gaussians of 1 pixel and of s pixels
 *   e    r.m.s. of what is finer than s pixels, over s pixels
 *   fine e above Otsu's threshold times a factor; then, from what e is far from
 *        there, e_0, e above 2 e_0 and a third of that threshold
 *
 * A support film may be as bright as a particle, but it is smooth; a particle
 * whose atoms are resolved is not. G_1 takes off the noise that is finer than
 * an atom's image can be (a pixel is at most its sigma). In white noise alone e
 * varies by about a fifth (nine independent samples of it in G_s): 2 e_0 is
 * five of these from e_0. Otsu's threshold lies midway between film and the
 * mean detail, and leaves out the particle's limb.
 *
 * Near the border the Gaussians give a slope its own value (local linear fit),
 * otherwise a film's slope would show there as detail.
 */
#ifndef AE_IMAGE_DETAIL_H
#define AE_IMAGE_DETAIL_H

#include <stddef.h>
#include "base/error.h"
#include "image/mask.h"

/* fine[ny][nx] = 1 where there is detail, by rule's smooth (s), factor,
 * min_area and largest, each part filled to its convex hull. 0 everywhere if
 * none stands out: Otsu's threshold is at most least, e above it is on average
 * (r.m.s.) below 1.5 e_0, nothing is left to measure e_0, or s is below 2.
 * d[ny][nx] as above, *noise its mean far from detail, e_0^2. */
int ae_detail_find(unsigned char *fine, float *d, double *noise,
    const float *image, double least, size_t nx, size_t ny,
    const struct ae_mask_rule *rule, struct ae_error *err);

/* Takes out of mask[ny][nx] what is further than s from detail. The mask stays
 * as it is where detail does not tell:
 *  - inside, beyond 3 s of detail, e is 1.5 times that outside (both as
 *    r.m.s.): that is part of the particle, or the particle has no atoms to be
 *    seen. (Otsu's classes of noise alone differ by 1.3);
 *  - a part with a third of the detail that is within 3 s would not do so: too
 *    noisy to tell film from the particle's thin or disordered parts;
 *  - more would go than stay, of a mask that does not reach the border: thick
 *    parts of a particle show less detail, but it is wholly in view. */
int ae_detail_restrict(unsigned char *mask, const unsigned char *fine,
    const float *d, double noise, size_t nx, size_t ny, double s,
    struct ae_error *err);

#endif
