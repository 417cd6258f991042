/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/nrrd_head.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "io/xyz.h"

enum { MAX_DIM = 4, MAX_LINE = 1 << 24, MAX_IMAGES = 1 << 24 };

/* What the header's lines say, before it is brought to one convention. */
struct raw {
    const char *name;                 /* of the file, for messages */
    int dim, space_dim;
    double sizes[MAX_DIM];
    double spacing[MAX_DIM], min[MAX_DIM], unit[MAX_DIM]; /* nan: not given */
    double direction[MAX_DIM][3];     /* nan: "none" */
    double origin[3], space_unit[3];
    int has_direction, cell[MAX_DIM];
    char label[MAX_DIM][24], kind[MAX_DIM][24];
    char bad_unit[48];
    struct ae_nrrd_head *head;
    struct ae_vol *vol;
    struct ae_error *err;
};

static int wrong(struct raw *r, const char *field, const char *value,
    const char *want)
{
    char quoted[340];
    return ae_fail(r->err, AE_EDATA, "%s: header field '%s': want %s, got '%s'",
        r->name, field, want, ae_quote(quoted, value));
}

static int type_of(const char *name, enum ae_sample *type)
{
    static const struct {
        const char *name;
        enum ae_sample type;
    } known[] = {{"signed char", AE_I8}, {"int8", AE_I8}, {"int8_t", AE_I8},
        {"uchar", AE_U8}, {"unsigned char", AE_U8}, {"uint8", AE_U8},
        {"uint8_t", AE_U8}, {"short", AE_I16}, {"short int", AE_I16},
        {"signed short", AE_I16}, {"signed short int", AE_I16},
        {"int16", AE_I16}, {"int16_t", AE_I16}, {"ushort", AE_U16},
        {"unsigned short", AE_U16}, {"unsigned short int", AE_U16},
        {"uint16", AE_U16}, {"uint16_t", AE_U16}, {"int", AE_I32},
        {"signed int", AE_I32}, {"int32", AE_I32}, {"int32_t", AE_I32},
        {"uint", AE_U32}, {"unsigned int", AE_U32}, {"uint32", AE_U32},
        {"uint32_t", AE_U32}, {"longlong", AE_I64}, {"long long", AE_I64},
        {"long long int", AE_I64}, {"signed long long", AE_I64},
        {"signed long long int", AE_I64}, {"int64", AE_I64},
        {"int64_t", AE_I64}, {"ulonglong", AE_U64},
        {"unsigned long long", AE_U64}, {"unsigned long long int", AE_U64},
        {"uint64", AE_U64}, {"uint64_t", AE_U64}, {"float", AE_F32},
        {"double", AE_F64}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (!strcasecmp(known[i].name, name)) {
            *type = known[i].type;
            return 1;
        }
    return 0;
}

/* Up to n numbers separated by blanks into out, the rest is nan; how many, or
 * -1. */
static int numbers(const char *text, double *out, int n)
{
    int count = 0;
    for (int i = 0; i < n; i++)
        out[i] = NAN;
    for (;;) {
        text += strspn(text, " \t");
        if (!*text)
            return count;
        const char *end = text + strcspn(text, " \t");
        double x;
        if (count == n || ae_parse_real(text, end, &x) != end)
            return -1;
        out[count++] = x;
        text = end;
    }
}

/* The next word, in quotes or not; returns the place after it, NULL at the
 * end. */
static const char *word(const char *at, char *out, size_t room)
{
    at += strspn(at, " \t");
    if (!*at)
        return NULL;
    const char *stop = " \t";
    if (*at == '"') {
        at++;
        stop = "\"";
    }
    size_t n = strcspn(at, stop);
    snprintf(out, room, "%.*s", (int)(n < room ? n : room - 1), at);
    return at + n + (*stop == '"' && at[n]);
}

/* angstrom per unit; 0 for no unit, nan for one that is no length we know */
static double unit_of(const char *text)
{
    static const struct {
        const char *name;
        double angstrom;
    } known[] = {{"A", 1}, {"\303\205", 1}, {"\342\204\253", 1}, {"\305", 1},
        {"angstrom", 1}, {"angstroms", 1}, {"nm", 10}, {"nanometer", 10},
        {"nanometre", 10}, {"pm", 0.01}, {"um", 1e4}, {"\302\265m", 1e4}};
    if (!*text || !strcmp(text, "none") || !strcmp(text, "pixel") ||
        !strcmp(text, "px"))
        return 0;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (!strcasecmp(known[i].name, text))
            return known[i].angstrom;
    return NAN;
}

static void units(struct raw *r, const char *value, double *out, int n)
{
    char text[48];
    for (int i = 0; i < n && value; i++) {
        value = word(value, text, sizeof text);
        if (!value)
            return;
        out[i] = unit_of(text);
        if (isnan(out[i])) {
            snprintf(r->bad_unit, sizeof r->bad_unit, "%s", text);
            out[i] = 0;
        }
    }
}

static void words(const char *value, char (*out)[24])
{
    for (int i = 0; i < MAX_DIM && value; i++)
        value = word(value, out[i], sizeof out[i]);
}

/* "(a,b,c)" or "none"; the place after it, NULL when it is neither. */
static const char *vector(const char *at, double *out, int n)
{
    at += strspn(at, " \t");
    for (int i = 0; i < 3; i++)
        out[i] = NAN;
    if (!strncmp(at, "none", 4))
        return at + 4;
    if (*at++ != '(')
        return NULL;
    for (int i = 0; i < n; i++) {
        at += strspn(at, " \t");
        const char *end = at + strcspn(at, ",) \t");
        if (ae_parse_real(at, end, &out[i]) != end || end == at)
            return NULL;
        at = end + strspn(end, " \t");
        if (*at++ != (i == n - 1 ? ')' : ','))
            return NULL;
    }
    return at;
}

static int field_directions(struct raw *r, const char *value)
{
    const char *at = value;
    for (int i = 0; i < r->dim; i++) {
        at = vector(at, r->direction[i], r->space_dim);
        if (!at)
            return wrong(r, "space directions", value,
                "one vector (or none) per axis");
    }
    r->has_direction = 1;
    return AE_OK;
}

static int field_data_file(struct raw *r, const char *value)
{
    char *copy = ae_strdup(value);
    if (!copy)
        return ae_fail(r->err, AE_EMEM, "%s: out of memory", r->name);
    free(r->head->data_file);
    r->head->data_file = copy;
    return AE_OK;
}

static int field_whole(struct raw *r, const char *field, const char *value,
    double low, double high, double *out)
{
    if (numbers(value, out, 1) != 1 || *out != floor(*out) || *out < low ||
        *out > high) {
        char want[80];
        *out = 0;
        snprintf(want, sizeof want, "a whole number from %.0f to %.0f", low,
            high);
        return wrong(r, field, value, want);
    }
    return AE_OK;
}

static int field_sizes(struct raw *r, const char *value)
{
    if (!r->dim)
        return wrong(r, "sizes", value, "the field dimension before it");
    if (numbers(value, r->sizes, MAX_DIM) != r->dim)
        return wrong(r, "sizes", value, "one whole number per axis");
    double image = 1, images = 1;
    for (int i = 0; i < r->dim; i++) {
        if (!(r->sizes[i] >= 1) || r->sizes[i] != floor(r->sizes[i]))
            return wrong(r, "sizes", value, "every size positive");
        *(i < 2 ? &image : &images) *= r->sizes[i];
    }
    if (image > 2147483647.0 || images > MAX_IMAGES)
        return wrong(r, "sizes", value,
            "at most 2^31 samples an image and 2^24 images");
    return AE_OK;
}

static int field_encoding(struct raw *r, const char *value)
{
    static const struct {
        const char *name;
        enum ae_nrrd_encoding encoding;
    } known[] = {{"raw", AE_RAW}, {"gzip", AE_GZIP}, {"gz", AE_GZIP},
        {"ascii", AE_ASCII}, {"text", AE_ASCII}, {"txt", AE_ASCII}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (!strcasecmp(known[i].name, value)) {
            r->head->encoding = known[i].encoding;
            return AE_OK;
        }
    return wrong(r, "encoding", value, "raw, gzip or ascii");
}

static int field_per_axis(struct raw *r, const char *field, const char *value,
    double *out)
{
    if (numbers(value, out, MAX_DIM) != r->dim)
        return wrong(r, field, value, "one number per axis");
    return AE_OK;
}

static int field(struct raw *r, const char *name, const char *value)
{
    double x = 0;
    int code = AE_OK;
    if (!strcasecmp(name, "type")) {
        r->head->has_type = type_of(value, &r->head->type);
        if (!r->head->has_type)
            return wrong(r, name, value, "an integer or float type");
    } else if (!strcasecmp(name, "dimension")) {
        code = field_whole(r, name, value, 2, MAX_DIM, &x);
        r->dim = (int)x;
    } else if (!strcasecmp(name, "sizes"))
        return field_sizes(r, value);
    else if (!strcasecmp(name, "endian")) {
        if (strcasecmp(value, "little") && strcasecmp(value, "big"))
            return wrong(r, name, value, "little or big");
        r->head->big_endian = !strcasecmp(value, "big");
    } else if (!strcasecmp(name, "encoding"))
        return field_encoding(r, value);
    else if (!strcasecmp(name, "spacings"))
        return field_per_axis(r, name, value, r->spacing);
    else if (!strcasecmp(name, "axis mins") || !strcasecmp(name, "axismins"))
        return field_per_axis(r, name, value, r->min);
    else if (!strcasecmp(name, "centers") || !strcasecmp(name, "centerings")) {
        char centre[MAX_DIM][24] = {""};
        words(value, centre);
        for (int i = 0; i < MAX_DIM; i++)
            r->cell[i] = !strcmp(centre[i], "cell");
    } else if (!strcasecmp(name, "labels"))
        words(value, r->label);
    else if (!strcasecmp(name, "kinds"))
        words(value, r->kind);
    else if (!strcasecmp(name, "units"))
        units(r, value, r->unit, MAX_DIM);
    else if (!strcasecmp(name, "space"))
        r->space_dim = 3;
    else if (!strcasecmp(name, "space dimension")) {
        code = field_whole(r, name, value, 1, 3, &x);
        r->space_dim = (int)x;
    } else if (!strcasecmp(name, "space units"))
        units(r, value, r->space_unit, 3);
    else if (!strcasecmp(name, "space origin")) {
        if (!vector(value, r->origin, r->space_dim ? r->space_dim : 3))
            return wrong(r, name, value, "a vector (x,y,z)");
    } else if (!strcasecmp(name, "space directions"))
        return field_directions(r, value);
    else if (!strcasecmp(name, "line skip") || !strcasecmp(name, "lineskip")) {
        code = field_whole(r, name, value, 0, 1e9, &x);
        r->head->line_skip = (long)x;
    } else if (!strcasecmp(name, "byte skip") || !strcasecmp(name, "byteskip")) {
        code = field_whole(r, name, value, -1, 1e15, &x);
        r->head->byte_skip = (long)x;
    } else if (!strcasecmp(name, "data file") || !strcasecmp(name, "datafile"))
        return field_data_file(r, value);
    return code; /* other fields say nothing that we use */
}

/* A line without its end; 1, 0 at the end of the file, -1 too long or short of
 * memory. */
static int read_line(FILE *in, char **line, size_t *room)
{
    size_t n = 0;
    int c;
    while ((c = getc(in)) != EOF && c != '\n') {
        if (n + 2 > *room) {
            size_t more = *room ? 2 * *room : 256;
            char *p = more > MAX_LINE ? NULL : realloc(*line, more);
            if (!p)
                return -1;
            *line = p;
            *room = more;
        }
        (*line)[n++] = (char)c;
    }
    if (c == EOF && !n)
        return 0;
    if (n && (*line)[n - 1] == '\r')
        n--;
    if (!*line) {
        *line = malloc(*room = 256);
        if (!*line)
            return -1;
    }
    (*line)[n] = 0;
    return 1;
}

static void unescape(char *text)
{
    char *to = text;
    for (; *text; text++) {
        if (*text == '\\' && (text[1] == 'n' || text[1] == '\\')) {
            text++;
            *to++ = *text == 'n' ? '\n' : '\\';
        } else
            *to++ = *text;
    }
    *to = 0;
}

/* The angles of a key into the volume; triples, or theta alone. */
static int angles(struct raw *r, const char *key, const char *text, int triples)
{
    size_t n = 0, room = 64;
    double *list = malloc(room * sizeof *list);
    int code = AE_OK;
    char quoted[340];
    for (const char *at = text; list;) {
        at += strspn(at, " \t;,");
        if (!*at)
            break;
        const char *end = at + strcspn(at, " \t;,");
        double x;
        if (ae_parse_real(at, end, &x) != end || !isfinite(x)) {
            code = ae_fail(r->err, AE_EDATA,
                "%s: header key '%s': want finite numbers, got '%s'", r->name,
                key, ae_quote(quoted, at));
            goto out;
        }
        if (n == room) {
            double *more = ae_resize(list, room, 2 * room, sizeof *list);
            if (!more)
                break;
            list = more;
            room *= 2;
        }
        list[n++] = x;
        at = end;
    }
    size_t count = triples ? n / 3 : n;
    double(*euler)[3] = ae_alloc(count, sizeof *euler);
    if (!list || !euler)
        code = ae_fail(r->err, AE_EMEM, "%s: out of memory", r->name);
    else if (triples && n % 3)
        code = ae_fail(r->err, AE_EDATA,
            "%s: euler_angles has %zu numbers; want three per image", r->name,
            n);
    for (size_t i = 0; i < count && !code; i++) {
        euler[i][1] = triples ? list[3 * i + 1] : list[i];
        euler[i][0] = triples ? list[3 * i] : 0;
        euler[i][2] = triples ? list[3 * i + 2] : 0;
    }
    if (!code)
        code = ae_vol_set_euler(r->vol, count, (const double(*)[3])euler,
            r->err);
    free(euler);
out:
    free(list);
    return code;
}

static int key(struct raw *r, char *name, char *value)
{
    unescape(name);
    unescape(value);
    if (ae_keys_set(&r->vol->keys, name, value))
        return ae_fail(r->err, AE_EMEM, "%s: out of memory", r->name);
    return AE_OK;
}

/* The names of a LIST follow at once, to the end of the header file. */
static int is_list(const struct ae_nrrd_head *head)
{
    return head->data_file && !strncmp(head->data_file, "LIST", 4);
}

/* "LIST" (names follow to the end of the header file) or "name%03d 1 9 2". */
static int expand_files(FILE *in, struct raw *r, char **line, size_t *room)
{
    struct ae_nrrd_head *head = r->head;
    char format[1024];
    double range[4];
    const char *rest = word(head->data_file, format, sizeof format);
    int listed = is_list(head);
    int count = listed || !rest ? 0 : numbers(rest, range, 4);
    const char *percent = strchr(format, '%');
    if (!listed && (count < 3 || !percent))
        return AE_OK;
    double at = listed ? 0 : range[0], end = listed ? 0 : range[1];
    double step = listed ? 1 : range[2];
    if (step == 0 || (end - at) / step > MAX_IMAGES)
        return wrong(r, "data file", head->data_file, "a step that is not 0");
    for (;; at += step) {
        char name[1200];
        if (listed) {
            int got = read_line(in, line, room);
            if (got < 0)
                return wrong(r, "data file", "LIST", "shorter lines");
            if (!got)
                break;
            if (!**line)
                continue;
            snprintf(name, sizeof name, "%s", *line);
        } else {
            int width = atoi(percent + 1 + (percent[1] == '0'));
            const char *tail = percent + 1 + strspn(percent + 1, "0123456789");
            if (*tail != 'd' || width > 20)
                return wrong(r, "data file", format, "one %d in the name");
            if (step > 0 ? at > end : at < end)
                break;
            snprintf(name, sizeof name, "%.*s%0*ld%s", (int)(percent - format),
                format, width, (long)at, tail + 1);
        }
        char **more = ae_resize(head->list, head->nlist, head->nlist + 1,
            sizeof *more);
        if (more)
            head->list = more;
        if (!more || !(more[head->nlist] = ae_strdup(name)))
            return ae_fail(r->err, AE_EMEM, "%s: out of memory", r->name);
        head->nlist++;
    }
    return head->nlist ? AE_OK
                       : wrong(r, "data file", head->data_file, "file names");
}

static int has_label(const struct raw *r, int axis, const char *label)
{
    size_t n = strlen(label);
    return !strncasecmp(r->label[axis], label, n);
}

static void find_kind(struct raw *r)
{
    struct ae_vol *vol = r->vol;
    vol->dim = r->dim;
    for (int i = 0; i < 4; i++)
        vol->n[i] = i < r->dim ? (size_t)r->sizes[i] : 1;
    if (r->dim == 4)
        vol->kind = AE_FRAMES;
    else if (r->dim == 2)
        vol->kind = AE_IMAGE;
    else if (has_label(r, 2, "frame")) {
        vol->kind = AE_FRAMES;
        vol->dim = 4;
    } else if (has_label(r, 2, "tilt") || vol->nangle ||
        !strcmp(r->kind[2], "list"))
        vol->kind = AE_STACK;
    else
        vol->kind = AE_VOLUME;
}

/* Step and origin of spatial axis i in angstrom from whichever fields say it. */
static int axis_geometry(struct raw *r, int i)
{
    struct ae_vol *vol = r->vol;
    double centred = -(double)(vol->n[i] / 2);
    double step = r->spacing[i], unit = r->unit[i], min = r->min[i];
    if (r->has_direction) {
        double *d = r->direction[i];
        unit = r->space_unit[i];
        step = d[i];
        min = r->origin[i];
        for (int j = 0; j < r->space_dim; j++)
            if (j != i && d[j] != 0 && !isnan(d[i]))
                return ae_fail(r->err, AE_EDATA,
                    "%s: axis %d runs along an oblique direction; resample the"
                    " data on axes along x, y, z",
                    r->name, i);
    }
    vol->step[i] = 0;
    vol->origin[i] = centred;
    if (isnan(step) || !(unit > 0))
        return AE_OK;
    if (!(step > 0) || isinf(step))
        return ae_fail(r->err, AE_EDATA,
            "%s: axis %d has step %g; want a positive one", r->name, i, step);
    vol->step[i] = step * unit;
    if (r->cell[i] && !r->has_direction)
        min += step / 2;
    vol->origin[i] = (isfinite(min) ? min : centred * step) * unit;
    return AE_OK;
}

static int geometry(struct raw *r, double pixel)
{
    struct ae_vol *vol = r->vol;
    int axes = vol->kind == AE_VOLUME ? 3 : 2, code = AE_OK;
    for (int i = 0; i < axes && !code; i++) {
        code = axis_geometry(r, i);
        if (pixel > 0) {
            vol->step[i] = pixel;
            vol->origin[i] = -(double)(vol->n[i] / 2) * pixel;
        }
    }
    if (!code && *r->bad_unit && !(vol->step[0] > 0)) {
        char quoted[340];
        return ae_fail(r->err, AE_EDATA,
            "%s: unit '%s' is not angstrom, nm or pm; give the pixel size",
            r->name, ae_quote(quoted, r->bad_unit));
    }
    if (!code && pixel <= 0 && vol->step[0] > 100)
        return ae_fail(r->err, AE_EDATA,
            "%s: pixel size %g angstrom is larger than an atom; is the unit"
            " right?",
            r->name, vol->step[0]);
    ae_vol_set_centre(vol);
    return code;
}

static int take_angles(struct raw *r)
{
    struct ae_vol *vol = r->vol;
    const char *text = ae_keys_get(&vol->keys, "euler_angles");
    int triples = text != NULL;
    const char *name = triples ? "euler_angles" : "tilt_angles";
    if (!text)
        text = ae_keys_get(&vol->keys, name);
    int code = text ? angles(r, name, text, triples) : AE_OK;
    ae_keys_drop(&vol->keys, "euler_angles");
    ae_keys_drop(&vol->keys, "tilt_angles");
    ae_keys_drop(&vol->keys, "rotation_centre");
    return code;
}

static int check_angles(struct raw *r)
{
    const struct ae_vol *vol = r->vol;
    size_t images = vol->kind == AE_FRAMES ? vol->n[3] : vol->n[2];
    if (vol->nangle && vol->nangle != images)
        return ae_fail(r->err, AE_EDATA,
            "%s: %zu angles for %zu images; mend the key or drop it", r->name,
            vol->nangle, images);
    return AE_OK;
}

static int finish(struct raw *r, double pixel)
{
    const struct ae_nrrd_head *head = r->head;
    if (!r->dim || isnan(r->sizes[0]) || !head->has_type ||
        head->encoding == AE_NO_ENCODING)
        return ae_fail(r->err, AE_EDATA,
            "%s: the header lacks the field '%s'", r->name,
            !r->dim                              ? "dimension"
                : isnan(r->sizes[0])             ? "sizes"
                : !head->has_type       ? "type"
                                                 : "encoding");
    if (head->encoding != AE_ASCII && head->big_endian < 0 &&
        ae_sample_bytes(head->type) > 1)
        return ae_fail(r->err, AE_EDATA,
            "%s: the header lacks the field 'endian'", r->name);
    int code = take_angles(r);
    if (code)
        return code;
    find_kind(r);
    code = check_angles(r);
    return code ? code : geometry(r, pixel);
}

static int header_line(struct raw *r, char *line)
{
    if (*line == '#')
        return AE_OK;
    char *colon = strchr(line, ':');
    if (!colon) {
        char quoted[340];
        return ae_fail(r->err, AE_EDATA,
            "%s: header line '%s': want 'field: value' or 'key:=value'",
            r->name, ae_quote(quoted, line));
    }
    *colon = 0;
    if (colon[1] == '=')
        return key(r, line, colon + 2);
    char *value = colon + 1 + strspn(colon + 1, " \t");
    for (char *end = value + strlen(value);
         end > value && strchr(" \t", end[-1]);)
        *--end = 0;
    return field(r, line, value);
}

int ae_nrrd_parse(FILE *in, const char *name, double pixel,
    struct ae_nrrd_head *head, struct ae_vol *vol, struct ae_error *err)
{
    struct raw r = {.name = name, .head = head, .vol = vol, .err = err};
    for (int i = 0; i < MAX_DIM; i++)
        r.sizes[i] = r.spacing[i] = r.min[i] = NAN;
    for (int i = 0; i < 3; i++)
        r.origin[i] = NAN;
    *head = (struct ae_nrrd_head){
        .encoding = AE_NO_ENCODING, .big_endian = -1};
    *vol = (struct ae_vol){0};
    char *line = NULL;
    size_t room = 0;
    int got = read_line(in, &line, &room), code = AE_OK;
    if (got <= 0 && !ferror(in))
        code = ae_fail(err, AE_EDATA, "%s: empty input; want NRRD", name);
    else if (got <= 0)
        code = ae_fail(err, AE_ESYS, "%s: cannot read", name);
    else if (strlen(line) != 8 || strncmp(line, "NRRD000", 7) ||
        line[7] < '1' || line[7] > '5') {
        char quoted[340];
        line[strnlen(line, 16)] = 0;
        code = ae_fail(err, AE_EDATA,
            "%s: not NRRD (it begins '%s'); use vol-import for other formats",
            name, ae_quote(quoted, line));
    }
    int lines = 0;
    while (!code && !is_list(head) &&
        (got = read_line(in, &line, &room)) > 0 && *line)
        code = ++lines > 100000
            ? ae_fail(err, AE_EDATA, "%s: header without end", name)
            : header_line(&r, line);
    if (!code && got < 0)
        code = ae_fail(err, AE_EDATA, "%s: header line too long", name);
    if (!code && !got && !head->data_file)
        code = ae_fail(err, AE_EDATA, "%s: the file ends inside the header",
            name);
    if (!code && head->data_file)
        code = expand_files(in, &r, &line, &room);
    if (!code)
        code = finish(&r, pixel);
    free(line);
    if (code) {
        ae_nrrd_head_clear(head);
        ae_vol_clear(vol);
    }
    return code;
}

void ae_nrrd_head_clear(struct ae_nrrd_head *head)
{
    for (size_t i = 0; i < head->nlist; i++)
        free(head->list[i]);
    free(head->list);
    free(head->data_file);
    *head = (struct ae_nrrd_head){0};
}
