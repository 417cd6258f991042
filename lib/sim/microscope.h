/* SPDX-License-Identifier: BSD-2-Clause
 * microscope - the electron, the lens, and the detectors of a scanning
 * transmission electron microscope, on the grid of a periodic cell.
 *
 *   lambda = h c / sqrt(E (E + 2 m c^2)),   sigma = 2 pi m' e lambda / h^2
 *
 *   E       kinetic energy; m the electron's mass, m' the relativistic one
 *   lambda  wavelength (angstrom); sigma  interaction (rad per V angstrom)
 *
 * A wave psi(k) lives on k = (m/lx, n/ly), 1/angstrom, in FFT order; its
 * angle is lambda k (radian). The probe at r:
 *
 *   psi(k) = A(k) exp(-i chi(k)) exp(-2 pi i k r) / norm,  sum |psi(k)|^2 = 1
 *   chi    = (2 pi / lambda) (C1 a^2/2 + C3 a^4/4 + C5 a^6/6
 *            + A1 a^2 cos 2(phi - phi_A)/2 + B2 a^3 cos(phi - phi_B)/3)
 *
 *   A = 1 up to the convergence angle (inclusive), else 0;  a = lambda |k|
 *   C1 = -defocus: a positive defocus puts the crossover that far below the
 *   entrance of the cell
 *
 * Source: E. J. Kirkland, Advanced Computing in Electron Microscopy (2010),
 * 10.1007/978-1-4419-6533-2; constants: CODATA 2014.
 */
#ifndef AE_SIM_MICROSCOPE_H
#define AE_SIM_MICROSCOPE_H

#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "base/opt.h"

double ae_microscope_wavelength(double kilovolt); /* angstrom */
double ae_microscope_sigma(double kilovolt);      /* rad / (V angstrom) */

/* A periodic cell and its samples: pixel (i, j) is at (i lx/nx, j ly/ny). */
struct ae_frame {
    size_t nx, ny;
    double lx, ly; /* angstrom */
};

/* The band limit, 2/3 of the coarser axis' Nyquist frequency (1/angstrom):
 * waves hold |k| < limit, strictly. */
double ae_microscope_band(const struct ae_frame *frame);
int ae_microscope_inside(double k2, double band); /* |k|^2 is in the band */

struct ae_lens {
    double kilovolt, convergence;         /* kV, radian */
    double defocus, c3, c5;               /* angstrom */
    double astigmatism, astigmatism_axis; /* angstrom, radian */
    double coma, coma_axis;
};

/* The same in the units of the laboratory: kV, mrad, angstrom, mm, and two
 * numbers, angstrom and degrees, or none. AE_EUSAGE for other lists. */
struct ae_lens_usual {
    double energy, convergence, defocus, cs, c5;
    struct ae_reals astigmatism, coma;
};
int ae_lens_of(struct ae_lens *lens, const struct ae_lens_usual *usual,
    struct ae_error *err);

/* chi at k = (kx, ky), radian. */
double ae_lens_chi(const struct ae_lens *lens, double kx, double ky);

/* The probe's beams: those of every step-th k in both axes, counted from 0,
 * inside aperture and band; amplitude without the phase of its place, with
 * sum |amplitude|^2 = 1. Soft edges: see below. */
struct ae_probe {
    size_t n;
    int32_t (*k)[2];        /* [n] signed m, n of k = (m/lx, n/ly), by n, m */
    double (*amplitude)[2]; /* [n] real and imaginary part */
};
int ae_probe_new(struct ae_probe *probe, const struct ae_lens *lens,
    const struct ae_frame *frame, size_t step, int soft, struct ae_error *err);
void ae_probe_clear(struct ae_probe *probe);

/* A detector: inner <= angle < outer (radian), and of the four quadrants
 * centred on +x, +y, -x, -y number quadrant - 1, or the whole ring (0). */
struct ae_detector {
    double inner, outer;
    int quadrant;
};

/* What a detector sums: samples at[] (index in an array of rows of stride
 * samples) times weight[]. Samples count whole, those on the edges by the
 * rule; with soft edges the outermost samples of a circle count by the share
 * that makes up its area, for coarse grids. Nothing beyond the band is
 * listed. */
struct ae_detector_map {
    size_t n;
    uint32_t *at;
    float *weight;
};
int ae_detector_map_new(struct ae_detector_map *map,
    const struct ae_detector *detector, double lambda,
    const struct ae_frame *frame, size_t stride, int soft,
    struct ae_error *err);
void ae_detector_map_clear(struct ae_detector_map *map);

#endif
