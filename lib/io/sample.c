/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/sample.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { SWAP_SAMPLES = 4096 };

static const struct {
    const char *name;
    size_t bytes;
} kind[] = {
    [AE_I8] = {"int8", 1},
    [AE_U8] = {"uint8", 1},
    [AE_I16] = {"int16", 2},
    [AE_U16] = {"uint16", 2},
    [AE_I32] = {"int32", 4},
    [AE_U32] = {"uint32", 4},
    [AE_I64] = {"int64", 8},
    [AE_U64] = {"uint64", 8},
    [AE_F16] = {"float16", 2},
    [AE_F32] = {"float32", 4},
    [AE_F64] = {"float64", 8},
};

size_t ae_sample_bytes(enum ae_sample type)
{
    return kind[type].bytes;
}

const char *ae_sample_name(enum ae_sample type)
{
    return kind[type].name;
}

int ae_sample_find(const char *name, enum ae_sample *type)
{
    for (size_t i = 0; i < sizeof kind / sizeof *kind; i++)
        if (!strcmp(kind[i].name, name)) {
            *type = (enum ae_sample)i;
            return 0;
        }
    return -1;
}

int ae_host_is_big(void)
{
    const uint16_t one = 1;
    return !*(const unsigned char *)&one;
}

/* IEEE 754 binary16: 1 sign, 5 exponent (bias 15), 10 fraction bits. */
static double half(uint16_t bits)
{
    int exponent = bits >> 10 & 31, fraction = bits & 1023;
    double size = exponent == 31 ? (fraction ? NAN : INFINITY)
                  : exponent     ? ldexp(1024 + fraction, exponent - 25)
                                 : ldexp(fraction, -24);
    return bits >> 15 ? -size : size;
}

static double one_sample(const unsigned char *at, enum ae_sample type, int big)
{
    uint64_t u = 0;
    size_t bytes = kind[type].bytes;
    for (size_t i = 0; i < bytes; i++)
        u |= (uint64_t)at[big ? bytes - 1 - i : i] << 8 * i;
    uint32_t word = (uint32_t)u;
    float single;
    double real;
    switch (type) {
    case AE_I8:
        return (int8_t)u;
    case AE_I16:
        return (int16_t)u;
    case AE_I32:
        return (int32_t)u;
    case AE_I64:
        return (double)(int64_t)u;
    case AE_U8:
    case AE_U16:
    case AE_U32:
    case AE_U64:
        return (double)u;
    case AE_F16:
        return half((uint16_t)u);
    case AE_F32:
        memcpy(&single, &word, sizeof single);
        return (double)single;
    case AE_F64:
        memcpy(&real, &u, sizeof real);
        return real;
    }
    return NAN;
}

void ae_sample_reals(
    const void *raw, enum ae_sample type, int big, size_t n, double *out)
{
    const unsigned char *at = raw;
    for (size_t i = 0; i < n; i++)
        out[i] = one_sample(at + i * kind[type].bytes, type, big);
}

void ae_sample_floats(
    const void *raw, enum ae_sample type, int big, size_t n, float *out)
{
    const unsigned char *at = raw;
    if (type == AE_F32 && big == ae_host_is_big()) {
        memcpy(out, raw, n * sizeof *out);
        return;
    }
    if (type == AE_U16 && big == ae_host_is_big()) {
        for (size_t i = 0; i < n; i++) {
            uint16_t u;
            memcpy(&u, at + 2 * i, sizeof u);
            out[i] = u;
        }
        return;
    }
    for (size_t i = 0; i < n; i++)
        out[i] = (float)one_sample(at + i * kind[type].bytes, type, big);
}

int ae_sample_store(
    const float *in, size_t n, enum ae_sample type, void *out, size_t *bad)
{
    if (type == AE_F32) {
        memcpy(out, in, n * sizeof *in);
        return 0;
    }
    double low = type == AE_I8 ? -128 : type == AE_I16 ? -32768 : 0;
    double high = type == AE_I8    ? 127
                  : type == AE_U8  ? 255
                  : type == AE_I16 ? 32767
                                   : 65535;
    for (size_t i = 0; i < n; i++) {
        double value = rint((double)in[i]);
        if (!(value >= low && value <= high)) {
            *bad = i;
            return -1;
        }
        if (type == AE_I8)
            ((int8_t *)out)[i] = (int8_t)value;
        else if (type == AE_U8)
            ((uint8_t *)out)[i] = (uint8_t)value;
        else if (type == AE_I16)
            ((int16_t *)out)[i] = (int16_t)value;
        else
            ((uint16_t *)out)[i] = (uint16_t)value;
    }
    return 0;
}

static int put(FILE *out, const void *raw, size_t bytes, struct ae_error *err)
{
    if (fwrite(raw, 1, bytes, out) != bytes)
        return ae_fail(err, AE_ESYS, "cannot write: %s", strerror(errno));
    return AE_OK;
}

int ae_sample_write(FILE *out, const void *raw, enum ae_sample type, size_t n,
    struct ae_error *err)
{
    size_t bytes = kind[type].bytes;
    if (!ae_host_is_big() || bytes == 1)
        return put(out, raw, n * bytes, err);
    unsigned char swapped[SWAP_SAMPLES * 8];
    const unsigned char *from = raw;
    for (size_t done = 0; done < n;) {
        size_t part = n - done < SWAP_SAMPLES ? n - done : SWAP_SAMPLES;
        for (size_t i = 0; i < part * bytes; i++)
            swapped[i] =
                from[done * bytes + i / bytes * bytes + bytes - 1 - i % bytes];
        int code = put(out, swapped, part * bytes, err);
        if (code)
            return code;
        done += part;
    }
    return AE_OK;
}

double ae_plain_number(double x)
{
    char text[40];
    for (int digits = 3; digits <= 9; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, x);
        double plain = strtod(text, NULL);
        if (fabs(plain - x) <= 4 * FLT_EPSILON / 2 * fabs(x))
            return plain;
    }
    return x;
}
