/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/register_work.h"

#include <complex.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "image/spectra.h"

#define NEIGHBOURS 0.04 /* of the frequencies of an axis are averaged over */
#define RING       0.03 /* cycles per pixel, width of the rings */
#define COHERENT   0.97 /* no two frames are taken to agree better than this */
#define NOISELESS  1e-3 /* of the mean power: no noise is taken for less */

/* Share of independent frequencies among those of the padded, tapered frame. */
double ae_register_independent(const struct ae_register *r)
{
    double share = 1;
    for (int axis = 0; axis < 2; axis++) {
        const size_t n = axis ? r->ny : r->nx, m = axis ? r->my : r->mx;
        double square = 0, fourth = 0;
        for (size_t i = 0; i < n; i++) {
            const double w = r->window[axis][i];
            square += w * w;
            fourth += w * w * w * w;
        }
        share *= square * square / (fourth * (double)m);
    }
    return share;
}

/* Half the number of neighbours averaged over along an axis of m. */
static size_t neighbours(size_t m)
{
    const size_t h = (size_t)lround((NEIGHBOURS * (double)m - 1) / 2);
    return h < 1 ? 1 : h >= m / 2 ? m / 2 - 1 : h;
}

/* out = in averaged over times as many neighbours on each side. */
static int average(struct ae_register *r, double *out, const double *in,
    size_t times, struct ae_error *err)
{
    const size_t m = r->half * r->my;
    const size_t hx = times * neighbours(r->mx), hy = times * neighbours(r->my);
    for (size_t i = 0; i < m; i++)
        r->cross[i] = in[i];
    int code = ae_spectra_box(r->cross, r->mx, r->my,
        hx < r->mx / 2 ? hx : r->mx / 2 - 1,
        hy < r->my / 2 ? hy : r->my / 2 - 1, err);
    for (size_t i = 0; i < m && !code; i++)
        out[i] = creal(r->cross[i]);
    return code;
}

/* Frequencies that count are those below the highest, and not 0; those whose
 * opposite is not in the half spectrum count twice. */
static double multiplicity(const struct ae_register *r, size_t x, size_t y)
{
    if (2 * x == r->mx || 2 * y == r->my || (!x && !y))
        return 0;
    return x ? 2 : 1;
}

/* weight from signal and noise. */
static void set_weight(
    struct ae_register *r, const double *signal, const double *noise)
{
    const double n = (double)r->nf;
    double power = 0;
    for (size_t i = 0; i < r->half * r->my; i++)
        power += signal[i] + noise[i];
    const double least = NOISELESS * power / (double)(r->half * r->my);
    for (size_t y = 0; y < r->my; y++)
        for (size_t x = 0; x < r->half; x++) {
            const size_t i = y * r->half + x;
            const double s = signal[i], v = fmax(noise[i], least);
            r->weight[i] =
                s > 0 ? multiplicity(r, x, y) * s / (v * (v + n * s)) : 0;
            r->coherence[i] = r->weight[i] > 0 ? s / (s + v) : 0;
        }
}

/* From frames that may be pixels apart: the magnitude of the cross-spectrum of
 * neighbours in time, averaged over frequencies, less what noise gives it. */
int ae_register_first_weight(struct ae_register *r, struct ae_error *err)
{
    const size_t m = r->half * r->my;
    double *power = r->part[0], *cross = r->part[1], *noise = r->part[2];
    size_t pairs = 0;
    const size_t hx = neighbours(r->mx), hy = neighbours(r->my);
    const double count =
        (double)((2 * hx + 1) * (2 * hy + 1)) * ae_register_independent(r);
    for (size_t i = 0; i < m; i++) {
        power[i] = cross[i] = 0;
        for (size_t f = 0; f < r->nf; f++)
            power[i] += creal(r->wave[f * m + i] * conj(r->wave[f * m + i])) /
                        (double)r->nf;
    }
    int code = average(r, power, power, 1, err);
    for (size_t a = 0; a < r->nf; a++)
        for (size_t b = a + 1; b < r->nf && b <= a + 2 && !code; b++, pairs++) {
            for (size_t i = 0; i < m; i++)
                r->cross[i] = conj(r->wave[a * m + i]) * r->wave[b * m + i];
            code = ae_spectra_box(r->cross, r->mx, r->my, hx, hy, err);
            for (size_t i = 0; i < m; i++)
                cross[i] += cabs(r->cross[i]);
        }
    for (size_t i = 0; i < m; i++) {
        const double c = cross[i] / (double)pairs / power[i];
        const double square = (c * c - 1 / count) / (1 - 1 / count);
        const double coherence =
            power[i] > 0 && square > 0 ? fmin(sqrt(square), COHERENT) : 0;
        cross[i] = coherence * power[i];
        noise[i] = (1 - coherence) * power[i];
    }
    if (!code)
        set_weight(r, cross, noise);
    return code;
}

/* From frames that are aligned: noise from their differences; signal from
 * their sum, and where that is uncertain more from the ring's mean, with the
 * weights R^2 and Var(local mean) of a signal that scatters by its own size. */
int ae_register_next_weight(struct ae_register *r, struct ae_error *err)
{
    const size_t m = r->half * r->my;
    const double n = (double)r->nf;
    const double count =
        (double)((2 * neighbours(r->mx) + 1) * (2 * neighbours(r->my) + 1)) *
        ae_register_independent(r);
    double *signal = r->part[0], *noise = r->part[1], *ring = r->part[2];
    for (size_t i = 0; i < m; i++) {
        double power = 0;
        for (size_t f = 0; f < r->nf; f++)
            power += creal(r->wave[f * m + i] * conj(r->wave[f * m + i]));
        const double sum = creal(r->total[i] * conj(r->total[i]));
        signal[i] = (sum - power) / (n * (n - 1));
        noise[i] = (power - sum / n) / (n - 1);
    }
    int code = ae_spectra_ring(ring, signal, r->mx, r->my, RING, err);
    if (!code)
        code = average(r, signal, signal, 1, err);
    if (!code)
        code = average(r, noise, noise, 2, err);
    for (size_t i = 0; i < m; i++) {
        const double mean = fmax(ring[i], 0), v = noise[i];
        const double square = mean * mean,
                     variance =
                         (2 * v * v / (n * (n - 1)) + 4 * mean * v / n) / count;
        const double local = square > 0 ? square / (square + variance) : 0;
        signal[i] = local * signal[i] + (1 - local) * mean;
    }
    if (!code)
        set_weight(r, signal, noise);
    return code;
}
