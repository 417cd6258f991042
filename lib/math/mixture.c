/* SPDX-License-Identifier: BSD-2-Clause
 * mixture - a mixture of Gaussians fitted by expectation maximisation.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <gsl/gsl_eigen.h>
#include "base/mem.h"
#include "math/mixture.h"

enum { D = AE_MIXTURE_DIM, CHUNK = 1024 };

static const double log_2pi = 1.83787706640934548356;

/* A class in the whitened frame. */
struct part {
    double weight, mean[D], cov[D][D];
    double root[D][D]; /* rows e_a / sqrt(lambda_a): |root (x - m)|^2 */
    double log_norm;   /* log w - log det S/2 - dim log(2 pi)/2 */
};

/* Sums over the items of one chunk. */
struct sums {
    double weight, x[D], xx[D][D];
};

struct ae_mixture {
    size_t n;
    int dim, k;
    double floor;
    double mean[D], low[D][D]; /* x = mean + low y, low triangular */
    double log_det;            /* log det low */
    double *y;                 /* [n][dim] whitened */
    struct part *part;         /* [k] */
    size_t chunks;
    struct sums *sums; /* [chunks][k] */
    double *loglik;    /* [chunks] */
};

void ae_mixture_free(struct ae_mixture *fit)
{
    if (fit) {
        free(fit->y);
        free(fit->part);
        free(fit->sums);
        free(fit->loglik);
        free(fit);
    }
}

/* Mean and Cholesky factor of the covariance of all items; fit->y = the
 * whitened items. */
static int whiten(struct ae_mixture *fit, const double *x, struct ae_error *err)
{
    int d = fit->dim;
    double cov[D][D] = {{0}};

    for (size_t j = 0; j < fit->n; j++) {
        for (int a = 0; a < d; a++) {
            fit->mean[a] += x[j * (size_t)d + (size_t)a] / (double)fit->n;
        }
    }
    for (size_t j = 0; j < fit->n; j++) {
        for (int a = 0; a < d; a++) {
            for (int b = 0; b <= a; b++) {
                cov[a][b] += (x[j * (size_t)d + (size_t)a] - fit->mean[a]) *
                             (x[j * (size_t)d + (size_t)b] - fit->mean[b]) /
                             (double)fit->n;
            }
        }
    }
    for (int a = 0; a < d; a++) {
        for (int b = 0; b <= a; b++) {
            double s = cov[a][b];

            for (int c = 0; c < b; c++) {
                s -= fit->low[a][c] * fit->low[b][c];
            }
            if (a == b &&
                !(s > 1e-10 * cov[a][a] &&
                    s > 1e-24 * fit->mean[a] * fit->mean[a])) { /* rounding */
                return ae_fail(err, AE_EDATA,
                    "mixture: feature %d is constant "
                    "or a multiple of another",
                    a + 1);
            }
            fit->low[a][b] = a == b ? sqrt(s) : s / fit->low[b][b];
        }
        fit->log_det += log(fit->low[a][a]);
    }
    for (size_t j = 0; j < fit->n; j++) {
        double *y = fit->y + j * (size_t)d;

        for (int a = 0; a < d; a++) {
            y[a] = x[j * (size_t)d + (size_t)a] - fit->mean[a];
            for (int b = 0; b < a; b++) {
                y[a] -= fit->low[a][b] * y[b];
            }
            y[a] /= fit->low[a][a];
        }
    }
    return AE_OK;
}

