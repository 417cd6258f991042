/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/array.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"

enum {
    PART_SAMPLES = 1 << 16, /* read at once, so that a false header claims no
                               more memory than the data fill */
    /* Deflate packs at most 1032:1, LZW's longest string 3838 bytes into 12
     * bits (2559:1); no file that we read packs better. */
    MOST_PACKED = 2560
};

int ae_array_check(struct ae_array *a, struct ae_error *err)
{
    size_t samples = 1;
    while (a->dim > 2 && a->n[a->dim - 1] == 1)
        a->dim--;
    for (int i = 0; i < 4; i++) {
        if (!a->n[i])
            return ae_fail(err, AE_EDATA,
                "%s%s: sizes %zu %zu %zu %zu: every size must be positive",
                a->name, a->part, a->n[0], a->n[1], a->n[2], a->n[3]);
        if (ae_mul(samples, a->n[i], &samples) || samples > SIZE_MAX / 16)
            return ae_fail(err, AE_EDATA,
                "%s%s: sizes %zu %zu %zu %zu are too large", a->name, a->part,
                a->n[0], a->n[1], a->n[2], a->n[3]);
    }
    a->images = a->n[2] * a->n[3];
    return AE_OK;
}

int ae_array_claim(
    const struct ae_array *a, size_t bytes, int packed, struct ae_error *err)
{
    if (a->in.size == UINT64_MAX)
        return AE_OK;
    double claim =
        (double)a->n[0] * (double)a->n[1] * (double)a->images * (double)bytes;
    if (claim > (double)a->in.size * (packed ? MOST_PACKED : 1))
        return ae_fail(err, AE_EDATA,
            "%s%s: the header claims %.0f bytes of samples, the file has "
            "%.0f; it is cut short or damaged",
            a->name, a->part, claim, (double)a->in.size);
    return AE_OK;
}

int ae_array_room(struct ae_array *a, struct ae_error *err)
{
    size_t samples = a->n[0] * a->n[1];
    size_t size = a->wide ? sizeof *a->real : sizeof *a->image;
    if (a->room >= samples)
        return AE_OK;
    /* calloc: pages that no data reach are never taken */
    void *room = calloc(samples, size);
    if (!room)
        return ae_fail(err, AE_EMEM, "%s%s: out of memory for %zu samples",
            a->name, a->part, samples);
    free(a->image);
    free(a->real);
    a->image = a->wide ? NULL : room;
    a->real = a->wide ? room : NULL;
    a->room = samples;
    return AE_OK;
}

/* Room for more samples than before, at least twice as many. */
static int grow(
    struct ae_array *a, size_t need, size_t most, struct ae_error *err)
{
    size_t room = a->room < need / 2 ? need : 2 * a->room;
    size_t size = a->wide ? sizeof *a->real : sizeof *a->image;
    if (a->room >= need)
        return AE_OK;
    if (room > most)
        room = most;
    void *more = ae_resize(
        a->wide ? (void *)a->real : (void *)a->image, a->room, room, size);
    if (!more)
        return ae_fail(
            err, AE_EMEM, "%s: out of memory for %zu samples", a->name, room);
    if (a->wide)
        a->real = more;
    else
        a->image = more;
    a->room = room;
    return AE_OK;
}

static int plain_next(struct ae_array *a, struct ae_error *err)
{
    size_t samples = a->n[0] * a->n[1], bytes = ae_sample_bytes(a->type);
    unsigned char *raw = a->state;
    if (!raw) {
        a->state = raw = malloc(PART_SAMPLES * sizeof(double));
        a->close = free;
        if (!raw)
            return ae_fail(err, AE_EMEM, "%s: out of memory", a->name);
    }
    for (size_t done = 0; done < samples;) {
        size_t n =
            samples - done < PART_SAMPLES ? samples - done : PART_SAMPLES;
        size_t got = ae_input_read(&a->in, raw, n * bytes);
        if (got < n * bytes && ferror(a->in.file))
            return ae_fail(
                err, AE_ESYS, "%s: cannot read: %s", a->name, strerror(errno));
        if (got < n * bytes)
            return ae_fail(err, AE_EDATA,
                "%s: the file ends in image %zu of %zu, after %.0f bytes; it "
                "is cut short",
                a->name, a->done + 1, a->images, (double)a->in.at);
        int code = grow(a, done + n, samples, err);
        if (code)
            return code;
        if (a->wide)
            ae_sample_reals(raw, a->type, a->big, n, a->real + done);
        else
            ae_sample_floats(raw, a->type, a->big, n, a->image + done);
        done += n;
    }
    return AE_OK;
}

int ae_array_next(struct ae_array *a, struct ae_error *err)
{
    if (a->done == a->images)
        return AE_END;
    int code = a->next ? a->next(a, err) : plain_next(a, err);
    if (code)
        return code;
    for (size_t i = 0; i < a->n[0] * a->n[1]; i++) {
        double value = a->wide ? a->real[i] : (double)a->image[i];
        if (!isfinite(value))
            return ae_fail(err, AE_EDATA,
                "%s%s: sample %zu of row %zu of image %zu (counted from 0) is "
                "%s; replace it before importing",
                a->name, a->part, i % a->n[0], i / a->n[0], a->done,
                isnan(value) ? "nan" : "infinite or beyond the range of float");
    }
    a->done++;
    return AE_OK;
}

void ae_array_close(struct ae_array *a)
{
    if (a->close)
        a->close(a->state);
    ae_keys_clear(&a->keys);
    free(a->image);
    free(a->real);
    free(a->angle);
    if (a->name)
        ae_input_close(&a->in);
    *a = (struct ae_array){0};
}
