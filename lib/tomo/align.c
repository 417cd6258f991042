/* SPDX-License-Identifier: BSD-2-Clause */
#include "tomo/align.h"

#include <gsl/gsl_eigen.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "math/rotation.h"
#include "math/shift.h"
#include "math/spline.h"
#include "tomo/lines.h"

static int no_memory(struct ae_error *err)
{
    return ae_fail(err, AE_EMEM, "out of memory for the alignment");
}

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

/* ---- shifts from profiles and centres of mass ----------------------------- */

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
static void settle(const struct ae_lines *l, double scale, int along,
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
    struct ae_lines y = {0}, x = {0};
    double *score = ae_alloc(stack->n[2], sizeof *score);
    int code = score ? ae_lines_new(&y, stack->n[2], stack->n[1], err)
                     : no_memory(err);
    if (!code)
        code = ae_lines_along(
            &y, stack, order, axis, choice->max_shift, score, err);
    if (!code)
        masses(row, at, stack, axis);
    if (!code && choice->dx == AE_ALIGN_CHAIN) {
        code = ae_lines_new(&x, stack->n[2], stack->n[0], err);
        if (!code)
            code = ae_lines_fill_across(&x, stack, err);
        if (!code)
            code = ae_lines_chain(&x, order, stack, choice->max_shift, err);
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
    ae_lines_clear(&x);
    ae_lines_clear(&y);
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
        ae_lines_order(order, stack);
        code = find_shifts(row, at, stack, order, axis, choice, err);
    }
    free(order);
    free(at);
    return code;
}

/* ---- the tilt axis -------------------------------------------------------- */

/* Mean score of the lines along an axis at an angle. */
static int axis_score(struct ae_lines *l, const struct ae_vol *stack,
    const size_t *order, double axis, double reach, double *work, double *mean,
    struct ae_error *err)
{
    const int code = ae_lines_along(l, stack, order, axis, reach, work, err);
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
    struct ae_lines l = {0};
    size_t *order = ae_alloc(stack->n[2], sizeof *order);
    double *work = ae_alloc(stack->n[2], sizeof *work);
    int code = order && work ? ae_lines_new(&l, stack->n[2], stack->n[1], err)
                             : no_memory(err);
    if (!code)
        ae_lines_order(order, stack);
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
    ae_lines_clear(&l);
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

void ae_align_remove_translation(
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
    ae_align_remove_translation(mode, (const double(*)[3])stack->euler, n);
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
