/* SPDX-License-Identifier: BSD-2-Clause */
#include "tomo/align.h"

#include <gsl/gsl_eigen.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "base/threads.h"
#include "math/fft.h"
#include "math/rotation.h"
#include "math/shift.h"
#include "math/spline.h"
#include "tomo/resire.h"
#include "tomo/series.h"

static int no_memory(struct ae_error *err)
{
    return ae_fail(err, AE_EMEM, "out of memory for the alignment");
}

/* ---- profiles and their spectra ------------------------------------------- */

/* Profiles of n samples, one for each image, as spectra of m >= 2 n samples. */
struct lines {
    size_t images, n, m, half; /* half = m/2 + 1 frequencies */
    double *spectrum;          /* [images][2 half], of the profile as it is */
    double *d;                 /* [images] displacement found so far */
    double *total, *rest;      /* [2 half] sum of the aligned; without one */
    double *phase, *work;      /* [2 half], [m + 2] */
    struct ae_fft *forward, *backward;
};

static void clear_lines(struct lines *l)
{
    ae_fft_free(l->forward);
    ae_fft_free(l->backward);
    ae_fft_buffer_free(l->work);
    free(l->spectrum);
    *l = (struct lines){0};
}

static int new_lines(
    struct lines *l, size_t images, size_t n, struct ae_error *err)
{
    const size_t m = ae_fft_good_even(2 * n), half = m / 2 + 1;
    *l = (struct lines){.images = images, .n = n, .m = m, .half = half};
    l->spectrum = ae_alloc((images + 3) * 2 * half + images, sizeof(double));
    l->work = ae_fft_alloc(m + 2, sizeof *l->work);
    int code = l->spectrum && l->work ? AE_OK : no_memory(err);
    if (!code) {
        l->total = l->spectrum + images * 2 * half;
        l->rest = l->total + 2 * half;
        l->phase = l->rest + 2 * half;
        l->d = l->phase + 2 * half;
        code = ae_fft_new(&l->forward, AE_FFT_DOUBLE, AE_FFT_R2C, 1, &m,
            l->work, l->work, err);
    }
    if (!code)
        code = ae_fft_new(&l->backward, AE_FFT_DOUBLE, AE_FFT_C2R, 1, &m,
            l->work, l->work, err);
    if (code)
        clear_lines(l);
    return code;
}

/* sum += sign * the spectrum of profile k, moved by -d */
static void add_aligned(struct lines *l, size_t k, double sign, double *sum)
{
    const double *q = l->spectrum + k * 2 * l->half;
    ae_shift_phase(l->phase, l->m, -l->d[k], 1);
    for (size_t i = 0; i < l->half; i++) {
        const double c = l->phase[2 * i], s = l->phase[2 * i + 1];
        sum[2 * i] += sign * (q[2 * i] * c - q[2 * i + 1] * s);
        sum[2 * i + 1] += sign * (q[2 * i] * s + q[2 * i + 1] * c);
    }
}

/* Sum over the samples of reference times profile k moved by -d. */
static double overlap(
    struct lines *l, const double *reference, size_t k, double d)
{
    const double *q = l->spectrum + k * 2 * l->half;
    double sum = 0;
    ae_shift_phase(l->phase, l->m, -d, 1);
    for (size_t i = 0; i < l->half; i++) {
        const double c = l->phase[2 * i], s = l->phase[2 * i + 1];
        const double re = q[2 * i] * c - q[2 * i + 1] * s;
        const double im = q[2 * i] * s + q[2 * i + 1] * c;
        const double weight = i == 0 || i == l->half - 1 ? 1 : 2;
        sum += weight * (reference[2 * i] * re + reference[2 * i + 1] * im);
    }
    return sum / (double)l->m;
}

/* The samples of a spectrum, moved by -d; the first n are the profile. */
static void samples_of(
    struct lines *l, const double *spectrum, double d, double *to)
{
    ae_shift_phase(l->phase, l->m, -d, 1);
    for (size_t i = 0; i < l->half; i++) {
        const double c = l->phase[2 * i], s = l->phase[2 * i + 1];
        l->work[2 * i] = spectrum[2 * i] * c - spectrum[2 * i + 1] * s;
        l->work[2 * i + 1] = spectrum[2 * i] * s + spectrum[2 * i + 1] * c;
    }
    ae_fft_run(l->backward, l->work, l->work);
    for (size_t i = 0; i < l->m; i++)
        to[i] = l->work[i] / (double)l->m;
}

/* Correlation of a and b, each less its mean, over the pairs a_i, b_(i+lag). */
static double correlation(const double *a, const double *b, size_t n, long lag)
{
    const long from = lag < 0 ? -lag : 0;
    const long to = lag < 0 ? (long)n : (long)n - lag;
    double sa = 0, sb = 0, aa = 0, bb = 0, ab = 0;
    const double pairs = (double)(to - from);
    for (long i = from; i < to; i++) {
        sa += a[i];
        sb += b[i + lag];
        aa += a[i] * a[i];
        bb += b[i + lag] * b[i + lag];
        ab += a[i] * b[i + lag];
    }
    const double va = aa - sa * sa / pairs, vb = bb - sb * sb / pairs;
    if (!(va > 1e-12 * aa) || !(vb > 1e-12 * bb))
        return 0;
    return (ab - sa * sb / pairs) / sqrt(va * vb);
}

