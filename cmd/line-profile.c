/* SPDX-License-Identifier: BSD-2-Clause
 * line-profile - intensity along a line through an image.
 *
 *   I(d) = mean over l of s(from + d u + l w)   |l| <= width/2, l whole pixels
 *
 *   u  direction from the first to the last point    w  across it
 *   s  interpolating cubic spline of the image       d  0, spacing, 2 spacing
 *   std over the lines, n how many of them lie inside the image at d
 *
 * With --fit a Gaussian is fitted to each maximum of I that is higher than its
 * neighbours:
 *   I(d) = base + height exp(-(d - centre)^2/(2 sigma^2))
 * over the samples up to the minimum on each side, by least squares
 * (Levenberg and Marquardt).
 *
 * Source: Unser et al., IEEE Trans. Signal Process. 41, 821 (1993),
 * 10.1109/78.193220 (spline). Cost: 16 taps per sample and line.
 * reads: NRRD image, or one of a stack     writes: TSV
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "base/tool.h"
#include "base/vol.h"
#include "io/nrrd.h"
#include "io/tsv.h"
#include "math/spline.h"

#define MAX_SAMPLES 10000000.0
#define MIN_FIT     5    /* samples: one more than a Gaussian has numbers */
#define ROUNDING    1e-5 /* of the range: a lower hill is one of rounding */
#define MAX_STEPS   100
#define CONVERGED   1e-10 /* relative change of the sum of squares */

static const char *from, *to, *fit_path;
static double width, spacing, pixel;
static long image_index;
static const struct ae_opt opts[] = {
    AE_STR('f', "from", &from, "x,y", NULL,
        "first point, angstrom, or pixels as 10px,12px"),
    AE_STR('t', "to", &to, "x,y", NULL, "last point"),
    AE_REAL('w', "width", &width, "pixels", "1", 0, 100000,
        "mean over parallel lines one pixel apart, this far in all"),
    AE_REAL(0, "spacing", &spacing, "pixels", "1", 0.001, 1000,
        "distance of the samples"),
    AE_INT('i', "image", &image_index, "N", "0", 0, 1e9, "image of a stack"),
    AE_STR(0, "fit", &fit_path, "FILE", "", "table of a Gaussian per maximum"),
    AE_REAL('p', "pixel", &pixel, "angstrom", "0", 0, 1000,
        "pixel size where the header gives none"),
    AE_END_OPTS,
};
static const struct ae_about about = {"line-profile",
    "intensity along a line through an image", "[FILE]", opts, 0};

/* "x,y" in angstrom or with px in pixels -> pixel indices. */
static void read_point(
    const char *name, const char *text, const struct ae_vol *head, double at[2])
{
    const char *rest = text;
    char quoted[340];
    for (int i = 0; i < 2; i++) {
        char *end = NULL;
        const size_t digits = strspn(rest, "0123456789.eE+-");
        at[i] = digits ? strtod(rest, &end) : 0;
        if (!digits || end > rest + digits || !isfinite(at[i]))
            break;
        rest = end;
        if (!strncmp(rest, "px", 2))
            rest += 2;
        else {
            rest += *rest == 'A';
            if (head->step[i] <= 0)
                ae_die("%s: no pixel size; give --pixel, or points as "
                       "10px,12px",
                    ae_in()->name);
            at[i] = (at[i] - head->origin[i]) / head->step[i];
        }
        if (!i && *rest++ != ',')
            break;
        if (i && !*rest)
            return;
    }
    ae_usage("--%s: want a point as -3.5,7 or 10px,12px, got '%s'", name,
        ae_quote(quoted, text));
}

struct profile {
    size_t n;
    double *mean, *std;
    long *count;
};

static void profile_clear(struct profile *p)
{
    free(p->mean);
    free(p->std);
    free(p->count);
}

static int inside(double x, size_t n)
{
    /* a point computed to lie on the last sample may miss it by rounding */
    return x >= -1e-9 && x <= (double)n - 1 + 1e-9;
}

static double clamp(double x, size_t n)
{
    return fmin(fmax(x, 0), (double)n - 1);
}

