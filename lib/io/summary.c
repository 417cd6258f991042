/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/summary.h"

#include <math.h>
#include <string.h>

static void indent(struct ae_summary *s)
{
    for (int i = 0; i < s->depth; i++)
        fputs("  ", s->out);
}

/* Bytes of the UTF-8 letter that begins here; 0 when it is none. */
static int utf8_length(const unsigned char *c)
{
    int n = c[0] < 0x80   ? 1
            : c[0] < 0xc2 ? 0
            : c[0] < 0xe0 ? 2
            : c[0] < 0xf0 ? 3
            : c[0] < 0xf5 ? 4
                          : 0;
    for (int i = 1; i < n; i++)
        if ((c[i] & 0xc0) != 0x80)
            return 0;
    int overlong = n == 3 ? c[0] == 0xe0 && c[1] < 0xa0
                          : n == 4 && c[0] == 0xf0 && c[1] < 0x90;
    int beyond = n == 3 ? c[0] == 0xed && c[1] > 0x9f
                        : n == 4 && c[0] == 0xf4 && c[1] > 0x8f;
    return overlong || beyond ? 0 : n;
}

static void json_text(FILE *out, const char *text, char blank)
{
    putc('"', out);
    for (const unsigned char *c = (const unsigned char *)text; *c;) {
        int n = utf8_length(c);
        if (*c == '"' || *c == '\\')
            fprintf(out, "\\%c", *c);
        else if (!n || *c < 32 || *c == 127)
            fprintf(out, "\\u%04x", *c);
        else if (*c == ' ')
            putc(blank, out);
        else
            fwrite(c, 1, (size_t)n, out);
        c += n ? n : 1;
    }
    putc('"', out);
}

/* Up to where the value stands. */
static void name_entry(struct ae_summary *s, const char *name)
{
    if (s->json) {
        fputs(s->filled ? ",\n" : s->depth ? "\n" : "", s->out);
        indent(s);
        if (name) {
            json_text(s->out, name, '_');
            fputs(": ", s->out);
        }
    } else if (name) {
        for (int i = 1; i < s->depth; i++)
            fputs("  ", s->out);
        fprintf(s->out, "%s:", name);
        for (size_t n = strlen(name) + 2 * (size_t)s->depth; n < 20; n++)
            putc(' ', s->out);
        putc(' ', s->out);
    }
    s->filled = 1;
}

static void open_level(struct ae_summary *s, const char *name, char bracket)
{
    if (s->json) {
        name_entry(s, name);
        putc(bracket, s->out);
    } else if (name) {
        for (int i = 1; i < s->depth; i++)
            fputs("  ", s->out);
        fprintf(s->out, "%s:\n", name);
    }
    s->depth++;
    s->filled = 0;
}

static void close_level(struct ae_summary *s, char bracket)
{
    s->depth--;
    if (s->json) {
        putc('\n', s->out);
        indent(s);
        putc(bracket, s->out);
    }
    s->filled = 1;
}

void ae_summary_begin(struct ae_summary *s, FILE *out, int json)
{
    *s = (struct ae_summary){.out = out, .json = json};
    open_level(s, NULL, '{');
}

void ae_summary_end(struct ae_summary *s)
{
    close_level(s, '}');
    if (s->json)
        putc('\n', s->out);
}

void ae_summary_open(struct ae_summary *s, const char *name)
{
    open_level(s, name, '{');
}

void ae_summary_close(struct ae_summary *s)
{
    close_level(s, '}');
}

void ae_summary_open_list(struct ae_summary *s, const char *name)
{
    open_level(s, name, '[');
}

void ae_summary_close_list(struct ae_summary *s)
{
    close_level(s, ']');
}

static void put_number(struct ae_summary *s, double x)
{
    if (s->json && !isfinite(x))
        fputs("null", s->out);
    else if (!s->json && fabs(x) < 1e-12) /* rounding of a 0 */
        putc('0', s->out);
    else if (fabs(x) < 1e15 && x == floor(x))
        fprintf(s->out, "%.0f", x + 0.0);
    else
        fprintf(s->out, s->json ? "%.10g" : "%.6g", x);
}

void ae_summary_number(
    struct ae_summary *s, const char *name, double x, const char *unit)
{
    name_entry(s, name);
    put_number(s, x);
    if (!s->json)
        fprintf(s->out, "%s%s\n", *unit ? " " : "", unit);
}

void ae_summary_numbers(struct ae_summary *s, const char *name, const double *x,
    size_t n, const char *unit)
{
    name_entry(s, name);
    fputs(s->json ? "[" : "", s->out);
    for (size_t i = 0; i < n; i++) {
        fputs(!i ? "" : s->json ? ", " : " ", s->out);
        put_number(s, x[i]);
    }
    if (s->json)
        putc(']', s->out);
    else
        fprintf(s->out, "%s%s\n", *unit ? " " : "", unit);
}

/* For a terminal: control bytes as \xNN. */
static void plain_text(FILE *out, const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 32 || *text == 127)
            fprintf(out, "\\x%02x", (unsigned char)*text);
        else
            putc(*text, out);
}

void ae_summary_text(struct ae_summary *s, const char *name, const char *text)
{
    name_entry(s, name);
    if (s->json)
        json_text(s->out, text, ' ');
    else {
        plain_text(s->out, text);
        putc('\n', s->out);
    }
}
