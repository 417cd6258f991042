/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/slice.h"

#include <string.h>
#include "image/canvas.h"
#include "check.h"

static double ramp(const double p[3])
{
    return 3 + 0.7 * p[0] - 1.3 * p[1] + 2.1 * p[2];
}

/* 60 x 62 x 58 voxels of 0.37 angstrom, a linear ramp of the coordinates */
static void fill(struct ae_vol *vol)
{
    *vol = (struct ae_vol){.kind = AE_VOLUME, .dim = 3, .n = {60, 62, 58, 1}};
    for (int i = 0; i < 3; i++) {
        vol->step[i] = 0.37;
        vol->origin[i] = -0.37 * (double)(vol->n[i] / 2);
    }
    CHECK(!ae_vol_alloc(vol, NULL));
    for (size_t m = 0; m < ae_vol_samples(vol); m++) {
        size_t at[3] = {m % 60, m / 60 % 62, m / 60 / 62};
        double p[3];
        for (int i = 0; i < 3; i++)
            p[i] = vol->origin[i] + 0.37 * (double)at[i];
        vol->data[m] = (float)ramp(p);
    }
}

/* The mirrored ends of the spline bend a ramp; 16 samples inside that is below
 * 0.268^16 = 7e-10 of the slope. */
static int is_inside(const struct ae_vol *vol, const double p[3])
{
    for (int i = 0; i < 3; i++) {
        double at = (p[i] - vol->origin[i]) / 0.37;
        if (at < 16 || at > (double)vol->n[i] - 17)
            return 0;
    }
    return 1;
}

static void oblique(void)
{
    struct ae_vol vol;
    struct ae_plane s;
    const double normal[3] = {1, 2, -1.5}, up[3] = {0.2, 1, 0.3},
                 point[3] = {0.5, -0.4, 0.9};
    fill(&vol);
    CHECK(!ae_slice_oblique(&s, &vol, normal, up, point, 1.2, NULL));
    double worst = 0;
    int checked_pixels = 0;
    for (size_t k = 0; k < s.w * s.h; k++) {
        double p[3];
        for (int i = 0; i < 3; i++)
            p[i] = s.corner[i] + (double)(k % s.w) * s.right[i] +
                   (double)(k / s.w) * s.down[i];
        if (!is_inside(&vol, p) || !s.inside[k])
            continue;
        worst = fmax(worst, fabs(s.image[k] - ramp(p)));
        checked_pixels++;
    }
    CHECK(checked_pixels > 300);
    NEAR(worst, 0, 2e-5); /* float samples of up to 50 */
    /* up is up, right is up x normal, point lies on a pixel */
    double x, y, d, above[3];
    for (int i = 0; i < 3; i++)
        above[i] = point[i] + 2 * up[i] + normal[i];
    ae_slice_place(&s, point, &x, &y, &d);
    NEAR(d, 0, 1e-12);
    NEAR(x, round(x), 1e-9);
    NEAR(y, round(y), 1e-9);
    double x2, y2, d2;
    ae_slice_place(&s, above, &x2, &y2, &d2);
    NEAR(x2, x, 1e-9);
    CHECK(y2 < y && d2 > 0);
    ae_slice_clear(&s);
    CHECK(ae_slice_oblique(&s, &vol, normal, normal, point, 0, NULL));
    CHECK(ae_slice_oblique(&s, &vol, (double[3]){0}, up, point, 0, NULL));
    CHECK(
        ae_slice_oblique(&s, &vol, normal, up, (double[]){0, 99, 0}, 0, NULL));
    ae_vol_clear(&vol);
}

static void straight(void)
{
    struct ae_vol vol;
    struct ae_plane s;
    fill(&vol);
    for (int axis = 0; axis < 3; axis++) {
        double at = 0.37 * 5, p[3];
        CHECK(!ae_slice_straight(&s, &vol, axis, at, 0.37 * 4, NULL));
        double worst = 0; /* a slab's mean is the ramp in its middle */
        for (size_t k = 0; k < s.w * s.h; k++) {
            for (int i = 0; i < 3; i++)
                p[i] = s.corner[i] + (double)(k % s.w) * s.right[i] +
                       (double)(k / s.w) * s.down[i];
            worst = fmax(worst, fabs(s.image[k] - ramp(p)));
        }
        NEAR(worst, 0, 1e-5);
        NEAR(s.corner[axis], at, 0);
        ae_slice_clear(&s);
    }
    CHECK(ae_slice_straight(&s, &vol, 2, 99, 0, NULL) == AE_EUSAGE);
    ae_vol_clear(&vol);
}

static void range(void)
{
    float v[1001];
    unsigned char mask[1001];
    double r[2];
    for (int i = 0; i < 1001; i++) {
        v[i] = (float)((i * 10) % 1001);
        mask[i] = v[i] <= 100;
    }
    CHECK(!ae_slice_range(v, NULL, 1001, (double[]){0.1, 99.9}, r, NULL));
    NEAR(r[0], 1, 1e-9);
    NEAR(r[1], 999, 1e-9);
    CHECK(!ae_slice_range(v, mask, 1001, (double[]){0, 50}, r, NULL));
    NEAR(r[0], 0, 0);
    NEAR(r[1], 50, 1e-9);
}

static void drawing(void)
{
    struct ae_canvas c;
    const struct ae_colour black = {0, 0, 0}, white = {255, 255, 255};
    CHECK(!ae_canvas_new(&c, 61, 51, black, NULL));
    ae_canvas_ring(&c, 30.25, 25.5, 15, 3, white);
    double sum = 0, mx = 0, my = 0;
    for (size_t k = 0; k < 61 * 51; k++) {
        sum += c.rgb[3 * k] / 255.0;
        mx += c.rgb[3 * k] / 255.0 * (double)(k % 61);
        my += c.rgb[3 * k] / 255.0 * (double)(k / 61);
    }
    const double pi = 3.14159265358979324;
    NEAR(sum, 2 * pi * 15 * 3, 0.02 * sum); /* area of the ring */
    NEAR(mx / sum, 30.25, 0.02);
    NEAR(my / sum, 25.5, 0.02);
    ae_canvas_ring(&c, -5, 200, 30, 3, white); /* partly, wholly outside */
    ae_canvas_ring(&c, 1e300, 0, 30, 3, white);
    ae_canvas_text(&c, 58, 48, 2, "0.8 \xff", white);
    ae_canvas_rectangle(&c, -10, -10, 5, 5, white);
    ae_canvas_clear(&c);
    CHECK(ae_canvas_new(&c, (size_t)1 << 20, (size_t)1 << 20, black, NULL));
    CHECK(!ae_canvas_new(&c, 6, 4, black, NULL));
    ae_canvas_grey(&c, (float[]){0, 1, 2, 3, 4, 9}, 3, 2, 2, 1, 3, 0, 0);
    static const unsigned char want[24] = {0, 0, 0, 0, 128, 128, 0, 0, 0, 0,
        128, 128, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255};
    for (int k = 0; k < 24; k++)
        CHECK(c.rgb[3 * k] == want[k] && c.rgb[3 * k + 2] == want[k]);
    ae_canvas_clear(&c);
    ae_canvas_clear(&c);
}

int main(void)
{
    oblique();
    straight();
    range();
    drawing();
    return checked();
}
