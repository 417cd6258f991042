/* SPDX-License-Identifier: BSD-2-Clause
 * peakfit - Newton steps on a quartic that is fitted anew at each position.
 */
#include "atoms/peakfit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "atoms/nearpeaks.h"
#include "base/mem.h"

/* A step this short (fine voxels) will not grow again: the remaining rounds
 * would repeat it. */
#define STILL 1e-6

static double determinant(const double h[6])
{
    return h[0] * (h[1] * h[2] - h[5] * h[5]) -
           h[3] * (h[3] * h[2] - h[5] * h[4]) +
           h[4] * (h[3] * h[5] - h[1] * h[4]);
}

static int is_peak(const double h[6], int by_determinant)
{
    int negative = determinant(h) < 0;
    if (by_determinant) {
        return negative;
    }
    return negative && h[0] < 0 && h[0] * h[1] > h[3] * h[3];
}

/* s = -H^-1 g by Cramer's rule. */
static void newton(const double h[6], const double g[3], double s[3])
{
    double det = determinant(h);
    double inverse[6] = {h[1] * h[2] - h[5] * h[5], h[0] * h[2] - h[4] * h[4],
        h[0] * h[1] - h[3] * h[3], h[4] * h[5] - h[3] * h[2],
        h[3] * h[5] - h[4] * h[1], h[3] * h[4] - h[0] * h[5]};
    s[0] = -(inverse[0] * g[0] + inverse[3] * g[1] + inverse[4] * g[2]) / det;
    s[1] = -(inverse[3] * g[0] + inverse[1] * g[1] + inverse[5] * g[2]) / det;
    s[2] = -(inverse[4] * g[0] + inverse[5] * g[1] + inverse[2] * g[2]) / det;
}

static double largest(const double v[3])
{
    return fmax(fabs(v[0]), fmax(fabs(v[1]), fabs(v[2])));
}

/* One round: fit at peak->p, step. The length of the step into *length. */
static int round_at(const struct ae_peakfit *how, const struct ae_quartic *ball,
    const double *fine_box, struct ae_peak *peak, double *length)
{
    struct ae_quartic_fit fit;
    double s[3], Q = how->max_step;
    if (ae_quartic_solve(ball, fine_box, peak->p, &fit) ||
        !is_peak(fit.hessian, how->determinant)) {
        return AE_PEAK_NONE;
    }
    newton(fit.hessian, fit.gradient, s);
    *length = largest(s);
    for (int a = 0; a < 3; a++) {
        s[a] = fmin(fmax(s[a], -Q), Q);
        peak->p[a] += s[a];
    }
    peak->height = ae_quartic_at(ball, &fit, s);
    peak->residual = peak->height != 0 ? fit.rms / fabs(peak->height) : 0;
    double trace = fit.hessian[0] + fit.hessian[1] + fit.hessian[2];
    peak->sigma = trace < 0 && peak->height > 0
                      ? sqrt(-3 * peak->height / trace)
                      : (double)how->half / 2;
    return largest(peak->p) > (double)how->half ? AE_PEAK_LEFT : AE_PEAK_OK;
}

void ae_peakfit_box(const struct ae_peakfit *how, const struct ae_quartic *ball,
    const double *fine_box, struct ae_peak *peak)
{
    long running = 0;
    *peak = (struct ae_peak){.sigma = (double)how->half / 2};
    for (long round = 1; round <= how->rounds + 1; round++) {
        double length = 0;
        peak->flag = round_at(how, ball, fine_box, peak, &length);
        if (peak->flag) {
            return;
        }
        running = length < how->max_step ? running + 1 : 0;
        long missing = how->settle - running;
        if (missing <= 0 ||
            (length < STILL && round + missing <= how->rounds + 1)) {
            return;
        }
    }
    peak->flag = AE_PEAK_RUNS;
}

/* Index coordinates from fine voxels about the maximum. */
static void place(
    const struct ae_finegrid *fine, const long at[3], struct ae_peak *peak)
{
    for (int a = 0; a < 3; a++) {
        peak->p[a] = ((double)at[a] + peak->p[a]) / (double)fine->over;
    }
    peak->sigma /= (double)fine->over;
}

static int by_index(const void *p, const void *q)
{
    const struct ae_maximum *a = *(const struct ae_maximum *const *)p;
    const struct ae_maximum *b = *(const struct ae_maximum *const *)q;
    return a->index < b->index ? -1 : a->index > b->index;
}

int ae_peakfit_all(const struct ae_finegrid *fine, const struct ae_peakfit *how,
    const struct ae_maximum *found, size_t n, struct ae_peak *peak,
    struct ae_error *err)
{
    struct ae_quartic ball;
    size_t width = (size_t)(2 * how->half + 1);
    size_t room = ae_finegrid_window_scratch(fine, how->half);
    /* in the order of the volume: windows nearby are then in the cache */
    const struct ae_maximum **order = ae_alloc(n, sizeof *order);
    int code = order ? AE_OK : AE_EMEM;
    for (size_t i = 0; i < n && order; i++) {
        order[i] = &found[i];
    }
    if (order) {
        qsort(order, n, sizeof *order, by_index);
    }
    ae_quartic_init(&ball, how->half, how->alpha);
#pragma omp parallel
    {
        double *window = ae_alloc(width * width * width, sizeof *window);
        double *scratch = ae_alloc(room, sizeof *scratch);
        if (!window || !scratch) {
#pragma omp atomic write
            code = AE_EMEM;
        }
#pragma omp for schedule(dynamic, 64)
        for (size_t k = 0; k < (order ? n : 0); k++) {
            size_t i = (size_t)(order[k] - found);
            uint64_t nx = (uint64_t)fine->end[0], ny = (uint64_t)fine->end[1];
            long at[3] = {(long)(found[i].index % nx),
                (long)(found[i].index / nx % ny),
                (long)(found[i].index / (nx * ny))};
            if (found[i].none) {
                peak[i] = (struct ae_peak){
                    .flag = AE_PEAK_NONE, .sigma = (double)how->half / 2};
                place(fine, at, &peak[i]);
            } else if (window && scratch) {
                ae_finegrid_window(fine, at, how->half, window, scratch);
                ae_peakfit_box(how, &ball, window, &peak[i]);
                place(fine, at, &peak[i]);
            }
        }
        free(window);
        free(scratch);
    }
    free(order);
    return code ? ae_fail(err, code, "no memory for the boxes of the peaks")
                : AE_OK;
}

int ae_peakfit_thin(
    struct ae_peak *peak, size_t n, double distance, struct ae_error *err)
{
    double(*p)[3] = ae_alloc(n, sizeof *p);
    unsigned char *keep = ae_alloc(n, 1);
    int code = p && keep ? AE_OK : ae_fail(err, AE_EMEM, "no memory for peaks");
    for (size_t i = 0; i < n && !code; i++) {
        memcpy(p[i], peak[i].p, sizeof p[i]);
        keep[i] = peak[i].flag == AE_PEAK_OK;
    }
    if (!code) {
        code = ae_near_thin((const double(*)[3])p, n, distance, keep, err);
    }
    for (size_t i = 0; i < n && !code; i++) {
        if (peak[i].flag == AE_PEAK_OK && !keep[i]) {
            peak[i].flag = AE_PEAK_CLOSE;
        }
    }
    free(p);
    free(keep);
    return code;
}
