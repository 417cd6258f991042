/* SPDX-License-Identifier: BSD-2-Clause
 * sirt - simultaneous iterative reconstruction of a tilt series.
 *
 *   V <- max(0, V + C A^T R (b - A V)),     starting from V = 0
 *   A  projection of all images (as vol-project), A^T its transpose
 *   b  the images         R = 1/(A 1) per pixel     C = 1/(A^T 1) per voxel
 *      (0 where the sum is 0; 1 is the volume, or the stack, of ones)
 *
 * Without max(0, .) the weighted residual sum R (b - A V)^2 falls at every
 * step. A baseline beside resire, which converges faster.
 *
 * Source: Gilbert, J. Theor. Biol. 36, 105 (1972); in this weighting Gregor &
 * Benson, IEEE Trans. Med. Imaging 27, 918 (2008),
 * doi:10.1109/TMI.2008.923696.
 * Cost: two projections of all images per iteration; memory two volumes and
 * three stacks.
 * reads: tilt stack (NRRD)     writes: volume (NRRD), --report TSV
 */
#include <math.h>
#include <stdlib.h>
#include "base/mem.h"
#include "base/threads.h"
#include "base/tool.h"
#include "io/nrrd.h"
#include "io/tsv.h"
#include "tomo/tomo.h"

static long iterations;
static int subsample, no_positivity;
static const char *support, *report;
static double thickness, pixel;
static const struct ae_opt opts[] = {
    AE_INT('n', "iterations", &iterations, "N", "200", 1, 1e6,
        "number of iterations"),
    AE_REAL(0, "thickness", &thickness, "angstrom", "0", 0, 1e5,
        "size along z (0: the width of the images)"),
    AE_STR(0, "support", &support, "FILE", "",
        "volume that is 0 where the reconstruction is to be 0"),
    AE_FLAG(0, "no-positivity", &no_positivity, "keep negative values"),
    AE_CHOICE(
        0, "subsample", &subsample, "1|4|8", "4", "sub-samples of a voxel"),
    AE_STR('r', "report", &report, "FILE", "",
        "table of R1, R2 and the weighted residual by iteration"),
    AE_REAL('p', "pixel", &pixel, "angstrom", "0", 0, 1000,
        "pixel size where the header gives none"),
    AE_END_OPTS,
};
static const struct ae_about about = {
    "sirt", "simultaneous iterative reconstruction", "[FILE]", .opts = opts};

/* everything packed in the operator's order */
struct sirt {
    struct ae_tomo *A;
    size_t nvolume, nimage, images;
    float *V, *step;  /* [nvolume]; step is C A^T R (b - A V) */
    float *C;         /* [nvolume] */
    float *b, *R, *p; /* [images][nimage] */
    double *size;     /* [images] sum |b|, sum b^2 */
};

static void reciprocal(float *x, size_t n)
{
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < n; i++)
        x[i] = x[i] > 0 ? 1 / x[i] : 0;
}

/* Sums of |b| and b^2 per image; an image of zeros has no R1. */
static int sizes(struct sirt *s, struct ae_error *err)
{
    for (size_t k = 0; k < s->images; k++) {
        const float *b = s->b + k * s->nimage;
        s->size[2 * k] = ae_sum_abs(b, s->nimage);
        s->size[2 * k + 1] = ae_sum_sq(b, s->nimage);
        if (!(s->size[2 * k] > 0))
            return ae_fail(err, AE_EDATA,
                "image %zu is 0 everywhere; drop it (tilt-select --drop %zu)",
                k, k);
    }
    return AE_OK;
}

/* R = 1/(A 1), C = 1/(A^T 1); ones: a volume and an image of ones. */
static int weights(
    struct sirt *s, size_t nvoxel, size_t npixel, struct ae_error *err)
{
    float *ones = ae_alloc(nvoxel > npixel ? nvoxel : npixel, sizeof *ones);
    if (!ones)
        return ae_fail(err, AE_EMEM, "out of memory for %zu voxels", nvoxel);
    for (size_t i = 0; i < nvoxel || i < npixel; i++)
        ones[i] = 1;
    ae_tomo_pack_volume(s->A, ones, s->step);
    ae_tomo_forward(s->A, s->step, 0, 1, s->R);
    reciprocal(s->R, s->images * s->nimage);
    for (size_t k = 0; k < s->images; k++)
        ae_tomo_pack_image(s->A, ones, s->p + k * s->nimage);
    ae_tomo_back(s->A, s->p, 0, 1, s->C);
    reciprocal(s->C, s->nvolume);
    free(ones);
    return AE_OK;
}

static void clear(struct sirt *s)
{
    float *all[] = {s->V, s->step, s->C, s->b, s->R, s->p};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
    free(s->size);
    ae_tomo_free(s->A);
}

