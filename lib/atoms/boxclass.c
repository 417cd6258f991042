/* SPDX-License-Identifier: BSD-2-Clause
 * boxclass - tell kinds of atoms apart by the whole box of samples.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <gsl/gsl_blas.h>
#include <gsl/gsl_multifit_nlinear.h>
#include "atoms/boxclass.h"
#include "atoms/match.h"
#include "base/mem.h"
#include "math/boxread.h"

enum { SAME_ROUNDS = 5, MAX_ROUNDS = 100, SHAPE = 8 };

int ae_boxclass_read(const struct ae_vol *vol, const double (*pos)[3], size_t n,
    long half, double over, struct ae_boxes *boxes, struct ae_error *err)
{
    size_t edge = 2 * (size_t)half + 1;

    boxes->n = n;
    boxes->half = half;
    boxes->size = edge * edge * edge;
    boxes->box = ae_alloc(n, boxes->size * sizeof *boxes->box);
    if (!boxes->box) {
        return ae_fail(err, AE_EMEM,
            "out of memory for %zu boxes of %zu "
            "samples",
            n, boxes->size);
    }
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < n; i++) {
        double p[3];

        ae_boxread_index(vol, pos[i], p);
        ae_boxread_samples(vol, p, half, over, boxes->box + i * boxes->size);
    }
    return AE_OK;
}

void ae_boxclass_intensities(const struct ae_vol *vol, const double (*pos)[3],
    size_t n, long half, double over, int ball, double *out, size_t stride)
{
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < n; i++) {
        double p[3];

        ae_boxread_index(vol, pos[i], p);
        out[i * stride] = ball ? ae_boxread_sphere(vol, p, half, over)
                               : ae_boxread_sum(vol, p, half, over);
    }
}

void ae_boxclass_support(const struct ae_vol *mask, const double (*pos)[3],
    size_t n, int only, int *label)
{
    for (size_t i = 0; i < n; i++) {
        double p[3];
        size_t v[3] = {0};
        int inside = 1;

        ae_boxread_index(mask, pos[i], p);
        for (int a = 0; a < 3; a++) {
            double r = floor(p[a] + 0.5);

            inside &= r >= 0 && r < (double)mask->n[a];
            v[a] = inside ? (size_t)r : 0;
        }
        inside = inside &&
                 mask->data[(v[2] * mask->n[1] + v[1]) * mask->n[0] + v[0]] > 0;
        if (inside && label[i] == 0) {
            label[i] = 1;
        } else if (!inside && only) {
            label[i] = 0;
        }
    }
}

void ae_boxclass_clear(struct ae_boxes *boxes)
{
    free(boxes->box);
    memset(boxes, 0, sizeof *boxes);
}

/* Distance of a box to mean = sum/count: sum of |difference|^norm. */
static double apart(
    const float *box, const double *sum, double count, size_t size, int norm)
{
    double total = 0;

    for (size_t s = 0; s < size; s++) {
        double d = box[s] - sum[s] / count;

        total += norm == 1 ? fabs(d) : d * d;
    }
    return total;
}

static void add_box(double *sum, const float *box, size_t size, double sign)
{
    for (size_t s = 0; s < size; s++) {
        sum[s] += sign * box[s];
    }
}

/* Sums of the boxes of every label, sum[k][size], count[k]. */
static void add_labels(const struct ae_boxes *boxes, const int *label, int k,
    double *sum, size_t *count)
{
    memset(sum, 0, (size_t)k * boxes->size * sizeof *sum);
    memset(count, 0, (size_t)k * sizeof *count);
    for (size_t i = 0; i < boxes->n; i++) {
        if (label[i] >= 0 && label[i] < k) {
            add_box(sum + (size_t)label[i] * boxes->size,
                boxes->box + i * boxes->size, boxes->size, 1);
            count[label[i]]++;
        }
    }
}

/* Neighbours of every atom as ranges of the pairs. */
struct near {
    struct ae_match_pair *pair;
    size_t *first; /* [n + 1] */
};

