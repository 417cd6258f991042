/* SPDX-License-Identifier: BSD-2-Clause */
#include "geom/voronoi.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "geom/alpha.h"
#include "geom/delaunay.h"
#include "geom/images.h"
#include "geom/polytope.h"

/* angstrom^3: voids below it are flat tetrahedra, not voids */
static const double sliver = 1e-3;
/* angstrom: a vertex this far above a plane still lies in it, edges shorter
 * than the second are those of perfect lattices' many-edged vertices */
static const double in_plane = 1e-9, no_edge = 1e-5;
/* angstrom: a cell that reaches this far without an end is open */
static const double far_away = 1e4;

enum state { OUTSIDE, SOLID, VOID }; /* of a tetrahedron */

struct work {
    const struct ae_voronoi_settings *set;
    size_t n;                /* cells wanted */
    double margin;           /* angstrom, copies reach so far; 0: none */
    struct ae_images images; /* points; those of the box first */
    struct ae_delaunay mesh;
    unsigned char *in, *state, *leaves; /* [mesh.n]; leaves: the circumcentre
                                           is outside the region */
    size_t *first, *star; /* tetrahedra at point i: star[first[i]] ... */
    unsigned char *deep; /* [points] all of these are solid, none at the hull */
    double *total;       /* [n] area of a cell */
    size_t *raw_start;   /* [n + 1] all faces of bounded cells */
    struct ae_voronoi_face *raw; /* j: a point of images */
};

struct plane {
    double n[3], d; /* n . x <= d */
};

/* One cell at a time, for one thread. */
struct cell {
    size_t nface, room;
    size_t *j;                    /* the neighbours, points of work.images */
    struct ae_voronoi_face *face; /* of them */
    double (*d)[3];               /* to the neighbour */
    double (*area)[3];            /* area vector */
    struct plane *plane;          /* [room + 6] to cut tetrahedra with */
    size_t *through;              /* [room + 6] those that cut one */
    uint32_t *slot; /* [nslot] hash table: 1 + place of a neighbour, 0 none */
    size_t nslot;   /* a power of 2, at least twice nface */
    int open;
    size_t nseen, seen_room, *seen; /* tetrahedra that the cell meets */
    struct ae_polytope body;
};

static const int others[4][3] = {{1, 2, 3}, {0, 3, 2}, {0, 1, 3}, {0, 2, 1}};

/* ---- faces ---- */

static int more(void **array, size_t *room, size_t size)
{
    size_t want = *room ? 2 * *room : 64;
    void *p = ae_resize(*array, *room, want, size);
    if (!p)
        return AE_EMEM;
    *array = p;
    *room = want;
    return AE_OK;
}

/* The slot of neighbour j, or the empty one where it belongs. */
static uint32_t *slot_of(struct cell *c, size_t j)
{
    size_t h = j * 0x9e3779b97f4a7c15u >> 40;
    while (c->slot[h & (c->nslot - 1)] &&
           c->j[c->slot[h & (c->nslot - 1)] - 1] != j)
        h++;
    return &c->slot[h & (c->nslot - 1)];
}

static int more_faces(struct cell *c)
{
    size_t room[4] = {c->room, c->room, c->room, c->room};
    if (more((void **)&c->j, &room[0], sizeof *c->j) ||
        more((void **)&c->face, &room[1], sizeof *c->face) ||
        more((void **)&c->d, &room[2], sizeof *c->d) ||
        more((void **)&c->area, &room[3], sizeof *c->area))
        return AE_EMEM;
    c->room = room[0];
    free(c->plane);
    free(c->through);
    c->plane = ae_alloc(c->room + 6, sizeof *c->plane);
    c->through = ae_alloc(c->room + 6, sizeof *c->through);
    free(c->slot);
    c->nslot = 2 * c->room;
    c->slot = ae_alloc(c->nslot, sizeof *c->slot);
    for (size_t f = 0; f < c->nface && c->slot; f++)
        *slot_of(c, c->j[f]) = (uint32_t)f + 1;
    return c->slot && c->plane && c->through ? AE_OK : AE_EMEM;
}

