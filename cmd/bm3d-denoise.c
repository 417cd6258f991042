/* SPDX-License-Identifier: BSD-2-Clause
 * bm3d-denoise - block matching and collaborative filtering.
 *
 *   groups of similar n x n blocks -> 2-D cosine and Haar transform -> shrink
 *   -> back -> weighted average of all blocks that cover a pixel
 *   pass 1: coefficients below lambda sqrt(v) become 0
 *   pass 2: times B^2/(B^2 + mu2 v), B of the result of pass 1
 *
 *   v  variance of the noise in a coefficient: exact for white noise of sigma
 *      and for noise of any power spectrum (--psd), with the covariances of
 *      blocks that overlap or lie on the same scan lines
 *
 * The block distances of the profiles are grey levels of 0..255: the image is
 * mapped to 0.15..0.85 of that range and back.
 *
 * Source: Dabov et al., IEEE Trans. Image Process. 16, 2080 (2007),
 * 10.1109/TIP.2007.901238; Makinen, Azzari, Foi, IEEE Trans. Image Process.
 * 29, 8339 (2020), 10.1109/TIP.2020.3014721. Cost: see man page.
 * reads: NRRD images, image by image     writes: the same
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "base/threads.h"
#include "base/tool.h"
#include "base/vol.h"
#include "image/bm3d.h"
#include "image/mask.h"
#include "image/noise.h"
#include "io/nrrd.h"

enum { AUTO, WHITE, CORRELATED };
static double sigma, lambda, mu2;
static int noise, profile, no_map;
static const char *psd_path;
static const struct ae_opt opts[] = {
    AE_REAL('s', "sigma", &sigma, "intensity", "0", 0, 1e30,
        "standard deviation of the noise, 0: from each image"),
    AE_CHOICE('n', "noise", &noise, "auto|white|correlated", "auto",
        "model of the noise; auto: correlated with --psd, else white"),
    AE_STR(0, "psd", &psd_path, "FILE", "",
        "power spectrum of the noise, frequency 0 first"),
    AE_CHOICE(0, "profile", &profile, "np|fast|vn|aet|mos2|lc", "np",
        "set of parameters"),
    AE_REAL(0, "lambda", &lambda, "FACTOR", "0", 0, 100,
        "threshold of pass 1 in standard deviations, 0: the profile's"),
    AE_REAL(0, "mu2", &mu2, "FACTOR", "0", 0, 1000,
        "weight of the noise in pass 2, 0: the profile's"),
    AE_FLAG(0, "no-map", &no_map,
        "the image is on grey levels of 0 to 255: do not map it there"),
    AE_END_OPTS,
};
static const struct ae_about about = {"bm3d-denoise",
    "denoise by block matching and collaborative filtering", "[FILE]", opts, 1};

/* n, step, group, window, tau, lambda or mu2, beta. np, vn, lc: Dabov et al.
 * and the authors' later defaults; aet, mos2: published with tomography of
 * amorphous metals and of MoS2 (a window of 100 there is one of 99); fast:
 * np, wider steps and narrower windows. */
enum { NP, FAST, VN };
static const struct ae_bm3d_profile profiles[] = {
    {{{8, 3, 16, 39, 3000, 2.7, 2}, {8, 3, 32, 39, 400, 1, 2}}},
    {{{8, 6, 16, 19, 3000, 2.7, 2}, {8, 6, 16, 19, 400, 1, 2}}},
    {{{8, 4, 32, 39, 25000, 2.8, 2}, {11, 6, 32, 39, 3500, 1, 2}}},
    {{{8, 2, 16, 99, 600, 2.9, 0.2}, {16, 3, 32, 99, 400, 1, 0.5}}},
    {{{20, 2, 16, 99, 600, 3.4, 0.2}, {24, 2, 16, 99, 400, 1, 0.5}}},
    {{{8, 6, 16, 25, 3000, 2.7, 2}, {8, 5, 16, 25, 400, 1, 2}}},
};
/* For --psd in place of the profile's: best of a coarse grid (1.5..3.8, 0.4..3)
 * on a particle and a column lattice of 400 x 400 with blurred, scan-line and
 * 1/f noise of sigma 25. */