/* The whole lag within +-reach of highest correlation; ties: the smallest. */
static double whole_lag(struct lines *l, const double *reference, size_t k,
    double reach, double *room)
{
    double best = -INFINITY;
    long at = 0;
    samples_of(l, reference, 0, room);
    samples_of(l, l->spectrum + k * 2 * l->half, 0, room + l->m);
    const long most = (long)fmin(reach, (double)(l->n - 2));
    for (long i = 0; i <= 2 * most; i++) {
        const long lag = i % 2 ? -(i + 1) / 2 : i / 2;
        const double c = correlation(room, room + l->m, l->n, lag);
        if (c > best) {
            best = c;
            at = lag;
        }
    }
    return (double)at;
}

/* The d within +-1 of start that makes |reference - a q|^2 least over d and a,
 * q profile k moved by -d: as |q| does not depend on d, where the overlap is
 * greatest. Golden section to 1e-6 pixels. */
static double fine_lag(
    struct lines *l, const double *reference, size_t k, double start)
{
    const double golden = (sqrt(5) - 1) / 2;
    double a = start - 1, b = start + 1;
    double x = b - golden * (b - a), y = a + golden * (b - a);
    double fx = overlap(l, reference, k, x), fy = overlap(l, reference, k, y);
    while (b - a > 1e-6) {
        if (fx > fy) {
            b = y;
            y = x;
            fy = fx;
            x = b - golden * (b - a);
            fx = overlap(l, reference, k, x);
        } else {
            a = x;
            x = y;
            fx = fy;
            y = a + golden * (b - a);
            fy = overlap(l, reference, k, y);
        }
    }
    return (a + b) / 2;
}

/* ---- matching the lines of all images ------------------------------------- */

/* order: the images by |theta - theta_0|, theta_0 the least tilted's. */
static void order_of(size_t *order, const struct ae_vol *stack)
{
    size_t k0 = 0;
    for (size_t k = 1; k < stack->n[2]; k++)
        if (fabs(stack->euler[k][1]) < fabs(stack->euler[k0][1]))
            k0 = k;
    for (size_t k = 0; k < stack->n[2]; k++) {
        const double far = fabs(stack->euler[k][1] - stack->euler[k0][1]);
        size_t at = k;
        for (; at > 0 &&
               fabs(stack->euler[order[at - 1]][1] - stack->euler[k0][1]) > far;
             at--)
            order[at] = order[at - 1];
        order[at] = k;
    }
}

/* Each line against the mean of those before it in the order, then passes of
 * each against the mean of all others until none moves by 0.01 pixels. */
static int match_lines(
    struct lines *l, const size_t *order, double reach, struct ae_error *err)
{
    enum { PASSES = 10 };
    double *room = ae_alloc(2 * l->m, sizeof *room);
    if (!room)
        return no_memory(err);
    memset(l->total, 0, 2 * l->half * sizeof *l->total);
    for (size_t i = 0; i < l->images; i++) {
        const size_t k = order[i];
        l->d[k] = 0;
        if (i > 0)
            l->d[k] = fine_lag(
                l, l->total, k, whole_lag(l, l->total, k, reach, room));
        add_aligned(l, k, 1, l->total);
    }
    double moved = l->images > 1 ? INFINITY : 0;
    for (int pass = 0; pass < PASSES && moved >= 0.01; pass++) {
        moved = 0;
        for (size_t k = 0; k < l->images; k++) {
            const double before = l->d[k];
            add_aligned(l, k, -1, l->total);
            l->d[k] = fine_lag(l, l->total, k, before);
            add_aligned(l, k, 1, l->total);
            moved = fmax(moved, fabs(l->d[k] - before));
        }
    }
    free(room);
    return AE_OK;
}

/* Each line against its neighbour's nearer to the least tilted image. */
static int chain_lines(struct lines *l, const size_t *order,
    const struct ae_vol *stack, double reach, struct ae_error *err)
{
    double *room = ae_alloc(2 * l->m, sizeof *room);
    if (!room)
        return no_memory(err);
    for (size_t i = 0; i < l->images; i++) {
        const size_t k = order[i];
        size_t near = 0;
        for (size_t j = 1; j < i; j++) /* of those before, the nearest tilt */
            if (fabs(stack->euler[order[j]][1] - stack->euler[k][1]) <
                fabs(stack->euler[order[near]][1] - stack->euler[k][1]))
                near = j;
        l->d[k] = 0;
        if (i == 0)
            continue;
        const double *reference = l->spectrum + order[near] * 2 * l->half;
        l->d[k] =
            l->d[order[near]] +
            fine_lag(l, reference, k, whole_lag(l, reference, k, reach, room));
    }
    free(room);
    return AE_OK;
}

