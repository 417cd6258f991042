/* SPDX-License-Identifier: BSD-2-Clause */
#include "geom/pairs_kernel.h"

#include <math.h>
#include "math/roots.h"

#define CLONES                                                                 \
    __attribute__((                                                            \
        target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))

enum { BLOCK = AE_PAIRS_BLOCK, ROOM = 256 };

/* Bins in float arithmetic are off by less than this share of the last one:
 * six roundings of 2^-24. */
#define SINGLE 4e-7
/* bins; up to here the float is worth it */
#define MOST 0.01

/* Bins of n squared distances. */
static inline void exact_bins(
    const double *square, size_t n, const struct ae_pairs_bins *bins, int *bin)
{
    double most = bins->last;
    for (size_t i = 0; i < n; i++) {
        double b = sqrt(square[i]) * bins->scale;
        b += bins->shift;
        bin[i] = (int)(b < most ? b : most);
    }
}

/* The same, n a multiple of BLOCK and at most ROOM + BLOCK; in single
 * precision, but for blocks with a distance so near to the edge of a bin that
 * rounding might take it across. */
static inline void find_bins(const double *square, size_t n,
    const struct ae_pairs_bins *bins, float near, int *bin)
{
    float r[ROOM + BLOCK], scale = (float)bins->scale;
    float shift = (float)bins->shift, most = (float)bins->last + 0.5f;
    int doubts = 0;
    for (size_t i = 0; i < n; i++)
        r[i] = (float)square[i];
    ae_roots(r, n);
    for (size_t i = 0; i < n; i++) {
        float b = r[i] * scale + shift;
        b = b < most ? b : most;
        bin[i] = (int)b;
        /* from the middle of the bin */
        r[i] = fabsf(b - (float)bin[i] - 0.5f);
        doubts |= r[i] > 0.5f - near;
    }
    for (size_t i = 0; i < n && doubts; i += BLOCK) {
        float most_off = 0;
        for (size_t k = i; k < i + BLOCK; k++)
            most_off = r[k] > most_off ? r[k] : most_off;
        if (most_off > 0.5f - near)
            exact_bins(square + i, BLOCK, bins, bin + i);
    }
}

CLONES
void ae_pairs_kernel(const double *x, const double *y, const double *z,
    const size_t (*stretch)[2], size_t n, const double p[3],
    const struct ae_pairs_bins *bins, const uint32_t *at, uint64_t *count)
{
    double px = p[0], py = p[1], pz = p[2], square[ROOM + BLOCK];
    double near = SINGLE * ((double)bins->last + 1);
    uint32_t own[ROOM + BLOCK];
    size_t m = 0;
    for (size_t s = 0; s <= n; s++) {
        size_t a = s < n ? stretch[s][0] : 0, b = s < n ? stretch[s][1] : 0;
        while (a < b || (s == n && m)) {
            for (; a < b && m < ROOM; a += BLOCK) {
                for (size_t i = 0; i < BLOCK; i++) {
                    double dx = x[a + i] - px, dy = y[a + i] - py;
                    double dz = z[a + i] - pz;
                    square[m + i] = dx * dx + dy * dy + dz * dz;
                }
                for (size_t i = 0; at && i < BLOCK; i++)
                    own[m + i] = at[a + i];
                m += b - a < BLOCK ? b - a : BLOCK;
            }
            if (m < ROOM && s < n)
                continue;
            int bin[ROOM + BLOCK];
            size_t whole = m;
            for (; whole % BLOCK; whole++)
                square[whole] = 0;
            if (near < MOST)
                find_bins(square, whole, bins, (float)near, bin);
            else
                exact_bins(square, m, bins, bin);
            if (at)
                for (size_t i = 0; i < m; i++)
                    count[own[i] + (uint32_t)bin[i]]++;
            else
                for (size_t i = 0; i < m; i++)
                    count[bin[i]]++;
            m = 0;
        }
    }
}
