/* SPDX-License-Identifier: BSD-2-Clause
 * atom-width - width of each atom of a reconstruction, and the least distance
 * between atoms that it allows.
 *
 *   f(r) = B + A exp(-|r - r0|^2 / (2 sigma^2))      (--aniso: a 3 x 3 form)
 *   d_min = d_bond - 3 sigma
 *   f  samples within --radius of the atom   r0  free within half a voxel
 *   A, B  height and base   sigma  0.1 to 1 angstrom   d_bond  bond length
 *
 * Fitted to the voxels as they are: an oversampled volume holds no more. The
 * summary's centre and width are those of a Gaussian fitted to the histogram
 * of the sigmas of the accepted atoms: ln(count) is a parabola, weighted by
 * the squared counts of the fit before.
 *
 * Source: fitting form of Yang et al., Nature 592, 60 (2021),
 * 10.1038/s41586-021-03354-0; histogram: Guo, IEEE Signal Process. Mag. 28(5),
 * 134 (2011), 10.1109/MSP.2011.941846.
 * Cost: some 10 rounds of (samples x unknowns^2 / 2) per atom.
 * reads: volume (NRRD), atoms (extended XYZ)      writes: TSV, one row an atom
 */
#include <gsl/gsl_multifit.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "atoms/gaussfit.h"
#include "base/mem.h"
#include "base/tool.h"
#include "io/nrrd.h"
#include "io/tsv.h"
#include "io/xyz.h"
#include "math/boxread.h"

#define SIGMA_LOW  0.1 /* angstrom: narrower than any atom */
#define SIGMA_HIGH 1.0 /* angstrom: wider than half a bond */

static const char *atoms_path, *summary_path;
static double radius, bond, bin, largest, pixel;
static int aniso;
static const struct ae_opt opts[] = {
    AE_STR('a', "atoms", &atoms_path, "FILE", NULL, "the atoms' positions"),
    AE_REAL('r', "radius", &radius, "angstrom", "0.85", 1e-3, 1e4,
        "samples within this of an atom are fitted"),
    AE_REAL(0, "residual", &largest, "R", "0.3", 0, 1e9,
        "accept fits with a smaller relative residual"),
    AE_REAL(0, "bond", &bond, "angstrom", "3.2", 0, 1e4,
        "bond length of the 3-sigma rule"),
    AE_REAL(0, "bin", &bin, "angstrom", "0.005", 1e-4, 10,
        "width of the histogram's bins"),
    AE_FLAG(0, "aniso", &aniso, "fit a 3 x 3 form, not one sigma"),
    AE_STR('s', "summary", &summary_path, "FILE", "",
        "write mean, spread, centre, width and d_min here (TSV)"),
    AE_REAL('p', "pixel", &pixel, "angstrom", "0", 0, 1000,
        "pixel size where the header gives none"),
    AE_END_OPTS,
};
static const struct ae_about about = {
    "atom-width", "width of each atom of a reconstruction", "[FILE]", opts, 0};

struct summary {
    size_t accepted;
    double mean, spread, centre, width; /* angstrom */
};

/* Fits of all atoms, centres in index coordinates. */
static int fit_widths(const struct ae_vol *vol, const struct ae_atoms *atoms,
    struct ae_gauss *g, struct ae_error *err)
{
    double step = vol->step[0], reach = radius / step;
    int code = AE_OK;
#pragma omp parallel
    {
        struct ae_gauss_work *work = ae_gauss_work_new(reach);
        if (!work) {
#pragma omp atomic write
            code = AE_EMEM;
        }
#pragma omp for schedule(dynamic, 64)
        for (size_t i = 0; i < atoms->n; i++) {
            if (!work) {
                continue;
            }
            ae_boxread_index(vol, atoms->pos[i], g[i].p);
            g[i].height = ae_boxread_sum(vol, g[i].p, 0, 1);
            ae_gauss_set_sigma(&g[i], radius / 2.5 / step);
            struct ae_gauss start = g[i];
            ae_gauss_fit(vol, reach, 0.5, AE_GAUSS_ROUND, NULL, 0, work, &g[i]);
            if (aniso) {
                for (int a = 0; a < 3; a++) {
                    g[i].p[a] = start.p[a];
                }
                ae_gauss_fit(
                    vol, reach, 0.5, AE_GAUSS_ELLIPSOID, NULL, 0, work, &g[i]);
            }
        }
        ae_gauss_work_free(work);
    }
    return code ? ae_fail(err, code, "no memory for the fits") : AE_OK;
}

