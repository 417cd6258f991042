/* SPDX-License-Identifier: BSD-2-Clause
 * isosurface - the surface on which a volume has one value.
 *
 *   S = { r : f(r) = level },   f linear between the samples along the edges of
 *   tetrahedra, six to a cube of eight samples
 *   volume = sum of p0.(p1 x p2) / 6 over the faces,   inside: f >= level
 *
 * Source: marching tetrahedra: Doi and Koide, IEICE Trans. E74, 214 (1991);
 * level: Otsu 1979, 10.1109/TSMC.1979.4310076.   Cost: O(N) for N samples.
 * reads: volume (NRRD); NaN counts as the lowest value     writes: PLY
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "base/tool.h"
#include "geom/isosurface.h"
#include "geom/smooth.h"
#include "geom/surface.h"
#include "image/mask.h"
#include "io/nrrd.h"
#include "io/ply.h"

static struct ae_reals level;
static double pixel;
static int open_ends;
static const struct ae_opt opts[] = {
    AE_REALS('l', "level", &level, "value", "", -1e300, 1e300,
        "value on the surface (default: Otsu's threshold)"),
    AE_FLAG(0, "open", &open_ends,
        "end at the box instead of closing the surface around it"),
    AE_REAL('p', "pixel", &pixel, "angstrom", "0", 0, 1000,
        "pixel size where the header gives none"),
    AE_END_OPTS,
};
static const struct ae_about about = {"isosurface",
    "the surface on which a volume has one value", "[FILE]", opts,
    .streams = 0};

/* All samples; NaN may stand where a map is undefined. */
static void read_volume(struct ae_source *in, struct ae_vol *vol)
{
    struct ae_nrrd *reader;
    ae_must(ae_nrrd_open(&reader, in, pixel, vol, ae_err()));
    ae_must(ae_need_volume(vol, in->name, ae_err()));
    ae_must(ae_need_pixel(vol, in->name, ae_err()));
    ae_nrrd_allow_nan(reader);
    ae_must(ae_vol_alloc(vol, ae_err()));
    for (size_t z = 0; z < vol->n[2]; z++)
        if (ae_must(ae_nrrd_next(
                reader, vol->data + z * ae_vol_image(vol), ae_err())) == AE_END)
            ae_die("%s: ends early", in->name);
    ae_nrrd_free(reader);
}

/* Otsu's threshold of the samples that are numbers, or the level asked for. */
static double choose_level(struct ae_vol *vol, const char *name)
{
    size_t n = 0, samples = ae_vol_samples(vol);
    float *number = ae_alloc(samples, sizeof *number);
    if (!number)
        ae_die("%s: out of memory", name);
    for (size_t i = 0; i < samples; i++) {
        if (isinf(vol->data[i]))
            ae_die("%s: sample %zu is inf; nan alone may stand where the "
                   "volume is undefined",
                name, i);
        if (!isnan(vol->data[i]))
            number[n++] = vol->data[i];
    }
    if (!n)
        ae_die("%s: every sample is nan", name);
    double value = level.n ? level.v[0] : ae_mask_otsu(number, n);
    free(number);
    return value;
}

int main(int argc, char **argv)
{
    struct ae_vol vol = {0};
    struct ae_mesh mesh;
    struct ae_smooth_counts counts;
    ae_begin(&about, argc, argv);
    if (level.n > 1)
        ae_usage("--level: want one value");
    struct ae_source *in = ae_in();
    read_volume(in, &vol);
    double value = choose_level(&vol, in->name);
    ae_must(ae_isosurface(vol.data, vol.n, vol.origin, vol.step, value,
        !open_ends, &mesh, ae_err()));
    ae_vol_clear(&vol);
    if (!mesh.nface)
        ae_die(
            "%s: no sample reaches the level %g, or all do", in->name, value);
    if (ae_verbose()) {
        ae_must(ae_smooth_count(&mesh, &counts, ae_err()));
        ae_say("level %g: %zu vertices, %zu faces, volume %.6g angstrom^3, "
               "area %.6g angstrom^2, Euler characteristic %ld, %zu open edges",
            value, mesh.nvertex, mesh.nface, ae_surface_volume(&mesh),
            ae_surface_area(&mesh), counts.euler, counts.open);
    }
    ae_must(ae_ply_write(ae_out(), &mesh, ae_err()));
    ae_mesh_clear(&mesh);
    return ae_end();
}
