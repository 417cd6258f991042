/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/number.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double power[23] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8,
    1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22};

static int print_whole(char *out, uint64_t m)
{
    char back[24];
    int n = 0;
    do
        back[n++] = (char)('0' + m % 10);
    while (m /= 10);
    for (int i = 0; i < n; i++)
        out[i] = back[n - 1 - i];
    return n;
}

/* m / 10^digits in plain decimals, without trailing zeros. */
static int print_decimal(char *out, uint64_t m, int digits)
{
    while (digits && m % 10 == 0) {
        m /= 10;
        digits--;
    }
    uint64_t unit = 1;
    for (int i = 0; i < digits; i++)
        unit *= 10;
    int n = print_whole(out, m / unit);
    if (!digits)
        return n;
    uint64_t fraction = m % unit;
    out[n] = '.';
    for (int i = digits; i > 0; i--) {
        out[n + i] = (char)('0' + fraction % 10);
        fraction /= 10;
    }
    return n + 1 + digits;
}

/* Decimals of 15 digits in all at most: m / 10^d is correctly rounded for
 * m < 2^53 and d <= 22, so equality here means that the text reads back
 * equal. */
static int print_short(char *out, double x)
{
    static const int try_digits[] = {0, 4, 7, 10, 14};
    for (size_t t = 0; t < sizeof try_digits / sizeof *try_digits; t++) {
        int d = try_digits[t];
        double scaled = x * power[d];
        if (scaled >= 1e15)
            return 0;
        uint64_t m = (uint64_t)(scaled + 0.5);
        if ((double)m / power[d] == x)
            return print_decimal(out, m, d);
    }
    return 0;
}

/* 16, else 17 significant digits from exact integer arithmetic: for
 * 2^-11 <= x < 2^52 both parts of x = whole + fraction / 2^64 are exact. */
static int print_exact(char *out, double x)
{
    uint64_t whole = (uint64_t)x;
    uint64_t fraction = (uint64_t)ldexp(x - (double)whole, 64);
    int lead = 1;
    for (uint64_t w = whole; w >= 10; w /= 10)
        lead++;
    if (!whole) /* leading zeros are not significant */
        lead = x >= 0.1 ? 0 : x >= 0.01 ? -1 : x >= 0.001 ? -2 : -3;
    for (int significant = 16; significant <= 17; significant++) {
        int d = significant - lead;
        if (d < 0 || d > 19)
            return 0;
        uint64_t unit = 1;
        for (int i = 0; i < d; i++)
            unit *= 10;
        unsigned __int128 product = (unsigned __int128)fraction * unit;
        uint64_t digits = (uint64_t)(product >> 64);
        uint64_t rest = (uint64_t)product;
        if (rest > 1ull << 63 || (rest == 1ull << 63 && digits & 1))
            digits++;
        unsigned __int128 m = (unsigned __int128)whole * unit + digits;
        if (m >> 63)
            return 0;
        int n = print_decimal(out, (uint64_t)m, d);
        double back;
        if (significant == 17)
            return n;
        if (ae_parse_real(out, out + n, &back) && back == x)
            return n;
    }
    return 0;
}

int ae_print_real(char *out, double x)
{
    int n = 0;
    if (isnan(x))
        return (int)strlen(strcpy(out, "nan"));
    if (signbit(x)) {
        out[n++] = '-';
        x = -x;
    }
    int more = 0;
    if (isinf(x))
        more = (int)strlen(strcpy(out + n, "inf"));
    else if (x == 0 || (x >= 1e-4 && x < 1e15))
        more = print_short(out + n, x);
    if (!more && x >= 0x1p-11 && x < 0x1p52)
        more = print_exact(out + n, x);
    for (int digits = 15; !more && digits <= 17; digits++) {
        int length = snprintf(out + n, 32 - (size_t)n, "%.*g", digits, x);
        if (digits == 17 || strtod(out + n, NULL) == x)
            more = length;
    }
    out[n + more] = 0;
    return n + more;
}