/* The sample at a + d u, over all parallel lines. */
static void sample(struct profile *p, size_t i, const float *spline, size_t nx,
    size_t ny, const double a[2], const double u[2])
{
    const long half = (long)floor(width / 2);
    const double d = (double)i * spacing;
    double sum = 0, square = 0;
    long n = 0;
    for (int round = 0; round < 2; round++)
        for (long l = -half; l <= half; l++) {
            const double x = a[0] + d * u[0] - (double)l * u[1];
            const double y = a[1] + d * u[1] + (double)l * u[0];
            if (!inside(x, nx) || !inside(y, ny))
                continue;
            const double v =
                ae_spline_at2(spline, nx, ny, clamp(x, nx), clamp(y, ny));
            if (!round) {
                sum += v;
                n++;
            } else
                square += (v - sum / (double)n) * (v - sum / (double)n);
        }
    p->count[i] = n;
    p->mean[i] = n ? sum / (double)n : NAN;
    p->std[i] = n > 1 ? sqrt(square / (double)(n - 1)) : n ? 0 : NAN;
}

static void measure(struct profile *p, const float *spline,
    const struct ae_vol *head, const double a[2], const double b[2])
{
    const double length = hypot(b[0] - a[0], b[1] - a[1]);
    if (!(length > 0))
        ae_usage("--from and --to are the same point");
    if (length / spacing > MAX_SAMPLES)
        ae_usage("--spacing: more than %g samples", MAX_SAMPLES);
    const double u[2] = {(b[0] - a[0]) / length, (b[1] - a[1]) / length};
    p->n = (size_t)floor(length / spacing + 1e-9) + 1;
    p->mean = ae_alloc(p->n, sizeof *p->mean);
    p->std = ae_alloc(p->n, sizeof *p->std);
    p->count = ae_alloc(p->n, sizeof *p->count);
    if (!p->mean || !p->std || !p->count)
        ae_die("out of memory for %zu samples", p->n);
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < p->n; i++)
        sample(p, i, spline, head->n[0], head->n[1], a, u);
}

/* base, height, centre, sigma in samples */
struct hill {
    double q[4];
};

static double residual(const struct hill *h, const double *y, size_t first,
    size_t last, double normal[4][5])
{
    double sum = 0;
    memset(normal, 0, 20 * sizeof(double));
    for (size_t i = first; i <= last; i++) {
        const double t = ((double)i - h->q[2]) / h->q[3], e = exp(-t * t / 2);
        const double g[5] = {1, e, h->q[1] * e * t / h->q[3],
            h->q[1] * e * t * t / h->q[3], y[i] - h->q[0] - h->q[1] * e};
        sum += g[4] * g[4];
        for (int r = 0; r < 4; r++)
            for (int c = 0; c < 5; c++)
                normal[r][c] += g[r] * g[c];
    }
    return sum;
}

/* Gauss elimination of 4 equations; 0, or -1 when they are singular. */
static int solve(double m[4][5], double x[4])
{
    for (int k = 0; k < 4; k++) {
        int top = k;
        for (int r = k + 1; r < 4; r++)
            top = fabs(m[r][k]) > fabs(m[top][k]) ? r : top;
        if (!(fabs(m[top][k]) > 0))
            return -1;
        for (int c = 0; c < 5; c++) {
            const double keep = m[k][c];
            m[k][c] = m[top][c];
            m[top][c] = keep;
        }
        for (int r = k + 1; r < 4; r++)
            for (int c = 4; c >= k; c--)
                m[r][c] -= m[k][c] * m[r][k] / m[k][k];
    }
    for (int k = 3; k >= 0; k--) {
        x[k] = m[k][4];
        for (int c = k + 1; c < 4; c++)
            x[k] -= m[k][c] * x[c];
        x[k] /= m[k][k];
    }
    return 0;
}

/* 0, or -1 where no Gaussian fits the samples first ... last. */
static int fit(struct hill *h, const double *y, size_t first, size_t last)
{
    double normal[4][5], next[4][5], step[4], damp = 1e-3;
    double now = residual(h, y, first, last, normal);
    for (int s = 0; s < MAX_STEPS; s++) {
        double m[4][5];
        struct hill other = *h;
        memcpy(m, normal, sizeof m);
        for (int k = 0; k < 4; k++)
            m[k][k] *= 1 + damp;
        if (solve(m, step))
            return -1;
        for (int k = 0; k < 4; k++)
            other.q[k] += step[k];
        const double then =
            other.q[3] > 0 ? residual(&other, y, first, last, next) : INFINITY;
        damp *= then < now ? 0.1 : 10;
        if (!(then < now)) {
            if (damp > 1e12)
                break;
            continue;
        }
        const int done = now - then <= CONVERGED * now;
        *h = other;
        now = then;
        memcpy(normal, next, sizeof normal);
        if (done)
            break;
    }
    return h->q[1] > 0 && h->q[2] >= (double)first && h->q[2] <= (double)last &&
                   isfinite(h->q[3])
               ? 0
               : -1;
}

