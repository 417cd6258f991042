/* SPDX-License-Identifier: BSD-2-Clause */
#include "geom/voidsum.h"

#include <stdlib.h>
#include <string.h>
#include "base/mem.h"

/* Atoms at the corners of the region. */
static int atoms_inside(const struct ae_delaunay *mesh, const unsigned char *in,
    size_t *n, struct ae_error *err)
{
    unsigned char *seen = ae_alloc(mesh->npoint, 1);
    if (!seen)
        return ae_fail(err, AE_EMEM, "out of memory for the voids");
    *n = 0;
    for (size_t t = 0; t < mesh->n; t++)
        for (int k = 0; k < 4 && in[t]; k++) {
            unsigned char *mark = &seen[mesh->vertex[t][k]];
            *n += !*mark;
            *mark = 1;
        }
    free(seen);
    return AE_OK;
}

static void find_phases(
    struct ae_voidsum *sum, const size_t *group, double purity)
{
    size_t n = sum->ngroup;
    for (size_t i = 0; i < sum->voids->n; i++) {
        const struct ae_void_shape *s = &sum->shape[i];
        size_t *count = sum->count + i * n;
        sum->phase[i] = n;
        for (size_t k = 0; k < s->natom && n; k++)
            count[group[s->atom[k]]]++;
        for (size_t p = 0; p < n; p++)
            if ((double)count[p] >= purity * (double)s->natom)
                sum->phase[i] = p;
    }
}

int ae_voidsum_new(struct ae_voidsum *sum, const struct ae_delaunay *mesh,
    const unsigned char *in, const struct ae_voids *voids,
    const struct ae_void_shape *shape, double solid_share, double small,
    const size_t *group, size_t ngroup, double purity, struct ae_error *err)
{
    size_t cells, n = 0;
    int code;
    *sum = (struct ae_voidsum){voids, shape, small, 0, 0, ngroup, NULL, NULL};
    if (ae_mul(voids->n, ngroup, &cells) || cells > 100000000)
        return ae_fail(err, AE_EDATA,
            "%zu different phases are too many for %zu voids", ngroup,
            voids->n);
    sum->count = ae_alloc(cells, sizeof *sum->count);
    sum->phase = ae_alloc(voids->n, sizeof *sum->phase);
    code = sum->count && sum->phase
               ? atoms_inside(mesh, in, &n, err)
               : ae_fail(err, AE_EMEM, "out of memory for the voids");
    if (code) {
        ae_voidsum_clear(sum);
        return code;
    }
    double solid = voids->region;
    for (size_t i = 0; i < voids->n; i++)
        solid -= voids->item[i].volume;
    sum->v0 = solid_share > 0 ? solid / solid_share : 0;
    sum->atoms = sum->v0 * (double)n;
    find_phases(sum, group, purity);
    return AE_OK;
}

void ae_voidsum_clear(struct ae_voidsum *sum)
{
    free(sum->phase);
    free(sum->count);
    memset(sum, 0, sizeof *sum);
}

double ae_voidsum_corrected(const struct ae_voidsum *sum, size_t i)
{
    return sum->voids->item[i].volume - sum->v0 * sum->shape[i].share;
}

int ae_voidsum_dropped(const struct ae_voidsum *sum, size_t i)
{
    const struct ae_void *v = &sum->voids->item[i];
    return v->surface && v->volume <= sum->small;
}

struct ae_voidsum_row ae_voidsum_add(
    const struct ae_voidsum *sum, int class, size_t phase)
{
    struct ae_voidsum_row s = {0, 0, 0, 0, 0};
    for (size_t i = 0; i < sum->voids->n; i++) {
        const struct ae_void *v = &sum->voids->item[i];
        int in_class =
            class == AE_VOIDSUM_ALL || (int)v->class == class ||
            (class == AE_VOIDSUM_COUNTED && v->class != AE_VOID_MINOR);
        if (!in_class || (phase <= sum->ngroup && sum->phase[i] != phase))
            continue;
        s.n++;
        s.v += v->volume;
        s.v_corrected += ae_voidsum_corrected(sum, i);
        if (ae_voidsum_dropped(sum, i))
            continue;
        s.n_drop++;
        s.v_drop += v->volume;
    }
    return s;
}
