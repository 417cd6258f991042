/* SPDX-License-Identifier: BSD-2-Clause */
#include "geom/shells.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "geom/cells.h"
#include "geom/shells_kernel.h"
#include "geom/surface.h"

_Static_assert(
    (int)AE_SHELLS_BLOCK <= (int)AE_CELLS_PADDING, "readable blocks");

enum {
    NODES = AE_SHELLS_NODES,
    FACES = 256, /* of the surface, for a thread at a time */
    DEPTH = 40   /* a triangle is cut in half so often at most */
};

/* angstrom: the radius of the triangles that the surface is cut into. Each of
 * their nodes counts at one distance, which averages out over many nodes and
 * points: so there are some number of them at least. */
static const double largest = 3, smallest = 0.2, tiles = 20000;
/* times its radius: nearer than that a triangle is cut in half */
static const double near_by = 2.5;
/* angstrom: points so near to the plane of a triangle are its corners, or are
 * beside it, and see it edge-on */
static const double in_plane = 1e-7;
/* bytes of sums, whatever the number of kinds and shells */
static const size_t most_memory = 1 << 28;

struct work {
    struct ae_cells *cells;
    struct ae_cells_points points;
    uint32_t *at; /* [points.total] kind times stride, or NULL */
    size_t stride;
    double scale, reach; /* shells per angstrom; angstrom */
    double tile;         /* angstrom, largest radius of a tile */
};

double ae_shells_volume(size_t k, double width)
{
    double a = (double)k * width, b = (double)(k + 1) * width;
    return 4.0 / 3 * M_PI * (b * b * b - a * a * a);
}

/* ---- triangles ---- */

struct triangle {
    double corner[3][3], n[3], area; /* outward unit normal */
};

static void set_triangle(struct triangle *t)
{
    const double *a = t->corner[0], *b = t->corner[1], *c = t->corner[2];
    double length = 0;
    for (int k = 0; k < 3; k++) {
        int x = (k + 1) % 3, y = (k + 2) % 3;
        t->n[k] = (b[x] - a[x]) * (c[y] - a[y]) - (b[y] - a[y]) * (c[x] - a[x]);
        length += t->n[k] * t->n[k];
    }
    length = sqrt(length);
    t->area = length / 2;
    for (int k = 0; k < 3; k++)
        t->n[k] = length > 0 ? t->n[k] / length : 0;
}

/* Its centre, and how far the corners are from it. */
static double centre_of(const struct triangle *t, double centre[3])
{
    double square = 0;
    for (int k = 0; k < 3; k++)
        centre[k] = (t->corner[0][k] + t->corner[1][k] + t->corner[2][k]) / 3;
    for (int i = 0; i < 3; i++) {
        double s = 0;
        for (int k = 0; k < 3; k++)
            s += (t->corner[i][k] - centre[k]) * (t->corner[i][k] - centre[k]);
        square = fmax(square, s);
    }
    return sqrt(square);
}

/* The halves that the middle of its longest edge makes. */
static void cut(const struct triangle *t, struct triangle half[2])
{
    double longest = -1;
    int from = 0;
    for (int i = 0; i < 3; i++) {
        double square = 0;
        for (int k = 0; k < 3; k++) {
            double d = t->corner[(i + 1) % 3][k] - t->corner[i][k];
            square += d * d;
        }
        if (square > longest) {
            longest = square;
            from = i;
        }
    }
    for (int h = 0; h < 2; h++) {
        half[h] = *t;
        half[h].area = t->area / 2;
        for (int k = 0; k < 3; k++)
            half[h].corner[(from + h) % 3][k] =
                (t->corner[from][k] + t->corner[(from + 1) % 3][k]) / 2;
    }
}

/* The rule of seven nodes, exact for polynomials to degree 5: Radon 1948,
 * 10.1007/BF01299015. */
static void make_tile(const struct triangle *t, const double centre[3],
    struct ae_shells_tile *tile)
{
    const double root = sqrt(15);
    for (int k = 0; k < 3; k++) {
        tile->centre[k] = centre[k];
        tile->n[k] = t->n[k];
        tile->node[0][k] = 0;
    }
    tile->w[0] = (float)(t->area * 9 / 40);
    for (int i = 0; i < 3; i++)
        for (int s = 0; s < 2; s++) {
            /* on the line from the centre to a corner, one beyond the centre */
            double a = (6 + (s ? root : -root)) / 21;
            for (int k = 0; k < 3; k++)
                tile->node[1 + 2 * i + s][k] =
                    (float)((1 - 3 * a) * (t->corner[i][k] - centre[k]));
            tile->w[1 + 2 * i + s] =
                (float)(t->area * (155 + (s ? root : -root)) / 1200);
        }
}

