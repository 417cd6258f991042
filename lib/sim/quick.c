/* SPDX-License-Identifier: BSD-2-Clause */
#include "sim/quick.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "math/fft.h"
#include "sim/wave_kernel.h"

/* Three grids on the same cell: that of the potentials; the scattered
 * intensities D, fine enough for their part of low frequency; and the maps, of
 * low frequency only: the probe's intensity has none beyond twice the
 * aperture. */
struct grid {
    size_t nx, ny, n;
};

/* A transform in place along the rows and along blocks of columns, of which
 * those of frequencies beyond m are left out: 0 before it, or not wanted. */
struct pruned {
    struct grid grid;
    struct ae_fft *row, *block, *rest;
};

enum { BLOCK = 16 };

struct scratch { /* of one slice under work; [samples][2], single precision */
    float *t, *a, *b, *current, *low;
    float
        *map; /* [rings][maps.n] what the rings get of an undiminished probe */
};

struct work {
    const struct ae_field *field;
    const struct ae_quick_setup *setup;
    struct ae_frame frame;
    struct grid fine, middle, maps;
    struct ae_probe probe;
    long reach[2]; /* of the probe's intensity, signed frequencies */
    long band;     /* largest m inside the band */
    struct pruned forward, middle_back, middle_forward;
    struct ae_fft *map_back, *map_forward;
    size_t beams;           /* frequencies inside the band */
    uint32_t *from, *to;    /* [beams] their places on fine and middle */
    float *share;           /* [rings][beams] sqrt(M) / fine.n */
    size_t rings, *ring;    /* those beyond the aperture, then all of that */
    double *sum, *left;     /* [rings - 1][maps.n]; [maps.n] N_j */
    struct scratch *thread; /* [threads] */
    size_t threads;
};

static void scratch_clear(struct scratch *s)
{
    ae_fft_buffer_free(s->t);
    ae_fft_buffer_free(s->a);
    ae_fft_buffer_free(s->b);
    ae_fft_buffer_free(s->current);
    ae_fft_buffer_free(s->low);
    free(s->map);
}

static void pruned_clear(struct pruned *p)
{
    ae_fft_free(p->row);
    ae_fft_free(p->block);
    ae_fft_free(p->rest);
}

static void work_clear(struct work *w)
{
    ae_probe_clear(&w->probe);
    pruned_clear(&w->forward);
    pruned_clear(&w->middle_back);
    pruned_clear(&w->middle_forward);
    ae_fft_free(w->map_back);
    ae_fft_free(w->map_forward);
    free(w->from);
    free(w->to);
    free(w->share);
    free(w->ring);
    free(w->sum);
    free(w->left);
    for (size_t i = 0; w->thread && i < w->threads; i++)
        scratch_clear(&w->thread[i]);
    free(w->thread);
}

static struct grid grid_of(size_t nx, size_t ny)
{
    return (struct grid){nx, ny, nx * ny};
}

/* Even sizes for frequencies up to x, y, at most those of the cell. */
static struct grid grid_for(const struct work *w, long x, long y)
{
    const size_t nx = ae_fft_good_even((size_t)(2 * x + 2));
    const size_t ny = ae_fft_good_even((size_t)(2 * y + 2));
    return grid_of(
        nx < w->fine.nx ? nx : w->fine.nx, ny < w->fine.ny ? ny : w->fine.ny);
}

static size_t place(const struct grid *g, long m, long n)
{
    return ae_fft_index(n, g->ny) * g->nx + ae_fft_index(m, g->nx);
}

/* |F^-1 G|^2 has frequencies up to twice the band b; those below the probe's
 * reach r stay right when the grid holds b + r/2 to either side. */
static void choose_grids(struct work *w)
{
    const double band = ae_microscope_band(&w->frame);
    const long b[2] = {
        (long)ceil(band * w->frame.lx), (long)ceil(band * w->frame.ly)};
    w->band = b[0];
    for (size_t i = 0; i < w->probe.n; i++)
        for (int d = 0; d < 2; d++)
            if (2L * labs(w->probe.k[i][d]) > w->reach[d])
                w->reach[d] = 2L * labs(w->probe.k[i][d]);
    w->middle =
        grid_for(w, b[0] + w->reach[0] / 2 + 1, b[1] + w->reach[1] / 2 + 1);
    /* products with N_j have twice the reach; what folds stays beyond it */
    w->maps = grid_for(w, 3 * w->reach[0] / 2 + 1, 3 * w->reach[1] / 2 + 1);
}

