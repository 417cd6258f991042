/* SPDX-License-Identifier: BSD-2-Clause
 * classify - from intensities to labels: the whole way of one frame, with what
 * happened on it.
 *
 * Labels: 0 = non-atom, 1 ... classes-1 kinds of atoms (atoms/trace.h).
 */
#ifndef AE_ATOMS_CLASSIFY_H
#define AE_ATOMS_CLASSIFY_H

#include "atoms/boxclass.h"
#include "atoms/trace.h"
#include "base/atoms.h"
#include "base/error.h"
#include "base/vol.h"

struct ae_classify {
    int classes, norm;    /* norm 1 or 2: medians or means */
    double separation;    /* classes less separated are not split */
    int force;            /* split all the same */
    int soft, weak_first; /* at most one of them */
    /* with a volume: */
    const struct ae_vol *vol; /* NULL: intensities as they came */
    double oversample, box;   /* samples per voxel; edge of the cube */
    int sphere;               /* sums over spheres */
    double weak_box;          /* angstrom; 0: 19 samples */
    int template, iterate;    /* see ae_boxclass_... */
    double local_radius;      /* angstrom; 0: no local correction */
};

struct ae_classified {
    int *label;                 /* [n] */
    double *posterior;          /* [n][classes] with soft, else NULL */
    int whole;                  /* nothing was split */
    int no_nonatoms;            /* split into species alone, every item kept */
    struct ae_trace_cut cut[2]; /* weak_first: of non-atoms, of species */
    int mixed;                  /* soft says how */
    struct ae_trace_soft soft;
    struct ae_boxclass_shape shape; /* template; A = 0: not used */
    int iterated, corrected;        /* rounds; -1: not used */
};

/* The column intensity: as it came, or from the volume (with the column edge:
 * 1 where the box leaves the volume). Not finite or missing: AE_EDATA. */
int ae_classify_intensity(const struct ae_classify *how, struct ae_atoms *atoms,
    struct ae_error *err);

/* Labels of atoms with a column intensity. */
int ae_classify(const struct ae_classify *how, const struct ae_atoms *atoms,
    struct ae_classified *result, struct ae_error *err);
void ae_classified_clear(struct ae_classified *result);

/* Columns label, species (from names of classes 1, 2, ... where they were
 * told apart) and, from posteriors, p_atom and p_species. */
int ae_classify_columns(const struct ae_classified *result, int classes,
    char *const *name, int names, struct ae_atoms *atoms, struct ae_error *err);

#endif
