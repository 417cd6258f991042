/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/checkpoint.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/rng.h"

static const char magic[8] = "aetcp01";

uint64_t ae_checkpoint_hash(uint64_t hash, const void *data, size_t bytes)
{
    const unsigned char *at = data;
    for (; bytes >= 8; bytes -= 8, at += 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        hash = ae_hash64(hash ^ word);
    }
    uint64_t rest = bytes;
    memcpy(&rest, at, bytes);
    return ae_hash64(hash ^ rest ^ (uint64_t)bytes << 56);
}

int ae_checkpoint_write(const char *path, uint64_t tag,
    const struct ae_part *part, size_t n, struct ae_error *err)
{
    char beside[4096];
    int length = snprintf(beside, sizeof beside, "%s.part", path);
    if (length < 0 || (size_t)length >= sizeof beside)
        return ae_fail(err, AE_ESYS, "checkpoint: file name too long");
    FILE *out = fopen(beside, "wb");
    if (!out)
        return ae_fail(
            err, AE_ESYS, "%.200s: cannot create: %s", beside, strerror(errno));
    int bad = fwrite(magic, sizeof magic, 1, out) != 1 ||
              fwrite(&tag, sizeof tag, 1, out) != 1;
    for (size_t i = 0; i < n && !bad; i++)
        bad = part[i].bytes && fwrite(part[i].data, part[i].bytes, 1, out) != 1;
    bad |= fflush(out) || fsync(fileno(out));
    bad |= fclose(out) != 0;
    if (bad || rename(beside, path)) {
        int code = ae_fail(
            err, AE_ESYS, "%.200s: cannot write: %s", path, strerror(errno));
        remove(beside);
        return code;
    }
    return AE_OK;
}

int ae_checkpoint_read(const char *path, uint64_t tag,
    const struct ae_part *part, size_t n, struct ae_error *err)
{
    FILE *in = fopen(path, "rb");
    if (!in && errno == ENOENT)
        return AE_END;
    if (!in)
        return ae_fail(
            err, AE_ESYS, "%.200s: cannot open: %s", path, strerror(errno));
    char word[sizeof magic];
    uint64_t found;
    int code = AE_OK;
    if (fread(word, sizeof word, 1, in) != 1 ||
        memcmp(word, magic, sizeof magic) ||
        fread(&found, sizeof found, 1, in) != 1)
        code = ae_fail(err, AE_EDATA, "%.200s: not a checkpoint", path);
    else if (found != tag)
        code = ae_fail(err, AE_EDATA,
            "%.200s: a checkpoint of other data or options; remove it to start"
            " anew",
            path);
    for (size_t i = 0; i < n && !code; i++)
        if (part[i].bytes && fread(part[i].data, part[i].bytes, 1, in) != 1)
            code = ae_fail(
                err, AE_EDATA, "%.200s: the checkpoint ends early", path);
    fclose(in);
    return code;
}
