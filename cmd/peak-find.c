/* SPDX-License-Identifier: BSD-2-Clause
 * peak-find - candidate atoms of a volume, with sub-voxel positions.
 *
 * 1. The volume is oversampled 3 times per axis (interpolating cubic spline).
 * 2. Fine voxels not below their 6 face neighbours and above the threshold are
 *    candidates, highest first; one for each plateau.
 * 3. About each the polynomial of total degree 4 is fitted to the fine voxels
 *    |X|^2 <= (R + 1/2)^2 with weights exp(-alpha |X - p|^2 / R^2), and p moves
 *    by s = -H^-1 g (each component at most Q) until max |s| < Q in 7 rounds
 *    running.
 *      X  fine voxel   p  sub-voxel position   R  half the box, fine voxels
 *      g, H  gradient and Hessian of the polynomial at p
 * 4. In order, a peak nearer than the minimum distance to one kept is dropped.
 * --fit gauss then replaces the positions by those of 3-D Gaussians fitted to
 * the voxels of the volume itself, neighbours' tails subtracted.
 *
 * Source: Yang et al., Nature 592, 60 (2021), 10.1038/s41586-021-03354-0, and
 * its published tracing code; the cube of 1.7 A is that of the Zr-ZrO2 study.
 * We differ: one voxel per plateau, H negative definite (they: det H < 0).
 * Cost: 4.5 multiply-adds per fine voxel; 5000 per candidate whose first
 * Hessian is that of no maximum (it takes no fit), 30 000 per peak and round.
 * reads: volume (NRRD)    writes: extended XYZ: intensity, height, residual
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "atoms/finegrid.h"
#include "atoms/gaussfit.h"
#include "atoms/peakfit.h"
#include "atoms/peakscreen.h"
#include "base/mem.h"
#include "base/tool.h"
#include "io/nrrd.h"
#include "io/xyz.h"
#include "math/boxread.h"

enum { GRID_CENTRED, GRID_PUBLISHED };
enum { FIT_POLY, FIT_GAUSS };

static int upsample, grid, neigh, maximum, fit, aniso, all;
static long oversample, max_peaks, settle, rounds, slab;
static double box, min_distance, threshold, edge_margin, alpha, max_step;
static double sigma, pixel;
static const struct ae_opt opts[] = {
    AE_INT(0, "oversample", &oversample, "N", "3", 1, AE_OVERSAMPLE_MAX,
        "fine voxels per voxel and axis"),
    AE_CHOICE(0, "upsample", &upsample, "spline|linear", "spline",
        "interpolation of the fine voxels"),
    AE_CHOICE(0, "grid", &grid, "centred|published", "centred",
        "published: without the first N - 1 fine voxels of each axis"),
    AE_REAL('b', "box", &box, "angstrom", "1.7", 1e-3, 1e4,
        "edge of the cube of the fit and of the intensity"),
    AE_REAL('d', "min-distance", &min_distance, "angstrom", "2.0", 0, 1e4,
        "of two peaks nearer than this the lower is dropped"),
    AE_REAL('t', "threshold", &threshold, "VALUE", "0", -1e30, 1e30,
        "candidates are above this"),
    AE_INT(0, "max-peaks", &max_peaks, "N", "0", 0, 9e15,
        "take the N highest candidates, 0 for all"),
    AE_CHOICE(0, "neigh", &neigh, "6|26", "6",
        "neighbours that a candidate is not below"),
    AE_REAL(0, "edge-margin", &edge_margin, "voxels", "5", 0, 1e6,
        "drop peaks nearer than this to a face"),
    AE_CHOICE(0, "fit", &fit, "poly|gauss", "poly",
        "polynomial, or Gaussians on the voxels with neighbours' tails"),
    AE_REAL(0, "sigma", &sigma, "angstrom", "0", 0, 1e3,
        "width of the Gaussians, 0 for the median of free fits"),
    AE_FLAG(
        0, "aniso", &aniso, "Gaussians that share an ellipsoid, not one width"),
    AE_CHOICE(0, "maximum", &maximum, "definite|det", "definite",
        "Hessian of a peak: negative definite, or its determinant < 0"),
    AE_REAL(0, "alpha", &alpha, "A", "1", 0, 100,
        "weights exp(-A |X - p|^2 / R^2) of the polynomial fit"),
    AE_REAL(0, "max-step", &max_step, "fine-voxels", "0.5", 1e-3, 100,
        "longest step of a round, on each axis"),
    AE_INT(0, "settle", &settle, "N", "7", 1, 1000,
        "rounds with shorter steps until a peak is done"),
    AE_INT(0, "rounds", &rounds, "N", "14", 1, 1000,
        "a peak not done after more than N rounds is dropped"),
    AE_FLAG('a', "all", &all, "keep the dropped ones, with a column flag"),
    AE_INT(0, "slab", &slab, "PLANES", "24", 1, 1000000,
        "fine planes searched at a time; does not change the result"),
    AE_REAL('p', "pixel", &pixel, "angstrom", "0", 0, 1000,
        "pixel size where the header gives none"),
    AE_END_OPTS,
};
static const struct ae_about about = {"peak-find",
    "local maxima of a volume, with sub-voxel positions", "[FILE]", opts, 0};

/* The candidates, highest first. Those that the first round of the fit rejects
 * are found at once; without --all they are forgotten. Returns how many. */