static void write_fits(FILE *out, const struct profile *p, double unit)
{
    const double *y = p->mean;
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < p->n; i++) {
        low = fmin(low, y[i]);
        high = fmax(high, y[i]);
    }
    ae_tsv_head(out, unit == 1 ? "centre (px)\tsigma (px)\theight\tbase"
                               : "centre (A)\tsigma (A)\theight\tbase");
    for (size_t i = 1; i + 1 < p->n; i++) {
        if (!(y[i] > y[i - 1] && y[i] >= y[i + 1]))
            continue;
        size_t a = i, b = i;
        while (a > 0 && y[a - 1] < y[a])
            a--;
        while (b + 1 < p->n && y[b + 1] <= y[b])
            b++;
        if (b - a + 1 < MIN_FIT ||
            y[i] - fmax(y[a], y[b]) <= ROUNDING * (high - low))
            continue;
        const double base = fmin(y[a], y[b]), half = (y[i] + base) / 2;
        size_t l = i, r = i;
        while (l > a && y[l] > half)
            l--;
        while (r < b && y[r] > half)
            r++;
        /* full width at half maximum = 2.355 sigma */
        struct hill h = {
            {base, y[i] - base, (double)i, fmax((double)(r - l) / 2.355, 0.5)}};
        if (!fit(&h, y, a, b))
            ae_tsv_put(out, "rrrr", h.q[2] * spacing * unit,
                h.q[3] * spacing * unit, h.q[1], h.q[0]);
    }
}

static float *read_image(struct ae_nrrd *in, const struct ae_vol *head)
{
    float *image = ae_alloc(ae_vol_image(head), sizeof *image);
    const size_t images = ae_vol_images(head);
    if (!image)
        ae_die(
            "out of memory for an image of %zu x %zu", head->n[0], head->n[1]);
    if ((size_t)image_index >= images)
        ae_die("%s: image %ld is out of range: there are %zu", ae_in()->name,
            image_index, images);
    /* all of them, so that a file that breaks off is told */
    float *next = ae_alloc(ae_vol_image(head), sizeof *next);
    if (!next)
        ae_die("out of memory");
    for (size_t k = 0; ae_must(ae_nrrd_next(in, next, ae_err())) != AE_END; k++)
        if (k == (size_t)image_index)
            memcpy(image, next, ae_vol_image(head) * sizeof *image);
    free(next);
    ae_spline_image(image, head->n[0], head->n[1]);
    return image;
}

int main(int argc, char **argv)
{
    struct ae_nrrd *in;
    struct ae_vol head = {0};
    struct profile p = {0};
    double a[2], b[2];
    ae_begin(&about, argc, argv);
    ae_must(ae_nrrd_open(&in, ae_in(), pixel, &head, ae_err()));
    read_point("from", from, &head, a);
    read_point("to", to, &head, b);
    if (head.step[0] > 0 && fabs(head.step[1] / head.step[0] - 1) > 1e-4)
        ae_die("%s: pixels of %g x %g angstrom; want square ones",
            ae_in()->name, head.step[0], head.step[1]);
    const double unit = head.step[0] > 0 ? head.step[0] : 1;
    float *spline = read_image(in, &head);
    FILE *fits = *fit_path ? ae_create(fit_path) : NULL;
    measure(&p, spline, &head, a, b);
    ae_tsv_head(ae_out(),
        head.step[0] > 0 ? "d (A)\tmean\tstd\tn" : "d (px)\tmean\tstd\tn");
    for (size_t i = 0; i < p.n; i++)
        ae_tsv_put(ae_out(), "rrrd", (double)i * spacing * unit, p.mean[i],
            p.std[i], p.count[i]);
    if (fits)
        write_fits(fits, &p, unit);
    profile_clear(&p);
    free(spline);
    ae_nrrd_free(in);
    ae_vol_clear(&head);
    return ae_end();
}
