/* SPDX-License-Identifier: BSD-2-Clause
 * gauss-filter - smooth images or a volume with a Gaussian.
 *
 *   out(i) = sum_n w(n) in(i + n)/sum_n w(n)      |n| <= ceil(3 sigma)
 *   w(n)   = exp(-n^2/(2 sigma^2))
 *
 *   along x, then y, then (volumes) z; the sums run over the samples there are,
 *   so that a constant stays one up to the edges. sigma in samples.
 *
 * Source: sampled and truncated Gaussian. Cost: 2 ceil(3 sigma) + 1 taps per
 * axis and sample. Holds one image, of a volume 2 ceil(3 sigma) + 1 slices.
 * reads, writes: NRRD images, stacks, frames, volumes
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "base/tool.h"
#include "base/vol.h"
#include "io/nrrd.h"

#define CUT       3    /* the kernel ends at ceil(3 sigma) */
#define MAX_SIGMA 1000 /* samples */

static const char *sigma;
static double pixel;
static const struct ae_opt opts[] = {
    AE_STR('s', "sigma", &sigma, "LENGTH", NULL,
        "width as 0.7A or 2px, one for all axes or x,y or x,y,z"),
    AE_REAL('p', "pixel", &pixel, "angstrom", "0", 0, 1000,
        "pixel size where the header gives none"),
    AE_END_OPTS,
};
static const struct ae_about about = {"gauss-filter",
    "smooth images or a volume with a Gaussian", "[FILE]", opts, .streams = 1};

/* sigma[3] in samples from "0.7A", "2px", "1,2px"; returns how many. */
static int read_sigma(const struct ae_vol *head, double width[3])
{
    char quoted[340];
    const char *at = sigma;
    int n = 0, axes = head->kind == AE_VOLUME ? 3 : 2;
    while (n < 3) {
        char *end = NULL;
        const size_t digits = strspn(at, "0123456789.eE+-");
        width[n] = digits ? strtod(at, &end) : -1;
        if (!digits || end > at + digits || !isfinite(width[n]) || width[n] < 0)
            ae_usage("--sigma: want a width as 0.7A or 2px, got '%s'",
                ae_quote(quoted, sigma));
        at = end;
        if (!strncmp(at, "px", 2))
            at += 2;
        else {
            at += *at == 'A';
            if (head->step[n < axes ? n : 0] <= 0)
                ae_die("%s: no pixel size; give --pixel, or --sigma as 2px",
                    ae_in()->name);
            width[n] /= head->step[n < axes ? n : 0];
        }
        if (width[n] > MAX_SIGMA)
            ae_usage(
                "--sigma: %g samples; want at most %d", width[n], MAX_SIGMA);
        n++;
        if (*at != ',')
            break;
        at++;
    }
    if (*at || (n != 1 && n != axes))
        ae_usage("--sigma: want one width or %d, as 0.7A or 2px, got '%s'",
            axes, ae_quote(quoted, sigma));
    return n;
}

/* The widths of all axes; one in angstrom is turned by each axis' own step. */
static void widths(const struct ae_vol *head, double width[3])
{
    const int n = read_sigma(head, width);
    const int in_pixels = strstr(sigma, "px") != NULL;
    for (int i = n; i < 3; i++)
        width[i] = in_pixels || head->step[i] <= 0
                       ? width[0]
                       : width[0] * head->step[0] / head->step[i];
    if (head->kind != AE_VOLUME)
        width[2] = 0;
}

struct kernel {
    size_t half;
    double *w; /* [half + 1] */
};

static struct kernel kernel_of(double width)
{
    struct kernel k = {(size_t)ceil(CUT * width), NULL};
    k.w = ae_alloc(k.half + 1, sizeof *k.w);
    if (!k.w)
        ae_die("out of memory");
    k.w[0] = 1;
    for (size_t n = 1; n <= k.half; n++)
        k.w[n] = exp(-(double)(n * n) / (2 * width * width));
    return k;
}

