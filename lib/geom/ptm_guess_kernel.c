/* SPDX-License-Identifier: BSD-2-Clause */
#include "geom/ptm_guess_kernel.h"

#include <string.h>
#include "math/rotation.h"

#define CLONES                                                                 \
    __attribute__((                                                            \
        target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))

void ae_ptm_guess_set(struct ae_ptm_guess *guess, enum ae_ptm_type type,
    const struct ae_ptm_template *t, const double q[4], double dist)
{
    double R[3][3];
    ae_quaternion_matrix(q, R);
    guess->type = type;
    guess->n = t->n;
    for (int k = 0; k < t->n; k++) {
        const double *w = t->w[k];
        float *to[3] = {&guess->x[k], &guess->y[k], &guess->z[k]};
        for (int a = 0; a < 3; a++)
            *to[a] = (float)(dist * (R[a][0] * w[0] + R[a][1] * w[1] +
                                        R[a][2] * w[2]));
    }
}

/* The number of the nearest site stands in the last four bits of its squared
 * distance, whose order is that of its bits. */
CLONES int ae_ptm_guess_match(const struct ae_ptm_guess *guess,
    const double (*v)[3], uint8_t match[AE_PTM_MOST])
{
    float x[16] = {0}, y[16] = {0}, z[16] = {0}, square[16];
    int32_t bits[16], least[16];
    uint8_t own[16] = {0};
    unsigned used = 0;
    int n = guess->n;
    for (int i = 0; i < n; i++) {
        x[i] = (float)v[i][0];
        y[i] = (float)v[i][1];
        z[i] = (float)v[i][2];
    }
    for (int i = 0; i < 16; i++)
        least[i] = INT32_MAX;
    for (int k = 0; k < n; k++) {
        float sx = guess->x[k], sy = guess->y[k], sz = guess->z[k];
        for (int i = 0; i < 16; i++) {
            float dx = x[i] - sx, dy = y[i] - sy, dz = z[i] - sz;
            square[i] = dx * dx + dy * dy + dz * dz;
        }
        memcpy(bits, square, sizeof bits);
        for (int i = 0; i < 16; i++) {
            int32_t one = (bits[i] & ~15) | k;
            least[i] = one < least[i] ? one : least[i];
        }
    }
    for (int i = 0; i < n; i++) {
        own[i] = (uint8_t)(least[i] & 15);
        used |= 1u << own[i];
    }
    memcpy(match, own, AE_PTM_MOST);
    return used == (1u << n) - 1;
}
