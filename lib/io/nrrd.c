/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/nrrd.h"

#include <byteswap.h>
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>
#include "base/mem.h"
#include "io/nrrd_head.h"
#include "io/xyz.h"

enum { CHUNK = 1 << 16, HOST_IS_BIG = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ };

struct ae_nrrd {
    struct ae_nrrd_head head;
    char *name;              /* of the stream, for messages */
    char *folder;            /* where detached files lie */
    FILE *file;              /* now read */
    int own;                 /* the file is ours to close */
    size_t next_file;        /* in the list of detached files */
    z_stream zip;
    int zip_on, zip_end;
    unsigned char *packed;   /* [CHUNK] compressed bytes */
    unsigned char *bytes;    /* one image as it is stored */
    size_t nx, ny, images, at;
    int allow_nan;
};

/* ---- bytes: attached, detached, several files, gzip ---------------------- */

static int next_file(struct ae_nrrd *r, struct ae_error *err)
{
    if (r->own)
        fclose(r->file);
    r->own = 0;
    const char *base = r->head.nlist ? r->head.list[r->next_file]
                                     : r->head.data_file;
    r->next_file++;
    char path[4096];
    int n = snprintf(path, sizeof path, "%s%s", *base == '/' ? "" : r->folder,
        base);
    if (n < 0 || (size_t)n >= sizeof path)
        return ae_fail(err, AE_ESYS, "%s: data file name too long", r->name);
    r->file = fopen(path, "rb");
    if (!r->file)
        return ae_fail(err, AE_ESYS, "%s: data file %.200s: cannot open: %s",
            r->name, path, strerror(errno));
    r->own = 1;
    return AE_OK;
}

static int skip_lines(struct ae_nrrd *r)
{
    for (long i = 0; i < r->head.line_skip; i++) {
        int c;
        while ((c = getc(r->file)) != EOF && c != '\n')
            ;
        if (c == EOF)
            return -1;
    }
    return 0;
}

static size_t inflate_some(struct ae_nrrd *r, unsigned char *to, size_t n)
{
    z_stream *zip = &r->zip;
    zip->next_out = to;
    zip->avail_out = (uInt)(n < 1u << 30 ? n : 1u << 30);
    size_t want = zip->avail_out;
    while (zip->avail_out && !r->zip_end) {
        if (!zip->avail_in) {
            zip->next_in = r->packed;
            zip->avail_in = (uInt)fread(r->packed, 1, CHUNK, r->file);
            if (!zip->avail_in)
                break;
        }
        int state = inflate(zip, Z_NO_FLUSH);
        if (state == Z_STREAM_END)
            r->zip_end = 1;
        else if (state != Z_OK)
            break;
    }
    return want - zip->avail_out;
}

/* n bytes, over the ends of detached files; how many came. */
static size_t get_bytes(struct ae_nrrd *r, unsigned char *to, size_t n)
{
    size_t got = 0;
    while (got < n) {
        size_t more = r->zip_on ? inflate_some(r, to + got, n - got)
                                : fread(to + got, 1, n - got, r->file);
        got += more;
        if (more)
            continue;
        if (r->next_file >= r->head.nlist || next_file(r, NULL) ||
            skip_lines(r))
            break;
        if (r->zip_on) {
            inflateReset(&r->zip);
            r->zip.avail_in = 0;
            r->zip_end = 0;
        }
    }
    return got;
}

