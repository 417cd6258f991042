/* SPDX-License-Identifier: BSD-2-Clause
 * listing - the variables of a file that holds several, and the choice of one.
 */
#ifndef AE_IO_LISTING_H
#define AE_IO_LISTING_H

#include <stddef.h>
#include "base/error.h"

enum { AE_LISTING_NAME = 256, AE_LISTING_MOST = 256 };

struct ae_listing {
    int n; /* at most AE_LISTING_MOST are kept */
    struct {
        char name[AE_LISTING_NAME];
        char size[80]; /* "5 x 4 x 3 float64" */
        int rank;      /* axes of more than one sample, at least 2 */
        size_t samples;
        int numeric;
    } row[AE_LISTING_MOST];
};

/* n[0..dim) fastest axis first; type is text for messages. */
void ae_listing_add(struct ae_listing *listing, const char *name, int dim,
    const size_t *n, const char *type, int numeric);

/* The row called var (a leading '/' does not count), or with var "" the only
 * numeric one of that rank: 3 means 3 or more axes, failing that 2; 2 means
 * exactly 2. Arrays of one sample do not count. */
int ae_listing_choose(const struct ae_listing *listing, const char *file,
    const char *var, int rank, char name[AE_LISTING_NAME],
    struct ae_error *err);

#endif
