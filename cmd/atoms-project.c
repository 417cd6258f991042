/* SPDX-License-Identifier: BSD-2-Clause
 * atoms-project - the tilt series of a set of atoms by the linear image model.
 *
 *   P_k(u) = sum_j A_j g(u - u_j),   (u_j, v_j, w_j) = R_k (r_j - r_0)
 *
 *   R_k  rotation of image k, (Rz(phi) Ry(theta) Rx(psi))^T; phi = psi = 0:
 *        u = x cos(theta) - z sin(theta), v = y
 *   r_0  rotation centre (key rotation_centre), angstrom
 *   A_j  Z_j^power, Z the atomic number: the sum of the atom over the pixels
 *   g    Gaussian of width sigma, or (--kernel fe) the profile whose Fourier
 *        transform is f_e(q) exp(-B q^2); then A_j = 1 and the sum is f_e(0)
 *
 * Image coordinate 0 is pixel floor(n/2). Pixels are point samples, as a
 * scanning probe takes them. --relative-to divides by the A (the f_e(0)) of one
 * element, --per-area by the area of a pixel.
 *
 * Source: the incoherent linear model used to refine atomic models against
 * tilt series: Yang et al., Nature 542, 75 (2017), 10.1038/nature21042;
 * f_e: Kirkland, Advanced Computing in Electron Microscopy (2010), App. C.
 * Cost: atoms x images x patch; fe: two transforms per element and image.
 * reads: extended XYZ     writes: NRRD stack
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/atoms.h"
#include "base/mem.h"
#include "base/threads.h"
#include "base/tool.h"
#include "base/vol.h"
#include "io/angles.h"
#include "io/nrrd.h"
#include "io/xyz.h"
#include "math/rotation.h"
#include "sim/linear.h"
#include "sim/scattering.h"

enum { GAUSS, FE };
static const char *angles, *relative_to;
static double pixel, sigma, power, b_factor, cut;
static struct ae_reals size;
static int kernel, per_area;
static const struct ae_opt opts[] = {
    AE_STR('a', "angles", &angles, "ANGLES", NULL,
        "-70:3.5:70, a list, or a file of one or three columns"),
    AE_REAL('p', "pixel", &pixel, "angstrom", NULL, 1e-3, 1000, "pixel size"),
    AE_REALS('s', "size", &size, "NX[,NY]", "", 1, 65536,
        "pixels of an image (large enough for any angle)"),
    AE_CHOICE('k', "kernel", &kernel, "gauss|fe", "gauss",
        "profile of an atom: a Gaussian or its scattering factor"),
    AE_REAL(0, "sigma", &sigma, "angstrom", "0.36", 1e-4, 1000,
        "width of the Gaussian"),
    AE_REAL(0, "power", &power, "P", "1.7", -10, 10,
        "the Gaussian's sum is the atomic number to this power"),
    AE_REAL(0, "cut", &cut, "SIGMAS", "4", 1, 100,
        "the Gaussian ends this far out"),
    AE_REAL(0, "b-factor", &b_factor, "angstrom^2", "2.56", 0, 1000,
        "B of exp(-B q^2), = 2 pi^2 sigma^2, for the scattering factor"),
    AE_STR(0, "relative-to", &relative_to, "ELEMENT", "",
        "an atom of this element counts 1"),
    AE_FLAG(0, "per-area", &per_area, "divide by the area of a pixel"),
    AE_END_OPTS,
};
static const struct ae_about about = {"atoms-project",
    "tilt series of a set of atoms (linear image model)", "[FILE]", opts, 0};

struct model { /* the atoms as the kernels want them */
    struct ae_atoms atoms;
    double *amplitude; /* [atoms.n] */
    int z[118];        /* the elements */
    size_t nz;
    size_t *element; /* [atoms.n], index into z */
    double scale;    /* factor on every image */
    struct ae_linear_grid grid;
    double (*euler)[3];
    size_t images;
    struct ae_linear_fe *fe;
};

struct slot { /* one image under work */
    double *sum;
    float *image;
    struct ae_linear_scratch *scratch;
    int code;
};

/* Sum over the pixels of one atom of this element; 0 when the kernel has no
 * such element. */
static double strength(int z)
{
    return kernel == GAUSS ? pow(z, power) : ae_scattering_fe(z, 0);
}

static int need_strength(const char *name, int *z, struct ae_error *err)
{
    char quoted[340];
    *z = ae_scattering_z(name);
    if (!*z)
        return ae_fail(err, AE_EDATA,
            "species '%s' is no element; want a symbol such as Zr",
            ae_quote(quoted, name));
    if (kernel == FE && !ae_scattering_known(*z))
        return ae_fail(err, AE_EDATA,
            "no scattering factor of %s is tabulated; use --kernel gauss",
            ae_quote(quoted, name));
    return AE_OK;
}

