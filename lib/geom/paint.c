/* SPDX-License-Identifier: BSD-2-Clause */
#include "geom/paint.h"

#include <math.h>

static const double shift[3] = {2.3e-7, 1.7e-7, 1.1e-7}; /* angstrom */

/* Places first ... last - 1 of an axis within low ... high (and 1e-9 of a step
 * beyond, so that none is lost between two tetrahedra). */
static void span(const struct ae_paint *g, int k, double low, double high,
    size_t *first, size_t *last)
{
    double origin = g->origin[k] + shift[k];
    double a = ceil((low - origin) / g->step - 1e-9);
    double b = floor((high - origin) / g->step + 1e-9) + 1;
    *first = a > 0 ? (size_t)a : 0;
    *last = b < (double)g->n[k] ? b > 0 ? (size_t)b : 0 : g->n[k];
}

/* The planes of a tetrahedron: plane[k] . (x, y, z, 1) >= 0 inside. */
static void make_planes(double p[4][3], double plane[4][4])
{
    for (int k = 0; k < 4; k++) {
        const double *a = p[(k + 1) % 4], *b = p[(k + 2) % 4],
                     *c = p[(k + 3) % 4];
        double u[3], v[3], *n = plane[k], side = 0;
        for (int i = 0; i < 3; i++) {
            u[i] = b[i] - a[i];
            v[i] = c[i] - a[i];
        }
        n[0] = u[1] * v[2] - u[2] * v[1];
        n[1] = u[2] * v[0] - u[0] * v[2];
        n[2] = u[0] * v[1] - u[1] * v[0];
        n[3] = -(n[0] * a[0] + n[1] * a[1] + n[2] * a[2]);
        for (int i = 0; i < 3; i++)
            side += n[i] * (p[k][i] - a[i]);
        for (int i = 0; i < 4 && side < 0; i++)
            n[i] = -n[i];
    }
}

/* Mark the places along x in row (y, z) that are inside all four planes. */
static void paint_row(
    struct ae_paint *g, double plane[4][4], size_t y, size_t z, int bit)
{
    double low = -INFINITY, high = INFINITY;
    for (int k = 0; k < 4; k++) {
        const double *n = plane[k];
        double c = n[1] * (ae_paint_place(g, 1, y) + shift[1]) +
                   n[2] * (ae_paint_place(g, 2, z) + shift[2]) + n[3];
        if (n[0] > 0)
            low = fmax(low, -c / n[0]);
        else if (n[0] < 0)
            high = fmin(high, -c / n[0]);
        else if (c < 0)
            return;
    }
    size_t x, last;
    for (span(g, 0, low, high, &x, &last); x < last; x++)
        g->mark[(z * g->n[1] + y) * g->n[0] + x] |= (unsigned char)bit;
}

void ae_paint_tetra(struct ae_paint *paint, const struct ae_delaunay *mesh,
    const double (*pos)[3], const unsigned char *in, int bit)
{
    for (size_t t = 0; t < mesh->n; t++) {
        double p[4][3], plane[4][4], low[3], high[3];
        size_t y, yfirst, ylast, z, zlast;
        if (!in[t] || !(mesh->volume[t] > 0))
            continue;
        ae_delaunay_corners(mesh, pos, t, p);
        make_planes(p, plane);
        for (int k = 0; k < 3; k++) {
            low[k] = fmin(fmin(p[0][k], p[1][k]), fmin(p[2][k], p[3][k]));
            high[k] = fmax(fmax(p[0][k], p[1][k]), fmax(p[2][k], p[3][k]));
        }
        span(paint, 1, low[1], high[1], &yfirst, &ylast);
        for (span(paint, 2, low[2], high[2], &z, &zlast); z < zlast; z++)
            for (y = yfirst; y < ylast; y++)
                paint_row(paint, plane, y, z, bit);
    }
}
