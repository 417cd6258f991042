/* SPDX-License-Identifier: BSD-2-Clause
 * bm3d - reference rows are worked off in bands: a band has sums of its own,
 * which are added to the image's band by band in their order, so that the
 * bytes do not depend on the number of threads.
 */
#include "image/bm3d.h"

#include <complex.h>
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <gsl/gsl_sf_bessel.h>
#include "base/mem.h"
#include "image/bm3d_kernel.h"
#include "math/fft.h"

enum {
    BAND = 4, /* reference rows of a band */
    LINE = 16 /* floats of a cache line */
};

struct pass {
    struct ae_bm3d_pass set;
    int alone;        /* covariances between blocks are left out */
    size_t m;         /* n * n */
    long half, reach; /* of the window; of displacements in a group */
    struct ae_bm3d_cosine cosine;
    float *kaiser;       /* [m] */
    float *cov;          /* [2 reach + 1][2 reach + 1][m] */
    unsigned char *none; /* [2 reach + 1][2 reach + 1] all 0 there */
    float *expected;     /* [2 half + 1][2 half + 1] noise part of a
                                 distance times m */
};

struct ae_bm3d {
    size_t nx, ny;
    size_t stride; /* samples from one row of an image to the next */
    struct pass pass[2];
};

/* A block like that of a reference. */
struct candidate {
    float distance;
    int32_t place; /* index of the displacement */
};

/* What a thread works with. */
struct work {
    float *column, *quad, *distance;
    float *limit;           /* [references of a row] of a distance */
    struct candidate *list; /* [references of a row][group] */
    size_t *count;          /* [references of a row] */
    long *x;                /* [references of a row] their places */
    float *sum, *other;     /* [2 group][m] */
    float *detail, *basic;  /* [group][m] */
    float *within, *var;
    float *block, *spare, *weight;
    float *num, *den; /* [rows of a band][nx] */
};

size_t ae_bm3d_reach(const struct ae_bm3d_profile *profile)
{
    size_t reach = 0;
    for (int i = 0; i < 2; i++) {
        const struct ae_bm3d_pass *p = &profile->pass[i];
        const size_t r = 2 * (p->window / 2) + p->n;
        reach = r > reach ? r : reach;
    }
    return reach;
}

static void cosine_matrix(struct pass *p)
{
    const size_t n = p->set.n;
    for (size_t k = 0; k < n; k++)
        for (size_t x = 0; x < n; x++) {
            const double norm = sqrt((k ? 2.0 : 1.0) / (double)n);
            const double c =
                norm * cos(M_PI * (double)k * ((double)x + 0.5) / (double)n);
            p->cosine.forward[k * n + x] = p->cosine.back[x * n + k] = (float)c;
        }
}

static void kaiser_window(struct pass *p)
{
    const size_t n = p->set.n;
    double *w = calloc(n, sizeof *w);
    for (size_t i = 0; w && i < n; i++) {
        const double t = 2 * (double)i / (double)(n - 1) - 1;
        w[i] = gsl_sf_bessel_I0(p->set.beta * sqrt(fmax(0, 1 - t * t))) /
               gsl_sf_bessel_I0(p->set.beta);
    }
    for (size_t i = 0; w && i < p->m; i++)
        p->kaiser[i] = (float)(w[i / n] * w[i % n]);
    free(w);
}

/* corr[k][n - 1 + a] = sum_x b_k(x) b_k(x + a) */
static void correlate(const struct pass *p, double *corr)
{
    const long n = (long)p->set.n;
    for (long k = 0; k < n; k++)
        for (long a = 1 - n; a < n; a++) {
            double s = 0;
            for (long x = a < 0 ? -a : 0; x < n && x + a < n; x++)
                s += (double)p->cosine.forward[k * n + x] *
                     (double)p->cosine.forward[k * n + x + a];
            corr[k * (2 * n - 1) + n - 1 + a] = s;
        }
}