/* Place of neighbour j in the list, added when new. SIZE_MAX: no memory. */
static size_t find_face(
    const struct work *w, struct cell *c, size_t i, size_t j)
{
    if (c->nface == c->room && more_faces(c))
        return SIZE_MAX;
    uint32_t *slot = slot_of(c, j);
    if (*slot)
        return *slot - 1;
    size_t f = c->nface++;
    *slot = (uint32_t)c->nface;
    double square = 0;
    for (int k = 0; k < 3; k++) {
        double d = w->images.pos[j][k] - w->images.pos[i][k];
        c->d[f][k] = d;
        c->area[f][k] = 0;
        square += d * d;
    }
    c->j[f] = j;
    c->face[f] =
        (struct ae_voronoi_face){.j = (uint32_t)j, .distance = sqrt(square)};
    return f;
}

/* The polygon around an edge is summed side by side: from the centre of t to
 * that of its neighbour across the face with the edge and the next corner. */
static int find_faces(const struct work *w, struct cell *c, size_t i)
{
    const struct ae_delaunay *mesh = &w->mesh;
    const double *o = w->images.pos[i];
    c->nface = 0;
    c->open = 0;
    memset(c->slot, 0, c->nslot * sizeof *c->slot);
    for (size_t m = w->first[i]; m < w->first[i + 1]; m++) {
        size_t t = w->star[m];
        int at = 0;
        while (mesh->vertex[t][at] != i)
            at++;
        c->open |= w->margin > 0 && 2 * mesh->radius[t] > w->margin;
        double p[3], q[3];
        for (int l = 0; l < 3; l++)
            p[l] = mesh->centre[t][l] - o[l];
        for (int k = 0; k < 3; k++) {
            int a = others[at][k], b = others[at][(k + 1) % 3];
            size_t u = mesh->neighbour[t][b];
            size_t f = find_face(w, c, i, mesh->vertex[t][a]);
            if (f == SIZE_MAX)
                return AE_EMEM;
            if (u == AE_DELAUNAY_HULL) {
                c->open = 1;
                continue;
            }
            for (int l = 0; l < 3; l++)
                q[l] = mesh->centre[u][l] - o[l];
            for (int l = 0; l < 3; l++) {
                int x = (l + 1) % 3, y = (l + 2) % 3;
                c->area[f][l] += (p[x] * q[y] - p[y] * q[x]) / 2;
            }
        }
    }
    for (size_t f = 0; f < c->nface; f++) {
        const double *d = c->d[f], *a = c->area[f];
        c->face[f].area =
            (a[0] * d[0] + a[1] * d[1] + a[2] * d[2]) / c->face[f].distance;
    }
    return AE_OK;
}

static void sort_faces(struct cell *c)
{
    for (size_t f = 1; f < c->nface; f++) {
        struct ae_voronoi_face face = c->face[f];
        double d[3];
        size_t g = f;
        memcpy(d, c->d[f], sizeof d);
        for (; g && (c->face[g - 1].distance > face.distance ||
                        (c->face[g - 1].distance == face.distance &&
                            c->face[g - 1].j > face.j));
             g--) {
            c->face[g] = c->face[g - 1];
            memcpy(c->d[g], c->d[g - 1], sizeof d);
        }
        c->face[g] = face;
        memcpy(c->d[g], d, sizeof d);
    }
}

static void clear_cell(struct cell *c)
{
    free(c->j);
    free(c->slot);
    free(c->face);
    free(c->d);
    free(c->area);
    free(c->seen);
    free(c->plane);
    free(c->through);
}

/* ---- the part in solid tetrahedra ---- */

/* The planes half way to the neighbours, then those of a cube. */
static void set_planes(const struct work *w, struct cell *c)
{
    const double reach = w->set->radius * (1 + 1e-6);
    for (size_t f = 0; f < c->nface + 6; f++) {
        struct plane *plane = &c->plane[f];
        double r = f < c->nface ? c->face[f].distance : 0;
        memset(plane, 0, sizeof *plane);
        plane->d = f < c->nface ? r * r / 2 : reach;
        if (f < c->nface)
            memcpy(plane->n, c->d[f], sizeof plane->n);
        else
            plane->n[(f - c->nface) / 2] = (f - c->nface) % 2 ? 1 : -1;
    }
}

/* The planes that cut the tetrahedron with corners p, those to corners of its
 * own first, after which the others seldom cut; 0 when one of them has all of
 * it on the other side. */
