/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/bm3d_levels.h"

#include <math.h>
#include <stdlib.h>
#include "base/mem.h"
#include "base/threads.h"
#include "image/bm3d.h"
#include "image/bm3d_refilter.h"

/* n, step, group, window, tau, lambda or mu2, beta; the last row is normal's
 * form for correlated noise. */
enum { COLOURED = AE_BM3D_LC + 1 };
static const struct ae_bm3d_profile profiles[] = {
    {{{12, 5, 16, 39, 3000, 2.7, 1}, {8, 4, 32, 39, 400, 1, 1}}, 0},
    {{{8, 6, 16, 19, 3000, 2.7, 2}, {8, 6, 16, 19, 400, 1, 2}}, 0},
    {{{8, 3, 16, 39, 3000, 2.7, 2}, {8, 3, 32, 39, 400, 1, 2}}, 0},
    {{{8, 4, 32, 39, 25000, 2.8, 2}, {11, 6, 32, 39, 3500, 1, 2}}, 0},
    {{{8, 2, 16, 99, 600, 2.9, 0.2}, {16, 3, 32, 99, 400, 1, 0.5}}, 0},
    {{{20, 2, 16, 99, 600, 3.4, 0.2}, {24, 2, 16, 99, 400, 1, 0.5}}, 0},
    {{{8, 6, 16, 25, 3000, 2.7, 2}, {8, 5, 16, 25, 400, 1, 2}}, 0},
    {{{16, 5, 16, 39, 3000, 2.7, 1}, {8, 4, 32, 39, 400, 1.5, 1}}, 0},
};
/* mu2 for correlated noise in place of the profile's: best of 1, 1.5, 2 on a
 * particle, a column lattice and a drawn scene with three spectra. */
#define MU2_CORRELATED 1.5
#define VN_SIGMA       40 /* grey levels; above it normal gives way to vn */

static struct ae_bm3d_profile choose(
    const struct ae_bm3d_wish *wish, double grey, int white)
{
    const int loud = !wish->is_named && white && grey > VN_SIGMA;
    const int normal = white ? AE_BM3D_NORMAL : COLOURED;
    struct ae_bm3d_profile p =
        profiles[loud                           ? AE_BM3D_VN
                 : wish->name == AE_BM3D_NORMAL ? normal
                                                : wish->name];
    if (!white)
        p.pass[1].shrink = MU2_CORRELATED;
    if (wish->lambda > 0)
        p.pass[0].shrink = wish->lambda;
    if (wish->mu2 > 0)
        p.pass[1].shrink = wish->mu2;
    return p;
}

/* A plan for noise of sigma s, in grey levels scale per unit of intensity. */
static int make_plan(struct ae_bm3d_levels *d, const struct ae_bm3d_wish *wish,
    const struct ae_bm3d_noise *noise, double scale, size_t nx, size_t ny,
    struct ae_error *err)
{
    const double s = noise->sigma;
    if (d->plan && s == d->sigma && scale == d->scale && noise->psd == d->psd &&
        !wish->anew)
        return AE_OK;
    ae_bm3d_levels_clear(d);
    d->sigma = s;
    d->psd = noise->psd;
    d->scale = scale;
    const struct ae_bm3d_profile p = choose(wish, s * scale, !noise->psd);
    const size_t reach = ae_bm3d_reach(&p), side = 2 * reach + 1;
    float *rho = ae_alloc(side * side, sizeof *rho);
    double of_psd = 1;
    if (!rho)
        return ae_fail(err, AE_EMEM, "out of memory");
    rho[reach * (side + 1)] = 1;
    int code = noise->psd ? ae_bm3d_covariance(noise->psd, noise->nx, noise->ny,
                                reach, rho, &of_psd, err)
                          : AE_OK;
    const double factor = s * scale / of_psd;
    for (size_t i = 0; i < side * side; i++)
        rho[i] = (float)((double)rho[i] * factor * factor);
    if (!code)
        code = ae_bm3d_new(&d->plan, &p, rho, reach, nx, ny, err);
    free(rho);
    return code;
}

void ae_bm3d_levels_clear(struct ae_bm3d_levels *levels)
{
    ae_bm3d_free(levels->plan);
    levels->plan = NULL;
}

/* The weights favour the quieter blocks: put the mean of image back. */
static void keep_mean(const float *image, float *out, size_t n)
{
    const double lost = (ae_sum(image, n) - ae_sum(out, n)) / (double)n;
    for (size_t i = 0; i < n; i++)
        out[i] = (float)((double)out[i] + lost);
}

/* out, once more with what stands out of image - out; image is overwritten. */
static int again(const struct ae_bm3d_wish *wish,
    const struct ae_bm3d_noise *noise, double scale, float *image, float *out,
    size_t nx, size_t ny, struct ae_error *err)
{
    const double s = noise->sigma * scale;
    const struct ae_bm3d_profile p = choose(wish, s, 0);
    const size_t reach = ae_bm3d_reach(&p), side = 2 * reach + 1;
    struct ae_bm3d *plan = NULL;
    float *rho = ae_alloc(side * side, sizeof *rho);
    int code = rho ? ae_bm3d_refilter(image, out, nx, ny, noise->psd, noise->nx,
                         noise->ny, s, reach, rho, err)
                   : ae_fail(err, AE_EMEM, "out of memory");
    if (!code)
        code = ae_bm3d_new(&plan, &p, rho, reach, nx, ny, err);
    if (!code)
        code = ae_bm3d_run(plan, image, out, err);
    if (!code)
        keep_mean(image, out, nx * ny);
    ae_bm3d_free(plan);
    free(rho);
    return code == AE_END ? AE_OK : code;
}

int ae_bm3d_levels_run(struct ae_bm3d_levels *d,
    const struct ae_bm3d_wish *wish, const struct ae_bm3d_noise *noise,
    float *image, float *out, size_t nx, size_t ny, struct ae_error *err)
{
    const size_t n = nx * ny;
    float low = image[0], high = image[0];
    for (size_t i = 0; i < n; i++) {
        low = fminf(low, image[i]);
        high = fmaxf(high, image[i]);
    }
    const int raw = wish->unmapped;
    const double scale = raw ? 1 : 0.7 * 255 / ((double)high - (double)low);
    const double shift = raw ? 0 : 0.15 * 255 - scale * (double)low;
    int code = make_plan(d, wish, noise, scale, nx, ny, err);
    for (size_t i = 0; i < n && !code; i++)
        image[i] = (float)((double)image[i] * scale + shift);
    if (!code)
        code = ae_bm3d_run(d->plan, image, out, err);
    if (!code)
        keep_mean(image, out, n);
    if (!code && wish->refilter)
        code = again(wish, noise, scale, image, out, nx, ny, err);
    for (size_t i = 0; i < n && !code; i++)
        out[i] = (float)(((double)out[i] - shift) / scale);
    return code;
}