static size_t candidates(const struct ae_finegrid *fine,
    const struct ae_peakfit *how, struct ae_maximum *found, size_t *n)
{
    size_t m = 0, all_of_them = *n;
    if (max_peaks && *n > (size_t)max_peaks) {
        ae_finegrid_highest(found, *n);
        all_of_them = (size_t)max_peaks;
    }
    ae_must(ae_peakscreen(fine, how, found, all_of_them, ae_err()));
    for (size_t i = 0; i < all_of_them; i++) {
        if (all || !found[i].none) {
            found[m++] = found[i];
        }
    }
    ae_finegrid_highest(found, m);
    *n = m;
    return all_of_them - m;
}

static void drop_edges(struct ae_peak *peak, size_t n, const struct ae_vol *vol)
{
    for (size_t i = 0; i < n; i++) {
        for (int a = 0; a < 3 && peak[i].flag == AE_PEAK_OK; a++) {
            double p = peak[i].p[a], last = (double)vol->n[a] - 1;
            if (p < edge_margin || p > last - edge_margin) {
                peak[i].flag = AE_PEAK_EDGE;
            }
        }
    }
}

/* Gaussians for the peaks that are left; the polynomial gives the start. */
static int fit_gauss(const struct ae_vol *vol, struct ae_peak *peak, size_t n,
    struct ae_error *err)
{
    struct ae_gauss_plan plan = {.sigma = sigma / vol->step[0],
        .radius = box / 2 / vol->step[0],
        .reach = 4 / vol->step[0], /* angstrom: beyond the first neighbours */
        .limit = min_distance / 2 / vol->step[0],
        .rounds = 3,
        .ellipsoid = aniso};
    struct ae_gauss *g = ae_alloc(n, sizeof *g);
    size_t m = 0, lost = 0;
    double width = plan.sigma;
    if (!g) {
        return ae_fail(err, AE_EMEM, "no memory for %zu Gaussians", n);
    }
    for (size_t i = 0; i < n; i++) {
        if (peak[i].flag == AE_PEAK_OK) {
            memcpy(g[m].p, peak[i].p, sizeof g[m].p);
            g[m].height = peak[i].height;
            ae_gauss_set_sigma(&g[m++], peak[i].sigma);
        }
    }
    int code = ae_gauss_all(vol, &plan, g, m, &width, err);
    for (size_t i = 0, k = 0; i < n && !code; i++) {
        if (peak[i].flag != AE_PEAK_OK) {
            continue;
        }
        if (g[k].converged) {
            memcpy(peak[i].p, g[k].p, sizeof peak[i].p);
            peak[i].height = g[k].height;
            peak[i].residual = g[k].rms / g[k].height;
        } else {
            lost++;
        }
        k++;
    }
    ae_say("Gaussians of sigma %.4f A at %zu peaks; %zu kept the polynomial's "
           "position",
        width * vol->step[0], m - lost, lost);
    free(g);
    return code;
}

