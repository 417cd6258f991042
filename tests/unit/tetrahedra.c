/* SPDX-License-Identifier: BSD-2-Clause
 * tetrahedra - blocks and mended parts give what Qhull gives of all points at
 * once; boxtree - the same answer as looking at every point. */
#include "geom/tetrahedra.h"
#include <stdlib.h>
#include <string.h>
#include "base/rng.h"
#include "check.h"
#include "geom/boxtree.h"

enum { MOST = 9000 };

static double pos[MOST][3];
static size_t n;
static struct ae_rng *rng;

static void put(double x, double y, double z)
{
    if (n == MOST)
        return;
    pos[n][0] = x;
    pos[n][1] = y;
    pos[n++][2] = z;
}

/* Of edge 1 or so, about x. */
static void cube(size_t count, double x)
{
    for (size_t i = 0; i < count; i++)
        put(x + ae_rng_uniform(rng), ae_rng_uniform(rng), ae_rng_uniform(rng));
}

/* fcc sites of constant 2 from hole to radius, displaced. */
static void ball(double radius, double hole, double jitter)
{
    int most = (int)radius;
    for (int i = -most; i <= most; i++)
        for (int j = -most; j <= most; j++)
            for (int k = -most; k <= most; k++) {
                double square = i * i + j * j + k * k;
                if ((i + j + k) % 2 == 0 && square <= radius * radius &&
                    square >= hole * hole)
                    put(i + jitter * ae_rng_normal(rng),
                        j + jitter * ae_rng_normal(rng),
                        k + jitter * ae_rng_normal(rng));
            }
}

static int by_corners(const void *p, const void *q)
{
    const uint32_t *a = p, *b = q;
    int k = 0;
    while (k < 3 && a[k] == b[k])
        k++;
    return (a[k] > b[k]) - (a[k] < b[k]);
}

/* Its corners, sorted; the caller frees them. Neighbours share three of
 * them, and know each other. */
static uint32_t (*corners(const struct ae_tetrahedra *t))[4]
{
    uint32_t(*sorted)[4] = malloc(t->n * sizeof *sorted);
    size_t wrong = 0;
    memcpy(sorted, t->vertex, t->n * sizeof *sorted);
    qsort(sorted, t->n, sizeof *sorted, by_corners);
    for (size_t i = 0; i < t->n; i++)
        for (int k = 0; k < 4; k++) {
            uint32_t next = t->neighbour[i][k];
            int back = 0, shared = 0;
            if (next == AE_TETRAHEDRA_HULL)
                continue;
            for (int j = 0; j < 4; j++) {
                back += t->neighbour[next][j] == i;
                for (int c = 0; c < 4; c++)
                    shared += c != k && t->vertex[i][c] == t->vertex[next][j];
            }
            wrong += back != 1 || shared != 3;
        }
    CHECK(!wrong);
    return sorted;
}

static size_t hull_of(const struct ae_tetrahedra *t)
{
    size_t faces = 0;
    for (size_t i = 0; i < t->n; i++)
        for (int k = 0; k < 4; k++)
            faces += t->neighbour[i][k] == AE_TETRAHEDRA_HULL;
    return faces;
}

static void same(const struct ae_tetrahedra *a, const struct ae_tetrahedra *b)
{
    uint32_t(*x)[4] = corners(a), (*y)[4] = corners(b);
    CHECK(a->n == b->n);
    CHECK(a->n == b->n && !memcmp(x, y, a->n * sizeof *x));
    CHECK(hull_of(a) == hull_of(b));
    free(x);
    free(y);
}

/* The points, cut into 2 to most blocks, which must be of use. */
static void blocks(int most)
{
    struct ae_tetrahedra whole, cut;
    CHECK(ae_tetrahedra_qhull(&whole, (const double(*)[3])pos, n, NULL) == 0);
    for (int parts = 2; parts <= most; parts++) {
        CHECK(ae_tetrahedra_blocks(&cut, (const double(*)[3])pos, n, parts));
        same(&whole, &cut);
        ae_tetrahedra_clear(&cut);
    }
    ae_tetrahedra_clear(&whole);
}

/* The order of the vertices, whatever the threads. */
static void sorted(void)
{
    struct ae_tetrahedra one, three;
    CHECK(ae_tetrahedra_new(&one, (const double(*)[3])pos, n, 1, NULL) == 0);
    CHECK(ae_tetrahedra_new(&three, (const double(*)[3])pos, n, 3, NULL) == 0);
    uint32_t(*order)[4] = corners(&one);
    CHECK(one.n == three.n);
    CHECK(!memcmp(one.vertex, order, one.n * sizeof *order));
    CHECK(!memcmp(one.vertex, three.vertex, one.n * sizeof *order));
    CHECK(!memcmp(one.neighbour, three.neighbour, one.n * sizeof *order));
    free(order);
    ae_tetrahedra_clear(&one);
    ae_tetrahedra_clear(&three);
}

