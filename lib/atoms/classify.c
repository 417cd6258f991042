/* SPDX-License-Identifier: BSD-2-Clause
 * classify - cuts of intensities, mixtures and boxes in their order.
 */
#include "atoms/classify.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "math/boxread.h"

typedef const double (*points)[3];

enum { WEAK_HALF = 9, FEATURES = 3 };
/* edges of the cubes of a mixture in units of the box; the middle one orders */
static const double feature_edge[FEATURES] = {0.6, 1, 1.4};

static long half_of(const struct ae_classify *how, double edge)
{
    return ae_boxread_half(edge, how->vol->step[0], how->oversample);
}

/* Intensities from the volume into out[n] with a stride. */
static void read_intensities(const struct ae_classify *how,
    const struct ae_atoms *atoms, long half, int ball, double *out,
    size_t stride)
{
    ae_boxclass_intensities(how->vol, (points)atoms->pos, atoms->n, half,
        how->oversample, ball, out, stride);
}

static int no_memory(size_t n, struct ae_error *err)
{
    return ae_fail(err, AE_EMEM, "out of memory for %zu atoms", n);
}

/* From the volume: columns edge and intensity. */
static int read_columns(const struct ae_classify *how, struct ae_atoms *atoms,
    struct ae_column **col, struct ae_error *err)
{
    long half = half_of(how, how->box);
    struct ae_column *edge = ae_atoms_column(atoms, "edge", 'I', 1, err);
    if (!edge) {
        return err->code;
    }
    for (size_t i = 0; i < atoms->n; i++) {
        double p[3];
        ae_boxread_index(how->vol, atoms->pos[i], p);
        edge->integer[i] =
            ae_boxread_leaves(how->vol, p, half, how->oversample);
    }
    *col = ae_atoms_column(atoms, "intensity", 'R', 1, err);
    if (!*col) {
        return err->code;
    }
    read_intensities(how, atoms, half, how->sphere, (*col)->real, 1);
    return AE_OK;
}

int ae_classify_intensity(
    const struct ae_classify *how, struct ae_atoms *atoms, struct ae_error *err)
{
    struct ae_column *col;
    int code = how->vol ? read_columns(how, atoms, &col, err)
                        : ae_atoms_need(atoms, "intensity", 'R', 1, &col, err);
    for (size_t i = 0; !code && i < atoms->n; i++) {
        if (!isfinite(col->real[i])) {
            code = ae_fail(err, AE_EDATA,
                "atom %zu: the intensity is no finite number; drop the atom or "
                "run peak-find again",
                i);
        }
    }
    return code;
}

/* Species first, then non-atoms, then species again. */
static int cut_weak_first(const struct ae_classify *how,
    const struct ae_atoms *atoms, const double *x, double limit,
    struct ae_classified *f, struct ae_error *err)
{
    double *last = ae_alloc(atoms->n, sizeof *last);
    if (!last) {
        return no_memory(atoms->n, err);
    }
    memcpy(last, x, atoms->n * sizeof *last);
    if (how->vol) {
        read_intensities(how, atoms,
            how->weak_box > 0 ? half_of(how, how->weak_box) : WEAK_HALF, 1,
            last, 1);
    }
    int code = ae_trace_weak_first(x, last, atoms->n, how->classes, how->norm,
        limit, f->label, f->cut, err);
    f->whole = f->cut[1].outcome != AE_TRACE_SPLIT;
    free(last);
    return code;
}

/* Everything is an atom of class 1 for sure. */
static void keep_whole(size_t n, int classes, struct ae_classified *f)
{
    memset(f->posterior, 0, n * (size_t)classes * sizeof *f->posterior);
    for (size_t i = 0; i < n; i++) {
        f->posterior[i * (size_t)classes + 1] = 1;
        f->label[i] = 1;
    }
}

/* The mixture, from the classes of K-means; where one Gaussian explains the
 * intensities as well (BIC), nothing is split. */
static int cut_soft(const struct ae_classify *how, const struct ae_atoms *atoms,
    const double *intensity, struct ae_classified *f, struct ae_error *err)
{
    size_t n = atoms->n;
    int dim = how->vol && how->classes > 2 ? FEATURES : 1;
    double *x = ae_alloc(n, (size_t)dim * sizeof *x);
    if (!x) {
        return no_memory(n, err);
    }
    memcpy(x, intensity, dim == 1 ? n * sizeof *x : 0);
    for (int d = 0; dim > 1 && d < dim; d++) {
        read_intensities(how, atoms, half_of(how, feature_edge[d] * how->box),
            how->sphere, x + d, (size_t)dim);
    }
    int code = ae_trace_soft(x, n, dim, dim / 2, how->classes, f->label,
        f->posterior, &f->soft, err);
    f->mixed = 1;
    f->whole = !how->force && f->soft.gain < 0;
    free(x);
    return code;
}

/* Where the classes are not separated, there may be species all the same and
 * no non-atoms among them: one class fewer, every atom kept. */
