/* SPDX-License-Identifier: BSD-2-Clause
 * peak_volume N ATOMS NOISE - an N^3 volume (NRRD, 0.343 A) of Gaussian atoms of
 * 0.357 A on a jittered lattice, each sample changed by a fraction of up to NOISE.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static unsigned long state = 88172645463325252UL;

static double uniform(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (double)(state >> 11) / 9007199254740992.0;
}

static void add_atom(float *v, long n, const double c[3], double sigma)
{
    long low[3], high[3];
    for (int a = 0; a < 3; a++) {
        low[a] = c[a] > 6 ? (long)c[a] - 6 : 0;
        high[a] = (long)c[a] + 7 < n ? (long)c[a] + 7 : n - 1;
    }
    for (long z = low[2]; z <= high[2]; z++) {
        for (long y = low[1]; y <= high[1]; y++) {
            for (long x = low[0]; x <= high[0]; x++) {
                double dx = (double)x - c[0], dy = (double)y - c[1];
                double dz = (double)z - c[2];
                v[(z * n + y) * n + x] +=
                    (float)(100 * exp(-(dx * dx + dy * dy + dz * dz) /
                                      (2 * sigma * sigma)));
            }
        }
    }
}

int main(int argc, char **argv)
{
    long n = argc > 1 ? strtol(argv[1], NULL, 10) : 300;
    long atoms = argc > 2 ? strtol(argv[2], NULL, 10) : 20000;
    double noise = argc > 3 ? strtod(argv[3], NULL) : 0;
    size_t samples = (size_t)(n * n * n);
    float *v = calloc(samples, sizeof *v);
    if (!v || n < 10 || atoms < 1) {
        return 1;
    }
    long m = (long)ceil(cbrt((double)atoms));
    double cell = ((double)n - 14) / (double)m;
    for (long i = 0; i < atoms; i++) {
        double c[3];
        long at[3] = {i % m, i / m % m, i / (m * m)};
        for (int a = 0; a < 3; a++) {
            c[a] = 7 + cell * ((double)at[a] + 0.5 + 0.2 * (uniform() - 0.5));
        }
        add_atom(v, n, c, 0.357 / 0.343);
    }
    for (size_t i = 0; i < samples; i++) {
        v[i] *= (float)(1 + noise * (uniform() + uniform() - 1));
    }
    printf("NRRD0005\ntype: float\ndimension: 3\nsizes: %ld %ld %ld\n"
           "endian: little\nencoding: raw\nspace dimension: 3\n"
           "space directions: (0.343,0,0) (0,0.343,0) (0,0,0.343)\n"
           "space units: \"angstrom\" \"angstrom\" \"angstrom\"\n\n",
        n, n, n);
    fwrite(v, sizeof *v, samples, stdout);
    free(v);
    return fflush(stdout) ? 1 : 0;
}
