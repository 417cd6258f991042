/* SPDX-License-Identifier: BSD-2-Clause
 * vol-import - microscope and array files to a volume stream.
 *
 * Formats are told by their first bytes (lib/io/format.c), not by name. A file
 * holds samples a(i0, i1, i2, ...), i0 fastest; letters say what an axis is:
 *
 *   x y  image column and row (y is the tilt axis)      z  height of a volume
 *   k    tilt, or image of a series                     f  frame of a tilt
 *
 * and the stream gets image x y, tilts x y k, frames x y f k, volume x y z.
 * Without --axes the order is what the file says (EMD, MRC), else x y k, x y
 * f k with x fastest: MATLAB's first dimension, NumPy's last index. With
 * --frames N image number k N + f is frame f of tilt k.
 * Angles: theta, or phi theta psi (degrees), R = (Rz(phi) Ry(theta) Rx(psi))^T.
 *
 * Source: the formats' documents, named in lib/io; signs and axes as in the
 * published data of Yang et al., Nature 592, 60 (2021),
 * doi:10.1038/s41586-021-03354-0.
 * Cost: one pass, one image in memory; the whole array where axes are to be
 * permuted other than x with y, and for MATLAB 5.
 * reads: TIFF, MRC, NPY, MATLAB 5 to 7.3, HDF5 and EMD, PNG, raw
 * writes: NRRD, float32, angstrom
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "base/tool.h"
#include "io/angles.h"
#include "io/axes.h"
#include "io/format.h"
#include "io/nrrd.h"

enum { AUTO, TILTS, VOLUME }; /* --kind */

static const char *angles, *angles_var, *var, *axes, *raw;
static double pixel;
static long frames, skip;
static int negate, kind;
static const struct ae_opt opts[] = {
    AE_STR('a', "angles", &angles, "FILE", "",
        "tilt angles: .tlt, .rawtlt, .txt, .mat, .npy, a list or a range"),
    AE_STR(0, "angles-var", &angles_var, "NAME", "",
        "variable of a .mat file that holds the angles"),
    AE_FLAG(0, "negate-angles", &negate, "change the sign of all angles"),
    AE_REAL('p', "pixel", &pixel, "angstrom", "0", 0, 1000,
        "pixel size, 0 for what the file says"),
    AE_STR(0, "var", &var, "NAME", "",
        "variable or dataset, where a file holds several"),
    AE_STR(0, "axes", &axes, "LETTERS", "",
        "what the file's axes are, fastest first, of x y z k f"),
    AE_INT(0, "frames", &frames, "N", "1", 1, 100000,
        "frames of each tilt, one after another in the file"),
    AE_CHOICE(0, "kind", &kind, "auto|tilts|volume", "auto",
        "what three axes are where neither file nor angles tell"),
    AE_STR(0, "raw", &raw, "TYPE,NX,NY,NZ", "",
        "plain samples of this type and size, such as uint16-be,64,64,41"),
    AE_INT(0, "skip", &skip, "bytes", "0", 0, 1e15,
        "with --raw: bytes before the samples"),
    AE_END_OPTS,
};
static const struct ae_about about = {"vol-import",
    "microscope and array files to a volume stream", "FILE...", opts, 0};

static void put_in_order(struct ae_array *a, const struct ae_axes *o, FILE *out)
{
    size_t samples = a->n[0] * a->n[1];
    float *turned = NULL;
    if (o->at[AE_X] == 1 && !(turned = ae_alloc(samples, sizeof *turned)))
        ae_die("%s: out of memory for an image", a->name);
    while (ae_must(ae_array_next(a, ae_err())) != AE_END) {
        if (turned)
            ae_axes_image(a->image, a, o, 0, 0, turned);
        ae_must(
            ae_nrrd_put(out, turned ? turned : a->image, samples, ae_err()));
    }
    free(turned);
}

static void put_permuted(struct ae_array *a, const struct ae_axes *o, FILE *out)
{
    size_t samples = a->n[0] * a->n[1], nx = a->n[o->at[AE_X]],
           ny = a->n[o->at[AE_Y]];
    float *block = ae_alloc(samples * a->images, sizeof *block);
    float *image = ae_alloc(nx * ny, sizeof *image);
    if (!block || !image)
        ae_die("%s: out of memory to permute the axes", a->name);
    for (size_t k = 0; ae_must(ae_array_next(a, ae_err())) != AE_END; k++)
        memcpy(block + k * samples, a->image, samples * sizeof *block);
    for (size_t s = 0; s < ae_axes_size(a, o->at[AE_SLOW]); s++)
        for (size_t f = 0; f < ae_axes_size(a, o->at[AE_FRAME]); f++) {
            ae_axes_image(block, a, o, f, s, image);
            ae_must(ae_nrrd_put(out, image, nx * ny, ae_err()));
        }
    free(block);
    free(image);
}

