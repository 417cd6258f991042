/* SPDX-License-Identifier: BSD-2-Clause
 * vol - an image, a tilt stack, raw frames or a volume, with its geometry.
 *
 * Samples are float, fastest axis first: image [y][x], stack [tilt][y][x],
 * frames [tilt][frame][y][x], volume [z][y][x]. The centre sample of every
 * axis is index floor(n/2); projectors rotate about it.
 */
#ifndef AE_BASE_VOL_H
#define AE_BASE_VOL_H

#include <stddef.h>
#include "base/error.h"
#include "base/keys.h"

enum ae_kind { AE_IMAGE, AE_STACK, AE_FRAMES, AE_VOLUME };

struct ae_vol {
	enum ae_kind kind;
	int dim;            /* 2 image, 3 stack or volume, 4 frames */
	size_t n[4];        /* samples per axis, fastest first; 1 beyond dim */
	double step[3];     /* angstrom per sample along x, y, z; 0 = unknown */
	double origin[3];   /* angstrom, coordinate of sample 0 (0.1: -floor(n/2)*step
	                       where the header gives none); samples if step is 0 */
	double centre[3];   /* angstrom, coordinate of the rotation centre, that is
	                       of sample floor(n/2): origin + floor(n/2)*step */
	double (*euler)[3]; /* [nangle] phi, theta, psi in degrees, or NULL */
	size_t nangle;      /* images of the stack; 0 without angles */
	struct ae_keys keys;/* every other key, history included */
	float *data;        /* all samples, or NULL where only the header is held */
};

/* Samples of one image, n[0] * n[1]; images, n[2] * n[3]; all samples. */
size_t ae_vol_image(const struct ae_vol *vol);
size_t ae_vol_images(const struct ae_vol *vol);
size_t ae_vol_samples(const struct ae_vol *vol);

/* to = the header of from (keys and angles copied, data NULL). */
int ae_vol_like(struct ae_vol *to, const struct ae_vol *from, struct ae_error *err);

/* Zeroed data for the sizes in n; fails on overflow or short memory. */
int ae_vol_alloc(struct ae_vol *vol, struct ae_error *err);

/* Angles: copies n triples (degrees). */
int ae_vol_set_euler(struct ae_vol *vol, size_t n, const double (*euler)[3],
	struct ae_error *err);

/* Volume header for a reconstruction of this stack: nx * ny * nz, step and
 * x, y origin of the stack, z origin -floor(nz/2)*step, keys without angles,
 * no data. */
int ae_vol_of_stack(struct ae_vol *volume, const struct ae_vol *stack, size_t nx,
	size_t ny, size_t nz, struct ae_error *err);

/* Recompute centre from origin, n and step. */
void ae_vol_set_centre(struct ae_vol *vol);

/* Free everything; works on a zeroed struct and twice. */
void ae_vol_clear(struct ae_vol *vol);

#endif
