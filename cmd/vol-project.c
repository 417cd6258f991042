/* SPDX-License-Identifier: BSD-2-Clause
 * vol-project - projections of a volume.
 *
 *   P_k(u,v) = sum over voxels r of V(r) w(R_k r - (u,v)),  (u,v) = R_k r
 *   R_k = (Rz(phi) Ry(theta) Rx(psi))^T   orientation of image k
 *   w     bilinear share of each of the 1, 4 or 8 sub-samples of a voxel
 *
 * An intensity is the sum of the voxels along the ray, so that an object that
 * stays inside the frame keeps its sum. --projector fst reads central planes
 * of the Fourier transform instead. This is the operator A of resire.
 *
 * Source: Pham et al., Sci. Rep. 13, 5624 (2023),
 * doi:10.1038/s41598-023-31124-7.
 * Cost: 2e9 voxels times images per second and core.
 * reads: volume (NRRD)     writes: tilt stack (NRRD)
 */
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "base/tool.h"
#include "io/angles.h"
#include "io/nrrd.h"
#include "tomo/tomo.h"

static const char *angles;
static int projector, subsample;
static struct ae_reals over;
static double pixel;
static const struct ae_opt opts[] = {
    AE_STR('a', "angles", &angles, "FILE|LIST", NULL,
        "tilt angles: a file of 1 or 3 columns, a tilt stack, -70:3.5:70"),
    AE_CHOICE(0, "projector", &projector, "real|fst", "real",
        "real space, or Fourier slices"),
    AE_CHOICE(0, "subsample", &subsample, "1|4|8", "4",
        "sub-samples of a voxel (real space)"),
    AE_REALS(0, "fst-oversample", &over, "X[,Y,Z]", "3", 1, 16,
        "zero padding of the Fourier slices, per axis"),
    AE_REAL('p', "pixel", &pixel, "angstrom", "0", 0, 1000,
        "pixel size where the header gives none"),
    AE_END_OPTS,
};
static const struct ae_about about = {
    "vol-project", "projections of a volume", "[FILE]", .opts = opts};

/* Is the file of that name an NRRD file? */
static int is_nrrd(const char *path)
{
    char magic[4];
    FILE *file = fopen(path, "rb");
    if (!file)
        return 0;
    const int yes = fread(magic, 1, 4, file) == 4 && !memcmp(magic, "NRRD", 4);
    fclose(file);
    return yes;
}

/* The header of the stack: frame and keys of the volume, the angles asked. */
static void make_head(const struct ae_vol *vol, struct ae_vol *stack)
{
    double(*euler)[3] = NULL;
    size_t n = 0;
    ae_must(ae_vol_like(stack, vol, ae_err()));
    if (is_nrrd(angles)) {
        struct ae_nrrd *reader;
        struct ae_vol head;
        ae_must(ae_nrrd_open(&reader, ae_open(angles), 0, &head, ae_err()));
        if (!head.nangle)
            ae_die("%s: no angles in the header", angles);
        ae_must(ae_vol_set_euler(
            stack, head.nangle, (const double(*)[3])head.euler, ae_err()));
        ae_nrrd_free(reader);
        ae_vol_clear(&head);
    } else {
        ae_must(ae_angles_read(angles, &euler, &n, ae_err()));
        ae_must(
            ae_vol_set_euler(stack, n, (const double(*)[3])euler, ae_err()));
        free(euler);
    }
    stack->kind = AE_STACK;
    stack->n[2] = stack->nangle;
    stack->step[2] = stack->origin[2] = stack->centre[2] = 0;
}

static void project(
    const struct ae_vol *vol, struct ae_vol *stack, const double oversample[3])
{
    const struct ae_tomo_setup setup = {
        .kind = projector ? AE_TOMO_FST : AE_TOMO_REAL,
        .nx = vol->n[0],
        .ny = vol->n[1],
        .nz = vol->n[2],
        .nu = stack->n[0],
        .nv = stack->n[1],
        .images = stack->nangle,
        .euler = (const double(*)[3])stack->euler,
        .subsample = (const int[]){1, 4, 8}[subsample],
        .over = {oversample[0], oversample[1], oversample[2]}};
    struct ae_tomo *A;
    ae_must(ae_tomo_new(&A, &setup, ae_err()));
    const size_t each = ae_tomo_image_samples(A);
    float *v = ae_alloc(ae_tomo_volume_samples(A), sizeof *v);
    float *p = ae_alloc(each * stack->nangle, sizeof *p);
    float *image = ae_alloc(ae_vol_image(stack), sizeof *image);
    if (!v || !p || !image)
        ae_die("out of memory for %zu images of %zu x %zu", stack->nangle,
            stack->n[0], stack->n[1]);
    ae_tomo_pack_volume(A, vol->data, v);
    ae_tomo_forward(A, v, 0, 1, p);
    free(v);
    ae_must(ae_nrrd_begin(ae_out(), stack, ae_err()));
    for (size_t k = 0; k < stack->nangle; k++) {
        ae_tomo_unpack_image(A, p + k * each, image);
        ae_must(ae_nrrd_put(ae_out(), image, ae_vol_image(stack), ae_err()));
    }
    ae_tomo_free(A);
    free(p);
    free(image);
}

int main(int argc, char **argv)
{
    struct ae_vol vol = {0}, stack = {0};

    ae_begin(&about, argc, argv);
    if (over.n != 1 && over.n != 3)
        ae_usage("--fst-oversample: want one number or three, got %d", over.n);
    if (over.n == 1)
        over.v[1] = over.v[2] = over.v[0];
    ae_must(ae_nrrd_read(ae_in(), pixel, &vol, ae_err()));
    ae_must(ae_need_volume(&vol, "vol-project", ae_err()));
    make_head(&vol, &stack);
    ae_history(&stack.keys);
    project(&vol, &stack, over.v);
    ae_vol_clear(&vol);
    ae_vol_clear(&stack);
    return ae_end();
}
