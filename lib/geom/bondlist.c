/* SPDX-License-Identifier: BSD-2-Clause */
#include "geom/bondlist.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "geom/cells.h"
#include "geom/voronoi.h"

static int no_memory(struct ae_error *err)
{
    return ae_fail(err, AE_EMEM, "out of memory for the bonds");
}

static int by_point(const void *p, const void *q)
{
    const struct ae_bond *a = p, *b = q;
    if (a->j != b->j)
        return a->j < b->j ? -1 : 1;
    return a->d < b->d ? -1 : a->d > b->d;
}

static int put_links(struct ae_bonds *b, const struct ae_cells *cells,
    const struct ae_links *links, struct ae_error *err)
{
    struct ae_cells_points p;
    ae_cells_points(cells, &p);
    b->bond = ae_alloc(links->start[links->total], sizeof *b->bond);
    if (!b->bond)
        return no_memory(err);
    for (size_t i = 0; i < b->n; i++) {
        size_t k = p.place[i];
        b->start[i + 1] = b->start[i] + links->start[k + 1] - links->start[k];
    }
#pragma omp parallel for schedule(dynamic, 1024)
    for (size_t i = 0; i < b->n; i++) {
        size_t k = p.place[i], at = b->start[i];
        for (size_t j = links->start[k]; j < links->start[k + 1]; j++, at++) {
            size_t o = links->item[j];
            double dx = p.x[o] - p.x[k], dy = p.y[o] - p.y[k];
            double dz = p.z[o] - p.z[k];
            b->bond[at].j = p.index[o];
            b->bond[at].d = sqrt(dx * dx + dy * dy + dz * dz);
        }
    }
    return AE_OK;
}

static int near_bonds(struct ae_bonds *b, const double (*pos)[3], double cutoff,
    const double *lattice, const int *pbc, struct ae_error *err)
{
    struct ae_cells *cells;
    struct ae_links links;
    int code = ae_cells_new(&cells, pos, b->n, cutoff, lattice, pbc, err);
    if (code)
        return code;
    code = ae_cells_links(cells, cutoff, &links, err);
    if (!code) {
        code = put_links(b, cells, &links, err);
        ae_links_clear(&links);
    }
    ae_cells_free(cells);
    return code;
}

static int face_bonds(struct ae_bonds *b, const double (*pos)[3], double cutoff,
    double face_area, const double *lattice, const int *pbc,
    struct ae_error *err)
{
    struct ae_voronoi cells;
    const struct ae_voronoi_settings settings = {.face_area = face_area,
        .cutoff = cutoff,
        .voids = AE_VORONOI_KEEP,
        .alpha = 4.5, /* angstrom; of no matter for the bonds */
        .radius = 4.5,
        .list = 1,
        .lattice = lattice,
        .pbc = lattice ? pbc : NULL};
    int code = ae_voronoi_new(&cells, pos, b->n, &settings, err);
    if (code)
        return code;
    b->bond = ae_alloc(cells.start[b->n], sizeof *b->bond);
    for (size_t i = 0; i < b->n && b->bond; i++) {
        size_t at = b->start[i];
        for (size_t f = cells.start[i]; f < cells.start[i + 1]; f++)
            if (cells.face[f].bond) {
                b->bond[at].j = cells.face[f].j;
                b->bond[at++].d = cells.face[f].distance;
            }
        b->start[i + 1] = at;
    }
    ae_voronoi_clear(&cells);
    return b->bond ? AE_OK : no_memory(err);
}

int ae_bonds_new(struct ae_bonds *b, const double (*pos)[3], size_t n,
    double cutoff, double face_area, const double *lattice, const int *pbc,
    struct ae_error *err)
{
    *b = (struct ae_bonds){.n = n, .start = ae_alloc(n + 1, sizeof *b->start)};
    int code = !b->start ? no_memory(err)
               : face_area < 0
                   ? near_bonds(b, pos, cutoff, lattice, pbc, err)
                   : face_bonds(b, pos, cutoff, face_area, lattice, pbc, err);
    if (code) {
        ae_bonds_clear(b);
        return code;
    }
#pragma omp parallel for schedule(dynamic, 1024)
    for (size_t i = 0; i < n; i++)
        qsort(b->bond + b->start[i], b->start[i + 1] - b->start[i],
            sizeof *b->bond, by_point);
    return AE_OK;
}

void ae_bonds_clear(struct ae_bonds *b)
{
    free(b->start);
    free(b->bond);
    memset(b, 0, sizeof *b);
}
