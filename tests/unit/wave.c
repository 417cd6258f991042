/* SPDX-License-Identifier: BSD-2-Clause */
#include "sim/wave.h"

#include <gsl/gsl_sf_bessel.h>
#include <stdlib.h>
#include "check.h"
#include "sim/microscope.h"
#include "sim/potential.h"
#include "sim/scattering.h"

static void constants(void)
{
    NEAR(ae_microscope_wavelength(80), 0.04175716, 5e-9);
    NEAR(ae_microscope_wavelength(200), 0.02507934, 5e-9);
    NEAR(ae_microscope_wavelength(300), 0.01968749, 5e-9);
    NEAR(ae_microscope_sigma(80), 1.008707e-3, 5e-10);
    NEAR(ae_microscope_sigma(200), 7.288401e-4, 5e-11);
    NEAR(ae_microscope_sigma(300), 6.526161e-4, 5e-11);
    /* 2 pi a0 e^2 f_e(0) is the plane's integral of the projected potential */
    double sum = 0;
    for (double r = 0.0005; r < 40; r += 0.001)
        sum += 2 * M_PI * r * 0.001 * ae_potential_radial(40, r);
    NEAR(sum, 47.877646 * ae_scattering_fe(40, 0), 1e-4 * sum);
    NEAR(ae_potential_radial(2, 1), 0, 0);
    const struct ae_lens lens = {.kilovolt = 300,
        .defocus = 80,
        .c3 = 1e7,
        .c5 = -3e7,
        .astigmatism = 20,
        .astigmatism_axis = 0.3,
        .coma = 500,
        .coma_axis = -1};
    const double a = 0.019687489 * 1.1, phi = atan2(0.7, sqrt(1.21 - 0.49));
    NEAR(ae_lens_chi(&lens, sqrt(1.21 - 0.49), 0.7),
        2 * M_PI / 0.019687489 *
            (-40 * a * a + 2.5e6 * pow(a, 4) - 5e6 * pow(a, 6) +
                10 * a * a * cos(2 * (phi - 0.3)) +
                500. / 3 * a * a * a * cos(phi + 1)),
        1e-5);
}

static struct ae_wave *new_wave(const struct ae_frame *frame, int twice)
{
    const struct ae_wave_setup setup = {.frame = *frame,
        .lambda = ae_microscope_wavelength(300),
        .dz = 1.7,
        .twice = twice};
    struct ae_wave *wave = NULL;
    CHECK(!ae_wave_new(&wave, &setup, NULL));
    return wave;
}

static struct ae_potential *new_potential(const struct ae_frame *frame)
{
    static const int z[] = {8, 40};
    static const double u[] = {0, 0};
    const struct ae_potential_setup setup = {.frame = *frame,
        .sigma = ae_microscope_sigma(300),
        .z = z,
        .u = u,
        .nz = 2};
    struct ae_potential *potential = NULL;
    CHECK(!ae_potential_new(&potential, &setup, NULL));
    return potential;
}

static double at(const struct ae_wave *wave, const struct ae_wave_slot *slot,
    const struct ae_frame *frame, long m, long n)
{
    uint32_t index = (uint32_t)((size_t)(n < 0 ? n + (long)frame->ny : n) *
                                    ae_wave_stride(wave) +
                                (size_t)(m < 0 ? m + (long)frame->nx : m));
    float one = 1;
    return ae_wave_measure(
        wave, slot, &(struct ae_detector_map){1, &index, &one});
}