static int set_amplitudes(struct model *m, struct ae_error *err)
{
    struct ae_column *species;
    size_t place[119] = {0};
    int code = ae_atoms_need(&m->atoms, "species", 'S', 1, &species, err);
    if (code)
        return code;
    m->amplitude = ae_alloc(m->atoms.n, sizeof *m->amplitude);
    m->element = ae_alloc(m->atoms.n, sizeof *m->element);
    if (!m->amplitude || !m->element)
        return ae_fail(err, AE_EMEM, "out of memory");
    m->scale = per_area ? 1 / (pixel * pixel) : 1;
    int z;
    if (*relative_to) {
        if (need_strength(relative_to, &z, err))
            return AE_EUSAGE;
        m->scale /= strength(z);
    }
    for (size_t j = 0; j < m->atoms.n; j++) {
        if ((code = need_strength(ae_atoms_text(species, j), &z, err)))
            return code;
        if (!place[z]) {
            m->z[m->nz++] = z;
            place[z] = m->nz;
        }
        m->element[j] = place[z] - 1;
        m->amplitude[j] = strength(z);
    }
    return AE_OK;
}

/* Positions relative to the rotation centre; the key goes. */
static int centre_atoms(struct ae_atoms *atoms, struct ae_error *err)
{
    const char *at = ae_keys_get(&atoms->keys, "rotation_centre");
    double centre[3];
    if (!at)
        return AE_OK;
    const char *end = at + strlen(at);
    for (int i = 0; i < 3; i++) {
        at += strspn(at, " \t");
        if (!(at = ae_parse_real(at, end, &centre[i])) || !isfinite(centre[i]))
            return ae_fail(err, AE_EDATA,
                "rotation_centre: want three numbers x y z in angstrom");
    }
    for (size_t j = 0; j < atoms->n; j++)
        for (int i = 0; i < 3; i++)
            atoms->pos[j][i] -= centre[i];
    ae_keys_drop(&atoms->keys, "rotation_centre");
    return AE_OK;
}

/* The size asked for, or the even square that holds the atoms at any angle. */
static int set_grid(struct model *m, struct ae_error *err)
{
    double reach = 0;
    m->grid.pixel = pixel;
    for (int i = 0; i < size.n; i++)
        if (size.v[i] != floor(size.v[i]) || size.n > 2)
            return ae_fail(err, AE_EUSAGE,
                "--size: want one or two whole numbers, pixels along x and y");
    if (size.n) {
        m->grid.nx = (size_t)size.v[0];
        m->grid.ny = (size_t)size.v[size.n - 1];
        return AE_OK;
    }
    if (!m->atoms.n)
        return ae_fail(err, AE_EDATA, "no atoms; give the --size of an image");
    for (size_t j = 0; j < m->atoms.n; j++) {
        const double *p = m->atoms.pos[j];
        reach = fmax(reach, sqrt(p[0] * p[0] + p[1] * p[1] + p[2] * p[2]));
    }
    const double n = 2 * ceil((reach + cut * sigma) / pixel) + 2;
    if (n > 65536)
        return ae_fail(err, AE_EDATA,
            "the atoms reach %g angstrom from the centre, an image of %.0f"
            " pixels; give --size",
            reach, n);
    m->grid.nx = m->grid.ny = (size_t)n;
    return AE_OK;
}

static int prepare(struct model *m, struct ae_error *err)
{
    int code = ae_angles_read(angles, &m->euler, &m->images, err);
    if (!code)
        code = centre_atoms(&m->atoms, err);
    if (!code)
        code = set_amplitudes(m, err);
    if (!code)
        code = set_grid(m, err);
    if (!code && kernel == GAUSS && sigma < pixel / 4)
        code = ae_fail(err, AE_EUSAGE,
            "--sigma %g is below a quarter of the pixel %g; want finer pixels",
            sigma, pixel);
    if (!code && kernel == FE)
        code = ae_linear_fe_new(&m->fe, &m->grid, m->z, m->nz, b_factor, err);
    return code;
}

static int set_head(struct ae_vol *head, struct model *m, struct ae_error *err)
{
    *head = (struct ae_vol){.kind = AE_STACK,
        .dim = 3,
        .n = {m->grid.nx, m->grid.ny, m->images, 1},
        .step = {pixel, pixel, 0},
        .origin = {-pixel * (double)(m->grid.nx / 2),
            -pixel * (double)(m->grid.ny / 2), 0}};
    ae_vol_set_centre(head);
    if (ae_keys_copy(&head->keys, &m->atoms.keys))
        return ae_fail(err, AE_EMEM, "out of memory");
    return ae_vol_set_euler(head, m->images, (const double(*)[3])m->euler, err);
}