static size_t list_planes(
    const struct work *w, struct cell *c, size_t t, double p[3][4])
{
    size_t own = 0, n = 0;
    for (size_t f = 0; f < c->nface + 6; f++) {
        const struct plane *plane = &c->plane[f];
        double s[4];
        int over = 0, under = 0;
        for (int k = 0; k < 4; k++)
            s[k] = plane->n[0] * p[0][k] + plane->n[1] * p[1][k] +
                   plane->n[2] * p[2][k] - plane->d;
        for (int k = 0; k < 4; k++) {
            over += s[k] > in_plane;
            under += s[k] <= 0;
        }
        if (!under)
            return 0;
        if (!over)
            continue;
        c->through[n] = f;
        for (int k = 0; k < 4 && f < c->nface; k++)
            if (w->mesh.vertex[t][k] == c->face[f].j) {
                c->through[n] = c->through[own];
                c->through[own++] = f;
            }
        n++;
    }
    return n;
}

/* Tetrahedron t as seen from point i, cut by the planes: 0 when something is
 * left. */
static int cut_tetra(const struct work *w, struct cell *c, size_t i, size_t t)
{
    double p[4][3], x[3][4];
    for (int k = 0; k < 4; k++)
        for (int l = 0; l < 3; l++)
            x[l][k] = p[k][l] =
                w->images.pos[w->mesh.vertex[t][k]][l] - w->images.pos[i][l];
    size_t n = list_planes(w, c, t, x);
    if (!n)
        return 1;
    ae_polytope_tetra(&c->body, p);
    for (size_t m = 0; m < n; m++) {
        const struct plane *plane = &c->plane[c->through[m]];
        int code = ae_polytope_cut(&c->body, plane->n, plane->d, in_plane);
        if (code < -1)
            return -code - 1; /* nothing left: 1; no room: 2 */
    }
    return 0;
}

static int saw(const struct cell *c, size_t t)
{
    for (size_t m = 0; m < c->nseen; m++)
        if (c->seen[m] == t)
            return 1;
    return 0;
}

/* t is to be looked at, once. */
static int look(struct cell *c, size_t t)
{
    if (saw(c, t))
        return AE_OK;
    if (c->nseen == c->seen_room &&
        more((void **)&c->seen, &c->seen_room, sizeof *c->seen))
        return AE_EMEM;
    c->seen[c->nseen++] = t;
    return AE_OK;
}

/* Are all tetrahedra at i and at its neighbours solid? Then so is the cell. */
static int is_deep(const struct work *w, const struct cell *c, size_t i)
{
    int deep = w->deep[i];
    for (size_t f = 0; f < c->nface && deep; f++)
        deep = w->deep[c->face[f].j];
    return deep;
}

/* Do all tetrahedra at i, which are solid, hold the cell with other solid ones?
 * Where it leaves them it is across the faces opposite to i. An error is < 0. */
static int in_solid(const struct work *w, struct cell *c, size_t i)
{
    const struct ae_delaunay *mesh = &w->mesh;
    size_t inner = 0;
    c->nseen = 0;
    for (size_t m = w->first[i]; m < w->first[i + 1]; m++, inner++)
        if (look(c, w->star[m]))
            return -AE_EMEM;
    for (size_t m = 0; m < c->nseen; m++) {
        size_t t = c->seen[m];
        int what = m < inner ? 0 : cut_tetra(w, c, i, t);
        if (what == 2)
            return -AE_EDATA;
        if (what)
            continue;
        if (w->state[t] != SOLID)
            return 0;
        for (int k = 0; k < 4; k++)
            if (mesh->neighbour[t][k] == AE_DELAUNAY_HULL)
                return 0;
            else if (look(c, mesh->neighbour[t][k]))
                return -AE_EMEM;
    }
    return 1;
}

/* A solid tetrahedron has no point farther than radius from its nearest
 * corner, so that a cube of that size about i holds all that counts. */