/* The largest |rho| that the covariance of blocks (x, y) apart knows of. */
static double largest_near(
    const struct pass *p, const float *rho, long across, long x, long y)
{
    const long n = (long)p->set.n;
    double most = 0;
    for (long b = y - n + 1; b < y + n; b++)
        for (long a = x - n + 1; a < x + n; a++)
            most = fmax(most,
                fabs(
                    (double)rho[(across + b) * (2 * across + 1) + across + a]));
    return most;
}

/* cov(e)[u][v] = sum_b sum_a corr_u(b) corr_v(a) rho(e + (b, a)) for the
 * displacements (y, .) of one row; line [n][2 n - 1 + 2 reach] workspace. With
 * |corr| <= 1 none is larger than (2 n - 1)^2 times the largest rho. */
static void covariance_row(struct pass *p, const float *rho, long across,
    const double *corr, long y, double *line)
{
    const long n = (long)p->set.n, side = 2 * p->reach + 1;
    const long taps = 2 * n - 1, wide = side + taps - 1;
    const double least = 1e-7 * (double)rho[2 * across * (across + 1)];
    int is_line = 0;
    for (long x = 0; x < side; x++) {
        const long at = (y + p->reach) * side + x;
        const double near = largest_near(p, rho, across, x - p->reach, y);
        p->none[at] = (double)(taps * taps) * near <= least;
        is_line |= !p->none[at];
    }
    for (long u = 0; u < n && is_line; u++)
        for (long x = 0; x < wide; x++) {
            double s = 0;
            for (long b = 0; b < taps; b++)
                s += corr[u * taps + b] *
                     (double)rho[(across + y + b - n + 1) * (2 * across + 1) +
                                 across - p->reach - n + 1 + x];
            line[u * wide + x] = s;
        }
    for (long x = 0; x < side; x++) {
        const long at = (y + p->reach) * side + x;
        float *c = p->cov + (size_t)at * p->m;
        double big = 0;
        if (p->none[at])
            continue;
        for (long u = 0; u < n; u++)
            for (long v = 0; v < n; v++) {
                double s = 0;
                for (long a = 0; a < taps; a++)
                    s += corr[v * taps + a] * line[u * wide + x + a];
                c[ae_bm3d_place(p->set.n, (size_t)u, (size_t)v)] = (float)s;
                big = fmax(big, fabs(s));
            }
        p->none[at] = p->alone || big <= least;
    }
}

static int pass_new(struct pass *p, const struct ae_bm3d_pass *set,
    const float *rho, size_t across, int first, int alone)
{
    p->set = *set;
    p->alone = alone;
    p->m = set->n * set->n;
    p->half = (long)(set->window / 2);
    p->reach = 2 * p->half;
    const size_t side = 2 * (size_t)p->reach + 1;
    const size_t wide = side + 2 * set->n - 2, window = 2 * (size_t)p->half + 1;
    p->cosine.n = set->n;
    p->cosine.forward = ae_alloc(p->m, sizeof *p->cosine.forward);
    p->cosine.back = ae_alloc(p->m, sizeof *p->cosine.back);
    p->kaiser = ae_alloc(p->m, sizeof *p->kaiser);
    p->cov = ae_alloc(side * side * p->m, sizeof *p->cov);
    p->none = ae_alloc(side * side, 1);
    p->expected = ae_alloc(window * window, sizeof *p->expected);
    double *corr = ae_alloc(set->n * (2 * set->n - 1), sizeof *corr);
    int bad = !p->cosine.forward || !p->cosine.back || !p->kaiser || !p->cov ||
              !p->none || !p->expected || !corr;
    if (!bad) {
        cosine_matrix(p);
        kaiser_window(p);
        correlate(p, corr);
        int failed = 0;
#pragma omp parallel for schedule(static)
        for (long y = -p->reach; y <= p->reach; y++) {
            double *line = ae_alloc(set->n * wide, sizeof *line);
            if (line)
                covariance_row(p, rho, (long)across, corr, y, line);
            else {
#pragma omp atomic write
                failed = 1;
            }
            free(line);
        }
        bad = failed;
        const long stride = 2 * (long)across + 1;
        const float *zero = rho + (long)across * (stride + 1);
        for (long y = -p->half; y <= p->half && first; y++)
            for (long x = -p->half; x <= p->half; x++)
                p->expected[(y + p->half) * (long)window + x + p->half] =
                    2 * (float)p->m * (zero[0] - zero[y * stride + x]);
    }
    free(corr);
    return bad;
}

