/* SPDX-License-Identifier: BSD-2-Clause
 * finegrid_kernel - the inner loops of finegrid (private to it).
 */
#ifndef AE_ATOMS_FINEGRID_KERNEL_H
#define AE_ATOMS_FINEGRID_KERNEL_H

#include <stddef.h>

/* out[i] = sum_k w[k] in[k][i] */
void ae_fine_mix(
    const double *const in[4], const double w[4], size_t n, double *out);
void ae_fine_mix_float(
    const double *const in[4], const double w[4], size_t n, float *out);

/* mark[i] = 1 where row[i] > threshold and row[i] >= each of the others:
 * other[0 ... count-1][i]; 0 else. */
void ae_fine_mark(const float *row, const float *const *other, int count,
    float threshold, size_t n, unsigned char *mark);

#endif