static int solid_volume(
    const struct work *w, struct cell *c, size_t i, double *volume)
{
    int code = AE_OK;
    set_planes(w, c);
    int whole = w->deep[i] ? in_solid(w, c, i) : 0;
    if (whole) /* the volume is that of the cell */
        return whole < 0 ? -whole : AE_OK;
    *volume = 0;
    c->nseen = 0;
    for (size_t m = w->first[i]; m < w->first[i + 1] && !code; m++)
        code = look(c, w->star[m]);
    for (size_t m = 0; m < c->nseen && !code; m++) {
        size_t t = c->seen[m];
        int what = cut_tetra(w, c, i, t);
        if (what == 2)
            return AE_EDATA;
        if (what)
            continue;
        if (w->state[t] == SOLID)
            *volume += ae_polytope_volume(&c->body);
        for (int k = 0; k < 4 && !code; k++)
            if (w->mesh.neighbour[t][k] != AE_DELAUNAY_HULL)
                code = look(c, w->mesh.neighbour[t][k]);
    }
    return code;
}

/* Solid angle of the solid tetrahedra at i over 4 pi. */
static double solid_share(const struct work *w, size_t i)
{
    double sum = 0;
    for (size_t m = w->first[i]; m < w->first[i + 1]; m++) {
        size_t t = w->star[m];
        double p[4][3];
        int at = 0;
        if (w->state[t] != SOLID || w->mesh.volume[t] < 1e-9)
            continue;
        while (w->mesh.vertex[t][at] != i)
            at++;
        ae_delaunay_corners(&w->mesh, (const double(*)[3])w->images.pos, t, p);
        memcpy(p[at], p[0], sizeof p[0]);
        memcpy(p[0], w->images.pos[i], sizeof p[0]);
        sum += ae_tetra_solid_angle(p);
    }
    return sum / (4 * M_PI);
}

/* ---- tetrahedra ---- */

/* Which tetrahedra are solid, and which of their centres leave the region. */
static int set_states(struct work *w, struct ae_error *err)
{
    const struct ae_delaunay *mesh = &w->mesh;
    size_t nparts, *part = ae_alloc(mesh->n, sizeof *part);
    double *volume = NULL;
    unsigned char *empty = ae_alloc(mesh->n, 1);
    w->in = ae_alloc(mesh->n, 1);
    w->state = ae_alloc(mesh->n, 1);
    w->leaves = ae_alloc(mesh->n, 1);
    int code = AE_EMEM;
    if (!part || !empty || !w->in || !w->state || !w->leaves)
        goto out;
    if ((code = ae_alpha_region(mesh, w->set->alpha, 1, 0, w->in, err)) != 0)
        goto out;
    for (size_t t = 0; t < mesh->n; t++)
        empty[t] = w->in[t] && mesh->radius[t] > w->set->radius;
    if ((code = ae_alpha_parts(mesh, empty, part, &nparts, err)) != 0)
        goto out;
    volume = ae_alloc(nparts, sizeof *volume);
    code = volume ? AE_OK : AE_EMEM;
    for (size_t t = 0; t < mesh->n && !code; t++)
        if (empty[t])
            volume[part[t]] += mesh->volume[t];
    for (size_t t = 0; t < mesh->n && !code; t++)
        w->state[t] = !w->in[t]                                 ? OUTSIDE
                      : empty[t] && !(volume[part[t]] < sliver) ? VOID
                                                                : SOLID;
#pragma omp parallel for schedule(static)
    for (size_t t = 0; t < mesh->n; t++) {
        if (code)
            continue;
        size_t u = w->in[t] ? ae_delaunay_locate(mesh, mesh->centre[t], t)
                            : AE_DELAUNAY_HULL;
        /* a larger sphere than alpha does not hold its centre inside, but
         * for holes that are filled */
        w->leaves[t] = u == AE_DELAUNAY_HULL || !w->in[u];
    }
out:
    free(part);
    free(volume);
    free(empty);
    return code == AE_EMEM ? ae_fail(err, code, "out of memory for the cells")
                           : code;
}

