/* SPDX-License-Identifier: BSD-2-Clause */
#include "geom/pairs_kernel.h"

#ifdef __SSE2__
#include <emmintrin.h>
#else
#include <math.h>
#endif

#define CLONES                                                                 \
    __attribute__((                                                            \
        target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))

/* Square roots of n (even) numbers in place. A loop over sqrt would not be
 * vectorised, because sqrt may set errno. */
static inline void roots(double *s, size_t n)
{
#ifdef __SSE2__
    for (size_t i = 0; i < n; i += 2)
        _mm_storeu_pd(s + i, _mm_sqrt_pd(_mm_loadu_pd(s + i)));
#else
    for (size_t i = 0; i < n; i++)
        s[i] = sqrt(s[i]);
#endif
}

CLONES
void ae_pairs_kernel(const double *x, const double *y, const double *z,
    size_t n, const double p[3], double scale, double shift, int last,
    const uint32_t *at, uint64_t *count)
{
    enum { PART = 8 * AE_PAIRS_BLOCK };
    double px = p[0], py = p[1], pz = p[2], most = last;
    for (size_t a = 0; a < n; a += PART) {
        double r[PART];
        int bin[PART];
        size_t m = n - a < PART ? n - a : PART;
        size_t full =
            (m + AE_PAIRS_BLOCK - 1) / AE_PAIRS_BLOCK * AE_PAIRS_BLOCK;
        for (size_t i = 0; i < full; i++) {
            double dx = x[a + i] - px, dy = y[a + i] - py, dz = z[a + i] - pz;
            r[i] = dx * dx + dy * dy + dz * dz;
        }
        roots(r, full);
        for (size_t i = 0; i < full; i++) {
            double b = r[i] * scale;
            b += shift;
            bin[i] = (int)(b < most ? b : most);
        }
        if (at)
            for (size_t i = 0; i < m; i++)
                count[at[a + i] + (uint32_t)bin[i]]++;
        else
            for (size_t i = 0; i < m; i++)
                count[bin[i]]++;
    }
}
