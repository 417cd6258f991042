/* SPDX-License-Identifier: BSD-2-Clause */
#include "sim/specimen.h"

#include <math.h>
#include <string.h>
#include "base/rng.h"
#include "math/rotation.h"

/* All lengths in angstrom. */
static const double outline_rms = 0.07; /* of the radius */
static const double core_share = 0.38;  /* facets, of the radius */
static const double core_spread = 0.10; /* of the facets' distances */
static const double core_off = 0.10;    /* of the radius */
static const double core_edge = 1.5;    /* rounding of the core's edges */
static const double strain_rms = 0.01;
static const double bend_rms = 0.1; /* 3-D */
static const double bend_length = 12, patch_length = 10;
/* Density goes from the metal's to the oxide's between these distances inside
 * and outside the core's facets; less in a small core. Wider outside, where
 * the crystals are cut by seams and voids, so that the profile of 1/cell volume
 * is about 10 wide. */
static const double blend_in = 5, blend_out = 9, blend_share = 0.3;
static const double metal_a = 4.666, oxide_a = 5.09, oxide_a_range = 0.03;

enum { SHAPE, CORE, STRAIN, GRAINS, BEND, DISORDER = BEND + 3 };

static void random_axis(struct ae_rng *rng, double axis[3])
{
    double z = 2 * ae_rng_uniform(rng) - 1,
           phi = 2 * M_PI * ae_rng_uniform(rng);
    axis[0] = sqrt(1 - z * z) * cos(phi);
    axis[1] = sqrt(1 - z * z) * sin(phi);
    axis[2] = z;
}

static void random_rotation(struct ae_rng *rng, double R[3][3])
{
    const double degree = 180 / M_PI;
    double euler[3];
    euler[0] = 360 * ae_rng_uniform(rng);
    euler[1] = degree * asin(2 * ae_rng_uniform(rng) - 1);
    euler[2] = 360 * ae_rng_uniform(rng);
    ae_rotation(euler, R);
}

/* Waves whose vectors are normal: correlation exp(-r^2 / (2 length^2)). */
static void random_field(
    struct ae_rng *rng, double length, struct ae_specimen_field *field)
{
    for (int i = 0; i < AE_SPECIMEN_WAVES; i++) {
        for (int k = 0; k < 3; k++)
            field->k[i][k] = ae_rng_normal(rng) / length;
        field->phase[i] = 2 * M_PI * ae_rng_uniform(rng);
    }
}

double ae_specimen_field(
    const struct ae_specimen_field *field, const double x[3])
{
    double sum = 0;
    for (int i = 0; i < AE_SPECIMEN_WAVES; i++)
        sum += cos(field->k[i][0] * x[0] + field->k[i][1] * x[1] +
                   field->k[i][2] * x[2] + field->phase[i]);
    return sum * sqrt(2. / AE_SPECIMEN_WAVES);
}

static double legendre(int degree, double z)
{
    double zz = z * z;
    if (degree == 2)
        return 1.5 * zz - 0.5;
    if (degree == 3)
        return z * (2.5 * zz - 1.5);
    return (35 * zz * zz - 30 * zz + 3) / 8;
}

/* Relative height of the outline: a sum of harmonics of degree 2, 3, 4, each
 * written as P_l about its own axis. */
static double outline(const struct ae_specimen *s, const double u[3])
{
    double sum = 0;
    for (int i = 0; i < AE_SPECIMEN_LOBES; i++) {
        const double *axis = s->lobe[i].axis;
        double z = u[0] * axis[0] + u[1] * axis[1] + u[2] * axis[2];
        sum += s->lobe[i].weight * legendre(s->lobe[i].degree, z);
    }
    return sum;
}

static void set_shape(struct ae_specimen *s, struct ae_rng *rng)
{
    enum { DIRECTIONS = 2000 };
    const double golden = M_PI * (3 - sqrt(5.));
    double square = 0;
    for (int i = 0, degree = 2; i < AE_SPECIMEN_LOBES; i++) {
        degree = i < 5 ? 2 : i < 12 ? 3 : 4;
        s->lobe[i].degree = degree;
        random_axis(rng, s->lobe[i].axis);
        s->lobe[i].weight = ae_rng_normal(rng);
    }
    for (int i = 0; i < DIRECTIONS; i++) {
        double z = (2 * i + 1.) / DIRECTIONS - 1, rho = sqrt(1 - z * z);
        const double u[3] = {rho * cos(golden * i), rho * sin(golden * i), z};
        double f = outline(s, u);
        square += f * f / DIRECTIONS;
    }
    for (int i = 0; i < AE_SPECIMEN_LOBES; i++)
        s->lobe[i].weight *= outline_rms / sqrt(square);
}