/* Digits, point and exponent of a decimal number. */
struct decimal {
    uint64_t m;
    int exponent, digits, exact;
    const char *end;
};

static int scan(const char *at, const char *end, struct decimal *d)
{
    int any = 0, point = 0;
    *d = (struct decimal){.exact = 1};
    for (; at < end; at++) {
        if (*at == '.' && !point) {
            point = 1;
            continue;
        }
        if (*at < '0' || *at > '9')
            break;
        any = 1;
        if (d->digits < 19) {
            d->m = 10 * d->m + (uint64_t)(*at - '0');
            d->digits += d->m != 0;
            d->exponent -= point;
        } else {
            d->exact = 0;
            d->exponent += !point;
        }
    }
    if (!any)
        return 0;
    if (at < end && (*at == 'e' || *at == 'E')) {
        const char *e = at + 1;
        int negative = e < end && *e == '-', value = 0;
        if (e < end && (*e == '-' || *e == '+'))
            e++;
        const char *first = e;
        for (; e < end && *e >= '0' && *e <= '9'; e++)
            if (value < 100000)
                value = 10 * value + (*e - '0');
        if (e > first) {
            d->exponent += negative ? -value : value;
            at = e;
        }
    }
    d->end = at;
    return 1;
}

/* With 64 mantissa bits m * 10^e is rounded once at bit 64 and once at bit 53;
 * only when the eleven bits between lie within one unit of a tie could the
 * second rounding go wrong, and then strtod decides. */
static int by_long_double(const struct decimal *d, double *x)
{
#if LDBL_MANT_DIG == 64
    static const long double tens[28] = {1e0L, 1e1L, 1e2L, 1e3L, 1e4L, 1e5L,
        1e6L, 1e7L, 1e8L, 1e9L, 1e10L, 1e11L, 1e12L, 1e13L, 1e14L, 1e15L,
        1e16L, 1e17L, 1e18L, 1e19L, 1e20L, 1e21L, 1e22L, 1e23L, 1e24L, 1e25L,
        1e26L, 1e27L};
    if (d->exponent < -27 || d->exponent > 27)
        return 0;
    long double value = (long double)d->m;
    value = d->exponent < 0 ? value / tens[-d->exponent]
                            : value * tens[d->exponent];
    uint64_t mantissa;
    memcpy(&mantissa, &value, sizeof mantissa);
    uint64_t low = mantissa & 0x7ff;
    if (low >= 0x3ff && low <= 0x401)
        return 0;
    *x = (double)value;
    return 1;
#else
    (void)d;
    (void)x;
    return 0;
#endif
}

/* nan, inf, infinity in any case; anything that the fast way leaves. */
static const char *by_strtod(const char *text, const char *end, double *x)
{
    char copy[400];
    size_t n = (size_t)(end - text);
    if (n >= sizeof copy)
        n = sizeof copy - 1;
    memcpy(copy, text, n);
    copy[n] = 0;
    if (strspn(copy, " \t\n\r\v\f") || strpbrk(copy, "xX("))
        return NULL;
    char *stop;
    *x = strtod(copy, &stop);
    return stop == copy ? NULL : text + (stop - copy);
}

const char *ae_parse_real(const char *text, const char *end, double *x)
{
    const char *at = text;
    int negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+'))
        at++;
    struct decimal d;
    if (!scan(at, end, &d))
        return by_strtod(text, end, x);
    double value;
    if (d.m == 0 && d.exact)
        value = 0;
    else if (d.exact && d.m <= 1ull << 53 && d.exponent >= -22 &&
        d.exponent <= 22)
        value = d.exponent < 0 ? (double)d.m / power[-d.exponent]
                               : (double)d.m * power[d.exponent];
    else if (!d.exact || !by_long_double(&d, &value))
        return by_strtod(text, d.end, x);
    *x = negative ? -value : value;
    return d.end;
}
