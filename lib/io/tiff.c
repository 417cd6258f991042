/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/tiff.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <tiffio.h>
#include <unistd.h>
#include "base/mem.h"

struct ae_tiff {
    TIFF *file;
    char said[160]; /* libtiff's last error */
    enum ae_sample type;
    size_t n[2];
    char *description; /* writing: of the first page */
    double step;       /* writing: angstrom, 0 unknown */
    size_t page;
    void *part; /* reading: one strip or tile */
};

static const double ANGSTROM_PER_CM = 1e8, ANGSTROM_PER_INCH = 2.54e8;
static const double PRINTER = 1000; /* angstrom per pixel, see tiff.h */

static int on_error(TIFF *file, void *user, const char *module,
    const char *format, va_list args)
{
    struct ae_tiff *t = user;
    (void)file;
    (void)module;
    vsnprintf(t->said, sizeof t->said, format, args);
    t->said[strcspn(t->said, "\n")] = 0;
    size_t n = strlen(t->said);
    if (n && t->said[n - 1] == '.')
        t->said[n - 1] = 0;
    return 1;
}

static int on_warning(TIFF *file, void *user, const char *module,
    const char *format, va_list args)
{
    (void)file;
    (void)user;
    (void)module;
    (void)format;
    (void)args;
    return 1; /* unknown tags of microscopes are not our user's concern */
}

/* libtiff on a descriptor that it owns from here on; most bounds what it may
 * allocate at once. */
static int attach(struct ae_tiff *t, int fd, const char *name, const char *mode,
    tmsize_t most)
{
    TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
    if (options) {
        TIFFOpenOptionsSetErrorHandlerExtR(options, on_error, t);
        TIFFOpenOptionsSetWarningHandlerExtR(options, on_warning, t);
        TIFFOpenOptionsSetMaxSingleMemAlloc(options, most);
        t->file = TIFFFdOpenExt(fd, name, mode, options);
        TIFFOpenOptionsFree(options);
    }
    if (!t->file)
        close(fd);
    return t->file ? 0 : -1;
}

static void tiff_free(void *state)
{
    struct ae_tiff *t = state;
    if (t && t->file)
        TIFFClose(t->file);
    if (t) {
        free(t->part);
        free(t->description);
    }
    free(t);
}

static int bad(struct ae_array *a, struct ae_tiff *t, const char *what,
    struct ae_error *err)
{
    char quoted[340];
    return ae_fail(err, AE_EDATA, "%s: TIFF page %zu: %s%s%s", a->name,
        t->page + 1, what, *t->said && *what ? ": " : "",
        ae_quote(quoted, t->said));
}

/* Size and type of the page the reader stands at. */
static int page_type(struct ae_array *a, struct ae_tiff *t,
    enum ae_sample *type, struct ae_error *err)
{
    uint16_t bits = 1, samples = 1, format = SAMPLEFORMAT_UINT, photo = 1;
    uint32_t nx = 0, ny = 0;
    TIFFGetField(t->file, TIFFTAG_IMAGEWIDTH, &nx);
    TIFFGetField(t->file, TIFFTAG_IMAGELENGTH, &ny);
    TIFFGetFieldDefaulted(t->file, TIFFTAG_BITSPERSAMPLE, &bits);
    TIFFGetFieldDefaulted(t->file, TIFFTAG_SAMPLESPERPIXEL, &samples);
    TIFFGetFieldDefaulted(t->file, TIFFTAG_SAMPLEFORMAT, &format);
    TIFFGetField(t->file, TIFFTAG_PHOTOMETRIC, &photo);
    if (samples != 1 || photo > PHOTOMETRIC_MINISBLACK)
        return bad(a, t, "colour; convert it to grey first", err);
    if (format == SAMPLEFORMAT_VOID)
        format = SAMPLEFORMAT_UINT;
    t->n[0] = nx;
    t->n[1] = ny;
    static const struct {
        int format, bits;
        enum ae_sample type;
    } known[] = {{SAMPLEFORMAT_UINT, 8, AE_U8}, {SAMPLEFORMAT_INT, 8, AE_I8},
        {SAMPLEFORMAT_UINT, 16, AE_U16}, {SAMPLEFORMAT_INT, 16, AE_I16},
        {SAMPLEFORMAT_UINT, 32, AE_U32}, {SAMPLEFORMAT_INT, 32, AE_I32},
        {SAMPLEFORMAT_IEEEFP, 16, AE_F16}, {SAMPLEFORMAT_IEEEFP, 32, AE_F32},
        {SAMPLEFORMAT_IEEEFP, 64, AE_F64}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].format == format && known[i].bits == bits) {
            *type = known[i].type;
            return AE_OK;
        }
    return ae_fail(err, AE_EDATA,
        "%s: TIFF page %zu: samples of %d bits and format %d are not read; "
        "want integers of 8, 16, 32 or floats of 16, 32, 64 bits",
        a->name, t->page + 1, bits, format);
}

