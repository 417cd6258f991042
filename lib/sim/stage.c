/* SPDX-License-Identifier: BSD-2-Clause */
#include "sim/stage.h"

#include <math.h>
#include <string.h>
#include "base/keys.h"
#include "base/number.h"
#include "math/fft.h"
#include "math/rotation.h"

static const double padding = 5;   /* angstrom of vacuum beside the atoms: the
                                    reach of an atom's potential */
static const double above = 1;     /* angstrom of vacuum above and below */
static const double spare = 0.999; /* of the coarsest pixel, so that rounding
                                      loses no detector */
enum { PIXELS_MOST = 32768 };

/* The coarsest pixel that carries aperture and detectors, unless given. */
static double choose_pixel(const struct ae_shot_setup *s, double pixel)
{
    double most = s->lens.convergence;
    for (size_t i = 0; i < s->detectors; i++)
        most = fmax(most, s->detector[i].outer);
    const double lambda = ae_microscope_wavelength(s->lens.kilovolt);
    return pixel > 0 ? pixel : spare * lambda / (3 * most);
}

/* Do the waves hold all the angles? */
static int need_band(const struct ae_shot_setup *s, struct ae_error *err)
{
    const struct ae_frame *f = &s->field.frame;
    const double lambda = ae_microscope_wavelength(s->lens.kilovolt);
    const double limit = lambda * ae_microscope_band(f);
    const double pixel = f->lx / (double)f->nx;
    for (size_t i = 0; i < s->detectors; i++)
        if (s->detector[i].outer > limit)
            return ae_fail(err, AE_EUSAGE,
                "a detector to %g mrad: pixels of %.4g angstrom carry angles"
                " up to %.1f mrad; want --pixel %.4g",
                s->detector[i].outer * 1e3, pixel, limit * 1e3,
                floor(lambda / (3e-4 * s->detector[i].outer)) * 1e-4);
    if (s->lens.convergence > limit)
        return ae_fail(err, AE_EUSAGE,
            "--convergence %g mrad: pixels of %.4g angstrom carry angles up to"
            " %.1f mrad",
            s->lens.convergence * 1e3, pixel, limit * 1e3);
    return AE_OK;
}

void ae_stage_sample(
    struct ae_shot_setup *s, const struct ae_elements *e, size_t n, int damping)
{
    s->field.z = e->z;
    s->field.nz = e->n;
    s->field.u = damping ? e->rms : e->still;
    s->field.kilovolt = s->lens.kilovolt;
    s->pos = (const double(*)[3])e->pos;
    s->element = e->of;
    s->rms = e->rms;
    s->n = n;
}

int ae_stage_cell(struct ae_shot_setup *s, const struct ae_reals *lengths,
    const struct ae_reals *places, double pixel, struct ae_error *err)
{
    const double p = choose_pixel(s, pixel);
    const double *cell = lengths->v, *scan = places->v;
    double n[2]; /* the nearest numbers, or enough for the detectors */
    if (lengths->n != 3 || places->n != 5)
        return ae_fail(err, AE_EUSAGE,
            "--cell wants LX,LY,LZ, and --scan X0,Y0,NX,NY,STEP with it");
    for (int d = 0; d < 2; d++)
        n[d] = pixel > 0 ? nearbyint(cell[d] / p) : ceil(cell[d] / p);
    if (n[0] < 8 || n[1] < 8 || n[0] > PIXELS_MOST || n[1] > PIXELS_MOST)
        return ae_fail(err, AE_EUSAGE,
            "--cell: %.0f x %.0f pixels; want 8 to %d", n[0], n[1],
            PIXELS_MOST);
    if (!(scan[2] >= 1 && scan[3] >= 1 && scan[4] > 0) ||
        scan[2] != floor(scan[2]) || scan[3] != floor(scan[3]))
        return ae_fail(err, AE_EUSAGE,
            "--scan: want X0,Y0,NX,NY,STEP with whole NX, NY from 1 and a STEP"
            " above 0");
    s->field.frame =
        (struct ae_frame){(size_t)n[0], (size_t)n[1], cell[0], cell[1]};
    s->field.lz = cell[2];
    s->origin[0] = scan[0];
    s->origin[1] = scan[1];
    s->nx = (size_t)scan[2];
    s->ny = (size_t)scan[3];
    s->step = scan[4];
    return need_band(s, err);
}

