/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/picture.h"

#include <png.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <tiffio.h>
#include "base/mem.h"

/* One byte a pixel where the picture has no colour, else *grey is NULL. */
static int grey_only(
    const unsigned char *rgb, size_t pixels, unsigned char **grey)
{
    *grey = NULL;
    for (size_t i = 0; i < pixels; i++)
        if (rgb[3 * i] != rgb[3 * i + 1] || rgb[3 * i] != rgb[3 * i + 2])
            return AE_OK;
    *grey = ae_alloc(pixels, 1);
    if (!*grey)
        return AE_EMEM;
    for (size_t i = 0; i < pixels; i++)
        (*grey)[i] = rgb[3 * i];
    return AE_OK;
}

static void to_file(png_structp png, png_bytep bytes, png_size_t n)
{
    if (fwrite(bytes, 1, n, png_get_io_ptr(png)) != n)
        png_error(png, "cannot write");
}

static void flush_file(png_structp png)
{
    (void)png;
}

static void on_error(png_structp png, png_const_charp text)
{
    (void)text;
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp text)
{
    (void)png;
    (void)text;
}

/* The rows through libpng; longjmp passes over its frames only. */
static int encode(png_structp png, png_infop info, FILE *out, size_t w,
    size_t h, const unsigned char *pixels, size_t channels)
{
    if (setjmp(png_jmpbuf(png)))
        return AE_ESYS;
    png_set_write_fn(png, out, to_file, flush_file);
    png_set_IHDR(png, info, (png_uint_32)w, (png_uint_32)h, 8,
        channels == 3 ? PNG_COLOR_TYPE_RGB : PNG_COLOR_TYPE_GRAY,
        PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
        PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, info);
    for (size_t j = 0; j < h; j++)
        png_write_row(png, pixels + j * w * channels);
    png_write_end(png, NULL);
    return AE_OK;
}

int ae_picture_png(FILE *out, size_t w, size_t h, const unsigned char *rgb,
    struct ae_error *err)
{
    png_structp png = png_create_write_struct(
        PNG_LIBPNG_VER_STRING, NULL, on_error, on_warning);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    unsigned char *grey;
    int code = grey_only(rgb, w * h, &grey);
    if (!info || code)
        code = ae_fail(err, AE_EMEM, "out of memory for the picture");
    else if (encode(png, info, out, w, h, grey ? grey : rgb, grey ? 1 : 3))
        code = ae_fail(err, AE_ESYS, "cannot write the picture as PNG");
    else
        code = AE_OK;
    png_destroy_write_struct(&png, &info);
    free(grey);
    return code;
}

/* A file in memory for libtiff, which seeks. */
struct memory {
    unsigned char *bytes;
    size_t n, room, at;
};

static tmsize_t memory_read(thandle_t handle, void *to, tmsize_t n)
{
    struct memory *m = handle;
    size_t left = m->at < m->n ? m->n - m->at : 0;
    size_t got = (size_t)n < left ? (size_t)n : left;
    memcpy(to, m->bytes + m->at, got);
    m->at += got;
    return (tmsize_t)got;
}

static tmsize_t memory_write(thandle_t handle, void *from, tmsize_t n)
{
    struct memory *m = handle;
    size_t end = m->at + (size_t)n;
    if (end > m->room) {
        size_t room = 2 * end;
        void *more = ae_resize(m->bytes, m->room, room, 1);
        if (!more)
            return -1;
        m->bytes = more;
        m->room = room;
    }
    memcpy(m->bytes + m->at, from, (size_t)n);
    m->at = end;
    if (end > m->n)
        m->n = end;
    return n;
}

static toff_t memory_seek(thandle_t handle, toff_t to, int whence)
{
    struct memory *m = handle;
    m->at = (size_t)to + (whence == SEEK_CUR      ? m->at
                             : whence == SEEK_END ? m->n
                                                  : 0);
    return m->at;
}

static int memory_close(thandle_t handle)
{
    (void)handle;
    return 0;
}

static toff_t memory_size(thandle_t handle)
{
    return ((struct memory *)handle)->n;
}

static int tiff_rows(TIFF *tiff, size_t w, size_t h,
    const unsigned char *pixels, size_t channels)
{
    TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, (uint32_t)w);
    TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, (uint32_t)h);
    TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, 8);
    TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, (int)channels);
    TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
    TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC,
        channels == 3 ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK);
    TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, (uint32_t)h);
    for (size_t j = 0; j < h; j++) /* libtiff does not write to the row */
        if (TIFFWriteScanline(tiff,
                (void *)(uintptr_t)(pixels + j * w * channels), (uint32_t)j,
                0) < 0)
            return AE_ESYS;
    return TIFFWriteDirectory(tiff) ? AE_OK : AE_ESYS;
}

int ae_picture_tiff(FILE *out, size_t w, size_t h, const unsigned char *rgb,
    struct ae_error *err)
{
    struct memory m = {0};
    TIFFErrorHandler old = TIFFSetErrorHandler(NULL);
    TIFF *tiff = TIFFClientOpen("picture", "wm", &m, memory_read, memory_write,
        memory_seek, memory_close, memory_size, NULL, NULL);
    unsigned char *grey;
    int lacking = grey_only(rgb, w * h, &grey);
    int code = tiff && !lacking
                   ? tiff_rows(tiff, w, h, grey ? grey : rgb, grey ? 1 : 3)
                   : AE_EMEM;
    if (tiff)
        TIFFClose(tiff);
    TIFFSetErrorHandler(old);
    if (!code && fwrite(m.bytes, 1, m.n, out) != m.n)
        code = AE_ESYS;
    free(grey);
    free(m.bytes);
    return code ? ae_fail(err, code, "cannot write the picture as TIFF")
                : AE_OK;
}
