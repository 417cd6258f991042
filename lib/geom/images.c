/* SPDX-License-Identifier: BSD-2-Clause */
#include "geom/images.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"

void ae_images_clear(struct ae_images *images)
{
    free(images->pos);
    free(images->of);
    memset(images, 0, sizeof *images);
}

/* Rows of g give fractions; width across each pair of faces. */
static int invert(const double *lattice, double g[3][3], double width[3])
{
    double volume = 0;
    for (int i = 0; i < 3; i++) {
        const double *u = lattice + 3 * ((i + 1) % 3);
        const double *v = lattice + 3 * ((i + 2) % 3);
        for (int k = 0; k < 3; k++)
            g[i][k] = u[(k + 1) % 3] * v[(k + 2) % 3] -
                      u[(k + 2) % 3] * v[(k + 1) % 3];
    }
    for (int k = 0; k < 3; k++)
        volume += lattice[k] * g[0][k];
    for (int i = 0; i < 3; i++) {
        double square = 0;
        for (int k = 0; k < 3; k++) {
            g[i][k] /= volume;
            square += g[i][k] * g[i][k];
        }
        width[i] = 1 / sqrt(square);
    }
    return fabs(volume) > 0;
}

struct box {
    const double *lattice;
    const int *pbc;
    double g[3][3], reach[3]; /* reach: the margin as a fraction */
};

/* All copies of point i but itself, counted, and stored where out is given. */
static size_t copies(const struct box *box, const double p[3], double (*out)[3])
{
    int low[3], high[3], s[3];
    size_t n = 0;
    for (int i = 0; i < 3; i++) {
        double f = 0;
        for (int k = 0; k < 3; k++)
            f += box->g[i][k] * p[k];
        low[i] = box->pbc[i] ? (int)ceil(-box->reach[i] - f) : 0;
        high[i] = box->pbc[i] ? (int)floor(1 + box->reach[i] - f) : 0;
    }
    for (s[0] = low[0]; s[0] <= high[0]; s[0]++)
        for (s[1] = low[1]; s[1] <= high[1]; s[1]++)
            for (s[2] = low[2]; s[2] <= high[2]; s[2]++) {
                if (!s[0] && !s[1] && !s[2])
                    continue;
                for (int k = 0; k < 3 && out; k++)
                    out[n][k] = p[k] + s[0] * box->lattice[k] +
                                s[1] * box->lattice[3 + k] +
                                s[2] * box->lattice[6 + k];
                n++;
            }
    return n;
}

static void wrap(const struct box *box, const double from[3], double p[3])
{
    memcpy(p, from, 3 * sizeof *p);
    for (int i = 0; i < 3; i++) {
        double f = 0;
        for (int k = 0; k < 3; k++)
            f += box->g[i][k] * p[k];
        for (int k = 0; k < 3 && box->pbc[i]; k++)
            p[k] -= floor(f) * box->lattice[3 * i + k];
    }
}

int ae_images_new(struct ae_images *images, const double (*pos)[3], size_t n,
    const double *lattice, const int *pbc, double margin, struct ae_error *err)
{
    struct box box = {.lattice = lattice, .pbc = pbc};
    double width[3], total = (double)n;
    memset(images, 0, sizeof *images);
    if (!invert(lattice, box.g, width))
        return ae_fail(err, AE_EDATA, "the lattice has no volume");
    for (int i = 0; i < 3; i++) {
        box.reach[i] = margin / width[i];
        total *= pbc[i] ? 1 + 2 * box.reach[i] : 1;
    }
    if (!(total < INT32_MAX))
        return ae_fail(err, AE_EMEM,
            "%.3g atoms and copies around the box are too many", total);
    size_t room = n;
    double p[3];
    for (size_t i = 0; i < n; i++) {
        wrap(&box, pos[i], p);
        room += copies(&box, p, NULL);
    }
    images->pos = ae_alloc(room, sizeof *images->pos);
    images->of = ae_alloc(room, sizeof *images->of);
    if (!images->pos || !images->of) {
        ae_images_clear(images);
        return ae_fail(err, AE_EMEM, "out of memory for %zu copies", room);
    }
    images->n = n;
    for (size_t i = 0; i < n; i++) {
        wrap(&box, pos[i], images->pos[i]);
        images->of[i] = i;
        size_t more = copies(&box, images->pos[i], images->pos + images->n);
        for (size_t j = 0; j < more; j++)
            images->of[images->n++] = i;
    }
    return AE_OK;
}
