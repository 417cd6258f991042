/* SPDX-License-Identifier: BSD-2-Clause
 * tilt-jitter - raw frames, as the microscope gives them, from a clean series.
 *
 *   F_kf(i, j) = C_k(i - dx_kf - vx_k t, j - dy_kf - vy_k t)
 *   t          = (j Nx + i)/(Nx Ny)              time of the pixel, in frames
 *   d_kf       = d_k + (1 + flyback) f v_k + jitter_kf
 *   C_k        = I_k + B/cos(theta_k) (1 + 0.15 g(x, y))
 *
 *   I_k  clean image k     f    frame, 0 ...     d, v  pixels, pixels per frame
 *   d_k  uniform in +- --shift on each axis, plus --axis-offset along x
 *   v_k  random direction, r.m.s. length --drift
 *   jitter  normal, --frame-jitter on each axis, 0 for frame 0
 *   B    --background, g a smooth field on the specimen plane (x, y), the
 *        lowest 3 x 3 cosines over the image, r.m.s. 1
 *
 * Off the samples the image is the interpolating cubic spline, 0 outside its
 * frame. A point-sampled atom of one pixel r.m.s. is not band-limited, and the
 * spline then errs by up to 4 % of its height; --fine 2 takes images of twice
 * finer pixels and keeps every second sample. No noise: add-noise follows.
 *
 * Source: scanning with constant drift during a frame; Unser et al., IEEE
 * Trans. Signal Process. 41, 821 (1993), 10.1109/78.193220 (spline).
 * Cost: 16 taps per pixel and frame.
 * reads: NRRD stack, image by image     writes: NRRD frames
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "base/rng.h"
#include "base/tool.h"
#include "base/vol.h"
#include "io/nrrd.h"
#include "io/tsv.h"
#include "math/rotation.h"
#include "math/spline.h"

/* share of the background that varies over the specimen */
#define VARIATION 0.15
enum { COSINES = 3, MAX_FRAMES = 1000 };

static long frames, seed, fine;
static double shift, axis_offset, drift, frame_jitter, flyback, background;
static double angle_error;
static const char *truth;
static const struct ae_opt opts[] = {
    AE_INT(
        'f', "frames", &frames, "N", "3", 1, MAX_FRAMES, "frames of each tilt"),
    AE_REAL('s', "shift", &shift, "pixels", "6", 0, 10000,
        "a tilt's offset is uniform in +- this on each axis"),
    AE_REAL(0, "axis-offset", &axis_offset, "pixels", "2.3", -10000, 10000,
        "offset along x of all tilts"),
    AE_REAL('d', "drift", &drift, "pixels", "1.5", 0, 1000,
        "r.m.s. drift during a frame"),
    AE_REAL(0, "frame-jitter", &frame_jitter, "pixels", "0.3", 0, 1000,
        "r.m.s. offset of each later frame on each axis"),
    AE_REAL(0, "flyback", &flyback, "frames", "0.1", 0, 100,
        "time between two frames"),
    AE_REAL('b', "background", &background, "units", "0.68", 0, 1e12,
        "support film at zero tilt, in the unit of the stack"),
    AE_REAL(0, "angle-error", &angle_error, "degrees", "0", 0, 90,
        "r.m.s. error of the angles in the header"),
    AE_INT(0, "fine", &fine, "N", "1", 1, 16,
        "the input's pixels are this many times finer"),
    AE_STR(0, "truth", &truth, "PREFIX", "",
        "write PREFIX-shifts.tsv and PREFIX-frames.tsv"),
    AE_INT(0, "seed", &seed, "N", "1", 0, 9e15, "of the random numbers"),
    AE_END_OPTS,
};
static const struct ae_about about = {"tilt-jitter",
    "raw frames with shifts, drift and background from a clean series",
    "[FILE]", opts, 1};

/* What happens to one tilt. */
struct motion {
    double angle_error;      /* degrees */
    double v[2];             /* pixels per frame time */
    double d[MAX_FRAMES][2]; /* pixels, at the first pixel of a frame */
};