static void set_core(struct ae_specimen *s, struct ae_rng *rng)
{
    double off = core_off * s->radius * cbrt(ae_rng_uniform(rng));
    random_axis(rng, s->core_centre);
    for (int k = 0; k < 3; k++)
        s->core_centre[k] *= off;
    random_rotation(rng, s->core_R);
    s->core_radius = core_share * s->radius;
    s->core_a = metal_a;
    double less = fmin(1, blend_share * s->core_radius / blend_in);
    s->blend[0] = less * blend_in;
    s->blend[1] = less * blend_out;
    for (int i = 0; i < AE_SPECIMEN_FACETS; i++) {
        double n[3] = {0, 0, 0};
        if (i < 8)
            for (int k = 0; k < 3; k++)
                n[k] = (i >> k & 1 ? 1 : -1) / sqrt(3.);
        else
            n[(i - 8) / 2] = i & 1 ? 1 : -1;
        ae_rotate(s->facet[i], s->core_R, n);
        s->facet_at[i] =
            s->core_radius * (1 + core_spread * (2 * ae_rng_uniform(rng) - 1));
    }
}

/* Symmetric, of no change of volume, of the given r.m.s. element. */
static void set_strain(struct ae_specimen *s, struct ae_rng *rng)
{
    double trace = 0, square = 0;
    for (int i = 0; i < 3; i++)
        for (int j = i; j < 3; j++)
            s->strain[i][j] = s->strain[j][i] = ae_rng_normal(rng);
    for (int i = 0; i < 3; i++)
        trace += s->strain[i][i];
    for (int i = 0; i < 9; i++) {
        double *e = &s->strain[i / 3][i % 3];
        *e -= i % 4 == 0 ? trace / 3 : 0;
        square += *e * *e / 9;
    }
    for (int i = 0; i < 9; i++)
        s->strain[i / 3][i % 3] *= strain_rms / sqrt(square);
}

/* Seeds of the grains: the best spread of 20 draws, so that each grain is
 * worth the name. */
static void set_grains(struct ae_specimen *s, struct ae_rng *rng)
{
    double best = -1, seed[AE_SPECIMEN_GRAINS][3];
    for (int draw = 0; draw < 20; draw++) {
        double least = INFINITY;
        for (int g = 0; g < s->grains; g++) {
            double r = 0.8 * s->radius * cbrt(ae_rng_uniform(rng));
            random_axis(rng, seed[g]);
            for (int k = 0; k < 3; k++)
                seed[g][k] *= r;
            for (int h = 0; h < g; h++)
                least = fmin(least, hypot(hypot(seed[g][0] - seed[h][0],
                                              seed[g][1] - seed[h][1]),
                                        seed[g][2] - seed[h][2]));
        }
        if (least > best || draw == 0)
            for (int g = 0; g < s->grains; g++)
                memcpy(s->grain[g].seed, seed[g], sizeof seed[g]);
        best = fmax(best, least);
    }
    for (int g = 0; g < s->grains; g++) {
        struct ae_specimen_grain *grain = &s->grain[g];
        random_rotation(rng, grain->R);
        grain->a = oxide_a + oxide_a_range * ae_rng_uniform(rng);
        for (int k = 0; k < 3; k++)
            grain->origin[k] = grain->a * ae_rng_uniform(rng);
    }
}

int ae_specimen_new(struct ae_specimen *s, double diameter, int metal,
    int grains, uint64_t seed, struct ae_error *err)
{
    memset(s, 0, sizeof *s);
    if (!(diameter >= 25))
        return ae_fail(err, AE_EUSAGE,
            "diameter %g angstrom is too small for core, oxide and voids; "
            "give at least 25",
            diameter);
    if (grains < 1 || grains > AE_SPECIMEN_GRAINS)
        return ae_fail(err, AE_EUSAGE, "%d grains: want 1 to %d", grains,
            AE_SPECIMEN_GRAINS);
    struct ae_rng *rng = ae_rng_new(seed, SHAPE);
    if (!rng)
        return ae_fail(err, AE_EMEM, "out of memory");
    s->radius = diameter / 2;
    s->metal = metal;
    s->grains = grains;
    set_shape(s, rng);
    ae_rng_set(rng, seed, CORE);
    set_core(s, rng);
    ae_rng_set(rng, seed, STRAIN);
    set_strain(s, rng);
    ae_rng_set(rng, seed, GRAINS);
    set_grains(s, rng);
    for (int k = 0; k < 3; k++) {
        ae_rng_set(rng, seed, BEND + (uint64_t)k);
        random_field(rng, bend_length, &s->bend[k]);
    }
    ae_rng_set(rng, seed, DISORDER);
    random_field(rng, patch_length, &s->disorder);
    ae_rng_free(rng);
    return AE_OK;
}

