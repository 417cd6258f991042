/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/listing.h"

#include <stdio.h>
#include <string.h>

void ae_listing_add(struct ae_listing *l, const char *name, int dim,
    const size_t *n, const char *type, int numeric)
{
    if (l->n == AE_LISTING_MOST || strlen(name) >= AE_LISTING_NAME)
        return;
    int at = 0, top = dim;
    size_t samples = 1;
    while (top > 2 && n[top - 1] == 1)
        top--;
    l->row[l->n].size[0] = 0;
    for (int i = 0; i < dim && at < 60; i++) {
        at += snprintf(l->row[l->n].size + at, 80 - (size_t)at, "%s%zu",
            i ? " x " : "", n[i]);
        samples =
            n[i] && samples > (size_t)-1 / n[i] ? (size_t)-1 : samples * n[i];
    }
    if (at < 80)
        snprintf(l->row[l->n].size + at, 80 - (size_t)at, " %s", type);
    snprintf(l->row[l->n].name, AE_LISTING_NAME, "%s", name);
    l->row[l->n].rank = top;
    l->row[l->n].samples = samples;
    l->row[l->n].numeric = numeric;
    l->n++;
}

static void describe(const struct ae_listing *l, char *text, size_t size)
{
    char quoted[340];
    size_t at = 0;
    *text = 0;
    for (int i = 0; i < l->n && at < size; i++)
        at += (size_t)snprintf(text + at, size - at, "%s%.60s (%s)",
            i ? ", " : "", ae_quote(quoted, l->row[i].name), l->row[i].size);
    if (at >= size && size > 4)
        memcpy(text + size - 4, "...", 4);
}

static int candidates(const struct ae_listing *l, int low, int high, int *which)
{
    int count = 0;
    for (int i = 0; i < l->n; i++)
        if (l->row[i].numeric && l->row[i].samples > 1 &&
            l->row[i].rank >= low && l->row[i].rank <= high) {
            *which = i;
            count++;
        }
    return count;
}

int ae_listing_choose(const struct ae_listing *l, const char *file,
    const char *var, int rank, char name[AE_LISTING_NAME], struct ae_error *err)
{
    char text[200], quoted[340];
    int which = -1, count = 0;
    describe(l, text, sizeof text);
    if (!l->n)
        return ae_fail(err, AE_EDATA,
            "%s: holds no variables; it is empty or damaged", file);
    for (int i = 0; *var && i < l->n; i++)
        if (!strcmp(
                l->row[i].name + (*l->row[i].name == '/'), var + (*var == '/')))
            which = i;
    if (*var && which < 0)
        return ae_fail(err, AE_EDATA, "%s: no variable '%s'; there are %s",
            file, ae_quote(quoted, var), text);
    if (!*var) {
        count = rank == 3 ? candidates(l, 3, 64, &which)
                          : candidates(l, 1, 2, &which);
        if (rank == 3 && !count)
            count = candidates(l, 2, 2, &which);
        if (count != 1)
            return ae_fail(err, AE_EDATA,
                "%s: %s numeric array; name one of %s with %s", file,
                count ? "more than one" : "no", text,
                rank == 3 ? "--var" : "--angles-var");
    }
    if (!l->row[which].numeric)
        return ae_fail(err, AE_EDATA,
            "%s: '%s' (%s) is no array of real "
            "numbers; there are %s",
            file, ae_quote(quoted, l->row[which].name), l->row[which].size,
            text);
    memcpy(name, l->row[which].name, AE_LISTING_NAME);
    return AE_OK;
}
