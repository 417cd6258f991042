/* SPDX-License-Identifier: BSD-2-Clause
 * history - the chain of commands that made a stream: numbered keys
 * aetools_history_1, _2, ... each "tool version arguments", quoted for a shell.
 */
#ifndef AE_BASE_HISTORY_H
#define AE_BASE_HISTORY_H

#include <stddef.h>
#include "base/keys.h"

/* Number of entries 1 ... n that are there without a gap. */
int ae_history_count(const struct ae_keys *keys);
/* Entry i (from 1), or NULL. */
const char *ae_history_entry(const struct ae_keys *keys, int i);
int ae_history_append(struct ae_keys *keys, const char *entry);

/* Append one argument to a text of the given size, quoted where a shell needs
 * it; returns 0, or -1 when it does not fit. */
int ae_shell_quote(char *out, size_t size, const char *arg);

#endif