/* Clip the eigenvalues of the covariance, prepare root and log_norm. */
static int prepare(
    const struct ae_mixture *fit, struct part *p, struct ae_error *err)
{
    size_t d = (size_t)fit->dim;
    gsl_matrix *m = gsl_matrix_alloc(d, d), *vectors = gsl_matrix_alloc(d, d);
    gsl_vector *values = gsl_vector_alloc(d);
    gsl_eigen_symmv_workspace *work = gsl_eigen_symmv_alloc(d);
    int code = AE_OK;

    if (!m || !vectors || !values || !work) {
        code = ae_fail(err, AE_EMEM, "mixture: out of memory");
        goto out;
    }
    for (size_t a = 0; a < d; a++) {
        for (size_t b = 0; b < d; b++) {
            gsl_matrix_set(m, a, b, p->cov[a][b]);
            p->cov[a][b] = 0;
        }
    }
    if (gsl_eigen_symmv(m, values, vectors, work)) {
        code = ae_fail(err, AE_EDATA, "mixture: no eigenvalues found");
        goto out;
    }
    p->log_norm = log(p->weight) - (double)d * log_2pi / 2;
    for (size_t e = 0; e < d; e++) {
        double lambda = fmax(gsl_vector_get(values, e), fit->floor);

        p->log_norm -= log(lambda) / 2;
        for (size_t a = 0; a < d; a++) {
            double va = gsl_matrix_get(vectors, a, e);

            p->root[e][a] = va / sqrt(lambda);
            for (size_t b = 0; b < d; b++) {
                p->cov[a][b] += lambda * va * gsl_matrix_get(vectors, b, e);
            }
        }
    }
out:
    gsl_matrix_free(m);
    gsl_matrix_free(vectors);
    gsl_vector_free(values);
    gsl_eigen_symmv_free(work);
    return code;
}

/* g[k] = posteriors of one item; returns its log-likelihood. */
static double posterior(
    const struct ae_mixture *fit, const double *y, double *g)
{
    double most = -INFINITY, sum = 0;

    for (int c = 0; c < fit->k; c++) {
        const struct part *p = &fit->part[c];
        double square = 0;

        for (int e = 0; e < fit->dim; e++) {
            double u = 0;

            for (int a = 0; a < fit->dim; a++) {
                u += p->root[e][a] * (y[a] - p->mean[a]);
            }
            square += u * u;
        }
        g[c] = p->log_norm - square / 2;
        most = fmax(most, g[c]);
    }
    for (int c = 0; c < fit->k; c++) {
        g[c] = exp(g[c] - most);
        sum += g[c];
    }
    for (int c = 0; c < fit->k; c++) {
        g[c] /= sum;
    }
    return most + log(sum);
}

static void add(struct sums *s, const double *y, int dim, double g)
{
    s->weight += g;
    for (int a = 0; a < dim; a++) {
        s->x[a] += g * y[a];
        for (int b = 0; b <= a; b++) {
            s->xx[a][b] += g * y[a] * y[b];
        }
    }
}

/* New parameters from the chunks' sums, added in their order. */
static int maximise(struct ae_mixture *fit, struct ae_error *err)
{
    int d = fit->dim;

    for (int c = 0; c < fit->k; c++) {
        struct part *p = &fit->part[c];
        struct sums t = {0, {0}, {{0}}};

        for (size_t i = 0; i < fit->chunks; i++) {
            const struct sums *s = &fit->sums[i * (size_t)fit->k + (size_t)c];

            t.weight += s->weight;
            for (int a = 0; a < d; a++) {
                t.x[a] += s->x[a];
                for (int b = 0; b <= a; b++) {
                    t.xx[a][b] += s->xx[a][b];
                }
            }
        }
        if (!(t.weight > 1e-6)) {
            return ae_fail(err, AE_EDATA,
                "mixture: class %d of %d is empty; ask for fewer classes", c,
                fit->k);
        }
        p->weight = t.weight / (double)fit->n;
        for (int a = 0; a < d; a++) {
            p->mean[a] = t.x[a] / t.weight;
            for (int b = 0; b <= a; b++) {
                p->cov[a][b] = p->cov[b][a] =
                    t.xx[a][b] / t.weight - p->mean[a] * p->mean[b];
            }
        }
        int code = prepare(fit, p, err);
        if (code) {
            return code;
        }
    }
    return AE_OK;
}

