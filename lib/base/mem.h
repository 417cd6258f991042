/* SPDX-License-Identifier: BSD-2-Clause
 * mem - allocation that cannot overflow.
 */
#ifndef AE_BASE_MEM_H
#define AE_BASE_MEM_H

#include <stddef.h>

/* n elements of the given size, zeroed, aligned to 64 bytes; NULL when the
 * product overflows or memory is short. n = 0 gives a valid pointer.
 * Release with free(). */
void *ae_alloc(size_t n, size_t size);
/* The same, not zeroed: for a large array that is filled at once. */
void *ae_alloc_raw(size_t n, size_t size);

/* Resize an array of old elements to n; new ones are zeroed. On failure NULL,
 * and the old array stays valid. Release with free(). */
void *ae_resize(void *p, size_t old, size_t n, size_t size);

/* Copy of a text; NULL when memory is short. */
char *ae_strdup(const char *text);

/* A piece of memory, for code that saves and restores a state. */
struct ae_part {
    void *data;
    size_t bytes;
};

/* *product = a * b; 0, or -1 on overflow. */
int ae_mul(size_t a, size_t b, size_t *product);

#endif