double ae_specimen_depth(const struct ae_specimen *s, const double x[3])
{
    double r = sqrt(x[0] * x[0] + x[1] * x[1] + x[2] * x[2]);
    if (!(r > 0))
        return s->radius;
    const double u[3] = {x[0] / r, x[1] / r, x[2] / r};
    return s->radius * (1 + outline(s, u)) - r;
}

/* A smooth maximum of the distances to the facets. */
double ae_specimen_core(
    const struct ae_specimen *s, const double x[3], double *normal)
{
    double d[AE_SPECIMEN_FACETS], top = -INFINITY, sum = 0, n[3] = {0, 0, 0};
    if (!s->metal)
        return INFINITY;
    for (int i = 0; i < AE_SPECIMEN_FACETS; i++) {
        d[i] = -s->facet_at[i];
        for (int k = 0; k < 3; k++)
            d[i] += s->facet[i][k] * (x[k] - s->core_centre[k]);
        top = fmax(top, d[i]);
    }
    for (int i = 0; i < AE_SPECIMEN_FACETS; i++) {
        double w = exp((d[i] - top) / core_edge);
        sum += w;
        for (int k = 0; k < 3; k++)
            n[k] += w * s->facet[i][k];
    }
    double length = sqrt(n[0] * n[0] + n[1] * n[1] + n[2] * n[2]);
    for (int k = 0; k < 3 && normal; k++)
        normal[k] = length > 0 ? n[k] / length : 0;
    return top + core_edge * log(sum);
}

int ae_specimen_grain_of(
    const struct ae_specimen *s, const double x[3], double *border)
{
    int best = 0;
    double square[AE_SPECIMEN_GRAINS];
    for (int g = 0; g < s->grains; g++) {
        square[g] = 0;
        for (int k = 0; k < 3; k++) {
            double d = x[k] - s->grain[g].seed[k];
            square[g] += d * d;
        }
        if (square[g] < square[best])
            best = g;
    }
    *border = INFINITY;
    for (int g = 0; g < s->grains; g++) {
        const double *p = s->grain[g].seed, *q = s->grain[best].seed;
        double apart = hypot(hypot(p[0] - q[0], p[1] - q[1]), p[2] - q[2]);
        if (g != best && apart > 0)
            *border = fmin(*border, (square[g] - square[best]) / (2 * apart));
    }
    return best;
}

int ae_specimen_place(
    const struct ae_specimen *s, int core, const double p[3], double x[3])
{
    double n[3], t = ae_specimen_core(s, p, n), to = t;
    double in = s->blend[0], out = s->blend[1];
    /* share by which the density of the metal exceeds the oxide's */
    double ratio = pow((oxide_a + oxide_a_range / 2) / metal_a, 3);
    memcpy(x, p, 3 * sizeof *x);
    if (core && t > -in) {
        /* t + in = z - c z^2, z = s + in, c from 1 - rho_o / rho_m */
        double c = (1 - 1 / ratio) / (2 * (in + out));
        double root = 1 - 4 * c * (t + in);
        to = root > 0 ? (1 - sqrt(root)) / (2 * c) - in : INFINITY;
    } else if (!core && s->metal && t < out) {
        /* out - t = y + c y^2, y = out - s, c from rho_m / rho_o - 1 */
        double c = (ratio - 1) / (2 * (in + out));
        to = out - (sqrt(1 + 4 * c * (out - t)) - 1) / (2 * c);
    }
    if (s->metal && (core ? to > 0 : to <= 0))
        return 0;
    for (int k = 0; k < 3 && s->metal && to != t; k++)
        x[k] += (to - t) * n[k];
    for (int k = 0; k < 3 && core; k++) {
        for (int j = 0; j < 3; j++)
            x[k] += s->strain[k][j] * (p[j] - s->core_centre[j]);
        x[k] += bend_rms / sqrt(3.) * ae_specimen_field(&s->bend[k], p);
    }
    return 1;
}