int ae_mixture_init(struct ae_mixture **out, const double *x, size_t n, int dim,
    const int *label, int k, double floor, struct ae_error *err)
{
    struct ae_mixture *fit = ae_alloc(1, sizeof *fit);
    int code = AE_OK;

    *out = NULL;
    if (fit) {
        fit->n = n;
        fit->dim = dim;
        fit->k = k;
        fit->floor = floor;
        fit->chunks = (n + CHUNK - 1) / CHUNK;
        fit->y = ae_alloc(n, (size_t)dim * sizeof *fit->y);
        fit->part = ae_alloc((size_t)k, sizeof *fit->part);
        fit->sums = ae_alloc(fit->chunks, (size_t)k * sizeof *fit->sums);
        fit->loglik = ae_alloc(fit->chunks, sizeof *fit->loglik);
    }
    if (!fit || !fit->y || !fit->part || !fit->sums || !fit->loglik) {
        ae_mixture_free(fit);
        return ae_fail(err, AE_EMEM, "mixture: out of memory for %zu items", n);
    }
    code = whiten(fit, x, err);
    for (size_t j = 0; !code && j < n; j++) {
        add(&fit->sums[j / CHUNK * (size_t)k + (size_t)label[j]],
            fit->y + j * (size_t)dim, dim, 1);
    }
    if (!code) {
        code = maximise(fit, err);
    }
    if (code) {
        ae_mixture_free(fit);
        return code;
    }
    *out = fit;
    return AE_OK;
}

int ae_mixture_step(
    struct ae_mixture *fit, double *loglik, struct ae_error *err)
{
    double total = 0;
    long chunks = (long)fit->chunks;

#pragma omp parallel for schedule(static)
    for (long i = 0; i < chunks; i++) {
        struct sums *s = fit->sums + (size_t)i * (size_t)fit->k;
        size_t first = (size_t)i * CHUNK, last = first + CHUNK;
        double g[64];

        memset(s, 0, (size_t)fit->k * sizeof *s);
        fit->loglik[i] = 0;
        for (size_t j = first; j < last && j < fit->n; j++) {
            const double *y = fit->y + j * (size_t)fit->dim;

            fit->loglik[i] += posterior(fit, y, g);
            for (int c = 0; c < fit->k; c++) {
                add(&s[c], y, fit->dim, g[c]);
            }
        }
    }
    for (long i = 0; i < chunks; i++) {
        total += fit->loglik[i];
    }
    *loglik = total / (double)fit->n - fit->log_det;
    return maximise(fit, err);
}

double ae_mixture_posterior(struct ae_mixture *fit, double *g)
{
    double total = 0;
    long chunks = (long)fit->chunks;

#pragma omp parallel for schedule(static)
    for (long i = 0; i < chunks; i++) {
        size_t first = (size_t)i * CHUNK, last = first + CHUNK;

        fit->loglik[i] = 0;
        for (size_t j = first; j < last && j < fit->n; j++) {
            fit->loglik[i] += posterior(
                fit, fit->y + j * (size_t)fit->dim, g + j * (size_t)fit->k);
        }
    }
    for (long i = 0; i < chunks; i++) {
        total += fit->loglik[i];
    }
    return total / (double)fit->n - fit->log_det;
}

void ae_mixture_classes(
    const struct ae_mixture *fit, struct ae_mixture_class *classes)
{
    int d = fit->dim;

    for (int c = 0; c < fit->k; c++) {
        const struct part *p = &fit->part[c];
        struct ae_mixture_class *s = &classes[c];

        memset(s, 0, sizeof *s);
        s->weight = p->weight;
        for (int a = 0; a < d; a++) {
            s->mean[a] = fit->mean[a];
            for (int i = 0; i <= a; i++) {
                s->mean[a] += fit->low[a][i] * p->mean[i];
            }
            for (int b = 0; b < d; b++) {
                for (int i = 0; i <= a; i++) {
                    for (int j = 0; j <= b; j++) {
                        s->cov[a][b] +=
                            fit->low[a][i] * p->cov[i][j] * fit->low[b][j];
                    }
                }
            }
        }
    }
}

double ae_mixture_single(const struct ae_mixture *fit)
{
    return -(double)fit->dim * (log_2pi + 1) / 2 - fit->log_det;
}