/* Image k of the series. */
static void project(const struct model *m, size_t k, struct slot *s)
{
    const size_t n = m->grid.nx * m->grid.ny;
    const double(*pos)[3] = (const double(*)[3])m->atoms.pos;
    double R[3][3];
    ae_rotation(m->euler[k], R);
    memset(s->sum, 0, n * sizeof *s->sum);
    if (kernel == FE)
        ae_linear_fe_image(
            m->fe, s->scratch, s->sum, pos, m->element, m->atoms.n, R);
    else
        s->code = ae_linear_gauss(
            s->sum, &m->grid, pos, m->amplitude, m->atoms.n, R, sigma, cut);
    for (size_t i = 0; i < n; i++)
        s->image[i] = (float)(m->scale * s->sum[i]);
}

static int new_slots(
    struct slot **slot, size_t n, const struct model *m, struct ae_error *err)
{
    int code = AE_OK;
    if (!(*slot = ae_alloc(n, sizeof **slot)))
        return ae_fail(err, AE_EMEM, "out of memory");
    for (size_t i = 0; i < n && !code; i++) {
        struct slot *s = *slot + i;
        s->sum = ae_alloc(m->grid.nx * m->grid.ny, sizeof *s->sum);
        s->image = ae_alloc(m->grid.nx * m->grid.ny, sizeof *s->image);
        if (!s->sum || !s->image)
            code = ae_fail(err, AE_EMEM, "%zu x %zu pixels: out of memory",
                m->grid.nx, m->grid.ny);
        else if (kernel == FE)
            code = ae_linear_scratch_new(&s->scratch, m->fe, err);
    }
    return code;
}

/* All images, as many at a time as there are threads. */
static int write_images(FILE *out, const struct model *m, struct ae_error *err)
{
    const size_t threads = (size_t)ae_threads();
    const size_t slots = m->images < threads ? m->images : threads;
    struct slot *slot = NULL;
    int code = new_slots(&slot, slots, m, err);
    for (size_t k = 0; k < m->images && !code; k += slots) {
        const size_t now = m->images - k < slots ? m->images - k : slots;
#pragma omp parallel for schedule(static, 1)
        for (size_t i = 0; i < now; i++)
            project(m, k + i, slot + i);
        for (size_t i = 0; i < now && !code; i++)
            code = slot[i].code ? ae_fail(err, AE_EMEM, "out of memory")
                                : ae_nrrd_put(out, slot[i].image,
                                      m->grid.nx * m->grid.ny, err);
        ae_progress("images", (double)(k + now), (double)m->images);
    }
    for (size_t i = 0; slot && i < slots; i++) {
        free(slot[i].sum);
        free(slot[i].image);
        ae_linear_scratch_free(slot[i].scratch);
    }
    free(slot);
    return code;
}

/* How many projected centres fall outside the image, over all images. */
static size_t count_outside(const struct model *m)
{
    const double x0 = (double)(m->grid.nx / 2), y0 = (double)(m->grid.ny / 2);
    size_t outside = 0;
    for (size_t k = 0; k < m->images; k++) {
        double R[3][3], r[3];
        ae_rotation(m->euler[k], R);
        for (size_t j = 0; j < m->atoms.n; j++) {
            ae_rotate(r, R, m->atoms.pos[j]);
            const double x = x0 + r[0] / pixel, y = y0 + r[1] / pixel;
            outside += x < 0 || x > (double)m->grid.nx - 1 || y < 0 ||
                       y > (double)m->grid.ny - 1;
        }
    }
    return outside;
}

int main(int argc, char **argv)
{
    struct model m = {0};
    struct ae_vol head = {0};
    ae_begin(&about, argc, argv);
    ae_must(ae_xyz_read(ae_in(), &m.atoms, ae_err()));
    ae_must(prepare(&m, ae_err()));
    ae_must(set_head(&head, &m, ae_err()));
    const size_t outside = count_outside(&m);
    if (outside)
        ae_warn("%zu of %zu projected atoms lie outside the images; "
                "want a larger --size",
            outside, m.atoms.n * m.images);
    ae_say("%zu atoms, %zu images of %zu x %zu pixels", m.atoms.n, m.images,
        m.grid.nx, m.grid.ny);
    ae_history(&head.keys);
    ae_must(ae_nrrd_begin(ae_out(), &head, ae_err()));
    ae_must(write_images(ae_out(), &m, ae_err()));
    ae_linear_fe_free(m.fe);
    free(m.amplitude);
    free(m.element);
    free(m.euler);
    ae_vol_clear(&head);
    ae_atoms_clear(&m.atoms);
    return ae_end();
}
