/* SPDX-License-Identifier: BSD-2-Clause */
#include "sim/linear.h"

#include <complex.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "math/fft.h"
#include "math/rotation.h"
#include "math/spline.h"
#include "sim/scattering.h"

/* Samples of a Gaussian centred at x (pixels, width s) on pixels first ... ;
 * returns their number, w sums to 1. The window reaches cut*s to both sides,
 * rounded outwards. */
static int window(double *w, long *first, double x, double s, double cut)
{
    *first = (long)floor(x - cut * s);
    const int n = (int)((long)ceil(x + cut * s) - *first) + 1;
    double sum = 0;
    for (int i = 0; i < n; i++) {
        const double d = ((double)(*first + i) - x) / s;
        sum += w[i] = exp(-0.5 * d * d);
    }
    for (int i = 0; i < n; i++)
        w[i] /= sum;
    return n;
}

/* wx, wy: room for 2*cut*s + 3 values each */
static void add_one(double *image, const struct ae_linear_grid *grid, double x,
    double y, double amplitude, double s, double cut, double *wx, double *wy)
{
    long x0, y0;
    const int mx = window(wx, &x0, x, s, cut), my = window(wy, &y0, y, s, cut);
    for (int j = 0; j < my; j++) {
        if (y0 + j < 0 || y0 + j >= (long)grid->ny)
            continue;
        double *row = image + (size_t)(y0 + j) * grid->nx;
        for (int i = 0; i < mx; i++)
            if (x0 + i >= 0 && x0 + i < (long)grid->nx)
                row[x0 + i] += amplitude * wy[j] * wx[i];
    }
}

int ae_linear_gauss(double *image, const struct ae_linear_grid *grid,
    const double (*pos)[3], const double *amplitude, size_t n, double R[3][3],
    double sigma, double cut)
{
    const double s = sigma / grid->pixel, reach = cut * s + 1;
    const size_t room = (size_t)(2 * reach) + 2;
    double *w = ae_alloc(room, 2 * sizeof *w);
    if (!w)
        return AE_EMEM;
    for (size_t j = 0; j < n; j++) {
        double r[3];
        ae_rotate(r, R, pos[j]);
        const double x = (double)(grid->nx / 2) + r[0] / grid->pixel;
        const double y = (double)(grid->ny / 2) + r[1] / grid->pixel;
        if (x > -reach && x < (double)grid->nx + reach && y > -reach &&
            y < (double)grid->ny + reach)
            add_one(image, grid, x, y, amplitude[j], s, cut, w, w + room);
    }
    free(w);
    return AE_OK;
}

/* angstrom; the slowest tail of the table, exp(-2 pi sqrt(b) r) with b = 0.04
 * (Ce), has fallen to 4e-6 there, so that the frame's period does not show */
static const double MARGIN = 10;

struct ae_linear_fe {
    struct ae_linear_grid grid;
    size_t nz;
    size_t nx, ny;     /* the frame with its margins, even */
    size_t left, top;  /* place of the image in it */
    double **filter;   /* [nz][ny][nx/2 + 1]: f_e exp(-B q^2) / spreading */
    struct ae_fft *to; /* 2ny * 2nx reals -> coefficients */
    struct ae_fft *back;
};

struct ae_linear_scratch {
    double *fine;           /* [2ny][2nx] delta functions, spread */
    double _Complex *wide;  /* [2ny][nx + 1] their transform */
    double _Complex *total; /* [ny][nx/2 + 1] the image's transform */
    double *frame;          /* [ny][nx] */
};

/* Transform of the cubic B-spline that spreads a point, pitch 1: sinc^4. */
static double spreading(double f)
{
    const double x = M_PI * f, sinc = x == 0 ? 1 : sin(x) / x;
    return sinc * sinc * sinc * sinc;
}

/* The Nyquist rows are 0: a sample there cannot tell +q from -q. */
static void fill_filter(
    double *filter, const struct ae_linear_fe *fe, int z, double b_factor)
{
    const size_t half = fe->nx / 2;
    for (size_t j = 0; j < fe->ny; j++) {
        const double m = (double)ae_fft_frequency(j, fe->ny);
        const double fy = m / (double)fe->ny;
        for (size_t i = 0; i < half; i++) {
            const double fx = (double)i / (double)fe->nx;
            const double q = hypot(fx, fy) / fe->grid.pixel;
            filter[j * (half + 1) + i] =
                j == fe->ny / 2
                    ? 0
                    : ae_scattering_fe(z, q) * exp(-b_factor * q * q) /
                          (spreading(fx / 2) * spreading(fy / 2) *
                              (double)fe->nx * (double)fe->ny);
        }
        filter[j * (half + 1) + half] = 0;
    }
}

static int make_plans(struct ae_linear_fe *fe, struct ae_error *err)
{
    struct ae_linear_scratch *s = NULL;
    int code = ae_linear_scratch_new(&s, fe, err);
    if (!code)
        code = ae_fft_new(&fe->to, AE_FFT_DOUBLE, AE_FFT_R2C, 2,
            (const size_t[]){2 * fe->ny, 2 * fe->nx}, s->fine, s->wide, err);
    if (!code)
        code = ae_fft_new(&fe->back, AE_FFT_DOUBLE, AE_FFT_C2R, 2,
            (const size_t[]){fe->ny, fe->nx}, s->total, s->frame, err);
    ae_linear_scratch_free(s);
    return code;
}

