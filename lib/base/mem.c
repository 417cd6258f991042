/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Bytes of a line of the cache; of a large page, of which arrays of many are
 * made where the system has them: who walks across them misses the TLB less. */
enum { ALIGN = 64, LARGE = 1 << 21, MANY = 4 };

int ae_mul(size_t a, size_t b, size_t *product)
{
    return __builtin_mul_overflow(a, b, product) ? -1 : 0;
}

/* n * size, rounded up to whole lines; 0 when that overflows. */
static size_t whole_lines(size_t n, size_t size)
{
    size_t bytes;
    if (ae_mul(n, size, &bytes) || bytes > PTRDIFF_MAX - ALIGN)
        return 0;
    return bytes ? (bytes + ALIGN - 1) / ALIGN * ALIGN : ALIGN;
}

/* NULL for 0. */
static void *take(size_t bytes)
{
    if (bytes < (size_t)MANY * LARGE || bytes > PTRDIFF_MAX - LARGE)
        return bytes ? aligned_alloc(ALIGN, bytes) : NULL;
    size_t pages = (bytes + LARGE - 1) / LARGE;
    void *p = aligned_alloc(LARGE, pages * LARGE);
#ifdef MADV_HUGEPAGE
    if (p)
        madvise(p, bytes / LARGE * LARGE, MADV_HUGEPAGE);
#endif
    return p;
}

/* Large arrays by all threads: the pages are made when they are first touched,
 * which takes longer than the zeros. */
static void clear(char *p, size_t bytes)
{
#pragma omp parallel for schedule(static) if (bytes >= (size_t)MANY * LARGE)
    for (size_t i = 0; i < bytes; i += LARGE)
        memset(p + i, 0, bytes - i < LARGE ? bytes - i : LARGE);
}

void *ae_alloc(size_t n, size_t size)
{
    size_t bytes = whole_lines(n, size);
    void *p = take(bytes);
    if (p)
        clear(p, bytes);
    return p;
}

void *ae_alloc_raw(size_t n, size_t size)
{
    size_t bytes = whole_lines(n, size);
    return take(bytes);
}

void *ae_resize(void *p, size_t old, size_t n, size_t size)
{
    size_t bytes;
    if (ae_mul(n, size, &bytes) || bytes > PTRDIFF_MAX)
        return NULL;
    if (!p) /* pages of a large array are zeroed when they are touched */
        return calloc(bytes ? bytes : 1, 1);
    void *q = realloc(p, bytes ? bytes : 1);
    if (q && n > old)
        memset((char *)q + old * size, 0, (n - old) * size);
    return q;
}

char *ae_strdup(const char *text)
{
    size_t n = strlen(text) + 1;
    char *copy = malloc(n);
    if (copy)
        memcpy(copy, text, n);
    return copy;
}
