/* SPDX-License-Identifier: BSD-2-Clause
 * vol-slice - a picture of a slice, slab or projection, or of all tilts.
 *
 *   straight  I(i, j) = mean over k of V, |coordinate of k - at| <= t/2
 *   oblique   I(i, j) = mean over m of S(p0 + i r - j u + m n), |m| <= t/2
 *   grey      (I - I_low) / (I_high - I_low), I_low and I_high percentiles
 *   V  samples   S  their interpolating cubic spline   t  thickness
 *   n  normal, towards the viewer   u  up   r = u x n  right
 *
 * Atoms within t/2 of the plane (1.5 angstrom at least) are drawn as rings,
 * a colour for each phase or species (palette of Okabe and Ito, 2008).
 *
 * Source: methods; lib/math/spline.h for the spline.   Cost: O(samples).
 * reads: NRRD volume, stack or image; extended XYZ (--atoms)
 * writes: PNG or TIFF, 8 bits
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "base/tool.h"
#include "image/canvas.h"
#include "image/slice.h"
#include "io/nrrd.h"
#include "io/picture.h"
#include "io/xyz.h"

enum { BY_NAME, PNG, TIFF };

static const double LEAST_REACH = 1.5; /* angstrom, about an atom's radius */
static const double RADIUS = 1.2;      /* angstrom, of a ring */
static const size_t COMFORTABLE = 400; /* pixels across that an eye needs */

static int axis, sheet, projection, scalebar, format;
static long zoom, image_number;
static double at, thickness, pixel;
static const char *atoms_file;
static struct ae_reals normal, up, point, percentile;
static const struct ae_opt opts[] = {
    AE_CHOICE('a', "axis", &axis, "x|y|z", "z", "cut across this axis"),
    AE_REAL(0, "at", &at, "angstrom", "0", -1e9, 1e9,
        "where to cut; the default is 0, the centre of most volumes"),
    AE_REAL('t', "thickness", &thickness, "angstrom", "0", 0, 1e9,
        "mean over a slab this thick; 0: one slice"),
    AE_FLAG(0, "projection", &projection, "mean over the whole axis"),
    AE_REALS(0, "normal", &normal, "x,y,z", "", -1e9, 1e9,
        "cut across this direction, which points to the viewer"),
    AE_REALS(0, "up", &up, "x,y,z", "0,1,0", -1e9, 1e9,
        "direction that points up, with --normal"),
    AE_REALS(0, "point", &point, "x,y,z", "0,0,0", -1e9, 1e9,
        "point of the plane in angstrom, with --normal"),
    AE_INT('i', "image", &image_number, "N", "-1", -1, 1e9,
        "image of a stack, from 0; -1: the one least tilted"),
    AE_FLAG('s', "sheet", &sheet,
        "all images of a stack in one picture, with their angles"),
    AE_STR(
        0, "atoms", &atoms_file, "FILE", "", "draw the atoms near the plane"),
    AE_REALS(0, "percentile", &percentile, "low,high", "0.1,99.9", 0, 100,
        "percentiles shown black and white"),
    AE_FLAG('b', "scalebar", &scalebar, "draw a bar of known length"),
    AE_INT('z', "zoom", &zoom, "N", "0", 0, 64,
        "pixels of the picture per sample; 0: as the size asks for"),
    AE_CHOICE(0, "format", &format, "name|png|tiff", "name",
        "format; name: by the name of -o, else png"),
    AE_REAL('p', "pixel", &pixel, "angstrom", "0", 0, 1000,
        "pixel size where the header gives none"),
    AE_END_OPTS,
};
static const struct ae_about about = {"vol-slice",
    "picture of a slice, a projection or a tilt series", "[FILE]", opts,
    .streams = 0};

static const struct ae_colour white = {255, 255, 255}, black = {0, 0, 0};

/* ---- what to show ---- */

/* The image with the smallest tilt. */
static size_t least_tilted(const struct ae_vol *vol)
{
    size_t best = vol->nangle ? 0 : ae_vol_images(vol) / 2;
    for (size_t k = 1; k < vol->nangle; k++)
        if (fabs(vol->euler[k][1]) < fabs(vol->euler[best][1]))
            best = k;
    return best;
}

/* One image of a stack as a plane of its own. */
static void take_image(struct ae_plane *plane, const struct ae_vol *vol)
{
    size_t images = ae_vol_images(vol);
    struct ae_vol one = *vol;
    if (image_number >= (long)images)
        ae_usage("--image %ld: there are %zu images, 0 to %zu", image_number,
            images, images - 1);
    size_t k = image_number < 0 ? least_tilted(vol) : (size_t)image_number;
    one.n[2] = 1;
    one.origin[2] = 0;
    one.data = vol->data + k * ae_vol_image(vol);
    ae_must(ae_slice_straight(plane, &one, 2, 0, 0, ae_err()));
}