/* score[k]: correlation of line k with the mean of the others, as aligned. */
static int score_lines(struct lines *l, double *score, struct ae_error *err)
{
    double *room = ae_alloc(2 * l->m, sizeof *room);
    if (!room)
        return no_memory(err);
    memset(l->total, 0, 2 * l->half * sizeof *l->total);
    for (size_t k = 0; k < l->images; k++)
        add_aligned(l, k, 1, l->total);
    for (size_t k = 0; k < l->images; k++) {
        memcpy(l->rest, l->total, 2 * l->half * sizeof *l->rest);
        add_aligned(l, k, -1, l->rest);
        samples_of(l, l->rest, 0, room);
        samples_of(l, l->spectrum + k * 2 * l->half, l->d[k], room + l->m);
        score[k] = l->images > 1 ? correlation(room, room + l->m, l->n, 0) : 1;
    }
    free(room);
    return AE_OK;
}

/* ---- profiles of images turned by the tilt axis --------------------------- */

/* Sums of the pixels of an image and their first moments from the middle. */
struct mass {
    double sum, x, y;
};

static struct mass mass_of(const float *image, size_t nx, size_t ny)
{
    struct mass m = {0};
    for (size_t j = 0; j < ny; j++) {
        double sum = 0, first = 0;
        for (size_t i = 0; i < nx; i++) {
            sum += image[j * nx + i];
            first += ((double)i - (double)(nx / 2)) * image[j * nx + i];
        }
        m.sum += sum;
        m.x += first;
        m.y += ((double)j - (double)(ny / 2)) * sum;
    }
    m.x /= m.sum;
    m.y /= m.sum;
    return m;
}

/* The phases [nx][2 half] by which column x is moved by -x tan(a) along y before
 * the columns are summed to the profile along an axis at an angle a to y,
 *
 *   p(s) = sum_x P(x, s + x tan(a)),
 *
 * whose coordinate s is that along the axis over cos(a). */
static void lean(struct lines *l, size_t nx, double a, double *phase)
{
    const double slope = tan(a * M_PI / 180);
    for (size_t x = 0; x < nx; x++)
        ae_shift_phase(phase + x * 2 * l->half, l->m,
            -slope * ((double)x - (double)(nx / 2)), 1);
}

static void turned_spectrum(struct lines *l, const float *image, size_t nx,
    const double *phase, double *to)
{
    memset(to, 0, 2 * l->half * sizeof *to);
    for (size_t x = 0; x < nx; x++) {
        const double *p = phase + x * 2 * l->half, *q = l->work;
        memset(l->work, 0, (l->m + 2) * sizeof *l->work);
        for (size_t y = 0; y < l->n; y++)
            l->work[y] = image[y * nx + x];
        ae_fft_run(l->forward, l->work, l->work);
        for (size_t i = 0; i < l->half; i++) {
            const double c = p[2 * i], s = p[2 * i + 1];
            to[2 * i] += q[2 * i] * c - q[2 * i + 1] * s;
            to[2 * i + 1] += q[2 * i] * s + q[2 * i + 1] * c;
        }
    }
}

/* The spectrum of profile k becomes that of a profile of unit sum. */
static int normalise(struct lines *l, size_t k, struct ae_error *err)
{
    double *q = l->spectrum + k * 2 * l->half;
    const double sum = q[0];
    if (!(sum > 0))
        return ae_fail(err, AE_EDATA,
            "image %zu: the pixels' sum is %g, no particle stands out of the "
            "background; drop it with tilt-select",
            k, sum);
    for (size_t i = 0; i < 2 * l->half; i++)
        q[i] /= sum;
    return AE_OK;
}

/* The lines of all images along the axis. */
static int fill_lines(struct lines *l, const struct ae_vol *stack, double axis,
    struct ae_error *err)
{
    const size_t nx = stack->n[0];
    double *phase = ae_alloc(nx, 2 * l->half * sizeof *phase);
    int code = phase ? AE_OK : no_memory(err);
    if (!code)
        lean(l, nx, axis, phase);
    for (size_t k = 0; k < l->images && !code; k++) {
        turned_spectrum(l, stack->data + k * ae_vol_image(stack), nx, phase,
            l->spectrum + k * 2 * l->half);
        code = normalise(l, k, err);
    }
    free(phase);
    return code;
}

/* The profiles across the axis; its angle is that of image y. */
static int fill_cross(
    struct lines *l, const struct ae_vol *stack, struct ae_error *err)
{
    int code = AE_OK;
    for (size_t k = 0; k < l->images && !code; k++) {
        const float *image = stack->data + k * ae_vol_image(stack);
        memset(l->work, 0, (l->m + 2) * sizeof *l->work);
        for (size_t y = 0; y < stack->n[1]; y++)
            for (size_t x = 0; x < l->n; x++)
                l->work[x] += image[y * l->n + x];
        ae_fft_run(l->forward, l->work, l->work);
        memcpy(l->spectrum + k * 2 * l->half, l->work,
            2 * l->half * sizeof *l->work);
        code = normalise(l, k, err);
    }
    return code;
}

/* ---- shifts from profiles and centres of mass ----------------------------- */

static int lines_along(struct lines *l, const struct ae_vol *stack,
    const size_t *order, double axis, double reach, double *score,
    struct ae_error *err)
{
    int code = fill_lines(l, stack, axis, err);
    if (!code)
        code = match_lines(l, order, reach, err);
    return code ? code : score_lines(l, score, err);
}

