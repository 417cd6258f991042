/* SPDX-License-Identifier: BSD-2-Clause
 * agreement - what a match of two models says: differences, counts, and which
 * kinds of atoms were taken for which.
 */
#ifndef AE_ATOMS_AGREEMENT_H
#define AE_ATOMS_AGREEMENT_H

#include "atoms/match.h"
#include "atoms/overlay.h"
#include "base/atoms.h"
#include "base/error.h"

struct ae_agreement {
    struct ae_match match; /* pair[0 ... n-1] count; those beyond the tolerance
                              follow and are no partners */
    size_t n;
    double (*turned)[3]; /* A after the permutation of axes, before the fit */
    double (*d)[3];      /* [match.n] fit(a) - b of each pair */
};

/* A laid on B by best, pairs up to max(tolerance, widest) (angstrom). */
int ae_agreement(const struct ae_atoms *A, const struct ae_atoms *B,
    const struct ae_overlay *best, double tolerance, double widest,
    struct ae_agreement *g, struct ae_error *err);
void ae_agreement_clear(struct ae_agreement *g);

/* Number of pairs not further apart than r, those beyond the tolerance
 * included. */
size_t ae_agreement_within(const struct ae_agreement *g, double r);

/* Table of the values of a text or integer column: count[a (n + 1) + b] atoms
 * of A with value a have a partner with value b; index n stands for none. */
struct ae_confusion {
    struct ae_atoms values; /* the words of its column species */
    char *const *word;      /* [n], in order of first appearance in B, A */
    size_t n;
    size_t *count;
};

/* AE_EDATA: no such column, a real one, or more than 1000 values. */
int ae_confusion(const struct ae_atoms *A, const struct ae_atoms *B,
    const struct ae_match *m, const char *by, struct ae_confusion *table,
    struct ae_error *err);
void ae_confusion_clear(struct ae_confusion *table);

/* Atoms without a partner. */
int ae_agreement_rest(const struct ae_atoms *from, const size_t *partner,
    struct ae_atoms *rest, struct ae_error *err);

#endif