/* Area that circles of radius a and b share at distance q. */
static double shared(double a, double b, double q)
{
    const double small = fmin(a, b), large = fmax(a, b);
    if (q <= large - small)
        return M_PI * small * small;
    if (q >= a + b)
        return 0;
    const double x = (q * q + a * a - b * b) / (2 * q);
    const double y = sqrt(fmax(a * a - x * x, 0));
    return a * a * atan2(y, x) + b * b * atan2(y, q - x) - q * y;
}

/* The share of the aperture's directions that a change by q brings into
 * [inner, outer). */
static double landing(double q, double aperture, double inner, double outer)
{
    if (!(aperture > 0))
        return q >= inner && q < outer;
    return (shared(aperture, outer, q) - shared(aperture, inner, q)) /
           (M_PI * aperture * aperture);
}

/* The frequencies inside the band, row by row. */
static void list_beams(struct work *w)
{
    const double band = ae_microscope_band(&w->frame);
    for (size_t j = 0; j < w->fine.ny; j++)
        for (size_t i = 0; i < w->fine.nx; i++) {
            const long m = ae_fft_frequency(i, w->fine.nx);
            const long n = ae_fft_frequency(j, w->fine.ny);
            const double kx = (double)m / w->frame.lx;
            const double ky = (double)n / w->frame.ly;
            if (!ae_microscope_inside(kx * kx + ky * ky, band))
                continue;
            w->from[w->beams] = (uint32_t)(j * w->fine.nx + i);
            w->to[w->beams++] = (uint32_t)place(&w->middle, m, n);
        }
}

/* sqrt(M) of a ring; a frequency of negative m or n has that of its mirror
 * image, which is listed on the first rows and columns. */
static void set_share(
    struct work *w, float *share, double inner, double outer, double *quarter)
{
    const double lambda = ae_microscope_wavelength(w->setup->lens.kilovolt);
    const double aperture = w->setup->lens.convergence;
    const size_t nx = w->fine.nx, ny = w->fine.ny, half = nx / 2 + 1;
    const double scale = 1 / (double)w->fine.n;
    for (size_t b = 0; b < w->beams; b++) {
        const size_t i = w->from[b] % nx, j = w->from[b] / nx;
        const long m = labs(ae_fft_frequency(i, nx));
        const long n = labs(ae_fft_frequency(j, ny));
        double *known = &quarter[(size_t)n * half + (size_t)m];
        if (j <= ny / 2 && i <= nx / 2) {
            const double angle = lambda * hypot((double)m / w->frame.lx,
                                              (double)n / w->frame.ly);
            *known = scale * sqrt(landing(angle, aperture, inner, outer));
        }
        share[b] = (float)*known;
    }
}

static int set_shares(struct work *w, struct ae_error *err)
{
    const struct ae_quick_setup *s = w->setup;
    const double aperture = s->lens.convergence;
    double *quarter =
        ae_alloc((w->fine.nx / 2 + 1) * (w->fine.ny / 2 + 1), sizeof *quarter);
    w->from = ae_alloc(w->fine.n, sizeof *w->from);
    w->to = ae_alloc(w->fine.n, sizeof *w->to);
    w->ring = ae_alloc(s->detectors + 1, sizeof *w->ring);
    if (!quarter || !w->from || !w->to || !w->ring) {
        free(quarter);
        return ae_fail(err, AE_EMEM, "out of memory");
    }
    list_beams(w);
    for (size_t d = 0; d < s->detectors; d++)
        if (s->detector[d].outer > aperture) /* else as in vacuum: direct() */
            w->ring[w->rings++] = d;
    w->rings++;
    w->share = ae_alloc(w->rings, w->beams * sizeof *w->share);
    for (size_t i = 0; w->share && i < w->rings; i++) {
        const int last = i + 1 == w->rings;
        const struct ae_detector *ring = &s->detector[last ? 0 : w->ring[i]];
        set_share(w, w->share + i * w->beams,
            last ? aperture : fmax(ring->inner, aperture),
            last ? M_PI : ring->outer, quarter);
    }
    free(quarter);
    return w->share ? AE_OK : ae_fail(err, AE_EMEM, "out of memory");
}