static int to_atoms(const struct ae_vol *vol, const struct ae_peak *peak,
    size_t n, long half, struct ae_atoms *atoms, struct ae_error *err)
{
    size_t rows = 0;
    for (size_t i = 0; i < n; i++) {
        rows += all || peak[i].flag == AE_PEAK_OK;
    }
    if (ae_atoms_new(atoms, err) ||
        !ae_atoms_column(atoms, "intensity", 'R', 1, err) ||
        !ae_atoms_column(atoms, "height", 'R', 1, err) ||
        !ae_atoms_column(atoms, "residual", 'R', 1, err) ||
        (all && !ae_atoms_column(atoms, "flag", 'I', 1, err)) ||
        ae_atoms_resize(atoms, rows, err)) {
        return AE_EMEM;
    }
    if (ae_keys_copy(&atoms->keys, &vol->keys)) {
        return ae_fail(err, AE_EMEM, "no memory for the keys");
    }
    double *intensity = ae_atoms_find(atoms, "intensity")->real;
    double *height = ae_atoms_find(atoms, "height")->real;
    double *residual = ae_atoms_find(atoms, "residual")->real;
    struct ae_column *species = ae_atoms_find(atoms, "species");
    struct ae_column *flag = ae_atoms_find(atoms, "flag");
    for (size_t i = 0, row = 0; i < n; i++) {
        if (!all && peak[i].flag != AE_PEAK_OK) {
            continue;
        }
        for (int a = 0; a < 3; a++) {
            atoms->pos[row][a] = vol->origin[a] + peak[i].p[a] * vol->step[a];
        }
        if (ae_atoms_set_text(species, row, "X")) {
            return ae_fail(err, AE_EMEM, "no memory for the species");
        }
        intensity[row] =
            ae_boxread_sum(vol, peak[i].p, half, (double)oversample);
        height[row] = peak[i].height;
        residual[row] = peak[i].residual;
        if (flag) {
            flag->integer[row] = peak[i].flag;
        }
        row++;
    }
    return AE_OK;
}

/* rotation_centre: where the rotation centre is not at 0 0 0. */
static int set_centre(const struct ae_vol *vol, struct ae_keys *keys)
{
    char text[128];
    int at = 0, far = 0;
    for (int a = 0; a < 3; a++) {
        far |= fabs(vol->centre[a]) > 1e-6 * vol->step[a];
        at += a ? sprintf(text + at, " ") : 0;
        at += ae_print_real(text + at, vol->centre[a]);
    }
    ae_keys_drop(keys, "rotation_centre");
    return far ? ae_keys_set(keys, "rotation_centre", text) : AE_OK;
}

/* The threshold; where it is 0 or more, at least the resolution of the float
 * samples: below it lies the spline's ringing alone. */
static double least_height(const struct ae_vol *vol)
{
    size_t samples = ae_vol_samples(vol);
    double most = 0;
    for (size_t i = 0; i < samples; i++) {
        most = fmax(most, fabs((double)vol->data[i]));
    }
    return threshold < 0 ? threshold : fmax(threshold, most / 16777216);
}

static int is_flat(const struct ae_vol *vol)
{
    size_t same = 1, samples = ae_vol_samples(vol);
    while (same < samples && vol->data[same] == vol->data[0]) {
        same++;
    }
    return same >= samples;
}

