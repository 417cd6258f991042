/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>

int ae_fail(struct ae_error *err, int code, const char *format, ...)
{
    if (err) {
        va_list args;
        va_start(args, format);
        vsnprintf(err->msg, sizeof err->msg, format, args);
        va_end(args);
        err->code = code;
    }
    return code;
}

char *ae_quote(char out[340], const char *text)
{
    size_t at = 0;
    for (size_t i = 0; text[i] && i < 80; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c < 32 || c == 127)
            at += (size_t)snprintf(out + at, 340 - at, "\\x%02X", c);
        else
            out[at++] = (char)c;
    }
    out[at] = 0;
    return out;
}
