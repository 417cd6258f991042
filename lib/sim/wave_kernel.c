/* SPDX-License-Identifier: BSD-2-Clause */
#include "sim/wave_kernel.h"

#include <math.h>

#define CLONES                                                                 \
    __attribute__((                                                            \
        target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))

#define REAL       float
#define NAME(name) name##_f
#include "sim/wave_body.h"
#undef REAL
#undef NAME

#define REAL       double
#define NAME(name) name##_d
#include "sim/wave_body.h"
#undef REAL
#undef NAME

CLONES void ae_wave_phase(double *sre, double *sim, const double *ere,
    const double *eim, double cre, double cim, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        sre[i] += cre * ere[i] - cim * eim[i];
        sim[i] += cre * eim[i] + cim * ere[i];
    }
}

/* An eighth of the phase, within pi/8, by Taylor's series; squared three times.
 * u + 1 + i s is the number, so that nothing is lost where it is near 1. */
CLONES void ae_wave_change(float *t, const double *v, double sigma, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const double x = sigma * v[i];
        const double y = (x - 2 * M_PI * rint(x / (2 * M_PI))) / 8;
        const double z = y * y;
        double s =
            y * (1 - z / 6 *
                         (1 - z / 20 *
                                  (1 - z / 42 * (1 - z / 72 * (1 - z / 110)))));
        double u =
            -z / 2 *
            (1 -
                z / 12 *
                    (1 - z / 30 * (1 - z / 56 * (1 - z / 90 * (1 - z / 132)))));
        for (int k = 0; k < 3; k++) {
            const double w = 2 * u + u * u - s * s;
            s = 2 * s * (1 + u);
            u = w;
        }
        t[2 * i] = (float)u;
        t[2 * i + 1] = (float)s;
    }
}
