/* SPDX-License-Identifier: BSD-2-Clause
 * insert, exact - the tetrahedra are those of Qhull, their spheres are empty
 * also where points are on them, and signs are those of integers. */
#include "geom/insert.h"

#include <stdlib.h>
#include <string.h>
#include <libqhull_r/qhull_ra.h>
#include "base/rng.h"
#include "check.h"
#include "geom/exact.h"

enum { MOST = 5000 };

static double pos[MOST][3];
static size_t n;

static void put(double x, double y, double z)
{
    if (n == MOST)
        return;
    pos[n][0] = x;
    pos[n][1] = y;
    pos[n++][2] = z;
}

/* ---- signs ---- */

typedef __int128 whole;

static whole det3(const whole a[3], const whole b[3], const whole c[3])
{
    return a[0] * (b[1] * c[2] - b[2] * c[1]) +
           a[1] * (b[2] * c[0] - b[0] * c[2]) +
           a[2] * (b[0] * c[1] - b[1] * c[0]);
}

/* Points of small integers that lie in one plane or on one sphere often, far
 * from the origin and not. */
static void signs(struct ae_rng *rng, double far)
{
    size_t zero = 0, inside = 0;
    for (int trial = 0; trial < 20000; trial++) {
        double p[5][3];
        whole e[4][3], lift[4], sphere = 0;
        int size = trial % 2 ? 4 : 60000;
        for (int i = 0; i < 5; i++)
            for (int k = 0; k < 3; k++)
                p[i][k] = far + floor(size * ae_rng_uniform(rng));
        if (size >
            4) { /* the last on the sphere of the others, or next to it */
            double even[3] = {p[0][0], p[0][1], p[0][2]};
            memcpy(p[1], even, sizeof even);
            p[1][0] += 2000;
            memcpy(p[2], even, sizeof even);
            p[2][1] += 3000;
            memcpy(p[3], even, sizeof even);
            p[3][2] += 5000;
            memcpy(p[4], even, sizeof even);
            p[4][0] += 2000;
            p[4][1] += 3000;
            p[4][2] += trial % 6 - 2 + 5000;
        }
        for (int i = 0; i < 4; i++)
            for (int k = 0; k < 3; k++)
                e[i][k] = (whole)(p[i + 1][k] - p[0][k]);
        whole turn = det3(e[0], e[1], e[2]);
        CHECK(ae_exact_turn(p[0], p[1], p[2], p[3]) == (turn > 0) - (turn < 0));
        zero += turn == 0;
        if (turn <= 0)
            continue;
        for (int i = 0; i < 4; i++) {
            lift[i] = 0;
            for (int k = 0; k < 3; k++) {
                e[i][k] = (whole)(p[i][k] - p[4][k]);
                lift[i] += e[i][k] * e[i][k];
            }
        }
        sphere = lift[3] * det3(e[0], e[1], e[2]) -
                 lift[2] * det3(e[0], e[1], e[3]) +
                 lift[1] * det3(e[0], e[2], e[3]) -
                 lift[0] * det3(e[1], e[2], e[3]);
        int is = ae_exact_sphere(p[0], p[1], p[2], p[3], p[4]);
        CHECK(is == (sphere < 0) - (sphere > 0));
        inside += is > 0;
        zero += is == 0;
    }
    CHECK(zero > 2000 && inside > 2000);
    const double unit[5][3] = {
        {0, 0, 0}, {1, 0, 0}, {0, 1, 0}, {0, 0, 1}, {.5, .5, .5}};
    CHECK(ae_exact_turn(unit[0], unit[1], unit[2], unit[3]) == 1);
    CHECK(ae_exact_sphere(unit[0], unit[1], unit[2], unit[3], unit[4]) == 1);
}

/* ---- tetrahedra ---- */

static int by_number(const void *p, const void *q)
{
    const uint32_t *a = p, *b = q;
    return (*a > *b) - (*a < *b);
}

static int by_corners(const void *p, const void *q)
{
    const uint32_t *a = p, *b = q;
    int k = 0;
    while (k < 3 && a[k] == b[k])
        k++;
    return (a[k] > b[k]) - (a[k] < b[k]);
}