/* Turns (x, y) by a degrees, x to y. */
static void turn(double a, const double from[2], double to[2])
{
    double s, c;
    ae_sincos_deg(a, &s, &c);
    const double x = c * from[0] - s * from[1], y = s * from[0] + c * from[1];
    to[0] = x;
    to[1] = y;
}

/* at[k]: the centre of mass in the frame of the axis. */
static void masses(struct ae_align_row *row, double (*at)[2],
    const struct ae_vol *stack, double axis)
{
    for (size_t k = 0; k < stack->n[2]; k++) {
        const struct mass m = mass_of(
            stack->data + k * ae_vol_image(stack), stack->n[0], stack->n[1]);
        const double r[2] = {m.x, m.y};
        row[k].sum = m.sum;
        turn(-axis, r, at[k]);
    }
}

/* Displacements l->d times scale along axis 0 or 1, their mean such that the
 * centres of mass lie at the middle on average. */
static void settle(const struct lines *l, double scale, int along,
    double (*at)[2], struct ae_align_row *row)
{
    double mean = 0;
    for (size_t k = 0; k < l->images; k++)
        mean += (at[k][along] - scale * l->d[k]) / (double)l->images;
    for (size_t k = 0; k < l->images; k++)
        row[k].d[along] = scale * l->d[k] + mean;
}

static int find_shifts(struct ae_align_row *row, double (*at)[2],
    const struct ae_vol *stack, const size_t *order, double axis,
    const struct ae_align_choice *choice, struct ae_error *err)
{
    struct lines y = {0}, x = {0};
    double *score = ae_alloc(stack->n[2], sizeof *score);
    int code =
        score ? new_lines(&y, stack->n[2], stack->n[1], err) : no_memory(err);
    if (!code)
        code =
            lines_along(&y, stack, order, axis, choice->max_shift, score, err);
    if (!code)
        masses(row, at, stack, axis);
    if (!code && choice->dx == AE_ALIGN_CHAIN) {
        code = new_lines(&x, stack->n[2], stack->n[0], err);
        if (!code)
            code = fill_cross(&x, stack, err);
        if (!code)
            code = chain_lines(&x, order, stack, choice->max_shift, err);
    }
    for (size_t k = 0; k < stack->n[2] && !code; k++) {
        row[k].d[0] = at[k][0];
        row[k].d[1] = at[k][1];
        row[k].score = score[k];
        row[k].left_out = NAN;
    }
    if (!code && choice->dy == AE_ALIGN_LINE)
        settle(&y, cos(axis * M_PI / 180), 1, at, row);
    if (!code && choice->dx == AE_ALIGN_CHAIN)
        settle(&x, 1, 0, at, row);
    for (size_t k = 0; k < stack->n[2] && !code; k++)
        turn(axis, row[k].d, row[k].d);
    clear_lines(&x);
    clear_lines(&y);
    free(score);
    return code;
}

int ae_align_first(struct ae_align_row *row, const struct ae_vol *stack,
    double axis, const struct ae_align_choice *choice, struct ae_error *err)
{
    const size_t images = stack->n[2];
    size_t *order = ae_alloc(images, sizeof *order);
    double(*at)[2] = ae_alloc(images, sizeof *at);
    int code = order && at ? AE_OK : no_memory(err);
    if (!code && choice->dx == AE_ALIGN_CHAIN && axis != 0)
        code = ae_fail(err, AE_EUSAGE,
            "profiles across the axis are matched only where it is image y");
    if (!code) {
        order_of(order, stack);
        code = find_shifts(row, at, stack, order, axis, choice, err);
    }
    free(order);
    free(at);
    return code;
}

/* ---- the tilt axis -------------------------------------------------------- */

/* Mean score of the lines along an axis at an angle. */
static int axis_score(struct lines *l, const struct ae_vol *stack,
    const size_t *order, double axis, double reach, double *work, double *mean,
    struct ae_error *err)
{
    const int code = lines_along(l, stack, order, axis, reach, work, err);
    *mean = 0;
    for (size_t k = 0; k < l->images && !code; k++)
        *mean += work[k] / (double)l->images;
    return code;
}

/* The vertex of the parabola through three values at distance step. */
static double vertex(const double f[3], double step)
{
    const double bend = f[0] - 2 * f[1] + f[2];
    return bend < 0 ? 0.5 * step * (f[0] - f[2]) / bend : 0;
}

int ae_align_axis(double *axis, double *score, const struct ae_vol *stack,
    const struct ae_align_choice *choice, struct ae_error *err)
{
    enum { HALF = 10, STEPS = 2 * HALF + 1 }; /* trials on either side */
    static const double step[2] = {
        (double)AE_ALIGN_AXIS_RANGE / HALF, 0.05}; /* degrees */
    struct lines l = {0};
    size_t *order = ae_alloc(stack->n[2], sizeof *order);
    double *work = ae_alloc(stack->n[2], sizeof *work);
    int code = order && work ? new_lines(&l, stack->n[2], stack->n[1], err)
                             : no_memory(err);
    if (!code)
        order_of(order, stack);
    *axis = 0;
    for (int level = 0; level < 2 && !code; level++) {
        double f[STEPS];
        int best = HALF;
        for (int i = 0; i < STEPS && !code; i++)
            code =
                axis_score(&l, stack, order, *axis + step[level] * (i - HALF),
                    choice->max_shift, work, &f[i], err);
        for (int i = 0; i < STEPS && !code; i++)
            if (f[i] > f[best])
                best = i;
        if (code)
            break;
        *axis += step[level] * (best - HALF);
        *score = f[best];
        if (level && best > 0 && best < STEPS - 1)
            *axis += vertex(f + best - 1, step[level]);
    }
    clear_lines(&l);
    free(order);
    free(work);
    return code;
}