/* gone: candidates that are not among the n peaks any more. */
static void report(
    const struct ae_vol *vol, const struct ae_peak *peak, size_t n, size_t gone)
{
    size_t count[1 - AE_PEAK_LAST] = {[-AE_PEAK_NONE] = gone};
    for (size_t i = 0; i < n; i++) {
        count[-peak[i].flag]++;
    }
    if (is_flat(vol)) {
        ae_warn("every sample is %g: no peaks", (double)vol->data[0]);
    } else if (!(n + gone)) {
        ae_warn("no local maximum above %g; lower --threshold", threshold);
    } else if (!count[0]) {
        ae_warn("none of %zu local maxima is a peak; see -v", n + gone);
    }
    ae_say("%zu local maxima: %zu no peak, %zu left the box, %zu too close, "
           "%zu not converged, %zu near a face, %zu kept",
        n + gone, count[-AE_PEAK_NONE], count[-AE_PEAK_LEFT],
        count[-AE_PEAK_CLOSE], count[-AE_PEAK_RUNS], count[-AE_PEAK_EDGE],
        count[0]);
}

static long half_box(const struct ae_vol *vol)
{
    long half = ae_boxread_half(box, vol->step[0], (double)oversample);
    if (half < 2 || half > AE_QUARTIC_RADIUS) {
        ae_usage("--box %g is %ld fine voxels to each side; want 2 to %d", box,
            half, AE_QUARTIC_RADIUS);
    }
    return half;
}

/* Maxima and their fits: *n peaks, highest first; *gone more were rejected. */
static struct ae_peak *find(
    const struct ae_vol *vol, long half, size_t *n, size_t *gone)
{
    struct ae_finegrid fine = {0};
    struct ae_maximum *found = NULL;
    struct ae_peakfit how = {.half = half,
        .alpha = alpha,
        .max_step = max_step,
        .settle = settle,
        .rounds = rounds,
        .determinant = maximum};
    ae_must(ae_finegrid_new(&fine, vol->data, vol->n, oversample, upsample,
        grid == GRID_PUBLISHED ? oversample - 1 : 0, ae_err()));
    ae_must(ae_finegrid_maxima(
        &fine, neigh ? 26 : 6, least_height(vol), slab, &found, n, ae_err()));
    *n = is_flat(vol) ? 0 : *n;
    *gone = candidates(&fine, &how, found, n);
    struct ae_peak *peak = ae_alloc(*n, sizeof *peak);
    if (!peak) {
        ae_die("no memory for %zu candidates", *n);
    }
    ae_must(ae_peakfit_all(&fine, &how, found, *n, peak, ae_err()));
    ae_finegrid_clear(&fine);
    free(found);
    return peak;
}

int main(int argc, char **argv)
{
    struct ae_vol vol = {0};
    struct ae_atoms atoms = {0};
    size_t n = 0, gone = 0;
    ae_begin(&about, argc, argv);
    struct ae_source *in = ae_in();
    ae_must(ae_nrrd_read(in, pixel, &vol, ae_err()));
    ae_must(ae_need_volume(&vol, in->name, ae_err()));
    ae_must(ae_need_pixel(&vol, in->name, ae_err()));
    long half = half_box(&vol);
    struct ae_peak *peak = find(&vol, half, &n, &gone);
    ae_must(ae_peakfit_thin(peak, n, min_distance / vol.step[0], ae_err()));
    if (fit == FIT_GAUSS) {
        ae_must(fit_gauss(&vol, peak, n, ae_err()));
        ae_must(ae_peakfit_thin(peak, n, min_distance / vol.step[0], ae_err()));
    }
    drop_edges(peak, n, &vol);
    report(&vol, peak, n, gone);
    ae_must(to_atoms(&vol, peak, n, half, &atoms, ae_err()));
    ae_must(set_centre(&vol, &atoms.keys));
    ae_history(&atoms.keys);
    ae_must(ae_xyz_write(ae_out(), &atoms, ae_err()));
    ae_atoms_clear(&atoms);
    ae_vol_clear(&vol);
    free(peak);
    return ae_end();
}
