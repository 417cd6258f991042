/* SPDX-License-Identifier: BSD-2-Clause */
#include "sim/rings.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "base/number.h"

/* One ring more from "IN,OUT" or "dpc:IN,OUT". */
static int add_ring(struct ae_rings *r, const char *text, const char *option,
    int integrate, struct ae_error *err)
{
    struct ae_ring *ring = &r->ring[r->n];
    const int dpc = !strncmp(text, "dpc:", 4);
    const char *end = text + strlen(text);
    double in, out;
    const char *at = ae_parse_real(text + (dpc ? 4 : 0), end, &in);
    if (!at || *at != ',' || !(at = ae_parse_real(at + 1, end, &out)) || *at ||
        !(in >= 0 && out > in && isfinite(out)))
        return ae_fail(err, AE_EUSAGE,
            "%s: '%s': want IN,OUT or dpc:IN,OUT, mrad, IN below OUT", option,
            text);
    ring->first = r->detectors;
    ring->dpc = dpc;
    ring->planes = dpc && !integrate ? 2 : 1;
    for (int q = dpc ? 1 : 0; q <= (dpc ? 4 : 0); q++)
        r->detector[r->detectors++] =
            (struct ae_detector){in * 1e-3, out * 1e-3, q};
    r->n++;
    r->planes += ring->planes;
    return AE_OK;
}

/* "FILE=IN,OUT", with a name that may hold a '='. */
static int add_item(
    struct ae_rings *r, char *item, int integrate, struct ae_error *err)
{
    char *spec = strrchr(item, '=');
    if (!spec || spec == item)
        return ae_fail(err, AE_EUSAGE, "--also: '%s': want FILE=IN,OUT", item);
    if (r->n == AE_RINGS_MOST)
        return ae_fail(err, AE_EUSAGE, "--also: more than %d detectors",
            AE_RINGS_MOST - 1);
    *spec = 0;
    r->ring[r->n].path = ae_strdup(item);
    if (!r->ring[r->n].path)
        return ae_fail(err, AE_EMEM, "out of memory");
    return add_ring(r, spec + 1, "--also", integrate, err);
}

int ae_rings_read(struct ae_rings *r, const char *main, const char *also,
    int integrate, struct ae_error *err)
{
    *r = (struct ae_rings){0};
    int code = add_ring(r, main, "--detector", integrate, err), dpc = 0;
    char *list = ae_strdup(also), *rest = NULL;
    if (!code && !list)
        code = ae_fail(err, AE_EMEM, "out of memory");
    for (char *item = code ? NULL : strtok_r(list, ";", &rest); item && !code;
         item = strtok_r(NULL, ";", &rest))
        code = add_item(r, item, integrate, err);
    free(list);
    for (size_t i = 0; i < r->n; i++)
        dpc |= r->ring[i].dpc;
    if (!code && integrate && !dpc)
        code = ae_fail(err, AE_EUSAGE,
            "--idpc: no detector of quadrants; want --detector dpc:IN,OUT");
    if (code)
        ae_rings_clear(r);
    return code;
}

void ae_rings_clear(struct ae_rings *r)
{
    for (size_t i = 0; i < AE_RINGS_MOST; i++)
        free(r->ring[i].path);
    *r = (struct ae_rings){0};
}
