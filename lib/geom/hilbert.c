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

int ae_hilbert_order(
    const double (*pos)[3], size_t n, size_t *order, struct ae_error *err)
{
    double low[3] = {0}, width = 0;
    struct key *key = ae_alloc(n, sizeof *key);
    if (!key)
        return ae_fail(err, AE_EMEM, "out of memory for %zu atoms", n);
    for (int k = 0; k < 3 && n; k++) {
        double high = low[k] = pos[0][k];
        for (size_t i = 1; i < n; i++) {
            low[k] = fmin(low[k], pos[i][k]);
            high = fmax(high, pos[i][k]);
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
    qsort(key, n, sizeof *key, by_code);
    for (size_t i = 0; i < n; i++)
        order[i] = key[i].index;
    free(key);
    return AE_OK;
}