/* Rows an odd number of cache lines apart: those of a block, below each other,
 * are not all in one part of the cache. */
static size_t stride_of(size_t nx)
{
    return LINE * ((nx + LINE - 1) / LINE | 1);
}

int ae_bm3d_new(struct ae_bm3d **plan, const struct ae_bm3d_profile *profile,
    const float *rho, size_t reach, size_t nx, size_t ny, struct ae_error *err)
{
    const size_t a = profile->pass[0].n, b = profile->pass[1].n;
    const size_t n = a > b ? a : b;
    *plan = NULL;
    if (nx < n || ny < n)
        return ae_fail(err, AE_EDATA,
            "image of %zu x %zu pixels is smaller than a block of %zu x %zu; "
            "want a larger image or another --profile",
            nx, ny, n, n);
    struct ae_bm3d *new = ae_alloc(1, sizeof *new);
    if (!new)
        return ae_fail(err, AE_EMEM, "out of memory");
    new->nx = nx;
    new->ny = ny;
    new->stride = stride_of(nx);
    for (int i = 0; i < 2; i++)
        if (pass_new(&new->pass[i], &profile->pass[i], rho, reach, !i,
                profile->alone)) {
            ae_bm3d_free(new);
            return ae_fail(err, AE_EMEM, "tables of bm3d: out of memory");
        }
    *plan = new;
    return AE_OK;
}

void ae_bm3d_free(struct ae_bm3d *plan)
{
    if (!plan)
        return;
    for (int i = 0; i < 2; i++) {
        struct pass *p = &plan->pass[i];
        free(p->cosine.forward);
        free(p->cosine.back);
        free(p->kaiser);
        free(p->cov);
        free(p->none);
        free(p->expected);
    }
    free(plan);
}

static size_t references(size_t n, const struct ae_bm3d_pass *set)
{
    return (n - set->n + set->step - 1) / set->step + 1;
}

/* Position of reference i: every step pixels, and the last place. */
static size_t reference(size_t i, size_t n, const struct ae_bm3d_pass *set)
{
    const size_t x = i * set->step;
    return x < n - set->n ? x : n - set->n;
}

static void work_free(struct work *w)
{
    free(w->limit);
    free(w->column);
    free(w->quad);
    free(w->distance);
    free(w->list);
    free(w->count);
    free(w->x);
    free(w->sum);
    free(w->other);
    free(w->detail);
    free(w->basic);
    free(w->within);
    free(w->var);
    free(w->block);
    free(w->spare);
    free(w->weight);
    free(w->num);
    free(w->den);
}

static size_t band_rows(const struct pass *p)
{
    return (BAND - 1) * p->set.step + p->set.n + 2 * (size_t)p->half;
}

static int work_new(struct work *w, const struct pass *p, size_t nx)
{
    const size_t m = p->m, g = p->set.group, refs = references(nx, &p->set);
    const size_t band = band_rows(p) * nx;
    memset(w, 0, sizeof *w);
    w->limit = ae_alloc(refs, sizeof *w->limit);
    w->column = ae_alloc(nx + 8, sizeof *w->column);
    w->quad = ae_alloc(nx + 8, sizeof *w->quad);
    w->distance = ae_alloc(nx + 8, sizeof *w->distance);
    w->list = ae_alloc(refs * g, sizeof *w->list);
    w->count = ae_alloc(refs, sizeof *w->count);
    w->x = ae_alloc(refs, sizeof *w->x);
    w->sum = ae_alloc(2 * g * m, sizeof *w->sum);
    w->other = ae_alloc(2 * g * m, sizeof *w->other);
    w->detail = ae_alloc(g * m, sizeof *w->detail);
    w->basic = ae_alloc(g * m, sizeof *w->basic);
    w->within = ae_alloc(g * m, sizeof *w->within);
    w->var = ae_alloc(g * m, sizeof *w->var);
    w->block = ae_alloc(m, sizeof *w->block);
    w->spare = ae_alloc(m, sizeof *w->spare);
    w->weight = ae_alloc(m, sizeof *w->weight);
    w->num = ae_alloc(band, sizeof *w->num);
    w->den = ae_alloc(band, sizeof *w->den);
    int bad = !w->limit || !w->column || !w->quad || !w->distance || !w->list ||
              !w->count || !w->x || !w->sum || !w->other || !w->detail ||
              !w->basic || !w->within || !w->var || !w->block || !w->spare ||
              !w->weight || !w->num || !w->den;
    for (size_t i = 0; i < refs && !bad; i++)
        w->x[i] = (long)reference(i, nx, &p->set);
    return bad;
}

