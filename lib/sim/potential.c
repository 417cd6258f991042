/* SPDX-License-Identifier: BSD-2-Clause */
#include "sim/potential.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "math/fft.h"
#include "sim/scattering.h"
#include "sim/wave_kernel.h"

static const double strength = 47.877646; /* V angstrom^2, 2 pi a0 e^2 */
static const double off_edge = 1e-6;      /* angstrom */

double ae_potential_radial(int z, double r)
{
    return strength * ae_scattering_projected(z, r);
}

/* Position of z after the begin of its slice, within [0, dz). */
static double residue(double z, double dz, double shift)
{
    const double rest = fmod(z - shift, dz);
    return rest < 0 ? rest + dz : rest;
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The shift of the edges: 0, or the middle, nearest to 0, of a gap between
 * residues that is wide enough. */
static double choose_shift(double *rest, size_t n, double dz)
{
    double best = 0, width = 0;
    qsort(rest, n, sizeof *rest, by_size);
    if (!n || (rest[0] >= off_edge && rest[n - 1] <= dz - off_edge))
        return 0;
    for (size_t i = 0; i < n; i++) {
        const double next = i + 1 < n ? rest[i + 1] : rest[0] + dz;
        double middle = (rest[i] + next) / 2;
        middle -= middle > dz / 2 ? dz : 0;
        if (next - rest[i] > 4 * off_edge &&
            (!(width > 0) || fabs(middle) < fabs(best))) {
            best = middle;
            width = next - rest[i];
        }
    }
    return best;
}

int ae_slices_new(struct ae_slices *s, const double (*pos)[3], size_t n,
    double lz, double thickness, struct ae_error *err)
{
    const double count = ceil(lz / thickness - 1e-6);
    *s = (struct ae_slices){.n = count > 1 ? (size_t)count : 1};
    s->dz = lz / (double)s->n;
    double *rest = ae_alloc(n, sizeof *rest);
    s->start = ae_alloc(s->n + 1, sizeof *s->start);
    s->atom = ae_alloc(n, sizeof *s->atom);
    if (!rest || !s->start || !s->atom) {
        free(rest);
        ae_slices_clear(s);
        return ae_fail(err, AE_EMEM, "%.0f slices: out of memory", count);
    }
    for (size_t i = 0; i < n; i++)
        rest[i] = residue(pos[i][2], s->dz, 0);
    s->shift = choose_shift(rest, n, s->dz);
    free(rest);
    ae_slices_sort(s, pos, n);
    return AE_OK;
}

static size_t slice_of(const struct ae_slices *s, double z)
{
    const double lz = s->dz * (double)s->n;
    const double at = residue(z, lz, s->shift) / s->dz;
    return at < (double)s->n ? (size_t)at : s->n - 1;
}

void ae_slices_sort(struct ae_slices *s, const double (*pos)[3], size_t n)
{
    memset(s->start, 0, (s->n + 1) * sizeof *s->start);
    for (size_t i = 0; i < n; i++)
        s->start[slice_of(s, pos[i][2]) + 1]++;
    for (size_t j = 0; j < s->n; j++)
        s->start[j + 1] += s->start[j];
    for (size_t i = 0; i < n; i++)
        s->atom[s->start[slice_of(s, pos[i][2])]++] = i;
    for (size_t j = s->n; j > 0; j--)
        s->start[j] = s->start[j - 1];
    s->start[0] = 0;
}

void ae_slices_clear(struct ae_slices *s)
{
    free(s->start);
    free(s->atom);
    *s = (struct ae_slices){0};
}

struct ae_potential {
    struct ae_potential_setup setup;
    size_t nx, ny, half;               /* half = nx/2 + 1 */
    double *factor;                    /* [nz][ny][half]: C f_e D / (lx ly) */
    struct ae_fft *to_r;               /* v */
    struct ae_fft *forward, *backward; /* t */
};

struct ae_potential_scratch {
    double *sum;      /* [2][ny][half] of one element: real, imaginary part */
    double *spectrum; /* [ny][half][2] */
    double *v;        /* [ny][nx] */
    double *t;        /* [ny][nx][2] */
    double *ex, *ey;  /* phases of a group of atoms */
};

enum { GROUP = 16 }; /* atoms whose phases along x stay in the cache */

static void set_factor(struct ae_potential *p, size_t e)
{
    const struct ae_potential_setup *s = &p->setup;
    const double area = s->frame.lx * s->frame.ly;
    double *to = p->factor + e * p->ny * p->half;
#pragma omp parallel for schedule(static)
    for (size_t j = 0; j <= p->ny / 2; j++)
        for (size_t i = 0; i < p->half; i++) {
            const double kx = (double)i / s->frame.lx;
            const double ky = (double)j / s->frame.ly;
            const double k2 = kx * kx + ky * ky, u = s->u[e];
            to[j * p->half + i] = strength / area *
                                  ae_scattering_fe(s->z[e], sqrt(k2)) *
                                  exp(-2 * M_PI * M_PI * u * u * k2);
        }
    for (size_t j = p->ny / 2 + 1; j < p->ny; j++) /* -ky as ky */
        memcpy(
            to + j * p->half, to + (p->ny - j) * p->half, p->half * sizeof *to);
}

static int make_plans(struct ae_potential *p, struct ae_error *err)
{
    const size_t n[2] = {p->ny, p->nx};
    double *spectrum = ae_fft_alloc(p->ny * p->half, 2 * sizeof *spectrum);
    double *v = ae_fft_alloc(p->ny * p->nx, sizeof *v);
    double *t = ae_fft_alloc(p->ny * p->nx, 2 * sizeof *t);
    int code = spectrum && v && t
                   ? AE_OK
                   : ae_fail(err, AE_EMEM, "%zu x %zu samples: out of memory",
                         p->nx, p->ny);
    if (!code)
        code = ae_fft_new(
            &p->to_r, AE_FFT_DOUBLE, AE_FFT_C2R, 2, n, spectrum, v, err);
    if (!code)
        code = ae_fft_new(
            &p->forward, AE_FFT_DOUBLE, AE_FFT_FORWARD, 2, n, t, t, err);
    if (!code)
        code = ae_fft_new(
            &p->backward, AE_FFT_DOUBLE, AE_FFT_BACKWARD, 2, n, t, t, err);
    ae_fft_buffer_free(spectrum);
    ae_fft_buffer_free(v);
    ae_fft_buffer_free(t);
    return code;
}

int ae_potential_new(struct ae_potential **potential,
    const struct ae_potential_setup *setup, struct ae_error *err)
{
    struct ae_potential *p = ae_alloc(1, sizeof *p);
    *potential = p;
    if (!p)
        return ae_fail(err, AE_EMEM, "out of memory");
    p->setup = *setup;
    p->nx = setup->frame.nx;
    p->ny = setup->frame.ny;
    p->half = p->nx / 2 + 1;
    p->factor = ae_alloc(setup->nz, p->ny * p->half * sizeof *p->factor);
    int code =
        p->factor ? make_plans(p, err) : ae_fail(err, AE_EMEM, "out of memory");
    if (code) {
        ae_potential_free(p);
        *potential = NULL;
        return code;
    }
    for (size_t e = 0; e < setup->nz; e++)
        set_factor(p, e);
    return AE_OK;
}

void ae_potential_free(struct ae_potential *p)
{
    if (!p)
        return;
    free(p->factor);
    ae_fft_free(p->to_r);
    ae_fft_free(p->forward);
    ae_fft_free(p->backward);
    free(p);
}

int ae_potential_scratch_new(struct ae_potential_scratch **scratch,
    const struct ae_potential *p, struct ae_error *err)
{
    struct ae_potential_scratch *s = ae_alloc(1, sizeof *s);
    *scratch = s;
    if (s) {
        s->sum = ae_alloc(2 * p->ny * p->half, sizeof *s->sum);
        s->spectrum = ae_fft_alloc(p->ny * p->half, 2 * sizeof *s->spectrum);
        s->v = ae_fft_alloc(p->ny * p->nx, sizeof *s->v);
        s->t = ae_fft_alloc(p->ny * p->nx, 2 * sizeof *s->t);
        s->ex = ae_alloc(2 * GROUP * p->half, sizeof *s->ex);
        s->ey = ae_alloc(2 * GROUP * p->ny, sizeof *s->ey);
    }
    if (s && s->sum && s->spectrum && s->v && s->t && s->ex && s->ey)
        return AE_OK;
    ae_potential_scratch_free(s);
    *scratch = NULL;
    return ae_fail(err, AE_EMEM, "a slice of %zu x %zu samples: out of memory",
        p->nx, p->ny);
}

void ae_potential_scratch_free(struct ae_potential_scratch *s)
{
    if (!s)
        return;
    free(s->sum);
    ae_fft_buffer_free(s->spectrum);
    ae_fft_buffer_free(s->v);
    ae_fft_buffer_free(s->t);
    free(s->ex);
    free(s->ey);
    free(s);
}

double ae_potential_bytes(const struct ae_potential *p)
{
    return 8 * (double)p->setup.nz * (double)p->ny * (double)p->half;
}

double ae_potential_scratch_bytes(const struct ae_potential *p)
{
    return 8 * (double)p->ny *
           (4 * (double)p->half + 3 * (double)p->nx + 2 * GROUP);
}

/* exp(-2 pi i m x / l), m = 0 ... n - 1 in the frequency order of size; at the
 * Nyquist frequency of an even size its real part, so that v is real. */
static void phases(double *re, double *im, size_t n, size_t size, double x)
{
    for (size_t i = 0; i < n; i++) {
        const double a = -2 * M_PI * (double)ae_fft_frequency(i, size) * x;
        re[i] = cos(a);
        im[i] = 2 * i == size ? 0 : sin(a);
    }
}

/* Add atoms atom[0 .. n), n <= GROUP, of one element to the sum. */
static void add_group(const struct ae_potential *p,
    struct ae_potential_scratch *s, const double (*pos)[3], const size_t *atom,
    size_t n)
{
    const size_t half = p->half, ny = p->ny, corner = ny / 2 * half + half - 1;
    double *im = s->sum + ny * half;
    for (size_t a = 0; a < n; a++) {
        const double x = pos[atom[a]][0] / p->setup.frame.lx;
        const double y = pos[atom[a]][1] / p->setup.frame.ly;
        phases(
            s->ex + 2 * a * half, s->ex + (2 * a + 1) * half, half, p->nx, x);
        phases(s->ey + 2 * a * ny, s->ey + (2 * a + 1) * ny, ny, ny, y);
        if (p->nx % 2 == 0 && ny % 2 == 0) /* cos(a + b), not cos a cos b */
            s->sum[corner] -=
                sin(M_PI * (double)p->nx * x) * sin(M_PI * (double)ny * y);
    }
    for (size_t j = 0; j < ny; j++)
        for (size_t a = 0; a < n; a++)
            ae_wave_phase(s->sum + j * half, im + j * half,
                s->ex + 2 * a * half, s->ex + (2 * a + 1) * half,
                s->ey[2 * a * ny + j], s->ey[(2 * a + 1) * ny + j], half);
}

/* The spectrum of the atoms of element e. */
static void add_element(const struct ae_potential *p,
    struct ae_potential_scratch *s, const double (*pos)[3],
    const size_t *element, const size_t *atom, size_t n, size_t e)
{
    const size_t samples = p->ny * p->half;
    const double *factor = p->factor + e * samples;
    size_t group[GROUP], got = 0, all = 0;
    memset(s->sum, 0, 2 * samples * sizeof *s->sum);
    for (size_t i = 0; i < n; i++) {
        if (element[atom[i]] != e)
            continue;
        group[got++] = atom[i];
        all++;
        if (got == GROUP) {
            add_group(p, s, pos, group, got);
            got = 0;
        }
    }
    if (got)
        add_group(p, s, pos, group, got);
    for (size_t i = 0; all && i < samples; i++) {
        s->spectrum[2 * i] += factor[i] * s->sum[i];
        s->spectrum[2 * i + 1] += factor[i] * s->sum[samples + i];
    }
}

const double *ae_potential_slice(const struct ae_potential *p,
    struct ae_potential_scratch *s, const double (*pos)[3],
    const size_t *element, const size_t *atom, size_t n)
{
    memset(s->spectrum, 0, 2 * p->ny * p->half * sizeof *s->spectrum);
    for (size_t e = 0; e < p->setup.nz; e++)
        add_element(p, s, pos, element, atom, n, e);
    ae_fft_run(p->to_r, s->spectrum, s->v);
    return s->v;
}

const double *ae_potential_of(const struct ae_potential *p,
    struct ae_potential_scratch *s, const double *v)
{
    const struct ae_frame *f = &p->setup.frame;
    const double band = ae_microscope_band(f);
    const double scale = 1 / ((double)p->nx * (double)p->ny);
    for (size_t i = 0; i < p->nx * p->ny; i++) {
        s->t[2 * i] = cos(p->setup.sigma * v[i]) * scale;
        s->t[2 * i + 1] = sin(p->setup.sigma * v[i]) * scale;
    }
    ae_fft_run(p->forward, s->t, s->t);
    for (size_t j = 0; j < p->ny; j++)
        for (size_t i = 0; i < p->nx; i++) {
            const double kx = (double)ae_fft_frequency(i, p->nx) / f->lx;
            const double ky = (double)ae_fft_frequency(j, p->ny) / f->ly;
            if (!ae_microscope_inside(kx * kx + ky * ky, band))
                memset(s->t + 2 * (j * p->nx + i), 0, 2 * sizeof *s->t);
        }
    ae_fft_run(p->backward, s->t, s->t);
    return s->t;
}

const double *ae_potential_transmission(const struct ae_potential *p,
    struct ae_potential_scratch *s, const double (*pos)[3],
    const size_t *element, const size_t *atom, size_t n)
{
    return ae_potential_of(
        p, s, ae_potential_slice(p, s, pos, element, atom, n));
}
