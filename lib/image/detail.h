/* SPDX-License-Identifier: BSD-2-Clause
 * detail - where an image has detail of the size of atoms.
 *
 *   e = sqrt(G_s * ((G_1 - G_s) * I)^2)
 *
 *   I    image               G_1, G_s   Gaussians of 1 pixel and of s pixels
 *   e    r.m.s. of what is finer than s pixels, over s pixels
 *   mask e above Otsu's threshold times a factor, the largest part of it, its
 *        convex hull, grown by s
 *
 * A support film may be as bright as a particle, but it is smooth; a particle
 * whose atoms are resolved is not. G_1 takes off the noise that is finer than
 * an atom's image can be (a pixel is at most its sigma).
 */
#ifndef AE_IMAGE_DETAIL_H
#define AE_IMAGE_DETAIL_H

#include <stddef.h>
#include "base/error.h"
#include "image/mask.h"

/* Takes out of mask[ny][nx] what has no detail, by rule's smooth (s), factor
 * and min_area. The mask stays as it is where detail does not tell:
 *  - inside, beyond 3 s of detail, e is 1.5 times that outside (both as
 *    r.m.s.): that is part of the particle, or the particle has no atoms to be
 *    seen. In white noise alone e varies by about a fifth (nine independent
 *    samples of it in G_s), and Otsu's classes differ by 1.3;
 *  - a part with a third of the detail that is within 3 s would not do so: too
 *    noisy to tell film from the particle's thin or disordered parts;
 *  - more would go than stay: thick parts of a particle show less detail;
 *  - s is below 2. */
int ae_detail_restrict(unsigned char *mask, const float *image, size_t nx,
    size_t ny, const struct ae_mask_rule *rule, struct ae_error *err);

#endif
