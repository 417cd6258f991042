/* SPDX-License-Identifier: BSD-2-Clause
 * fftpair - seconds of a forward and a backward transform of N x N complex
 * numbers in single precision by FFTW (best of several runs of 0.2 s).
 */
#include <fftw3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int main(int argc, char **argv)
{
    const int n = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 480;
    const size_t samples = (size_t)n * (size_t)n;
    fftwf_complex *a = fftwf_malloc(samples * sizeof *a);
    if (!a)
        return 1;
    memset(a, 0, samples * sizeof *a);
    fftwf_plan up = fftwf_plan_dft_2d(n, n, a, a, FFTW_FORWARD, FFTW_ESTIMATE);
    fftwf_plan down =
        fftwf_plan_dft_2d(n, n, a, a, FFTW_BACKWARD, FFTW_ESTIMATE);
    double best = 1e9;
    for (int i = 0; i < 5; i++) {
        int runs = 0;
        const double start = now();
        for (; now() - start < 0.2 || !runs; runs++) {
            fftwf_execute(up);
            fftwf_execute(down);
        }
        const double each = (now() - start) / runs;
        best = each < best ? each : best;
    }
    printf("%.6g\n", best);
    fftwf_destroy_plan(up);
    fftwf_destroy_plan(down);
    fftwf_free(a);
    return 0;
}