static int start_data(struct ae_nrrd *r, struct ae_error *err)
{
    struct ae_nrrd_head *head = &r->head;
    size_t total = r->nx * r->ny * r->images * ae_sample_bytes(head->type);
    if (head->data_file) {
        int code = next_file(r, err);
        if (code)
            return code;
    }
    if (skip_lines(r))
        goto early;
    if (head->encoding == AE_GZIP) {
        r->packed = malloc(CHUNK);
        if (!r->packed || inflateInit2(&r->zip, 15 + 32) != Z_OK)
            return ae_fail(err, AE_EMEM, "%s: out of memory", r->name);
        r->zip_on = 1;
    }
    if (head->byte_skip == -1) {
        if (head->encoding != AE_RAW ||
            fseeko(r->file, -(off_t)total, SEEK_END))
            return ae_fail(err, AE_EDATA,
                "%s: byte skip -1 needs raw data in a file", r->name);
    }
    for (long i = 0; i < head->byte_skip; i++) {
        unsigned char byte;
        if (get_bytes(r, &byte, 1) != 1)
            goto early;
    }
    return AE_OK;
early:
    return ae_fail(err, AE_EDATA, "%s: the file ends before the data", r->name);
}

/* A plain file that is too short for its header is found out at once. */
static int check_length(struct ae_nrrd *r, struct ae_error *err)
{
    struct stat info;
    if (r->head.encoding != AE_RAW || r->head.nlist ||
        fstat(fileno(r->file), &info) || !S_ISREG(info.st_mode))
        return AE_OK;
    off_t here = ftello(r->file);
    double want = (double)r->nx * (double)r->ny * (double)r->images *
        (double)ae_sample_bytes(r->head.type);
    if (here >= 0 && (double)(info.st_size - here) < want)
        return ae_fail(err, AE_EDATA,
            "%s: the file ends early: %.0f bytes of samples of %.0f", r->name,
            (double)(info.st_size - here), want);
    return AE_OK;
}

/* ---- samples ------------------------------------------------------------- */

static int get_text(struct ae_nrrd *r, float *image, size_t n,
    struct ae_error *err)
{
    for (size_t i = 0; i < n; i++) {
        char token[64];
        size_t length = 0;
        int c;
        while ((c = getc(r->file)) != EOF && (isspace(c) || c == ','))
            ;
        for (; c != EOF && !isspace(c) && c != ','; c = getc(r->file))
            if (length < sizeof token - 1)
                token[length++] = (char)c;
        token[length] = 0;
        double x;
        if (!length)
            return ae_fail(err, AE_EDATA,
                "%s: the file ends early: %zu of %zu samples of image %zu",
                r->name, i, n, r->at);
        if (ae_parse_real(token, token + length, &x) != token + length) {
            char quoted[340];
            return ae_fail(err, AE_EDATA,
                "%s: image %zu, sample %zu: want a number, got '%s'", r->name,
                r->at, i, ae_quote(quoted, token));
        }
        image[i] = (float)x;
    }
    return AE_OK;
}

static int get_binary(struct ae_nrrd *r, float *image, size_t n,
    struct ae_error *err)
{
    size_t size = ae_sample_bytes(r->head.type);
    int swap = size > 1 && r->head.big_endian != HOST_IS_BIG;
    int direct = r->head.type == AE_F32 && !swap;
    unsigned char *bytes = direct ? (unsigned char *)image : r->bytes;
    size_t got = get_bytes(r, bytes, n * size);
    if (got != n * size)
        return ae_fail(err, AE_EDATA,
            "%s: the file ends early, in image %zu of %zu", r->name, r->at,
            r->images);
    if (!direct)
        ae_sample_floats(bytes, r->head.type, r->head.big_endian == 1, n, image);
    return AE_OK;
}

static int check_finite(struct ae_nrrd *r, const float *image, size_t n,
    struct ae_error *err)
{
    float zero = 0; /* stays 0 when all are finite: x - x is nan otherwise */
    for (size_t i = 0; i < n; i++)
        zero += image[i] - image[i];
    if (zero == 0)
        return AE_OK;
    for (size_t i = 0; i < n; i++)
        if (!isfinite(image[i]))
            return ae_fail(err, AE_EDATA,
                "%s: image %zu, x %zu, y %zu: value is %s; mend or mask it"
                " first",
                r->name, r->at, i % r->nx, i / r->nx,
                isnan(image[i]) ? "nan" : "infinite");
    return AE_OK;
}