/* ---- what moves the object only ------------------------------------------- */

/* A x = b of a symmetric, non-negative matrix by Gauss-Jordan, x into b; a
 * direction that A does not determine stays 0. */
static void solve3(double A[3][3], double b[3])
{
    int used[3] = {0};
    double largest = fmax(A[0][0], fmax(A[1][1], A[2][2]));
    for (int step = 0; step < 3; step++) {
        int p = -1;
        for (int i = 0; i < 3; i++)
            if (!used[i] && (p < 0 || A[i][i] > A[p][p]))
                p = i;
        if (!(A[p][p] > 1e-10 * largest))
            break;
        used[p] = 1;
        for (int i = 0; i < 3; i++) {
            const double f = A[i][p] / A[p][p];
            for (int j = 0; j < 3 && i != p; j++)
                A[i][j] -= f * A[p][j];
            b[i] -= i != p ? f * b[p] : 0;
        }
    }
    for (int i = 0; i < 3; i++)
        b[i] = used[i] ? b[i] / A[i][i] : 0;
}

/* step -= the part that a translation t of the object makes, the t of least
 * squares: (dx, dy) = the first two rows of R_k times t. */
static void remove_translation(
    double (*step)[2], const double (*euler)[3], size_t images)
{
    double A[3][3] = {{0}}, t[3] = {0}, R[3][3];
    for (size_t k = 0; k < images; k++) {
        ae_rotation(euler[k], R);
        for (int row = 0; row < 2; row++)
            for (int i = 0; i < 3; i++) {
                t[i] += R[row][i] * step[k][row];
                for (int j = 0; j < 3; j++)
                    A[i][j] += R[row][i] * R[row][j];
            }
    }
    solve3(A, t);
    for (size_t k = 0; k < images; k++) {
        double moved[3];
        ae_rotation(euler[k], R);
        ae_rotate(moved, R, t);
        step[k][0] -= moved[0];
        step[k][1] -= moved[1];
    }
}

void ae_align_axis_mode(double (*mode)[2], const struct ae_vol *stack)
{
    const size_t n = stack->n[2];
    double square = 0;
    for (size_t k = 0; k < n; k++) {
        mode[k][0] = 1;
        mode[k][1] = 0;
    }
    remove_translation(mode, (const double(*)[3])stack->euler, n);
    for (size_t k = 0; k < n; k++)
        square += mode[k][0] * mode[k][0] + mode[k][1] * mode[k][1];
    const double scale = square > 1e-9 * (double)n ? 1 / sqrt(square) : 0;
    for (size_t k = 0; k < n; k++) {
        mode[k][0] *= scale;
        mode[k][1] *= scale;
    }
}

int ae_align_offset(double *x0, double *condition,
    const struct ae_align_row *row, const struct ae_vol *stack, double axis,
    struct ae_error *err)
{
    double A[3][3] = {{0}}, b[3] = {0}, all[9], value[3];
    for (size_t k = 0; k < stack->n[2]; k++) {
        double d[2], s, c;
        ae_sincos_deg(stack->euler[k][1], &s, &c);
        turn(-axis, row[k].d, d);
        const double f[3] = {c, -s, 1};
        for (int i = 0; i < 3; i++) {
            b[i] += f[i] * d[0];
            for (int j = 0; j < 3; j++)
                A[i][j] += f[i] * f[j];
        }
    }
    memcpy(all, A, sizeof all);
    solve3(A, b);
    *x0 = b[2];
    gsl_eigen_symm_workspace *room = gsl_eigen_symm_alloc(3);
    if (!room)
        return no_memory(err);
    gsl_matrix_view matrix = gsl_matrix_view_array(all, 3, 3);
    gsl_vector_view vector = gsl_vector_view_array(value, 3);
    gsl_eigen_symm(&matrix.matrix, &vector.vector, room);
    gsl_eigen_symm_free(room);
    const double high = fmax(value[0], fmax(value[1], value[2]));
    const double low = fmin(value[0], fmin(value[1], value[2]));
    *condition = low > 0 ? high / low : INFINITY;
    return AE_OK;
}

/* ---- applying ------------------------------------------------------------- */

/* out(r) = the spline of image at R(a) r + d, 0 outside; work as large. */
static void resample(const float *image, size_t nx, size_t ny, double axis,
    const double d[2], float *work, float *out)
{
    double s, c;
    ae_sincos_deg(axis, &s, &c);
    memcpy(work, image, nx * ny * sizeof *work);
    ae_spline_image(work, nx, ny);
    for (size_t j = 0; j < ny; j++)
        for (size_t i = 0; i < nx; i++) {
            const double x = (double)i - (double)(nx / 2);
            const double y = (double)j - (double)(ny / 2);
            out[j * nx + i] = (float)ae_spline_at2(work, nx, ny,
                c * x - s * y + d[0] + (double)(nx / 2),
                s * x + c * y + d[1] + (double)(ny / 2));
        }
}