/* Always the same numbers for the same tilt, in this order. */
static void draw(struct motion *m, struct ae_rng *rng, size_t k)
{
    double first[2];
    ae_rng_set(rng, (uint64_t)seed, k + 1);
    m->angle_error = angle_error * ae_rng_normal(rng);
    for (int i = 0; i < 2; i++)
        first[i] = shift * (2 * ae_rng_uniform(rng) - 1);
    first[0] += axis_offset;
    for (int i = 0; i < 2; i++)
        m->v[i] = drift * M_SQRT1_2 * ae_rng_normal(rng);
    for (long f = 0; f < frames; f++)
        for (int i = 0; i < 2; i++) {
            const double jitter = frame_jitter * ae_rng_normal(rng);
            m->d[f][i] = first[i] + (1 + flyback) * (double)f * m->v[i] +
                         (f ? jitter : 0);
        }
}

/* Coefficients of g: independent, scaled to unit mean square over the image. */
static void draw_field(double c[COSINES][COSINES], struct ae_rng *rng)
{
    double square = 0;
    ae_rng_set(rng, (uint64_t)seed, 0);
    for (int a = 0; a < COSINES; a++)
        for (int b = 0; b < COSINES; b++) {
            c[a][b] = a || b ? ae_rng_normal(rng) : 0;
            square += c[a][b] * c[a][b] * (a ? 0.5 : 1) * (b ? 0.5 : 1);
        }
    for (int a = 0; a < COSINES; a++)
        for (int b = 0; b < COSINES; b++)
            c[a][b] /= sqrt(square);
}

/* The film of one tilt. It has no edge. */
struct film {
    const double (*c)[COSINES];
    double R[3][3];
    double thickness; /* 0: none */
};

static struct film make_film(const double (*c)[COSINES], const double euler[3])
{
    struct film film = {.c = c};
    ae_rotation(euler, film.R);
    if (background > 0)
        film.thickness = background / fabs(film.R[2][2]);
    return film;
}

/* The film at (u, v), pixels from the middle of an image [ny][nx]: the place
 * goes back to the specimen plane z = 0. */
static double film_at(
    const struct film *film, double u, double v, size_t nx, size_t ny)
{
    const double(*R)[3] = film->R;
    const double x = (R[1][1] * u - R[0][1] * v) / R[2][2];
    const double y = (R[0][0] * v - R[1][0] * u) / R[2][2];
    const double s = M_PI * (x / (double)nx + 0.5);
    const double t = M_PI * (y / (double)ny + 0.5);
    double along_x[COSINES], along_y[COSINES], g = 0;
    for (int a = 0; a < COSINES; a++) {
        along_x[a] = cos(a * s);
        along_y[a] = cos(a * t);
    }
    for (int a = 0; a < COSINES; a++)
        for (int b = 0; b < COSINES; b++)
            g += film->c[a][b] * along_x[a] * along_y[b];
    return film->thickness * (1 + VARIATION * g);
}

/* Frame f [ny][nx] of the image (and its spline coefficients) [my][mx]. */
static void scan(float *frame, size_t nx, size_t ny, const float *image,
    const float *spline, size_t mx, size_t my, const struct film *film,
    const double d[2], const double v[2])
{
#pragma omp parallel for schedule(static)
    for (size_t j = 0; j < ny; j++)
        for (size_t i = 0; i < nx; i++) {
            const double t = (double)(j * nx + i) / ((double)nx * (double)ny);
            const double x =
                (double)(mx / 2) +
                ((double)i - (double)(nx / 2) - d[0] - v[0] * t) * (double)fine;
            const double y =
                (double)(my / 2) +
                ((double)j - (double)(ny / 2) - d[1] - v[1] * t) * (double)fine;
            const int on_sample = x == floor(x) && y == floor(y) && x >= 0 &&
                                  y >= 0 && x < (double)mx && y < (double)my;
            double value = on_sample ? image[(size_t)y * mx + (size_t)x]
                                     : ae_spline_at2(spline, mx, my, x, y);
            if (film->thickness > 0)
                value += film_at(
                    film, x - (double)(mx / 2), y - (double)(my / 2), mx, my);
            frame[j * nx + i] = (float)value;
        }
}

/* The frames' header: axes x y frame tilt, the header's angles. */
static int make_head(struct ae_vol *to, const struct ae_vol *from,
    struct motion *m, struct ae_rng *rng, struct ae_error *err)
{
    int code = ae_vol_like(to, from, err);
    if (code)
        return code;
    to->kind = AE_FRAMES;
    to->dim = 4;
    to->n[2] = (size_t)frames;
    to->n[3] = from->n[2];
    for (int i = 0; i < 2; i++) {
        to->n[i] = from->n[i] / (size_t)fine;
        const double step = from->step[i] > 0 ? from->step[i] : 1;
        to->origin[i] = from->origin[i] +
                        step * ((double)(from->n[i] / 2) -
                                   (double)((size_t)fine * (to->n[i] / 2)));
        if (from->step[i] <= 0)
            to->origin[i] = -(double)(to->n[i] / 2);
        to->step[i] = from->step[i] * (double)fine;
        if (!to->n[i])
            return ae_fail(err, AE_EDATA,
                "image of %zu x %zu pixels is too small for --fine %ld",
                from->n[0], from->n[1], fine);
    }
    ae_vol_set_centre(to);
    for (size_t k = 0; k < to->nangle; k++) {
        draw(m, rng, k);
        to->euler[k][1] += m->angle_error;
    }
    return AE_OK;
}