static int is_accepted(const struct ae_gauss *g, double step)
{
    double sigma = ae_gauss_sigma(g) * step;
    return g->converged && g->residual < largest && sigma > SIGMA_LOW &&
           sigma < SIGMA_HIGH;
}

/* One fit of ln(count) = c0 + c1 x + c2 x^2; 0 when it has a maximum. */
static int parabola(
    gsl_matrix *X, const gsl_vector *w, const gsl_vector *y, gsl_vector *c)
{
    gsl_matrix *cov = gsl_matrix_alloc(3, 3);
    gsl_multifit_linear_workspace *work =
        gsl_multifit_linear_alloc(X->size1, 3);
    double chi;
    int bad =
        !cov || !work || gsl_multifit_wlinear(X, w, y, c, cov, &chi, work);
    gsl_multifit_linear_free(work);
    gsl_matrix_free(cov);
    return bad || !(gsl_vector_get(c, 2) < 0);
}

/* Centre and width of the Gaussian fitted to count[0 ... n-1] at bins
 * x = 0 ... n-1; nan where fewer than 3 bins are filled. */
static void fit_histogram(
    const double *count, size_t n, double *centre, double *width)
{
    gsl_matrix *X = gsl_matrix_alloc(n, 3);
    gsl_vector *w = gsl_vector_alloc(n), *y = gsl_vector_alloc(n);
    gsl_vector *c = gsl_vector_alloc(3);
    size_t filled = 0;
    *centre = *width = NAN;
    for (size_t i = 0; X && w && y && c && i < n; i++) {
        double x = (double)i;
        gsl_matrix_set(X, i, 0, 1);
        gsl_matrix_set(X, i, 1, x);
        gsl_matrix_set(X, i, 2, x * x);
        gsl_vector_set(y, i, count[i] > 0 ? log(count[i]) : 0);
        gsl_vector_set(w, i, count[i] * count[i]);
        filled += count[i] > 0;
    }
    for (int round = 0; round < 20 && filled >= 3; round++) {
        if (parabola(X, w, y, c)) {
            break;
        }
        double b = gsl_vector_get(c, 1), a = gsl_vector_get(c, 2);
        *centre = -b / (2 * a);
        *width = sqrt(-1 / (2 * a));
        for (size_t i = 0; i < n; i++) {
            double x = (double)i;
            double f = exp(gsl_vector_get(c, 0) + b * x + a * x * x);
            gsl_vector_set(w, i, count[i] > 0 ? f * f : 0);
        }
    }
    gsl_matrix_free(X);
    gsl_vector_free(w);
    gsl_vector_free(y);
    gsl_vector_free(c);
}

static int summarise(const struct ae_gauss *g, size_t n, double step,
    struct summary *s, struct ae_error *err)
{
    size_t bins = (size_t)(SIGMA_HIGH / bin) + 2;
    double *count = ae_alloc(bins, sizeof *count), sum = 0, squares = 0;
    *s = (struct summary){0};
    if (!count) {
        return ae_fail(err, AE_EMEM, "no memory for a histogram");
    }
    for (size_t i = 0; i < n; i++) {
        if (is_accepted(&g[i], step)) {
            double sigma = ae_gauss_sigma(&g[i]) * step;
            sum += sigma;
            count[(size_t)(sigma / bin)]++;
            s->accepted++;
        }
    }
    s->mean = s->accepted ? sum / (double)s->accepted : NAN;
    for (size_t i = 0; i < n; i++) {
        if (is_accepted(&g[i], step)) {
            double d = ae_gauss_sigma(&g[i]) * step - s->mean;
            squares += d * d;
        }
    }
    s->spread =
        s->accepted > 1 ? sqrt(squares / (double)(s->accepted - 1)) : NAN;
    fit_histogram(count, bins, &s->centre, &s->width);
    s->centre = (s->centre + 0.5) * bin;
    s->width *= bin;
    free(count);
    return AE_OK;
}