static int apply_spline(float *out, const struct ae_vol *stack,
    const struct ae_align_row *row, double axis, struct ae_error *err)
{
    const size_t n = ae_vol_image(stack);
    int bad = 0;
#pragma omp parallel for schedule(dynamic)
    for (size_t k = 0; k < stack->n[2]; k++) {
        float *work = ae_alloc(n, sizeof *work);
        if (work)
            resample(stack->data + k * n, stack->n[0], stack->n[1], axis,
                row[k].d, work, out + k * n);
        else
#pragma omp atomic write
            bad = 1;
        free(work);
    }
    return bad ? no_memory(err) : AE_OK;
}

int ae_align_apply(float *out, const struct ae_vol *stack,
    const struct ae_align_row *row, double axis, int cubic,
    struct ae_error *err)
{
    const size_t n = ae_vol_image(stack);
    struct ae_shift *shift;
    double reach = 0;
    int bad = 0;
    if (cubic || axis != 0)
        return apply_spline(out, stack, row, axis, err);
    for (size_t k = 0; k < stack->n[2]; k++)
        reach = fmax(reach, fmax(fabs(row[k].d[0]), fabs(row[k].d[1])));
    const int code = ae_shift_new(&shift, stack->n[0], stack->n[1], reach, err);
    if (code)
        return code;
#pragma omp parallel for schedule(dynamic)
    for (size_t k = 0; k < stack->n[2]; k++)
        if (ae_shift_image(shift, stack->data + k * n, -row[k].d[0],
                -row[k].d[1], out + k * n, NULL))
#pragma omp atomic write
            bad = 1;
    ae_shift_free(shift);
    return bad ? no_memory(err) : AE_OK;
}

/* ---- against the own reconstruction --------------------------------------- */

/* An image against its projection by their spectra, [high][2 (wide/2 + 1)]. */
struct match {
    size_t wide, high;
    const float *image, *projection;
};

/* Value, gradient and second derivatives (xx, xy, yy) of the overlap
 * sum_r image(r + d) projection(r), up to a factor. */
struct peak {
    double value, slope[2], bend[3];
};

static struct peak overlap_at(
    const struct match *m, const double d[2], double *phase)
{
    struct peak p = {0};
    double *px = phase, *py = phase + m->wide + 2;
    ae_shift_phase(px, m->wide, -d[0], 1);
    ae_shift_phase(py, m->high, -d[1], 0);
    for (size_t j = 0; j < m->high; j++) {
        const double qy =
            2 * M_PI * (double)ae_fft_frequency(j, m->high) / (double)m->high;
        const float *a = m->image + j * (m->wide + 2);
        const float *b = m->projection + j * (m->wide + 2);
        double sum[3] = {0}, slope[2] = {0};
        for (size_t i = 0; i <= m->wide / 2; i++) {
            const double qx = 2 * M_PI * (double)i / (double)m->wide;
            const double weight = i == 0 || 2 * i == m->wide ? 1 : 2;
            const double pr =
                px[2 * i] * py[2 * j] - px[2 * i + 1] * py[2 * j + 1];
            const double pi =
                px[2 * i] * py[2 * j + 1] + px[2 * i + 1] * py[2 * j];
            const double cr = (double)a[2 * i] * b[2 * i] +
                              (double)a[2 * i + 1] * b[2 * i + 1];
            const double ci = (double)a[2 * i + 1] * b[2 * i] -
                              (double)a[2 * i] * b[2 * i + 1];
            const double re = weight * (cr * pr - ci * pi);
            const double im = weight * (cr * pi + ci * pr);
            sum[0] += re;
            sum[1] += qx * re;
            sum[2] += qx * qx * re;
            slope[0] -= im;
            slope[1] -= qx * im;
        }
        p.value += sum[0];
        p.slope[0] += slope[1];
        p.slope[1] += qy * slope[0];
        p.bend[0] -= sum[2];
        p.bend[1] -= qy * sum[1];
        p.bend[2] -= qy * qy * sum[0];
    }
    return p;
}

/* Greatest distance in a round, and the step of the search's grid, pixels. */
static const double REACH = 2, GRID = 0.5;

/* The d of greatest overlap, |dx|, |dy| <= REACH: the best of a grid, then
 * Newton's steps. */
