/* SPDX-License-Identifier: BSD-2-Clause
 * background-subtract - take the smooth background off around the particle.
 *
 *   out = I - B inside the mask, 0 outside
 *
 *   I     image          B  background: solution of Laplace's equation with
 *   mask  the particle      the pixels around the mask as boundary values
 *                           (--method laplace), the plane fitted to them, or
 *                           their median
 *
 *   sum over the 4 neighbours n of p of w_n (B_n - B_p) = 0  (laplace, p inside)
 *
 *   w     1 above and below, cos(tilt)^2 left and right: Laplace's equation in
 *         the plane of a film that is tilted about y; 1 without tilt angles
 *
 * The mask is made from each image, less what a frame at its border says of the
 * film: Gaussian smoothing, Otsu's threshold times --threshold, holes filled,
 * small parts dropped, each part's convex hull, grown by a disk of --grow times
 * the radius of a disk of its area (and --dilate pixels), and what clearly shows
 * detail of the size of atoms. A mask that is
 * too tight takes intensity off the particle: the ring around it must be flat
 * (--report). One that is too wide lets the background under it run free.
 *
 * Source: Laplace fill as in image inpainting (discrete harmonic extension);
 * mask: see lib/image/particle.h. Cost: some 50 passes over the mask per image.
 * reads: NRRD images, image by image     writes: the same
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "base/tool.h"
#include "base/vol.h"
#include "image/background.h"
#include "image/mask.h"
#include "image/particle.h"
#include "io/nrrd.h"
#include "io/tsv.h"

enum { LAPLACE, PLANE, CONST };
static const char *mask_path, *mask_out, *report_path;
static double threshold, smooth, min_area, grow, dilate, sigma_ring;
static int method, largest, clip0, keep_outside;
static const struct ae_opt opts[] = {
    AE_CHOICE('m', "method", &method, "laplace|plane|const", "laplace",
        "what stands for the background"),
    AE_STR(0, "mask", &mask_path, "FILE", "",
        "where the particle is: one image for all or one for each, not 0"
        " inside (made from each image)"),
    AE_STR(0, "mask-out", &mask_out, "FILE", "", "write the masks, 0 or 1"),
    AE_REAL('t', "threshold", &threshold, "FACTOR", "0.9", 0, 10,
        "times Otsu's threshold"),
    AE_REAL(0, "smooth", &smooth, "pixels", "3", 0, 1000,
        "Gaussian smoothing before the threshold"),
    AE_REAL(0, "min-area", &min_area, "pixels", "3000", 0, 1e12,
        "drop smaller parts; for 512 x 512, scaled with the image"),
    AE_FLAG(0, "largest", &largest, "keep only the largest part"),
    AE_REAL('g', "grow", &grow, "radii", "0.17", 0, 10,
        "grow the mask by this share of the radius of a disk of its area"),
    AE_REAL('d', "dilate", &dilate, "pixels", "0", 0, 10000,
        "grow the mask by this much more"),
    AE_REAL('r', "ring", &sigma_ring, "pixels", "2", 0, 1000,
        "Gaussian average of the boundary values (laplace)"),
    AE_FLAG(0, "clip0", &clip0, "set negative values to 0"),
    AE_FLAG(0, "keep-outside", &keep_outside,
        "subtract outside the mask as well instead of writing 0"),
    AE_STR(0, "report", &report_path, "FILE", "",
        "TSV, one row per image: mask, ring, background"),
    AE_END_OPTS,
};
static const struct ae_about about = {"background-subtract",
    "take off the smooth background under the particle", "[FILE]", opts, 1};

/* Masks that come from a file. */
struct masks {
    struct ae_nrrd *in;
    int single; /* one for all images */
    float *image;
};

struct result {    /* of one image */
    double across; /* weight of the neighbours left and right */
    double level;  /* separating intensity; nan with --mask */
    size_t inside;
    int touches, steps;
    struct ae_background_ring ring;
    double background, particle; /* means inside: B, and I - B */
};