/* angstrom per unit of ImageJ's description, 0 for an unknown unit. */
static double imagej_unit(const char *description)
{
    static const struct {
        const char *name;
        double angstrom;
    } known[] = {{"nm", 10}, {"pm", 0.01}, {"angstrom", 1}, {"A", 1},
        {"\303\205", 1}, {"\\u00C5", 1}, {"um", 1e4}, {"micron", 1e4},
        {"\302\265m", 1e4}, {"\\u00B5m", 1e4}, {"nanometer", 10}};
    const char *at = strstr(description, "\nunit=");
    if (!at)
        return 0;
    at += strlen("\nunit=");
    size_t n = strcspn(at, "\r\n");
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strlen(known[i].name) == n && !strncmp(at, known[i].name, n))
            return known[i].angstrom;
    return 0;
}

static void pixel_size(struct ae_array *a, struct ae_tiff *t)
{
    float per_unit[2] = {0, 0};
    uint16_t unit = RESUNIT_INCH; /* TIFF 6.0: the default */
    char *description = NULL;
    double angstrom = 0;
    if (!TIFFGetField(t->file, TIFFTAG_XRESOLUTION, &per_unit[0]) ||
        !TIFFGetField(t->file, TIFFTAG_YRESOLUTION, &per_unit[1]))
        return;
    TIFFGetField(t->file, TIFFTAG_RESOLUTIONUNIT, &unit);
    if (TIFFGetField(t->file, TIFFTAG_IMAGEDESCRIPTION, &description) &&
        !strncmp(description, "ImageJ=", 7))
        angstrom = imagej_unit(description);
    else if (unit == RESUNIT_CENTIMETER)
        angstrom = ANGSTROM_PER_CM;
    else if (unit == RESUNIT_INCH)
        angstrom = ANGSTROM_PER_INCH;
    for (int i = 0; i < 2; i++) {
        double step = angstrom / (double)per_unit[i];
        if (isfinite(step) && step > 0 && step < PRINTER)
            a->step[i] = ae_plain_number(step);
    }
    a->step[2] = a->step[0]; /* TIFF has no third resolution */
}

/* ImageJ writes one page for stacks over 4 GB and says images=N. */
static int hidden_pages(struct ae_tiff *t, size_t pages)
{
    char *description = NULL;
    if (!TIFFGetField(t->file, TIFFTAG_IMAGEDESCRIPTION, &description) ||
        strncmp(description, "ImageJ=", 7))
        return 0;
    const char *at = strstr(description, "\nimages=");
    return at && strtoul(at + strlen("\nimages="), NULL, 10) > pages;
}

/* One strip or tile, decoded, at (x, y) of the page. */
static void place(struct ae_array *a, struct ae_tiff *t, enum ae_sample type,
    size_t x, size_t y, size_t width, size_t height)
{
    size_t bytes = ae_sample_bytes(type), nx = t->n[0];
    size_t most_x = nx - x < width ? nx - x : width;
    size_t most_y = t->n[1] - y < height ? t->n[1] - y : height;
    for (size_t j = 0; j < most_y; j++) {
        const char *row = (char *)t->part + j * width * bytes;
        size_t to = (y + j) * nx + x;
        if (a->wide)
            ae_sample_reals(row, type, ae_host_is_big(), most_x, a->real + to);
        else
            ae_sample_floats(
                row, type, ae_host_is_big(), most_x, a->image + to);
    }
}