/* ---- sums ---- */

static void add_node(const struct work *w, size_t place, double square,
    double cubed, struct ae_shells_sum *sum)
{
    double r = sqrt(square), bin = fmin(r * w->scale, (double)w->stride - 1);
    sum += (w->at ? w->at[place] : 0) + (size_t)bin;
    sum->angle += cubed / (square * r);
    sum->cubed += cubed;
}

/* A triangle, in parts that are small for their distance from a point. */
static void add_near(const struct work *w, const struct triangle *t,
    size_t place, double height, int depth, struct ae_shells_sum *sum)
{
    const double p[3] = {
        w->points.x[place], w->points.y[place], w->points.z[place]};
    double centre[3], radius = centre_of(t, centre), square = 0;
    struct triangle half[2];
    struct ae_shells_tile tile;
    for (int k = 0; k < 3; k++)
        square += (centre[k] - p[k]) * (centre[k] - p[k]);
    if (square < near_by * near_by * radius * radius && depth < DEPTH) {
        cut(t, half);
        for (int i = 0; i < 2; i++)
            add_near(w, &half[i], place, height, depth + 1, sum);
        return;
    }
    make_tile(t, centre, &tile);
    for (int i = 0; i < NODES; i++) {
        square = 0;
        for (int k = 0; k < 3; k++) {
            double d = centre[k] + (double)tile.node[i][k] - p[k];
            square += d * d;
        }
        add_node(w, place, square, (double)tile.w[i] * height, sum);
    }
}

/* One tile, seen from all points within reach. */
static void add_tile(const struct work *w, const struct triangle *t,
    const double centre[3], double radius, struct ae_shells_sum *sum)
{
    const struct ae_cells_points *p = &w->points;
    struct ae_shells_tile tile;
    size_t stretch[AE_CELLS_STRETCHES][2];
    double near = near_by * radius;
    make_tile(t, centre, &tile);
    size_t n = ae_cells_around(w->cells, centre, w->reach + radius, stretch);
    for (size_t i = 0; i < n; i++)
        ae_shells_kernel(p->x, p->y, p->z, w->at, stretch[i][0], stretch[i][1],
            &tile, near * near, w->scale, (int)w->stride - 1, sum);
    n = ae_cells_around(
        w->cells, centre, fmin(near, w->reach + radius), stretch);
    for (size_t i = 0; i < n; i++)
        for (size_t k = stretch[i][0]; k < stretch[i][1]; k++) {
            double u = centre[0] - p->x[k], v = centre[1] - p->y[k];
            double z = centre[2] - p->z[k];
            double height = t->n[0] * u + t->n[1] * v + t->n[2] * z;
            if (u * u + v * v + z * z < near * near && fabs(height) > in_plane)
                add_near(w, t, k, height, 0, sum);
        }
}

/* A face in tiles, as far as any point is within reach of it. */
static void add_face(
    const struct work *w, const struct triangle *t, struct ae_shells_sum *sum)
{
    double centre[3], distance, radius = centre_of(t, centre);
    struct triangle half[2];
    if (!(radius > w->tile)) {
        add_tile(w, t, centre, radius, sum);
        return;
    }
    ae_cells_nearest(w->cells, centre, &distance);
    if (distance > w->reach + radius)
        return;
    cut(t, half);
    for (int i = 0; i < 2; i++)
        add_face(w, &half[i], sum);
}

/* The faces in groups that do not depend on the number of threads, so that
 * neither does the sum. */
