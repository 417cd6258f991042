/* SPDX-License-Identifier: BSD-2-Clause
 * superpose - the shift, rotation and scale that lay one set of points on
 * another.
 */
#include <math.h>
#include <string.h>
#include <gsl/gsl_eigen.h>
#include "math/rotation.h"
#include "math/superpose.h"

static const double pi = 3.14159265358979323846;

void ae_superpose_identity(struct ae_superpose *fit)
{
    memset(fit, 0, sizeof *fit);
    fit->scale = 1;
    for (int a = 0; a < 3; a++) {
        fit->rotation[a][a] = 1;
    }
}

void ae_superpose_apply(
    const struct ae_superpose *fit, const double from[3], double to[3])
{
    double r[3];

    for (int a = 0; a < 3; a++) {
        r[a] = fit->scale * (fit->rotation[a][0] * from[0] +
                                fit->rotation[a][1] * from[1] +
                                fit->rotation[a][2] * from[2]) +
               fit->shift[a];
    }
    memcpy(to, r, sizeof r);
}

/* R for the correlations S[a][b] = sum p_a q_b about the means. 0 when the two
 * largest eigenvalues agree: the points fix no rotation. */
static int horn(
    double S[3][3], double R[3][3], int *fixed, struct ae_error *err)
{
    double N[4][4] = {{S[0][0] + S[1][1] + S[2][2], S[1][2] - S[2][1],
                          S[2][0] - S[0][2], S[0][1] - S[1][0]},
        {0, S[0][0] - S[1][1] - S[2][2], S[0][1] + S[1][0], S[2][0] + S[0][2]},
        {0, 0, S[1][1] - S[0][0] - S[2][2], S[1][2] + S[2][1]},
        {0, 0, 0, S[2][2] - S[0][0] - S[1][1]}};
    gsl_matrix *m = gsl_matrix_alloc(4, 4), *vectors = gsl_matrix_alloc(4, 4);
    gsl_vector *values = gsl_vector_alloc(4);
    gsl_eigen_symmv_workspace *work = gsl_eigen_symmv_alloc(4);
    double q[4], top, second, size = 0;
    int code = AE_OK;

    if (!m || !vectors || !values || !work) {
        code = ae_fail(err, AE_EMEM, "superposition: out of memory");
        goto out;
    }
    for (size_t i = 0; i < 4; i++) {
        for (size_t j = 0; j < 4; j++) {
            gsl_matrix_set(m, i, j, i < j ? N[i][j] : N[j][i]);
            size += fabs(N[i][j]);
        }
    }
    if (gsl_eigen_symmv(m, values, vectors, work)) {
        code = ae_fail(err, AE_EDATA, "superposition: no eigenvector found");
        goto out;
    }
    gsl_eigen_symmv_sort(values, vectors, GSL_EIGEN_SORT_VAL_DESC);
    top = gsl_vector_get(values, 0);
    second = gsl_vector_get(values, 1);
    *fixed = top - second > 1e-9 * size; /* rounding of the sums */
    for (size_t i = 0; i < 4; i++) {
        q[i] = gsl_matrix_get(vectors, i, 0);
    }
    ae_quaternion_matrix(q, R);
out:
    gsl_matrix_free(m);
    gsl_matrix_free(vectors);
    gsl_vector_free(values);
    gsl_eigen_symmv_free(work);
    return code;
}

int ae_superpose(const double (*p)[3], const double (*q)[3], size_t n,
    enum ae_superpose_fit kind, struct ae_superpose *fit, int *reduced,
    struct ae_error *err)
{
    double mp[3] = {0}, mq[3] = {0}, S[3][3] = {{0}}, pp = 0, pq = 0;
    int fixed = 0, code;

    ae_superpose_identity(fit);
    if (!n) {
        return ae_fail(err, AE_EDATA, "superposition: no pairs of points");
    }
    for (size_t i = 0; i < n; i++) {
        for (int a = 0; a < 3; a++) {
            mp[a] += p[i][a] / (double)n;
            mq[a] += q[i][a] / (double)n;
        }
    }
    for (size_t i = 0; i < n; i++) {
        for (int a = 0; a < 3; a++) {
            pp += (p[i][a] - mp[a]) * (p[i][a] - mp[a]);
            for (int b = 0; b < 3; b++) {
                S[a][b] += (p[i][a] - mp[a]) * (q[i][b] - mq[b]);
            }
        }
    }
    if (kind != AE_SUPERPOSE_SHIFT && n >= 3) {
        double R[3][3];

        code = horn(S, R, &fixed, err);
        if (code) {
            return code;
        }
        if (fixed) {
            memcpy(fit->rotation, R, sizeof R);
        }
    }
    if (kind == AE_SUPERPOSE_SCALE && fixed) {
        for (int a = 0; a < 3; a++) {
            for (int b = 0; b < 3; b++) { /* sum q . R p */
                pq += fit->rotation[b][a] * S[a][b];
            }
        }
        fit->scale = pq / pp;
    }
    if (reduced) {
        *reduced = kind != AE_SUPERPOSE_SHIFT && !fixed;
    }
    ae_superpose_apply(fit, mp, mp);
    for (int a = 0; a < 3; a++) {
        fit->shift[a] = mq[a] - mp[a];
    }
    return AE_OK;
}

void ae_superpose_axis(
    const double rotation[3][3], double *angle, double axis[3])
{
    double v[3] = {rotation[2][1] - rotation[1][2],
        rotation[0][2] - rotation[2][0], rotation[1][0] - rotation[0][1]};
    double sine = sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]) / 2;
    double cosine = (rotation[0][0] + rotation[1][1] + rotation[2][2] - 1) / 2;
    int most = 0;

    *angle = atan2(sine, cosine) * 180 / pi;
    if (sine > 1e-6) {
        for (int a = 0; a < 3; a++) {
            axis[a] = v[a] / (2 * sine);
        }
    } else if (cosine > 0) {
        axis[0] = axis[1] = 0;
        axis[2] = 1;
    } else { /* half a turn: (R + 1)/2 = axis axis^T */
        double length;

        for (int a = 1; a < 3; a++) {
            most = rotation[a][a] > rotation[most][most] ? a : most;
        }
        for (int a = 0; a < 3; a++) {
            axis[a] = (rotation[a][most] + (a == most)) / 2;
        }
        length =
            sqrt(axis[0] * axis[0] + axis[1] * axis[1] + axis[2] * axis[2]);
        for (int a = 0; a < 3; a++) {
            axis[a] /= length;
        }
    }
}