static void print_rows(
    FILE *out, const struct ae_vol *vol, const struct ae_gauss *g, size_t n)
{
    double step = vol->step[0];
    ae_tsv_head(out, aniso ? "atom\tx (A)\ty (A)\tz (A)\tsigma (A)\tA\tB\t"
                             "residual\taccepted\tsigma_x (A)\tsigma_y (A)\t"
                             "sigma_z (A)\tcov_xy (A2)\tcov_xz (A2)\t"
                             "cov_yz (A2)"
                           : "atom\tx (A)\ty (A)\tz (A)\tsigma (A)\tA\tB\t"
                             "residual\taccepted");
    for (size_t i = 0; i < n; i++) {
        const double *s = g[i].shape;
        double p[3], c[6], unit = step * step * pow(ae_gauss_sigma(&g[i]), 6);
        for (int a = 0; a < 3; a++) {
            p[a] = vol->origin[a] + g[i].p[a] * step;
        }
        /* covariance: the inverse of the shape, whose determinant is
         * sigma^-6 */
        c[0] = (s[1] * s[2] - s[5] * s[5]) * unit;
        c[1] = (s[0] * s[2] - s[4] * s[4]) * unit;
        c[2] = (s[0] * s[1] - s[3] * s[3]) * unit;
        c[3] = (s[4] * s[5] - s[3] * s[2]) * unit;
        c[4] = (s[3] * s[5] - s[4] * s[1]) * unit;
        c[5] = (s[3] * s[4] - s[0] * s[5]) * unit;
        if (aniso) {
            ae_tsv_put(out, "drrrggggdgggggg", (long)i, p[0], p[1], p[2],
                ae_gauss_sigma(&g[i]) * step, g[i].height, g[i].base,
                g[i].residual, (long)is_accepted(&g[i], step), sqrt(c[0]),
                sqrt(c[1]), sqrt(c[2]), c[3], c[4], c[5]);
        } else {
            ae_tsv_put(out, "drrrggggd", (long)i, p[0], p[1], p[2],
                ae_gauss_sigma(&g[i]) * step, g[i].height, g[i].base,
                g[i].residual, (long)is_accepted(&g[i], step));
        }
    }
}

static void print_summary(const struct summary *s, size_t n)
{
    ae_say("%zu of %zu atoms: sigma %.4f +- %.4f A (histogram %.4f, %.4f), "
           "d_min %.3f A",
        s->accepted, n, s->mean, s->spread, s->centre, s->width,
        bond - 3 * s->mean);
    if (*summary_path) {
        FILE *out = ae_create(summary_path);
        ae_tsv_head(out, "atoms\taccepted\tmean (A)\tspread (A)\t"
                         "centre (A)\twidth (A)\td_min (A)");
        ae_tsv_put(out, "ddggggg", (long)n, (long)s->accepted, s->mean,
            s->spread, s->centre, s->width, bond - 3 * s->mean);
    }
}

int main(int argc, char **argv)
{
    struct ae_vol vol = {0};
    struct ae_atoms atoms = {0};
    struct summary s;
    ae_begin(&about, argc, argv);
    ae_must(ae_xyz_read(ae_open(atoms_path), &atoms, ae_err()));
    struct ae_source *in = ae_in();
    ae_must(ae_nrrd_read(in, pixel, &vol, ae_err()));
    ae_must(ae_need_volume(&vol, in->name, ae_err()));
    ae_must(ae_need_pixel(&vol, in->name, ae_err()));
    struct ae_gauss *g = ae_alloc(atoms.n, sizeof *g);
    if (!g) {
        ae_die("no memory for %zu atoms", atoms.n);
    }
    ae_must(fit_widths(&vol, &atoms, g, ae_err()));
    ae_must(summarise(g, atoms.n, vol.step[0], &s, ae_err()));
    if (!s.accepted) {
        ae_warn("no fit of %zu atoms is accepted", atoms.n);
    }
    print_rows(ae_out(), &vol, g, atoms.n);
    print_summary(&s, atoms.n);
    free(g);
    ae_vol_clear(&vol);
    ae_atoms_clear(&atoms);
    return ae_end();
}
