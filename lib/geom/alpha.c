/* SPDX-License-Identifier: BSD-2-Clause */
#include "geom/alpha.h"

#include <stdlib.h>
#include <string.h>
#include "base/mem.h"

int ae_alpha_parts(const struct ae_delaunay *mesh, const unsigned char *in,
    size_t *part, size_t *nparts, struct ae_error *err)
{
    size_t *stack = ae_alloc(mesh->n, sizeof *stack), n;
    if (!stack)
        return ae_fail(err, AE_EMEM, "out of memory for the regions");
    *nparts = 0;
    for (size_t t = 0; t < mesh->n; t++)
        part[t] = AE_DELAUNAY_HULL;
    for (size_t first = 0; first < mesh->n; first++) {
        if (!in[first] || part[first] != AE_DELAUNAY_HULL)
            continue;
        part[first] = *nparts;
        stack[0] = first;
        for (n = 1; n;) {
            size_t t = stack[--n];
            for (int k = 0; k < 4; k++) {
                size_t u = mesh->neighbour[t][k];
                if (u == AE_DELAUNAY_HULL || !in[u] ||
                    part[u] != AE_DELAUNAY_HULL)
                    continue;
                part[u] = *nparts;
                stack[n++] = u;
            }
        }
        ++*nparts;
    }
    free(stack);
    return AE_OK;
}

/* Components of what is not in the region; those without a hull face are
 * holes. */
static int fill_holes(const struct ae_delaunay *mesh, unsigned char *in,
    size_t *part, struct ae_error *err)
{
    size_t nparts = 0;
    unsigned char *out = ae_alloc(mesh->n, 1), *open = NULL;
    int code = AE_EMEM;
    if (!out)
        goto out;
    for (size_t t = 0; t < mesh->n; t++)
        out[t] = !in[t];
    if ((code = ae_alpha_parts(mesh, out, part, &nparts, err)) != 0)
        goto out;
    open = ae_alloc(nparts, 1);
    if (!open) {
        code = AE_EMEM;
        goto out;
    }
    for (size_t t = 0; t < mesh->n; t++)
        for (int k = 0; k < 4; k++)
            if (out[t] && mesh->neighbour[t][k] == AE_DELAUNAY_HULL)
                open[part[t]] = 1;
    for (size_t t = 0; t < mesh->n; t++)
        in[t] = !out[t] || !open[part[t]];
out:
    free(out);
    free(open);
    return code ? ae_fail(err, code, "out of memory for the regions") : AE_OK;
}

static int keep_largest(const struct ae_delaunay *mesh, unsigned char *in,
    size_t *part, struct ae_error *err)
{
    size_t nparts = 0, best = 0;
    int code = ae_alpha_parts(mesh, in, part, &nparts, err);
    if (code || !nparts)
        return code;
    double *volume = ae_alloc(nparts, sizeof *volume);
    if (!volume)
        return ae_fail(err, AE_EMEM, "out of memory for the regions");
    for (size_t t = 0; t < mesh->n; t++)
        if (in[t])
            volume[part[t]] += mesh->volume[t];
    for (size_t i = 1; i < nparts; i++)
        if (volume[i] > volume[best])
            best = i;
    for (size_t t = 0; t < mesh->n; t++)
        in[t] = in[t] && part[t] == best;
    free(volume);
    return AE_OK;
}

int ae_alpha_region(const struct ae_delaunay *mesh, double alpha, int fill,
    int largest, unsigned char *in, struct ae_error *err)
{
    int code = AE_OK;
    size_t *part = ae_alloc(mesh->n, sizeof *part);
    if (!part)
        return ae_fail(err, AE_EMEM, "out of memory for the regions");
    for (size_t t = 0; t < mesh->n; t++)
        in[t] = mesh->radius[t] <= alpha;
    if (fill)
        code = fill_holes(mesh, in, part, err);
    if (!code && largest)
        code = keep_largest(mesh, in, part, err);
    free(part);
    return code;
}

double ae_alpha_volume(const struct ae_delaunay *mesh, const unsigned char *in)
{
    double volume = 0;
    for (size_t t = 0; t < mesh->n; t++)
        if (in[t])
            volume += mesh->volume[t];
    return volume;
}