static int read_page(struct ae_array *a, struct ae_tiff *t, enum ae_sample type,
    struct ae_error *err)
{
    uint32_t width = (uint32_t)t->n[0], height = (uint32_t)t->n[1];
    int tiled = TIFFIsTiled(t->file);
    if (tiled) {
        TIFFGetField(t->file, TIFFTAG_TILEWIDTH, &width);
        TIFFGetField(t->file, TIFFTAG_TILELENGTH, &height);
    } else
        TIFFGetFieldDefaulted(t->file, TIFFTAG_ROWSPERSTRIP, &height);
    if (!tiled && height > t->n[1])
        height = (uint32_t)t->n[1];
    tmsize_t size = tiled ? TIFFTileSize(t->file) : TIFFStripSize(t->file);
    if (!width || !height || size <= 0 ||
        (double)size < (double)width * height * (double)ae_sample_bytes(type))
        return bad(a, t, "strips or tiles of no size", err);
    free(t->part);
    t->part = calloc(1, (size_t)size);
    if (!t->part)
        return ae_fail(err, AE_EMEM, "%s: out of memory for %zd bytes", a->name,
            (ptrdiff_t)size);
    for (size_t y = 0; y < t->n[1]; y += height)
        for (size_t x = 0; x < t->n[0]; x += width) {
            tmsize_t want = size;
            if (!tiled && t->n[1] - y < height)
                want = size / height * (tmsize_t)(t->n[1] - y);
            tmsize_t got = tiled
                               ? TIFFReadTile(t->file, t->part, (uint32_t)x,
                                     (uint32_t)y, 0, 0)
                               : TIFFReadEncodedStrip(t->file,
                                     TIFFComputeStrip(t->file, (uint32_t)y, 0),
                                     t->part, want);
            if (got < want)
                return bad(a, t, "cut short or damaged", err);
            place(a, t, type, x, y, width, height);
        }
    return AE_OK;
}

static int tiff_next(struct ae_array *a, struct ae_error *err)
{
    struct ae_tiff *t = a->state;
    enum ae_sample type;
    t->page = a->done;
    *t->said = 0;
    if (a->done && !TIFFReadDirectory(t->file))
        return bad(a, t, "cannot be read", err);
    int code = page_type(a, t, &type, err);
    if (code)
        return code;
    if (t->n[0] != a->n[0] || t->n[1] != a->n[1])
        return ae_fail(err, AE_EDATA,
            "%s: TIFF page %zu is %zu x %zu, the first is %zu x %zu; all must "
            "agree",
            a->name, t->page + 1, t->n[0], t->n[1], a->n[0], a->n[1]);
    if ((code = ae_array_room(a, err)))
        return code;
    return read_page(a, t, type, err);
}

static int count_pages(
    struct ae_array *a, struct ae_tiff *t, struct ae_error *err)
{
    size_t pages = TIFFNumberOfDirectories(t->file);
    if (*t->said)
        return bad(a, t, "directory", err);
    if (!pages || !TIFFSetDirectory(t->file, 0))
        return bad(a, t, "no page", err);
    if (hidden_pages(t, pages))
        return ae_fail(err, AE_EDATA,
            "%s: ImageJ says more images than the %zu pages of the file; save "
            "it as an image sequence or give --raw",
            a->name, pages);
    a->n[2] = pages;
    a->dim = 3;
    return AE_OK;
}

int ae_tiff_open(struct ae_array *a, struct ae_error *err)
{
    struct ae_tiff *t = ae_alloc(1, sizeof *t);
    a->format = "TIFF";
    a->state = t;
    a->close = tiff_free;
    a->next = tiff_next;
    if (!t)
        return ae_fail(err, AE_EMEM, "%s: out of memory", a->name);
    int fd;
    int code = ae_input_seekable(&a->in, &fd, err);
    if (code)
        return code;
    if (attach(t, fd, a->name, "rm", 0))
        return bad(a, t, "cannot be read", err);
    code = page_type(a, t, &a->type, err);
    a->n[0] = t->n[0];
    a->n[1] = t->n[1];
    uint16_t packing = COMPRESSION_NONE;
    TIFFGetFieldDefaulted(t->file, TIFFTAG_COMPRESSION, &packing);
    if (!code)
        code = count_pages(a, t, err);
    if (!code)
        code = ae_array_check(a, err);
    if (!code)
        code = ae_array_claim(
            a, ae_sample_bytes(a->type), packing != COMPRESSION_NONE, err);
    if (!code)
        pixel_size(a, t);
    return code;
}

