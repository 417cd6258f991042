/* SPDX-License-Identifier: BSD-2-Clause
 * fsc - Fourier shell correlation of two volumes.
 *
 *   FSC(s) = Re sum F1 F2* / sqrt(sum |F1|^2 sum |F2|^2)
 *   F1, F2  transforms of the two volumes, after the mask
 *   sums    over the samples whose |q| rounds to s dq, dq = 1 / (N step) of
 *           the longest axis: shells of one frequency sample, 0 ... Nyquist
 *   q       spatial frequency, 1/angstrom
 *   n       samples of the shell; independent noise gives 0 +- 1/sqrt(n)
 *
 * Source: Harauz & van Heel, Optik 73, 146 (1986); the threshold 0.143:
 * Rosenthal & Henderson, J. Mol. Biol. 333, 721 (2003),
 * doi:10.1016/j.jmb.2003.07.013.
 * Cost: O(N^3 log N); memory 16 bytes per voxel and one volume of floats.
 * reads: two volumes (NRRD) of the same size     writes: TSV
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "base/tool.h"
#include "io/nrrd.h"
#include "io/tsv.h"
#include "math/fft.h"

static const char *mask;
static double radius, edge, pixel;
static const struct ae_opt opts[] = {
    AE_STR('m', "mask", &mask, "none|sphere|FILE", "none",
        "multiply both volumes by a soft sphere or by a volume of weights"),
    AE_REAL('r', "radius", &radius, "angstrom", "0", 0, 1e6,
        "radius of the sphere (0: as large as the box allows)"),
    AE_REAL('e', "edge", &edge, "FRACTION", "0.25", 0, 1,
        "outer part of the radius over which the sphere falls to 0 (Hann)"),
    AE_REAL('p', "pixel", &pixel, "angstrom", "0", 0, 1000,
        "pixel size where the header gives none"),
    AE_END_OPTS,
};
static const struct ae_about about = {
    "fsc", "Fourier shell correlation of two volumes", "A B", .opts = opts};

struct shells {
    size_t n;                        /* 0 ... n-1 */
    double dq;                       /* 1/angstrom */
    double *cross, *p1, *p2, *count; /* [n] */
};

static size_t longest(const size_t n[3])
{
    size_t m = n[0] > n[1] ? n[0] : n[1];
    return m > n[2] ? m : n[2];
}

/* data *= a sphere about the centre sample: 1 up to (1 - soft) r, then half a
 * period of a cosine to 0 at r. r in voxels. */
static void soft_sphere(float *data, const size_t n[3], double r, double soft)
{
#pragma omp parallel for schedule(static)
    for (size_t z = 0; z < n[2]; z++)
        for (size_t y = 0; y < n[1]; y++)
            for (size_t x = 0; x < n[0]; x++) {
                const double a = (double)x - (double)(n[0] / 2);
                const double b = (double)y - (double)(n[1] / 2);
                const double c = (double)z - (double)(n[2] / 2);
                const double d = sqrt(a * a + b * b + c * c) / r;
                double w = d < 1;
                if (d > 1 - soft && d < 1)
                    w = 0.5 + 0.5 * cos(M_PI * (d - 1 + soft) / soft);
                data[(z * n[1] + y) * n[0] + x] *= (float)w;
            }
}

/* Floats into a real array of doubles padded for a transform in place. */
static void widen(const float *data, const size_t n[3], double *to)
{
    const size_t row = 2 * (n[0] / 2 + 1);
    for (size_t i = 0; i < n[1] * n[2]; i++)
        for (size_t x = 0; x < n[0]; x++)
            to[i * row + x] = data[i * n[0] + x];
}

/* Add one plane kz of the two transforms to the four sums [4][n shells]. */
static void add_plane(const double *f1, const double *f2, const size_t n[3],
    size_t iz, size_t nshell, double *sum)
{
    const size_t half = n[0] / 2 + 1;
    const double size = (double)longest(n);
    const double kz = (double)ae_fft_frequency(iz, n[2]) * size / (double)n[2];
    for (size_t iy = 0; iy < n[1]; iy++) {
        const double ky =
            (double)ae_fft_frequency(iy, n[1]) * size / (double)n[1];
        for (size_t ix = 0; ix < half; ix++) {
            const double kx = (double)ix * size / (double)n[0];
            const double s = floor(sqrt(kx * kx + ky * ky + kz * kz) + 0.5);
            if (s >= (double)nshell)
                continue;
            /* the half that is not held: the same sums once more */
            const double times = ix == 0 || 2 * ix == n[0] ? 1 : 2;
            const double *a = f1 + 2 * (iy * half + ix);
            const double *b = f2 + 2 * (iy * half + ix);
            double *at = sum + (size_t)s;
            at[0] += times * (a[0] * b[0] + a[1] * b[1]);
            at[nshell] += times * (a[0] * a[0] + a[1] * a[1]);
            at[2 * nshell] += times * (b[0] * b[0] + b[1] * b[1]);
            at[3 * nshell] += times;
        }
    }
}

