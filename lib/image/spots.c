/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/spots.h"

#include <gsl/gsl_multifit_nlinear.h>
#include <math.h>
#include <stdlib.h>
#include "base/mem.h"
#include "base/threads.h"
#include "math/fft.h"
#include "math/stats.h"

static const double LOW = 0.05, HIGH = 0.45; /* cycles per pixel */
static const double CONTRAST = 6;            /* times the local median */
/* of the strongest spot: the first sidelobe of a Hann window, -31.5 dB */
static const double SIDELOBE = 0.0267;
/* of the median's window, of the fit's, of the least distance: half widths in
 * padded samples */
enum { AROUND = 20, FIT = 3, APART = 8 };

/* |F| for k_x >= 0, [high][wide/2 + 1]. */
struct spectrum {
    size_t wide, high;
    float *size;
};

static double at(const struct spectrum *s, long i, long j)
{
    if (i < 0) {
        i = -i;
        j = -j;
    }
    const long high = (long)s->high;
    j = (j % high + high) % high;
    const long half = (long)s->wide / 2;
    if (i > half)
        i = 2 * half - i;
    return s->size[(size_t)j * (s->wide / 2 + 1) + (size_t)i];
}

static double hann(size_t i, size_t n)
{
    return 0.5 - 0.5 * cos(2 * M_PI * ((double)i + 0.5) / (double)n);
}

static int make_spectrum(struct spectrum *s, const float *image, size_t nx,
    size_t ny, struct ae_error *err)
{
    *s = (struct spectrum){.wide = 2 * nx, .high = 2 * ny};
    const size_t row = s->wide + 2, n[2] = {s->high, s->wide};
    struct ae_fft *plan = NULL;
    float *room = ae_fft_alloc(s->high * row, sizeof *room);
    s->size = ae_alloc(s->high, (nx + 1) * sizeof *s->size);
    int code =
        room && s->size
            ? ae_fft_new(&plan, AE_FFT_FLOAT, AE_FFT_R2C, 2, n, room, room, err)
            : ae_fail(err, AE_EMEM, "out of memory for the spots");
    if (!code) {
        const double mean = ae_sum(image, nx * ny) / (double)(nx * ny);
        for (size_t j = 0; j < ny; j++)
            for (size_t i = 0; i < nx; i++)
                room[j * row + i] = (float)((image[j * nx + i] - mean) *
                                            hann(i, nx) * hann(j, ny));
        ae_fft_run(plan, room, room);
        for (size_t j = 0; j < s->high; j++)
            for (size_t i = 0; i <= nx; i++)
                s->size[j * (nx + 1) + i] =
                    hypotf(room[j * row + 2 * i], room[j * row + 2 * i + 1]);
    }
    ae_fft_free(plan);
    ae_fft_buffer_free(room);
    return code;
}

/* ---- the fit of one spot -------------------------------------------------- */

enum { SIDE = 2 * FIT + 1, POINTS = SIDE * SIDE, UNKNOWNS = 7 };

/* x: A, u0, v0, p, q, r, B */
static int residuals(const gsl_vector *x, void *data, gsl_vector *f)
{
    const double *value = data;
    for (int i = 0; i < POINTS; i++) {
        const double u = i % SIDE - FIT - gsl_vector_get(x, 1);
        const double v = i / SIDE - FIT - gsl_vector_get(x, 2);
        const double e = gsl_vector_get(x, 3) * u * u +
                         2 * gsl_vector_get(x, 4) * u * v +
                         gsl_vector_get(x, 5) * v * v;
        gsl_vector_set(f, (size_t)i,
            gsl_vector_get(x, 0) * exp(-0.5 * fmin(fmax(e, -50), 1000)) +
                gsl_vector_get(x, 6) - value[i]);
    }
    return GSL_SUCCESS;
}

/* Start: the highest sample, and the width of a Hann window's lobe, which
 * falls to half at one sample of the unpadded transform, two padded. */