static int find_near(const double (*pos)[3], size_t n, double radius,
    struct near *near, struct ae_error *err)
{
    size_t npair, k = 0;
    int code = ae_match_pairs(pos, n, pos, n, radius, &near->pair, &npair, err);

    if (code) {
        return code;
    }
    near->first = ae_alloc(n + 1, sizeof *near->first);
    if (!near->first) {
        free(near->pair);
        return ae_fail(err, AE_EMEM, "out of memory for %zu atoms", n);
    }
    for (size_t i = 0; i <= n; i++) {
        near->first[i] = k;
        while (k < npair && near->pair[k].a == i) {
            k++;
        }
    }
    return AE_OK;
}

/* The label whose mean box about atom i is nearest. sum: workspace [size]. */
static int nearest_label(const struct ae_boxes *boxes, const struct near *near,
    const int *label, int k, int norm, size_t i, const double *all,
    const size_t *count, double *sum)
{
    const float *box = boxes->box + i * boxes->size;
    double least = INFINITY;
    int best = label[i];

    for (int c = 1; c < k; c++) {
        size_t m = 0;
        double d;

        memset(sum, 0, boxes->size * sizeof *sum);
        for (size_t q = near->first[i]; q < near->first[i + 1]; q++) {
            size_t j = near->pair[q].b;

            if (j != i && label[j] == c) {
                add_box(sum, boxes->box + j * boxes->size, boxes->size, 1);
                m++;
            }
        }
        if (!m) { /* none near: all others of the kind */
            memcpy(
                sum, all + (size_t)c * boxes->size, boxes->size * sizeof *sum);
            m = count[c];
            if (label[i] == c) {
                add_box(sum, box, boxes->size, -1);
                m--;
            }
        }
        d = m ? apart(box, sum, (double)m, boxes->size, norm) : INFINITY;
        if (d < least) {
            least = d;
            best = c;
        }
    }
    return best;
}

/* One round: next[i] from label; the number of changes in *changes. */
static int local_round(const struct ae_boxes *boxes, const struct near *near,
    const int *label, int *next, int k, int norm, double *all, size_t *count,
    size_t *changes, struct ae_error *err)
{
    int failed = 0;

    add_labels(boxes, label, k, all, count);
#pragma omp parallel
    {
        double *sum = ae_alloc(boxes->size, sizeof *sum);

        if (!sum) {
#pragma omp atomic write
            failed = 1;
        }
#pragma omp for schedule(dynamic, 16)
        for (size_t i = 0; i < boxes->n; i++) {
            next[i] = sum && label[i] > 0 ? nearest_label(boxes, near, label, k,
                                                norm, i, all, count, sum)
                                          : label[i];
        }
        free(sum);
    }
    if (failed) {
        return ae_fail(err, AE_EMEM, "out of memory for a mean box");
    }
    *changes = 0;
    for (size_t i = 0; i < boxes->n; i++) {
        *changes += next[i] != label[i];
    }
    return AE_OK;
}

int ae_boxclass_local(const struct ae_boxes *boxes, const double (*pos)[3],
    int *label, int k, double radius, int norm, int *rounds,
    struct ae_error *err)
{
    struct near near = {0};
    double *all = ae_alloc((size_t)k, boxes->size * sizeof *all);
    size_t *count = ae_alloc((size_t)k, sizeof *count);
    int *next = ae_alloc(boxes->n, sizeof *next);
    size_t changes = 0, last = 0;
    int code, same = 0, round = 0;

    code = all && count && next
               ? find_near(pos, boxes->n, radius, &near, err)
               : ae_fail(err, AE_EMEM, "out of memory for %zu boxes", boxes->n);
    for (; !code && round < MAX_ROUNDS; round++) {
        code = local_round(
            boxes, &near, label, next, k, norm, all, count, &changes, err);
        if (code || !changes) {
            break;
        }
        memcpy(label, next, boxes->n * sizeof *label);
        same = round && changes == last ? same + 1 : 1;
        last = changes;
        if (same == SAME_ROUNDS) {
            break;
        }
    }
    if (rounds) {
        *rounds = round;
    }
    free(near.pair);
    free(near.first);
    free(all);
    free(count);
    free(next);
    return code;
}