static void check_three(const struct ae_reals *list, const char *name)
{
    if (list->n != 3)
        ae_usage("option --%s: want three numbers x,y,z", name);
}

static void take_plane(struct ae_plane *plane, struct ae_vol *vol)
{
    if (vol->kind != AE_VOLUME)
        take_image(plane, vol);
    else if (normal.n) {
        check_three(&normal, "normal");
        check_three(&up, "up");
        check_three(&point, "point");
        ae_must(ae_slice_oblique(
            plane, vol, normal.v, up.v, point.v, thickness, ae_err()));
    } else if (projection) {
        double step = vol->step[axis] > 0 ? vol->step[axis] : 1;
        double last = (double)(vol->n[axis] - 1) * step;
        ae_must(ae_slice_straight(
            plane, vol, axis, vol->origin[axis] + last / 2, last, ae_err()));
    } else
        ae_must(ae_slice_straight(plane, vol, axis, at, thickness, ae_err()));
}

/* ---- drawing ---- */

static size_t find_zoom(size_t w, size_t h)
{
    size_t least = w < h ? w : h, most = w < h ? h : w;
    size_t z = zoom ? (size_t)zoom : (COMFORTABLE + least - 1) / least;
    while (!zoom && z > 1 && z * most > 3 * COMFORTABLE)
        z--;
    return z;
}

static int text_scale(const struct ae_canvas *canvas)
{
    return canvas->w < 300 ? 1 : canvas->w < 1600 ? 2 : 4;
}

/* A bar of 1, 2 or 5 times 10^k angstrom, at most a third of the width. */
static void draw_scalebar(struct ae_canvas *canvas, double per_pixel)
{
    char text[40];
    int s = text_scale(canvas);
    double most = (double)canvas->w * per_pixel / 3;
    double power = pow(10, floor(log10(most))), lead = most / power;
    double length = power * (lead >= 5 ? 5 : lead >= 2 ? 2 : 1);
    if (length >= 10)
        snprintf(text, sizeof text, "%g nm", length / 10);
    else
        snprintf(text, sizeof text, "%g A", length);
    long w = lround(length / per_pixel), x = 6 * s;
    long y = (long)canvas->h - 9 * s;
    ae_canvas_rectangle(canvas, x - s, y - s, w + 2 * s, 5 * s, black);
    ae_canvas_rectangle(canvas, x, y, w, 3 * s, white);
    long tx = x + (w - ae_canvas_text_width(text, s)) / 2;
    tx = tx < x ? x : tx;
    y -= 10 * s;
    ae_canvas_rectangle(canvas, tx - s, y - s,
        ae_canvas_text_width(text, s) + 2 * s, 9 * s, black);
    ae_canvas_text(canvas, tx, y, s, text, white);
}

static void draw_legend(
    struct ae_canvas *canvas, const struct ae_column *col, const size_t *drawn)
{
    int s = text_scale(canvas);
    long y = 3 * s;
    for (uint32_t k = 0; k < col->nword; k++) {
        if (!drawn[k])
            continue;
        long w = ae_canvas_text_width(col->word[k], s);
        ae_canvas_rectangle(canvas, 2 * s, y - s, w + 2 * s, 9 * s, black);
        ae_canvas_text(
            canvas, 3 * s, y, s, col->word[k], ae_canvas_palette(k - (k > 0)));
        y += 10 * s;
    }
}

/* Rings about the atoms near the plane; word 0 of a column read from a file
 * is the empty one, so that the palette begins at word 1. */
static void draw_atoms(struct ae_canvas *canvas, const struct ae_plane *plane,
    size_t z, double step)
{
    struct ae_atoms atoms = {0};
    ae_must(ae_xyz_read(ae_open(atoms_file), &atoms, ae_err()));
    const struct ae_column *col = ae_atoms_find(&atoms, "phase");
    if (!col || col->type != 'S' || col->width != 1)
        col = ae_atoms_find(&atoms, "species");
    double reach = fmax(thickness / 2, LEAST_REACH);
    double radius = fmax(RADIUS / step * (double)z, 3);
    size_t *drawn = calloc(col->nword + 1, sizeof *drawn), count = 0;
    if (!drawn)
        ae_die("out of memory for the atoms");
    for (size_t i = 0; i < atoms.n; i++) {
        double x, y, d;
        ae_slice_place(plane, atoms.pos[i], &x, &y, &d);
        if (!projection && !(fabs(d) <= reach))
            continue;
        uint32_t k = col->text[i];
        ae_canvas_ring(canvas, (x + 0.5) * (double)z - 0.5,
            (y + 0.5) * (double)z - 0.5, radius, fmin(fmax(radius / 5, 1.2), 4),
            ae_canvas_palette(k - (k > 0)));
        drawn[k] +=
            x > 0 && y > 0 && x < (double)plane->w && y < (double)plane->h;
        count++;
    }
    draw_legend(canvas, col, drawn);
    ae_say("%zu of %zu atoms drawn", count, atoms.n);
    free(drawn);
    ae_atoms_clear(&atoms);
}

