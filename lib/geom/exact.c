/* SPDX-License-Identifier: BSD-2-Clause */
#include "geom/exact.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

__extension__ typedef __int128 wide;
__extension__ typedef unsigned __int128 uwide;

/* Unit roundoff of a double. */
static const double unit = 0x1p-53;

/* fmax without its care for NaN, which costs a call. */
static double larger(double a, double b)
{
    return a > b ? a : b;
}

static void difference(wide d[3], const double p[3], const double q[3])
{
    for (int k = 0; k < 3; k++)
        d[k] = (wide)(int64_t)p[k] - (int64_t)q[k];
}

static void cross(wide c[3], const wide a[3], const wide b[3])
{
    c[0] = a[1] * b[2] - a[2] * b[1];
    c[1] = a[2] * b[0] - a[0] * b[2];
    c[2] = a[0] * b[1] - a[1] * b[0];
}

static wide dot(const wide a[3], const wide b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/* 256 bits, two's complement, lowest word first. */
struct huge {
    uint64_t w[4];
};

/* sum += x y, both of magnitude below 2^127 */
static void add_product(struct huge *sum, wide x, wide y, int negative)
{
    uwide a = x < 0 ? -(uwide)x : (uwide)x, b = y < 0 ? -(uwide)y : (uwide)y;
    uint64_t part[4] = {0}, u[2] = {(uint64_t)a, (uint64_t)(a >> 64)};
    uint64_t v[2] = {(uint64_t)b, (uint64_t)(b >> 64)};
    for (int i = 0; i < 2; i++) {
        uwide carry = 0;
        for (int j = 0; j < 2; j++) {
            carry += (uwide)u[i] * v[j] + part[i + j];
            part[i + j] = (uint64_t)carry;
            carry >>= 64;
        }
        part[i + 2] = (uint64_t)carry;
    }
    negative ^= (x < 0) ^ (y < 0);
    uwide carry = negative ? 1 : 0; /* minus is the complement plus one */
    for (int i = 0; i < 4; i++) {
        carry += (uwide)sum->w[i] + (negative ? ~part[i] : part[i]);
        sum->w[i] = (uint64_t)carry;
        carry >>= 64;
    }
}

static int sign(const struct huge *x)
{
    if (x->w[3] >> 63)
        return -1;
    return (x->w[0] | x->w[1] | x->w[2] | x->w[3]) != 0;
}

int ae_exact_orient(
    const double a[3], const double b[3], const double c[3], const double d[3])
{
    double u[3], v[3], w[3], big = 0;
    for (int k = 0; k < 3; k++) {
        u[k] = b[k] - a[k];
        v[k] = c[k] - a[k];
        w[k] = d[k] - a[k];
        big = larger(big, larger(fabs(u[k]), larger(fabs(v[k]), fabs(w[k]))));
    }
    double det = u[0] * (v[1] * w[2] - v[2] * w[1]) +
                 u[1] * (v[2] * w[0] - v[0] * w[2]) +
                 u[2] * (v[0] * w[1] - v[1] * w[0]);
    /* six products of three differences, each rounded at most five times */
    double bound = 40 * unit * big * big * big;
    if (det > bound || det < -bound)
        return det > 0 ? 1 : -1;
    wide x[3], y[3], z[3], yz[3];
    difference(x, b, a);
    difference(y, c, a);
    difference(z, d, a);
    cross(yz, y, z);
    wide exact = dot(x, yz);
    return exact > 0 ? 1 : exact < 0 ? -1 : 0;
}

int ae_exact_sphere(const double o[3], const double a[3], const double b[3],
    const double c[3], const double p[3])
{
    wide x[3], y[3], z[3], d[3], yz[3], zx[3], xy[3];
    struct huge sum = {{0}};
    difference(x, a, o);
    difference(y, b, o);
    difference(z, c, o);
    difference(d, p, o);
    cross(yz, y, z);
    cross(zx, z, x);
    cross(xy, x, y);
    add_product(&sum, dot(d, d), dot(x, yz), 0);
    add_product(&sum, dot(x, x), dot(d, yz), 1);
    add_product(&sum, dot(y, y), dot(d, zx), 1);
    add_product(&sum, dot(z, z), dot(d, xy), 1);
    return sign(&sum);
}

int ae_exact_line(const double a[3], const double b[3], const double c[3])
{
    wide x[3], y[3], xy[3];
    difference(x, b, a);
    difference(y, c, a);
    cross(xy, x, y);
    return !xy[0] && !xy[1] && !xy[2];
}
