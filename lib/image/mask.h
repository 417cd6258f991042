/* SPDX-License-Identifier: BSD-2-Clause
 * mask - where the particle is: a 0/1 image made by Otsu's threshold.
 *
 *   smooth (Gaussian) -> Otsu's threshold x factor -> fill holes -> drop small
 *   components -> (keep the largest) -> (convex hull) -> dilate by a disk of
 *   dilate + grow r
 *
 * Otsu: 256 bins of (I - min)/(max - min); the first bin k that maximises
 * (mu_T theta_k - mu_k)^2 / (theta_k (1 - theta_k)), theta_k the share of
 * pixels in bins up to k, mu_k their first moment, mu_T the whole moment. The
 * minimum of the smoothed image is taken off first, so that a detector offset
 * does not change the mask. r is the radius of a disk of the mask's area.
 *
 * Otsu's threshold lies midway between the means of the two classes, so that it
 * leaves out the thin limb of a particle. With projected thickness sqrt(1 -
 * u^2) (a sphere) the mask of factor 0.9 ends at u = 0.944, and the limb needs
 * a growth of 0.06 r; with 1 - u (a double cone along the beam) at u = 0.775
 * and 0.29 r. A faceted particle lies between: grow = 0.17, the mean of the two.
 *
 * Particles connect by edges and corners, holes by edges. Images are [ny][nx].
 *
 * Source: Otsu, IEEE Trans. Syst. Man Cybern. 9, 62 (1979),
 * 10.1109/TSMC.1979.4310076; the chain: tilt-series preparation published with
 * Yuan et al., Nat. Mater. 21, 95 (2022), 10.1038/s41563-021-01114-z.
 */
#ifndef AE_IMAGE_MASK_H
#define AE_IMAGE_MASK_H

#include <stddef.h>
#include "base/error.h"

struct ae_mask_rule {
    double smooth;   /* pixels, sigma; 0: none */
    double factor;   /* on Otsu's threshold */
    double min_area; /* pixels in an image of 512 x 512; scaled with the area */
    double dilate;   /* pixels, radius of the disk; 0: none */
    int largest;     /* keep only the largest component */
    double grow;     /* added to dilate, in radii r of the mask */
    int hull;        /* fill each component to its convex hull */
};
/* The published settings; dilate: "slightly larger than the particle". */
#define AE_MASK_RULE                                                           \
    {                                                                          \
        3, 0.9, 3000, 10, 0, 0, 0                                              \
    }

/* mask[ny][nx] = 0 or 1; *level, unless NULL, the intensity that separates (the
 * image's unit). A constant image gives an empty mask. */
int ae_mask_make(unsigned char *mask, const float *image, size_t nx, size_t ny,
    const struct ae_mask_rule *rule, double *level, struct ae_error *err);

/* Otsu's threshold of n values, in their unit; a constant gives that value. */
double ae_mask_otsu(const float *image, size_t n);

/* Steps, in place. */
int ae_mask_fill_holes(
    unsigned char *mask, size_t nx, size_t ny, struct ae_error *err);
/* Drop components of less than min_area pixels, all but the largest when
 * largest is set (ties: the one met first). */
int ae_mask_keep(unsigned char *mask, size_t nx, size_t ny, double min_area,
    int largest, struct ae_error *err);
/* Drop components in which seed[ny][nx] is 0 everywhere. */
int ae_mask_holding(unsigned char *mask, const unsigned char *seed, size_t nx,
    size_t ny, struct ae_error *err);
/* Fills each component to its convex hull, row by row between pixel centres. */
int ae_mask_hull(
    unsigned char *mask, size_t nx, size_t ny, struct ae_error *err);
/* Every pixel within radius of a mask pixel, |d| <= radius. */
int ae_mask_dilate(unsigned char *mask, size_t nx, size_t ny, double radius,
    struct ae_error *err);
/* As far as the rule says, for its dilate and grow. */
int ae_mask_grow(unsigned char *mask, size_t nx, size_t ny,
    const struct ae_mask_rule *rule, struct ae_error *err);
/* Does it reach the first or last row or column? */
int ae_mask_touches(const unsigned char *mask, size_t nx, size_t ny);

/* Gaussian average of image over the pixels where use is 1 (NULL: all), cut at
 * ceil(3 sigma) and normalised over the samples there are; where there is none
 * within reach the value is the image's own. sigma > 0. out may be image. */
int ae_mask_smooth(float *out, const float *image, const unsigned char *use,
    size_t nx, size_t ny, double sigma, struct ae_error *err);

#endif
