/* SPDX-License-Identifier: BSD-2-Clause
 * voronoi, polytope - cuts of a cube; the solid parts of all cells are the
 * solid tetrahedra. */
#include "geom/voronoi.h"
#include <stdlib.h>
#include <string.h>
#include "base/rng.h"
#include "geom/alpha.h"
#include "geom/delaunay.h"
#include "geom/polytope.h"
#include "check.h"

static void cuts(void)
{
    static struct ae_polytope body;
    const double corner[3] = {1, 1, 1}, up[3] = {0, 0, 2};
    ae_polytope_cube(&body, 3);
    NEAR(ae_polytope_volume(&body), 216, 1e-12);
    /* a corner of 2 x 2 x 2 / 6 */
    CHECK(ae_polytope_cut(&body, corner, 7, 1e-12) == 6);
    NEAR(ae_polytope_volume(&body), 216 - 8. / 6, 1e-12);
    CHECK(ae_polytope_edges(&body, 6, 1e-9) == 3);
    CHECK(ae_polytope_edges(&body, 1, 1e-9) == 5);
    CHECK(ae_polytope_edges(&body, 0, 1e-9) == 4);
    CHECK(ae_polytope_cut(&body, corner, 7, 1e-12) == -1);
    CHECK(ae_polytope_cut(&body, up, 0, 1e-12) == 7);
    NEAR(ae_polytope_volume(&body), 108, 1e-12);
    CHECK(ae_polytope_edges(&body, 5, 1e-9) == 0);
    CHECK(ae_polytope_cut(&body, up, -8, 1e-12) == -2 && body.n == 0);
    double p[4][3] = {{0, 0, 0}, {3, 0, 0}, {0, 5, 0}, {0, 0, 7}};
    ae_polytope_tetra(&body, p);
    NEAR(ae_polytope_volume(&body), 17.5, 1e-12);
    CHECK(ae_polytope_cut(&body, up, 7, 1e-12) == 4);
    NEAR(ae_polytope_volume(&body), 17.5 * 7 / 8, 1e-12);
}

/* A ball of random atoms, with holes and a rough surface. */
static size_t ball(double (*pos)[3], size_t room)
{
    size_t n = 0;
    for (uint64_t i = 0; n < room && i < 20000; i++) {
        double p[3], square = 0;
        int far = 1;
        for (uint64_t k = 0; k < 3; k++) {
            p[k] = 36 * ldexp((double)(ae_hash64(3 * i + k) >> 11), -53) - 18;
            square += p[k] * p[k];
        }
        for (size_t j = 0; j < n && far; j++) {
            double d = 0;
            for (int k = 0; k < 3; k++)
                d += (p[k] - pos[j][k]) * (p[k] - pos[j][k]);
            far = d > 2.7 * 2.7;
        }
        if (far && square < 18 * 18 && (square > 16 || p[2] > 0))
            memcpy(pos[n++], p, sizeof p);
    }
    return n;
}

static void solid_parts(void)
{
    double(*pos)[3] = calloc(900, sizeof *pos);
    size_t n = ball(pos, 900);
    struct ae_delaunay mesh;
    struct ae_voronoi cells;
    struct ae_voronoi_settings set = {
        .face_area = 0.01, .cutoff = 4.5, .alpha = 4.5, .radius = 3.19};
    CHECK(n > 500);
    CHECK(ae_voronoi_new(&cells, pos, n, &set, NULL) == 0);
    CHECK(ae_delaunay_new(&mesh, pos, n, AE_DELAUNAY_JITTER, NULL) == 0);
    unsigned char *in = calloc(mesh.n, 1);
    CHECK(ae_alpha_region(&mesh, 4.5, 1, 0, in, NULL) == 0);
    double want = 0, sum = 0;
    size_t voids = 0;
    for (size_t t = 0; t < mesh.n; t++) {
        want += in[t] && mesh.radius[t] <= 3.19 ? mesh.volume[t] : 0;
        voids += in[t] && mesh.radius[t] > 3.19;
    }
    for (size_t i = 0; i < n; i++)
        sum += isnan(cells.solid[i]) ? 0 : cells.solid[i];
    CHECK(voids > 50);
    NEAR(sum / want, 1, 1e-6);
    ae_voronoi_clear(&cells);
    ae_delaunay_clear(&mesh);
    free(in);
    free(pos);
}

int main(void)
{
    cuts();
    solid_parts();
    return checked();
}