/* ---- reader -------------------------------------------------------------- */

static int make(struct ae_nrrd **reader, struct ae_source *in,
    struct ae_error *err)
{
    struct ae_nrrd *r = ae_alloc(1, sizeof *r);
    const char *slash = strrchr(in->name, '/');
    if (!r || !(r->name = ae_strdup(in->name)) ||
        !(r->folder = ae_strdup(slash ? in->name : ""))) {
        ae_nrrd_free(r);
        return ae_fail(err, AE_EMEM, "%s: out of memory", in->name);
    }
    if (slash)
        r->folder[slash - in->name + 1] = 0;
    r->file = in->file;
    *reader = r;
    return AE_OK;
}

int ae_nrrd_open(struct ae_nrrd **reader, struct ae_source *in, double pixel,
    struct ae_vol *head, struct ae_error *err)
{
    struct ae_nrrd *r = NULL;
    *reader = NULL;
    *head = (struct ae_vol){0};
    int code = make(&r, in, err);
    if (code)
        return code;
    code = ae_nrrd_parse(in->file, in->name, pixel, &r->head, head, err);
    if (code)
        goto fail;
    r->nx = head->n[0];
    r->ny = head->n[1];
    r->images = ae_vol_images(head);
    code = start_data(r, err);
    if (!code)
        code = check_length(r, err);
    if (code)
        goto fail;
    *reader = r;
    return AE_OK;
fail:
    ae_nrrd_free(r);
    ae_vol_clear(head);
    return code;
}

int ae_nrrd_next(struct ae_nrrd *r, float *image, struct ae_error *err)
{
    if (r->at == r->images)
        return AE_END;
    size_t n = r->nx * r->ny, size = ae_sample_bytes(r->head.type);
    if (!r->bytes && r->head.encoding != AE_ASCII &&
        !(r->bytes = malloc(n * size)))
        return ae_fail(err, AE_EMEM, "%s: out of memory for an image of %zu x"
            " %zu", r->name, r->nx, r->ny);
    int code = r->head.encoding == AE_ASCII ? get_text(r, image, n, err)
                                            : get_binary(r, image, n, err);
    if (!code && !r->allow_nan)
        code = check_finite(r, image, n, err);
    r->at += !code;
    return code;
}

void ae_nrrd_allow_nan(struct ae_nrrd *reader)
{
    reader->allow_nan = 1;
}

void ae_nrrd_free(struct ae_nrrd *r)
{
    if (!r)
        return;
    if (r->own)
        fclose(r->file);
    if (r->zip_on)
        inflateEnd(&r->zip);
    ae_nrrd_head_clear(&r->head);
    free(r->packed);
    free(r->bytes);
    free(r->name);
    free(r->folder);
    free(r);
}

int ae_nrrd_read(struct ae_source *in, double pixel, struct ae_vol *vol,
    struct ae_error *err)
{
    struct ae_nrrd *r;
    int code = ae_nrrd_open(&r, in, pixel, vol, err);
    if (code)
        return code;
    /* pages that no data fill are never touched: a false header costs nothing */
    size_t bytes;
    if (ae_mul(ae_vol_samples(vol), sizeof(float), &bytes) ||
        bytes > PTRDIFF_MAX - 64 ||
        !(vol->data = aligned_alloc(64, (bytes + 63) / 64 * 64)))
        code = ae_fail(err, AE_EMEM, "%s: out of memory for %zu samples",
            in->name, ae_vol_samples(vol));
    for (size_t i = 0; i < r->images && !code; i++)
        code = ae_nrrd_next(r, vol->data + i * r->nx * r->ny, err);
    ae_nrrd_free(r);
    if (code)
        ae_vol_clear(vol);
    return code;
}

/* ---- writer -------------------------------------------------------------- */

