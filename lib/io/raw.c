/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/raw.h"

#include <string.h>

static int bad_spec(const char *spec, struct ae_error *err)
{
    char quoted[340];
    return ae_fail(err, AE_EUSAGE,
        "option --raw '%s': want TYPE,NX,NY or TYPE,NX,NY,NZ with TYPE int8, "
        "uint8, int16, uint16, int32, uint32, int64, uint64, float16, "
        "float32 or float64, -be behind it for big endian",
        ae_quote(quoted, spec));
}

static int parse(struct ae_array *a, const char *spec, struct ae_error *err)
{
    char type[16];
    size_t length = strcspn(spec, ",");
    if (length >= sizeof type)
        return bad_spec(spec, err);
    memcpy(type, spec, length);
    type[length] = 0;
    if (length > 3 && !strcmp(type + length - 3, "-be")) {
        a->big = 1;
        type[length - 3] = 0;
    }
    if (ae_sample_find(type, &a->type))
        return bad_spec(spec, err);
    for (const char *at = spec + length; *at;) {
        size_t n = 0;
        const char *digit = ++at;
        for (; *at >= '0' && *at <= '9'; at++)
            if (__builtin_mul_overflow(n, (size_t)10, &n) ||
                __builtin_add_overflow(n, (size_t)(*at - '0'), &n))
                return bad_spec(spec, err);
        if (at == digit || (*at && *at != ',') || a->dim == 4 || !n)
            return bad_spec(spec, err);
        a->n[a->dim++] = n;
    }
    return a->dim < 2 ? bad_spec(spec, err) : AE_OK;
}

int ae_raw_open(
    struct ae_array *a, const char *spec, size_t skip, struct ae_error *err)
{
    a->format = "raw";
    int code = parse(a, spec, err), given = a->dim;
    if (!code)
        code = ae_array_check(a, err);
    if (code)
        return code;
    double image =
        (double)a->n[0] * (double)a->n[1] * (double)ae_sample_bytes(a->type);
    if (a->in.size == UINT64_MAX && given == 2)
        return ae_fail(err, AE_EUSAGE,
            "%s: a pipe does not tell its length; give --raw TYPE,NX,NY,NZ",
            a->name);
    if (a->in.size != UINT64_MAX) {
        double have = (double)a->in.size - (double)skip;
        double want = image * (double)a->images;
        if (given == 2 && have >= image) {
            a->n[2] = (size_t)(have / image);
            a->dim = 3;
            if ((code = ae_array_check(a, err)))
                return code;
            want = image * (double)a->images;
        }
        if (have < want || have > want)
            return ae_fail(err, AE_EDATA,
                "%s: %.0f bytes after the skipped %zu, %.0f wanted for %zu "
                "x %zu x %zu samples of %s",
                a->name, have, skip, want, a->n[0], a->n[1], a->images,
                ae_sample_name(a->type));
    }
    if (ae_input_skip(&a->in, skip))
        return ae_fail(err, AE_EDATA, "%s: file ends in the %zu bytes skipped",
            a->name, skip);
    return AE_OK;
}
