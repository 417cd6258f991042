/* SPDX-License-Identifier: BSD-2-Clause
 * drift-correct - undo the distortion of scanned frames by steady drift.
 *
 *   Pixel q = (i, j) of frame f is read at the time t = g f + i tp + j tl and
 *   shows the specimen point
 *     p = q - v t = (I - M) q - g f v        M = [vx tp  vx tl; vy tp  vy tl]
 *   so that the frame as it would be at t = 0 is F_f(q(p)),
 *     q(p) = (I - M)^-1 (p + g f v)
 *
 *   v   drift, pixels per frame time        f   frame, 0 ...
 *   tp, tl  time of a pixel and of a line, in frame times: 1/(Nx Ny), 1/Ny
 *   g   start of a frame to start of the next, in frame times: 1 + flyback
 *
 * Successive frames carry the same distortion and are displaced by g v:
 *   v = sum over pairs (b - a) d_ab/sum (b - a)^2/g
 * with the shifts d of frame-register. One drift per tilt.
 *
 * Source: Ophus, Ciston, Nelson, Ultramicroscopy 162, 1 (2016),
 * 10.1016/j.ultramic.2015.12.002 (model); least squares as in Zhang et al.,
 * Nat. Commun. 15, 3544 (2024)'s sequential frames.
 * Cost: the registration, and 16 taps per pixel. Holds the frames of one tilt.
 * reads, writes: NRRD frames
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "base/tool.h"
#include "base/vol.h"
#include "image/register.h"
#include "io/nrrd.h"
#include "io/tsv.h"
#include "math/spline.h"

#define WARN_RESIDUAL 0.5 /* pixels r.m.s. about steady drift */
#define MOST_PER_LINE 0.5 /* pixels of drift in a line: scans tear */
enum { SMALLEST = 8 };    /* pixels */
enum { SPLINE, CUBIC };

static double flyback, dwell, line_time, frame_time, max_shift;
static int interp, centre_time;
static struct ae_reals velocity;
static const char *report_path;
static const struct ae_opt opts[] = {
    AE_REAL('f', "flyback", &flyback, "frames", "0", 0, 100,
        "time between the end of a frame and the start of the next"),
    AE_REALS(0, "velocity", &velocity, "vx,vy", "", -10000, 10000,
        "drift in pixels per frame time, in place of that of the frames"),
    AE_CHOICE('i', "interp", &interp, "spline|cubic", "spline",
        "interpolating cubic spline or Keys' cubic"),
    AE_REAL('m', "max-shift", &max_shift, "pixels", "0", 0, 100000,
        "largest shift between frames, 0: a quarter of the image"),
    AE_FLAG(0, "centre-time", &centre_time,
        "frames as in the middle of the sequence, not at its start"),
    AE_REAL(0, "dwell", &dwell, "s", "0", 0, 1e6,
        "time of a pixel, 0: that of a line over its pixels"),
    AE_REAL(0, "line-time", &line_time, "s", "0", 0, 1e6,
        "start of a line to start of the next, 0: no line fly-back"),
    AE_REAL(0, "frame-time", &frame_time, "s", "0", 0, 1e6,
        "start of a frame to start of the next, 0: from --flyback"),
    AE_STR('r', "report", &report_path, "FILE", "",
        "table of the drift, a row per tilt"),
    AE_END_OPTS,
};
static const struct ae_about about = {"drift-correct",
    "undo the distortion of scanned frames by steady drift", "[FILE]", opts,
    .streams = 1};

/* When pixels are read, in frame times (that of Ny lines). */
struct timing {
    double pixel, line, frame;
};

static struct timing timing_of(size_t nx, size_t ny)
{
    struct timing t = {
        1 / ((double)nx * (double)ny), 1 / (double)ny, 1 + flyback};
    const double line = line_time > 0 ? line_time : dwell * (double)nx;
    if (dwell > 0)
        t.pixel = dwell / (line * (double)ny);
    if (frame_time > 0)
        t.frame = frame_time / (line * (double)ny);
    return t;
}