/* Into the sorted list of a reference, whose limit falls when it is full. */
static void insert(
    struct work *w, size_t ref, size_t group, float distance, int32_t place)
{
    struct candidate *list = w->list + ref * group;
    size_t i = w->count[ref] < group ? w->count[ref]++ : group - 1;
    for (; i > 0 && list[i - 1].distance > distance; i--)
        list[i] = list[i - 1];
    list[i] = (struct candidate){distance, place};
    if (w->count[ref] == group)
        w->limit[ref] = list[group - 1].distance;
}

/* What a distance of reference i in row y must stay below: tau, and the largest
 * one of its own blocks at the displacements that are left in its list, of the
 * row before as a rule. As many are at most that far, whatever they are. */
static float first_limit(const struct ae_bm3d *plan, const struct pass *p,
    const struct work *w, const float *image, long y, size_t i)
{
    const long nx = (long)plan->nx, ny = (long)plan->ny, n = (long)p->set.n;
    const long side = 2 * p->half + 1, own = p->half * (side + 1), x = w->x[i];
    const long stride = (long)plan->stride;
    const float tau = (float)(p->set.tau * (double)p->m);
    float most = -FLT_MAX;
    for (size_t k = 0; k < w->count[i]; k++) {
        const long place = w->list[i * p->set.group + k].place;
        const long row = y + place / side - p->half;
        const long column = x + place % side - p->half;
        if (row < 0 || row + n > ny || column < 0 || column + n > nx)
            return nextafterf(tau, FLT_MAX);
        if (place == own)
            continue;
        /* beyond the rounding of sums in another order */
        const float offset = p->expected[place];
        const float sum = ae_bm3d_distance(image + y * stride + x,
            image + row * stride + column, plan->stride, p->set.n);
        most = fmaxf(most, sum * 1.0001f - offset + 1e-5f * fabsf(offset));
    }
    return nextafterf(
        w->count[i] < p->set.group ? tau : fminf(most, tau), FLT_MAX);
}

/* The blocks like those of the references in row y, by distance and then by
 * place; the reference itself first. */
static void match_row(const struct ae_bm3d *plan, const struct pass *p,
    struct work *w, const float *image, size_t y)
{
    const long nx = (long)plan->nx, ny = (long)plan->ny, n = (long)p->set.n;
    const size_t refs = references(plan->nx, &p->set);
    const long side = 2 * p->half + 1, own = p->half * (side + 1);
    const long last = nx - n, stride = (long)plan->stride;
    const size_t step = p->set.step;
    for (size_t i = 0; i < refs; i++) {
        w->limit[i] = first_limit(plan, p, w, image, (long)y, i);
        w->count[i] = 0;
        insert(w, i, p->set.group, -FLT_MAX, (int32_t)own);
    }
    for (long place = 0; place < side * side; place++) {
        const long dy = place / side - p->half, dx = place % side - p->half;
        const long left = dx < 0 ? -dx : 0, right = dx > 0 ? last - dx : last;
        const long row = (long)y + dy;
        if (place == own || row < 0 || row + n > ny || right < left)
            continue;
        ae_bm3d_distances(image + (long)y * stride + left,
            image + row * stride + left + dx, plan->stride, p->set.n,
            (size_t)(right - left + 1), p->expected[place], w->column, w->quad,
            w->distance);
        const size_t end = right < last ? (size_t)right / step + 1 : refs;
        const float *distance = w->distance, *limit = w->limit;
        const long *x = w->x;
        for (size_t i = ((size_t)left + step - 1) / step; i < end; i++)
            if (distance[x[i] - left] < limit[i])
                insert(
                    w, i, p->set.group, distance[x[i] - left], (int32_t)place);
    }
}

