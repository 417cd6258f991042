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

int ae_lens_of(
    struct ae_lens *lens, const struct ae_lens_usual *u, struct ae_error *err)
{
    const struct ae_reals *a = &u->astigmatism, *b = &u->coma;
    if ((a->n && a->n != 2) || (b->n && b->n != 2))
        return ae_fail(err, AE_EUSAGE,
            "--astigmatism and --coma want two numbers, angstrom and degrees");
    *lens = (struct ae_lens){.kilovolt = u->energy,
        .convergence = u->convergence * 1e-3,
        .defocus = u->defocus,
        .c3 = u->cs * 1e7,
        .c5 = u->c5 * 1e7,
        .astigmatism = a->n ? a->v[0] : 0,
        .astigmatism_axis = a->n ? a->v[1] * M_PI / 180 : 0,
        .coma = b->n ? b->v[0] : 0,
        .coma_axis = b->n ? b->v[1] * M_PI / 180 : 0};
    return AE_OK;
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

/* A circle about k = 0 on a grid of k: samples up to k2 lie inside, those at
 * k2 itself count `share`. */
struct circle {
    double k2, share;
};

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double k2_at(const struct ae_frame *frame, long m, long n)
{
    const double kx = (double)m / frame->lx, ky = (double)n / frame->ly;
    return kx * kx + ky * ky;
}

static double share_of(const struct circle *c, double k2)
{
    if (k2 < c->k2 * (1 - edge))
        return 1;
    return k2 <= c->k2 * (1 + edge) ? c->share : 0;
}

/* The |k|^2 of all samples up to radius k, ascending; the caller frees. */
static double *sorted(const struct ae_frame *frame, double k, size_t *count)
{
    const long mx = (long)floor(k * frame->lx);
    const long my = (long)floor(k * frame->ly);
    double *k2 = ae_alloc((size_t)((2 * mx + 1) * (2 * my + 1)), sizeof *k2);
    *count = 0;
    for (long n = -my; k2 && n <= my; n++)
        for (long m = -mx; m <= mx; m++)
            if (k2_at(frame, m, n) <= k * k)
                k2[(*count)++] = k2_at(frame, m, n);
    if (k2)
        qsort(k2, *count, sizeof *k2, by_size);
    return k2;
}

/* The circle of radius k whose samples, the outermost ones by a share, make
 * up its area pi k^2: on a coarse grid the number of whole samples is off by
 * per cents, and the current and the signals with it. */
static int fit_circle(struct circle *c, const struct ae_frame *frame, double k,
    struct ae_error *err)
{
    const double want = M_PI * k * k * frame->lx * frame->ly;
    const double far = k + 2 / fmin(frame->lx, frame->ly);
    size_t n, first = 0, next = 0;
    *c = (struct circle){0, 0};
    if (k <= 0)
        return AE_OK;
    double *k2 = sorted(frame, far, &n);
    if (!k2)
        return ae_fail(err, AE_EMEM, "out of memory");
    while (next < n && (double)next < want) {
        first = next;
        while (next < n && k2[next] <= k2[first] * (1 + edge))
            next++;
    }
    *c = (struct circle){
        k2[first], (want - (double)first) / (double)(next - first)};
    c->share = fmin(c->share, 1);
    free(k2);
    return AE_OK;
}

/* One more beam when (m, n) is inside; probe->k may be NULL, to count. */
static void take_beam(struct ae_probe *probe, const struct ae_lens *lens,
    const struct ae_frame *frame, const struct circle *aperture, long m, long n)
{
    const double k2 = k2_at(frame, m, n), share = share_of(aperture, k2);
    if (!(share > 0) || !ae_microscope_inside(k2, ae_microscope_band(frame)))
        return;
    if (probe->k) {
        const double chi =
            ae_lens_chi(lens, (double)m / frame->lx, (double)n / frame->ly);
        probe->k[probe->n][0] = (int32_t)m;
        probe->k[probe->n][1] = (int32_t)n;
        probe->amplitude[probe->n][0] = sqrt(share) * cos(chi);
        probe->amplitude[probe->n][1] = -sqrt(share) * sin(chi);
    }
    probe->n++;
}

static void take_beams(struct ae_probe *probe, const struct ae_lens *lens,
    const struct ae_frame *frame, const struct circle *aperture, long step)
{
    const long nx = (long)(frame->nx - 1) / 2, ny = (long)(frame->ny - 1) / 2;
    probe->n = 0;
    for (long n = -(ny / step) * step; n <= ny; n += step)
        for (long m = -(nx / step) * step; m <= nx; m += step)
            take_beam(probe, lens, frame, aperture, m, n);
}

int ae_probe_new(struct ae_probe *probe, const struct ae_lens *lens,
    const struct ae_frame *frame, size_t step, int soft, struct ae_error *err)
{
    const double limit =
        lens->convergence / ae_microscope_wavelength(lens->kilovolt);
    struct circle aperture = {limit * limit, 1};
    *probe = (struct ae_probe){0};
    if (soft && fit_circle(&aperture, frame, limit, err))
        return AE_EMEM;
    if (!(aperture.k2 > 0))
        aperture = (struct circle){0, 1};
    take_beams(probe, lens, frame, &aperture, (long)step);
    struct ae_probe full = {.k = ae_alloc(probe->n, sizeof *full.k),
        .amplitude = ae_alloc(probe->n, sizeof *full.amplitude)};
    if (!full.k || !full.amplitude) {
        ae_probe_clear(&full);
        return ae_fail(
            err, AE_EMEM, "a probe of %zu beams: out of memory", probe->n);
    }
    take_beams(&full, lens, frame, &aperture, (long)step);
    double sum = 0;
    for (size_t i = 0; i < full.n; i++)
        sum += full.amplitude[i][0] * full.amplitude[i][0] +
               full.amplitude[i][1] * full.amplitude[i][1];
    const double norm = 1 / sqrt(sum);
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

/* The share of a sample in a quadrant: those on a diagonal belong to both. */
static double quadrant_share(int quadrant, double kx, double ky)
{
    const double along[] = {kx, ky, -kx, -ky};
    const double across[] = {ky, kx, ky, kx};
    if (!quadrant)
        return 1;
    const double a = along[quadrant - 1], b = fabs(across[quadrant - 1]);
    if (kx == 0 && ky == 0)
        return 0.25;
    if (fabs(a - b) <= edge * b)
        return 0.5;
    return a > b ? 1 : 0;
}

struct ring {
    const struct ae_detector *detector;
    double lambda;
    struct circle inner, outer;
    int soft;
};

/* The share of a sample at (kx, ky) that counts. */
static double ring_share(const struct ring *r, double kx, double ky)
{
    const double k2 = kx * kx + ky * ky, angle = r->lambda * sqrt(k2);
    const double part = quadrant_share(r->detector->quadrant, kx, ky);
    if (!r->soft)
        return angle >= r->detector->inner && angle < r->detector->outer ? part
                                                                         : 0;
    return part * (share_of(&r->outer, k2) -
                      (r->detector->inner > 0 ? share_of(&r->inner, k2) : 0));
}

static int ring_new(struct ring *r, const struct ae_detector *detector,
    double lambda, const struct ae_frame *frame, int soft, struct ae_error *err)
{
    /* beyond the band there is nothing to be shared */
    const double most = 1.1 * ae_microscope_band(frame);
    *r = (struct ring){.detector = detector, .lambda = lambda, .soft = soft};
    if (!soft)
        return AE_OK;
    const int code =
        fit_circle(&r->inner, frame, fmin(detector->inner / lambda, most), err);
    return code ? code
                : fit_circle(&r->outer, frame,
                      fmin(detector->outer / lambda, most), err);
}

int ae_detector_map_new(struct ae_detector_map *map,
    const struct ae_detector *detector, double lambda,
    const struct ae_frame *frame, size_t stride, int soft, struct ae_error *err)
{
    const double band = ae_microscope_band(frame);
    const size_t most = frame->nx * frame->ny;
    struct ring ring;
    *map = (struct ae_detector_map){.at = ae_alloc(most, sizeof *map->at),
        .weight = ae_alloc(most, sizeof *map->weight)};
    if (!map->at || !map->weight ||
        ring_new(&ring, detector, lambda, frame, soft, err)) {
        ae_detector_map_clear(map);
        return ae_fail(err, AE_EMEM,
            "a detector of %zu x %zu samples: out of memory", frame->nx,
            frame->ny);
    }
    for (size_t j = 0; j < frame->ny; j++)
        for (size_t i = 0; i < frame->nx; i++) {
            const double kx =
                (double)ae_fft_frequency(i, frame->nx) / frame->lx;
            const double ky =
                (double)ae_fft_frequency(j, frame->ny) / frame->ly;
            if (!ae_microscope_inside(kx * kx + ky * ky, band))
                continue;
            const double share = ring_share(&ring, kx, ky);
            if (share > 0) {
                map->at[map->n] = (uint32_t)(j * stride + i);
                map->weight[map->n++] = (float)share;
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
