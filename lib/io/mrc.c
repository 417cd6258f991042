/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/mrc.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/* Byte offsets into the header of 1024 bytes; word w of the format is at
 * 4 (w - 1). */
enum {
    HEAD = 1024,
    NX = 0,
    MODE = 12,
    MX = 28,
    CELL = 40,
    ANGLES = 52,
    MAPC = 64,
    DMIN = 76,
    ISPG = 88,
    NSYMBT = 92,
    IMOD_STAMP = 152,
    IMOD_FLAGS = 156,
    ORIGIN = 196,
    MAP = 208,
    MACHST = 212,
    RMS = 216,
    NLABL = 220,
    LABEL = 224,
    LABEL_BYTES = 80,
    LABELS = 10
};
static const int32_t IMOD = 1146047817; /* "IMOD" as a little-endian integer */

static int32_t get_int(const unsigned char *at, int big)
{
    uint32_t u = 0;
    for (int i = 0; i < 4; i++)
        u |= (uint32_t)at[big ? 3 - i : i] << 8 * i;
    return (int32_t)u;
}

static double get_real(const unsigned char *at, int big)
{
    double value;
    ae_sample_reals(at, AE_F32, big, 1, &value);
    return value;
}

/* Sizes, mode and axis numbers that only a header of this byte order has. */
static int plausible(const unsigned char *h, int big)
{
    int seen = 0, none = 1;
    for (int i = 0; i < 3; i++) {
        int32_t n = get_int(h + NX + 4 * i, big);
        int32_t axis = get_int(h + MAPC + 4 * i, big);
        if (n < 1 || n > 1 << 20)
            return 0;
        none &= axis == 0;
        if (axis >= 1 && axis <= 3)
            seen |= 1 << axis;
    }
    int32_t mode = get_int(h + MODE, big), next = get_int(h + NSYMBT, big);
    return mode >= 0 && mode <= 101 && next >= 0 && (none || seen == 14);
}

int ae_mrc_is(const struct ae_input *in)
{
    if (in->nhead < HEAD)
        return in->nhead >= MAP + 4 && !memcmp(in->head + MAP, "MAP", 3);
    return !memcmp(in->head + MAP, "MAP", 3) || plausible(in->head, 0) ||
           plausible(in->head, 1);
}

static int sample_type(
    struct ae_array *a, const unsigned char *h, struct ae_error *err)
{
    int32_t mode = get_int(h + MODE, a->big);
    int imod = get_int(h + IMOD_STAMP, a->big) == IMOD;
    int is_signed = !imod || (get_int(h + IMOD_FLAGS, a->big) & 1);
    switch (mode) {
    case 0:
        a->type = is_signed ? AE_I8 : AE_U8;
        return AE_OK;
    case 1:
        a->type = AE_I16;
        return AE_OK;
    case 2:
        a->type = AE_F32;
        return AE_OK;
    case 6:
        a->type = AE_U16;
        return AE_OK;
    case 12:
        a->type = AE_F16;
        return AE_OK;
    }
    return ae_fail(err, AE_EDATA,
        "%s: MRC mode %d (%s) is not read; want 0, 1, 2, 6 or 12", a->name,
        (int)mode,
        mode == 3 || mode == 4 ? "complex numbers"
        : mode == 16           ? "colour"
        : mode == 101          ? "4-bit samples"
                               : "unknown");
}

/* Sizes, and which of X, Y, Z the columns, rows and sections are. */
static void geometry(struct ae_array *a, const unsigned char *h)
{
    int axis[3], identity = 1, valid = 0;
    a->dim = 3;
    for (int i = 0; i < 3; i++) {
        axis[i] = get_int(h + MAPC + 4 * i, a->big) - 1;
        if (axis[i] >= 0 && axis[i] < 3)
            valid |= 1 << axis[i];
        identity &= axis[i] == i;
    }
    int imod = get_int(h + IMOD_STAMP, a->big) == IMOD;
    for (int i = 0; i < 3; i++) {
        int k = valid == 7 ? axis[i] : i;
        int32_t m = get_int(h + MX + 4 * k, a->big);
        double cell = get_real(h + CELL + 4 * k, a->big);
        double origin = get_real(h + ORIGIN + 4 * k, a->big);
        int32_t n = get_int(h + NX + 4 * i, a->big);
        a->n[i] = n > 0 ? (size_t)n : 0;
        if (m > 0 && isfinite(cell) && cell > 0)
            a->step[i] = ae_plain_number(cell / m);
        if (isfinite(origin) && !imod) {
            a->origin[i] = origin;
            a->has_origin |= origin < 0 || origin > 0;
        }
    }
    a->is_volume = get_int(h + ISPG, a->big) != 0;
    if (valid == 7 && !identity)
        for (int i = 0; i < 3; i++)
            a->axes[i] = "xyz"[axis[i]];
}