static int plan(struct ae_fft **fft, enum ae_fft_kind kind,
    const struct grid *g, float *array, struct ae_error *err)
{
    const size_t size[2] = {g->ny, g->nx};
    return ae_fft_new(fft, AE_FFT_FLOAT, kind, 2, size, array, array, err);
}

static int pruned_new(struct pruned *p, enum ae_fft_kind kind,
    const struct grid *g, float *array, struct ae_error *err)
{
    const size_t rest = g->nx % BLOCK;
    *p = (struct pruned){.grid = *g};
    int code = ae_fft_new_strided(&p->row, AE_FFT_FLOAT, kind, g->nx, 1, 1,
        g->nx, 1, g->nx, array, array, err);
    if (!code && g->nx >= BLOCK)
        code = ae_fft_new_strided(&p->block, AE_FFT_FLOAT, kind, g->ny, BLOCK,
            g->nx, 1, g->nx, 1, array, array, err);
    if (!code && rest)
        code = ae_fft_new_strided(&p->rest, AE_FFT_FLOAT, kind, g->ny, rest,
            g->nx, 1, g->nx, 1, array, array, err);
    return code;
}

static void run_rows(const struct pruned *p, float *array)
{
    for (size_t j = 0; j < p->grid.ny; j++) {
        float *row = array + 2 * j * p->grid.nx;
        ae_fft_run(p->row, row, row);
    }
}

static void run_columns(const struct pruned *p, float *array, long m)
{
    const size_t nx = p->grid.nx, most = (size_t)m;
    for (size_t i = 0; i < nx; i += BLOCK) {
        const size_t end = i + BLOCK < nx ? i + BLOCK : nx;
        if (i > most && end + most <= nx)
            continue;
        ae_fft_run(end - i == BLOCK ? p->block : p->rest, array + 2 * i,
            array + 2 * i);
    }
}

static int make_plans(struct work *w, struct ae_error *err)
{
    struct scratch *s = w->thread;
    int code = pruned_new(&w->forward, AE_FFT_FORWARD, &w->fine, s->t, err);
    if (!code)
        code =
            pruned_new(&w->middle_back, AE_FFT_BACKWARD, &w->middle, s->a, err);
    if (!code)
        code = pruned_new(
            &w->middle_forward, AE_FFT_FORWARD, &w->middle, s->a, err);
    if (!code)
        code = plan(&w->map_back, AE_FFT_BACKWARD, &w->maps, s->low, err);
    if (!code)
        code = plan(&w->map_forward, AE_FFT_FORWARD, &w->maps, s->low, err);
    return code;
}

static int make_scratch(struct work *w, struct ae_error *err)
{
    int short_of = 0;
    w->threads = w->field->workers;
    w->thread = ae_alloc(w->threads, sizeof *w->thread);
    w->sum = ae_alloc(w->rings, w->maps.n * sizeof *w->sum);
    w->left = ae_alloc(w->maps.n, sizeof *w->left);
    for (size_t i = 0; w->thread && i < w->threads; i++) {
        struct scratch *s = &w->thread[i];
        s->t = ae_fft_alloc(w->fine.n, 2 * sizeof *s->t);
        s->a = ae_fft_alloc(w->middle.n, 2 * sizeof *s->a);
        s->b = ae_fft_alloc(w->middle.n, 2 * sizeof *s->b);
        s->current = ae_fft_alloc(w->maps.n, 2 * sizeof *s->current);
        s->low = ae_fft_alloc(w->maps.n, 2 * sizeof *s->low);
        s->map = ae_alloc(w->rings, w->maps.n * sizeof *s->map);
        short_of |=
            !s->t || !s->a || !s->b || !s->current || !s->low || !s->map;
    }
    if (short_of || !w->thread || !w->sum || !w->left)
        return ae_fail(err, AE_EMEM, "%zu x %zu samples: out of memory",
            w->fine.nx, w->fine.ny);
    for (size_t i = 0; i < w->maps.n; i++)
        w->left[i] = 1;
    return make_plans(w, err);
}