/* Without those that the share of chance drops; the first stays. */
static struct ae_tetrahedra some_of(const struct ae_tetrahedra *t, double share)
{
    struct ae_tetrahedra part = {0};
    uint32_t *place = malloc(t->n * sizeof *place);
    part.vertex = malloc(t->n * sizeof *part.vertex);
    part.neighbour = malloc(t->n * sizeof *part.neighbour);
    for (size_t i = 0; i < t->n; i++)
        place[i] = i && ae_rng_uniform(rng) < share ? AE_TETRAHEDRA_HULL
                                                    : (uint32_t)part.n++;
    for (size_t i = 0; i < t->n; i++)
        for (int k = 0; k < 4 && place[i] != AE_TETRAHEDRA_HULL; k++) {
            uint32_t next = t->neighbour[i][k];
            part.vertex[place[i]][k] = t->vertex[i][k];
            part.neighbour[place[i]][k] =
                next == AE_TETRAHEDRA_HULL ? next : place[next];
        }
    free(place);
    return part;
}

static void mended(void)
{
    static const double share[] = {0, 1e-3, 0.5, 0.99, 1};
    struct ae_tetrahedra whole, part;
    CHECK(ae_tetrahedra_qhull(&whole, (const double(*)[3])pos, n, NULL) == 0);
    for (int i = 0; i < 5; i++) {
        part = some_of(&whole, share[i]);
        CHECK(ae_tetrahedra_mend(&part, (const double(*)[3])pos, n) == 0);
        same(&whole, &part);
        ae_tetrahedra_clear(&part);
    }
    /* a neighbour that is there may be unknown */
    part = some_of(&whole, 0.3);
    memset(part.neighbour, 0xff, part.n * sizeof *part.neighbour);
    CHECK(ae_tetrahedra_mend(&part, (const double(*)[3])pos, n) == 0);
    same(&whole, &part);
    ae_tetrahedra_clear(&part);
    /* the same one twice */
    part = some_of(&whole, 0.5);
    memcpy(part.vertex[1], part.vertex[0], sizeof part.vertex[0]);
    memset(part.neighbour, 0xff, part.n * sizeof *part.neighbour);
    CHECK(ae_tetrahedra_mend(&part, (const double(*)[3])pos, n) != 0);
    ae_tetrahedra_clear(&part);
    /* one that is none of them: its sphere holds points */
    part = some_of(&whole, 1);
    for (uint32_t k = 0; k < 4; k++)
        part.vertex[0][k] = k;
    CHECK(ae_tetrahedra_mend(&part, (const double(*)[3])pos, n) != 0);
    ae_tetrahedra_clear(&part);
    CHECK(ae_tetrahedra_mend(&part, (const double(*)[3])pos, n) != 0);
    ae_tetrahedra_clear(&whole);
}

/* No blocks where they would save nothing: one point far away, a cube that is
 * thinner than they look over their borders. */
static void of_no_use(void)
{
    struct ae_tetrahedra cut;
    n = 0;
    cube(3000, 0);
    put(1e6, 0, 0);
    CHECK(!ae_tetrahedra_blocks(&cut, (const double(*)[3])pos, n, 2));
    CHECK(!cut.n && !cut.vertex);
    CHECK(!ae_tetrahedra_blocks(&cut, (const double(*)[3])pos, n - 1, 200));
    CHECK(!ae_tetrahedra_blocks(&cut, (const double(*)[3])pos, n - 1, 1));
    sorted();
}

static void tree(void)
{
    struct ae_boxtree *boxes;
    size_t held = 0, wrong = 0;
    n = 0;
    cube(1000, 0);
    CHECK(ae_boxtree_new(&boxes, (const double(*)[3])pos, n, NULL) == 0);
    for (int i = 0; i < 3000; i++) {
        int want = 0;
        double o[3], r = 0.5 * ae_rng_uniform(rng), low[3], high[3];
        for (int k = 0; k < 3; k++) {
            o[k] = 2 * ae_rng_uniform(rng) - 0.5;
            low[k] = (i + k) % 5 ? o[k] - 0.9 * r : -INFINITY;
            high[k] =
                i % 7 ? o[k] + 0.9 * r * ae_rng_uniform(rng) : INFINITY;
        }
        for (size_t j = 0; j < n && !want; j++) {
            double square = 0;
            int in = 1;
            for (int k = 0; k < 3; k++) {
                square += (pos[j][k] - o[k]) * (pos[j][k] - o[k]);
                in &= pos[j][k] >= low[k] && pos[j][k] < high[k];
            }
            want = square < r * r && !in;
        }
        held += (size_t)want;
        wrong += want != ae_boxtree_beyond(boxes, o, r, low, high);
    }
    CHECK(!wrong);
    CHECK(held > 500 && held < 2500);
    ae_boxtree_free(boxes);
}

int main(void)
{
    rng = ae_rng_new(3, 1);
    tree();
    of_no_use();
    n = 0;
    cube(4000, 0);
    blocks(7);
    mended();
    sorted();
    n = 0; /* two pieces, the cut between them */
    cube(2000, 0);
    cube(2000, 8);
    blocks(4);
    n = 0;
    ball(13, 0, 0.1);
    blocks(4);
    sorted();
    n = 0; /* cospherical but for the least displacements */
    ball(13, 0, 3e-7);
    blocks(4);
    mended();
    n = 0; /* hollow: spheres of all sizes */
    ball(17, 14, 0.05);
    blocks(4);
    ae_rng_free(rng);
    return checked();
}