/* What three axes are: 1 a volume, 0 images; the user, then the file, then
 * angles decide. */
static int is_volume(
    const struct ae_array *a, const struct ae_axes *o, int has_angles)
{
    if (kind != AUTO)
        return kind == VOLUME;
    if (o->volume >= 0)
        return o->volume;
    if (has_angles || frames > 1)
        return 0;
    if (a->is_volume >= 0)
        return a->is_volume;
    ae_warn("%s: no angles: taken as a volume; give --angles or --kind tilts "
            "if it is a series",
        a->name);
    return 1;
}

static void set_geometry(
    struct ae_vol *head, const struct ae_array *a, const struct ae_axes *o)
{
    for (int i = 0; i < 3; i++) {
        int at = o->at[i];
        head->step[i] = at >= 0 ? a->step[at] : 0;
        if (pixel > 0)
            head->step[i] = pixel;
        if (i == 2 && head->kind != AE_VOLUME)
            head->step[i] = 0;
        else if (i == 2 && !(head->step[i] > 0))
            head->step[i] = head->step[0];
        size_t n = i < 2 || head->kind == AE_VOLUME ? head->n[i] : 1;
        head->origin[i] =
            -(double)(n / 2) * (head->step[i] > 0 ? head->step[i] : 1);
        /* float fields: an origin within a thousandth of a sample of the
         * centred one is the centred one */
        if (a->has_origin && !(pixel > 0) && head->kind == AE_VOLUME &&
            head->step[i] > 0 &&
            fabs(a->origin[at] - head->origin[i]) > 1e-3 * head->step[i])
            head->origin[i] = ae_plain_number(a->origin[at]);
    }
    ae_vol_set_centre(head);
    if (!(head->step[0] > 0))
        ae_warn("%s: the file tells no pixel size; give --pixel, or the "
                "stream is unitless",
            a->name);
    else if (!ae_given("pixel") && !(fabs(head->step[0] - 1) > 0))
        ae_warn("%s: pixel size 1 angstrom is what many programs write when "
                "they do not know; give --pixel",
            a->name);
    else if (head->step[0] > 5) /* angstrom: no two atoms are farther apart */
        ae_warn("%s: pixel size %g angstrom is larger than an atom; give "
                "--pixel if that is wrong",
            a->name, head->step[0]);
}

/* The stream's header from the first file; images of all files together. */
static void make_head(const struct ae_array *a, const struct ae_axes *o,
    size_t images, int has_angles, struct ae_vol *head)
{
    size_t f =
        o->at[AE_FRAME] < 0 ? (size_t)frames : ae_axes_size(a, o->at[AE_FRAME]);
    if (o->at[AE_FRAME] >= 0 && frames > 1)
        ae_usage("%s: the file has an axis of frames; --frames is not for it",
            a->name);
    int volume =
        images > 1 && o->at[AE_FRAME] < 0 && is_volume(a, o, has_angles);
    if (volume && has_angles)
        ae_usage("a volume has no tilt angles; leave --angles out or say "
                 "--kind tilts");
    if (volume && frames > 1)
        ae_usage("a volume has no frames; leave --frames out");
    if (images % f)
        ae_die("%s: %zu images are no whole number of tilts of %zu frames",
            a->name, images, f);
    head->kind = volume                                      ? AE_VOLUME
                 : f > 1 || o->at[AE_FRAME] >= 0             ? AE_FRAMES
                 : images > 1 || has_angles || kind == TILTS ? AE_STACK
                                                             : AE_IMAGE;
    head->n[0] = a->n[o->at[AE_X]];
    head->n[1] = a->n[o->at[AE_Y]];
    head->n[2] = head->kind == AE_FRAMES ? f : images;
    head->n[3] = images / head->n[2];
    head->dim = head->kind == AE_FRAMES ? 4 : head->kind == AE_IMAGE ? 2 : 3;
    set_geometry(head, a, o);
    if (ae_keys_copy(&head->keys, &a->keys))
        ae_die("%s: out of memory", a->name);
}

static void open_source(struct ae_source *s, const char *path)
{
    if (ae_operands() == 1) {
        *s = *ae_open(path);
        return;
    }
    /* a long series must not hold all its files open */
    if (!strcmp(path, "-"))
        ae_usage("<stdin> cannot be one of several files");
    *s = (struct ae_source){fopen(path, "rb"), path};
    if (!s->file)
        ae_die("%s: cannot open: %s", path, strerror(errno));
}

