/* SPDX-License-Identifier: BSD-2-Clause
 * shells_kernel - solid angles of a small triangle seen from many points, by
 * its distance from each.
 */
#ifndef AE_GEOM_SHELLS_KERNEL_H
#define AE_GEOM_SHELLS_KERNEL_H

#include <stddef.h>
#include <stdint.h>

enum { AE_SHELLS_BLOCK = 8, AE_SHELLS_NODES = 7 };

/* A triangle as nodes of weight w: the integral of f over it is sum w f(x). */
struct ae_shells_tile {
    double centre[3], n[3];         /* angstrom; outward unit normal */
    float node[AE_SHELLS_NODES][3]; /* from the centre, angstrom */
    float w[AE_SHELLS_NODES];       /* angstrom^2 */
};

/* What the triangles within a shell add up to. */
struct ae_shells_sum {
    double angle; /* sum of w n.d / |d|^3, d from the point to the node */
    double cubed; /* sum of w n.d: angle times |d|^3, angstrom^3 */
};

/* Adds each node, seen from the points a ... b - 1, to sum[at[point] + bin], bin
 * = |d| scale or last where that is less; at NULL: 0. Points nearer to
 * the centre than sqrt(square) angstrom are left out. The arrays are readable
 * AE_SHELLS_BLOCK beyond b. */
void ae_shells_kernel(const double *x, const double *y, const double *z,
    const uint32_t *at, size_t a, size_t b, const struct ae_shells_tile *tile,
    double square, double scale, int last, struct ae_shells_sum *sum);

#endif
