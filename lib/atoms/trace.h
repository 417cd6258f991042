/* SPDX-License-Identifier: BSD-2-Clause
 * trace - atoms, their kinds and non-atoms from intensities.
 *
 * Labels: 0 = non-atom, 1 ... k-1 kinds of atoms by increasing intensity.
 */
#ifndef AE_ATOMS_TRACE_H
#define AE_ATOMS_TRACE_H

#include <stddef.h>
#include "base/error.h"
#include "math/mixture.h"

enum { AE_TRACE_CLASSES = 20 };

enum ae_trace_outcome {
    AE_TRACE_SPLIT,
    AE_TRACE_EQUAL, /* all values equal: everything got label 1 */
    AE_TRACE_WHOLE  /* neighbouring classes overlap: label 1 */
};

struct ae_trace_cut {
    enum ae_trace_outcome outcome;
    int weakest;       /* upper class of the least separated pair */
    double separation; /* of that pair, (m1 - m0)/sqrt(v0 + v1) */
};

/* Exact K-means of x[n] with k classes. When two neighbouring classes are
 * separated by less than `separation` (0: never), nothing is split. n < k or
 * fewer than k (but more than one) distinct values: AE_EDATA. */
int ae_trace_cut(const double *x, size_t n, int k, int norm, double separation,
    int *label, struct ae_trace_cut *cut, struct ae_error *err);

/* Two stages, for a first kind that is hardly brighter than the non-atoms:
 * k-1 classes of x; the weakest of them is split into two, non-atoms and
 * atoms; then k-1 classes of y among all atoms. cut[0]: the split, where
 * AE_TRACE_WHOLE means no non-atoms; cut[1]: the kinds. k >= 3. */
int ae_trace_weak_first(const double *x, const double *y, size_t n, int k,
    int norm, double separation, int *label, struct ae_trace_cut cut[2],
    struct ae_error *err);

/* Of atoms (label > 0) nearer than the distance (angstrom) the one with the
 * larger x stays (of equal ones the earlier), the other becomes 0. */
int ae_trace_close(const double (*pos)[3], const double *x, size_t n,
    double distance, int *label, size_t *dropped, struct ae_error *err);

struct ae_trace_soft {
    struct ae_mixture_class classes[AE_TRACE_CLASSES];
    double confusion[AE_TRACE_CLASSES][AE_TRACE_CLASSES]; /* [a][b]: mean
                          posterior of b over the atoms labelled a */
    double errors; /* expected share of wrong labels */
    int rounds;
    double gain; /* BIC of one Gaussian minus that of the mixture:
                          negative when the split is not worth it */
};

/* Gaussian mixture of k classes from the labels given, on features x[n][dim],
 * classes ordered by the mean of feature `order`; label = largest posterior;
 * posterior[n][k]. n < 10 k or a class without atoms: AE_EDATA. */
int ae_trace_soft(const double *x, size_t n, int dim, int order, int k,
    int *label, double *posterior, struct ae_trace_soft *soft,
    struct ae_error *err);

#endif
