/* SPDX-License-Identifier: BSD-2-Clause
 * Reals as text: every text reads back to the same double, and reading agrees
 * with the C library. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "base/rng.h"
#include "check.h"
#include "io/xyz.h"

static void round_trip(double x)
{
    char text[32], longer[64];
    double back, libc;
    int n = ae_print_real(text, x);
    CHECK(n > 0 && n < 32 && text[n] == 0);
    CHECK(ae_parse_real(text, text + n, &back) == text + n);
    CHECK(memcmp(&back, &x, sizeof x) == 0 || (x != x && back != back));
    libc = strtod(text, NULL);
    CHECK(memcmp(&libc, &x, sizeof x) == 0 || (x != x && libc != libc));
    int m = snprintf(longer, sizeof longer, "%.19g", x);
    CHECK(ae_parse_real(longer, longer + m, &back) == longer + m);
    CHECK(back == x || x != x);
}

static void text_of(double x, const char *want)
{
    char text[32];
    ae_print_real(text, x);
    if (strcmp(text, want))
        printf("'%s', want '%s'\n", text, want);
    CHECK(!strcmp(text, want));
}

/* Up to 22 digits with a point and an exponent: as the C library reads it. */
static void reads_as_libc(uint64_t seed)
{
    char text[40];
    int digits = 1 + (int)(ae_hash64(seed) % 22), n = 0;
    int point = (int)(ae_hash64(seed + 1) % (uint64_t)(digits + 1));
    for (int k = 0; k < digits; k++) {
        if (k == point)
            text[n++] = '.';
        text[n++] = (char)('0' + ae_hash64(seed + 2 + (uint64_t)k) % 11 % 10);
    }
    if (ae_hash64(seed + 30) % 2)
        n += sprintf(text + n, "e%d", (int)(ae_hash64(seed + 31) % 60) - 30);
    text[n] = 0;
    double x = -1, libc = strtod(text, NULL);
    CHECK(ae_parse_real(text, text + n, &x) == text + n);
    CHECK(memcmp(&x, &libc, sizeof x) == 0);
}

int main(void)
{
    text_of(0.1, "0.1");
    text_of(-2.385, "-2.385");
    text_of(0, "0");
    text_of(-0.0, "-0");
    text_of(1234567, "1234567");
    text_of(5.0919999999999996, "5.092");
    text_of(1.0 / 3, "0.3333333333333333");
    text_of(200.0 / 3, "66.66666666666667");
    text_of(144.82475313781492, "144.82475313781492");
    text_of(99999999.99999999, "99999999.99999999");
    text_of(5.0000000001, "5.0000000001");
    text_of(NAN, "nan");
    text_of(-INFINITY, "-inf");
    text_of(1e300, "1e+300");
    text_of(-3.2161e-7, "-3.2161e-07");
    struct ae_rng *rng = ae_rng_new(7, 1);
    for (int i = 0; i < 300000; i++) {
        uint64_t bits = ae_hash64((uint64_t)i);
        double any;
        memcpy(&any, &bits, sizeof any);
        if (isfinite(any))
            round_trip(any);
        round_trip((ae_rng_uniform(rng) - 0.5) * pow(10, i % 12 - 3));
        round_trip(floor(ae_rng_uniform(rng) * 1e7) / 1e4);
        round_trip((float)ae_rng_normal(rng));
        round_trip(ldexp(1 + (i % 5 - 2) * 0x1p-52, i % 120 - 60));
        reads_as_libc(32 * (uint64_t)i);
    }
    ae_rng_free(rng);
    static const char *const no[] = {"", "abc", "-", ".", "0x10", " 1", "e5"};
    for (size_t i = 0; i < sizeof no / sizeof *no; i++) {
        double x;
        const char *end = no[i] + strlen(no[i]);
        const char *stop = ae_parse_real(no[i], end, &x);
        CHECK(!stop || stop != end);
    }
    double x;
    const char *text = "1.5e3 7";
    CHECK(ae_parse_real(text, text + 7, &x) == text + 5 && x == 1500);
    text = "12345678901234567890123e-5";
    CHECK(ae_parse_real(text, text + strlen(text), &x) && x == strtod(text, NULL));
    return checked();
}