/* The lowest node of the tree that holds the leaves t < u. */
static size_t node_of(size_t blocks, size_t t, size_t u)
{
    return (blocks + t) >> (64 - __builtin_clzll(t ^ u));
}

static void group_variances(const struct pass *p, const long (*xy)[2],
    size_t blocks, float *within, float *var)
{
    struct ae_bm3d_pair pair[AE_BM3D_BLOCKS * AE_BM3D_BLOCKS / 2];
    const long side = 2 * p->reach + 1, zero = p->reach * (side + 1);
    long at[AE_BM3D_BLOCKS];
    size_t pairs = 0;
    for (size_t t = 0; t < blocks; t++)
        at[t] = xy[t][1] * side + xy[t][0];
    for (size_t t = 0; t < blocks; t++)
        for (size_t u = t + 1; u < blocks; u++) {
            const size_t d = (size_t)(at[u] - at[t] + zero);
            pair[pairs] =
                (struct ae_bm3d_pair){p->cov + d * p->m, node_of(blocks, t, u)};
            pairs += !p->none[d];
        }
    ae_bm3d_variances(
        p->cov + (size_t)zero * p->m, pair, pairs, blocks, p->m, within, var);
}

/* The coefficients of a group, of an image with rows of stride samples. */
static void load(const struct pass *p, const float *image, size_t stride,
    const long (*xy)[2], size_t blocks, float *spare, float *sum, float *detail)
{
    for (size_t t = 0; t < blocks; t++)
        ae_bm3d_forward(&p->cosine, image + xy[t][1] * (long)stride + xy[t][0],
            stride, spare, sum + (blocks + t) * p->m);
    ae_bm3d_haar(sum, detail, blocks, p->m);
}

/* Filter the group and add it to the sums of the band, whose first row is
 * image row top. */
static void filter_group(const struct ae_bm3d *plan, const struct pass *p,
    struct work *w, const float *noisy, const float *basic, const long (*xy)[2],
    size_t blocks, long top)
{
    double sum;
    group_variances(p, xy, blocks, w->within, w->var);
    load(p, noisy, plan->stride, xy, blocks, w->spare, w->sum, w->detail);
    if (basic) {
        load(p, basic, plan->stride, xy, blocks, w->spare, w->other, w->basic);
        sum = ae_bm3d_wiener(
            w->detail, w->basic, w->var, blocks, p->m, p->set.shrink, w->block);
    } else {
        sum = ae_bm3d_threshold(
            w->detail, w->var, blocks, p->m, p->set.shrink, w->block);
    }
    /* nothing kept: as one coefficient of white noise would weigh */
    const float self = p->cov[(size_t)(p->reach * (2 * p->reach + 2)) * p->m];
    const double least = 1e-6 * fmax((double)self, 1e-12);
    const float weight = (float)(1 / fmax(sum, least));
    for (size_t i = 0; i < p->m; i++)
        w->weight[i] = weight * p->kaiser[i];
    ae_bm3d_haar_back(w->sum, w->detail, blocks, p->m);
    for (size_t t = 0; t < blocks; t++) {
        const size_t at =
            (size_t)(xy[t][1] - top) * plan->nx + (size_t)xy[t][0];
        ae_bm3d_back(
            &p->cosine, w->sum + (blocks + t) * p->m, w->spare, w->block);
        ae_bm3d_add(
            w->num + at, w->den + at, plan->nx, w->block, w->weight, p->set.n);
    }
}