static void put_reals(FILE *out, const double *x, int n, const char *between)
{
    char text[32];
    for (int i = 0; i < n; i++) {
        ae_print_real(text, x[i]);
        fprintf(out, "%s%s", i ? between : "", text);
    }
}

static void put_space(FILE *out, const struct ae_vol *vol, int axes)
{
    fprintf(out, "space dimension: %d\n", axes);
    fputs("space units:", out);
    for (int i = 0; i < axes; i++)
        fputs(" \"angstrom\"", out);
    fputs("\nspace origin: (", out);
    put_reals(out, vol->origin, axes, ",");
    fputs(")\nspace directions:", out);
    for (int i = 0; i < vol->dim; i++) {
        if (i >= axes) {
            fputs(" none", out);
            continue;
        }
        double direction[3] = {0};
        direction[i] = vol->step[i];
        fputs(" (", out);
        put_reals(out, direction, axes, ",");
        fputc(')', out);
    }
    fputc('\n', out);
}

static void put_escaped(FILE *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '\n')
            fputs("\\n", out);
        else if (*text == '\\')
            fputs("\\\\", out);
        else
            fputc(*text, out);
    }
}

static void put_angles(FILE *out, const struct ae_vol *vol)
{
    int general = 0;
    for (size_t k = 0; k < vol->nangle; k++)
        general |= vol->euler[k][0] != 0 || vol->euler[k][2] != 0;
    fprintf(out, "%s:=", general ? "euler_angles" : "tilt_angles");
    for (size_t k = 0; k < vol->nangle; k++) {
        fputs(!k ? "" : general ? "; " : " ", out);
        put_reals(out, vol->euler[k] + !general, general ? 3 : 1, " ");
    }
    fputc('\n', out);
}

static int begin_as(FILE *out, const struct ae_vol *vol, const char *type,
    struct ae_error *err)
{
    static const char *const label[][4] = {{"x", "y", "", ""},
        {"x", "y", "tilt", ""}, {"x", "y", "frame", "tilt"},
        {"x", "y", "z", ""}};
    int axes = vol->kind == AE_VOLUME ? 3 : 2;
    int has_step = 1;
    for (int i = 0; i < axes; i++)
        has_step &= vol->step[i] > 0;
    fprintf(out, "NRRD0005\ntype: %s\ndimension: %d\n", type, vol->dim);
    if (has_step)
        put_space(out, vol, axes);
    fputs("sizes:", out);
    for (int i = 0; i < vol->dim; i++)
        fprintf(out, " %zu", vol->n[i]);
    fputs("\nkinds:", out);
    for (int i = 0; i < vol->dim; i++)
        fputs(i < axes ? " space" : " list", out);
    fputs("\nlabels:", out);
    for (int i = 0; i < vol->dim; i++)
        fprintf(out, " \"%s\"", label[vol->kind][i]);
    fputs("\nendian: little\nencoding: raw\n", out);
    if (vol->nangle)
        put_angles(out, vol);
    const double *c = vol->centre;
    if (has_step && axes == 3 &&
        fabs(c[0]) + fabs(c[1]) + fabs(c[2]) > 1e-9 * vol->step[0]) {
        fputs("rotation_centre:=", out);
        put_reals(out, c, 3, " ");
        fputc('\n', out);
    }
    for (size_t i = 0; i < vol->keys.n; i++) {
        put_escaped(out, vol->keys.key[i].name);
        fputs(":=", out);
        put_escaped(out, vol->keys.key[i].value);
        fputc('\n', out);
    }
    fputc('\n', out);
    if (ferror(out))
        return ae_fail(err, AE_ESYS, "cannot write: %s", strerror(errno));
    return AE_OK;
}

int ae_nrrd_begin(FILE *out, const struct ae_vol *head, struct ae_error *err)
{
    return begin_as(out, head, "float", err);
}