static int work_new(struct work *w, struct ae_error *err)
{
    w->fine = grid_of(w->frame.nx, w->frame.ny);
    int code = ae_probe_new(&w->probe, &w->setup->lens, &w->frame, 1, 0, err);
    if (code)
        return code;
    choose_grids(w);
    code = set_shares(w, err);
    return code ? code : make_scratch(w, err);
}

/* |a|^2 of b as the imaginary part of that of a. */
static void intensities(float *a, const float *b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        a[2 * i] = a[2 * i] * a[2 * i] + a[2 * i + 1] * a[2 * i + 1];
        a[2 * i + 1] =
            b ? b[2 * i] * b[2 * i] + b[2 * i + 1] * b[2 * i + 1] : 0;
    }
}

/* current = F of the probe's intensity at this depth, its sum 1. */
static void set_current(const struct work *w, struct scratch *s, double depth)
{
    const double lambda = ae_microscope_wavelength(w->setup->lens.kilovolt);
    const float scale = 1 / (float)w->maps.n;
    memset(s->current, 0, w->maps.n * 2 * sizeof *s->current);
    for (size_t b = 0; b < w->probe.n; b++) {
        const double kx = w->probe.k[b][0] / w->frame.lx;
        const double ky = w->probe.k[b][1] / w->frame.ly;
        const double phase = -M_PI * lambda * depth * (kx * kx + ky * ky);
        const double e[2] = {cos(phase), sin(phase)};
        const double *a = w->probe.amplitude[b];
        float *to = s->current +
                    2 * place(&w->maps, w->probe.k[b][0], w->probe.k[b][1]);
        to[0] = (float)(a[0] * e[0] - a[1] * e[1]);
        to[1] = (float)(a[0] * e[1] + a[1] * e[0]);
    }
    ae_fft_run(w->map_back, s->current, s->current);
    intensities(s->current, NULL, w->maps.n);
    for (size_t i = 0; i < w->maps.n; i++)
        s->current[2 * i] *= scale;
    ae_fft_run(w->map_forward, s->current, s->current);
}

/* t = F[exp(i sigma v) - 1] of the i-th slice with atoms. */
static void set_change(const struct work *w, struct scratch *s, size_t thread,
    size_t i, const double (*pos)[3], const size_t *element)
{
    const struct ae_field *f = w->field;
    const size_t j = f->which[i], *atom = f->slices.atom + f->slices.start[j];
    const double *v = ae_potential_slice(f->potential, f->scratch[thread], pos,
        element, atom, f->slices.start[j + 1] - f->slices.start[j]);
    ae_wave_change(s->t, v, ae_microscope_sigma(f->setup.kilovolt), w->fine.n);
    run_rows(&w->forward, s->t);
    run_columns(&w->forward, s->t, w->band);
}

/* to = F^-1{ sqrt(M) t } of a ring, on the middle grid. */
static void filter(
    const struct work *w, const struct scratch *s, size_t ring, float *to)
{
    const float *share = w->share + ring * w->beams;
    memset(to, 0, w->middle.n * 2 * sizeof *to);
    for (size_t b = 0; b < w->beams; b++) {
        to[2 * w->to[b]] = share[b] * s->t[2 * w->from[b]];
        to[2 * w->to[b] + 1] = share[b] * s->t[2 * w->from[b] + 1];
    }
    run_columns(&w->middle_back, to, w->band);
    run_rows(&w->middle_back, to);
}

/* The maps of rings r and r + 1 (if there is one): D by the conjugate of the
 * current, both real, as one complex number. */