static void filter_row(const struct ae_bm3d *plan, const struct pass *p,
    struct work *w, const float *noisy, const float *basic, size_t y, long top)
{
    const size_t refs = references(plan->nx, &p->set);
    const long side = 2 * p->half + 1;
    match_row(plan, p, w, basic ? basic : noisy, y);
    for (size_t i = 0; i < refs; i++) {
        const long x = w->x[i];
        long xy[AE_BM3D_BLOCKS][2];
        size_t blocks = 1;
        while (2 * blocks <= w->count[i])
            blocks *= 2;
        for (size_t t = 0; t < blocks; t++) {
            const long place = w->list[i * p->set.group + t].place;
            xy[t][0] = x + place % side - p->half;
            xy[t][1] = (long)y + place / side - p->half;
        }
        filter_group(
            plan, p, w, noisy, basic, (const long(*)[2])xy, blocks, top);
    }
}

/* Image row of the first row of a band's sums. The last reference may stand
 * nearer than a step to the one before. */
static long band_top(
    const struct ae_bm3d *plan, const struct pass *p, size_t band)
{
    return (long)reference(band * BAND, plan->ny, &p->set) - p->half;
}

static void run_band(const struct ae_bm3d *plan, const struct pass *p,
    struct work *w, const float *noisy, const float *basic, size_t band)
{
    const size_t refs = references(plan->ny, &p->set);
    const size_t samples = band_rows(p) * plan->nx;
    const long top = band_top(plan, p, band);
    memset(w->num, 0, samples * sizeof *w->num);
    memset(w->den, 0, samples * sizeof *w->den);
    for (size_t i = band * BAND; i < (band + 1) * BAND && i < refs; i++)
        filter_row(
            plan, p, w, noisy, basic, reference(i, plan->ny, &p->set), top);
}

static void add_band(const struct ae_bm3d *plan, const struct pass *p,
    const struct work *w, size_t band, float *num, float *den)
{
    const long top = band_top(plan, p, band);
    for (long r = 0; r < (long)band_rows(p); r++) {
        if (top + r < 0 || top + r >= (long)plan->ny)
            continue;
        const size_t to = (size_t)(top + r) * plan->nx;
        const size_t from = (size_t)r * plan->nx;
        for (size_t x = 0; x < plan->nx; x++) {
            num[to + x] += w->num[from + x];
            den[to + x] += w->den[from + x];
        }
    }
}

static int run_pass(const struct ae_bm3d *plan, const struct pass *p,
    const float *noisy, const float *basic, float *num, float *den)
{
    const size_t pixels = plan->nx * plan->ny;
    const size_t bands = (references(plan->ny, &p->set) + BAND - 1) / BAND;
    int failed = 0;
    memset(num, 0, pixels * sizeof *num);
    memset(den, 0, pixels * sizeof *den);
#pragma omp parallel
    {
        struct work w;
        const int bad = work_new(&w, p, plan->nx);
        if (bad) {
#pragma omp atomic write
            failed = 1;
        }
#pragma omp for ordered schedule(static, 1)
        for (size_t band = 0; band < bands; band++) {
            if (!bad)
                run_band(plan, p, &w, noisy, basic, band);
#pragma omp ordered
            if (!bad)
                add_band(plan, p, &w, band, num, den);
        }
        work_free(&w);
    }
    return failed;
}

/* to[ny][stride] from an image [ny][nx]. */
static void widen(const struct ae_bm3d *plan, const float *image, float *to)
{
    for (size_t y = 0; y < plan->ny; y++)
        memcpy(
            to + y * plan->stride, image + y * plan->nx, plan->nx * sizeof *to);
}

int ae_bm3d_run(const struct ae_bm3d *plan, const float *in, float *out,
    struct ae_error *err)
{
    const size_t pixels = plan->nx * plan->ny;
    const size_t wide = plan->stride * plan->ny;
    float *num = ae_alloc(pixels, sizeof *num);
    float *den = ae_alloc(pixels, sizeof *den);
    float *noisy = ae_alloc(wide, sizeof *noisy);
    float *basic = ae_alloc(wide, sizeof *basic);
    int bad = !num || !den || !noisy || !basic;
    if (!bad)
        widen(plan, in, noisy);
    for (int i = 0; i < 2 && !bad; i++) {
        bad = run_pass(plan, &plan->pass[i], noisy, i ? basic : NULL, num, den);
        for (size_t k = 0; k < pixels && !bad; k++)
            out[k] = den[k] > 0 ? num[k] / den[k] : in[k];
        if (!bad && !i)
            widen(plan, out, basic);
    }
    free(num);
    free(den);
    free(noisy);
    free(basic);
    return bad ? ae_fail(err, AE_EMEM, "out of memory") : AE_OK;
}

