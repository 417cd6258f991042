/* SPDX-License-Identifier: BSD-2-Clause
 * pixel-calibrate - the pixel size from images of a known crystal.
 *
 *   s = d_hkl |k|,   d_hkl = a/sqrt(2 h^2 + l^2)      each spot h h l
 *   k = M g,         M = U R(turn)                    least squares, all spots
 *
 *   s  pixel size, angstrom    k  place of the spot, cycles per pixel
 *   a  lattice constant        g  ideal reciprocal vector, 1/angstrom
 *   U  symmetric: pixel sizes along x and y, and shear, angstrom
 *
 * The 12 strongest spots of the Fourier transform (Hann window, padded to
 * twice the size) of each image are fitted by Gaussians and indexed for a
 * diamond-structure crystal along [110]; {111} and {220} are used.
 *
 * Source: a(Si) = 5.431020511 angstrom, CODATA 2018, Tiesinga et al., Rev. Mod.
 * Phys. 93, 025010 (2021), 10.1103/RevModPhys.93.025010.
 * Cost: one transform of (2 N)^2 an image.
 * reads: NRRD images, image by image     writes: TSV
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/mem.h"
#include "base/tool.h"
#include "image/spots.h"
#include "io/nrrd.h"
#include "io/tsv.h"

static int crystal, zone;
static const char *spots_path;
static const struct ae_opt opts[] = {
    AE_CHOICE('c', "crystal", &crystal, "Si", "Si", "the crystal"),
    AE_CHOICE('z', "zone", &zone, "110", "110", "the direction of the beam"),
    AE_STR('s', "spots", &spots_path, "FILE", "",
        "TSV, one row per spot: place, indices, pixel size"),
    AE_END_OPTS,
};
static const struct ae_about about = {"pixel-calibrate",
    "pixel size from images of a known crystal", "[FILE]", opts, 0};

/* angstrom, of each crystal: CODATA 2018 */
static const double lattice[] = {5.431020511};

/* Sums of the pixel sizes of spots, for mean and spread. */
struct sums {
    double n, sum, square;
};

static double mean_of(const struct sums *s)
{
    return s->sum / s->n;
}

static double std_of(const struct sums *s)
{
    return s->n > 1 ? sqrt(fmax(
                          0, (s->square - s->sum * s->sum / s->n) / (s->n - 1)))
                    : NAN;
}

static void add(struct sums *s, double value)
{
    s->n++;
    s->sum += value;
    s->square += value * value;
}

/* angstrom per pixel from one spot */
static double pixel_of(const struct ae_spot *s)
{
    double g[2];
    ae_spots_ideal(s->h, s->l, g);
    return hypot(s->k[0], s->k[1]) * lattice[crystal] / hypot(g[0], g[1]);
}

static void tell_spots(
    FILE *out, size_t image, const struct ae_spot *spot, size_t n)
{
    char hkl[40];
    for (size_t i = 0; i < n; i++) {
        snprintf(hkl, sizeof hkl, "%d %d %d", spot[i].h, spot[i].h, spot[i].l);
        ae_tsv_put(out, "dsrrggrd", (long)image, spot[i].indexed ? hkl : "-",
            spot[i].k[0], spot[i].k[1], spot[i].height, spot[i].ratio,
            spot[i].indexed ? pixel_of(&spot[i]) : NAN,
            (long)ae_spots_used(&spot[i]));
    }
}

/* A row: what was found in an image, or the mean over all images. */
struct row {
    struct sums sums;
    double x, y, shear, turn, error;
};

static void tell(const char *name, const struct row *r)
{
    ae_tsv_put(ae_out(), "sdrrrrrggg", name, (long)r->sums.n, mean_of(&r->sums),
        std_of(&r->sums), r->x, r->y, r->x / r->y, r->shear, r->turn, r->error);
}

static void measure(struct row *r, const float *image,
    const struct ae_vol *head, size_t k, FILE *table)
{
    struct ae_spot spot[AE_SPOTS_MOST];
    size_t n;
    ae_must(ae_spots_find(spot, &n, image, head->n[0], head->n[1], ae_err()));
    if (n < 2)
        ae_die("image %zu: %zu spots are 6 times above the background; want "
               "at least 2",
            k, n);
    if (ae_spots_index(spot, n, ae_err()))
        ae_die("image %zu: %s", k, ae_err()->msg);
    const struct ae_spots_fit fit = ae_spots_fit(spot, n);
    *r = (struct row){.x = fit.u[0] * lattice[crystal],
        .y = fit.u[2] * lattice[crystal],
        .shear = 2 * fit.u[1] / (fit.u[0] + fit.u[2]),
        .turn = fit.turn,
        .error = fit.angle_error};
    for (size_t i = 0; i < n; i++)
        if (ae_spots_used(&spot[i]))
            add(&r->sums, pixel_of(&spot[i]));
    if (table)
        tell_spots(table, k, spot, n);
    if (fit.angle_error > 0.5)
        ae_warn("image %zu: an angle between spots is %.2f degrees off, the "
                "scan is distorted; see pixel_x, pixel_y and shear",
            k, fit.angle_error);
}

/* The last row: means over the images, the spread over all spots. */
static void join(struct row *all, const struct row *r)
{
    all->sums.n += r->sums.n;
    all->sums.sum += r->sums.sum;
    all->sums.square += r->sums.square;
    all->x += r->x;
    all->y += r->y;
    all->shear += r->shear;
    all->error = fmax(all->error, r->error);
}

int main(int argc, char **argv)
{
    struct ae_nrrd *in;
    struct ae_vol head = {0};
    struct row all = {0}, row;
    char name[40];
    ae_begin(&about, argc, argv);
    ae_must(ae_nrrd_open(&in, ae_in(), 0, &head, ae_err()));
    float *image = ae_alloc(ae_vol_image(&head), sizeof *image);
    if (!image)
        ae_die("out of memory for an image");
    ae_tsv_head(ae_out(),
        "image\tspots\tpixel (A)\tstd (A)\tpixel_x (A)\tpixel_y (A)\tratio_xy"
        "\tshear\tturn (degrees)\tangle_error (degrees)");
    FILE *table = *spots_path ? ae_create(spots_path) : NULL;
    if (table)
        ae_tsv_head(table,
            "image\thkl\tkx (1/px)\tky (1/px)\theight\tratio\tpixel (A)\tused");
    size_t k = 0;
    for (; ae_must(ae_nrrd_next(in, image, ae_err())) != AE_END; k++) {
        measure(&row, image, &head, k, table);
        join(&all, &row);
        snprintf(name, sizeof name, "%zu", k);
        tell(name, &row);
    }
    all.x /= (double)k;
    all.y /= (double)k;
    all.shear /= (double)k;
    all.turn = NAN;
    tell("all", &all);
    ae_nrrd_free(in);
    ae_vol_clear(&head);
    free(image);
    return ae_end();
}