static void draw_plane(struct ae_canvas *canvas, struct ae_vol *vol)
{
    struct ae_plane plane;
    double range[2], step = vol->step[0] > 0 ? vol->step[0] : 1;
    take_plane(&plane, vol);
    ae_must(ae_slice_range(plane.image, plane.inside, plane.w * plane.h,
        percentile.v, range, ae_err()));
    for (size_t i = 0; i < plane.w * plane.h; i++)
        if (!plane.inside[i])
            plane.image[i] = (float)range[0];
    size_t z = find_zoom(plane.w, plane.h);
    ae_must(ae_canvas_new(canvas, plane.w * z, plane.h * z, black, ae_err()));
    ae_canvas_grey(
        canvas, plane.image, plane.w, plane.h, z, range[0], range[1], 0, 0);
    if (*atoms_file)
        draw_atoms(canvas, &plane, z, step);
    if (scalebar)
        draw_scalebar(canvas, step / (double)z);
    ae_say("%zu x %zu samples, black %g, white %g, zoom %zu", plane.w, plane.h,
        range[0], range[1], z);
    ae_slice_clear(&plane);
}

/* All images in rows, as near to a square as whole rows allow. */
static void draw_sheet(struct ae_canvas *canvas, const struct ae_vol *vol)
{
    size_t n = ae_vol_images(vol), w = vol->n[0], h = vol->n[1];
    size_t columns = 1;
    while (columns * columns * w < n * h)
        columns++;
    size_t rows = (n + columns - 1) / columns;
    size_t z = zoom ? (size_t)zoom : 2 * COMFORTABLE / (columns * w);
    z = z ? z : 1;
    z = !zoom && z * w < 48 ? (47 + w) / w : z; /* the angle is 42 wide */
    int s = z * w < 120 ? 1 : 2;
    size_t tile_w = w * z + 4, tile_h = h * z + (size_t)(10 * s) + 4;
    ae_must(ae_canvas_new(
        canvas, columns * tile_w, rows * tile_h, black, ae_err()));
    for (size_t k = 0; k < n; k++) {
        const float *image = vol->data + k * ae_vol_image(vol);
        long x = (long)(k % columns * tile_w) + 2;
        long y = (long)(k / columns * tile_h) + 2;
        double range[2];
        char text[40];
        ae_must(
            ae_slice_range(image, NULL, w * h, percentile.v, range, ae_err()));
        ae_canvas_grey(canvas, image, w, h, z, range[0], range[1], x, y);
        if (vol->nangle)
            snprintf(text, sizeof text, "%+.1f", vol->euler[k][1]);
        else
            snprintf(text, sizeof text, "%zu", k);
        x += ((long)(w * z) - ae_canvas_text_width(text, s)) / 2;
        ae_canvas_text(canvas, x, y + (long)(h * z) + 2 * s, s, text, white);
    }
}

static void check_options(const struct ae_vol *vol, const char *name)
{
    int is_volume = vol->kind == AE_VOLUME;
    if (percentile.n != 2 || percentile.v[0] >= percentile.v[1])
        ae_usage("option --percentile: want LOW,HIGH with LOW < HIGH");
    if (sheet && is_volume)
        ae_usage("--sheet wants a stack, %s is a volume", name);
    if (!is_volume && (normal.n || *atoms_file || projection || ae_given("at")))
        ae_usage("--at, --projection, --normal and --atoms want a volume,"
                 " %s is none",
            name);
    if (ae_given("at") || thickness > 0 || normal.n || *atoms_file || scalebar)
        ae_must(ae_need_pixel(vol, name, ae_err()));
}

static int is_tiff(void)
{
    const char *name = ae_out_name(), *dot = name ? strrchr(name, '.') : NULL;
    if (format != BY_NAME || !dot)
        return format == TIFF;
    return !strcasecmp(dot, ".tif") || !strcasecmp(dot, ".tiff");
}

int main(int argc, char **argv)
{
    struct ae_vol vol = {0};
    struct ae_canvas canvas = {0};
    ae_begin(&about, argc, argv);
    struct ae_source *in = ae_in();
    ae_must(ae_nrrd_read(in, pixel, &vol, ae_err()));
    check_options(&vol, in->name);
    if (sheet)
        draw_sheet(&canvas, &vol);
    else
        draw_plane(&canvas, &vol);
    ae_must((is_tiff() ? ae_picture_tiff : ae_picture_png)(
        ae_out(), canvas.w, canvas.h, canvas.rgb, ae_err()));
    ae_canvas_clear(&canvas);
    ae_vol_clear(&vol);
    return ae_end();
}