static void scatter(const struct work *w, struct scratch *s, size_t r)
{
    const int two = r + 1 < w->rings;
    const float scale = 1 / (float)w->middle.n;
    filter(w, s, r, s->a);
    if (two)
        filter(w, s, r + 1, s->b);
    intensities(s->a, two ? s->b : NULL, w->middle.n);
    run_rows(&w->middle_forward, s->a);
    run_columns(&w->middle_forward, s->a, w->reach[0]);
    memset(s->low, 0, w->maps.n * 2 * sizeof *s->low);
    for (long n = -w->reach[1]; n <= w->reach[1]; n++)
        for (long m = -w->reach[0]; m <= w->reach[0]; m++) {
            const float *d = s->a + 2 * place(&w->middle, m, n);
            const size_t to = 2 * place(&w->maps, m, n);
            const float *c = s->current + to;
            s->low[to] = scale * (d[0] * c[0] + d[1] * c[1]);
            s->low[to + 1] = scale * (d[1] * c[0] - d[0] * c[1]);
        }
    ae_fft_run(w->map_back, s->low, s->low);
    for (size_t p = 0; p < w->maps.n; p++) {
        s->map[r * w->maps.n + p] = fmaxf(s->low[2 * p], 0);
        if (two)
            s->map[(r + 1) * w->maps.n + p] = fmaxf(s->low[2 * p + 1], 0);
    }
}

static void do_slice(const struct work *w, size_t thread, size_t i,
    const double (*pos)[3], const size_t *element)
{
    struct scratch *s = &w->thread[thread];
    set_current(w, s, (double)w->field->which[i] * w->field->slices.dz);
    set_change(w, s, thread, i, pos, element);
    for (size_t r = 0; r < w->rings; r += 2)
        scatter(w, s, r);
}

/* What a slice sends into the rings, of what has come to it. */
static void add_slice(struct work *w, const struct scratch *s)
{
    const size_t n = w->maps.n, last = (w->rings - 1) * n;
    for (size_t r = 0; r + 1 < w->rings; r++)
        for (size_t p = 0; p < n; p++)
            w->sum[r * n + p] += w->left[p] * (double)s->map[r * n + p];
    for (size_t p = 0; p < n; p++)
        w->left[p] *= 1 - fmin((double)s->map[last + p], 1);
}

static void do_slices(
    struct work *w, const double (*pos)[3], const size_t *element)
{
    const size_t full = w->field->full;
    for (size_t first = 0; first < full; first += w->threads) {
        const size_t left = full - first;
        const size_t now = left < w->threads ? left : w->threads;
#pragma omp parallel for schedule(static, 1) num_threads((int)now)
        for (size_t i = 0; i < now; i++)
            do_slice(w, i, first + i, pos, element);
        for (size_t i = 0; i < now; i++)
            add_slice(w, &w->thread[i]);
    }
}

/* The map [maps.n] on the fine grid: the same frequencies. */
static int refine(
    const struct work *w, const double *map, double *fine, struct ae_error *err)
{
    const struct grid *g = &w->maps, *f = &w->fine;
    const size_t small[2] = {g->ny, g->nx}, large[2] = {f->ny, f->nx};
    double *low = ae_fft_alloc(g->n, 2 * sizeof *low);
    double *high = ae_fft_alloc(f->n, 2 * sizeof *high);
    struct ae_fft *down = NULL, *up = NULL;
    int code = low && high ? AE_OK : ae_fail(err, AE_EMEM, "out of memory");
    if (!code)
        code = ae_fft_new(
            &down, AE_FFT_DOUBLE, AE_FFT_FORWARD, 2, small, low, low, err);
    if (!code)
        code = ae_fft_new(
            &up, AE_FFT_DOUBLE, AE_FFT_BACKWARD, 2, large, high, high, err);
    if (!code) {
        for (size_t p = 0; p < g->n; p++)
            low[2 * p] = map[p] / (double)g->n;
        ae_fft_run(down, low, low);
        for (size_t p = 0; p < g->n; p++) {
            const size_t to = 2 * place(f, ae_fft_frequency(p % g->nx, g->nx),
                                      ae_fft_frequency(p / g->nx, g->ny));
            high[to] = low[2 * p];
            high[to + 1] = low[2 * p + 1];
        }
        ae_fft_run(up, high, high);
        for (size_t p = 0; p < f->n; p++)
            fine[p] = high[2 * p];
    }
    ae_fft_free(down);
    ae_fft_free(up);
    ae_fft_buffer_free(low);
    ae_fft_buffer_free(high);
    return code;
}