static size_t of_qhull(uint32_t (*list)[4], size_t room)
{
    char command[] = "qhull d Qbb Qc Qz Q12";
    FILE *talk = fopen("/dev/null", "w");
    qhT *qh = calloc(1, sizeof *qh);
    facetT *facet;
    vertexT *vertex, **vertexp;
    int curlong, totlong;
    size_t m = 0;
    qh_zero(qh, talk);
    CHECK(!qh_new_qhull(qh, 3, (int)n, pos[0], 0, command, NULL, talk));
    FORALLfacets
    {
        int k = 0;
        if (facet->upperdelaunay)
            continue;
        CHECK(facet->simplicial && m < room);
        FOREACHvertex_(facet->vertices) list[m][k++] =
            (uint32_t)qh_pointid(qh, vertex->point);
        qsort(list[m++], 4, sizeof **list, by_number);
    }
    qh_freeqhull(qh, !qh_ALL);
    qh_memfreeshort(qh, &curlong, &totlong);
    fclose(talk);
    free(qh);
    qsort(list, m, sizeof *list, by_corners);
    return m;
}

/* Steps so fine that differences are exact. */
static void round_all(void)
{
    double most = 0;
    for (size_t i = 0; i < n; i++)
        for (int k = 0; k < 3; k++)
            most = fmax(most, fabs(pos[i][k]));
    double step = ae_exact_step(most);
    for (size_t i = 0; i < n; i++)
        for (int k = 0; k < 3; k++)
            pos[i][k] = step * rint(pos[i][k] / step);
}

static void same_as_qhull(size_t least)
{
    size_t room = 12 * n;
    uint32_t(*one)[4] = calloc(room, sizeof *one), (*two)[4];
    struct ae_insert mesh;
    round_all();
    CHECK(!ae_insert_new(&mesh, (const double(*)[3])pos, n, NULL));
    size_t m = of_qhull(one, room);
    CHECK(m == mesh.n && m > least);
    two = calloc(mesh.n, sizeof *two);
    for (size_t t = 0; t < mesh.n; t++) {
        memcpy(two[t], mesh.vertex[t], sizeof *two);
        CHECK(t == 0 || by_corners(two[t - 1], two[t]) < 0);
        CHECK(two[t][0] < two[t][1] && two[t][1] < two[t][2] &&
              two[t][1] < two[t][3]);
        qsort(two[t], 4, sizeof **two, by_number);
    }
    qsort(two, mesh.n, sizeof *two, by_corners);
    CHECK(m == mesh.n && !memcmp(one, two, m * sizeof *one));
    ae_insert_clear(&mesh);
    free(one);
    free(two);
}

static double volume(const uint32_t v[4])
{
    double e[3][3];
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++)
            e[i][k] = pos[v[i + 1]][k] - pos[v[0]][k];
    return (e[0][0] * (e[1][1] * e[2][2] - e[1][2] * e[2][1]) +
               e[0][1] * (e[1][2] * e[2][0] - e[1][0] * e[2][2]) +
               e[0][2] * (e[1][0] * e[2][1] - e[1][1] * e[2][0])) /
           6;
}

/* All turn positively, none has a point inside its sphere, neighbours share
 * three corners, and together they fill the hull. */
static void all_hold(double total)
{
    struct ae_insert mesh;
    double sum = 0;
    CHECK(!ae_insert_new(&mesh, (const double(*)[3])pos, n, NULL));
    for (size_t t = 0; t < mesh.n; t++) {
        const uint32_t *v = mesh.vertex[t];
        sum += volume(v);
        CHECK(ae_exact_turn(pos[v[0]], pos[v[1]], pos[v[2]], pos[v[3]]) == 1);
        for (size_t i = 0; i < n; i++)
            if (ae_exact_sphere(
                    pos[v[0]], pos[v[1]], pos[v[2]], pos[v[3]], pos[i]) > 0)
                CHECK(!"a point inside");
        for (int k = 0; k < 4; k++) {
            uint32_t u = mesh.neighbour[t][k];
            int back = 0, shared = 0;
            if (u == AE_INSERT_HULL)
                continue;
            for (int j = 0; j < 4; j++) {
                back += mesh.neighbour[u][j] == t;
                for (int i = 0; i < 4; i++)
                    shared += i != k && v[i] == mesh.vertex[u][j];
            }
            CHECK(back == 1 && shared == 3);
        }
    }
    NEAR(sum, total, 1e-9 * total);
    ae_insert_clear(&mesh);
}