int ae_bm3d_group_variances(const struct ae_bm3d *plan, int pass,
    const long (*xy)[2], size_t blocks, float *var, struct ae_error *err)
{
    const struct pass *p = &plan->pass[pass];
    float *within = ae_alloc(blocks * p->m, sizeof *within);
    if (!within || blocks > AE_BM3D_BLOCKS) {
        free(within);
        return ae_fail(err, AE_EMEM, "group of %zu blocks: too large", blocks);
    }
    group_variances(p, xy, blocks, within, var);
    free(within);
    return AE_OK;
}

int ae_bm3d_group_coefficients(const struct ae_bm3d *plan, int pass,
    const float *image, const long (*xy)[2], size_t blocks, float *coefficient,
    struct ae_error *err)
{
    const struct pass *p = &plan->pass[pass];
    float *sum = ae_alloc(2 * blocks * p->m, sizeof *sum);
    float *spare = ae_alloc(p->m, sizeof *spare);
    if (sum && spare)
        load(p, image, plan->nx, xy, blocks, spare, sum, coefficient);
    const int bad = !sum || !spare;
    free(sum);
    free(spare);
    return bad ? ae_fail(err, AE_EMEM, "out of memory") : AE_OK;
}

double ae_bm3d_resample(const float *psd, size_t nx, size_t ny, size_t wide,
    size_t high, size_t x, size_t y)
{
    const double fx = (double)(x * nx) / (double)wide;
    const double fy = (double)(y * ny) / (double)high;
    const size_t i = (size_t)fx, j = (size_t)fy;
    const double a = fx - (double)i, b = fy - (double)j;
    const size_t k = (i + 1) % nx, l = (j + 1) % ny;
    return (1 - b) * ((1 - a) * (double)psd[j * nx + i] +
                         a * (double)psd[j * nx + k]) +
           b * ((1 - a) * (double)psd[l * nx + i] +
                   a * (double)psd[l * nx + k]);
}

int ae_bm3d_covariance(const float *psd, size_t nx, size_t ny, size_t reach,
    float *rho, double *sigma, struct ae_error *err)
{
    size_t size = 128;
    while (size < 2 * reach + 1)
        size *= 2;
    const size_t all = size * size, shape[2] = {size, size};
    struct ae_fft *plan = NULL;
    double complex *f = ae_fft_alloc(all, sizeof *f);
    double mean = 0, sum = 0;
    int code = f ? ae_fft_new(&plan, AE_FFT_DOUBLE, AE_FFT_BACKWARD, 2, shape,
                       f, f, err)
                 : ae_fail(err, AE_EMEM, "out of memory");
    if (code)
        goto out;
    for (size_t i = 0; i < nx * ny; i++)
        mean += (double)psd[i];
    /* E |F n|^2 of a block is its pixels times the variance, on average */
    const double variance = mean / (double)(nx * ny) / (double)(nx * ny);
    for (size_t i = 0; i < all; i++) {
        f[i] = ae_bm3d_resample(psd, nx, ny, size, size, i % size, i / size);
        sum += creal(f[i]);
    }
    ae_fft_run(plan, f, f);
    const long r = (long)reach;
    for (long y = -r; y <= r; y++)
        for (long x = -r; x <= r; x++)
            rho[(y + r) * (2 * r + 1) + x + r] =
                (float)(creal(f[ae_fft_index(y, size) * size +
                                ae_fft_index(x, size)]) *
                        variance / sum);
    *sigma = sqrt(variance);
out:
    ae_fft_free(plan);
    ae_fft_buffer_free(f);
    return code;
}
