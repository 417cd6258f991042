/* SPDX-License-Identifier: BSD-2-Clause
 * bm3d_levels - bm3d on images of any range, with its published profiles.
 *
 * The block distances of the profiles are grey levels of 0..255: the image is
 * mapped to 0.15..0.85 of that range and back. Its mean is kept.
 *
 * Profiles: normal: np with larger blocks in pass 1, which part signal and
 * noise better, and a flatter window, still larger for correlated noise, whose
 * spectrum they resolve; above 40 grey levels of white noise it gives way to
 * vn. fast: np, wider steps and narrower windows. np, vn, lc: Dabov et al. and
 * the authors' later defaults; aet, mos2: published with tomography of
 * amorphous metals and of MoS2 (a window of 100 there is one of 99).
 */
#ifndef AE_IMAGE_BM3D_LEVELS_H
#define AE_IMAGE_BM3D_LEVELS_H

#include <stddef.h>
#include "base/error.h"

enum ae_bm3d_name {
    AE_BM3D_NORMAL,
    AE_BM3D_FAST,
    AE_BM3D_NP,
    AE_BM3D_VN,
    AE_BM3D_AET,
    AE_BM3D_MOS2,
    AE_BM3D_LC
};

struct ae_bm3d_wish {
    int name;           /* enum ae_bm3d_name */
    int is_named;       /* normal does not give way to vn */
    double lambda, mu2; /* 0: the profile's */
    int unmapped;       /* the image is on grey levels already */
    int refilter;       /* once more, see bm3d_refilter.h */
    int anew; /* tables for each image: the spectrum's array is refilled */
};

/* Of one image, in its unit; psd[ny][nx], frequency 0 first, of any scale. */
struct ae_bm3d_noise {
    double sigma;
    const float *psd; /* NULL: flat */
    size_t nx, ny;
};

/* Tables of the images before, kept while size and noise are the same; start
 * with a zeroed struct. */
struct ae_bm3d_levels {
    struct ae_bm3d *plan;
    double scale, sigma; /* of the plan */
    const float *psd;
};

/* out = denoised image; image[ny][nx] is overwritten. */
int ae_bm3d_levels_run(struct ae_bm3d_levels *levels,
    const struct ae_bm3d_wish *wish, const struct ae_bm3d_noise *noise,
    float *image, float *out, size_t nx, size_t ny, struct ae_error *err);
void ae_bm3d_levels_clear(struct ae_bm3d_levels *levels);

#endif
