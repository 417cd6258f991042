/* SPDX-License-Identifier: BSD-2-Clause */
#include "geom/voids.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "geom/alpha.h"

static const double sliver = 1e-3; /* angstrom^3 */

enum ae_void_class ae_void_class_of(double volume)
{
    if (volume < 45)
        return AE_VOID_MINOR;
    if (volume <= 125)
        return AE_VOID_VACANCY;
    return volume <= 4500 ? AE_VOID_NANO : AE_VOID_PORE;
}

void ae_voids_clear(struct ae_voids *voids)
{
    free(voids->item);
    free(voids->of);
    memset(voids, 0, sizeof *voids);
}

static void add_tetra(struct ae_void *v, const struct ae_delaunay *mesh,
    const double (*pos)[3], const unsigned char *in, size_t t)
{
    v->ntet++;
    v->volume += mesh->volume[t];
    v->rmax = fmax(v->rmax, mesh->radius[t]);
    for (int k = 0; k < 4; k++) {
        size_t u = mesh->neighbour[t][k];
        v->surface |= u == AE_DELAUNAY_HULL || !in[u];
        for (int i = 0; i < 3; i++)
            v->centroid[i] += mesh->volume[t] * pos[mesh->vertex[t][k]][i] / 4;
    }
}

/* Drop the slivers and number the others anew. */
static void close_ranks(struct ae_voids *voids, size_t ntet, size_t *to)
{
    size_t n = 0;
    for (size_t i = 0; i < voids->n; i++) {
        struct ae_void *v = &voids->item[i];
        to[i] = v->volume < sliver ? AE_DELAUNAY_HULL : n;
        for (int k = 0; k < 3 && v->volume > 0; k++)
            v->centroid[k] /= v->volume;
        v->class = ae_void_class_of(v->volume);
        if (to[i] != AE_DELAUNAY_HULL)
            voids->item[n++] = *v;
    }
    voids->n = n;
    for (size_t t = 0; t < ntet; t++)
        if (voids->of[t] != AE_DELAUNAY_HULL)
            voids->of[t] = to[voids->of[t]];
}

int ae_voids_find(const struct ae_delaunay *mesh, const double (*pos)[3],
    const unsigned char *in, double radius, struct ae_voids *voids,
    struct ae_error *err)
{
    int code = AE_OK;
    size_t *to = NULL;
    unsigned char *empty = ae_alloc(mesh->n, 1);
    memset(voids, 0, sizeof *voids);
    voids->of = ae_alloc(mesh->n, sizeof *voids->of);
    if (!empty || !voids->of) {
        code = ae_fail(err, AE_EMEM, "out of memory for the voids");
        goto out;
    }
    for (size_t t = 0; t < mesh->n; t++) {
        empty[t] = in[t] && mesh->radius[t] > radius;
        voids->region += in[t] ? mesh->volume[t] : 0;
        voids->empty += empty[t] ? mesh->volume[t] : 0;
    }
    code = ae_alpha_parts(mesh, empty, voids->of, &voids->n, err);
    if (code)
        goto out;
    voids->item = ae_alloc(voids->n, sizeof *voids->item);
    to = ae_alloc(voids->n, sizeof *to);
    if (!voids->item || !to) {
        code = ae_fail(err, AE_EMEM, "out of memory for the voids");
        goto out;
    }
    for (size_t t = 0; t < mesh->n; t++)
        if (empty[t])
            add_tetra(&voids->item[voids->of[t]], mesh, pos, in, t);
    close_ranks(voids, mesh->n, to);
out:
    free(empty);
    free(to);
    if (code)
        ae_voids_clear(voids);
    return code;
}