/* A slice of phase A cos(2 pi 3 x / lx + 0.4) gives beams J_n(A)^2. */
static void bessel(int twice, double tolerance)
{
    const struct ae_frame frame = {90, 56, 11.3, 7.1};
    const double A = 1.37;
    struct ae_wave *wave = new_wave(&frame, twice);
    struct ae_potential *potential = new_potential(&frame);
    struct ae_potential_scratch *scratch = NULL;
    struct ae_wave_slot *slot = NULL;
    CHECK(!ae_potential_scratch_new(&scratch, potential, NULL));
    CHECK(!ae_wave_slot_new(&slot, wave, NULL));
    double *v = malloc(frame.nx * frame.ny * sizeof *v);
    float *single = malloc(frame.nx * frame.ny * 2 * sizeof *single);
    for (size_t i = 0; i < frame.nx * frame.ny; i++)
        v[i] = A / ae_microscope_sigma(300) *
               cos(2 * M_PI * 3 * (double)(i % frame.nx) / 90 + 0.4);
    const double *t = ae_potential_of(potential, scratch, v);
    for (size_t i = 0; i < frame.nx * frame.ny * 2; i++)
        single[i] = (float)t[i];
    const struct ae_wave_view view = {
        twice ? (const void *)t : single, frame.nx, frame.ny, 0, 13, 5};
    ae_wave_beam(wave, slot, 1, -2, 0.6, 0.8);
    ae_wave_enter(wave, slot, 2);
    ae_wave_slice(wave, slot, &view);
    ae_wave_leave(wave, slot, 3);
    for (int n = -6; n <= 6; n++) {
        const double j = gsl_sf_bessel_Jn(n, A);
        NEAR(at(wave, slot, &frame, 1 + 3 * n, -2), j * j, tolerance);
    }
    NEAR(ae_wave_total(wave, slot), 1, 10 * tolerance);
    free(v);
    free(single);
    ae_wave_slot_free(slot);
    ae_wave_free(wave);
    ae_potential_scratch_free(scratch);
    ae_potential_free(potential);
}

/* A probe in vacuum keeps its norm, and comes back to its place's phase; a
 * drift is the same as slices of vacuum. */
static void vacuum(void)
{
    const struct ae_frame frame = {75, 64, 12.5, 11};
    const struct ae_lens lens = {
        .kilovolt = 300, .convergence = 0.025, .defocus = 40, .c3 = 1e6};
    struct ae_wave *wave = new_wave(&frame, 1);
    struct ae_wave_slot *slot = NULL, *other = NULL;
    struct ae_probe probe;
    CHECK(!ae_wave_slot_new(&slot, wave, NULL));
    CHECK(!ae_wave_slot_new(&other, wave, NULL));
    CHECK(!ae_probe_new(&probe, &lens, &frame, 1, 0, NULL));
    NEAR((double)probe.n, M_PI * pow(0.025 / 0.0196875, 2) * 137.5, 15);
    double *one = malloc(frame.nx * frame.ny * 2 * sizeof *one);
    double *t = malloc(frame.nx * frame.ny * 2 * sizeof *t);
    double *a = malloc(frame.nx * frame.ny * 2 * sizeof *a);
    for (size_t i = 0; i < frame.nx * frame.ny * 2; i++)
        one[i] = i % 2 ? 0 : 1;
    const struct ae_wave_view view = {one, frame.nx, frame.ny, 0, 0, 0};
    ae_wave_probe(wave, slot, &probe, 3.1, 4.7);
    NEAR(ae_wave_total(wave, slot), 1, 1e-13);
    ae_wave_enter(wave, slot, 0);
    for (int j = 0; j < 40; j++) {
        ae_wave_slice(wave, slot, &view);
        if (j < 39)
            ae_wave_between(wave, slot, 1 + j % 2);
    }
    ae_wave_leave(wave, slot, 1);
    NEAR(ae_wave_total(wave, slot), 1, 1e-9);
    ae_wave_probe(wave, other, &probe, 3.1, 4.7);
    ae_wave_drift(wave, other, 20 + 2 * 19 + 1);
    ae_wave_image(wave, slot, t);
    ae_wave_image(wave, other, a);
    double worst = 0;
    for (size_t i = 0; i < frame.nx * frame.ny * 2; i++)
        worst = fmax(worst, fabs(t[i] - a[i]));
    NEAR(worst, 0, 1e-11);
    free(one);
    free(t);
    free(a);
    ae_probe_clear(&probe);
    ae_wave_slot_free(slot);
    ae_wave_slot_free(other);
    ae_wave_free(wave);
}

/* One light atom, thin: beams (sigma v(k) / area)^2, and the potential on the
 * pixels is the closed form's where the atom's tails do not overlap. */
