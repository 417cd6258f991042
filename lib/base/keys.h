/* SPDX-License-Identifier: BSD-2-Clause
 * keys - the key/value pairs of a stream's header, in their order.
 *
 * The same set travels through NRRD headers (key:=value) and extended XYZ
 * comment lines (key="value"); unknown keys are passed on untouched.
 */
#ifndef AE_BASE_KEYS_H
#define AE_BASE_KEYS_H

#include <stddef.h>

struct ae_key {
	char *name;
	char *value;
};

struct ae_keys {
	size_t n;
	struct ae_key *key;   /* [n] */
};

const char *ae_keys_get(const struct ae_keys *keys, const char *name);
/* Replace or append. 0, or AE_EMEM. Texts are copied. */
int ae_keys_set(struct ae_keys *keys, const char *name, const char *value);
void ae_keys_drop(struct ae_keys *keys, const char *name);
int ae_keys_copy(struct ae_keys *to, const struct ae_keys *from);
void ae_keys_clear(struct ae_keys *keys);

#endif
