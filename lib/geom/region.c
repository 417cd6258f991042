/* SPDX-License-Identifier: BSD-2-Clause */
#include "geom/region.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "geom/alpha.h"
#include "geom/hilbert.h"
#include "geom/rind.h"

/* places that one thread takes at a time */
enum { CHUNK = 512 };

static size_t count(const unsigned char *mark, size_t n)
{
    size_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += mark[i];
    return sum;
}

/* The points with keep != 0. */
static int choose(struct ae_region *r, const double (*pos)[3], size_t n,
    const unsigned char *keep)
{
    r->n = count(keep, n);
    r->point = ae_alloc(r->n, sizeof *r->point);
    r->pos = ae_alloc(r->n, sizeof *r->pos);
    if (!r->point || !r->pos)
        return AE_EMEM;
    for (size_t i = 0, k = 0; i < n; i++)
        if (keep[i]) {
            memcpy(r->pos[k], pos[i], sizeof *r->pos);
            r->point[k++] = i;
        }
    return AE_OK;
}

/* The region of the points with keep != 0. */
static int make(struct ae_region *r, const double (*pos)[3], size_t n,
    const unsigned char *keep, double alpha, int fill, int largest,
    struct ae_error *err)
{
    int code = choose(r, pos, n, keep);
    if (code)
        return ae_fail(err, code, "out of memory for the region");
    code = ae_delaunay_rows(&r->mesh, (const double(*)[3])r->pos, r->n,
        r->point, AE_DELAUNAY_JITTER, err);
    if (code)
        return code;
    r->in = ae_alloc(r->mesh.n, 1);
    if (!r->in)
        return ae_fail(err, AE_EMEM, "out of memory for the region");
    code = ae_alpha_region(&r->mesh, alpha, fill, 0, r->in, err);
    if (code || !largest)
        return code;
    size_t all = count(r->in, r->mesh.n);
    code = ae_alpha_region(&r->mesh, alpha, fill, 1, r->in, err);
    r->partial = count(r->in, r->mesh.n) < all;
    return code;
}

int ae_region_new(struct ae_region *r, const double (*pos)[3], size_t n,
    double alpha, int fill, int largest, struct ae_error *err)
{
    /* a thin rind first: 0.15 alpha held for fcc, bcc and hcp with 0.1 to 0.3
     * angstrom of jitter and for measured glasses, 0 not for all of them */
    const double depth[] = {0.15 * alpha, 2 * AE_RIND_SHARE * alpha};
    const size_t tries = fill ? sizeof depth / sizeof *depth : 0;
    unsigned char *keep = ae_alloc(n, 1);
    int code = AE_OK, done = 0;
    memset(r, 0, sizeof *r);
    if (!keep)
        return ae_fail(err, AE_EMEM, "out of memory for the region");
    for (size_t i = 0; i <= tries && !code && !done; i++) {
        struct ae_rind *rind = NULL;
        ae_region_clear(r);
        memset(keep, 1, n);
        if (i < tries)
            code = ae_rind_new(&rind, pos, n, alpha, depth[i], keep, err);
        if (!code)
            code = make(r, pos, n, keep, alpha, fill, largest, err);
        done = !code && (!rind || ae_rind_holds(rind, &r->mesh, r->in));
        ae_rind_free(rind);
    }
    free(keep);
    if (code)
        ae_region_clear(r);
    return code;
}

void ae_region_clear(struct ae_region *r)
{
    ae_delaunay_clear(&r->mesh);
    free(r->point);
    free(r->pos);
    free(r->in);
    memset(r, 0, sizeof *r);
}

/* The walk to a place begins at the one before it on a space-filling curve. */
int ae_region_holds(const struct ae_region *r, const double (*place)[3],
    size_t n, unsigned char *in, struct ae_error *err)
{
    size_t *order = ae_alloc(n, sizeof *order);
    size_t chunks = (n + CHUNK - 1) / CHUNK;
    int code = order ? ae_hilbert_order(place, n, order, err)
                     : ae_fail(err, AE_EMEM, "out of memory for the region");
#pragma omp parallel for schedule(dynamic, 1)
    for (size_t c = 0; c < chunks; c++) {
        size_t at = 0;
        for (size_t m = c * CHUNK; m < n && m < (c + 1) * CHUNK && !code; m++) {
            size_t t = ae_delaunay_locate(&r->mesh, place[order[m]], at);
            in[order[m]] = t != AE_DELAUNAY_HULL && r->in[t];
            at = t != AE_DELAUNAY_HULL ? t : at;
        }
    }
    free(order);
    return code;
}

/* Points that were not triangulated are inside the region with all its pieces. */
int ae_region_points(const struct ae_region *r, const double (*pos)[3],
    size_t n, unsigned char *in, struct ae_error *err)
{
    int code = AE_OK;
    memset(in, 1, n);
    if (r->partial && r->n < n)
        code = ae_region_holds(r, pos, n, in, err);
    for (size_t i = 0; i < r->n; i++)
        in[r->point[i]] = 0;
    for (size_t t = 0; t < r->mesh.n; t++)
        for (int k = 0; k < 4 && r->in[t]; k++)
            in[r->point[r->mesh.vertex[t][k]]] = 1;
    return code;
}