static void weak_phase(void)
{
    const struct ae_frame frame = {240, 216, 12.1, 10.9};
    struct ae_wave *wave = new_wave(&frame, 1);
    struct ae_potential *potential = new_potential(&frame);
    struct ae_potential_scratch *scratch = NULL;
    struct ae_wave_slot *slot = NULL;
    const double pos[1][3] = {{4.123, 7.071, 0.5}};
    const size_t element[1] = {0}, atom[1] = {0};
    CHECK(!ae_potential_scratch_new(&scratch, potential, NULL));
    CHECK(!ae_wave_slot_new(&slot, wave, NULL));
    const double *v =
        ae_potential_slice(potential, scratch, pos, element, atom, 1);
    const size_t i = 97, j = 132;
    const double r =
        hypot((double)i * 12.1 / 240 - 4.123, (double)j * 10.9 / 216 - 7.071);
    NEAR(v[j * 240 + i], ae_potential_radial(8, r), 0.1);
    double mean = 0;
    for (size_t k = 0; k < 240 * 216; k++)
        mean += v[k] / (240 * 216);
    NEAR(mean * 12.1 * 10.9, 47.877646 * ae_scattering_fe(8, 0), 1e-9);
    double *weak = malloc(240 * 216 * sizeof *weak);
    const double small = 1e-4;
    for (size_t k = 0; k < 240 * 216; k++)
        weak[k] = small * v[k];
    const struct ae_wave_view view = {
        ae_potential_of(potential, scratch, weak), 240, 216, 0, 0, 0};
    ae_wave_beam(wave, slot, 0, 0, 1, 0);
    ae_wave_enter(wave, slot, 0);
    ae_wave_slice(wave, slot, &view);
    ae_wave_leave(wave, slot, 1);
    for (long m = 1; m < 70; m += 17) {
        const double k = hypot((double)m / 12.1, -5 / 10.9);
        const double want = small * ae_microscope_sigma(300) * 47.877646 /
                            (12.1 * 10.9) * ae_scattering_fe(8, k);
        NEAR(at(wave, slot, &frame, m, -5) / (want * want), 1, 1e-3);
    }
    NEAR(ae_wave_total(wave, slot), 1, 1e-9);
    free(weak);
    ae_wave_slot_free(slot);
    ae_wave_free(wave);
    ae_potential_scratch_free(scratch);
    ae_potential_free(potential);
}

/* Slices: as many as fit, whole, and no atom on an edge. */
static void slices(void)
{
    const double layer[4][3] = {
        {0, 0, 0}, {0, 0, 2.5}, {0, 0, 5}, {0, 0, 7.5 - 1e-9}};
    struct ae_slices s;
    CHECK(!ae_slices_new(&s, layer, 4, 10, 2.5, NULL));
    CHECK(s.n == 4);
    NEAR(s.dz, 2.5, 1e-12);
    NEAR(fabs(s.shift), 1.25, 1e-6);
    for (size_t j = 0; j <= 4; j++)
        CHECK(s.start[j] == j);
    ae_slices_clear(&s);
    CHECK(!ae_slices_new(&s, layer, 4, 10.1, 2.5, NULL));
    CHECK(s.n == 5);
    ae_slices_clear(&s);
    const double off[2][3] = {{0, 0, 0.7}, {0, 0, 2.1}};
    CHECK(!ae_slices_new(&s, off, 2, 4, 2, NULL));
    NEAR(s.shift, 0, 0);
    CHECK(s.start[1] == 1 && s.atom[0] == 0 && s.atom[1] == 1);
    ae_slices_clear(&s);
}

/* Detectors: quadrants share the ring; soft edges give the ring's area. */
static void detectors(void)
{
    const struct ae_frame frame = {96, 96, 13, 13};
    const double lambda = ae_microscope_wavelength(300);
    struct ae_detector ring = {0.006, 0.02, 0};
    struct ae_detector_map all, part;
    double sum = 0, count = 0;
    CHECK(!ae_detector_map_new(&all, &ring, lambda, &frame, 100, 0, NULL));
    for (ring.quadrant = 1; ring.quadrant <= 4; ring.quadrant++) {
        CHECK(!ae_detector_map_new(&part, &ring, lambda, &frame, 100, 0, NULL));
        double mine = 0;
        for (size_t i = 0; i < part.n; i++)
            mine += part.weight[i];
        NEAR(mine * 4, (double)all.n, 1e-9);
        count += mine;
        ae_detector_map_clear(&part);
    }
    NEAR(count, (double)all.n, 1e-9);
    ring.quadrant = 0;
    CHECK(!ae_detector_map_new(&part, &ring, lambda, &frame, 100, 1, NULL));
    for (size_t i = 0; i < part.n; i++)
        sum += part.weight[i];
    const double area = M_PI * (0.02 * 0.02 - 0.006 * 0.006);
    NEAR(sum * lambda / 13 * lambda / 13, area, 1e-6 * area);
    ae_detector_map_clear(&part);
    ae_detector_map_clear(&all);
}

int main(void)
{
    constants();
    bessel(1, 1e-12);
    bessel(0, 2e-7);
    vacuum();
    weak_phase();
    slices();
    detectors();
    return checked();
}