/* The film's equation in image k: its weight across. The film's normal in the
 * image is (u, v, w) = (-sin(theta), cos(theta) sin(psi), ...), and what is
 * harmonic in the film obeys (1 - u^2) B_xx - 2 u v B_xy + (1 - v^2) B_yy = 0;
 * the mixed term, 0 for a pure tilt, is left out. */
static double across_of(const struct ae_vol *head, size_t k)
{
    static const double LEAST = 1e-3; /* of the square, at 88.2 degrees */
    if (!head->nangle)
        return 1;
    const double *euler = head->euler[k * head->nangle / ae_vol_images(head)];
    const double c = cos(euler[1] * M_PI / 180),
                 v = c * sin(euler[2] * M_PI / 180);
    return fmax(c * c, LEAST) / fmax(1 - v * v, LEAST);
}

static int open_masks(
    struct masks *masks, const struct ae_vol *head, struct ae_error *err)
{
    struct ae_vol other = {0};
    struct ae_source *in = ae_open(mask_path);
    int code = ae_nrrd_open(&masks->in, in, 0, &other, err);
    if (code)
        return code;
    masks->single = ae_vol_images(&other) == 1;
    if (other.n[0] != head->n[0] || other.n[1] != head->n[1] ||
        (!masks->single && ae_vol_images(&other) != ae_vol_images(head)))
        code = ae_fail(err, AE_EDATA,
            "%s: mask of %zu x %zu x %zu; want %zu x %zu, one or %zu images",
            in->name, other.n[0], other.n[1], ae_vol_images(&other), head->n[0],
            head->n[1], ae_vol_images(head));
    ae_vol_clear(&other);
    masks->image = ae_alloc(ae_vol_image(head), sizeof *masks->image);
    if (!code && !masks->image)
        code = ae_fail(err, AE_EMEM, "out of memory");
    return code;
}

/* The mask of image k. */
static int get_mask(unsigned char *mask, struct masks *masks,
    const float *image, const struct ae_vol *head, size_t k, struct result *r,
    struct ae_error *err)
{
    const struct ae_mask_rule rule = {
        smooth, threshold, min_area, dilate, largest, grow, 1};
    if (!masks->in)
        return ae_particle_mask(mask, image, head->n[0], head->n[1], &rule,
            r->across, sigma_ring, &r->level, err);
    r->level = NAN;
    int code = AE_OK;
    if (!masks->single || !k)
        code = ae_nrrd_next(masks->in, masks->image, err);
    for (size_t i = 0; i < ae_vol_image(head); i++)
        mask[i] = masks->image[i] != 0;
    return code;
}

static int find_background(float *back, const float *image,
    const unsigned char *mask, size_t nx, size_t ny, struct result *r,
    struct ae_error *err)
{
    if (method == PLANE)
        return ae_background_plane(back, image, mask, nx, ny, &r->ring, err);
    if (method == CONST)
        return ae_background_const(back, image, mask, nx, ny, &r->ring, err);
    return ae_background_laplace(back, image, mask, nx, ny, r->across,
        sigma_ring, 1e-9, &r->ring, &r->steps, err);
}

/* image -= background, in place. An empty mask makes all of it 0. */
static int subtract(float *image, float *back, const unsigned char *mask,
    size_t nx, size_t ny, struct result *r, struct ae_error *err)
{
    const size_t n = nx * ny;
    int code = AE_OK;
    r->inside = 0;
    for (size_t i = 0; i < n; i++)
        r->inside += mask[i];
    if (r->inside)
        code = find_background(back, image, mask, nx, ny, r, err);
    else
        memcpy(back, image, n * sizeof *back);
    r->background = r->particle = 0;
    for (size_t i = 0; i < n && !code; i++) {
        const double rest = (double)image[i] - back[i];
        if (mask[i]) {
            r->background += back[i];
            r->particle += rest;
        }
        image[i] =
            (mask[i] || keep_outside) && !(clip0 && rest < 0) ? (float)rest : 0;
    }
    r->background /= (double)r->inside;
    r->particle /= (double)r->inside;
    r->touches = ae_mask_touches(mask, nx, ny);
    return code;
}