/* Operator, buffers, images and weights. */
static int begin(
    struct sirt *s, const struct ae_vol *tilts, size_t nz, struct ae_error *err)
{
    const struct ae_tomo_setup setup = {.kind = AE_TOMO_REAL,
        .nx = tilts->n[0],
        .ny = tilts->n[1],
        .nz = nz,
        .nu = tilts->n[0],
        .nv = tilts->n[1],
        .images = tilts->n[2],
        .euler = (const double(*)[3])tilts->euler,
        .subsample = (const int[]){1, 4, 8}[subsample]};
    int code = ae_tomo_new(&s->A, &setup, err);
    if (code)
        return code;
    const size_t n = s->nvolume = ae_tomo_volume_samples(s->A);
    s->nimage = ae_tomo_image_samples(s->A);
    s->images = tilts->n[2];
    const size_t m = s->nimage * s->images;
    s->V = ae_alloc(n, sizeof *s->V);
    s->step = ae_alloc(n, sizeof *s->step);
    s->C = ae_alloc(n, sizeof *s->C);
    s->b = ae_alloc(m, sizeof *s->b);
    s->R = ae_alloc(m, sizeof *s->R);
    s->p = ae_alloc(m, sizeof *s->p);
    s->size = ae_alloc(2 * s->images, sizeof *s->size);
    if (!s->V || !s->step || !s->C || !s->b || !s->R || !s->p || !s->size)
        return ae_fail(err, AE_EMEM, "out of memory for %zu voxels", n);
    for (size_t k = 0; k < s->images; k++)
        ae_tomo_pack_image(
            s->A, tilts->data + k * ae_vol_image(tilts), s->b + k * s->nimage);
    code = sizes(s, err);
    return code
               ? code
               : weights(s, ae_vol_image(tilts) * nz, ae_vol_image(tilts), err);
}

/* R1, R2 and the weighted residual of V before the step; then the step. */
static void iterate(struct sirt *s, double result[3])
{
    const size_t m = s->nimage * s->images;
    ae_tomo_forward(s->A, s->V, 0, 1, s->p);
    result[0] = result[1] = 0;
    for (size_t k = 0; k < s->images; k++) {
        const float *p = s->p + k * s->nimage, *b = s->b + k * s->nimage;
        result[0] += ae_sum_abs_diff(p, b, s->nimage) / s->size[2 * k];
        result[1] += sqrt(ae_sum_sq_diff(p, b, s->nimage) / s->size[2 * k + 1]);
    }
    result[0] /= (double)s->images;
    result[1] /= (double)s->images;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < m; i++) /* p - b = -r; sqrt(R) r, for its sum */
        s->p[i] = sqrtf(s->R[i]) * (s->b[i] - s->p[i]);
    result[2] = ae_sum_sq(s->p, m);
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < m; i++)
        s->p[i] *= sqrtf(s->R[i]);
    ae_tomo_back(s->A, s->p, 0, 1, s->step);
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < s->nvolume; i++) {
        const float v = s->V[i] + s->C[i] * s->step[i];
        s->V[i] = no_positivity || v > 0 ? v : 0;
    }
}

/* C = 0 outside the support: V stays 0 there. */
static void apply_support(struct sirt *s, const struct ae_vol *volume)
{
    struct ae_vol mask = {0};
    ae_must(ae_nrrd_read(ae_open(support), pixel, &mask, ae_err()));
    for (int i = 0; i < 3; i++)
        if (mask.n[i] != volume->n[i])
            ae_die("%s: sizes %zu %zu %zu are not those of the volume, %zu %zu "
                   "%zu",
                support, mask.n[0], mask.n[1], mask.n[2], volume->n[0],
                volume->n[1], volume->n[2]);
    ae_tomo_pack_volume(s->A, mask.data, s->step);
    for (size_t i = 0; i < s->nvolume; i++)
        if (s->step[i] == 0)
            s->C[i] = 0;
    ae_vol_clear(&mask);
}

static void run(struct sirt *s)
{
    FILE *table = *report ? ae_create(report) : NULL;
    double r[3] = {0};
    if (table)
        ae_tsv_head(table, "iteration\tR1\tR2\tweighted_residual");
    for (long i = 1; i <= iterations; i++) {
        iterate(s, r);
        if (table)
            ae_tsv_put(table, "drrr", i, r[0], r[1], r[2]);
        ae_progress("iterations", (double)i, (double)iterations);
    }
    ae_say("R1 %.6f, R2 %.6f before iteration %ld", r[0], r[1], iterations);
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
    struct sirt s = {0};

    ae_begin(&about, argc, argv);
    ae_must(ae_nrrd_read(ae_in(), pixel, &tilts, ae_err()));
    ae_must(ae_need_tilts(&tilts, "sirt", ae_err()));
    const size_t nz = depth(&tilts);
    ae_must(
        ae_vol_of_stack(&volume, &tilts, tilts.n[0], tilts.n[1], nz, ae_err()));
    ae_must(begin(&s, &tilts, nz, ae_err()));
    if (*support)
        apply_support(&s, &volume);
    free(tilts.data);
    tilts.data = NULL;
    run(&s);
    ae_must(ae_vol_alloc(&volume, ae_err()));
    ae_tomo_unpack_volume(s.A, s.V, volume.data);
    clear(&s);
    ae_history(&volume.keys);
    ae_must(ae_nrrd_write(ae_out(), &volume, ae_err()));
    ae_vol_clear(&volume);
    ae_vol_clear(&tilts);
    return ae_end();
}
