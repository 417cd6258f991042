/* SPDX-License-Identifier: BSD-2-Clause */
#include "sim/relax.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "geom/cells.h"

/* The lists reach this much (angstrom) beyond the pairs that count, and are
 * made again after so many steps. */
static const double skin = 0.8;
enum { RENEW = 8, APART_STEPS = 400 };

/* Where atom i goes: the sum of what its near pairs ask for. */
static int push(const double (*pos)[3], const unsigned char *kind,
    const struct ae_neighbours *lists, size_t i,
    double near[AE_RELAX_KINDS][AE_RELAX_KINDS], double to[3])
{
    int pushed = 0;
    memcpy(to, pos[i], 3 * sizeof *to);
    for (size_t j = lists->start[i]; j < lists->start[i + 1]; j++) {
        size_t other = lists->item[j].index;
        double want = near[kind ? kind[i] : 0][kind ? kind[other] : 0];
        double d[3], square = 0;
        for (int k = 0; k < 3; k++) {
            d[k] = pos[i][k] - pos[other][k];
            square += d[k] * d[k];
        }
        if (square >= want * want || !(square > 0))
            continue;
        double r = sqrt(square);
        for (int k = 0; k < 3; k++)
            to[k] += 0.5 * (want - r) / r * d[k];
        pushed = 1;
    }
    return pushed;
}

int ae_relax(double (*pos)[3], const unsigned char *kind, size_t n,
    double near[AE_RELAX_KINDS][AE_RELAX_KINDS], int steps,
    struct ae_error *err)
{
    struct ae_neighbours lists = {0};
    double reach = 0;
    int code = AE_OK, busy = 1;
    double(*to)[3] = ae_alloc(n, sizeof *to);
    unsigned char *pushed = ae_alloc(n, 1);
    if (!to || !pushed)
        code = ae_fail(err, AE_EMEM, "out of memory for %zu atoms", n);
    for (int i = 0; i < AE_RELAX_KINDS * AE_RELAX_KINDS; i++)
        reach = fmax(reach, near[i / AE_RELAX_KINDS][i % AE_RELAX_KINDS]);
    for (int step = 0; step < steps && busy && !code; step++) {
        if (step % RENEW == 0) {
            ae_neighbours_clear(&lists);
            code = ae_neighbours_new(&lists, (const double(*)[3])pos, n,
                reach + skin, NULL, NULL, err);
            if (code)
                break;
        }
/* few atoms: waking the threads costs more than the step */
#pragma omp parallel for schedule(static) if (n > 4000)
        for (size_t i = 0; i < n; i++)
            pushed[i] = (unsigned char)push(
                (const double(*)[3])pos, kind, &lists, i, near, to[i]);
        busy = 0;
        for (size_t i = 0; i < n; i++) {
            busy |= pushed[i];
            if (pushed[i])
                memcpy(pos[i], to[i], sizeof to[i]);
        }
    }
    ae_neighbours_clear(&lists);
    free(to);
    free(pushed);
    return code;
}

int ae_relax_apart(double (*pos)[3], size_t n, double dmin, unsigned char *keep,
    struct ae_error *err)
{
    struct ae_neighbours lists;
    double near[AE_RELAX_KINDS][AE_RELAX_KINDS];
    /* a little more than asked for, so that the steps come to an end */
    for (int i = 0; i < AE_RELAX_KINDS * AE_RELAX_KINDS; i++)
        near[i / AE_RELAX_KINDS][i % AE_RELAX_KINDS] = 1.002 * dmin;
    int code = ae_relax(pos, NULL, n, near, APART_STEPS, err);
    if (!code)
        code = ae_neighbours_new(
            &lists, (const double(*)[3])pos, n, dmin, NULL, NULL, err);
    if (code)
        return code;
    for (size_t i = 0; i < n; i++) {
        keep[i] = 1;
        for (size_t j = lists.start[i]; j < lists.start[i + 1]; j++)
            if (lists.item[j].index < i && keep[lists.item[j].index])
                keep[i] = 0;
    }
    ae_neighbours_clear(&lists);
    return AE_OK;
}