static int fit_spot(const struct spectrum *s, long i0, long j0,
    double centre[2], double *height, struct ae_error *err)
{
    double value[POINTS], top = at(s, i0, j0);
    for (int i = 0; i < POINTS; i++)
        value[i] = at(s, i0 + i % SIDE - FIT, j0 + i / SIDE - FIT) / top;
    const double width = 2 * log(2) / 4;
    double start[UNKNOWNS] = {1, 0, 0, width, 0, width, 0};
    gsl_vector_view x = gsl_vector_view_array(start, UNKNOWNS);
    gsl_multifit_nlinear_parameters choice =
        gsl_multifit_nlinear_default_parameters();
    gsl_multifit_nlinear_fdf system = {
        .f = residuals, .n = POINTS, .p = UNKNOWNS, .params = value};
    gsl_multifit_nlinear_workspace *w = gsl_multifit_nlinear_alloc(
        gsl_multifit_nlinear_trust, &choice, POINTS, UNKNOWNS);
    if (!w)
        return ae_fail(err, AE_EMEM, "out of memory for the spots");
    int info;
    gsl_multifit_nlinear_init(&x.vector, &system, w);
    gsl_multifit_nlinear_driver(100, 1e-10, 1e-10, 0, NULL, NULL, &info, w);
    const double u = gsl_vector_get(w->x, 1), v = gsl_vector_get(w->x, 2);
    *height = gsl_vector_get(w->x, 0) * top;
    gsl_multifit_nlinear_free(w);
    const int near = fabs(u) <= 1 && fabs(v) <= 1;
    centre[0] = ((double)i0 + (near ? u : 0)) / (double)s->wide;
    centre[1] = ((double)j0 + (near ? v : 0)) / (double)s->high;
    return AE_OK;
}

/* ---- finding -------------------------------------------------------------- */

static int is_peak(const struct spectrum *s, long i, long j)
{
    const double value = at(s, i, j);
    for (int dj = -1; dj <= 1; dj++)
        for (int di = -1; di <= 1; di++)
            if ((di || dj) && (at(s, i + di, j + dj) > value ||
                                  (at(s, i + di, j + dj) == value &&
                                      (dj < 0 || (!dj && di < 0)))))
                return 0;
    return value > 0;
}

/* Median of |F| in the window without the spot. */
static double median_around(
    const struct spectrum *s, long i0, long j0, double *room)
{
    size_t n = 0;
    for (long j = -AROUND; j <= AROUND; j++)
        for (long i = -AROUND; i <= AROUND; i++)
            if (labs(i) > FIT + 1 || labs(j) > FIT + 1)
                room[n++] = at(s, i0 + i, j0 + j);
    ae_stats_sort(room, n);
    return ae_stats_quantile(room, n, 0.5);
}

struct peak {
    double value;
    long i, j;
};

/* Higher first; ties: the smaller index. */
static int by_height(const void *a, const void *b)
{
    const struct peak *p = a, *q = b;
    if (p->value != q->value)
        return p->value > q->value ? -1 : 1;
    return p->j != q->j ? (p->j > q->j) - (p->j < q->j)
                        : (p->i > q->i) - (p->i < q->i);
}

/* All local maxima of the half plane in range, higher first. */
static int list_peaks(const struct spectrum *s, struct peak **peak, size_t *n,
    struct ae_error *err)
{
    const long half = (long)s->high / 2;
    size_t room = 0;
    *peak = NULL;
    *n = 0;
    for (long j = -half + 1; j < half; j++)
        for (long i = 0; i < (long)s->wide / 2; i++) {
            const double r =
                hypot((double)i / (double)s->wide, (double)j / (double)s->high);
            if (r < LOW || r > HIGH || (!i && j <= 0) || !is_peak(s, i, j))
                continue;
            if (*n == room) {
                const size_t more = room ? 2 * room : 256;
                void *larger = ae_resize(*peak, room, more, sizeof **peak);
                if (!larger)
                    return ae_fail(err, AE_EMEM, "out of memory for the spots");
                *peak = larger;
                room = more;
            }
            (*peak)[(*n)++] = (struct peak){at(s, i, j), i, j};
        }
    if (*n)
        qsort(*peak, *n, sizeof **peak, by_height);
    return AE_OK;
}

