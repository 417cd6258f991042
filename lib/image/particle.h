/* SPDX-License-Identifier: BSD-2-Clause
 * particle - where the particle is on a film that varies.
 *
 *   mask = Otsu's mask of I - B, convex (image/mask.h), and what has detail
 *
 *   I  image
 *   B  background: the fill (image/background.h) of all but a frame
 *
 * A bright stripe of film may exceed Otsu's threshold of the image. But it goes
 * on to the border, and the particle, which is wholly in view, does not: what
 * the frame at the border says of the film is taken off before the threshold,
 * and what lies below it, darker film, counts as nothing.
 * The frame is as wide as the smoothing before the threshold, and a pixel. A
 * particle has no bays; those of its mask are dark film beside bright film, and
 * filling them costs no more than some film under the mask.
 *
 * Film at a steep tilt varies as fast as the particle, and the threshold takes
 * its bright side in and leaves the particle's dark side out. But film is smooth
 * and atoms are not (image/detail.h): what has detail of the size of atoms
 * belongs to the mask. Where Otsu's mask of I itself reaches the border, so
 * that film is as bright as the particle, parts without any detail are dropped,
 * and last what has none is left out.
 */
#ifndef AE_IMAGE_PARTICLE_H
#define AE_IMAGE_PARTICLE_H

#include <stddef.h>
#include "base/error.h"
#include "image/mask.h"

/* mask[ny][nx] = 0 or 1; across, sigma: of the fill; *level: the intensity that
 * separates, above the frame's fill. An image no larger than its frame gives an
 * empty mask. */
int ae_particle_mask(unsigned char *mask, const float *image, size_t nx,
    size_t ny, const struct ae_mask_rule *rule, double across, double sigma,
    double *level, struct ae_error *err);

#endif
