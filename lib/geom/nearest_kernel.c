/* SPDX-License-Identifier: BSD-2-Clause */
#include "geom/nearest_kernel.h"

#include <math.h>

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define CLONES                                                                 \
    __attribute__((                                                            \
        target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define CLONES
#endif

/* The foot on the triangle's plane when it lies inside, else the nearest of
 * the feet on the three sides; all four, without branches. */
CLONES
double ae_nearest_leaf(const struct ae_nearest_leaf *leaf, const double p[3])
{
    double square[AE_NEAREST_LEAF], best = INFINITY;
    for (int i = 0; i < AE_NEAREST_LEAF; i++) {
        double ux = leaf->u[0][i], uy = leaf->u[1][i], uz = leaf->u[2][i];
        double vx = leaf->v[0][i], vy = leaf->v[1][i], vz = leaf->v[2][i];
        double wx = p[0] - leaf->a[0][i], wy = p[1] - leaf->a[1][i];
        double wz = p[2] - leaf->a[2][i];
        double uu = leaf->uu[i], uv = leaf->uv[i], vv = leaf->vv[i];
        double uw = ux * wx + uy * wy + uz * wz;
        double vw = vx * wx + vy * wy + vz * wz;
        double s = (vv * uw - uv * vw) * leaf->per_area[i];
        double t = (uu * vw - uv * uw) * leaf->per_area[i];
        double low = s < t ? s : t;
        double over = 1 - s - t;
        low = low < over ? low : over;
        double x = wx - s * ux - t * vx, y = wy - s * uy - t * vy;
        double z = wz - s * uz - t * vz;
        double on_face = low >= 0 ? x * x + y * y + z * z : INFINITY;
        s = uw * leaf->per_u[i];
        s = s > 0 ? s : 0;
        s = s < 1 ? s : 1;
        x = wx - s * ux, y = wy - s * uy, z = wz - s * uz;
        double on_side = x * x + y * y + z * z;
        t = vw * leaf->per_v[i];
        t = t > 0 ? t : 0;
        t = t < 1 ? t : 1;
        x = wx - t * vx, y = wy - t * vy, z = wz - t * vz;
        double other = x * x + y * y + z * z;
        on_side = other < on_side ? other : on_side;
        t = (vw - uw + uu - uv) * leaf->per_side[i];
        t = t > 0 ? t : 0;
        t = t < 1 ? t : 1;
        s = 1 - t;
        x = wx - s * ux - t * vx, y = wy - s * uy - t * vy;
        z = wz - s * uz - t * vz;
        other = x * x + y * y + z * z;
        on_side = other < on_side ? other : on_side;
        /* on_face is NaN when flat, and then not smaller */
        square[i] = on_face < on_side ? on_face : on_side;
    }
    for (int i = 0; i < AE_NEAREST_LEAF; i++)
        best = square[i] < best ? square[i] : best;
    return best;
}