int ae_linear_fe_new(struct ae_linear_fe **out,
    const struct ae_linear_grid *grid, const int *z, size_t nz, double b_factor,
    struct ae_error *err)
{
    int code = AE_OK;
    *out = NULL;
    struct ae_linear_fe *fe = ae_alloc(1, sizeof *fe);
    if (!fe || !(fe->filter = ae_alloc(nz, sizeof *fe->filter))) {
        code = ae_fail(err, AE_EMEM, "out of memory");
        goto out;
    }
    const size_t margin = (size_t)ceil(MARGIN / grid->pixel);
    fe->grid = *grid;
    fe->nz = nz;
    fe->nx = ae_fft_good_even(grid->nx + 2 * margin);
    fe->ny = ae_fft_good_even(grid->ny + 2 * margin);
    fe->left = (fe->nx - grid->nx) / 2;
    fe->top = (fe->ny - grid->ny) / 2;
    for (size_t i = 0; i < nz; i++) {
        fe->filter[i] = ae_alloc(fe->ny, (fe->nx / 2 + 1) * sizeof(double));
        if (!fe->filter[i]) {
            code = ae_fail(err, AE_EMEM, "%zu x %zu pixels: out of memory",
                grid->nx, grid->ny);
            goto out;
        }
        fill_filter(fe->filter[i], fe, z[i], b_factor);
    }
    code = make_plans(fe, err);
out:
    if (code)
        ae_linear_fe_free(fe);
    else
        *out = fe;
    return code;
}

void ae_linear_fe_free(struct ae_linear_fe *fe)
{
    if (!fe)
        return;
    for (size_t i = 0; fe->filter && i < fe->nz; i++)
        free(fe->filter[i]);
    free(fe->filter);
    ae_fft_free(fe->to);
    ae_fft_free(fe->back);
    free(fe);
}

int ae_linear_scratch_new(struct ae_linear_scratch **out,
    const struct ae_linear_fe *fe, struct ae_error *err)
{
    const size_t half = fe->nx / 2 + 1;
    struct ae_linear_scratch *s = *out = ae_alloc(1, sizeof *s);
    if (s) {
        s->fine = ae_fft_alloc(2 * fe->ny, 2 * fe->nx * sizeof *s->fine);
        s->wide = ae_fft_alloc(2 * fe->ny, (fe->nx + 1) * sizeof *s->wide);
        s->total = ae_fft_alloc(fe->ny, half * sizeof *s->total);
        s->frame = ae_fft_alloc(fe->ny, fe->nx * sizeof *s->frame);
        if (s->fine && s->wide && s->total && s->frame)
            return AE_OK;
    }
    ae_linear_scratch_free(s);
    *out = NULL;
    return ae_fail(err, AE_EMEM, "%zu x %zu pixels: out of memory", fe->grid.nx,
        fe->grid.ny);
}

void ae_linear_scratch_free(struct ae_linear_scratch *s)
{
    if (!s)
        return;
    ae_fft_buffer_free(s->fine);
    ae_fft_buffer_free(s->wide);
    ae_fft_buffer_free(s->total);
    ae_fft_buffer_free(s->frame);
    free(s);
}

/* Spread a point at (x, y), pixels of the frame, onto the grid of half pixels
 * with the 4 x 4 weights of the cubic B-spline. */
static void spread(
    const struct ae_linear_fe *fe, double *fine, double x, double y)
{
    const double fx = floor(2 * x), fy = floor(2 * y);
    if (!(fx >= 1 && fx + 2 < (double)(2 * fe->nx) && fy >= 1 &&
            fy + 2 < (double)(2 * fe->ny)))
        return;
    double wx[4], wy[4];
    ae_spline_weights(2 * x - fx, wx);
    ae_spline_weights(2 * y - fy, wy);
    double *at = fine + ((size_t)fy - 1) * 2 * fe->nx + (size_t)fx - 1;
    for (size_t j = 0; j < 4; j++)
        for (size_t i = 0; i < 4; i++)
            at[j * 2 * fe->nx + i] += wy[j] * wx[i];
}

/* total += filter * the low half of wide's frequencies */
static void add_filtered(const struct ae_linear_fe *fe,
    struct ae_linear_scratch *s, const double *filter)
{
    const size_t half = fe->nx / 2 + 1;
    for (size_t j = 0; j < fe->ny; j++) {
        const double _Complex *from =
            s->wide + ae_fft_index(ae_fft_frequency(j, fe->ny), 2 * fe->ny) *
                          (fe->nx + 1);
        for (size_t i = 0; i < half; i++)
            s->total[j * half + i] += filter[j * half + i] * from[i];
    }
}

void ae_linear_fe_image(const struct ae_linear_fe *fe,
    struct ae_linear_scratch *s, double *image, const double (*pos)[3],
    const size_t *element, size_t n, double R[3][3])
{
    const struct ae_linear_grid *g = &fe->grid;
    memset(s->total, 0, fe->ny * (fe->nx / 2 + 1) * sizeof *s->total);
    for (size_t e = 0; e < fe->nz; e++) {
        memset(s->fine, 0, 4 * fe->ny * fe->nx * sizeof *s->fine);
        for (size_t j = 0; j < n; j++) {
            double r[3];
            if (element[j] != e)
                continue;
            ae_rotate(r, R, pos[j]);
            spread(fe, s->fine,
                (double)(fe->left + g->nx / 2) + r[0] / g->pixel,
                (double)(fe->top + g->ny / 2) + r[1] / g->pixel);
        }
        ae_fft_run(fe->to, s->fine, s->wide);
        add_filtered(fe, s, fe->filter[e]);
    }
    ae_fft_run(fe->back, s->total, s->frame);
    for (size_t j = 0; j < g->ny; j++)
        memcpy(image + j * g->nx, s->frame + (fe->top + j) * fe->nx + fe->left,
            g->nx * sizeof *image);
}