/* The mean box to be fitted. */
struct mean_box {
    const double *value; /* [edge^3] */
    long half;
    size_t size;
};

static void offset_of(const struct mean_box *m, size_t s, double v[3])
{
    size_t edge = 2 * (size_t)m->half + 1;

    v[0] = (double)(s % edge) - (double)m->half;
    v[1] = (double)(s / edge % edge) - (double)m->half;
    v[2] = (double)(s / edge / edge) - (double)m->half;
}

/* The six products of v that go with Mxx Myy Mzz Mxy Mxz Myz. */
static void products(const double v[3], double q[6])
{
    for (int a = 0; a < 3; a++) {
        q[a] = v[a] * v[a];
    }
    q[3] = 2 * v[0] * v[1];
    q[4] = 2 * v[0] * v[2];
    q[5] = 2 * v[1] * v[2];
}

static double bell(const gsl_vector *x, const double q[6])
{
    double power = 0;

    for (size_t a = 0; a < 6; a++) {
        power += gsl_vector_get(x, 2 + a) * q[a];
    }
    return exp(-power);
}

static int residuals(const gsl_vector *x, void *params, gsl_vector *f)
{
    const struct mean_box *m = params;

    for (size_t s = 0; s < m->size; s++) {
        double v[3], q[6];

        offset_of(m, s, v);
        products(v, q);
        gsl_vector_set(f, s,
            gsl_vector_get(x, 0) + gsl_vector_get(x, 1) * bell(x, q) -
                m->value[s]);
    }
    return GSL_SUCCESS;
}

static int derivatives(const gsl_vector *x, void *params, gsl_matrix *J)
{
    const struct mean_box *m = params;

    for (size_t s = 0; s < m->size; s++) {
        double v[3], q[6], e;

        offset_of(m, s, v);
        products(v, q);
        e = bell(x, q);
        gsl_matrix_set(J, s, 0, 1);
        gsl_matrix_set(J, s, 1, e);
        for (size_t a = 0; a < 6; a++) {
            gsl_matrix_set(J, s, 2 + a, -gsl_vector_get(x, 1) * e * q[a]);
        }
    }
    return GSL_SUCCESS;
}

/* Levenberg-Marquardt from a round bell of half the box's half width. */
static int fit_shape(const struct mean_box *m, struct ae_boxclass_shape *shape,
    struct ae_error *err)
{
    gsl_multifit_nlinear_parameters par =
        gsl_multifit_nlinear_default_parameters();
    gsl_multifit_nlinear_fdf fdf = {.f = residuals,
        .df = derivatives,
        .n = m->size,
        .p = SHAPE,
        .params = (void *)m};
    gsl_multifit_nlinear_workspace *work = NULL;
    gsl_vector *x = gsl_vector_calloc(SHAPE);
    double width = (double)m->half / 2, least = m->value[0];
    int info, code = AE_OK;

    if (m->size > SHAPE) {
        work = gsl_multifit_nlinear_alloc(
            gsl_multifit_nlinear_trust, &par, m->size, SHAPE);
    }
    if (!x || !work) {
        code = ae_fail(err, AE_EDATA,
            "the box of %zu samples is too small for "
            "a template; take a larger --box",
            m->size);
        goto out;
    }
    for (size_t s = 0; s < m->size; s++) {
        least = fmin(least, m->value[s]);
    }
    gsl_vector_set(x, 0, least);
    gsl_vector_set(x, 1, m->value[m->size / 2] - least);
    for (size_t a = 0; a < 3; a++) {
        gsl_vector_set(x, 2 + a, 1 / (2 * width * width));
    }
    if (gsl_multifit_nlinear_init(x, &fdf, work) ||
        gsl_multifit_nlinear_driver(
            100, 1e-10, 1e-10, 0, NULL, NULL, &info, work)) {
        code = ae_fail(err, AE_EDATA,
            "the mean box of class 1 is no bell: the "
            "template does not fit; leave out --template");
        goto out;
    }
    const gsl_vector *r = gsl_multifit_nlinear_residual(work);
    const gsl_vector *y = gsl_multifit_nlinear_position(work);
    static const int at[6][2] = {
        {0, 0}, {1, 1}, {2, 2}, {0, 1}, {0, 2}, {1, 2}};
    shape->c = gsl_vector_get(y, 0);
    shape->A = gsl_vector_get(y, 1);
    for (size_t a = 0; a < 6; a++) {
        shape->M[at[a][0]][at[a][1]] = shape->M[at[a][1]][at[a][0]] =
            gsl_vector_get(y, 2 + a);
    }
    shape->residual = gsl_blas_dnrm2(r) / sqrt((double)m->size) / shape->A;
out:
    gsl_multifit_nlinear_free(work);
    gsl_vector_free(x);
    return code;
}

