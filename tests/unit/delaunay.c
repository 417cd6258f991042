/* SPDX-License-Identifier: BSD-2-Clause
 * delaunay, alpha, voids - closed forms of the fcc lattice. */
#include "geom/delaunay.h"
#include <stdlib.h>
#include <string.h>
#include "base/rng.h"
#include "geom/alpha.h"
#include "geom/lattice.h"
#include "geom/voids.h"
#include "check.h"

/* A ball of the lattice; the atoms within hole of its centre are taken out. */
static size_t ball(
    const char *name, double a, double radius, double hole, double (**pos)[3])
{
    struct ae_lattice lattice = {0};
    struct ae_lattice_atoms atoms;
    const double edge[3] = {a, 0, 0}, zero[3] = {0, 0, 0};
    size_t n = 0;
    CHECK(ae_lattice_named(&lattice, name, edge, "Zr", NULL) == 0);
    CHECK(
        ae_lattice_fill(&lattice, zero, zero, radius, zero, &atoms, NULL) == 0);
    *pos = calloc(atoms.n, sizeof **pos);
    for (size_t i = 0; i < atoms.n; i++) {
        const double *p = atoms.pos[i];
        double r = sqrt(p[0] * p[0] + p[1] * p[1] + p[2] * p[2]);
        if (r > hole)
            memcpy((*pos)[n++], p, sizeof **pos);
    }
    ae_lattice_clear(&atoms);
    return n;
}

static void one_tetra(void)
{
    double p[4][3] = {{1, 1, 1}, {1, -1, -1}, {-1, 1, -1}, {-1, -1, 1}}, o[3];
    NEAR(ae_tetra_volume(p), 8. / 3, 1e-14);
    NEAR(ae_tetra_sphere(p, o), sqrt(3.), 1e-14);
    NEAR(o[0] * o[0] + o[1] * o[1] + o[2] * o[2], 0, 1e-28);
    NEAR(ae_tetra_distortion(p), 0, 1e-14);
    NEAR(ae_tetra_solid_angle(p), acos(23. / 27), 1e-14);
    double corner[4][3] = {{7, 7, 7}, {9, 7, 7}, {7, 10, 7}, {7, 7, 12}};
    NEAR(ae_tetra_solid_angle(corner), M_PI / 2, 1e-14);
    NEAR(ae_tetra_volume(corner), 5, 1e-14);
}

/* Inside an fcc ball every tetrahedron is a tetrahedral site or a quarter of
 * an octahedron, of a^3/24, or flat. */
static void closed_forms(double a)
{
    double(*pos)[3];
    struct ae_delaunay mesh;
    size_t n = ball("fcc", a, 4 * a, -1, &pos), sites = 0, quarters = 0;
    double inner = 0;
    CHECK(ae_delaunay_new(&mesh, pos, n, AE_DELAUNAY_JITTER, NULL) == 0);
    for (size_t t = 0; t < mesh.n; t++) {
        double p[4][3];
        const double *c = mesh.centre[t];
        if (sqrt(c[0] * c[0] + c[1] * c[1] + c[2] * c[2]) > 2 * a)
            continue;
        inner += mesh.volume[t];
        ae_delaunay_corners(&mesh, pos, t, p);
        if (mesh.volume[t] < 1e-4)
            continue;
        double delta = ae_tetra_distortion(p);
        NEAR(mesh.volume[t], a * a * a / 24, 1e-5);
        if (delta < 0.1) {
            sites++;
            NEAR(delta, 0, 1e-6);
            NEAR(mesh.radius[t], a * sqrt(3.) / 4, 1e-6);
        } else {
            quarters++;
            NEAR(delta, sqrt(2.) / ((5 + sqrt(2.)) / 6) - 1, 1e-6);
            NEAR(mesh.radius[t], a / 2, 1e-6);
        }
    }
    CHECK(sites > 200 && quarters > 400);
    for (size_t t = 0; t < mesh.n; t++)
        for (int k = 0; k < 4; k++) {
            size_t u = mesh.neighbour[t][k], back = 0, shared = 0;
            if (u == AE_DELAUNAY_HULL)
                continue;
            for (int j = 0; j < 4; j++) {
                back += mesh.neighbour[u][j] == t;
                for (int i = 0; i < 4; i++)
                    shared += i != k && mesh.vertex[t][i] == mesh.vertex[u][j];
            }
            CHECK(back == 1 && shared == 3);
        }
    ae_delaunay_clear(&mesh);
    free(pos);
}

