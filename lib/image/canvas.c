/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/canvas.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"

/* 7 rows of 5 dots each, the left dot the highest bit; drawn for aetools */
static const unsigned char glyph[128][7] = {
    ['%'] = {24, 25, 2, 4, 8, 19, 3},
    ['('] = {2, 4, 4, 4, 4, 4, 2},
    [')'] = {8, 4, 4, 4, 4, 4, 8},
    ['+'] = {0, 4, 4, 31, 4, 4, 0},
    [','] = {0, 0, 0, 0, 12, 4, 8},
    ['-'] = {0, 0, 0, 14, 0, 0, 0},
    ['.'] = {0, 0, 0, 0, 0, 12, 12},
    ['/'] = {1, 1, 2, 4, 8, 16, 16},
    ['0'] = {14, 17, 19, 21, 25, 17, 14},
    ['1'] = {4, 12, 4, 4, 4, 4, 14},
    ['2'] = {14, 17, 1, 6, 8, 16, 31},
    ['3'] = {14, 17, 1, 6, 1, 17, 14},
    ['4'] = {2, 6, 10, 18, 31, 2, 2},
    ['5'] = {31, 16, 30, 1, 1, 17, 14},
    ['6'] = {14, 16, 16, 30, 17, 17, 14},
    ['7'] = {31, 1, 2, 2, 4, 4, 4},
    ['8'] = {14, 17, 17, 14, 17, 17, 14},
    ['9'] = {14, 17, 17, 15, 1, 1, 14},
    [':'] = {0, 12, 12, 0, 12, 12, 0},
    ['='] = {0, 0, 31, 0, 31, 0, 0},
    ['A'] = {14, 17, 17, 31, 17, 17, 17},
    ['B'] = {30, 17, 17, 30, 17, 17, 30},
    ['C'] = {14, 17, 16, 16, 16, 17, 14},
    ['D'] = {30, 17, 17, 17, 17, 17, 30},
    ['E'] = {31, 16, 16, 30, 16, 16, 31},
    ['F'] = {31, 16, 16, 30, 16, 16, 16},
    ['G'] = {14, 17, 16, 23, 17, 17, 14},
    ['H'] = {17, 17, 17, 31, 17, 17, 17},
    ['I'] = {14, 4, 4, 4, 4, 4, 14},
    ['J'] = {7, 2, 2, 2, 2, 18, 12},
    ['K'] = {17, 18, 20, 24, 20, 18, 17},
    ['L'] = {16, 16, 16, 16, 16, 16, 31},
    ['M'] = {17, 27, 21, 21, 17, 17, 17},
    ['N'] = {17, 25, 25, 21, 19, 19, 17},
    ['O'] = {14, 17, 17, 17, 17, 17, 14},
    ['P'] = {30, 17, 17, 30, 16, 16, 16},
    ['Q'] = {14, 17, 17, 17, 21, 18, 13},
    ['R'] = {30, 17, 17, 30, 20, 18, 17},
    ['S'] = {15, 16, 16, 14, 1, 1, 30},
    ['T'] = {31, 4, 4, 4, 4, 4, 4},
    ['U'] = {17, 17, 17, 17, 17, 17, 14},
    ['V'] = {17, 17, 17, 17, 10, 10, 4},
    ['W'] = {17, 17, 17, 21, 21, 27, 17},
    ['X'] = {17, 17, 10, 4, 10, 17, 17},
    ['Y'] = {17, 17, 10, 4, 4, 4, 4},
    ['Z'] = {31, 1, 2, 4, 8, 16, 31},
    ['_'] = {0, 0, 0, 0, 0, 0, 31},
    ['a'] = {0, 0, 14, 1, 15, 17, 15},
    ['b'] = {16, 16, 30, 17, 17, 17, 30},
    ['c'] = {0, 0, 15, 16, 16, 16, 15},
    ['d'] = {1, 1, 15, 17, 17, 17, 15},
    ['e'] = {0, 0, 14, 17, 31, 16, 14},
    ['f'] = {6, 8, 8, 30, 8, 8, 8},
    ['g'] = {0, 0, 15, 17, 15, 1, 14},
    ['h'] = {16, 16, 30, 17, 17, 17, 17},
    ['i'] = {4, 0, 12, 4, 4, 4, 14},
    ['j'] = {2, 0, 6, 2, 2, 18, 12},
    ['k'] = {16, 16, 18, 20, 24, 20, 18},
    ['l'] = {12, 4, 4, 4, 4, 4, 14},
    ['m'] = {0, 0, 26, 21, 21, 21, 21},
    ['n'] = {0, 0, 30, 17, 17, 17, 17},
    ['o'] = {0, 0, 14, 17, 17, 17, 14},
    ['p'] = {0, 0, 30, 17, 30, 16, 16},
    ['q'] = {0, 0, 15, 17, 15, 1, 1},
    ['r'] = {0, 0, 22, 25, 16, 16, 16},
    ['s'] = {0, 0, 15, 16, 14, 1, 30},
    ['t'] = {8, 8, 30, 8, 8, 8, 6},
    ['u'] = {0, 0, 17, 17, 17, 17, 15},
    ['v'] = {0, 0, 17, 17, 17, 10, 4},
    ['w'] = {0, 0, 17, 17, 21, 21, 10},
    ['x'] = {0, 0, 17, 10, 4, 10, 17},
    ['y'] = {0, 0, 17, 17, 15, 1, 14},
    ['z'] = {0, 0, 31, 2, 4, 8, 31},
};