int ae_boxclass_template(const struct ae_boxes *boxes, int *label,
    struct ae_boxclass_shape *shape, struct ae_error *err)
{
    double *sum = ae_alloc(2, boxes->size * sizeof *sum);
    double *mean = sum ? sum + boxes->size : NULL;
    double *flat = ae_alloc(boxes->size, sizeof *flat);
    size_t count[2];
    int code = AE_OK;

    if (!sum || !flat) {
        code = ae_fail(err, AE_EMEM, "out of memory for a mean box");
        goto out;
    }
    add_labels(boxes, label, 2, sum, count);
    if (!count[1]) {
        code = ae_fail(err, AE_EDATA, "no atom of class 1 for the template");
        goto out;
    }
    for (size_t s = 0; s < boxes->size; s++) {
        mean[s] /= (double)count[1];
    }
    struct mean_box m = {mean, boxes->half, boxes->size};
    code = fit_shape(&m, shape, err);
    for (size_t s = 0; !code && s < boxes->size; s++) {
        flat[s] = shape->c;
    }
    for (size_t i = 0; !code && i < boxes->n; i++) {
        const float *box = boxes->box + i * boxes->size;

        if (apart(box, mean, 1, boxes->size, 1) <
            apart(box, flat, 1, boxes->size, 1)) {
            label[i] = label[i] ? label[i] : 1;
        } else {
            label[i] = 0;
        }
    }
out:
    free(sum);
    free(flat);
    return code;
}

int ae_boxclass_iterate(const struct ae_boxes *boxes, int *label, int k,
    int *rounds, struct ae_error *err)
{
    double *sum = ae_alloc((size_t)k, boxes->size * sizeof *sum);
    size_t *count = ae_alloc((size_t)k, sizeof *count);
    int *next = ae_alloc(boxes->n, sizeof *next);
    size_t changes = 1;
    int round = 0, code = AE_OK;

    if (!sum || !count || !next) {
        code = ae_fail(err, AE_EMEM, "out of memory for %zu boxes", boxes->n);
    }
    for (; !code && changes && round < MAX_ROUNDS; round++) {
        add_labels(boxes, label, k, sum, count);
        memset(sum, 0, boxes->size * sizeof *sum);
        count[0] = 1; /* the mean of non-atoms is zero */
#pragma omp parallel for schedule(static)
        for (size_t i = 0; i < boxes->n; i++) {
            const float *box = boxes->box + i * boxes->size;
            double least = INFINITY, total = 0;

            next[i] = 0;
            for (size_t s = 0; s < boxes->size; s++) {
                total += box[s];
            }
            for (int c = 0; c < k && total > 0; c++) {
                double d = !count[c] ? INFINITY
                                     : apart(box, sum + (size_t)c * boxes->size,
                                           (double)count[c], boxes->size, 1) /
                                           total;

                if (d < least) {
                    least = d;
                    next[i] = c;
                }
            }
        }
        changes = 0;
        for (size_t i = 0; i < boxes->n; i++) {
            changes += next[i] != label[i];
            label[i] = next[i];
        }
    }
    if (rounds) {
        *rounds = round;
    }
    free(sum);
    free(count);
    free(next);
    return code;
}