struct found {
    double region, empty, largest;
    size_t counted, inner; /* of at least 45 angstrom^3; not at the surface */
};

static struct found find(double (*pos)[3], size_t n, int fill)
{
    struct ae_delaunay mesh;
    struct ae_voids voids;
    struct found f = {0};
    CHECK(ae_delaunay_new(&mesh, pos, n, AE_DELAUNAY_JITTER, NULL) == 0);
    unsigned char *in = malloc(mesh.n);
    CHECK(ae_alpha_region(&mesh, AE_VOIDS_ALPHA, fill, 0, in, NULL) == 0);
    CHECK(ae_voids_find(&mesh, pos, in, AE_VOIDS_RADIUS, &voids, NULL) == 0);
    f.region = voids.region;
    f.empty = voids.empty;
    NEAR(ae_alpha_volume(&mesh, in), voids.region, 1e-6);
    for (size_t i = 0; i < voids.n; i++) {
        const struct ae_void *v = &voids.item[i];
        f.counted += v->class != AE_VOID_MINOR;
        f.inner += !v->surface;
        if (!v->surface)
            f.largest = fmax(f.largest, v->volume);
    }
    ae_voids_clear(&voids);
    ae_delaunay_clear(&mesh);
    free(in);
    return f;
}

/* The values below were measured with another program. */
static void regions(void)
{
    double(*pos)[3];
    size_t n = ball("fcc", 5.092, 20, -1, &pos);
    struct found f = find(pos, n, 1);
    CHECK(n == 959);
    NEAR(f.region, 26340, 15);
    NEAR(f.empty / f.region, 0.065, 0.003);
    CHECK(f.counted >= 22 && f.counted <= 26);
    free(pos);
    n = ball("fcc", 5.092, 30, -1, &pos);
    struct found whole = find(pos, n, 1);
    CHECK(whole.counted >= 43 && whole.counted <= 53);
    free(pos);
    n = ball("fcc", 5.092, 30, 0.1, &pos); /* the central atom taken out */
    f = find(pos, n, 1);
    CHECK(f.counted == whole.counted + 1);
    CHECK(f.inner == whole.inner + 1);
    NEAR(f.largest, 5 * 5.092 * 5.092 * 5.092 / 6, 0.05);
    free(pos);
}

static void cavities(void)
{
    const double want[3][2] = {{6, 1210}, {8, 2971}, {10, 6513}};
    double(*pos)[3];
    for (int i = 0; i < 3; i++) {
        size_t n = ball("fcc", 5.092, 30, want[i][0], &pos);
        struct found f = find(pos, n, 1);
        NEAR(f.largest, want[i][1], 0.002 * want[i][1]);
        if (i == 2)
            CHECK(find(pos, n, 0).largest < 100);
        free(pos);
    }
}

static void refused(void)
{
    struct ae_delaunay mesh;
    struct ae_error err = {0};
    double p[9][3] = {{0}};
    for (int i = 0; i < 9; i++) {
        p[i][0] = 3.1 * (i % 3);
        p[i][1] = 2.7 * (i / 3);
        p[i][2] = p[i][0] + 0.3 * p[i][1];
    }
    CHECK(ae_delaunay_new(&mesh, p, 9, 1e-6, &err) == AE_EDATA);
    CHECK(strstr(err.msg, "plane") != NULL);
    CHECK(ae_delaunay_new(&mesh, p, 9, 0, &err) == AE_EDATA);
    CHECK(ae_delaunay_new(&mesh, p, 4, 1e-6, &err) == AE_EDATA);
    CHECK(strstr(err.msg, "at least 5") != NULL);
    memset(p, 0, sizeof p);
    CHECK(ae_delaunay_new(&mesh, p, 9, 0, &err) == AE_EDATA);
    CHECK(!strchr(err.msg, '\n'));
}

int main(void)
{
    one_tetra();
    closed_forms(5.092);
    closed_forms(4.666);
    regions();
    cavities();
    refused();
    return checked();
}
