/* SPDX-License-Identifier: BSD-2-Clause */
#include "tomo/fst_kernel.h"

__attribute__((
    target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default"))) void
ae_fst_kernel_read(double *restrict sum, int lo, int hi, int first,
    const float *restrict image, int nu, int nv, double u0, double du,
    double v0, double dv)
{
    for (int i = lo; i < hi; i++) {
        const double a = first + i;
        const double u = u0 + du * a, v = v0 + dv * a;
        const int iu = (int)u, iv = (int)v;
        const float fu = (float)(u - iu), fv = (float)(v - iv);
        const int right = iu < nu - 1, down = iv < nv - 1 ? nu : 0;
        const int at = iv * nu + iu;
        const float top = image[at] + fu * (image[at + right] - image[at]);
        const float low = image[at + down] +
                          fu * (image[at + down + right] - image[at + down]);
        sum[i] += top + fv * (low - top);
    }
}
