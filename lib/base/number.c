/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/number.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double power[23] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8,
    1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21,
    1e22};

static const uint64_t whole_power[20] = {1, 10, 100, 1000, 10000, 100000,
    1000000, 10000000, 100000000, 1000000000, 10000000000, 100000000000,
    1000000000000, 10000000000000, 100000000000000, 1000000000000000,
    10000000000000000, 100000000000000000, 1000000000000000000,
    10000000000000000000u};

/* A word whose first byte in memory is the lowest, from or to the host's. */
static uint64_t first_low(uint64_t x)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    return __builtin_bswap64(x);
#else
    return x;
#endif
}

/* The eight digits of m < 1e8, side by side in a word: fours, pairs, ones. */
static void print_eight(char out[8], uint32_t m)
{
    uint64_t x = m / 10000 | (uint64_t)(m % 10000) << 32;
    uint64_t high = (x * 10486 >> 20) & 0x0000007f0000007f; /* x / 100 */
    x = high | (x - 100 * high) << 16;
    high = (x * 103 >> 10) & 0x000f000f000f000f; /* x / 10 */
    x = first_low((high | (x - 10 * high) << 8) + 0x3030303030303030);
    memcpy(out, &x, sizeof x);
}

/* The last n <= 20 digits of m, zeros before them. */
static void print_digits(char *out, uint64_t m, int n)
{
    char text[24];
    print_eight(text + 16, (uint32_t)(m % 100000000));
    if (n > 8)
        print_eight(text + 8, (uint32_t)(m / 100000000 % 100000000));
    if (n > 16)
        print_eight(text, (uint32_t)(m / 10000000000000000));
    memcpy(out, text + 24 - n, (size_t)n);
}

/* whole + fraction / 10^digits in plain decimals, without trailing zeros. */
static int print_parts(char *out, uint64_t whole, uint64_t fraction, int digits)
{
    int n = 1;
    while (n < 20 && whole >= whole_power[n])
        n++;
    if (n == 1)
        out[0] = (char)('0' + whole);
    else
        print_digits(out, whole, n);
    if (!fraction)
        return n;
    for (; fraction % 10000 == 0; digits -= 4)
        fraction /= 10000;
    for (; fraction % 10 == 0; digits--)
        fraction /= 10;
    out[n] = '.';
    print_digits(out + n + 1, fraction, digits);
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
        int64_t m = (int64_t)(scaled + 0.5);
        /* two roundings part scaled and m when the text reads back */
        if (fabs(scaled - (double)m) <= scaled * 0x1p-51 &&
            (double)m / power[d] == x)
            return print_parts(out, (uint64_t)m / whole_power[d],
                (uint64_t)m % whole_power[d], d);
    }
    return 0;
}

/* 16, else 17 significant digits from exact integer arithmetic: for
 * 2^-11 <= x < 2^52 both parts of x = whole + fraction / 2^64 are exact. */
