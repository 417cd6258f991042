/* SPDX-License-Identifier: BSD-2-Clause */
#include "atoms/inside.h"

#include <stdlib.h>
#include <string.h>
#include "base/mem.h"

int ae_inside(const struct ae_region *region, const struct ae_sites *sites,
    const struct ae_atoms *atoms, unsigned char *in, struct ae_error *err)
{
    size_t others = 0, *row = ae_alloc(atoms->n, sizeof *row);
    unsigned char *mark = ae_alloc(atoms->n, 1);
    double(*place)[3] = ae_alloc(atoms->n, sizeof *place);
    int code = row && mark && place
                   ? ae_region_points(region, (const double(*)[3])sites->pos,
                         sites->n, mark, err)
                   : ae_fail(err, AE_EMEM, "out of memory for the region");
    if (code)
        goto out;
    memset(in, 2, atoms->n);
    for (size_t i = 0; i < sites->n; i++)
        in[sites->row[i]] = mark[i];
    for (size_t i = 0; i < atoms->n; i++)
        if (in[i] == 2) {
            memcpy(place[others], atoms->pos[i], sizeof *place);
            row[others++] = i;
        }
    code =
        ae_region_holds(region, (const double(*)[3])place, others, mark, err);
    for (size_t m = 0; m < others && !code; m++)
        in[row[m]] = mark[m];
out:
    free(row);
    free(mark);
    free(place);
    return code;
}