/* Lists of the tetrahedra at each point. */
static int make_stars(struct work *w, struct ae_error *err)
{
    const struct ae_delaunay *mesh = &w->mesh;
    w->first = ae_alloc(mesh->npoint + 2, sizeof *w->first);
    w->star = ae_alloc(4 * mesh->n, sizeof *w->star);
    w->deep = ae_alloc(mesh->npoint, 1);
    if (!w->first || !w->star || !w->deep)
        return ae_fail(err, AE_EMEM, "out of memory for the cells");
    for (size_t t = 0; t < mesh->n; t++)
        for (int k = 0; k < 4; k++)
            w->first[mesh->vertex[t][k] + 2]++;
    for (size_t i = 0; i < mesh->npoint; i++)
        w->first[i + 2] += w->first[i + 1];
    memset(w->deep, 1, mesh->npoint);
    for (size_t t = 0; t < mesh->n; t++)
        for (int k = 0; k < 4; k++) {
            w->star[w->first[mesh->vertex[t][k] + 1]++] = t;
            if (w->state[t] != SOLID)
                w->deep[mesh->vertex[t][k]] = 0;
            for (int l = 0; l < 4; l++)
                if (mesh->neighbour[t][l] == AE_DELAUNAY_HULL)
                    w->deep[mesh->vertex[t][k]] = 0;
        }
    return AE_OK;
}

/* ---- cells ---- */

/* rho of cell i; its faces are sorted. */
static int make_rho(
    const struct work *w, struct cell *c, size_t i, struct ae_voronoi *out)
{
    double share = 1;
    out->solid[i] = out->volume[i];
    if (w->set->voids == AE_VORONOI_WEIGHT && !is_deep(w, c, i)) {
        int code = solid_volume(w, c, i, &out->solid[i]);
        if (code)
            return code;
        share = solid_share(w, i);
    }
    int whole = out->flag[i] == AE_VORONOI_WHOLE;
    if (w->set->voids == AE_VORONOI_WEIGHT)
        out->rho[i] =
            share > 0 && out->solid[i] > 0 ? share / out->solid[i] : NAN;
    else if (whole || (w->set->voids == AE_VORONOI_KEEP &&
                          out->flag[i] == AE_VORONOI_BORDERS))
        out->rho[i] = 1 / out->volume[i];
    else
        out->rho[i] = NAN;
    return AE_OK;
}

static int flag_of(const struct work *w, const struct cell *c, size_t i)
{
    int leaves = 0, borders = 0;
    for (size_t m = w->first[i]; m < w->first[i + 1]; m++) {
        leaves |= w->leaves[w->star[m]];
        borders |= w->state[w->star[m]] == VOID;
    }
    if (c->open || !c->nface)
        return AE_VORONOI_UNBOUNDED;
    return leaves    ? AE_VORONOI_LEAVES
           : borders ? AE_VORONOI_BORDERS
                     : AE_VORONOI_WHOLE;
}

/* The cell made by the faces that are kept (bond != 0) alone. */
static int make_index(struct cell *c, int64_t index[4])
{
    int planes[AE_POLYTOPE_PLANES], n = 0;
    ae_polytope_cube(&c->body, far_away);
    for (size_t f = 0; f < c->nface; f++) {
        const double *d = c->d[f];
        if (!c->face[f].bond)
            continue;
        int plane = ae_polytope_cut(&c->body, d,
            (d[0] * d[0] + d[1] * d[1] + d[2] * d[2]) / 2, in_plane);
        if (plane == -3)
            return AE_EDATA;
        if (plane >= 0)
            planes[n++] = plane;
    }
    for (int k = 0; k < 6; k++)
        if (ae_polytope_edges(&c->body, k, 0))
            return AE_OK;
    for (int i = 0; i < n; i++) {
        int edges = ae_polytope_edges(&c->body, planes[i], no_edge);
        if (edges >= 3 && edges <= 6)
            index[edges - 3]++;
    }
    return AE_OK;
}

/* Everything of cell i but its bonds. */
static int measure(
    const struct work *w, struct cell *c, size_t i, struct ae_voronoi *out)
{
    double volume = 0, total = 0;
    size_t kept = 0;
    int code = find_faces(w, c, i);
    if (code)
        return code;
    sort_faces(c);
    for (size_t f = 0; f < c->nface; f++) {
        volume += c->face[f].area * c->face[f].distance / 6;
        total += c->face[f].area;
    }
    int flag = out->flag[i] = flag_of(w, c, i);
    int open = flag == AE_VORONOI_UNBOUNDED;
    w->total[i] = open ? NAN : total;
    out->volume[i] = open ? NAN : volume;
    code = make_rho(w, c, i, out);
    for (size_t f = 0; f < c->nface && !open; f++) {
        struct ae_voronoi_face *face = &c->face[f];
        face->bond = face->area > 0 && face->area >= w->set->face_area * total;
        kept += (size_t)face->bond;
        w->raw[w->raw_start[i] + f] = *face;
    }
    out->nface[i] = open ? NAN : (double)kept;
    return code || open ? code : make_index(c, out->index[i]);
}