static int print_exact(char *out, double x)
{
    uint64_t whole = (uint64_t)(int64_t)x, bits;
    double below = x - (double)(int64_t)x;
    uint64_t fraction = (uint64_t)(int64_t)(below * 0x1p63) << 1;
    memcpy(&bits, &x, sizeof bits);
    int lead = 1, exponent = (int)(bits >> 52) - 1023;
    while (whole >= whole_power[lead])
        lead++;
    if (!whole) /* leading zeros are not significant */
        lead = x >= 0.1 ? 0 : x >= 0.01 ? -1 : x >= 0.001 ? -2 : -3;
    for (int significant = 16; significant <= 17; significant++) {
        int d = significant - lead;
        if (d < 0 || d > 19)
            return 0;
        uint64_t unit = whole_power[d];
        unsigned __int128 product = (unsigned __int128)fraction * unit;
        uint64_t digits = (uint64_t)(product >> 64);
        uint64_t rest = (uint64_t)product, up = whole;
        int above = rest > 1ull << 63 || (rest == 1ull << 63 && digits & 1);
        digits += (uint64_t)above;
        if (digits == unit) {
            digits = 0;
            up++;
        }
        /* off by rest / (2^64 unit): it reads back when that is less than
         * half a unit in x's last place (a tie has more digits, and a power
         * of two, with finer ones below, few) */
        rest = above ? -rest : rest;
        unsigned __int128 half = (unsigned __int128)unit << (11 + exponent);
        if (significant == 17 || rest < half)
            return print_parts(out, up, digits, d);
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

static const uint64_t five_power[28] = {1, 5, 25, 125, 625, 3125, 15625, 78125,
    390625, 1953125, 9765625, 48828125, 244140625, 1220703125, 6103515625,
    30517578125, 152587890625, 762939453125, 3814697265625, 19073486328125,
    95367431640625, 476837158203125, 2384185791015625, 11920928955078125,
    59604644775390625, 298023223876953125, 1490116119384765625,
    7450580596923828125u};

/* Digits, point and exponent of a decimal number. */
struct decimal {
    uint64_t m;
    int exponent, digits, exact;
    const char *end;
};

/* How many of the eight bytes of x come before the first that is no digit, and
 * the number that they make. */
static inline int first_digits(uint64_t x, uint64_t *m)
{
    x ^= 0x3030303030303030;
    uint64_t other = ((x + 0x7676767676767676) | x) & 0x8080808080808080;
    int n = other ? __builtin_ctzll(other) / 8 : 8;
    if (!n)
        return 0;
    x <<= 8 * (8 - n);                              /* zeros before them */
    x = (10 * x + (x >> 8)) & 0x00ff00ff00ff00ff;   /* pairs */
    x = (100 * x + (x >> 16)) & 0x0000ffff0000ffff; /* fours */
    *m = (10000 * x + (x >> 32)) & 0x00000000ffffffff;
    return n;
}

/* Digits behind a point from at on, eight at a time, 19 in all at most: the
 * byte after them. At the end eight bytes are read that begin before at, but
 * not before text. */
static const char *scan_fraction(
    const char *text, const char *at, const char *end, struct decimal *d)
{
    const char *first = at;
    while (!d->m && at < end && *at == '0')
        at++;
    for (int n = 8; n == 8;) {
        uint64_t x, m = 0;
        int before = end - at < 8 ? 8 - (int)(end - at) : 0;
        n = 0;
        if (at - text < before || before == 8)
            break;
        memcpy(&x, at - before, sizeof x);
        n = first_digits(first_low(x) >> 8 * before, &m);
        if (d->digits + n > 19)
            break;
        d->m = whole_power[n] * d->m + m;
        d->digits += n;
        at += n;
    }
    d->exponent -= (int)(at - first);
    return at;
}

static int scan(const char *text, const char *end, struct decimal *d)
{
    const char *at = text;
    int any = 0, point = 0;
    *d = (struct decimal){.exact = 1};
    if (end - at >= 8) {
        uint64_t x;
        memcpy(&x, at, sizeof x);
        int n = first_digits(first_low(x), &d->m);
        d->digits = d->m ? n : 0;
        any = n > 0;
        at += n;
    }
    for (; at < end; at++) {
        if (*at == '.' && !point) {
            point = 1;
            const char *to = scan_fraction(text, at + 1, end, d);
            any |= to > at + 1;
            at = to - 1;
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

/* m 2^shift rounded to a double, m >= 2^63 and more of it below when rest. */
static double round_off(uint64_t m, int rest, int shift)
{
    uint64_t low = m & 0x7ff, high = m >> 11;
    high += low > 0x400 || (low == 0x400 && (rest || high & 1));
    uint64_t bits = (uint64_t)(1023 + 11 + shift) << 52;
    double scale;
    memcpy(&scale, &bits, sizeof scale);
    return (double)(int64_t)high * scale;
}

/* m 10^exponent = m 5^exponent 2^exponent by exact whole numbers; m > 0 and
 * |exponent| <= 27, so that 5^|exponent| has 63 bits at most. */
static double by_division(uint64_t m, int exponent)
{
    uint64_t five = five_power[abs(exponent)];
    int up = __builtin_clzll(m), wide = __builtin_clzll(five);
    unsigned __int128 x = (unsigned __int128)(m << up) * (five << wide);
    if (exponent >= 0) {
        int more = x >> 127 ? 0 : 1; /* the top bit is one of two */
        x <<= more;
        return round_off((uint64_t)(x >> 64), (uint64_t)x != 0,
            64 - up - wide - more + exponent);
    }
    five <<= wide;
    x = (unsigned __int128)(m << up) << 63;
    int more = m << up < five;
    x <<= more;
    uint64_t quotient = (uint64_t)(x / five);
    return round_off(quotient, quotient * five != (uint64_t)x,
        wide - up - 63 - more + exponent);
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
    at += at < end && (*at == '-' || *at == '+');
    struct decimal d;
    if (!scan(at, end, &d))
        return by_strtod(text, end, x);
    double value;
    if (d.m == 0 && d.exact)
        value = 0;
    else if (d.digits <= 15 && d.exponent >= -22 && d.exponent <= 22)
        value = d.exponent < 0 ? (double)(int64_t)d.m / power[-d.exponent]
                               : (double)(int64_t)d.m * power[d.exponent];
    else if (d.exact && d.exponent >= -27 && d.exponent <= 27)
        value = by_division(d.m, d.exponent);
    else
        return by_strtod(text, d.end, x);
    *x = copysign(value, negative ? -1 : 1);
    return d.end;
}
