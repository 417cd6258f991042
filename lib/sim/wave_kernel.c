/* SPDX-License-Identifier: BSD-2-Clause */
#include "sim/wave_kernel.h"

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