static char *describe(const struct ae_vol *head)
{
    size_t room = 64;
    for (size_t i = 0; i < head->keys.n; i++)
        room += strlen(head->keys.key[i].name) +
                strlen(head->keys.key[i].value) + 3;
    char *text = malloc(room);
    if (!text)
        return NULL;
    int at = sprintf(text, "aetools %s\n", AE_VERSION);
    for (size_t i = 0; i < head->keys.n; i++)
        at += sprintf(text + at, "%s:=%s\n", head->keys.key[i].name,
            head->keys.key[i].value);
    return text;
}

int ae_tiff_begin(struct ae_tiff **writer, FILE *out, const struct ae_vol *head,
    enum ae_sample type, struct ae_error *err)
{
    struct ae_tiff *t = ae_alloc(1, sizeof *t);
    *writer = NULL;
    if (!t || !(t->description = describe(head))) {
        free(t);
        return ae_fail(err, AE_EMEM, "TIFF: out of memory");
    }
    if (head->n[0] > INT32_MAX || head->n[1] > INT32_MAX) {
        tiff_free(t);
        return ae_fail(err, AE_EDATA, "TIFF: images are too large");
    }
    t->type = type;
    t->n[0] = head->n[0];
    t->n[1] = head->n[1];
    t->step = head->step[0];
    /* offsets of classic TIFF have 32 bits; 64 MB are left for directories */
    double bytes = (double)ae_vol_samples(head) * (double)ae_sample_bytes(type);
    int fd = dup(fileno(out));
    if (fd < 0 || attach(t, fd, "output", bytes > 4.2e9 ? "w8" : "w", 0)) {
        int code = ae_fail(err, AE_ESYS, "TIFF: %s", t->said);
        tiff_free(t);
        return code;
    }
    *writer = t;
    return AE_OK;
}

static void set_tags(struct ae_tiff *t)
{
    TIFF *f = t->file;
    int bits = 8 * (int)ae_sample_bytes(t->type);
    TIFFSetField(f, TIFFTAG_IMAGEWIDTH, (uint32_t)t->n[0]);
    TIFFSetField(f, TIFFTAG_IMAGELENGTH, (uint32_t)t->n[1]);
    TIFFSetField(f, TIFFTAG_BITSPERSAMPLE, bits);
    TIFFSetField(f, TIFFTAG_SAMPLESPERPIXEL, 1);
    TIFFSetField(f, TIFFTAG_SAMPLEFORMAT,
        t->type == AE_F32                       ? SAMPLEFORMAT_IEEEFP
        : t->type == AE_I8 || t->type == AE_I16 ? SAMPLEFORMAT_INT
                                                : SAMPLEFORMAT_UINT);
    TIFFSetField(f, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
    TIFFSetField(f, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
    TIFFSetField(f, TIFFTAG_COMPRESSION, COMPRESSION_NONE);
    TIFFSetField(f, TIFFTAG_ROWSPERSTRIP, (uint32_t)t->n[1]);
    if (t->step > 0) {
        TIFFSetField(f, TIFFTAG_RESOLUTIONUNIT, RESUNIT_CENTIMETER);
        TIFFSetField(f, TIFFTAG_XRESOLUTION, ANGSTROM_PER_CM / t->step);
        TIFFSetField(f, TIFFTAG_YRESOLUTION, ANGSTROM_PER_CM / t->step);
    }
    if (!t->page)
        TIFFSetField(f, TIFFTAG_IMAGEDESCRIPTION, t->description);
}

int ae_tiff_put(struct ae_tiff *t, const void *samples, struct ae_error *err)
{
    size_t bytes = t->n[0] * t->n[1] * ae_sample_bytes(t->type);
    set_tags(t);
    /* libtiff does not write to what it is given without compression and in
     * machine order */
    if (TIFFWriteEncodedStrip(t->file, 0, (void *)samples, (tmsize_t)bytes) <
            0 ||
        !TIFFWriteDirectory(t->file))
        return ae_fail(err, AE_ESYS, "cannot write TIFF page %zu: %s",
            t->page + 1, t->said);
    t->page++;
    return AE_OK;
}

int ae_tiff_end(struct ae_tiff *t, struct ae_error *err)
{
    int code = AE_OK;
    if (t && t->file && !TIFFFlush(t->file))
        code = ae_fail(err, AE_ESYS, "cannot write the TIFF: %s", t->said);
    tiff_free(t);
    return code;
}