/* Distance of two peaks or of one and the other's mirror, padded samples. */
static int too_near(const struct peak *p, const struct peak *q)
{
    const double same = hypot((double)(p->i - q->i), (double)(p->j - q->j));
    const double across = hypot((double)(p->i + q->i), (double)(p->j + q->j));
    return fmin(same, across) < APART;
}

int ae_spots_find(struct ae_spot spot[AE_SPOTS_MOST], size_t *n,
    const float *image, size_t nx, size_t ny, struct ae_error *err)
{
    struct spectrum s;
    struct peak *peak = NULL, kept[AE_SPOTS_MOST];
    double *room = ae_alloc((2 * AROUND + 1) * (2 * AROUND + 1), sizeof *room);
    size_t peaks = 0;
    int code = make_spectrum(&s, image, nx, ny, err);
    if (!code)
        code = room ? list_peaks(&s, &peak, &peaks, err)
                    : ae_fail(err, AE_EMEM, "out of memory for the spots");
    *n = 0;
    for (size_t i = 0; i < peaks && *n < AE_SPOTS_MOST && !code; i++) {
        int free_of = 1;
        for (size_t j = 0; j < *n; j++)
            free_of &= !too_near(&peak[i], &kept[j]);
        const double around =
            free_of ? median_around(&s, peak[i].i, peak[i].j, room) : 0;
        if (!free_of || peak[i].value < CONTRAST * around ||
            peak[i].value < SIDELOBE * peak[0].value)
            continue;
        struct ae_spot *to = &spot[*n];
        *to = (struct ae_spot){.ratio = peak[i].value / around};
        code = fit_spot(&s, peak[i].i, peak[i].j, to->k, &to->height, err);
        kept[(*n)++] = peak[i];
    }
    free(peak);
    free(room);
    free(s.size);
    return code;
}

/* ---- indices -------------------------------------------------------------- */

void ae_spots_ideal(int h, int l, double g[2])
{
    g[0] = h * sqrt(2);
    g[1] = l;
}

/* Degrees, 0 ... 180. */
static double angle_of(const double a[2], const double b[2])
{
    return fabs(atan2(a[0] * b[1] - a[1] * b[0], a[0] * b[0] + a[1] * b[1])) *
           180 / M_PI;
}

/* M with M g1 = k1, M g2 = k2. */
static void from_pair(const double k1[2], const double k2[2], double M[2][2])
{
    double g1[2], g2[2];
    ae_spots_ideal(1, 1, g1);
    ae_spots_ideal(1, -1, g2);
    const double det = g1[0] * g2[1] - g1[1] * g2[0];
    for (int i = 0; i < 2; i++) {
        M[i][0] = (k1[i] * g2[1] - k2[i] * g1[1]) / det;
        M[i][1] = (k2[i] * g1[0] - k1[i] * g2[0]) / det;
    }
}

/* Does the diamond structure have h h l? */
static int is_allowed(int h, int l)
{
    if ((h & 1) != (l & 1))
        return 0;
    return (h & 1) || (2 * h + l) % 4 == 0;
}

static void give_indices(struct ae_spot *s, double M[2][2])
{
    const double det = M[0][0] * M[1][1] - M[0][1] * M[1][0];
    const double h = (M[1][1] * s->k[0] - M[0][1] * s->k[1]) / det / sqrt(2);
    const double l = (M[0][0] * s->k[1] - M[1][0] * s->k[0]) / det;
    s->h = (int)round(h);
    s->l = (int)round(l);
    s->indexed = fabs(h - s->h) < 0.1 && fabs(l - s->l) < 0.1 &&
                 (s->h || s->l) && is_allowed(s->h, s->l);
}