static void find_peak(const struct match *m, double d[2], double *phase)
{
    enum { NEWTON = 20 };
    double best = -INFINITY;
    const int half = (int)(REACH / GRID);
    for (int j = -half; j <= half; j++)
        for (int i = -half; i <= half; i++) {
            const double at[2] = {i * GRID, j * GRID};
            const double value = overlap_at(m, at, phase).value;
            if (value > best) {
                best = value;
                d[0] = at[0];
                d[1] = at[1];
            }
        }
    for (int step = 0; step < NEWTON; step++) {
        const struct peak p = overlap_at(m, d, phase);
        const double det = p.bend[0] * p.bend[2] - p.bend[1] * p.bend[1];
        if (!(p.bend[0] < 0) || !(det > 0))
            return;
        double move[2] = {
            -(p.bend[2] * p.slope[0] - p.bend[1] * p.slope[1]) / det,
            -(p.bend[0] * p.slope[1] - p.bend[1] * p.slope[0]) / det};
        for (int i = 0; i < 2; i++) {
            move[i] = fmax(-GRID, fmin(GRID, move[i]));
            d[i] = fmax(-REACH, fmin(REACH, d[i] + move[i]));
        }
        if (fabs(move[0]) < 1e-5 && fabs(move[1]) < 1e-5)
            return;
    }
}

/* Plans and rooms to match images of one size. */
struct matcher {
    size_t nx, ny, wide, high;
    struct ae_fft *plan;
};

static int new_matcher(
    struct matcher *m, size_t nx, size_t ny, struct ae_error *err)
{
    const size_t margin = 2 * (size_t)ceil(REACH);
    *m = (struct matcher){.nx = nx,
        .ny = ny,
        .wide = ae_fft_good_even(nx + margin),
        .high = ae_fft_good_even(ny + margin)};
    const size_t n[2] = {m->high, m->wide};
    float *room = ae_fft_alloc(m->high * (m->wide + 2), sizeof *room);
    const int code = room ? ae_fft_new(&m->plan, AE_FFT_FLOAT, AE_FFT_R2C, 2, n,
                                room, room, err)
                          : no_memory(err);
    ae_fft_buffer_free(room);
    return code;
}

static void transform(const struct matcher *m, const float *image, float *room)
{
    for (size_t j = 0; j < m->ny; j++)
        memcpy(
            room + j * (m->wide + 2), image + j * m->nx, m->nx * sizeof *room);
    ae_fft_run(m->plan, room, room);
}

static int match_image(const struct matcher *m, const float *image,
    const float *projection, double d[2])
{
    const size_t n = m->high * (m->wide + 2);
    float *room = ae_fft_alloc(2 * n, sizeof *room);
    double *phase = ae_alloc(m->wide + 2 + 2 * m->high, sizeof *phase);
    if (room && phase) {
        const struct match match = {m->wide, m->high, room, room + n};
        transform(m, image, room);
        transform(m, projection, room + n);
        find_peak(&match, d, phase);
    }
    const int code = room && phase ? AE_OK : AE_EMEM;
    ae_fft_buffer_free(room);
    free(phase);
    return code;
}

/* part = the images of a stack with k mod groups == group, or those without. */
static int select_images(struct ae_vol *part, const struct ae_vol *stack,
    size_t groups, size_t group, int with, struct ae_error *err)
{
    const size_t n = ae_vol_image(stack);
    *part = (struct ae_vol){
        .kind = AE_STACK, .dim = 3, .n = {stack->n[0], stack->n[1], 0, 1}};
    part->euler = ae_alloc(stack->n[2], sizeof *part->euler);
    if (!part->euler)
        return no_memory(err);
    for (size_t k = 0; k < stack->n[2]; k++)
        if ((k % groups == group) == with)
            memcpy(part->euler[part->n[2]++], stack->euler[k],
                sizeof *part->euler);
    part->nangle = part->n[2];
    const int code = ae_vol_alloc(part, err);
    for (size_t k = 0, at = 0; k < stack->n[2] && !code; k++)
        if ((k % groups == group) == with)
            memcpy(part->data + at++ * n, stack->data + k * n,
                n * sizeof *part->data);
    return code;
}

/* volume [nx][ny][nx] = the reconstruction from part, whose data are freed as
 * soon as they are packed. */
enum { ITERATIONS = 6 };
static int rebuild(struct ae_vol *part, float *volume, struct ae_error *err)
{
    const struct ae_series_choice grid = {.kind = AE_TOMO_REAL, .subsample = 4};
    struct ae_resire_choice method = {
        .method = AE_RESIRE_OS, .step = 1, .subsets = 3, .positivity = 1};
    struct ae_series series = {0};
    struct ae_resire r = {0};
    if (part->n[2] < 5 * method.subsets)
        method.method = AE_RESIRE_FISTA;
    int code = ae_series_new(&series, part, &grid, err);
    free(part->data);
    part->data = NULL;
    if (!code)
        code = ae_resire_init(&r, &series, &method, NULL, err);
    for (int i = 0; i < ITERATIONS && !code; i++)
        ae_resire_step(&r, 0);
    if (!code)
        code = ae_series_crop(&series, r.volume, volume, err);
    ae_resire_clear(&r);
    ae_series_clear(&series);
    return code;
}

