/* SPDX-License-Identifier: BSD-2-Clause
 * wbp - weighted back-projection of a tilt series.
 *
 *   V(x,y,z) = sum_k w_k q_k(u,v),   (u,v) = R_k (x,y,z), read bilinearly
 *   q_k  image k, every row along u convolved with the band-limited ramp
 *        h(0) = 1/4, h(n) = -1/(pi n)^2 for odd n, 0 for even n,
 *        and multiplied in frequency nu (1/pixel) by the window
 *        W = 1 (ramlak) or 1/2 (1 + cos(pi nu / nu_c)) (hann), 0 beyond nu_c
 *   w_k  1/2 (|theta_k+1 - theta_k| + |theta_k - theta_k-1|) pi / 180 in order
 *        of angle; at the two ends the one gap there is
 *
 * A range of 180 degrees gives the density; less is not scaled up. The ramp is
 * made from its spatial kernel: |nu| sampled directly loses the mean of every
 * row.
 *
 * Source: Kak & Slaney, Principles of Computerized Tomographic Imaging (1988),
 * chapter 3, eq. 61; Radermacher, J. Electron Microsc. Tech. 9, 359 (1988).
 * Cost: one back-projection.
 * reads: tilt stack (NRRD)     writes: volume (NRRD)
 */
#include <math.h>
#include <stdlib.h>
#include "base/mem.h"
#include "base/tool.h"
#include "io/nrrd.h"
#include "math/fft.h"
#include "tomo/tomo.h"

static int window, clip0;
static double cutoff, thickness, pixel;
static const struct ae_opt opts[] = {
    AE_CHOICE(
        'w', "window", &window, "ramlak|hann", "hann", "window of the ramp"),
    AE_REAL('c', "cutoff", &cutoff, "1/PIXEL", "0.5", 0.001, 0.5,
        "frequency at which the window ends"),
    AE_REAL(0, "thickness", &thickness, "angstrom", "0", 0, 1e5,
        "size along z (0: the width of the images)"),
    AE_FLAG(0, "clip0", &clip0, "set negative values to 0"),
    AE_REAL('p', "pixel", &pixel, "angstrom", "0", 0, 1000,
        "pixel size where the header gives none"),
    AE_END_OPTS,
};
static const struct ae_about about = {
    "wbp", "weighted back-projection of a tilt series", "[FILE]", .opts = opts};

/* The gap in angle that image k stands for, radian. O(n) by looking for the
 * nearest angles above and below; of equal angles the lower index is below. */
static double angular_weight(const double (*euler)[3], size_t n, size_t k)
{
    double up = INFINITY, down = INFINITY;
    for (size_t j = 0; j < n; j++) {
        const double d = euler[j][1] - euler[k][1];
        if (d > 0 || (d == 0 && j > k))
            up = fmin(up, d);
        else if (j != k)
            down = fmin(down, -d);
    }
    if (n == 1)
        return M_PI; /* the one image stands for all angles */
    if (isinf(up))
        up = down;
    if (isinf(down))
        down = up;
    return 0.5 * (up + down) * M_PI / 180;
}

/* The transform of the windowed ramp for rows padded to m: real, m/2 + 1
 * values, with the factor 1/m of the inverse transform. */
static int ramp(double *H, size_t m, struct ae_error *err)
{
    struct ae_fft *plan;
    double _Complex *f = ae_fft_alloc(m / 2 + 1, sizeof *f);
    double *h = ae_fft_alloc(m, sizeof *h);
    if (!f || !h) {
        ae_fft_buffer_free(f);
        ae_fft_buffer_free(h);
        return ae_fail(err, AE_EMEM, "out of memory for a filter");
    }
    const int code =
        ae_fft_new(&plan, AE_FFT_DOUBLE, AE_FFT_R2C, 1, &m, h, f, err);
    if (!code) {
        h[0] = 0.25;
        for (size_t n = 1; n <= m / 2; n += 2)
            h[n] = h[m - n] = -1 / (M_PI * (double)n * M_PI * (double)n);
        ae_fft_run(plan, h, f);
        for (size_t i = 0; i <= m / 2; i++) {
            const double nu = (double)i / (double)m;
            const double W = window ? 0.5 + 0.5 * cos(M_PI * nu / cutoff) : 1;
            H[i] = nu <= cutoff ? __real__ f[i] * W / (double)m : 0;
        }
    }
    ae_fft_free(plan);
    ae_fft_buffer_free(f);
    ae_fft_buffer_free(h);
    return code;
}

struct filter {
    size_t m, row;    /* padded length; doubles per row */
    double *H, *rows; /* [m/2 + 1]; [ny][row] */
    struct ae_fft *there, *back;
};

static void filter_clear(struct filter *f)
{
    ae_fft_free(f->there);
    ae_fft_free(f->back);
    free(f->H);
    ae_fft_buffer_free(f->rows);
    *f = (struct filter){0};
}