static int put_all(FILE *out, const void *data, size_t size, size_t n,
    struct ae_error *err)
{
    /* flushed per call, so that the next stage of a pipe can begin */
    if (fwrite(data, size, n, out) != n || fflush(out))
        return ae_fail(err, AE_ESYS, "cannot write: %s", strerror(errno));
    return AE_OK;
}

int ae_nrrd_put(FILE *out, const float *image, size_t samples,
    struct ae_error *err)
{
    if (!HOST_IS_BIG)
        return put_all(out, image, sizeof *image, samples, err);
    uint32_t swapped[1024];
    int code = AE_OK;
    for (size_t at = 0; at < samples && !code; at += 1024) {
        size_t n = samples - at < 1024 ? samples - at : 1024;
        memcpy(swapped, image + at, n * sizeof *image);
        for (size_t i = 0; i < n; i++)
            swapped[i] = bswap_32(swapped[i]);
        code = put_all(out, swapped, sizeof *swapped, n, err);
    }
    return code;
}

int ae_nrrd_write(FILE *out, const struct ae_vol *vol, struct ae_error *err)
{
    int code = ae_nrrd_begin(out, vol, err);
    size_t n = ae_vol_image(vol), images = ae_vol_images(vol);
    for (size_t i = 0; i < images && !code; i++)
        code = ae_nrrd_put(out, vol->data + i * n, n, err);
    return code;
}

int ae_nrrd_write_mask(FILE *out, const struct ae_vol *vol,
    struct ae_error *err)
{
    int code = begin_as(out, vol, "uchar", err);
    size_t n = ae_vol_image(vol), images = ae_vol_images(vol);
    unsigned char *bytes = malloc(n);
    if (!bytes)
        return ae_fail(err, AE_EMEM, "out of memory for a mask");
    for (size_t i = 0; i < images && !code; i++) {
        for (size_t k = 0; k < n; k++) {
            float v = roundf(vol->data[i * n + k]);
            bytes[k] = (unsigned char)(v < 0 ? 0 : v > 255 ? 255 : v);
        }
        code = put_all(out, bytes, 1, n, err);
    }
    free(bytes);
    return code;
}

/* ---- what a tool may ask of a stream ------------------------------------- */

int ae_need_pixel(const struct ae_vol *vol, const char *name,
    struct ae_error *err)
{
    int axes = vol->kind == AE_VOLUME ? 3 : 2;
    for (int i = 0; i < axes; i++)
        if (!(vol->step[i] > 0))
            return ae_fail(err, AE_EDATA,
                "%s: the header gives no pixel size in angstrom; give --pixel",
                name);
    for (int i = 1; i < axes; i++)
        if (fabs(vol->step[i] - vol->step[0]) > 1e-4 * vol->step[0])
            return ae_fail(err, AE_EDATA,
                "%s: pixel sizes %g and %g angstrom differ; resample to square"
                " pixels",
                name, vol->step[0], vol->step[i]);
    return AE_OK;
}

int ae_need_tilts(const struct ae_vol *vol, const char *name,
    struct ae_error *err)
{
    static const char *const kind[] = {"an image", "a stack", "frames",
        "a volume"};
    if (vol->kind != AE_STACK)
        return ae_fail(err, AE_EDATA, "%s: this is %s; want a tilt stack"
            " (x y tilt)", name, kind[vol->kind]);
    if (!vol->nangle)
        return ae_fail(err, AE_EDATA,
            "%s: the stack has no angles; add them with vol-import -a", name);
    return AE_OK;
}

int ae_need_volume(const struct ae_vol *vol, const char *name,
    struct ae_error *err)
{
    static const char *const kind[] = {"an image", "a tilt stack", "frames",
        "a volume"};
    if (vol->kind != AE_VOLUME)
        return ae_fail(err, AE_EDATA, "%s: this is %s; want a volume (x y z)",
            name, kind[vol->kind]);
    return AE_OK;
}
