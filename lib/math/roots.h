/* SPDX-License-Identifier: BSD-2-Clause
 * roots - square roots of many numbers at once.
 */
#ifndef AE_MATH_ROOTS_H
#define AE_MATH_ROOTS_H

#include <math.h>
#include <stddef.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* Square roots in place, n a multiple of 4. A loop over sqrtf would not be
 * vectorised, because sqrtf may set errno. */
static inline void ae_roots(float *s, size_t n)
{
#ifdef __SSE2__
    for (size_t i = 0; i < n; i += 4)
        _mm_storeu_ps(s + i, _mm_sqrt_ps(_mm_loadu_ps(s + i)));
#else
    for (size_t i = 0; i < n; i++)
        s[i] = sqrtf(s[i]);
#endif
}

#endif
