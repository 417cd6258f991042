/* SPDX-License-Identifier: BSD-2-Clause
 * noise_model - which noise an image has: what is told of it, the rest from the
 * image itself (noise_find.h).
 *
 *   white       one standard deviation
 *   correlated  a spectrum
 *   poisson     Var z = gain (E z - offset) + read^2; sigma and psd are those
 *               of the stabilised image of vst.h
 */
#ifndef AE_IMAGE_NOISE_MODEL_H
#define AE_IMAGE_NOISE_MODEL_H

#include <stddef.h>
#include "base/error.h"
#include "image/noise.h"
#include "image/noise_find.h"

enum { AE_NOISE_AUTO, AE_NOISE_WHITE, AE_NOISE_POISSON, AE_NOISE_CORRELATED };

struct ae_noise_model {
    int kind; /* AUTO: each image's own */
    struct ae_noise noise;
    double sigma;  /* 0: from the image */
    size_t nx, ny; /* of psd */
    float *psd;    /* frequency 0 first; NULL: flat */
    int is_told;   /* noise is of options or keys, not estimated */
};

/* Fill in what *model leaves open, from image[ny][nx]; offset, read: known to
 * the user, or NULL. A spectrum points into found. AE_EDATA where the image
 * does not show the wanted kind. */
int ae_noise_model_complete(struct ae_noise_model *model,
    struct ae_noise_found *found, const float *image, size_t nx, size_t ny,
    const double *offset, const double *read, struct ae_error *err);

/* The same of an image that the model's gain has stabilised: what is left is 1
 * for one frame, less for an average, more, and correlated, where there is
 * noise that the gain does not tell. */
int ae_noise_model_stabilised(struct ae_noise_model *model,
    struct ae_noise_found *found, const float *image, size_t nx, size_t ny,
    struct ae_error *err);

#endif
