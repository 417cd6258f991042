/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/keys.h"

#include <stdlib.h>
#include <string.h>
#include "base/error.h"
#include "base/mem.h"

static struct ae_key *find(const struct ae_keys *keys, const char *name)
{
    for (size_t i = 0; i < keys->n; i++)
        if (!strcmp(keys->key[i].name, name))
            return &keys->key[i];
    return NULL;
}

const char *ae_keys_get(const struct ae_keys *keys, const char *name)
{
    const struct ae_key *key = find(keys, name);
    return key ? key->value : NULL;
}

int ae_keys_set(struct ae_keys *keys, const char *name, const char *value)
{
    char *text = ae_strdup(value);
    if (!text)
        return AE_EMEM;
    struct ae_key *key = find(keys, name);
    if (key) {
        free(key->value);
        key->value = text;
        return AE_OK;
    }
    char *copy = ae_strdup(name);
    struct ae_key *more =
        ae_resize(keys->key, keys->n, keys->n + 1, sizeof *more);
    if (more)
        keys->key = more;
    if (!copy || !more) {
        free(copy);
        free(text);
        return AE_EMEM;
    }
    keys->key[keys->n++] = (struct ae_key){copy, text};
    return AE_OK;
}

void ae_keys_drop(struct ae_keys *keys, const char *name)
{
    struct ae_key *key = find(keys, name);
    if (!key)
        return;
    free(key->name);
    free(key->value);
    size_t after = keys->n - (size_t)(key - keys->key) - 1;
    memmove(key, key + 1, after * sizeof *key);
    keys->n--;
}

int ae_keys_copy(struct ae_keys *to, const struct ae_keys *from)
{
    for (size_t i = 0; i < from->n; i++) {
        int code = ae_keys_set(to, from->key[i].name, from->key[i].value);
        if (code)
            return code;
    }
    return AE_OK;
}

void ae_keys_clear(struct ae_keys *keys)
{
    for (size_t i = 0; i < keys->n; i++) {
        free(keys->key[i].name);
        free(keys->key[i].value);
    }
    free(keys->key);
    *keys = (struct ae_keys){0};
}