#define LAMBDA_CORRELATED 2.3
#define MU2_CORRELATED    2
#define VN_SIGMA          40 /* grey levels; above it np gives way to vn */

struct spectrum {
    size_t nx, ny;
    float *psd; /* NULL: white */
};

static int read_psd(struct spectrum *s, struct ae_error *err)
{
    struct ae_vol vol = {0};
    int code = ae_nrrd_read(ae_open(psd_path), 0, &vol, err);
    double sum = 0;
    if (code)
        return code;
    s->nx = vol.n[0];
    s->ny = vol.n[1];
    s->psd = vol.data;
    vol.data = NULL;
    const size_t n = s->nx * s->ny, images = ae_vol_images(&vol);
    ae_vol_clear(&vol);
    if (images != 1)
        return ae_fail(
            err, AE_EDATA, "%s: %zu images; want one", psd_path, images);
    for (size_t i = 0; i < n; i++) {
        if (s->psd[i] < 0)
            return ae_fail(err, AE_EDATA,
                "%s: %g at sample (%zu, %zu); want no value below 0", psd_path,
                (double)s->psd[i], i % s->nx, i / s->nx);
        sum += (double)s->psd[i];
    }
    return sum > 0 ? AE_OK
                   : ae_fail(err, AE_EDATA,
                         "%s: all 0; want the power of the noise", psd_path);
}

/* The plan of the images before is kept while their noise is the same. */
struct denoiser {
    struct ae_bm3d *plan;
    double scale, sigma; /* of the plan */
};

static struct ae_bm3d_profile choose(double grey, int white)
{
    const int np = profile == NP && white && grey > VN_SIGMA;
    struct ae_bm3d_profile p = profiles[np ? VN : profile];
    if (!white) {
        p.pass[0].shrink = LAMBDA_CORRELATED;
        p.pass[1].shrink = MU2_CORRELATED;
    }
    if (lambda > 0)
        p.pass[0].shrink = lambda;
    if (mu2 > 0)
        p.pass[1].shrink = mu2;
    return p;
}

/* A plan for noise of s, in grey levels scale per unit of intensity. */
static int make_plan(struct denoiser *d, const struct spectrum *psd, double s,
    double scale, size_t nx, size_t ny, struct ae_error *err)
{
    if (d->plan && s == d->sigma && scale == d->scale)
        return AE_OK;
    ae_bm3d_free(d->plan);
    d->plan = NULL;
    d->sigma = s;
    d->scale = scale;
    const struct ae_bm3d_profile p = choose(s * scale, !psd->psd);
    const size_t reach = ae_bm3d_reach(&p), side = 2 * reach + 1;
    float *rho = ae_alloc(side * side, sizeof *rho);
    double of_psd = 1;
    if (!rho)
        return ae_fail(err, AE_EMEM, "out of memory");
    rho[reach * (side + 1)] = 1;
    int code = psd->psd ? ae_bm3d_covariance(psd->psd, psd->nx, psd->ny, reach,
                              rho, &of_psd, err)
                        : AE_OK;
    const double factor = s * scale / of_psd;
    for (size_t i = 0; i < side * side; i++)
        rho[i] = (float)((double)rho[i] * factor * factor);
    if (!code)
        code = ae_bm3d_new(&d->plan, &p, rho, reach, nx, ny, err);
    free(rho);
    return code;
}