static void open_operand(
    int i, struct ae_source *s, struct ae_array *a, struct ae_axes *o)
{
    struct ae_format_choice choice = {
        .var = var, .raw = raw, .skip = (size_t)skip, .rank = 3};
    open_source(s, ae_operand(i));
    ae_must(ae_format_open(a, s, &choice, ae_err()));
    ae_must(ae_axes_find(a, axes, o, ae_err()));
}

static void close_operand(struct ae_source *s, struct ae_array *a)
{
    ae_array_close(a);
    if (ae_operands() > 1)
        fclose(s->file);
}

/* Images in all files; sizes must agree with the first. */
static size_t count_images(void)
{
    size_t images = 0, nx = 0, ny = 0;
    for (int i = 0; i < ae_operands(); i++) {
        struct ae_source s;
        struct ae_array a;
        struct ae_axes o;
        open_operand(i, &s, &a, &o);
        if (o.at[AE_FRAME] >= 0 || !ae_axes_in_order(&o))
            ae_die("%s: a series of files wants images x y one after another",
                a.name);
        if (!i) {
            nx = a.n[o.at[AE_X]];
            ny = a.n[o.at[AE_Y]];
        }
        if (a.n[o.at[AE_X]] != nx || a.n[o.at[AE_Y]] != ny)
            ae_die("%s: images of %zu x %zu, those of %s have %zu x %zu",
                a.name, a.n[o.at[AE_X]], a.n[o.at[AE_Y]], ae_operand(0), nx,
                ny);
        images += ae_axes_size(&a, o.at[AE_SLOW]);
        close_operand(&s, &a);
    }
    return images;
}

/* The angles that --angles names, or those in the file; 0 for none. */
static size_t find_angles(const struct ae_array *a, double (**euler)[3])
{
    size_t n = 0;
    if (*angles_var && !*angles)
        ae_usage("--angles-var is for angles in a .mat file; give --angles");
    if (*angles)
        ae_must(ae_angles_read_var(angles, angles_var, euler, &n, ae_err()));
    else if (a->nangle) {
        n = a->nangle;
        *euler = ae_alloc(n, sizeof **euler);
        for (size_t i = 0; *euler && i < n; i++)
            (*euler)[i][1] = a->angle[i];
        if (!*euler)
            ae_die("%s: out of memory for %zu angles", a->name, n);
    }
    for (size_t i = 0; negate && i < n; i++)
        for (int c = 0; c < 3; c++)
            (*euler)[i][c] = 0 - (*euler)[i][c];
    if (negate && !n)
        ae_usage("--negate-angles needs --angles");
    return n;
}

static void set_angles(struct ae_vol *head, size_t n, double (*euler)[3])
{
    size_t tilts = head->kind == AE_FRAMES ? head->n[3] : head->n[2];
    if (n && n != tilts)
        ae_die("%s: %zu angles, but %s has %zu %s; want one for each",
            *angles ? angles : ae_operand(0), n, ae_operand(0), tilts,
            head->kind == AE_FRAMES ? "tilts" : "images");
    ae_must(ae_vol_set_euler(head, n, (const double(*)[3])euler, ae_err()));
}

int main(int argc, char **argv)
{
    ae_begin(&about, argc, argv);
    if (skip && !*raw)
        ae_usage("--skip is for plain samples; give --raw");
    int files = ae_operands();
    size_t images = files > 1 ? count_images() : 0;
    struct ae_vol head = {.n = {1, 1, 1, 1}};
    for (int i = 0; i < files; i++) {
        struct ae_source source;
        struct ae_array array;
        struct ae_axes order;
        open_operand(i, &source, &array, &order);
        if (!i) {
            double(*euler)[3] = NULL;
            size_t n = find_angles(&array, &euler);
            if (files == 1)
                images = ae_axes_size(&array, order.at[AE_SLOW]) *
                         ae_axes_size(&array, order.at[AE_FRAME]);
            make_head(&array, &order, images, n > 0, &head);
            set_angles(&head, n, euler);
            free(euler);
            ae_history(&head.keys);
            ae_must(ae_nrrd_begin(ae_out(), &head, ae_err()));
        }
        if (ae_axes_in_order(&order))
            put_in_order(&array, &order, ae_out());
        else
            put_permuted(&array, &order, ae_out());
        close_operand(&source, &array);
        ae_progress("files", i + 1, files);
    }
    ae_vol_clear(&head);
    return ae_end();
}