static int filter_new(
    struct filter *f, size_t nx, size_t ny, struct ae_error *err)
{
    f->m = ae_fft_good_even(2 * nx);
    f->row = 2 * (f->m / 2 + 1);
    f->H = ae_alloc(f->m / 2 + 1, sizeof *f->H);
    f->rows = ae_fft_alloc(ny * f->row, sizeof *f->rows);
    if (!f->H || !f->rows) {
        filter_clear(f);
        return ae_fail(err, AE_EMEM, "out of memory for rows of %zu", f->m);
    }
    int code = ramp(f->H, f->m, err);
    if (!code)
        code = ae_fft_new(&f->there, AE_FFT_DOUBLE, AE_FFT_R2C, 1, &f->m,
            f->rows, f->rows, err);
    if (!code)
        code = ae_fft_new(&f->back, AE_FFT_DOUBLE, AE_FFT_C2R, 1, &f->m,
            f->rows, f->rows, err);
    if (code)
        filter_clear(f);
    return code;
}

/* image = weight times its rows convolved with the ramp */
static void filter_image(
    struct filter *f, float *image, size_t nx, size_t ny, double weight)
{
#pragma omp parallel for schedule(static)
    for (size_t y = 0; y < ny; y++) {
        double *row = f->rows + y * f->row;
        for (size_t x = 0; x < f->row; x++)
            row[x] = x < nx ? weight * image[y * nx + x] : 0;
        ae_fft_run(f->there, row, row);
        for (size_t i = 0; i < f->row; i++)
            row[i] *= f->H[i / 2];
        ae_fft_run(f->back, row, row);
        for (size_t x = 0; x < nx; x++)
            image[y * nx + x] = (float)row[x];
    }
}

/* Filter every image and add up the back-projections. */
static void reconstruct(struct ae_vol *tilts, struct ae_vol *volume)
{
    const size_t nx = tilts->n[0], ny = tilts->n[1], images = tilts->n[2];
    const struct ae_tomo_setup setup = {.kind = AE_TOMO_REAL,
        .nx = nx,
        .ny = ny,
        .nz = volume->n[2],
        .nu = nx,
        .nv = ny,
        .images = images,
        .euler = (const double(*)[3])tilts->euler,
        .subsample = 1};
    struct ae_tomo *A;
    struct filter f = {0};
    ae_must(ae_tomo_new(&A, &setup, ae_err()));
    ae_must(filter_new(&f, nx, ny, ae_err()));
    const size_t each = ae_tomo_image_samples(A);
    float *q = ae_alloc(images * each, sizeof *q);
    float *v = ae_alloc(ae_tomo_volume_samples(A), sizeof *v);
    if (!q || !v)
        ae_die(
            "out of memory for %zu x %zu x %zu voxels", nx, ny, volume->n[2]);
    for (size_t k = 0; k < images; k++) {
        float *image = tilts->data + k * nx * ny;
        filter_image(&f, image, nx, ny, angular_weight(setup.euler, images, k));
        ae_tomo_pack_image(A, image, q + k * each);
    }
    filter_clear(&f);
    ae_tomo_back(A, q, 0, 1, v);
    free(q);
    ae_must(ae_vol_alloc(volume, ae_err()));
    ae_tomo_unpack_volume(A, v, volume->data);
    free(v);
    ae_tomo_free(A);
}

/* Samples of the volume along the beam. */
static size_t depth(const struct ae_vol *tilts)
{
    if (!(thickness > 0))
        return tilts->n[0];
    ae_must(ae_need_pixel(tilts, "--thickness", ae_err()));
    const double nz = round(thickness / tilts->step[0]);
    if (!(nz >= 1 && nz <= 1e5))
        ae_usage("--thickness: %g angstrom are %g voxels", thickness, nz);
    return (size_t)nz;
}

int main(int argc, char **argv)
{
    struct ae_vol tilts = {0}, volume = {0};

    ae_begin(&about, argc, argv);
    ae_must(ae_nrrd_read(ae_in(), pixel, &tilts, ae_err()));
    ae_must(ae_need_tilts(&tilts, "wbp", ae_err()));
    ae_must(ae_vol_of_stack(
        &volume, &tilts, tilts.n[0], tilts.n[1], depth(&tilts), ae_err()));
    reconstruct(&tilts, &volume);
    for (size_t i = 0; clip0 && i < ae_vol_samples(&volume); i++)
        volume.data[i] = volume.data[i] > 0 ? volume.data[i] : 0;
    ae_history(&volume.keys);
    ae_must(ae_nrrd_write(ae_out(), &volume, ae_err()));
    ae_vol_clear(&tilts);
    ae_vol_clear(&volume);
    return ae_end();
}