/* The bonds of cell i, after all areas are known. bond of a face: 1 it is
 * kept, 2 it is a bond, 3 both. */
static int find_bonds(
    const struct work *w, struct cell *c, size_t i, struct ae_voronoi *out)
{
    const struct ae_voronoi_settings *set = w->set;
    size_t bonds = 0;
    (void)c;
    for (size_t f = w->raw_start[i]; f < w->raw_start[i + 1]; f++) {
        struct ae_voronoi_face *face = &w->raw[f];
        double other = w->total[w->images.of[face->j]];
        int mine = face->bond,
            theirs = face->area > 0 && face->area >= set->face_area * other;
        int bond = (set->one_sided ? mine || theirs : mine && theirs) &&
                   face->distance < set->cutoff;
        bonds += (size_t)bond;
        face->bond = mine + 2 * bond;
    }
    out->cn[i] = isnan(w->total[i]) ? NAN : (double)bonds;
    return AE_OK;
}

typedef int step(
    const struct work *w, struct cell *c, size_t i, struct ae_voronoi *out);

/* One step for all cells; each fills only its own places. */
static int all_cells(const struct work *w, struct ae_voronoi *out, step *one,
    struct ae_error *err)
{
    int failed = 0;
    size_t where = SIZE_MAX;
#pragma omp parallel
    {
        struct cell *c = ae_alloc(1, sizeof *c);
        if (c && more_faces(c))
            c->nslot = 0; /* no memory, as slot says */
#pragma omp for schedule(dynamic, 64)
        for (size_t i = 0; i < w->n; i++) {
            int code = c && c->slot ? one(w, c, i, out) : AE_EMEM;
            if (!code)
                continue;
#pragma omp critical
            if (i < where) {
                where = i;
                failed = code;
            }
        }
        if (c)
            clear_cell(c);
        free(c);
    }
    if (failed == AE_EDATA)
        return ae_fail(err, AE_EDATA,
            "the cell of atom %zu has more than %d faces; raise --face-area or "
            "drop atoms far away",
            where, AE_POLYTOPE_PLANES - 6);
    return failed ? ae_fail(err, failed, "out of memory for the cells") : AE_OK;
}

