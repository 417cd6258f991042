/* SPDX-License-Identifier: BSD-2-Clause
 * match: pairs against all distances, greedy order, planted shift and rotation.
 */
#include <stdlib.h>
#include "check.h"
#include "base/rng.h"
#include "atoms/match.h"
#include "math/rotation.h"

enum { NA = 400, NB = 350 };
typedef const double (*points)[3];
static double a[NA][3], b[NB][3];

static double apart(const double *p, const double *q)
{
    return sqrt(
        pow(p[0] - q[0], 2) + pow(p[1] - q[1], 2) + pow(p[2] - q[2], 2));
}

static void fill(void)
{
    struct ae_rng *rng = ae_rng_new(17, 0);

    for (int i = 0; i < NA; i++) {
        for (int k = 0; k < 3; k++) {
            a[i][k] = (k == 1 ? 40 : 11) * ae_rng_uniform(rng) - 7.3;
        }
    }
    for (int i = 0; i < NB; i++) {
        for (int k = 0; k < 3; k++) {
            b[i][k] = 13 * ae_rng_uniform(rng) - 6.1;
        }
    }
    ae_rng_free(rng);
}

static void all_pairs(double r)
{
    struct ae_match_pair *pair;
    size_t n, want = 0;

    CHECK(ae_match_pairs((points)a, NA, (points)b, NB, r, &pair, &n, NULL) ==
          AE_OK);
    for (int i = 0; i < NA; i++) {
        for (int j = 0; j < NB; j++) {
            want += apart(a[i], b[j]) <= r;
        }
    }
    CHECK(n == want && n > 0);
    for (size_t k = 0; k < n; k++) {
        NEAR(pair[k].distance, apart(a[pair[k].a], b[pair[k].b]), 1e-12);
        CHECK(k == 0 || pair[k].a >= pair[k - 1].a);
    }
    free(pair);
}

/* p0 is nearest to q0, but p1 is nearer to it; ties go to the lower index. */
static void greedy(void)
{
    const double p[3][3] = {{0.4, 0, 0}, {-0.3, 0, 0}, {5, 1, 0}};
    const double q[3][3] = {{0, 0, 0}, {1.2, 0, 0}, {5, 0, 0}};
    const double s[2][3] = {{1, 0, 0}, {-1, 0, 0}}, t[1][3] = {{0, 0, 0}};
    struct ae_match m;

    ae_match(p, 3, q, 3, 1.0, &m, NULL);
    CHECK(m.n == 3); /* the last one at exactly the tolerance */
    CHECK(m.of_a[0] == 1 && m.of_a[1] == 0 && m.of_b[2] == 2);
    ae_match_clear(&m);
    ae_match(s, 2, t, 1, 1.5, &m, NULL);
    CHECK(m.n == 1 && m.of_a[0] == 0 && m.of_a[1] == AE_MATCH_NONE);
    ae_match_clear(&m);
    ae_match(p, 3, q, 0, 1.5, &m, NULL);
    CHECK(m.n == 0 && m.of_a[2] == AE_MATCH_NONE);
    ae_match_clear(&m);
}

static void planted(enum ae_superpose_fit kind)
{
    double c[NA][3], R[3][3], euler[3] = {0.7, -0.4, 0.5};
    struct ae_superpose fit;
    int passes;

    ae_rotation(euler, R);
    for (int i = 0; i < NA; i++) {
        if (kind == AE_SUPERPOSE_SHIFT) {
            c[i][0] = a[i][0];
            c[i][1] = a[i][1];
            c[i][2] = a[i][2];
        } else {
            ae_rotate(c[i], R, a[i]);
        }
        c[i][0] += 0.13;
        c[i][2] -= 0.21;
    }
    ae_superpose_identity(&fit);
    CHECK(ae_match_fit((points)a, NA, (points)c, NA, 0.8, kind, &fit,
              AE_MATCH_PASSES, &passes, NULL) == AE_OK);
    CHECK(passes > 0 && passes < 30);
    NEAR(fit.shift[0], 0.13, 1e-9);
    NEAR(fit.shift[2], -0.21, 1e-9);
    NEAR(fit.scale, 1, 1e-12);
    if (kind != AE_SUPERPOSE_SHIFT) {
        NEAR(fit.rotation[0][2], R[0][2], 1e-12);
    }
}

/* A thousand angstrom between two atoms: no thousand cells each way. */
static void far_apart(void)
{
    const double p[2][3] = {{-1e9, 3, 1e12}, {7e8, -5, 2}};
    struct ae_match m;

    CHECK(ae_match(p, 2, p, 2, 0.5, &m, NULL) == AE_OK);
    CHECK(m.n == 2 && m.of_a[1] == 1);
    ae_match_clear(&m);
}

int main(void)
{
    fill();
    all_pairs(1.5);
    all_pairs(0.37);
    all_pairs(9);
    greedy();
    planted(AE_SUPERPOSE_SHIFT);
    planted(AE_SUPERPOSE_RIGID);
    planted(AE_SUPERPOSE_SCALE);
    far_apart();
    return checked();
}
