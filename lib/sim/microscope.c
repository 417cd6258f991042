/* SPDX-License-Identifier: BSD-2-Clause */
#include "sim/microscope.h"

#include <math.h>
#include <stdlib.h>
#include "base/mem.h"
#include "math/fft.h"

/* CODATA 2014 */
static const double planck = 6.626070040e-34;  /* J s */
static const double light = 299792458;         /* m/s */
static const double charge = 1.6021766208e-19; /* C */
static const double electron = 9.10938356e-31; /* kg */
static const double edge = 1e-11; /* rounding of a k^2 that lies on an edge */

double ae_microscope_wavelength(double kilovolt)
{
    const double e = 1e3 * charge * kilovolt; /* J */
    const double rest = electron * light * light;
    return 1e10 * planck * light / sqrt(e * (e + 2 * rest));
}

double ae_microscope_sigma(double kilovolt)
{
    const double volt = 1e3 * kilovolt;
    const double rest = electron * light * light / charge; /* V */
    return 2 * M_PI / (ae_microscope_wavelength(kilovolt) * volt) *
           (rest + volt) / (2 * rest + volt);
}

double ae_microscope_band(const struct ae_frame *frame)
{
    const double dx = frame->lx / (double)frame->nx;
    const double dy = frame->ly / (double)frame->ny;
    return 1 / (3 * fmax(dx, dy));
}

int ae_microscope_inside(double k2, double band)
{
    return k2 < band * band * (1 - edge);
}

double ae_lens_chi(const struct ae_lens *lens, double kx, double ky)
{
    const double lambda = ae_microscope_wavelength(lens->kilovolt);
    const double a = lambda * hypot(kx, ky), a2 = a * a;
    const double phi = a > 0 ? atan2(ky, kx) : 0;
    const double sum =
        a2 * (-lens->defocus / 2 + a2 * (lens->c3 / 4 + a2 * lens->c5 / 6)) +
        lens->astigmatism * a2 * cos(2 * (phi - lens->astigmatism_axis)) / 2 +
        lens->coma * a2 * a * cos(phi - lens->coma_axis) / 3;
    return 2 * M_PI / lambda * sum;
}

/* One more beam when (m, n) is inside; probe->k may be NULL, to count. */
static void take_beam(struct ae_probe *probe, const struct ae_lens *lens,
    const struct ae_frame *frame, double limit, long m, long n)
{
    const double kx = (double)m / frame->lx, ky = (double)n / frame->ly;
    const double k2 = kx * kx + ky * ky;
    if (k2 > limit * limit * (1 + edge) ||
        !ae_microscope_inside(k2, ae_microscope_band(frame)))
        return;
    if (probe->k) {
        const double chi = ae_lens_chi(lens, kx, ky);
        probe->k[probe->n][0] = (int32_t)m;
        probe->k[probe->n][1] = (int32_t)n;
        probe->amplitude[probe->n][0] = cos(chi);
        probe->amplitude[probe->n][1] = -sin(chi);
    }
    probe->n++;
}

static void take_beams(struct ae_probe *probe, const struct ae_lens *lens,
    const struct ae_frame *frame, long step)
{
    const double limit =
        lens->convergence / ae_microscope_wavelength(lens->kilovolt);
    const long nx = (long)(frame->nx - 1) / 2, ny = (long)(frame->ny - 1) / 2;
    probe->n = 0;
    for (long n = -(ny / step) * step; n <= ny; n += step)
        for (long m = -(nx / step) * step; m <= nx; m += step)
            take_beam(probe, lens, frame, limit, m, n);
}

int ae_probe_new(struct ae_probe *probe, const struct ae_lens *lens,
    const struct ae_frame *frame, size_t step, struct ae_error *err)
{
    *probe = (struct ae_probe){0};
    take_beams(probe, lens, frame, (long)step);
    struct ae_probe full = {.k = ae_alloc(probe->n, sizeof *full.k),
        .amplitude = ae_alloc(probe->n, sizeof *full.amplitude)};
    if (!full.k || !full.amplitude) {
        ae_probe_clear(&full);
        return ae_fail(
            err, AE_EMEM, "a probe of %zu beams: out of memory", probe->n);
    }
    take_beams(&full, lens, frame, (long)step);
    const double norm = 1 / sqrt((double)full.n);
    for (size_t i = 0; i < full.n; i++) {
        full.amplitude[i][0] *= norm;
        full.amplitude[i][1] *= norm;
    }
    *probe = full;
    return AE_OK;
}

void ae_probe_clear(struct ae_probe *probe)
{
    free(probe->k);
    free(probe->amplitude);
    *probe = (struct ae_probe){0};
}

static int on_detector(const struct ae_detector *d, double ax, double ay)
{
    const double a = sqrt(ax * ax + ay * ay);
    if (a < d->inner || a >= d->outer)
        return 0;
    switch (d->quadrant) {
    case 1:
        return ax > 0 && -ax < ay && ay <= ax;
    case 2:
        return ay > 0 && -ay <= ax && ax < ay;
    case 3:
        return ax < 0 && ax <= ay && ay < -ax;
    case 4:
        return ay < 0 && ay < ax && ax <= -ay;
    default:
        return 1;
    }
}

/* The share of sample (m, n) that counts: all of it or nothing, or how many
 * of 16 x 16 places in its square lie on the detector. */
static double share(const struct ae_detector *d, double lambda,
    const struct ae_frame *frame, long m, long n, int soft)
{
    enum { PLACES = 16 };
    const double ax = lambda / frame->lx, ay = lambda / frame->ly;
    if (!soft)
        return on_detector(d, ax * (double)m, ay * (double)n);
    int hits = 0;
    for (int j = 0; j < PLACES; j++)
        for (int i = 0; i < PLACES; i++)
            hits += on_detector(d, ax * ((double)m + (i + 0.5) / PLACES - 0.5),
                ay * ((double)n + (j + 0.5) / PLACES - 0.5));
    return hits / (double)(PLACES * PLACES);
}

int ae_detector_map_new(struct ae_detector_map *map,
    const struct ae_detector *detector, double lambda,
    const struct ae_frame *frame, size_t stride, int soft, struct ae_error *err)
{
    const double band = ae_microscope_band(frame);
    const size_t most = frame->nx * frame->ny;
    *map = (struct ae_detector_map){.at = ae_alloc(most, sizeof *map->at),
        .weight = ae_alloc(most, sizeof *map->weight)};
    if (!map->at || !map->weight) {
        ae_detector_map_clear(map);
        return ae_fail(err, AE_EMEM,
            "a detector of %zu x %zu samples: out of"
            " memory",
            frame->nx, frame->ny);
    }
    for (size_t j = 0; j < frame->ny; j++)
        for (size_t i = 0; i < frame->nx; i++) {
            const long m = ae_fft_frequency(i, frame->nx);
            const long n = ae_fft_frequency(j, frame->ny);
            const double kx = (double)m / frame->lx;
            const double ky = (double)n / frame->ly;
            if (!ae_microscope_inside(kx * kx + ky * ky, band))
                continue;
            const double w = share(detector, lambda, frame, m, n, soft);
            if (w > 0) {
                map->at[map->n] = (uint32_t)(j * stride + i);
                map->weight[map->n++] = (float)w;
            }
        }
    return AE_OK;
}

void ae_detector_map_clear(struct ae_detector_map *map)
{
    free(map->at);
    free(map->weight);
    *map = (struct ae_detector_map){0};
}