/* One line of n samples, in and out at distance stride. */
static void smooth_line(float *out, const float *in, size_t n, size_t stride,
    const struct kernel *k)
{
    for (size_t i = 0; i < n; i++) {
        const size_t first = i > k->half ? i - k->half : 0;
        const size_t last = i + k->half < n - 1 ? i + k->half : n - 1;
        double sum = 0, weight = 0;
        for (size_t j = first; j <= last; j++) {
            const double w = k->w[j > i ? j - i : i - j];
            sum += w * (double)in[j * stride];
            weight += w;
        }
        out[i * stride] = (float)(sum / weight);
    }
}

/* image [ny][nx] in place; room as large. */
static void smooth_image(
    float *image, float *room, size_t nx, size_t ny, const struct kernel k[2])
{
    if (k[0].half) {
#pragma omp parallel for schedule(static)
        for (size_t y = 0; y < ny; y++)
            smooth_line(room + y * nx, image + y * nx, nx, 1, &k[0]);
        memcpy(image, room, nx * ny * sizeof *image);
    }
    if (k[1].half) {
#pragma omp parallel for schedule(static)
        for (size_t x = 0; x < nx; x++)
            smooth_line(room + x, image + x, ny, nx, &k[1]);
        memcpy(image, room, nx * ny * sizeof *image);
    }
}

/* Slice z from those in the ring, slice i at i % depth. */
static void smooth_depth(float *out, const float *ring, size_t depth, size_t n,
    size_t z, size_t nz, const struct kernel *k)
{
    const size_t first = z > k->half ? z - k->half : 0;
    const size_t last = z + k->half < nz - 1 ? z + k->half : nz - 1;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < n; i++) {
        double sum = 0, weight = 0;
        for (size_t j = first; j <= last; j++) {
            const double w = k->w[j > z ? j - z : z - j];
            sum += w * (double)ring[j % depth * n + i];
            weight += w;
        }
        out[i] = (float)(sum / weight);
    }
}

static void filter(
    struct ae_nrrd *in, const struct ae_vol *head, const struct kernel k[3])
{
    const size_t n = ae_vol_image(head), images = ae_vol_images(head);
    size_t depth = 2 * k[2].half + 1, all;
    depth = depth < images ? depth : images;
    float *ring = ae_mul(n, depth, &all) ? NULL : ae_alloc(all, sizeof *ring);
    float *room = ae_alloc(n, sizeof *room);
    if (!ring || !room)
        ae_die("out of memory for %zu images of %zu x %zu", depth, head->n[0],
            head->n[1]);
    for (size_t z = 0, out = 0; out < images; z++) {
        if (z < images) {
            float *image = ring + z % depth * n;
            ae_must(ae_nrrd_next(in, image, ae_err()));
            smooth_image(image, room, head->n[0], head->n[1], k);
        }
        if (z < k[2].half)
            continue;
        if (k[2].half)
            smooth_depth(room, ring, depth, n, out, images, &k[2]);
        ae_must(ae_nrrd_put(
            ae_out(), k[2].half ? room : ring + z % depth * n, n, ae_err()));
        out++;
        ae_progress("images", (double)out, (double)images);
    }
    free(ring);
    free(room);
}

int main(int argc, char **argv)
{
    struct ae_nrrd *in;
    struct ae_vol head = {0};
    struct kernel k[3];
    double width[3];
    ae_begin(&about, argc, argv);
    ae_must(ae_nrrd_open(&in, ae_in(), pixel, &head, ae_err()));
    widths(&head, width);
    for (int i = 0; i < 3; i++)
        k[i] = kernel_of(width[i]);
    ae_history(&head.keys);
    ae_must(ae_nrrd_begin(ae_out(), &head, ae_err()));
    filter(in, &head, k);
    for (int i = 0; i < 3; i++)
        free(k[i].w);
    ae_nrrd_free(in);
    ae_vol_clear(&head);
    return ae_end();
}
