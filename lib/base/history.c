/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/history.h"

#include <stdio.h>
#include <string.h>

const char *ae_history_entry(const struct ae_keys *keys, int i)
{
    char name[40];
    snprintf(name, sizeof name, "aetools_history_%d", i);
    return ae_keys_get(keys, name);
}

int ae_history_count(const struct ae_keys *keys)
{
    int n = 0;
    while (ae_history_entry(keys, n + 1))
        n++;
    return n;
}

int ae_history_append(struct ae_keys *keys, const char *entry)
{
    char name[40];
    snprintf(name, sizeof name, "aetools_history_%d",
        ae_history_count(keys) + 1);
    return ae_keys_set(keys, name, entry);
}

int ae_shell_quote(char *out, size_t size, const char *arg)
{
    size_t at = strlen(out);
    const char *plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                        "0123456789_-+=.,:/@%";
    int quote = !*arg || arg[strspn(arg, plain)];
    if (at + 4 * strlen(arg) + 4 > size)
        return -1;
    if (at)
        out[at++] = ' ';
    if (quote)
        out[at++] = '\'';
    for (; *arg; arg++) {
        if (*arg == '\'') {
            memcpy(out + at, "'\\''", 4);
            at += 4;
        } else
            out[at++] = *arg;
    }
    if (quote)
        out[at++] = '\'';
    out[at] = 0;
    return 0;
}