int ae_stage_series(struct ae_shot_setup *s, const struct ae_reals *size,
    const double (*pos)[3], double pixel, struct ae_error *err)
{
    const double p = choose_pixel(s, pixel);
    double reach = 0;
    if (size->n > 2 || (size->n && size->v[0] != floor(size->v[0])) ||
        (size->n == 2 && size->v[1] != floor(size->v[1])))
        return ae_fail(err, AE_EUSAGE, "--size: want one or two whole numbers");
    for (size_t j = 0; j < s->n; j++) {
        const double *a = pos[j];
        reach = fmax(reach, sqrt(a[0] * a[0] + a[1] * a[1] + a[2] * a[2]));
    }
    const size_t usual = 2 * (size_t)ceil((reach + 1) / s->step) + 2;
    s->nx = size->n ? (size_t)size->v[0] : usual;
    s->ny = size->n ? (size_t)size->v[size->n - 1] : usual;
    const double field = s->step * (double)(s->nx > s->ny ? s->nx : s->ny);
    const double side = fmax(2 * reach, field) + 2 * padding;
    if (side / p > PIXELS_MOST)
        return ae_fail(err, AE_EDATA,
            "the cell of %.4g angstrom has more than %d pixels of %.4g; want a"
            " larger --pixel",
            side, PIXELS_MOST, p);
    const size_t f = s->method == AE_SHOT_PRISM ? s->factor : 1;
    const size_t m = f * ae_fft_good_even((size_t)ceil(side / p / (double)f));
    s->field.frame = (struct ae_frame){m, m, p * (double)m, p * (double)m};
    s->field.lz = 2 * reach + 2 * above;
    s->origin[0] = p * (double)(m / 2) - s->step * (double)(s->nx / 2);
    s->origin[1] = p * (double)(m / 2) - s->step * (double)(s->ny / 2);
    return need_band(s, err);
}

int ae_stage_centre(struct ae_atoms *atoms, struct ae_error *err)
{
    const char *at = ae_keys_get(&atoms->keys, "rotation_centre");
    const char *end = at ? at + strlen(at) : NULL;
    double centre[3];
    if (!at)
        return AE_OK;
    for (int i = 0; i < 3; i++) {
        at = ae_parse_real(at + strspn(at, " \t"), end, &centre[i]);
        if (!at || !isfinite(centre[i]))
            return ae_fail(err, AE_EDATA,
                "rotation_centre: want three numbers x y z in angstrom");
    }
    for (size_t j = 0; j < atoms->n; j++)
        for (int i = 0; i < 3; i++)
            atoms->pos[j][i] -= centre[i];
    ae_keys_drop(&atoms->keys, "rotation_centre");
    return AE_OK;
}

void ae_stage_turn(const struct ae_shot_setup *s, const double euler[3],
    const double (*atom)[3], double (*to)[3])
{
    const struct ae_field_setup *f = &s->field;
    const double middle[3] = {f->frame.lx / 2, f->frame.ly / 2, f->lz / 2};
    double R[3][3];
    ae_rotation(euler, R);
    for (size_t j = 0; j < s->n; j++) {
        ae_rotate(to[j], R, atom[j]);
        for (int d = 0; d < 3; d++)
            to[j][d] += middle[d];
    }
}

int ae_stage_head(const struct ae_shot_setup *s, size_t images, size_t planes,
    const double (*euler)[3], struct ae_vol *head, struct ae_error *err)
{
    const int many = planes > 1;
    *head = (struct ae_vol){.kind = many    ? AE_FRAMES
                                    : euler ? AE_STACK
                                            : AE_IMAGE,
        .dim = many    ? 4
               : euler ? 3
                       : 2,
        .n = {s->nx, s->ny, many ? planes : images, many ? images : 1},
        .step = {s->step, s->step, 0},
        .origin = {s->origin[0], s->origin[1], 0}};
    for (int d = 0; d < 2 && euler; d++)
        head->origin[d] = -s->step * (double)(head->n[d] / 2);
    ae_vol_set_centre(head);
    return euler ? ae_vol_set_euler(head, images, euler, err) : AE_OK;
}
