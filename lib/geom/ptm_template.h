/* SPDX-License-Identifier: BSD-2-Clause
 * ptm_template - the ideal neighbourhoods, their rotation groups, and the
 * book of facet graphs by which a neighbourhood is recognised.
 */
#ifndef AE_GEOM_PTM_TEMPLATE_H
#define AE_GEOM_PTM_TEMPLATE_H

#include <stdint.h>
#include "base/error.h"
#include "geom/ptm_graph_kernel.h"

enum ae_ptm_type {
    AE_PTM_OTHER,
    AE_PTM_FCC,
    AE_PTM_HCP,
    AE_PTM_BCC,
    AE_PTM_ICO,
    AE_PTM_SC,
    AE_PTM_DEC,
    AE_PTM_TYPES
};

enum { AE_PTM_TURNS = 60 };

struct ae_ptm_template {
    int n;                    /* neighbours; the centre is at the origin, which
                                 is the barycentre too */
    double w[AE_PTM_MOST][3]; /* mean distance 1 */
    double radius[AE_PTM_MOST + 1]; /* of centre and neighbours, ascending */
    double square;                  /* sum of |w|^2 */
    double inverse[3][3];           /* of sum w w^T */
    int nturn;                      /* rotations of the point group */
    double turn[AE_PTM_TURNS][4];   /* as quaternions w x y z */
    uint8_t image[AE_PTM_TURNS][AE_PTM_MOST]; /* neighbour k goes to image[k] */
    int pair[2][2]; /* two disjoint pairs of close neighbours */
};

void ae_ptm_template(enum ae_ptm_type type, struct ae_ptm_template *t);

/* A way to lay a template on a graph: corner number i of the code is neighbour
 * map[i] of the template. */
struct ae_ptm_map {
    int type;
    uint8_t map[AE_PTM_MOST];
};

struct ae_ptm_book;

/* The book of the types of the mask (bit 1 << type): all triangulations of
 * their hulls, and those with up to AE_PTM_FLIPS edges across the other
 * diagonal, as jitter makes them. AE_EMEM. */
int ae_ptm_book_new(
    struct ae_ptm_book **book, unsigned mask, struct ae_error *err);
void ae_ptm_book_free(struct ae_ptm_book *book);

/* The maps for a code; their number. */
int ae_ptm_book_find(const struct ae_ptm_book *book,
    const struct ae_ptm_code *code, const struct ae_ptm_map **map);

/* Product of quaternions w x y z: first b, then a. */
void ae_ptm_product(const double a[4], const double b[4], double ab[4]);

#endif
