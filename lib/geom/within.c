/* SPDX-License-Identifier: BSD-2-Clause */
#include "geom/within.h"

enum { BLOCK = AE_WITHIN_BLOCK };

__attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
size_t
ae_within(const double *x, const double *y, const double *z, size_t a, size_t b,
    const double p[3], double square, uint32_t *hit)
{
    double px = p[0], py = p[1], pz = p[2], s[BLOCK];
    size_t n = 0;
    for (; a < b; a += BLOCK) {
        for (int i = 0; i < BLOCK; i++) {
            double dx = x[a + (size_t)i] - px, dy = y[a + (size_t)i] - py;
            double dz = z[a + (size_t)i] - pz;
            s[i] = dx * dx + dy * dy + dz * dz;
        }
        size_t m = b - a < BLOCK ? b - a : BLOCK;
        for (size_t i = 0; i < m; i++) {
            hit[n] = (uint32_t)(a + i);
            n += s[i] < square;
        }
    }
    return n;
}