/* Keys' cubic weights (a = -1/2) of the four samples about x in [0, 1). */
static void cubic(double x, double weight[4])
{
    weight[0] = x * (-0.5 + x * (1 - 0.5 * x));
    weight[1] = 1 + x * x * (-2.5 + 1.5 * x);
    weight[2] = x * (0.5 + x * (2 - 1.5 * x));
    weight[3] = x * x * (-0.5 + 0.5 * x);
}

static double map_at(
    const struct work *w, const double *map, double x, double y)
{
    const double u = x / w->frame.lx * (double)w->frame.nx;
    const double v = y / w->frame.ly * (double)w->frame.ny;
    const long nx = (long)w->frame.nx, ny = (long)w->frame.ny;
    double wx[4], wy[4], sum = 0;
    cubic(u - floor(u), wx);
    cubic(v - floor(v), wy);
    for (long j = 0; j < 4; j++)
        for (long i = 0; i < 4; i++) {
            const long a = (((long)floor(u) - 1 + i) % nx + nx) % nx;
            const long b = (((long)floor(v) - 1 + j) % ny + ny) % ny;
            sum += wx[i] * wy[j] * map[b * nx + a];
        }
    return sum;
}

/* What of the unscattered current a ring gets: its share of the aperture. */
static double direct(const struct ae_detector *ring, double aperture)
{
    const double in = fmin(ring->inner, aperture);
    const double out = fmin(ring->outer, aperture);
    if (!(aperture > 0))
        return ring->inner == 0;
    return (out * out - in * in) / (aperture * aperture);
}

/* The scan of detector d: what is scattered there, and what is left over. */
static int read_map(
    struct work *w, size_t d, double *signal, struct ae_error *err)
{
    const struct ae_quick_setup *s = w->setup;
    const double share = direct(&s->detector[d], s->lens.convergence);
    double *map = ae_alloc(w->maps.n, sizeof *map);
    double *fine = ae_alloc(w->fine.n, sizeof *fine);
    int code = map && fine ? AE_OK : ae_fail(err, AE_EMEM, "out of memory");
    for (size_t p = 0; !code && p < w->maps.n; p++)
        map[p] = share * w->left[p];
    for (size_t r = 0; r + 1 < w->rings && !code; r++)
        for (size_t p = 0; w->ring[r] == d && p < w->maps.n; p++)
            map[p] += w->sum[r * w->maps.n + p];
    if (!code)
        code = refine(w, map, fine, err);
    for (size_t i = 0; !code && i < s->nx * s->ny; i++)
        signal[i * s->detectors + d] +=
            map_at(w, fine, s->origin[0] + s->step * (double)(i % s->nx),
                s->origin[1] + s->step * (double)(i / s->nx));
    free(map);
    free(fine);
    return code;
}

double ae_quick_bytes(
    const struct ae_field *field, const struct ae_quick_setup *s)
{
    struct work w = {.frame = field->setup.frame};
    const double lambda = ae_microscope_wavelength(s->lens.kilovolt);
    const double aperture = s->lens.convergence / lambda;
    const double band = ae_microscope_band(&w.frame);
    w.fine = grid_of(w.frame.nx, w.frame.ny);
    w.reach[0] = 2 * (long)(aperture * w.frame.lx);
    w.reach[1] = 2 * (long)(aperture * w.frame.ly);
    choose_grids(&w);
    const double beams = M_PI * band * band * w.frame.lx * w.frame.ly;
    const double maps = (double)w.maps.n, fine = (double)w.fine.n;
    const double rings = (double)(s->detectors + 1);
    const double thread =
        8 * fine + 16 * (double)w.middle.n + 16 * maps + 4 * rings * maps;
    return (double)field->workers * thread + (8 + 4 * rings) * beams +
           (rings + 3) * 8 * maps + 24 * fine;
}

int ae_quick_scan(const struct ae_field *field, const struct ae_quick_setup *s,
    const double (*pos)[3], const size_t *element, double *signal,
    struct ae_error *err)
{
    struct work w = {.field = field, .setup = s, .frame = field->setup.frame};
    int code = work_new(&w, err);
    if (!code)
        do_slices(&w, pos, element);
    for (size_t d = 0; d < s->detectors && !code; d++)
        code = read_map(&w, d, signal, err);
    work_clear(&w);
    return code;
}
