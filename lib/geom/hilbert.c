/* SPDX-License-Identifier: BSD-2-Clause */
#include "geom/hilbert.h"

#include <math.h>
#include <stdlib.h>
#include "base/mem.h"

uint64_t ae_hilbert_code(const uint32_t cell[3])
{
    uint32_t x[3] = {cell[0], cell[1], cell[2]};
    for (uint32_t q = 1u << (AE_HILBERT_BITS - 1); q > 1; q >>= 1)
        for (int i = 0; i < 3; i++) {
            uint32_t low = q - 1;
            if (x[i] & q) {
                x[0] ^= low;
            } else {
                uint32_t t = (x[0] ^ x[i]) & low;
                x[0] ^= t;
                x[i] ^= t;
            }
        }
    x[1] ^= x[0];
    x[2] ^= x[1];
    uint32_t t = 0;
    for (uint32_t q = 1u << (AE_HILBERT_BITS - 1); q > 1; q >>= 1)
        if (x[2] & q)
            t ^= q - 1;
    uint64_t code = 0;
    for (int i = 0; i < 3; i++)
        x[i] ^= t;
    for (int bit = AE_HILBERT_BITS - 1; bit >= 0; bit--)
        for (int i = 0; i < 3; i++)
            code = code << 1 | (x[i] >> bit & 1);
    return code;
}

enum { PART_BITS = 12, PARTS = 1 << PART_BITS };

struct key {
    uint64_t code;
    size_t index;
};

static int by_code(const void *p, const void *q)
{
    const struct key *a = p, *b = q;
    if (a->code != b->code)
        return a->code < b->code ? -1 : 1;
    return a->index < b->index ? -1 : a->index > b->index;
}

/* By the first bits of their codes into sorted[n], then each of those parts by
 * all; the places of the parts are in start. */
static void sort_keys(
    const struct key *key, size_t n, struct key *sorted, size_t *start)
{
    int shift = 3 * AE_HILBERT_BITS - PART_BITS;
    for (size_t i = 0; i < n; i++)
        start[(key[i].code >> shift) + 2]++;
    for (size_t p = 0; p < PARTS; p++)
        start[p + 2] += start[p + 1];
    for (size_t i = 0; i < n; i++)
        sorted[start[(key[i].code >> shift) + 1]++] = key[i];
#pragma omp parallel for schedule(dynamic, 16)
    for (size_t p = 0; p < PARTS; p++)
        qsort(sorted + start[p], start[p + 1] - start[p], sizeof *sorted,
            by_code);
}

int ae_hilbert_order(
    const double (*pos)[3], size_t n, size_t *order, struct ae_error *err)
{
    double low[3] = {0}, width = 0;
    struct key *key = ae_alloc_raw(n, sizeof *key);
    struct key *sorted = ae_alloc_raw(n, sizeof *sorted);
    size_t *start = ae_alloc(PARTS + 2, sizeof *start);
    if (!key || !sorted || !start) {
        free(key);
        free(sorted);
        free(start);
        return ae_fail(err, AE_EMEM, "out of memory for %zu atoms", n);
    }
    for (int k = 0; k < 3 && n; k++) {
        double high = low[k] = pos[0][k];
        for (size_t i = 1; i < n; i++) {
            double x = pos[i][k];
            low[k] = x < low[k] ? x : low[k];
            high = x > high ? x : high;
        }
        width = fmax(width, high - low[k]);
    }
    double scale = width > 0 ? (ldexp(1, AE_HILBERT_BITS) - 1) / width : 0;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < n; i++) {
        uint32_t x[3];
        for (int k = 0; k < 3; k++)
            x[k] = (uint32_t)(scale * (pos[i][k] - low[k]));
        key[i] = (struct key){ae_hilbert_code(x), i};
    }
    sort_keys(key, n, sorted, start);
    for (size_t i = 0; i < n; i++)
        order[i] = sorted[i].index;
    free(key);
    free(sorted);
    free(start);
    return AE_OK;
}
