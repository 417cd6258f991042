/* SPDX-License-Identifier: BSD-2-Clause
 * resire - real space iterative reconstruction: projected gradient descent on
 * 1/2 sum_k |A_k V - b_k|^2.
 *
 *   V <- S max(0, V - t/(n L) sum_k A_k^T (A_k V - b_k))
 *
 * n images, L voxels along the beam, t the step (stable below 2.09), S the
 * support. Accelerated: the same step from an extrapolated point,
 *
 *   W = S max(0, Y - t/(n L) sum A^T (A Y - b)),  a' = (1 + sqrt(1 + 4 a^2))/2,
 *   Y = W + (a - 1)/a' (W - V),  V = W,
 *
 * over all images (fista) or over M interleaved subsets of them in turn, the
 * momentum carried on (os); restarted (a = 1, Y = V) when the residual rises.
 *
 * Source: Pham et al., Sci. Rep. 13, 5624 (2023); Beck and Teboulle, SIAM J.
 * Imaging Sci. 2, 183 (2009); Kim, Ramani and Fessler, IEEE Trans. Med. Imaging
 * 34, 167 (2015).
 */
#ifndef AE_TOMO_RESIRE_H
#define AE_TOMO_RESIRE_H

#include <stdint.h>
#include "base/error.h"
#include "base/mem.h"
#include "tomo/series.h"

enum ae_resire_method { AE_RESIRE_PLAIN, AE_RESIRE_FISTA, AE_RESIRE_OS };

struct ae_resire_choice {
    enum ae_resire_method method;
    double step;    /* t */
    size_t subsets; /* M of os */
    int positivity;
};

/* What a run carries from one iteration to the next. All arrays are packed. */
struct ae_resire {
    const struct ae_series *series;
    struct ae_resire_choice choice;
    const float *support; /* or NULL; the caller's */
    float *volume;        /* V */
    float *ahead;         /* Y; NULL for the plain step */
    float *gradient;
    float *computed;   /* A V or A Y, then the residuals */
    float *before;     /* fista: A V of the iteration before */
    double a, last_sq; /* momentum; sum of squared residuals before */
    double beta;       /* fista: Y = V + beta (V - the one before) */
    double step;       /* t, halved when the plain step diverges */
    unsigned rises;    /* plain: bit i is 1 when the residual rose i ago */
    double *r1, *r2;   /* [images] of V before the last step */
};

/* Starts from V = 0; put another start into volume (and ahead). */
int ae_resire_init(struct ae_resire *r, const struct ae_series *series,
    const struct ae_resire_choice *choice, const float *support,
    struct ae_error *err);
/* One iteration. r1 and r2 then hold the R factors of V as it was before; for
 * os they cost a projection more and are made only when want_r is set.
 * Returns 1 when t was halved, else 0: the sum of squared residuals rose three
 * times in six iterations of the plain step, which a stable one never lets it
 * (one too long swings to and fro, so that every second iteration rises). */
int ae_resire_step(struct ae_resire *r, int want_r);
/* r1 and r2 of V as it is now. */
void ae_resire_residual(struct ae_resire *r);
/* r1 and r2 as a row of a report, [3 + 2 images]: the means R1 and R2 with the
 * ratio of all sums R1g between them, then r1 and r2 of each image. */
void ae_resire_row(const struct ae_resire *r, double *row);
void ae_resire_clear(struct ae_resire *r);

/* The arrays and numbers that make up the state, for a checkpoint. */
size_t ae_resire_state(struct ae_resire *r, struct ae_part part[16]);

/* Bytes that init allocates, the series not counted. */
double ae_resire_bytes(
    const struct ae_series *series, enum ae_resire_method method);

#endif
