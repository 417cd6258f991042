/* SPDX-License-Identifier: BSD-2-Clause */
#include "geom/exact.h"

#include <math.h>
#include <stddef.h>

/* An expansion: its value is the sum of its parts, which do not overlap, the
 * last one is the largest. The room is that of the determinant below: four
 * times lift (6 parts) times minor (24), two parts a product. */
enum { PARTS = 4 * 2 * 6 * 24 };
struct sum {
    size_t n;
    double part[PARTS];
};

/* Shares of the largest possible term, above the rounding errors: 6 terms of
 * three factors with at most 6 roundings each, 36 2^-53; and 24 terms of four
 * with at most 13, 312 2^-53. */
static const double turn_error = 1e-14, sphere_error = 1e-13;

double ae_exact_step(double most)
{
    int power;
    frexp(most, &power); /* most < 2^power, differences < 2^53 steps */
    return ldexp(1, power - 52);
}

static void add(struct sum *e, double b)
{
    size_t n = 0;
    for (size_t i = 0; i < e->n; i++) {
        double a = e->part[i], s = a + b, rest = s - a;
        double error = (a - (s - rest)) + (b - rest);
        if (error != 0)
            e->part[n++] = error;
        b = s;
    }
    if (b != 0)
        e->part[n++] = b;
    e->n = n;
}

static void add_product(struct sum *e, double a, double b)
{
    double product = a * b;
    add(e, fma(a, b, -product));
    add(e, product);
}

/* e += sign a b c */
static void add_triple(struct sum *e, double sign, double a, double b, double c)
{
    double product = a * b, rest = fma(a, b, -product);
    add_product(e, sign * rest, c);
    add_product(e, sign * product, c);
}

static int sign_of(const struct sum *e)
{
    double largest = e->n ? e->part[e->n - 1] : 0;
    return (largest > 0) - (largest < 0);
}

/* det(a, b, c) */
static void minor(
    struct sum *e, const double a[3], const double b[3], const double c[3])
{
    e->n = 0;
    for (int i = 0; i < 3; i++) {
        int j = (i + 1) % 3, k = (i + 2) % 3;
        add_triple(e, 1, a[i], b[j], c[k]);
        add_triple(e, -1, a[i], b[k], c[j]);
    }
}

/* total += sign |d|^2 det(a, b, c) */
static void add_lifted(struct sum *total, double sign, const double d[3],
    const double a[3], const double b[3], const double c[3])
{
    struct sum lift = {0}, m;
    for (int k = 0; k < 3; k++)
        add_product(&lift, d[k], d[k]);
    minor(&m, a, b, c);
    for (size_t i = 0; i < lift.n; i++)
        for (size_t j = 0; j < m.n; j++)
            add_product(total, sign * lift.part[i], m.part[j]);
}

static void difference(double d[3], const double a[3], const double b[3])
{
    for (int k = 0; k < 3; k++)
        d[k] = a[k] - b[k];
}

static double larger(double a, double b)
{
    return a > b ? a : b;
}

int ae_exact_turn(
    const double a[3], const double b[3], const double c[3], const double d[3])
{
    double p[3], q[3], r[3], most = 1;
    struct sum e;
    difference(p, b, a);
    difference(q, c, a);
    difference(r, d, a);
    double det = p[0] * (q[1] * r[2] - q[2] * r[1]) +
                 p[1] * (q[2] * r[0] - q[0] * r[2]) +
                 p[2] * (q[0] * r[1] - q[1] * r[0]);
    for (int k = 0; k < 3; k++)
        most *= larger(larger(fabs(p[k]), fabs(q[k])), fabs(r[k]));
    if (det > turn_error * most)
        return 1;
    if (det < -turn_error * most)
        return -1;
    minor(&e, p, q, r);
    return sign_of(&e);
}

static double dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

int ae_exact_sphere(const double a[3], const double b[3], const double c[3],
    const double d[3], const double e[3])
{
    double p[3], q[3], r[3], s[3], pq[3], rs[3], most = 1, wide = 0;
    difference(p, a, e);
    difference(q, b, e);
    difference(r, c, e);
    difference(s, d, e);
    for (int k = 0; k < 3; k++) {
        int u = (k + 1) % 3, v = (k + 2) % 3;
        pq[k] = p[u] * q[v] - p[v] * q[u];
        rs[k] = r[u] * s[v] - r[v] * s[u];
        double side = larger(
            larger(fabs(p[k]), fabs(q[k])), larger(fabs(r[k]), fabs(s[k])));
        most *= side;
        wide += side * side;
    }
    double det = (dot(s, s) * dot(r, pq) - dot(r, r) * dot(s, pq)) +
                 (dot(q, q) * dot(p, rs) - dot(p, p) * dot(q, rs));
    if (det > sphere_error * most * wide)
        return -1;
    if (det < -sphere_error * most * wide)
        return 1;
    struct sum total = {0};
    add_lifted(&total, 1, s, p, q, r);
    add_lifted(&total, -1, r, p, q, s);
    add_lifted(&total, 1, q, p, r, s);
    add_lifted(&total, -1, p, q, r, s);
    return -sign_of(&total);
}