static void report(FILE *out, size_t k, const struct result *r)
{
    ae_tsv_put(out, "dgdgdggggggd", (long)k, r->level, (long)r->inside,
        (double)r->inside * r->particle, (long)r->ring.n, r->ring.mean,
        r->ring.std, r->ring.std / r->particle, r->background, r->particle,
        r->ring.high - r->ring.low, (long)r->steps);
}

/* Warnings once for the series, with the first image each holds for. */
struct count {
    size_t empty, first_empty, border, first_border;
};

static void tally(struct count *c, size_t k, const struct result *r)
{
    if (!r->inside && !c->empty++)
        c->first_empty = k;
    if (r->touches && !c->border++)
        c->first_border = k;
}

static void warn(const struct count *c)
{
    if (c->empty)
        ae_warn("the mask of %zu images is empty (first: image %zu), their "
                "output is 0; want a lower --threshold or --min-area",
            c->empty, c->first_empty);
    if (c->border)
        ae_warn("the mask of %zu images touches the border (first: image "
                "%zu), no background is known there",
            c->border, c->first_border);
}

static FILE *begin(struct ae_vol *head, FILE **masks_out)
{
    ae_history(&head->keys);
    ae_must(ae_nrrd_begin(ae_out(), head, ae_err()));
    if (*mask_out) {
        *masks_out = ae_create(mask_out);
        ae_must(ae_nrrd_begin(*masks_out, head, ae_err()));
    }
    FILE *out = *report_path ? ae_create(report_path) : NULL;
    if (out)
        ae_tsv_head(out,
            "image\tlevel\tmask_px\tparticle_sum\tring_px\tring_mean\tring_std"
            "\tring_std_over_particle\tbackground_mean\tparticle_mean"
            "\tboundary_range\tsteps");
    return out;
}

int main(int argc, char **argv)
{
    struct ae_nrrd *in;
    struct ae_vol head = {0};
    struct masks masks = {0};
    struct count count = {0};
    FILE *masks_out = NULL;
    ae_begin(&about, argc, argv);
    ae_must(ae_nrrd_open(&in, ae_in(), 0, &head, ae_err()));
    if (*mask_path)
        ae_must(open_masks(&masks, &head, ae_err()));
    const size_t n = ae_vol_image(&head), nx = head.n[0], ny = head.n[1];
    float *image = ae_alloc(n, sizeof *image),
          *back = ae_alloc(n, sizeof *back);
    unsigned char *mask = ae_alloc(n, 1);
    if (!image || !back || !mask)
        ae_die("%zu x %zu pixels: out of memory", nx, ny);
    FILE *table = begin(&head, &masks_out);
    for (size_t k = 0; ae_must(ae_nrrd_next(in, image, ae_err())) != AE_END;
         k++) {
        struct result r = {.across = across_of(&head, k)};
        ae_must(get_mask(mask, &masks, image, &head, k, &r, ae_err()));
        if (subtract(image, back, mask, nx, ny, &r, ae_err()))
            ae_die("image %zu: %s", k, ae_err()->msg);
        tally(&count, k, &r);
        if (table)
            report(table, k, &r);
        ae_must(ae_nrrd_put(ae_out(), image, n, ae_err()));
        for (size_t i = 0; i < n; i++)
            back[i] = mask[i];
        if (masks_out)
            ae_must(ae_nrrd_put(masks_out, back, n, ae_err()));
        ae_progress("images", (double)(k + 1), (double)ae_vol_images(&head));
    }
    warn(&count);
    ae_nrrd_free(masks.in);
    ae_nrrd_free(in);
    free(masks.image);
    free(image);
    free(back);
    free(mask);
    ae_vol_clear(&head);
    return ae_end();
}
