/* SPDX-License-Identifier: BSD-2-Clause
 * canvas - a picture of 8-bit RGB to draw grey images, circles, text and bars
 * on. Pixel (0, 0) is top left; x runs right, y down; centres of pixels have
 * whole coordinates. Drawing outside the picture is cut off.
 */
#ifndef AE_IMAGE_CANVAS_H
#define AE_IMAGE_CANVAS_H

#include <stddef.h>
#include "base/error.h"

struct ae_canvas {
    size_t w, h;
    unsigned char *rgb; /* [h][w][3] */
};

struct ae_colour {
    unsigned char r, g, b;
};

enum { AE_GLYPH_W = 6, AE_GLYPH_H = 8 }; /* of a letter at scale 1 */

/* w * h pixels of one colour; at most 2^28 pixels. */
int ae_canvas_new(struct ae_canvas *canvas, size_t w, size_t h,
    struct ae_colour fill, struct ae_error *err);
void ae_canvas_clear(struct ae_canvas *canvas);

/* Colour k of eight that colour-blind people tell apart (Okabe and Ito 2008),
 * chosen for a grey ground; k counts round. */
struct ae_colour ae_canvas_palette(size_t k);

/* image[h][w] with its top left pixel at (x, y), each sample zoom * zoom
 * pixels; low is black, high white. */
void ae_canvas_grey(struct ae_canvas *canvas, const float *image, size_t w,
    size_t h, size_t zoom, double low, double high, long x, long y);

void ae_canvas_rectangle(struct ae_canvas *canvas, long x, long y, long w,
    long h, struct ae_colour colour);
/* A ring of the given radius and line width, edges smoothed. */
void ae_canvas_ring(struct ae_canvas *canvas, double x, double y, double radius,
    double line, struct ae_colour colour);
/* ASCII, 5 x 7 dots a letter, each scale * scale pixels; (x, y) top left. A
 * byte that is no ASCII letter shows as a box. */
void ae_canvas_text(struct ae_canvas *canvas, long x, long y, int scale,
    const char *text, struct ae_colour colour);
long ae_canvas_text_width(const char *text, int scale);

#endif
