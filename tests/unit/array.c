/* SPDX-License-Identifier: BSD-2-Clause */
#include "check.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "io/format.h"

/* Open bytes in memory and read all images; the code of the first failure. */
static int read_all(const void *bytes, size_t n, const char *raw, double *last,
    struct ae_error *err)
{
    struct ae_source source = {fmemopen((void *)bytes, n, "rb"), "memory"};
    struct ae_format_choice choice = {.var = "", .raw = raw, .rank = 3};
    struct ae_array a;
    int code = ae_format_open(&a, &source, &choice, err);
    while (!code) {
        code = ae_array_next(&a, err);
        if (!code)
            *last = (double)a.image[a.n[0] * a.n[1] - 1];
    }
    ae_array_close(&a);
    ae_array_close(&a);
    fclose(source.file);
    return code;
}

static size_t make_npy(char *out, const char *dictionary, size_t payload)
{
    size_t n = strlen(dictionary) + 1;
    memcpy(out, "\223NUMPY\1\0", 8);
    out[8] = (char)n;
    out[9] = 0;
    memcpy(out + 10, dictionary, n - 1);
    out[9 + n] = '\n';
    for (size_t i = 0; i < payload; i++)
        out[10 + n + i] = (char)(7 * i + 3);
    return 10 + n + payload;
}

static void test_npy(void)
{
    char bytes[600];
    struct ae_error err;
    double last = 0;
    const char *good =
        "{'descr': '<i2', 'fortran_order': False, 'shape': (2, 3), }";
    size_t n = make_npy(bytes, good, 12);
    CHECK(read_all(bytes, n, "", &last, &err) == AE_END);
    NEAR(last, 0x5049, 0); /* bytes 73 and 80 */
    for (size_t cut = 1; cut < n; cut++) {
        CHECK(read_all(bytes, cut, "", &last, &err) == AE_EDATA);
        CHECK(strlen(err.msg) > 10 && !strchr(err.msg, '\n'));
    }
    static const char *const bad[] = {
        "{'descr': '<c8', 'fortran_order': False, 'shape': (2, 3), }",
        "{'descr': [('a','<f4')], 'fortran_order': False, 'shape': (2, 3), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (0, 3), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': 3, }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-2, 3), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2, 3, 4, 5), }",
        "{'descr': '<f4', 'shape': (2, 3), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': "
        "(4294967296, 4294967296), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': "
        "(99999999999999999999999, 3), }"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        n = make_npy(bytes, bad[i], 100);
        CHECK(read_all(bytes, n, "", &last, &err) == AE_EDATA);
    }
}

static void put(unsigned char *at, uint32_t value, int big)
{
    for (int i = 0; i < 4; i++)
        at[big ? 3 - i : i] = (unsigned char)(value >> 8 * i);
}

static void test_mrc(void)
{
    struct ae_error err;
    double last = 0;
    for (int big = 0; big < 2; big++) {
        unsigned char h[1024 + 16 + 12] = {0};
        put(h, 3, big);
        put(h + 4, 2, big);
        put(h + 8, 1, big);
        put(h + 12, 6, big);
        put(h + 92, 16, big);
        memcpy(h + 208, "MAP ", 4);
        h[1024 + 16 + 10] = big ? 200 : 1;
        h[1024 + 16 + 11] = big ? 1 : 200;
        CHECK(read_all(h, sizeof h, "", &last, &err) == AE_END);
        NEAR(last, 51201, 0); /* 200 * 256 + 1, above int16 */
        for (size_t cut = 1; cut < sizeof h; cut += 13)
            CHECK(read_all(h, cut, "", &last, &err) == AE_EDATA);
        static const uint32_t wrong[][2] = {{0, 0}, {4, 0xffffffffu},
            {8, 1000000}, {12, 3}, {12, 4}, {12, 7}, {92, 0xfffffff0u},
            {92, 2000}};
        for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
            unsigned char bad[sizeof h];
            memcpy(bad, h, sizeof h);
            put(bad + wrong[i][0], wrong[i][1], big);
            CHECK(read_all(bad, sizeof bad, "", &last, &err) == AE_EDATA);
        }
    }
}

static void test_samples(void)
{
    const unsigned char raw[] = {0x12, 0x34, 0xfe, 0xdc};
    double out[2];
    ae_sample_reals(raw, AE_I16, 0, 2, out);
    NEAR(out[0], 0x3412, 0);
    NEAR(out[1], -8962, 0); /* 0xdcfe - 65536 */
    ae_sample_reals(raw, AE_U16, 1, 2, out);
    NEAR(out[1], 0xfedc, 0);
    /* binary16: 0x3555 = 0.333251953125, 0x8001 = -2^-24, 0x7bff = 65504 */
    const unsigned char half[] = {0x35, 0x55, 0x80, 0x01};
    ae_sample_reals(half, AE_F16, 1, 2, out);
    NEAR(out[0], 0.333251953125, 0);
    NEAR(out[1], -5.9604644775390625e-08, 0);
    const float in[] = {2.5f, -0.5f, 254.6f};
    unsigned char bytes[3];
    size_t bad = 9;
    CHECK(!ae_sample_store(in, 3, AE_U8, bytes, &bad));
    CHECK(bytes[0] == 2 && bytes[1] == 0 && bytes[2] == 255);
    CHECK(ae_sample_store(in, 3, AE_I8, bytes, &bad) && bad == 2);
    NEAR(ae_plain_number((double)0.358f), 0.358, 0);
    NEAR(ae_plain_number(0.3216), 0.3216, 0);
}

static void test_raw(void)
{
    struct ae_error err;
    double last = 0;
    const unsigned char raw[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    CHECK(read_all(raw, 12, "uint16-be,3,2", &last, &err) == AE_END);
    NEAR(last, 0x0b0c, 0);
    CHECK(read_all(raw, 12, "int8,3,2", &last, &err) == AE_END);
    CHECK(read_all(raw, 12, "uint16,3,3", &last, &err) == AE_EDATA);
    static const char *const bad[] = {"uint16", "uint16,3", "uint16,3,",
        "uint16,3,-2", "uint16,3,2x", "word,3,2", "uint16,0,2",
        "uint16,1,1,1,1,1", "uint16,99999999999999999999,2", "-be,3,2"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK(read_all(raw, 12, bad[i], &last, &err) == AE_EUSAGE);
}

int main(void)
{
    test_npy();
    test_mrc();
    test_samples();
    test_raw();
    return checked();
}