/* Standard deviation of the noise of this image, outside the particle. */
static int find_sigma(const float *image, const struct spectrum *psd, size_t nx,
    size_t ny, double *s, struct ae_error *err)
{
    *s = sigma;
    if (sigma > 0)
        return AE_OK;
    if (psd->psd) {
        double sum = 0;
        const size_t n = psd->nx * psd->ny;
        for (size_t i = 0; i < n; i++)
            sum += (double)psd->psd[i];
        *s = sqrt(sum) / (double)n;
        return AE_OK;
    }
    unsigned char *mask = ae_alloc(nx * ny, 1);
    const struct ae_mask_rule rule = AE_MASK_RULE;
    size_t outside = 0;
    int code = mask ? ae_mask_make(mask, image, nx, ny, &rule, NULL, err)
                    : ae_fail(err, AE_EMEM, "out of memory");
    for (size_t i = 0; i < nx * ny && !code; i++)
        outside += !mask[i];
    /* too little around the particle: the whole image */
    if (!code)
        code =
            ae_noise_white(image, outside < 1000 ? NULL : mask, nx, ny, s, err);
    free(mask);
    return code;
}

static int denoise(struct denoiser *d, const struct spectrum *psd, float *image,
    float *out, size_t nx, size_t ny, double *s, struct ae_error *err)
{
    const size_t n = nx * ny;
    float low = image[0], high = image[0];
    int code = find_sigma(image, psd, nx, ny, s, err);
    for (size_t i = 0; i < n; i++) {
        low = fminf(low, image[i]);
        high = fmaxf(high, image[i]);
    }
    memcpy(out, image, n * sizeof *out);
    if (code || !(high > low) || !(*s > 0))
        return code;
    const double scale = no_map ? 1 : 0.7 * 255 / ((double)high - (double)low);
    const double shift = no_map ? 0 : 0.15 * 255 - scale * (double)low;
    code = make_plan(d, psd, *s, scale, nx, ny, err);
    for (size_t i = 0; i < n && !code; i++)
        image[i] = (float)((double)image[i] * scale + shift);
    if (!code)
        code = ae_bm3d_run(d->plan, image, out, err);
    /* the weights favour the quieter blocks: put the mean back */
    const double lost =
        code ? 0 : (ae_sum(image, n) - ae_sum(out, n)) / (double)n;
    for (size_t i = 0; i < n && !code; i++)
        out[i] = (float)(((double)out[i] + lost - shift) / scale);
    return code;
}

int main(int argc, char **argv)
{
    struct ae_nrrd *in;
    struct ae_vol head = {0};
    struct spectrum psd = {0};
    struct denoiser d = {0};
    ae_begin(&about, argc, argv);
    if (noise == CORRELATED && !*psd_path)
        ae_usage("--noise correlated needs the noise's spectrum; give --psd");
    if (noise == WHITE && *psd_path)
        ae_usage("--noise white has no spectrum; leave --psd away");
    ae_must(ae_nrrd_open(&in, ae_in(), 0, &head, ae_err()));
    if (*psd_path)
        ae_must(read_psd(&psd, ae_err()));
    const size_t n = ae_vol_image(&head), nx = head.n[0], ny = head.n[1];
    float *image = ae_alloc(n, sizeof *image), *out = ae_alloc(n, sizeof *out);
    if (!image || !out)
        ae_die("%zu x %zu pixels: out of memory", nx, ny);
    ae_history(&head.keys);
    ae_must(ae_nrrd_begin(ae_out(), &head, ae_err()));
    for (size_t k = 0; ae_must(ae_nrrd_next(in, image, ae_err())) != AE_END;
         k++) {
        double s = 0;
        if (denoise(&d, &psd, image, out, nx, ny, &s, ae_err()))
            ae_die("%s: image %zu: %s", ae_in()->name, k, ae_err()->msg);
        ae_say("image %zu: sigma %g, %s noise", k, s,
            psd.psd ? "correlated" : "white");
        ae_must(ae_nrrd_put(ae_out(), out, n, ae_err()));
        ae_progress("images", (double)(k + 1), (double)ae_vol_images(&head));
    }
    ae_bm3d_free(d.plan);
    free(psd.psd);
    free(image);
    free(out);
    ae_nrrd_free(in);
    ae_vol_clear(&head);
    return ae_end();
}