/* images = the projections of volume in the orientations of part. */
static int project(const struct ae_vol *part, const float *volume,
    float *images, struct ae_error *err)
{
    const size_t nx = part->n[0], ny = part->n[1];
    struct ae_tomo *tomo;
    const struct ae_tomo_setup setup = {.kind = AE_TOMO_REAL,
        .nx = nx,
        .ny = ny,
        .nz = nx,
        .nu = nx,
        .nv = ny,
        .images = part->n[2],
        .euler = (const double(*)[3])part->euler,
        .subsample = 4};
    int code = ae_tomo_new(&tomo, &setup, err);
    if (code)
        return code;
    const size_t samples = ae_tomo_image_samples(tomo);
    float *packed = ae_alloc(ae_tomo_volume_samples(tomo), sizeof *packed);
    float *out = ae_alloc(part->n[2], samples * sizeof *out);
    if (packed && out) {
        ae_tomo_pack_volume(tomo, volume, packed);
        ae_tomo_forward(tomo, packed, 0, 1, out);
        for (size_t k = 0; k < part->n[2]; k++)
            ae_tomo_unpack_image(tomo, out + k * samples, images + k * nx * ny);
    } else
        code = no_memory(err);
    free(packed);
    free(out);
    ae_tomo_free(tomo);
    return code;
}

/* R1 of an image of n pixels. */
static double misfit(const float *projection, const float *image, size_t n)
{
    return ae_sum_abs_diff(projection, image, n) / ae_sum_abs(image, n);
}

/* One group's steps and R1. */
static int match_group(double (*step)[2], double *left_out,
    const struct ae_vol *aligned, size_t groups, size_t group,
    const struct matcher *matcher, float *volume, struct ae_error *err)
{
    const size_t n = ae_vol_image(aligned);
    struct ae_vol others = {0}, own = {0};
    int bad = 0;
    int code = select_images(&others, aligned, groups, group, groups == 1, err);
    if (!code)
        code = rebuild(&others, volume, err);
    if (!code)
        code = select_images(&own, aligned, groups, group, 1, err);
    if (!code)
        code = project(&own, volume, own.data, err);
#pragma omp parallel for schedule(dynamic)
    for (size_t i = 0; i < (code ? 0 : own.n[2]); i++) {
        const size_t k = group + i * groups;
        const float *image = aligned->data + k * n;
        left_out[k] = misfit(own.data + i * n, image, n);
        if (match_image(matcher, image, own.data + i * n, step[k]))
#pragma omp atomic write
            bad = 1;
    }
    ae_vol_clear(&others);
    ae_vol_clear(&own);
    return bad ? no_memory(err) : code;
}

/* Energy that a crop may leave outside, of all: ringing of moved images. */
static const double OUTSIDE = 1e-4;

/* The least h with all but OUTSIDE of the energy of a line of n samples within
 * h of its middle. */
static size_t half_width(const double *energy, size_t n)
{
    double all = 0, within = 0;
    for (size_t i = 0; i < n; i++)
        all += energy[i];
    for (size_t h = 0; h < n / 2; h++) {
        within += energy[n / 2 + h];
        within += h ? energy[n / 2 - h] : 0;
        if (within >= (1 - OUTSIDE) * all)
            return h;
    }
    return n / 2;
}

/* Samples of a line cut to half on both sides of its middle and the margin;
 * floor(to/2) of them lie before the middle. */
static size_t cut_length(size_t n, size_t half)
{
    const size_t to = 2 * (half + 2 * (size_t)ceil(REACH)) + 1;
    return to < n ? to : n;
}

/* part = the stack cut to the particle: what lies outside is empty and costs
 * as much. */
static int cut_empty(
    struct ae_vol *part, const struct ae_vol *stack, struct ae_error *err)
{
    const size_t nx = stack->n[0], ny = stack->n[1], images = stack->n[2];
    double *column = ae_alloc(nx + ny, sizeof *column);
    if (!column)
        return no_memory(err);
    double *row = column + nx;
    for (size_t j = 0; j < ny * images; j++)
        for (size_t i = 0; i < nx; i++) {
            const double v = stack->data[j * nx + i];
            column[i] += v * v;
            row[j % ny] += v * v;
        }
    const size_t mx = cut_length(nx, half_width(column, nx));
    const size_t my = cut_length(ny, half_width(row, ny));
    const size_t x0 = nx / 2 - mx / 2, y0 = ny / 2 - my / 2;
    free(column);
    int code = select_images(part, stack, 1, 0, 1, err);
    if (code)
        return code;
    part->n[0] = mx;
    part->n[1] = my;
    for (size_t k = 0; k < images; k++)
        for (size_t j = 0; j < my; j++)
            memcpy(part->data + (k * my + j) * mx,
                stack->data + (k * ny + j + y0) * nx + x0,
                mx * sizeof *part->data);
    return AE_OK;
}

int ae_align_round(double (*step)[2], double *left_out,
    const struct ae_vol *aligned, size_t groups, struct ae_error *err)
{
    struct matcher matcher = {0};
    struct ae_vol part = {0};
    float *volume = NULL;
    int code = cut_empty(&part, aligned, err);
    if (!code) {
        volume = ae_alloc(part.n[0] * part.n[1], part.n[0] * sizeof *volume);
        code = volume ? new_matcher(&matcher, part.n[0], part.n[1], err)
                      : no_memory(err);
    }
    for (size_t group = 0; group < groups && !code; group++)
        code = match_group(
            step, left_out, &part, groups, group, &matcher, volume, err);
    if (!code)
        remove_translation(
            step, (const double(*)[3])aligned->euler, aligned->n[2]);
    ae_fft_free(matcher.plan);
    ae_vol_clear(&part);
    free(volume);
    return code;
}