int ae_spots_index(struct ae_spot *spot, size_t n, struct ae_error *err)
{
    static const double angle =
        70.528779;                   /* of (1 1 1) and (1 1 -1): acos 1/3 */
    static const double near = 5;    /* degrees */
    static const double alike = 0.1; /* of the lengths */
    double shortest = INFINITY, k1[2] = {0}, k2[2] = {0}, M[2][2];
    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < n; j++) {
            const double *p = spot[i].k, *q = spot[j].k;
            const double a = hypot(p[0], p[1]), b = hypot(q[0], q[1]);
            const double between = angle_of(p, q);
            const int flip = fabs(180 - between - angle) < near;
            if ((!flip && !(fabs(between - angle) < near)) ||
                fabs(a - b) > alike * (a + b) / 2 || a + b >= shortest)
                continue;
            shortest = a + b;
            for (int c = 0; c < 2; c++) {
                k1[c] = p[c];
                k2[c] = flip ? -q[c] : q[c];
            }
        }
    if (shortest == INFINITY)
        return ae_fail(err, AE_EDATA,
            "no two of %zu spots make the angle of (1 1 1) and (1 1 -1), 70.5 "
            "degrees; is this the crystal along [110]?",
            n);
    if (k1[0] * k2[1] - k1[1] * k2[0] > 0) /* g1 x g2 is negative */
        for (int c = 0; c < 2; c++) {
            const double keep = k1[c];
            k1[c] = k2[c];
            k2[c] = keep;
        }
    from_pair(k1, k2, M);
    for (size_t i = 0; i < n; i++)
        give_indices(&spot[i], M);
    return AE_OK;
}

int ae_spots_used(const struct ae_spot *s)
{
    const int h = abs(s->h), l = abs(s->l);
    return s->indexed && ((h == 1 && l == 1) || (h == 2 && l == 0));
}

/* ---- the fit of all ------------------------------------------------------- */

/* U = (M M^T)^(1/2) by Cayley and Hamilton, R = U^-1 M. */
static void polar(double M[2][2], struct ae_spots_fit *fit)
{
    const double xx = M[0][0] * M[0][0] + M[0][1] * M[0][1];
    const double xy = M[0][0] * M[1][0] + M[0][1] * M[1][1];
    const double yy = M[1][0] * M[1][0] + M[1][1] * M[1][1];
    const double det = sqrt(xx * yy - xy * xy), sum = sqrt(xx + yy + 2 * det);
    fit->u[0] = (xx + det) / sum;
    fit->u[1] = xy / sum;
    fit->u[2] = (yy + det) / sum;
    const double c = fit->u[2] * M[0][0] - fit->u[1] * M[1][0];
    const double s = fit->u[0] * M[1][0] - fit->u[1] * M[0][0];
    fit->turn = atan2(s, c) * 180 / M_PI;
}

struct ae_spots_fit ae_spots_fit(const struct ae_spot *spot, size_t n)
{
    struct ae_spots_fit fit = {0};
    double gg[3] = {0}, kg[2][2] = {{0}}, M[2][2], g[2], other[2];
    for (size_t i = 0; i < n; i++) {
        if (!ae_spots_used(&spot[i]))
            continue;
        fit.n++;
        ae_spots_ideal(spot[i].h, spot[i].l, g);
        gg[0] += g[0] * g[0];
        gg[1] += g[0] * g[1];
        gg[2] += g[1] * g[1];
        for (int c = 0; c < 2; c++)
            for (int d = 0; d < 2; d++)
                kg[c][d] += spot[i].k[c] * g[d];
        for (size_t j = 0; j < i; j++) {
            if (!ae_spots_used(&spot[j]))
                continue;
            ae_spots_ideal(spot[j].h, spot[j].l, other);
            fit.angle_error = fmax(fit.angle_error,
                fabs(angle_of(spot[i].k, spot[j].k) - angle_of(g, other)));
        }
    }
    const double det = gg[0] * gg[2] - gg[1] * gg[1];
    for (int c = 0; c < 2; c++) {
        M[c][0] = (kg[c][0] * gg[2] - kg[c][1] * gg[1]) / det;
        M[c][1] = (kg[c][1] * gg[0] - kg[c][0] * gg[1]) / det;
    }
    polar(M, &fit);
    return fit;
}