/* Labels are kept as keys mrc_label_1 ...: printable bytes, no blank ends. */
static int labels(
    struct ae_array *a, const unsigned char *h, struct ae_error *err)
{
    int32_t n = get_int(h + NLABL, a->big);
    for (int i = 0; i < LABELS && i < n; i++) {
        char text[LABEL_BYTES + 1], name[32];
        int length = 0;
        for (int j = 0; j < LABEL_BYTES && h[LABEL + LABEL_BYTES * i + j];
             j++) {
            unsigned char c = h[LABEL + LABEL_BYTES * i + j];
            text[j] = c >= 32 && c < 127 ? (char)c : '?';
            if (c != ' ')
                length = j + 1;
        }
        text[length] = 0;
        snprintf(name, sizeof name, "mrc_label_%d", i + 1);
        if (length && ae_keys_set(&a->keys, name, text))
            return ae_fail(err, AE_EMEM, "%s: out of memory", a->name);
    }
    return AE_OK;
}

int ae_mrc_open(struct ae_array *a, struct ae_error *err)
{
    unsigned char h[HEAD];
    a->format = "MRC";
    if (ae_input_read(&a->in, h, HEAD) != HEAD)
        return ae_fail(err, AE_EDATA, "%s: MRC header is cut short, %zu bytes",
            a->name, a->in.nhead);
    /* the machine stamp is often wrong or missing: sizes decide, then it */
    int little = plausible(h, 0), big = plausible(h, 1);
    a->big = little == big ? h[MACHST] == 0x11 : big;
    int code = sample_type(a, h, err);
    if (code)
        return code;
    geometry(a, h);
    int32_t extended = get_int(h + NSYMBT, a->big);
    if (extended < 0)
        return ae_fail(err, AE_EDATA,
            "%s: extended header of %d bytes; the file is damaged", a->name,
            (int)extended);
    if ((code = ae_array_check(a, err)))
        return code;
    if (a->in.size != UINT64_MAX) {
        double want = HEAD + (double)extended +
                      (double)a->n[0] * (double)a->n[1] * (double)a->images *
                          (double)ae_sample_bytes(a->type);
        if (want > (double)a->in.size)
            return ae_fail(err, AE_EDATA,
                "%s: MRC header says %.0f bytes, the file has %.0f; it is cut "
                "short or damaged",
                a->name, want, (double)a->in.size);
    }
    if (ae_input_skip(&a->in, (uint64_t)extended))
        return ae_fail(
            err, AE_EDATA, "%s: file ends in the extended header", a->name);
    return labels(a, h, err);
}

static void put_int(unsigned char *at, int32_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (unsigned char)((uint32_t)value >> 8 * i);
}

static void put_real(unsigned char *at, double value)
{
    float single = (float)value;
    int32_t word;
    memcpy(&word, &single, sizeof word);
    put_int(at, word);
}

static void put_stats(unsigned char *h, const struct ae_mrc_stats *s)
{
    double mean = s->n > 0 ? s->sum / s->n : 0;
    double variance = s->n > 0 ? s->sum_sq / s->n - mean * mean : 0;
    if (s->n > 0) {
        put_real(h + DMIN, s->low);
        put_real(h + DMIN + 4, s->high);
        put_real(h + DMIN + 8, mean);
        put_real(h + RMS, sqrt(fmax(variance, 0)));
    } else {
        /* MRC2014: max < min, mean < both, rms < 0 say "not known" */
        put_real(h + DMIN, 0);
        put_real(h + DMIN + 4, -1);
        put_real(h + DMIN + 8, -2);
        put_real(h + RMS, -1);
    }
}

int ae_mrc_write_head(FILE *out, const struct ae_vol *head, enum ae_sample type,
    const struct ae_mrc_stats *stats, struct ae_error *err)
{
    unsigned char h[HEAD] = {0};
    size_t n[3] = {head->n[0], head->n[1], ae_vol_images(head)};
    int volume = head->kind == AE_VOLUME;
    for (int i = 0; i < 3; i++) {
        if (n[i] > INT32_MAX)
            return ae_fail(err, AE_EDATA,
                "%zu samples along an axis are more than MRC can say", n[i]);
        double step = i < 2 || volume ? head->step[i] : head->step[0];
        size_t m = i < 2 || volume ? n[i] : 1; /* MRC2014: 1 for a stack */
        put_int(h + NX + 4 * i, (int32_t)n[i]);
        put_int(h + MX + 4 * i, (int32_t)m);
        put_real(h + CELL + 4 * i, step * (double)m);
        put_real(h + ANGLES + 4 * i, 90);
        put_int(h + MAPC + 4 * i, i + 1);
        if (volume && head->step[i] > 0)
            put_real(h + ORIGIN + 4 * i, head->origin[i]);
    }
    put_int(h + MODE, type == AE_I8    ? 0
                      : type == AE_I16 ? 1
                      : type == AE_U16 ? 6
                                       : 2);
    put_int(h + ISPG, volume);
    put_int(h + 108, 20140); /* NVERSION */
    memcpy(h + MAP, "MAP ", 4);
    h[MACHST] = h[MACHST + 1] = 0x44; /* little endian */
    put_stats(h, stats);
    put_int(h + NLABL, 1);
    memset(h + LABEL, ' ', LABEL_BYTES);
    memcpy(h + LABEL, "aetools " AE_VERSION, strlen("aetools " AE_VERSION));
    if (fwrite(h, 1, HEAD, out) != HEAD)
        return ae_fail(err, AE_ESYS, "cannot write the MRC header");
    return AE_OK;
}