struct tables {
    FILE *shifts, *frames;
};

static void open_tables(struct tables *t)
{
    char path[4096];
    if (snprintf(path, sizeof path, "%s-shifts.tsv", truth) >=
        (int)sizeof path - 8)
        ae_usage("--truth: the prefix is too long");
    t->shifts = ae_create(path);
    snprintf(path, sizeof path, "%s-frames.tsv", truth);
    t->frames = ae_create(path);
    ae_tsv_head(t->shifts, "tilt\tangle_true\tangle_header\tdx\tdy");
    ae_tsv_head(t->frames, "tilt\tframe\tdx\tdy\tvx\tvy");
}

static void tell(const struct tables *t, const struct motion *m, size_t k,
    double angle_true, double angle_header)
{
    ae_tsv_put(t->shifts, "drrrr", (long)k, angle_true, angle_header,
        m->d[0][0], m->d[0][1]);
    for (long f = 0; f < frames; f++)
        ae_tsv_put(t->frames, "ddrrrr", (long)k, f, m->d[f][0], m->d[f][1],
            m->v[0], m->v[1]);
}

static int need_film(const struct ae_vol *in, struct ae_error *err)
{
    double R[3][3];
    for (size_t k = 0; k < in->nangle && background > 0; k++) {
        ae_rotation(in->euler[k], R);
        if (fabs(R[2][2]) < 0.01)
            return ae_fail(err, AE_EDATA,
                "image %zu: tilt %g looks along the film; give --background 0",
                k, in->euler[k][1]);
    }
    return AE_OK;
}

int main(int argc, char **argv)
{
    struct ae_nrrd *in;
    struct ae_vol clean = {0}, head = {0};
    struct tables tables = {0};
    static struct motion m;
    double field[COSINES][COSINES];
    ae_begin(&about, argc, argv);
    struct ae_rng *rng = ae_rng_new((uint64_t)seed, 0);
    ae_must(ae_nrrd_open(&in, ae_in(), 0, &clean, ae_err()));
    ae_must(ae_need_tilts(&clean, ae_in()->name, ae_err()));
    ae_must(need_film(&clean, ae_err()));
    const size_t n = ae_vol_image(&clean);
    float *image = ae_alloc(n, sizeof *image),
          *spline = ae_alloc(n, sizeof *spline);
    float *frame = ae_alloc(n, sizeof *frame);
    if (!rng || !image || !spline || !frame)
        ae_die("out of memory");
    ae_must(make_head(&head, &clean, &m, rng, ae_err()));
    draw_field(field, rng);
    if (*truth)
        open_tables(&tables);
    ae_history(&head.keys);
    ae_must(ae_nrrd_begin(ae_out(), &head, ae_err()));
    for (size_t k = 0; ae_must(ae_nrrd_next(in, image, ae_err())) != AE_END;
         k++) {
        const struct film film =
            make_film((const double(*)[COSINES])field, clean.euler[k]);
        memcpy(spline, image, n * sizeof *image);
        ae_spline_image(spline, clean.n[0], clean.n[1]);
        draw(&m, rng, k);
        for (long f = 0; f < frames; f++) {
            scan(frame, head.n[0], head.n[1], image, spline, clean.n[0],
                clean.n[1], &film, m.d[f], m.v);
            ae_must(
                ae_nrrd_put(ae_out(), frame, ae_vol_image(&head), ae_err()));
        }
        if (*truth)
            tell(&tables, &m, k, clean.euler[k][1], head.euler[k][1]);
        ae_progress("tilts", (double)(k + 1), (double)clean.n[2]);
    }
    ae_rng_free(rng);
    ae_nrrd_free(in);
    free(image);
    free(spline);
    free(frame);
    ae_vol_clear(&clean);
    ae_vol_clear(&head);
    return ae_end();
}