static void check_options(size_t nx, size_t ny)
{
    if (velocity.n != 0 && velocity.n != 2)
        ae_usage("--velocity: want two numbers vx,vy; got %d", velocity.n);
    if (frame_time > 0 && dwell <= 0 && line_time <= 0)
        ae_usage("--frame-time needs --line-time or --dwell");
    if (frame_time > 0 && ae_given("flyback"))
        ae_usage("--frame-time and --flyback say the same; give one of them");
    if (line_time > 0 && dwell * (double)nx > line_time * (1 + 1e-9))
        ae_usage("--line-time is shorter than %zu pixels of --dwell", nx);
    if (frame_time > 0 && timing_of(nx, ny).frame < 1 - 1e-9)
        ae_usage("--frame-time is shorter than %zu lines", ny);
}

struct drift {
    double v[2];     /* pixels per frame time */
    double residual; /* pixels, r.m.s. of the shifts about v g f on both axes */
};

/* The slope of the shifts, which is that of all pairs alike. */
static struct drift fit(
    const struct ae_register_shift *shift, size_t nf, double g)
{
    struct drift d = {{0, 0}, 0};
    double sum = 0, square = 0;
    for (size_t a = 0; a < nf; a++)
        for (size_t b = a + 1; b < nf; b++) {
            const double step = (double)(b - a);
            d.v[0] += step * (shift[b].x - shift[a].x);
            d.v[1] += step * (shift[b].y - shift[a].y);
            sum += step * step;
        }
    for (int i = 0; i < 2; i++)
        d.v[i] /= sum * g;
    /* sum over pairs of squares = nf times that about the mean */
    for (size_t a = 0; a < nf; a++)
        for (size_t b = a + 1; b < nf; b++) {
            const double step = (double)(b - a) * g;
            const double ex = shift[b].x - shift[a].x - step * d.v[0];
            const double ey = shift[b].y - shift[a].y - step * d.v[1];
            square += ex * ex + ey * ey;
        }
    d.residual = sqrt(square) / (double)nf;
    return d;
}

static double value_at(const float *c, size_t nx, size_t ny, double x, double y)
{
    double wx[4], wy[4], sum = 0;
    const double fx = floor(x), fy = floor(y);
    void (*weights)(double, double *) =
        interp == SPLINE ? ae_spline_weights : ae_spline_keys;
    weights(x - fx, wx);
    weights(y - fy, wy);
    for (int j = 0; j < 4; j++) {
        const float *row = c + ae_spline_mirror((long)fy - 1 + j, ny) * nx;
        double of_row = 0;
        for (int i = 0; i < 4; i++)
            of_row +=
                wx[i] * (double)row[ae_spline_mirror((long)fx - 1 + i, nx)];
        sum += wy[j] * of_row;
    }
    return sum;
}

/* Frame f as it would be at time zero; coefficients c are those of the frame. */
static void correct(float *out, const float *c, size_t nx, size_t ny, size_t f,
    const double v[2], const struct timing *t, double zero)
{
    const double mxx = v[0] * t->pixel, mxy = v[0] * t->line;
    const double myx = v[1] * t->pixel, myy = v[1] * t->line;
    const double det = (1 - mxx) * (1 - myy) - mxy * myx;
    const double start = t->frame * (double)f - zero;
#pragma omp parallel for schedule(static)
    for (size_t j = 0; j < ny; j++)
        for (size_t i = 0; i < nx; i++) {
            const double px = (double)i + start * v[0];
            const double py = (double)j + start * v[1];
            out[j * nx + i] =
                (float)value_at(c, nx, ny, ((1 - myy) * px + mxy * py) / det,
                    (myx * px + (1 - mxx) * py) / det);
        }
}

struct work {
    size_t nf, nx, ny;
    float *frames, *out; /* [nf][ny][nx], [ny][nx] */
    struct ae_register_shift *shift;
    struct ae_register *search;
};

