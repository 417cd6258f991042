/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/npy.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_HEADER = 1 << 16, ALIGN = 64 };

static int bad(struct ae_array *a, const char *what, struct ae_error *err)
{
    return ae_fail(err, AE_EDATA, "%s: NPY header: %s", a->name, what);
}

/* The value of 'key' in the Python dictionary of the header. */
static const char *value_of(const char *header, const char *key)
{
    const char *at = strstr(header, key);
    if (!at)
        return NULL;
    at += strlen(key);
    at += strspn(at, " ");
    if (*at != ':')
        return NULL;
    return at + 1 + strspn(at + 1, " ");
}

/* '<f4' and the like: byte order, letter, bytes. */
static int element(struct ae_array *a, const char *text, struct ae_error *err)
{
    static const struct {
        const char *code;
        enum ae_sample type;
    } known[] = {{"i1", AE_I8}, {"u1", AE_U8}, {"b1", AE_U8}, {"i2", AE_I16},
        {"u2", AE_U16}, {"i4", AE_I32}, {"u4", AE_U32}, {"i8", AE_I64},
        {"u8", AE_U64}, {"f2", AE_F16}, {"f4", AE_F32}, {"f8", AE_F64}};
    char mark = *text, quoted[340], shown[32];
    if (mark != '\'' && mark != '"')
        return bad(a, "records of several fields are not read", err);
    size_t length = strcspn(text + 1, "'\"");
    if (length == 3 && strchr("<>|=", text[1]))
        for (size_t i = 0; i < sizeof known / sizeof *known; i++)
            if (!strncmp(text + 2, known[i].code, 2)) {
                a->type = known[i].type;
                a->big = text[1] == '>' || (text[1] == '=' && ae_host_is_big());
                return AE_OK;
            }
    snprintf(
        shown, sizeof shown, "%.*s", length < 20 ? (int)length : 20, text + 1);
    return ae_fail(err, AE_EDATA,
        "%s: NPY type '%s' is not read; want integers or real floats", a->name,
        ae_quote(quoted, shown));
}

/* "(41, 64, 64)" into size[], first index first. */
static int shape(
    struct ae_array *a, const char *text, size_t size[4], struct ae_error *err)
{
    if (*text++ != '(')
        return bad(a, "no shape", err);
    a->dim = 0;
    for (;;) {
        text += strspn(text, " ,");
        if (*text == ')')
            break;
        if (*text < '0' || *text > '9')
            return bad(a, "the shape is no list of numbers", err);
        if (a->dim == 4)
            return bad(a, "more than 4 axes", err);
        char *end;
        size_t n = 0;
        for (end = (char *)text; *end >= '0' && *end <= '9'; end++)
            if (__builtin_mul_overflow(n, (size_t)10, &n) ||
                __builtin_add_overflow(n, (size_t)(*end - '0'), &n))
                return bad(a, "a size is too large", err);
        size[a->dim++] = n;
        text = end;
    }
    return AE_OK;
}

static int parse(struct ae_array *a, char *header, struct ae_error *err)
{
    size_t size[4];
    const char *descr = value_of(header, "'descr'");
    const char *order = value_of(header, "'fortran_order'");
    const char *sizes = value_of(header, "'shape'");
    if (!descr || !order || !sizes)
        return bad(a, "want 'descr', 'fortran_order' and 'shape'", err);
    int code = element(a, descr, err);
    if (!code)
        code = shape(a, sizes, size, err);
    if (code)
        return code;
    a->reversed = !strncmp(order, "True", 4);
    if (a->dim == 1 && a->wide) /* a list of angles */
        a->n[a->dim++] = 1, size[1] = size[0], size[0] = 1;
    if (a->dim < 2)
        return ae_fail(err, AE_EDATA, "%s: NPY array of %d axes; want 2 to 4",
            a->name, a->dim);
    for (int i = 0; i < a->dim; i++)
        a->n[i] = size[a->reversed ? i : a->dim - 1 - i];
    return AE_OK;
}

int ae_npy_open(struct ae_array *a, struct ae_error *err)
{
    unsigned char start[12];
    a->format = "NPY";
    if (ae_input_read(&a->in, start, 8) != 8)
        return bad(a, "cut short", err);
    int version = start[6];
    size_t count = version == 1 ? 2 : 4, length = 0;
    if (version < 1 || version > 3)
        return bad(a, "unknown format version", err);
    if (ae_input_read(&a->in, start + 8, count) != count)
        return bad(a, "cut short", err);
    for (size_t i = 0; i < count; i++)
        length |= (size_t)start[8 + i] << 8 * i;
    if (length > MAX_HEADER)
        return bad(a, "longer than 64 kB", err);
    char *header = malloc(length + 1);
    if (!header)
        return ae_fail(err, AE_EMEM, "%s: out of memory", a->name);
    int code;
    if (ae_input_read(&a->in, header, length) != length)
        code = bad(a, "cut short", err);
    else {
        header[length] = 0;
        code = parse(a, header, err);
    }
    free(header);
    int dim = a->dim;
    if (!code)
        code = ae_array_check(a, err);
    /* numpy counts from the last index: its axes of size 1 in front go in C
     * order; in Fortran order they must stay where they are */
    if (a->reversed)
        a->dim = dim;
    if (!code && a->in.size != UINT64_MAX) {
        struct ae_array rest = *a;
        rest.in.size -= a->in.at;
        code = ae_array_claim(&rest, ae_sample_bytes(a->type), 0, err);
    }
    return code;
}

int ae_npy_write_head(FILE *out, const struct ae_vol *head, enum ae_sample type,
    struct ae_error *err)
{
    const char *descr = type == AE_F32   ? "<f4"
                        : type == AE_U8  ? "|u1"
                        : type == AE_I8  ? "|i1"
                        : type == AE_U16 ? "<u2"
                                         : "<i2";
    char text[256];
    int length = snprintf(text, sizeof text,
        "{'descr': '%s', 'fortran_order': False, 'shape': (", descr);
    for (int i = head->dim - 1; i >= 0; i--)
        length += snprintf(text + length, sizeof text - (size_t)length, "%zu%s",
            head->n[i], i ? ", " : "), }");
    int total = (10 + length + 1 + ALIGN - 1) / ALIGN * ALIGN;
    unsigned char magic[10] = {
        0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, (unsigned char)(total - 10), 0};
    if (fwrite(magic, 1, 10, out) != 10 ||
        fprintf(out, "%s%*s\n", text, total - 11 - length, "") < 0)
        return ae_fail(err, AE_ESYS, "cannot write the NPY header");
    return AE_OK;
}