static int add_surface(const struct work *w, const struct ae_mesh *mesh,
    size_t n, struct ae_shells_sum *sum)
{
    size_t most = most_memory / (n * sizeof *sum) + 1;
    size_t groups = (mesh->nface + FACES - 1) / FACES;
    groups = groups < most ? groups : most;
    struct ae_shells_sum *part = ae_alloc(groups * n, sizeof *part);
    if (!part)
        return AE_EMEM;
#pragma omp parallel for schedule(dynamic, 1)
    for (size_t g = 0; g < groups; g++)
        for (size_t f = g * mesh->nface / groups;
             f < (g + 1) * mesh->nface / groups; f++) {
            struct triangle t;
            for (int i = 0; i < 3; i++)
                memcpy(t.corner[i], mesh->vertex[mesh->face[f][i]],
                    sizeof t.corner[i]);
            set_triangle(&t);
            add_face(w, &t, part + g * n);
        }
    for (size_t g = 0; g < groups; g++)
        for (size_t i = 0; i < n; i++) {
            sum[i].angle += part[g * n + i].angle;
            sum[i].cubed += part[g * n + i].cubed;
        }
    free(part);
    return AE_OK;
}

/* full[kind]: sums of the solid angles of the region at the points. */
static int add_angles(const struct ae_shells *s, double *full)
{
    const struct ae_region *r = s->region;
    double *angle = ae_alloc(s->n, sizeof *angle);
    if (!angle)
        return AE_EMEM;
    for (size_t i = 0; i < s->n; i++)
        angle[i] = 4 * M_PI;
    for (size_t i = 0; i < r->n; i++)
        angle[r->point[i]] = 0;
    for (size_t t = 0; t < r->mesh.n; t++) {
        double p[4][3], q[4][3];
        if (!r->in[t])
            continue;
        ae_delaunay_corners(&r->mesh, (const double(*)[3])r->pos, t, p);
        for (int k = 0; k < 4; k++) {
            for (int i = 0; i < 4; i++)
                memcpy(q[i], p[(k + i) % 4], sizeof q[i]);
            angle[r->point[r->mesh.vertex[t][k]]] += ae_tetra_solid_angle(q);
        }
    }
    for (size_t i = 0; i < s->n; i++)
        full[s->kind ? s->kind[i] : 0] += angle[i];
    free(angle);
    return AE_OK;
}

/* W of one kind: full is the sum of S(0), sum what the surface takes away. */
static void make_volume(const struct ae_shells *s, double full,
    const struct ae_shells_sum *sum, double *volume)
{
    for (size_t k = 0; k < s->nshell; k++) {
        double b = (double)(k + 1) * s->width;
        volume[k] = full * ae_shells_volume(k, s->width) / (4 * M_PI) -
                    (b * b * b * sum[k].angle - sum[k].cubed) / 3;
        full -= sum[k].angle;
    }
}

static int integrate(const struct ae_shells *s, const struct ae_mesh *mesh,
    double *volume, struct ae_error *err)
{
    struct work w = {.stride = s->nshell + 1,
        .scale = 1 / s->width,
        .reach = (double)s->nshell * s->width,
        .tile =
            fmin(largest, fmax(smallest, sqrt(ae_surface_area(mesh) / tiles)))};
    size_t n = s->kinds * w.stride;
    struct ae_shells_sum *sum = ae_alloc(n, sizeof *sum);
    double *full = ae_alloc(s->kinds, sizeof *full);
    int code =
        ae_cells_new(&w.cells, s->pos, s->n, w.reach + w.tile, NULL, NULL, err);
    if (code)
        goto out;
    ae_cells_points(w.cells, &w.points);
    if (s->kinds > 1)
        w.at = ae_alloc(w.points.total + AE_CELLS_PADDING, sizeof *w.at);
    code = AE_EMEM;
    if (!sum || !full || (s->kinds > 1 && !w.at))
        goto out;
    for (size_t k = 0; k < w.points.total && w.at; k++)
        w.at[k] = (uint32_t)(s->kind[w.points.index[k]] * w.stride);
    if ((code = add_angles(s, full)) || (code = add_surface(&w, mesh, n, sum)))
        goto out;
    for (size_t a = 0; a < s->kinds; a++)
        make_volume(s, full[a], sum + a * w.stride, volume + a * s->nshell);
out:
    free(sum);
    free(full);
    free(w.at);
    ae_cells_free(w.cells);
    return code == AE_EMEM ? ae_fail(err, code, "out of memory for the shells")
                           : code;
}

int ae_shells_integrated(
    const struct ae_shells *s, double *volume, struct ae_error *err)
{
    const struct ae_region *r = s->region;
    struct ae_surface surface;
    int code = ae_surface_new(
        &surface, &r->mesh, (const double(*)[3])r->pos, r->in, err);
    if (!code)
        code = integrate(s, &surface.mesh, volume, err);
    ae_surface_clear(&surface);
    return code;
}