static const unsigned char box[7] = {31, 17, 17, 17, 17, 17, 31};

int ae_canvas_new(struct ae_canvas *canvas, size_t w, size_t h,
    struct ae_colour fill, struct ae_error *err)
{
    size_t pixels;
    *canvas = (struct ae_canvas){0};
    if (ae_mul(w, h, &pixels) || pixels > (size_t)1 << 28)
        return ae_fail(err, AE_EUSAGE,
            "a picture of %zu x %zu pixels is too large; zoom less", w, h);
    canvas->rgb = ae_alloc(pixels, 3);
    if (!canvas->rgb)
        return ae_fail(err, AE_EMEM, "out of memory for the picture");
    canvas->w = w;
    canvas->h = h;
    ae_canvas_rectangle(canvas, 0, 0, (long)w, (long)h, fill);
    return AE_OK;
}

void ae_canvas_clear(struct ae_canvas *canvas)
{
    free(canvas->rgb);
    *canvas = (struct ae_canvas){0};
}

struct ae_colour ae_canvas_palette(size_t k)
{
    static const struct ae_colour colour[] = {
        {230, 159, 0},   /* orange */
        {86, 180, 233},  /* sky blue */
        {0, 158, 115},   /* bluish green */
        {240, 228, 66},  /* yellow */
        {213, 94, 0},    /* vermilion */
        {204, 121, 167}, /* reddish purple */
        {0, 114, 178},   /* blue */
        {255, 255, 255}, /* white, for black */
    };
    return colour[k % (sizeof colour / sizeof *colour)];
}

/* Lay a colour over a pixel; cover 0 ... 1. */
static void blend(struct ae_canvas *canvas, long x, long y, double cover,
    struct ae_colour colour)
{
    if (x < 0 || y < 0 || x >= (long)canvas->w || y >= (long)canvas->h)
        return;
    unsigned char *p = canvas->rgb + 3 * ((size_t)y * canvas->w + (size_t)x);
    const unsigned char c[3] = {colour.r, colour.g, colour.b};
    for (int i = 0; i < 3; i++)
        p[i] = (unsigned char)lround(p[i] + cover * (c[i] - p[i]));
}

static struct ae_colour grey_of(double value, double low, double high)
{
    double t = high > low ? (value - low) / (high - low) : value > low;
    unsigned char g = (unsigned char)lround(255 * fmin(fmax(t, 0), 1));
    return (struct ae_colour){g, g, g};
}

void ae_canvas_grey(struct ae_canvas *canvas, const float *image, size_t w,
    size_t h, size_t zoom, double low, double high, long x, long y)
{
    long z = (long)zoom;
    for (size_t j = 0; j < h; j++)
        for (size_t i = 0; i < w; i++)
            ae_canvas_rectangle(canvas, x + (long)i * z, y + (long)j * z, z, z,
                grey_of(image[j * w + i], low, high));
}

void ae_canvas_rectangle(struct ae_canvas *canvas, long x, long y, long w,
    long h, struct ae_colour colour)
{
    long right = x + w < (long)canvas->w ? x + w : (long)canvas->w;
    long bottom = y + h < (long)canvas->h ? y + h : (long)canvas->h;
    for (long j = y < 0 ? 0 : y; j < bottom; j++)
        for (long i = x < 0 ? 0 : x; i < right; i++) {
            unsigned char *p =
                canvas->rgb + 3 * ((size_t)j * canvas->w + (size_t)i);
            p[0] = colour.r;
            p[1] = colour.g;
            p[2] = colour.b;
        }
}

void ae_canvas_ring(struct ae_canvas *canvas, double x, double y, double radius,
    double line, struct ae_colour colour)
{
    double reach = radius + line / 2 + 1;
    if (!(fabs(x) < 1e6 && fabs(y) < 1e6 && reach < 1e5))
        return;
    for (long j = (long)floor(y - reach); j <= (long)ceil(y + reach); j++)
        for (long i = (long)floor(x - reach); i <= (long)ceil(x + reach); i++) {
            double off = fabs(hypot((double)i - x, (double)j - y) - radius);
            double cover = fmin(fmax(line / 2 + 0.5 - off, 0), 1);
            if (cover > 0)
                blend(canvas, i, j, cover, colour);
        }
}

void ae_canvas_text(struct ae_canvas *canvas, long x, long y, int scale,
    const char *text, struct ae_colour colour)
{
    for (; *text; text++, x += AE_GLYPH_W * scale) {
        unsigned char c = (unsigned char)*text;
        int known = c < 128 && memcmp(glyph[c], glyph[0], sizeof *glyph);
        const unsigned char *row = known ? glyph[c] : box;
        if (c == ' ')
            continue;
        for (int j = 0; j < 7; j++)
            for (int i = 0; i < 5; i++)
                if (row[j] >> (4 - i) & 1)
                    ae_canvas_rectangle(canvas, x + i * scale, y + j * scale,
                        scale, scale, colour);
    }
}

long ae_canvas_text_width(const char *text, int scale)
{
    return (long)strlen(text) * AE_GLYPH_W * scale - scale;
}
