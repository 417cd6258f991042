/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/input.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { COPY_BYTES = 1 << 16 };

/* Bytes from the present position to the end, UINT64_MAX where it cannot be
 * known. Only regular files and memory (no descriptor) are asked. */
static uint64_t length(FILE *file)
{
    struct stat info;
    int fd = fileno(file);
    if (fd >= 0 && (fstat(fd, &info) || !S_ISREG(info.st_mode)))
        return UINT64_MAX;
    off_t here = ftello(file);
    if (here < 0 || fseeko(file, 0, SEEK_END))
        return UINT64_MAX;
    off_t end = ftello(file);
    if (fseeko(file, here, SEEK_SET) || end < here)
        return UINT64_MAX;
    return (uint64_t)(end - here);
}

int ae_input_open(
    struct ae_input *in, struct ae_source *source, struct ae_error *err)
{
    *in = (struct ae_input){.file = source->file, .name = source->name};
    in->memory = -1;
    in->size = length(in->file);
    in->nhead = fread(in->head, 1, sizeof in->head, in->file);
    if (ferror(in->file))
        return ae_fail(
            err, AE_ESYS, "%s: cannot read: %s", in->name, strerror(errno));
    if (!in->nhead)
        return ae_fail(err, AE_EDATA, "%s: empty file", in->name);
    return AE_OK;
}

size_t ae_input_read(struct ae_input *in, void *buffer, size_t n)
{
    size_t got = 0;
    if (in->at < in->nhead) {
        got = in->nhead - (size_t)in->at;
        if (got > n)
            got = n;
        memcpy(buffer, in->head + in->at, got);
    }
    if (got < n)
        got += fread((char *)buffer + got, 1, n - got, in->file);
    in->at += got;
    return got;
}

int ae_input_skip(struct ae_input *in, uint64_t n)
{
    unsigned char waste[COPY_BYTES];
    while (n) {
        size_t want = n < sizeof waste ? (size_t)n : sizeof waste;
        if (ae_input_read(in, waste, want) != want)
            return -1;
        n -= want;
    }
    return 0;
}

static int copy_to_memory(struct ae_input *in, struct ae_error *err)
{
    unsigned char part[COPY_BYTES];
    uint64_t total = 0;
    in->memory = memfd_create("aetools", MFD_CLOEXEC);
    if (in->memory < 0)
        return ae_fail(err, AE_ESYS, "%s: cannot hold in memory: %s", in->name,
            strerror(errno));
    for (size_t n; (n = ae_input_read(in, part, sizeof part)) > 0; total += n)
        for (size_t put = 0; put < n;) {
            ssize_t wrote = write(in->memory, part + put, n - put);
            if (wrote < 0)
                return ae_fail(err, AE_EMEM, "%s: cannot hold in memory: %s",
                    in->name, strerror(errno));
            put += (size_t)wrote;
        }
    if (ferror(in->file))
        return ae_fail(
            err, AE_ESYS, "%s: cannot read: %s", in->name, strerror(errno));
    in->size = total;
    return AE_OK;
}

int ae_input_seekable(struct ae_input *in, int *fd, struct ae_error *err)
{
    char path[64];
    int regular =
        in->size != UINT64_MAX && fileno(in->file) >= 0 &&
        ftello(in->file) == (off_t)in->nhead; /* from the first byte on */
    if (!regular && in->memory < 0) {
        int code = copy_to_memory(in, err);
        if (code)
            return code;
    }
    /* opened anew: a descriptor of its own, with its own position */
    snprintf(path, sizeof path, "/proc/self/fd/%d",
        regular ? fileno(in->file) : in->memory);
    *fd = open(path, O_RDONLY | O_CLOEXEC);
    if (*fd < 0)
        return ae_fail(
            err, AE_ESYS, "%s: cannot open: %s", in->name, strerror(errno));
    return AE_OK;
}

void ae_input_close(struct ae_input *in)
{
    if (in->name && in->memory >= 0)
        close(in->memory);
    *in = (struct ae_input){.memory = -1};
}