static int cut_species(const struct ae_classify *how, const double *x, size_t n,
    struct ae_classified *f, struct ae_error *err)
{
    struct ae_trace_cut cut;
    if (how->classes < 3 || n < (size_t)how->classes) {
        return AE_OK;
    }
    int code = ae_trace_cut(x, n, how->classes - 1, how->norm, how->separation,
        f->label, &cut, err);
    f->no_nonatoms = !code && cut.outcome == AE_TRACE_SPLIT;
    for (size_t i = 0; i < n; i++) {
        f->label[i] = f->no_nonatoms ? f->label[i] + 1 : 1;
    }
    return code;
}

static int cut(const struct ae_classify *how, const struct ae_atoms *atoms,
    const double *x, struct ae_classified *f, struct ae_error *err)
{
    double limit = how->force || how->soft ? 0 : how->separation;
    if (how->weak_first) {
        return cut_weak_first(how, atoms, x, limit, f, err);
    }
    int code = ae_trace_cut(
        x, atoms->n, how->classes, how->norm, limit, f->label, &f->cut[0], err);
    if (!code && f->cut[0].outcome == AE_TRACE_WHOLE) {
        code = cut_species(how, x, atoms->n, f, err);
    }
    f->whole = f->cut[0].outcome != AE_TRACE_SPLIT && !f->no_nonatoms;
    if (!code && how->soft && !f->whole) {
        code = cut_soft(how, atoms, x, f, err);
    }
    if (!code && how->soft && f->whole) {
        keep_whole(atoms->n, how->classes, f);
    }
    return code;
}

/* Everything that looks at whole boxes. */
static int use_boxes(const struct ae_classify *how,
    const struct ae_atoms *atoms, struct ae_classified *f, struct ae_error *err)
{
    struct ae_boxes boxes = {0};
    int local = how->classes > 2 && how->local_radius > 0 && !how->soft;
    if (!how->vol || f->whole || !(how->template || how->iterate || local)) {
        return AE_OK;
    }
    int code = ae_boxclass_read(how->vol, (points)atoms->pos, atoms->n,
        half_of(how, how->box), how->oversample, &boxes, err);
    if (!code && how->template) {
        code = ae_boxclass_template(&boxes, f->label, &f->shape, err);
    }
    if (!code && how->iterate) {
        code = ae_boxclass_iterate(
            &boxes, f->label, how->classes, &f->iterated, err);
    }
    if (!code && local) {
        code = ae_boxclass_local(&boxes, (points)atoms->pos, f->label,
            how->classes, how->local_radius, how->norm, &f->corrected, err);
    }
    ae_boxclass_clear(&boxes);
    return code;
}

int ae_classify(const struct ae_classify *how, const struct ae_atoms *atoms,
    struct ae_classified *result, struct ae_error *err)
{
    struct ae_column *col;
    *result = (struct ae_classified){.iterated = -1, .corrected = -1};
    int code = ae_atoms_need(atoms, "intensity", 'R', 1, &col, err);
    if (code) {
        return code;
    }
    result->label = ae_alloc(atoms->n, sizeof *result->label);
    if (how->soft) {
        result->posterior = ae_alloc(
            atoms->n, (size_t)how->classes * sizeof *result->posterior);
    }
    code = result->label && (result->posterior || !how->soft)
               ? cut(how, atoms, col->real, result, err)
               : no_memory(atoms->n, err);
    if (!code) {
        code = use_boxes(how, atoms, result, err);
    }
    if (code) {
        ae_classified_clear(result);
    }
    return code;
}

void ae_classified_clear(struct ae_classified *result)
{
    free(result->label);
    free(result->posterior);
    *result = (struct ae_classified){0};
}

int ae_classify_columns(const struct ae_classified *f, int classes,
    char *const *name, int names, struct ae_atoms *atoms, struct ae_error *err)
{
    struct ae_column *col = ae_atoms_column(atoms, "label", 'I', 1, err);
    int bad = !col;
    for (size_t i = 0; !bad && i < atoms->n; i++) {
        col->integer[i] = f->label[i];
    }
    col = ae_atoms_find(atoms, "species");
    for (size_t i = 0; !bad && i < atoms->n; i++) {
        int c = f->label[i];
        if (c > 0 && c <= names && !(f->whole && names > 1)) {
            bad = ae_atoms_set_text(col, i, name[c - 1]);
        }
    }
    for (int which = 0; f->posterior && !bad && which < 2; which++) {
        col =
            ae_atoms_column(atoms, which ? "p_species" : "p_atom", 'R', 1, err);
        bad = !col;
        for (size_t i = 0; !bad && i < atoms->n; i++) {
            const double *g = f->posterior + i * (size_t)classes;
            col->real[i] = which ? g[f->label[i]] : 1 - g[0];
        }
    }
    return bad ? ae_fail(err, AE_EMEM,
                     "out of memory for the columns of %zu atoms", atoms->n)
               : AE_OK;
}