/* The points, in a periodic box with copies as far as margin. */
static int triangulate(
    struct work *w, const double (*pos)[3], double margin, struct ae_error *err)
{
    const struct ae_voronoi_settings *set = w->set;
    const double open_box[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
    const int no_axis[3] = {0};
    ae_images_clear(&w->images);
    ae_delaunay_clear(&w->mesh);
    int code = ae_images_new(&w->images, pos, w->n,
        margin > 0 ? set->lattice : open_box, margin > 0 ? set->pbc : no_axis,
        margin, err);
    if (!code)
        code = ae_delaunay_new(&w->mesh, (const double(*)[3])w->images.pos,
            w->images.n, AE_DELAUNAY_JITTER, err);
    return code;
}

/* The farthest corner of a cell of the box, from its atom (angstrom). */
static double farthest(const struct work *w)
{
    double r = 0;
    for (size_t t = 0; t < w->mesh.n; t++)
        for (int k = 0; k < 4; k++)
            if (w->mesh.vertex[t][k] < w->n)
                r = fmax(r, w->mesh.radius[t]);
    return r;
}

/* Cells are right when no sphere at an atom of the box reaches beyond the
 * copies. Where an axis is open there is no end to that; then the margin
 * grows to eight times alpha, and cells that reach too far count as open. */
static int make_mesh(
    struct work *w, const double (*pos)[3], struct ae_error *err)
{
    const int *pbc = w->set->pbc;
    int axes = pbc && w->set->lattice ? !!pbc[0] + !!pbc[1] + !!pbc[2] : 0;
    double margin = axes ? 2 * w->set->alpha : 0;
    int code = triangulate(w, pos, margin, err);
    while (axes && !code && 2 * farthest(w) > margin &&
           (axes == 3 || margin < 8 * w->set->alpha)) {
        margin *= 2;
        code = triangulate(w, pos, margin, err);
    }
    w->margin = margin;
    return code;
}

/* A bounded cell has as many faces as follow from Euler's formula for its
 * corners, one for each tetrahedron and all of three edges. */
static void count_raw(struct work *w)
{
    for (size_t i = 0; i < w->n; i++) {
        size_t corners = w->first[i + 1] - w->first[i];
        int open = !corners;
        for (size_t m = w->first[i]; m < w->first[i + 1]; m++)
            for (int k = 0; k < 4; k++)
                open |= w->mesh.vertex[w->star[m]][k] != i &&
                        w->mesh.neighbour[w->star[m]][k] == AE_DELAUNAY_HULL;
        w->raw_start[i + 1] = w->raw_start[i] + (open ? 0 : corners / 2 + 2);
    }
}

static int allocate(struct ae_voronoi *out, struct work *w)
{
    size_t n = w->n;
    out->n = n;
    out->volume = ae_alloc(n, sizeof *out->volume);
    out->solid = ae_alloc(n, sizeof *out->solid);
    out->rho = ae_alloc(n, sizeof *out->rho);
    out->cn = ae_alloc(n, sizeof *out->cn);
    out->nface = ae_alloc(n, sizeof *out->nface);
    out->flag = ae_alloc(n, sizeof *out->flag);
    out->index = ae_alloc(n, sizeof *out->index);
    w->total = ae_alloc(n, sizeof *w->total);
    w->raw_start = ae_alloc(n + 1, sizeof *w->raw_start);
    if (!out->volume || !out->solid || !out->rho || !out->cn || !out->nface ||
        !out->flag || !out->index || !w->total || !w->raw_start)
        return AE_EMEM;
    count_raw(w);
    w->raw = ae_alloc(w->raw_start[n], sizeof *w->raw);
    return w->raw ? AE_OK : AE_EMEM;
}

/* The faces that are kept or bonds, their neighbours atoms of the box. */
static int list_faces(struct work *w, struct ae_voronoi *out)
{
    size_t n = 0;
    out->start = ae_alloc(w->n + 1, sizeof *out->start);
    if (!out->start)
        return AE_EMEM;
    for (size_t i = 0; i < w->n; i++) {
        for (size_t f = w->raw_start[i]; f < w->raw_start[i + 1]; f++) {
            struct ae_voronoi_face face = w->raw[f];
            if (!face.bond)
                continue;
            face.j = (uint32_t)w->images.of[face.j];
            face.bond = face.bond >> 1;
            w->raw[n++] = face;
        }
        out->start[i + 1] = n;
    }
    out->face = w->raw;
    w->raw = NULL;
    return AE_OK;
}

int ae_voronoi_new(struct ae_voronoi *cells, const double (*pos)[3], size_t n,
    const struct ae_voronoi_settings *settings, struct ae_error *err)
{
    struct work w = {.set = settings, .n = n};
    memset(cells, 0, sizeof *cells);
    int code = make_mesh(&w, pos, err);
    if (!code)
        code = set_states(&w, err);
    if (!code)
        code = make_stars(&w, err);
    if (!code && allocate(cells, &w))
        code = ae_fail(err, AE_EMEM, "out of memory for %zu cells", n);
    if (!code)
        code = all_cells(&w, cells, measure, err);
    if (!code)
        code = all_cells(&w, cells, find_bonds, err);
    if (!code && settings->list && list_faces(&w, cells))
        code = ae_fail(err, AE_EMEM, "out of memory for the faces");
    ae_images_clear(&w.images);
    ae_delaunay_clear(&w.mesh);
    free(w.in);
    free(w.state);
    free(w.leaves);
    free(w.first);
    free(w.star);
    free(w.deep);
    free(w.total);
    free(w.raw_start);
    free(w.raw);
    if (code)
        ae_voronoi_clear(cells);
    return code;
}

void ae_voronoi_clear(struct ae_voronoi *cells)
{
    free(cells->volume);
    free(cells->solid);
    free(cells->rho);
    free(cells->cn);
    free(cells->nface);
    free(cells->flag);
    free(cells->index);
    free(cells->start);
    free(cells->face);
    memset(cells, 0, sizeof *cells);
}