static void work_new(struct work *w, const struct ae_vol *head)
{
    const size_t n = ae_vol_image(head);
    size_t all;
    *w = (struct work){.nf = head->n[2], .nx = head->n[0], .ny = head->n[1]};
    if (w->nx < SMALLEST || w->ny < SMALLEST)
        ae_die("%s: frames of %zu x %zu pixels; want at least %d x %d",
            ae_in()->name, w->nx, w->ny, SMALLEST, SMALLEST);
    if (w->nf < 2 && !velocity.n)
        ae_die("%s: one frame per tilt tells no drift; give --velocity",
            ae_in()->name);
    w->frames =
        ae_mul(n, w->nf, &all) ? NULL : ae_alloc(all, sizeof *w->frames);
    w->out = ae_alloc(n, sizeof *w->out);
    w->shift = ae_alloc(w->nf, sizeof *w->shift);
    if (!w->frames || !w->out || !w->shift)
        ae_die(
            "out of memory for %zu frames of %zu x %zu", w->nf, w->nx, w->ny);
    struct ae_register_rule rule = AE_REGISTER_RULE;
    for (int i = 0; i < 2; i++)
        rule.max_shift[i] = max_shift > 0
                                ? fmin(max_shift, (double)head->n[i] - 1)
                                : floor((double)head->n[i] / 4);
    if (!velocity.n)
        ae_must(
            ae_register_new(&w->search, w->nf, w->nx, w->ny, &rule, ae_err()));
}

static void work_clear(struct work *w)
{
    ae_register_free(w->search);
    free(w->frames);
    free(w->out);
    free(w->shift);
}

static struct drift measure(struct work *w, const struct timing *t, size_t k)
{
    struct drift d = {{0, 0}, 0};
    if (velocity.n)
        memcpy(d.v, velocity.v, sizeof d.v);
    else {
        if (ae_register_find(w->search, w->frames, w->shift, ae_err()))
            ae_die("%s: tilt %zu: %s", ae_in()->name, k, ae_err()->msg);
        d = fit(w->shift, w->nf, t->frame);
    }
    for (int i = 0; i < 2; i++)
        if (fabs(d.v[i] * t->line) >= MOST_PER_LINE)
            ae_die("%s: tilt %zu: a drift of %.3g pixels in a line; want less "
                   "than %g",
                ae_in()->name, k, d.v[i] * t->line, MOST_PER_LINE);
    if (d.residual > WARN_RESIDUAL)
        ae_warn("tilt %zu: the frames lie %.2f pixels r.m.s. off steady drift",
            k, d.residual);
    return d;
}

static void write_tilt(
    struct work *w, const struct timing *t, const double v[2])
{
    const size_t n = w->nx * w->ny;
    const double zero =
        centre_time ? (t->frame * (double)(w->nf - 1) + 1) / 2 : 0;
    for (size_t f = 0; f < w->nf; f++) {
        float *frame = w->frames + f * n;
        if (v[0] == 0 && v[1] == 0) {
            ae_must(ae_nrrd_put(ae_out(), frame, n, ae_err()));
            continue;
        }
        if (interp == SPLINE)
            ae_spline_image(frame, w->nx, w->ny);
        correct(w->out, frame, w->nx, w->ny, f, v, t, zero);
        ae_must(ae_nrrd_put(ae_out(), w->out, n, ae_err()));
    }
}

int main(int argc, char **argv)
{
    struct ae_nrrd *in;
    struct ae_vol head = {0};
    struct work w;
    ae_begin(&about, argc, argv);
    ae_must(ae_nrrd_open(&in, ae_in(), 0, &head, ae_err()));
    if (head.kind != AE_FRAMES)
        ae_die("%s: want raw frames, axes x y frame tilt; vol-import --frames "
               "makes them",
            ae_in()->name);
    check_options(head.n[0], head.n[1]);
    work_new(&w, &head);
    const struct timing t = timing_of(w.nx, w.ny);
    FILE *table = *report_path ? ae_create(report_path) : NULL;
    if (table)
        ae_tsv_head(table, "tilt\tvx (px/frame)\tvy (px/frame)\tshear_x\t"
                           "stretch_y\tresidual_px");
    ae_history(&head.keys);
    ae_must(ae_nrrd_begin(ae_out(), &head, ae_err()));
    for (size_t k = 0; k < head.n[3]; k++) {
        for (size_t f = 0; f < w.nf; f++)
            ae_must(ae_nrrd_next(in, w.frames + f * w.nx * w.ny, ae_err()));
        const struct drift d = measure(&w, &t, k);
        if (table)
            ae_tsv_put(table, "drrrrr", (long)k, d.v[0], d.v[1],
                d.v[0] * t.line, d.v[1] * t.line, d.residual);
        write_tilt(&w, &t, d.v);
        ae_progress("tilts", (double)(k + 1), (double)head.n[3]);
    }
    work_clear(&w);
    ae_nrrd_free(in);
    ae_vol_clear(&head);
    return ae_end();
}