static void compared(struct ae_rng *rng)
{
    for (n = 0; n < 3000;)
        put(ae_rng_uniform(rng), ae_rng_uniform(rng), ae_rng_uniform(rng));
    same_as_qhull(18000);
    n = 0; /* a lattice with a hole, off the origin */
    for (int i = 0; i < 4000; i++) {
        int x = i / 400, y = i / 20 % 20, z = i % 20;
        if ((x - 5) * (x - 5) + (y - 9) * (y - 9) + (z - 11) * (z - 11) > 20)
            put(20 + x + 1e-4 * ae_rng_uniform(rng),
                -30 + y + 1e-4 * ae_rng_uniform(rng),
                z + 1e-4 * ae_rng_uniform(rng));
    }
    same_as_qhull(18000);
    for (n = 0; n < 2000;) { /* two clusters, one a thousand times smaller */
        double s = n % 2 ? 1e-3 : 1;
        put(s * ae_rng_normal(rng) + (n % 2 ? 3 : 0), s * ae_rng_normal(rng),
            s * ae_rng_normal(rng));
    }
    same_as_qhull(12000);
    for (n = 0; n < 1000;) { /* nearly on a sphere, and its centre */
        double x = ae_rng_normal(rng), y = ae_rng_normal(rng);
        double z = ae_rng_normal(rng), r = sqrt(x * x + y * y + z * z);
        put(n ? x / r : 0, n ? y / r : 0, n ? z / r : 0);
    }
    same_as_qhull(1900);
    for (n = 0; n < 5;)
        put(ae_rng_uniform(rng), ae_rng_uniform(rng), ae_rng_uniform(rng));
    same_as_qhull(1);
}

static void degenerate(struct ae_rng *rng)
{
    n = 0; /* cubes: eight points on each sphere, planes of hull faces */
    for (int i = 0; i < 512; i++)
        put(i / 64, i / 8 % 8, i % 8);
    all_hold(343);
    n = 0; /* fcc */
    for (int i = 0; i < 1000; i++)
        if ((i / 100 + i / 10 % 10 + i % 10) % 2 == 0)
            put(i / 100, i / 10 % 10, i % 10);
    all_hold(9 * 9 * 9 - 4. / 6);
    for (int i = 0; i < 40; i++) /* and some of them again */
        put(pos[7 * i][0], pos[7 * i][1], pos[7 * i][2]);
    all_hold(9 * 9 * 9 - 4. / 6);
    n = 0; /* a lattice in any order, rounded */
    for (int i = 0; i < 600; i++)
        put(floor(6 * ae_rng_uniform(rng)), floor(6 * ae_rng_uniform(rng)),
            floor(6 * ae_rng_uniform(rng)));
    for (int i = 0; i < 8; i++)
        put(5 * (i & 1), 5 * (i >> 1 & 1), 5 * (i >> 2));
    all_hold(125);
}

static void refused(void)
{
    struct ae_insert mesh;
    struct ae_error err = {0};
    n = 0;
    for (int i = 0; i < 20; i++)
        put(i % 5, i / 5, i % 5 + 2 * (i / 5));
    CHECK(ae_insert_new(&mesh, (const double(*)[3])pos, n, &err) == AE_EDATA);
    CHECK(strstr(err.msg, "plane") != NULL && !mesh.n && !mesh.vertex);
    for (int i = 0; i < 20; i++)
        put(3, 3, 3);
    CHECK(ae_insert_new(&mesh, (const double(*)[3])(pos + 20), 20, &err) ==
          AE_EDATA);
    CHECK(ae_insert_new(&mesh, (const double(*)[3])pos, 3, &err) == AE_EDATA);
    put(1, 1, 1);
    CHECK(ae_insert_new(&mesh, (const double(*)[3])pos, n, &err) == 0);
    ae_insert_clear(&mesh);
}

int main(void)
{
    struct ae_rng *rng = ae_rng_new(3, 1);
    signs(rng, 0);
    signs(rng, 1e10);
    compared(rng);
    degenerate(rng);
    refused();
    ae_rng_free(rng);
    return checked();
}