/* f: the two padded volumes, one after the other; transformed in place. */
static int correlate(double *f, const size_t n[3], double step,
    struct shells *shells, struct ae_error *err)
{
    const size_t plane = 2 * (n[0] / 2 + 1) * n[1], all = plane * n[2];
    const size_t m = longest(n) / 2 + 1, slow[3] = {n[2], n[1], n[0]};
    struct ae_fft *plan;
    const int code =
        ae_fft_new(&plan, AE_FFT_DOUBLE, AE_FFT_R2C, 3, slow, f, f, err);
    if (code)
        return code;
    double *part = ae_alloc(4 * m * n[2], sizeof *part);
    shells->cross = ae_alloc(4 * m, sizeof *shells->cross);
    if (!part || !shells->cross) {
        ae_fft_free(plan);
        free(part);
        return ae_fail(err, AE_EMEM, "out of memory for %zu shells", m);
    }
    ae_fft_run_many(plan, f, all * sizeof *f, f, all * sizeof *f, 2);
    ae_fft_free(plan);
#pragma omp parallel for schedule(static)
    for (size_t iz = 0; iz < n[2]; iz++)
        add_plane(
            f + iz * plane, f + all + iz * plane, n, iz, m, part + 4 * m * iz);
    for (size_t iz = 0; iz < n[2]; iz++)
        for (size_t i = 0; i < 4 * m; i++)
            shells->cross[i] += part[4 * m * iz + i];
    free(part);
    shells->n = m;
    shells->dq = 1 / ((double)longest(n) * step);
    shells->p1 = shells->cross + m;
    shells->p2 = shells->cross + 2 * m;
    shells->count = shells->cross + 3 * m;
    return AE_OK;
}

/* The curve of a shell; nan where a volume has nothing at that frequency. */
static double curve(const struct shells *s, size_t i)
{
    return s->p1[i] > 0 && s->p2[i] > 0
               ? s->cross[i] / sqrt(s->p1[i] * s->p2[i])
               : NAN;
}

/* Where the curve first falls below the threshold, linear between shells, as a
 * length in angstrom; 0 when it never does. */
static double resolution(const struct shells *s, double threshold)
{
    for (size_t i = 1; i < s->n; i++) {
        const double a = curve(s, i - 1), b = curve(s, i);
        if (b < threshold && a >= threshold)
            return 1 / (s->dq * ((double)i - 1 + (a - threshold) / (a - b)));
    }
    return 0;
}

static void write_curve(const struct shells *s)
{
    const double level[2] = {0.5, 0.143};
    ae_tsv_head(ae_out(), "shell\tq (1/A)\tfsc\tn");
    for (size_t i = 0; i < s->n; i++)
        ae_tsv_put(ae_out(), "drrd", (long)i, (double)i * s->dq, curve(s, i),
            (long)s->count[i]);
    for (int i = 0; i < 2; i++) {
        const double d = resolution(s, level[i]);
        if (d > 0)
            ae_say("falls below %g at %.4g angstrom", level[i], d);
        else
            ae_say("does not fall below %g before %.4g angstrom", level[i],
                1 / (s->dq * (double)(s->n - 1)));
    }
}

static void same_size(
    const struct ae_vol *a, const struct ae_vol *b, const char *name)
{
    if (memcmp(a->n, b->n, sizeof a->n))
        ae_die("%s: sizes %zu %zu %zu differ from %zu %zu %zu; crop or pad one",
            name, b->n[0], b->n[1], b->n[2], a->n[0], a->n[1], a->n[2]);
}

/* Multiply by the mask; weights: the mask file's volume, or empty. */
static void apply_mask(struct ae_vol *vol, const struct ae_vol *weights)
{
    if (weights->data)
        for (size_t i = 0; i < ae_vol_samples(vol); i++)
            vol->data[i] *= weights->data[i];
    if (strcmp(mask, "sphere"))
        return;
    const size_t *n = vol->n;
    size_t least = n[0] < n[1] ? n[0] : n[1];
    least = least < n[2] ? least : n[2];
    soft_sphere(vol->data, n,
        radius > 0 ? radius / vol->step[0] : 0.5 * (double)least, edge);
}

/* Read volume i, mask it and put it, as doubles, into its half of *f. */
static void read_one(
    int i, struct ae_vol *vol, struct ae_vol *weights, double **f)
{
    const char *name = ae_operand(i);
    struct ae_vol *v = &vol[i];
    ae_must(ae_nrrd_read(ae_open(name), pixel, v, ae_err()));
    ae_must(ae_need_volume(v, name, ae_err()));
    ae_must(ae_need_pixel(v, name, ae_err()));
    same_size(&vol[0], v, name);
    if (fabs(v->step[0] / vol[0].step[0] - 1) > 1e-4)
        ae_die("%s: step %g differs from %g angstrom", name, v->step[0],
            vol[0].step[0]);
    if (!i && strcmp(mask, "none") && strcmp(mask, "sphere"))
        ae_must(ae_nrrd_read(ae_open(mask), 0, weights, ae_err()));
    if (weights->data)
        same_size(v, weights, mask);
    apply_mask(v, weights);
    const size_t all = 2 * (v->n[0] / 2 + 1) * v->n[1] * v->n[2];
    if (!i && !(*f = ae_fft_alloc(2 * all, sizeof **f)))
        ae_die("out of memory for two transforms of %zu samples", all);
    widen(v->data, v->n, *f + (size_t)i * all);
    free(v->data);
    v->data = NULL;
}

int main(int argc, char **argv)
{
    struct ae_vol vol[2] = {{0}}, weights = {0};
    struct shells shells = {0};
    double *f = NULL;

    ae_begin(&about, argc, argv);
    if (strcmp(mask, "sphere") && (ae_given("radius") || ae_given("edge")))
        ae_usage("--radius and --edge go with --mask sphere");
    read_one(0, vol, &weights, &f);
    read_one(1, vol, &weights, &f);
    ae_must(correlate(f, vol[0].n, vol[0].step[0], &shells, ae_err()));
    write_curve(&shells);
    ae_fft_buffer_free(f);
    free(shells.cross);
    ae_vol_clear(&vol[0]);
    ae_vol_clear(&vol[1]);
    ae_vol_clear(&weights);
    return ae_end();
}
