/* SPDX-License-Identifier: BSD-2-Clause
 * The projection operator: transpose, mass, both paths, the unit voxel. */
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "base/rng.h"
#include "base/threads.h"
#include "check.h"
#include "math/rotation.h"
#include "tomo/tomo.h"

static struct ae_tomo *make(size_t nx, size_t ny, size_t nz, size_t nu,
    size_t nv, const double euler[3], int subsample)
{
    struct ae_tomo *t = NULL;
    struct ae_error err;
    struct ae_tomo_setup setup = {.nx = nx, .ny = ny, .nz = nz, .nu = nu,
        .nv = nv, .images = 1, .euler = (const double(*)[3])euler,
        .subsample = subsample};
    CHECK(ae_tomo_new(&t, &setup, &err) == AE_OK);
    return t;
}

static double dot(const double *a, const double *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* <A x, y> = <x, A^T y>, y zero on the margins as every image is */
static void adjoint(const size_t n[5], const double euler[3], int subsample,
    struct ae_rng *rng)
{
    struct ae_tomo *t = make(n[0], n[1], n[2], n[3], n[4], euler, subsample);
    size_t nv = ae_tomo_volume_samples(t), ni = ae_tomo_image_samples(t);
    double *x = ae_alloc(nv, sizeof *x), *back = ae_alloc(nv, sizeof *x);
    double *y = ae_alloc(ni, sizeof *y), *image = ae_alloc(ni, sizeof *y);
    float *plain = ae_alloc(n[0] * n[1] * n[2] + n[3] * n[4], sizeof *plain);
    float *packed = ae_alloc(nv + ni, sizeof *packed);
    for (size_t i = 0; i < n[0] * n[1] * n[2]; i++)
        plain[i] = (float)ae_rng_normal(rng);
    ae_tomo_pack_volume(t, plain, packed);
    for (size_t i = 0; i < nv; i++)
        x[i] = packed[i];
    for (size_t i = 0; i < n[3] * n[4]; i++)
        plain[i] = (float)ae_rng_normal(rng);
    ae_tomo_pack_image(t, plain, packed);
    for (size_t i = 0; i < ni; i++)
        y[i] = packed[i];
    ae_tomo_forward_double(t, x, 0, 1, image);
    ae_tomo_back_double(t, y, 0, 1, back);
    double left = dot(image, y, ni), right = dot(x, back, nv);
    double scale = sqrt(dot(image, image, ni) * dot(y, y, ni));
    NEAR(left / scale, right / scale, 1e-12);
    size_t lanes = nv / (n[0] * n[2]), outside = 0; /* only y < ny is volume */
    for (size_t i = 0; i < nv; i++)
        outside += i % lanes >= n[1] && back[i] != 0;
    CHECK(outside == 0);
    CHECK(fabs(left) > 1e-6 * scale);
    free(x);
    free(back);
    free(y);
    free(image);
    free(plain);
    free(packed);
    ae_tomo_free(t);
}

/* A unit voxel at 0 degrees: the row [1 6 1]/8 along x; its mass is 1 */
static void unit_voxel(int subsample, const double want[3])
{
    const double zero[3] = {0, 0, 0};
    struct ae_tomo *t = make(7, 5, 6, 7, 5, zero, subsample);
    float volume[7 * 5 * 6] = {0}, image[35];
    float *packed = ae_alloc(ae_tomo_volume_samples(t), sizeof *packed);
    float *projected = ae_alloc(ae_tomo_image_samples(t), sizeof *packed);
    volume[(2 * 5 + 3) * 7 + 4] = 1;
    ae_tomo_pack_volume(t, volume, packed);
    ae_tomo_forward(t, packed, 0, 1, projected);
    ae_tomo_unpack_image(t, projected, image);
    for (int i = 0; i < 3; i++)
        NEAR(image[3 * 7 + 3 + i], want[i], 1e-7);
    double sum = 0;
    for (int i = 0; i < 35; i++)
        sum += image[i];
    NEAR(sum, 1, 1e-6);
    free(packed);
    free(projected);
    ae_tomo_free(t);
}

/* Where a single voxel's mass comes to lie is where the rotation takes it. */
static void centre_of_mass(const double euler[3], double wu, double wv)
{
    struct ae_tomo *t = make(25, 25, 25, 25, 25, euler, 4);
    float *volume = ae_alloc(25 * 25 * 25, sizeof *volume);
    float *image = ae_alloc(25 * 25, sizeof *image);
    float *packed = ae_alloc(ae_tomo_volume_samples(t), sizeof *packed);
    float *projected = ae_alloc(ae_tomo_image_samples(t), sizeof *packed);
    volume[(size_t)((12 + 6) * 25 + 12 - 3) * 25 + 12 + 2] = 2.5f; /* 2, -3, 6 */
    ae_tomo_pack_volume(t, volume, packed);
    ae_tomo_forward(t, packed, 0, 1, projected);
    ae_tomo_unpack_image(t, projected, image);
    double mass = 0, u = 0, v = 0;
    for (int i = 0; i < 25; i++)
        for (int j = 0; j < 25; j++) {
            mass += image[i * 25 + j];
            u += (j - 12) * (double)image[i * 25 + j];
            v += (i - 12) * (double)image[i * 25 + j];
        }
    NEAR(mass, 2.5, 1e-5);
    NEAR(u / mass, wu, 1e-5);
    NEAR(v / mass, wv, 1e-5);
    free(volume);
    free(image);
    free(packed);
    free(projected);
    ae_tomo_free(t);
}

/* An image of the fast path and of the general one (psi too small to matter) */
static void both_paths(double theta, struct ae_rng *rng, int subsample)
{
    const double pure[3] = {0, theta, 0}, near[3] = {0, theta, 1e-9};
    struct ae_tomo *a = make(23, 20, 17, 23, 20, pure, subsample);
    struct ae_tomo *b = make(23, 20, 17, 23, 20, near, subsample);
    CHECK(ae_tomo_is_fast(a) && !ae_tomo_is_fast(b));
    float *volume = ae_alloc(23 * 20 * 17, sizeof *volume);
    for (size_t i = 0; i < 23 * 20 * 17; i++)
        volume[i] = (float)ae_rng_uniform(rng);
    float image[2][23 * 20];
    struct ae_tomo *t[2] = {a, b};
    for (int i = 0; i < 2; i++) {
        float *packed = ae_alloc(ae_tomo_volume_samples(t[i]), sizeof *packed);
        float *out = ae_alloc(ae_tomo_image_samples(t[i]), sizeof *packed);
        ae_tomo_pack_volume(t[i], volume, packed);
        ae_tomo_forward(t[i], packed, 0, 1, out);
        ae_tomo_unpack_image(t[i], out, image[i]);
        free(packed);
        free(out);
    }
    NEAR(sqrt(ae_sum_sq_diff(image[0], image[1], 23 * 20) /
             ae_sum_sq(image[0], 23 * 20)),
        0, 1e-6);
    free(volume);
    ae_tomo_free(a);
    ae_tomo_free(b);
}

/* Float and double, whose registers are of unequal widths: a wide one is cut
 * in two or given up where u or v turn too fast along the lanes. */
static void both_numbers(
    const double euler[3], int subsample, struct ae_rng *rng)
{
    struct ae_tomo *t = make(15, 41, 12, 17, 37, euler, subsample);
    CHECK(!ae_tomo_is_fast(t));
    size_t nv = ae_tomo_volume_samples(t), ni = ae_tomo_image_samples(t);
    float *x = ae_alloc(nv, sizeof *x), *y = ae_alloc(ni, sizeof *y);
    float *plain = ae_alloc(15 * 41 * 12 + 17 * 37, sizeof *plain);
    double *dx = ae_alloc(nv, sizeof *dx), *dy = ae_alloc(ni, sizeof *dy);
    for (size_t i = 0; i < 15 * 41 * 12; i++)
        plain[i] = (float)ae_rng_uniform(rng);
    ae_tomo_pack_volume(t, plain, x);
    for (size_t i = 0; i < nv; i++)
        dx[i] = x[i];
    ae_tomo_forward(t, x, 0, 1, y);
    ae_tomo_forward_double(t, dx, 0, 1, dy);
    double sum = 0, off = 0;
    for (size_t i = 0; i < ni; i++) {
        sum += dy[i] * dy[i];
        off += (y[i] - dy[i]) * (y[i] - dy[i]);
    }
    NEAR(sqrt(off / sum), 0, 1e-6);
    for (size_t i = 0; i < ni; i++)
        dy[i] = y[i];
    ae_tomo_back(t, y, 0, 1, x);
    ae_tomo_back_double(t, dy, 0, 1, dx);
    sum = off = 0;
    for (size_t i = 0; i < nv; i++) {
        sum += dx[i] * dx[i];
        off += (x[i] - dx[i]) * (x[i] - dx[i]);
    }
    NEAR(sqrt(off / sum), 0, 1e-6);
    free(x);
    free(y);
    free(dx);
    free(dy);
    free(plain);
    ae_tomo_free(t);
}

/* The definition, sub-sample by sub-sample. */
static void by_definition(
    const double euler[3], int subsample, struct ae_rng *rng)
{
    enum { NX = 9, NY = 19, NZ = 8, NU = 10, NV = 17 };
    struct ae_tomo *t = make(NX, NY, NZ, NU, NV, euler, subsample);
    static float volume[NX * NY * NZ], image[NU * NV];
    static double want[NU * NV];
    double R[3][3], sum = 0, off = 0;
    memset(want, 0, sizeof want);
    ae_rotation(euler, R);
    for (int i = 0; i < NX * NY * NZ; i++)
        volume[i] = (float)ae_rng_uniform(rng);
    for (int i = 0; i < NX * NY * NZ * subsample; i++) {
        int voxel = i / subsample, part = i % subsample;
        double by = subsample > 1 ? 0.25 : 0;
        double r[3] = {voxel % NX - NX / 2 + (part & 1 ? by : -by),
            voxel / NX % NY - NY / 2, voxel / NX / NY - NZ / 2};
        r[2] += part & 2 ? by : -by;
        if (subsample == 8)
            r[1] += part & 4 ? by : -by;
        double u = NU / 2, v = NV / 2;
        for (int k = 0; k < 3; k++) {
            u += R[0][k] * r[k];
            v += R[1][k] * r[k];
        }
        for (int iv = 0; iv < NV; iv++)
            for (int iu = 0; iu < NU; iu++)
                want[iv * NU + iu] += (double)volume[voxel] / subsample *
                                      fmax(0, 1 - fabs(u - iu)) *
                                      fmax(0, 1 - fabs(v - iv));
    }
    float *packed = ae_alloc(ae_tomo_volume_samples(t), sizeof *packed);
    float *out = ae_alloc(ae_tomo_image_samples(t), sizeof *packed);
    ae_tomo_pack_volume(t, volume, packed);
    ae_tomo_forward(t, packed, 0, 1, out);
    ae_tomo_unpack_image(t, out, image);
    for (int i = 0; i < NU * NV; i++) {
        sum += want[i] * want[i];
        off += (image[i] - want[i]) * (image[i] - want[i]);
    }
    NEAR(sqrt(off / sum), 0, 1e-6);
    free(packed);
    free(out);
    ae_tomo_free(t);
}

int main(void)
{
    struct ae_rng *rng = ae_rng_new(3, 1);
    static const size_t size[][5] = {{7, 11, 13, 7, 11}, {12, 10, 9, 12, 10},
        {16, 21, 18, 11, 14}, {33, 17, 35, 40, 20}};
    for (int i = 0; i < 20; i++) {
        double euler[3];
        for (int k = 0; k < 3; k++)
            euler[k] = 360 * ae_rng_uniform(rng) - 180;
        const double small[3] = {euler[0] / 36, euler[1] / 2, euler[2] / 36};
        const double pure[3] = {0, euler[1], 0};
        for (int j = 0; j < 4; j++) {
            adjoint(size[j], euler, 4, rng);
            adjoint(size[j], small, i % 3 ? 8 : 1, rng);
            adjoint(size[j], pure, i % 3 == 0 ? 1 : i % 3 == 1 ? 4 : 8, rng);
        }
    }
    unit_voxel(4, (const double[3]){1.0 / 8, 6.0 / 8, 1.0 / 8});
    unit_voxel(1, (const double[3]){0, 1, 0});
    /* (2, -3, 6) under 30 degrees: u = 2 cos 30 - 6 sin 30, v = -3 */
    centre_of_mass((const double[3]){0, 30, 0}, sqrt(3) - 3, -3);
    /* phi alone turns the image: R = Rz(phi)^T */
    centre_of_mass((const double[3]){90, 0, 0}, -3, -2);
    /* psi alone: v = y cos + z sin */
    centre_of_mass((const double[3]){0, 0, 30}, 2, -3 * sqrt(0.75) + 3);
    for (int i = 0; i < 12; i++)
        both_paths(-85 + 15.3 * i, rng, i % 2 ? 4 : 1);
    for (int i = 0; i < 48; i++) { /* phi, psi within so many degrees */
        static const double within[] = {4, 12, 30, 180};
        double most = within[i / 12];
        const double euler[3] = {most * (2 * ae_rng_uniform(rng) - 1),
            180 * ae_rng_uniform(rng) - 90,
            most * (2 * ae_rng_uniform(rng) - 1)};
        static const int samples[] = {4, 1, 4, 8};
        both_numbers(euler, samples[i % 4], rng);
        by_definition(euler, samples[i % 4], rng);
    }
    size_t nx, ny;
    const double film[2][3] = {{0, 60, 0}, {0, 0, 0}};
    ae_tomo_extended(11, 7, 11, 2, film, &nx, &ny);
    /* u = 5, w at the face z = -5: x = (u - z sin(-60)...)/cos: 5/0.5 + 5*1.7320508 */
    CHECK(nx == (size_t)ceil(2 * (10 + 5 * sqrt(3)) + 1) && ny == 7);
    ae_rng_free(rng);
    return checked();
}
