/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/png.h"

#include <png.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct said {
    char text[120];
};

static void on_error(png_structp png, png_const_charp text)
{
    struct said *said = png_get_error_ptr(png);
    snprintf(said->text, sizeof said->text, "%s", text);
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp text)
{
    (void)png;
    (void)text;
}

static void from_input(png_structp png, png_bytep buffer, png_size_t n)
{
    if (ae_input_read(png_get_io_ptr(png), buffer, n) != n)
        png_error(png, "the file is cut short");
}

static int check_header(
    struct ae_array *a, png_structp png, png_infop info, struct ae_error *err)
{
    int colour = png_get_color_type(png, info);
    if (colour != PNG_COLOR_TYPE_GRAY)
        return ae_fail(err, AE_EDATA,
            "%s: PNG in colour or with transparency; convert it to grey first",
            a->name);
    a->dim = 2;
    a->n[0] = png_get_image_width(png, info);
    a->n[1] = png_get_image_height(png, info);
    a->type = png_get_bit_depth(png, info) == 16 ? AE_U16 : AE_U8;
    int code = ae_array_check(a, err);
    return code ? code
                : ae_array_claim(a,
                      png_get_bit_depth(png, info) < 8
                          ? 0
                          : ae_sample_bytes(a->type),
                      1, err);
}

/* All rows, interlaced or not. longjmp passes only over libpng's frames;
 * what it must not lose lives in the caller. */
static int decode(struct ae_array *a, png_structp png, png_infop info,
    unsigned char **pixels, png_bytep **row, struct ae_error *err)
{
    if (setjmp(png_jmpbuf(png)))
        return ae_fail(err, AE_EDATA, "%s: PNG: %s", a->name,
            ((struct said *)png_get_error_ptr(png))->text);
    png_read_info(png, info);
    int code = check_header(a, png, info, err);
    if (code)
        return code;
    png_set_packing(png);
    png_set_interlace_handling(png);
    png_read_update_info(png, info);
    size_t bytes = a->n[0] * ae_sample_bytes(a->type);
    *pixels = calloc(a->n[1], bytes);
    *row = calloc(a->n[1], sizeof **row);
    if (!*pixels || !*row)
        return ae_fail(err, AE_EMEM, "%s: out of memory", a->name);
    for (size_t i = 0; i < a->n[1]; i++)
        (*row)[i] = *pixels + i * bytes;
    png_read_image(png, *row);
    png_read_end(png, NULL);
    return AE_OK;
}

static int png_next(struct ae_array *a, struct ae_error *err)
{
    int code = ae_array_room(a, err);
    if (code)
        return code;
    if (a->wide)
        ae_sample_reals(a->state, a->type, 1, a->n[0] * a->n[1], a->real);
    else
        ae_sample_floats(a->state, a->type, 1, a->n[0] * a->n[1], a->image);
    return AE_OK;
}

int ae_png_open(struct ae_array *a, struct ae_error *err)
{
    struct said said = {""};
    unsigned char *pixels = NULL;
    png_bytep *row = NULL;
    a->format = "PNG";
    png_structp png = png_create_read_struct(
        PNG_LIBPNG_VER_STRING, &said, on_error, on_warning);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    if (!info) {
        png_destroy_read_struct(&png, NULL, NULL);
        return ae_fail(err, AE_EMEM, "%s: out of memory", a->name);
    }
    png_set_read_fn(png, &a->in, from_input);
    int code = decode(a, png, info, &pixels, &row, err);
    png_destroy_read_struct(&png, &info, NULL);
    free(row);
    a->state = pixels;
    a->close = free;
    a->next = png_next;
    return code;
}

static void to_file(png_structp png, png_bytep buffer, png_size_t n)
{
    if (fwrite(buffer, 1, n, png_get_io_ptr(png)) != n)
        png_error(png, "the file cannot be written");
}

static void flush_file(png_structp png)
{
    (void)png; /* ae_end flushes and checks */
}

static int encode(png_structp png, png_infop info, const struct ae_vol *head,
    enum ae_sample type, const unsigned char *samples, struct ae_error *err)
{
    if (setjmp(png_jmpbuf(png)))
        return ae_fail(err, AE_ESYS, "PNG: %s",
            ((struct said *)png_get_error_ptr(png))->text);
    png_set_IHDR(png, info, (png_uint_32)head->n[0], (png_uint_32)head->n[1],
        type == AE_U16 ? 16 : 8, PNG_COLOR_TYPE_GRAY, PNG_INTERLACE_NONE,
        PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    for (size_t i = 0; i < head->keys.n; i++) {
        if (strlen(head->keys.key[i].name) > 79) /* PNG's limit */
            continue;
        png_text text = {.compression = PNG_TEXT_COMPRESSION_NONE,
            .key = head->keys.key[i].name,
            .text = head->keys.key[i].value};
        png_set_text(png, info, &text, 1);
    }
    png_write_info(png, info);
    if (type == AE_U16 && !ae_host_is_big())
        png_set_swap(png);
    for (size_t i = 0; i < head->n[1]; i++)
        png_write_row(png, samples + i * head->n[0] * ae_sample_bytes(type));
    png_write_end(png, info);
    return AE_OK;
}

int ae_png_write(FILE *out, const struct ae_vol *head, enum ae_sample type,
    const void *samples, struct ae_error *err)
{
    struct said said = {""};
    if (head->n[0] > 1000000 || head->n[1] > 1000000) /* libpng's own limit */
        return ae_fail(err, AE_EDATA, "%zu x %zu is too large for PNG",
            head->n[0], head->n[1]);
    png_structp png = png_create_write_struct(
        PNG_LIBPNG_VER_STRING, &said, on_error, on_warning);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    if (!info) {
        png_destroy_write_struct(&png, NULL);
        return ae_fail(err, AE_EMEM, "PNG: out of memory");
    }
    png_set_write_fn(png, out, to_file, flush_file);
    int code = encode(png, info, head, type, samples, err);
    png_destroy_write_struct(&png, &info);
    return code;
}
