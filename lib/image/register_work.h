/* SPDX-License-Identifier: BSD-2-Clause
 * register_work - what the parts of image/register share, and nobody else.
 *
 *   register.c         step 1: whole shifts; the room, and the checks
 *   register_weight.c  step 2: W(k), from the frames' cross-spectra
 *   register_fine.c    step 2: the maximum of J(d)
 *
 * The equations are in image/register.h.
 */
#ifndef AE_IMAGE_REGISTER_WORK_H
#define AE_IMAGE_REGISTER_WORK_H

#include <complex.h>
#include "image/register.h"
#include "image/translate.h"
#include "math/fft.h"

#define FLAT 1e-12 /* of the largest variance over an overlap */

struct ae_register {
    struct ae_register_rule rule;
    size_t nf, nx, ny;
    /* step 1: zero-padded to the sum of the sizes */
    size_t px, py;
    double *pad;            /* [py][px] */
    double _Complex *first; /* [py][px/2 + 1] of frame 0 */
    double _Complex *other;
    double *sums[4]; /* [ny + 1][nx + 1] of A, A^2, B, B^2 */
    float *smooth[2];
    struct ae_fft *pad_forward, *pad_back;
    /* step 2: tapered frames */
    size_t mx, my, half;
    float *moved;           /* [ny][nx] */
    double *plane;          /* [my][mx] */
    double _Complex *wave;  /* [nf][my][half], then: */
    double _Complex *total; /* their sum */
    double _Complex *cross; /* [my][half] */
    double *weight;         /* [my][half], twice where -k is not in it */
    double *coherence;      /* [my][half] S/(S + N), 0 where no weight */
    double *part[3];        /* [my][half], for the weights */
    double *window[2];      /* [nx], [ny] */
    struct ae_fft *forward, *back;
    struct ae_translate *translate;
};

/* Where between -1 and 1 the parabola through three values has its top. */
double ae_register_parabola(double before, double at, double after);

/* Share of independent frequencies among those of the padded, tapered frame. */
double ae_register_independent(const struct ae_register *r);

/* r->weight and r->coherence, of frames not aligned yet and of aligned ones. */
int ae_register_first_weight(struct ae_register *r, struct ae_error *err);
int ae_register_next_weight(struct ae_register *r, struct ae_error *err);

/* One pass of step 2. */
int ae_register_pass(struct ae_register *r, const float *frames, int first,
    struct ae_register_shift *shift, struct ae_error *err);

/* How far the agreement of frame f with the others stands out, in standard
 * deviations of what frames with nothing in common would give. */
double ae_register_stands_out(struct ae_register *r, size_t f);

#endif
