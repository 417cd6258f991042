/* SPDX-License-Identifier: BSD-2-Clause */
#include "atoms/voidmarks.h"

#include <string.h>

int ae_voidmarks_atoms(struct ae_atoms *atoms, const size_t *row,
    const struct ae_voids *voids, const struct ae_void_shape *shape,
    const unsigned char *keep, struct ae_error *err)
{
    struct ae_column *col = ae_atoms_column(atoms, "void", 'I', 1, err);
    if (!col)
        return err->code;
    for (size_t i = 0; i < atoms->n; i++)
        col->integer[i] = -1;
    for (size_t i = voids->n; i-- > 0;)
        for (size_t k = 0; k < shape[i].natom && keep[i]; k++)
            col->integer[row[shape[i].atom[k]]] = (int64_t)i;
    return AE_OK;
}

static int set_text(struct ae_atoms *atoms, const char *column, size_t i,
    const char *text, struct ae_error *err)
{
    if (ae_atoms_set_text(ae_atoms_find(atoms, column), i, text))
        return ae_fail(err, AE_EMEM, "out of memory for the voids");
    return AE_OK;
}

/* The X alone. */
static int make_centres(struct ae_atoms *x, const struct ae_voids *voids,
    const unsigned char *keep, const char *column, const char *const *phase,
    struct ae_error *err)
{
    size_t n = 0;
    int code;
    for (size_t i = 0; i < voids->n; i++)
        n += keep[i] != 0;
    if ((code = ae_atoms_resize(x, n, err)))
        return code;
    if ((column && !ae_atoms_column(x, column, 'S', 1, err)) ||
        !ae_atoms_column(x, "void", 'I', 1, err) ||
        !ae_atoms_column(x, "void_class", 'S', 1, err) ||
        !ae_atoms_column(x, "void_volume", 'R', 1, err))
        return err->code;
    n = 0;
    for (size_t i = 0; i < voids->n && !code; i++) {
        const struct ae_void *v = &voids->item[i];
        if (!keep[i])
            continue;
        memcpy(x->pos[n], v->centroid, sizeof *x->pos);
        ae_atoms_find(x, "void")->integer[n] = (int64_t)i;
        ae_atoms_find(x, "void_volume")->real[n] = v->volume;
        code = set_text(x, "species", n, "X", err);
        if (!code)
            code =
                set_text(x, "void_class", n, ae_void_class_name(v->class), err);
        if (!code && column)
            code = set_text(x, column, n, phase[i], err);
        n++;
    }
    return code;
}

int ae_voidmarks_centres(struct ae_atoms *atoms, const struct ae_voids *voids,
    const unsigned char *keep, const char *column, const char *const *phase,
    struct ae_error *err)
{
    struct ae_atoms x = {0};
    int code = ae_atoms_new(&x, err);
    if (!code)
        code = make_centres(&x, voids, keep, column, phase, err);
    if (!code)
        code = ae_atoms_append(atoms, &x, err);
    ae_atoms_clear(&x);
    return code;
}
