/* SPDX-License-Identifier: BSD-2-Clause */
#include "geom/shells_kernel.h"

#include "math/roots.h"

#define CLONES                                                                 \
    __attribute__((                                                            \
        target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))

#define INLINE static inline __attribute__((always_inline))

enum { BLOCK = AE_SHELLS_BLOCK, NODES = AE_SHELLS_NODES };

typedef double doubles __attribute__((vector_size(64), aligned(8), may_alias));
typedef float floats __attribute__((vector_size(32), aligned(4), may_alias));
typedef int32_t ints __attribute__((vector_size(32), aligned(4), may_alias));

#define PICK(which, yes, no)                                                   \
    ((floats)(((ints)(yes) & (which)) | ((ints)(no) & ~(which))))

/* The nodes of a tile seen from a block of points, node by node. */
struct block {
    float r[NODES * BLOCK], angle[NODES * BLOCK], cubed[NODES * BLOCK];
    int32_t bin[NODES * BLOCK];
};

/* height: n.d of the plane, 0 of points that are left out. */
INLINE void see(const struct ae_shells_tile *tile, floats dx, floats dy,
    floats dz, floats height, float scale, float most, struct block *s)
{
    for (size_t k = 0; k < NODES; k++) {
        floats u = dx + tile->node[k][0], v = dy + tile->node[k][1];
        floats w = dz + tile->node[k][2], square = u * u + v * v + w * w;
        *(floats *)&s->r[k * BLOCK] = *(floats *)&s->angle[k * BLOCK] = square;
    }
    ae_roots(s->r, NODES * BLOCK);
    const floats none = {0};
    for (size_t k = 0; k < NODES; k++) {
        floats r = *(floats *)&s->r[k * BLOCK], place = r * scale;
        floats *square = (floats *)&s->angle[k * BLOCK];
        floats cubed = tile->w[k] * height;
        place = PICK(place < most, place, most - none);
        *(ints *)&s->bin[k * BLOCK] = __builtin_convertvector(place, ints);
        *(floats *)&s->cubed[k * BLOCK] = cubed;
        *square = cubed / (*square * r);
    }
}

CLONES
void ae_shells_kernel(const double *x, const double *y, const double *z,
    const uint32_t *at, size_t a, size_t b, const struct ae_shells_tile *tile,
    double square, double scale, int last, struct ae_shells_sum *sum)
{
    const double *c = tile->centre, *n = tile->n;
    const floats none = {0}, aside = none + 1e3f; /* angstrom */
    struct block s;
    for (; a < b; a += BLOCK) {
        size_t m = b - a < BLOCK ? b - a : BLOCK;
        doubles u = c[0] - *(const doubles *)(x + a);
        doubles v = c[1] - *(const doubles *)(y + a);
        doubles w = c[2] - *(const doubles *)(z + a);
        doubles height = n[0] * u + n[1] * v + n[2] * w;
        ints far =
            __builtin_convertvector(u * u + v * v + w * w >= square, ints);
        floats flat = __builtin_convertvector(height, floats);
        floats dz = __builtin_convertvector(w, floats);
        /* what is left out is put aside, where nothing is divided by 0 */
        see(tile, __builtin_convertvector(u, floats),
            __builtin_convertvector(v, floats), PICK(far, dz, aside),
            PICK(far, flat, none), (float)scale, (float)last + 0.5f, &s);
        for (size_t k = 0; k < NODES; k++)
            for (size_t i = 0; i < m; i++) {
                size_t j = k * BLOCK + i;
                struct ae_shells_sum *to =
                    &sum[(at ? at[a + i] : 0) + (uint32_t)s.bin[j]];
                to->angle += (double)s.angle[j];
                to->cubed += (double)s.cubed[j];
            }
    }
}
