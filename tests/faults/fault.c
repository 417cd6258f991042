/* SPDX-License-Identifier: BSD-2-Clause
 * fault - preloaded into a tool: the FAULT_AT-th call of one kind fails.
 *
 * FAULT=malloc (any allocation of 4 kB or more), read, write. With
 * FAULT_COUNT=FILE the number of such calls is written there at the end.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);
void *__libc_memalign(size_t alignment, size_t n);

enum { LARGE = 4096 };

static long calls;

static int is_now(const char *kind)
{
    const char *want = getenv("FAULT");
    const char *at = getenv("FAULT_AT");
    if (!want || strcmp(want, kind))
        return 0;
    return __sync_add_and_fetch(&calls, 1) == (at ? atol(at) : 0);
}

__attribute__((destructor)) static void report(void)
{
    const char *path = getenv("FAULT_COUNT");
    FILE *out = path ? fopen(path, "w") : NULL;
    if (!out)
        return;
    fprintf(out, "%ld\n", calls);
    fclose(out);
}

void *malloc(size_t n)
{
    return n >= LARGE && is_now("malloc") ? (errno = ENOMEM, NULL)
                                          : __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
    return n * size >= LARGE && is_now("malloc") ? (errno = ENOMEM, NULL)
                                                 : __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
    return n >= LARGE && is_now("malloc") ? (errno = ENOMEM, NULL)
                                          : __libc_realloc(p, n);
}

void *aligned_alloc(size_t alignment, size_t n)
{
    return n >= LARGE && is_now("malloc") ? (errno = ENOMEM, NULL)
                                          : __libc_memalign(alignment, n);
}
