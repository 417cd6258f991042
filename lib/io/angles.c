/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/angles.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/mem.h"
#include "base/number.h"
#include "io/format.h"

enum { MAX_ANGLES = 1000000, MAX_LINE = 4096 };

struct list {
    double (*euler)[3];
    size_t n, room;
};

static int append(struct list *list, const double e[3], struct ae_error *err)
{
    if (list->n == MAX_ANGLES)
        return ae_fail(err, AE_EDATA, "angles: more than %d", MAX_ANGLES);
    if (list->n == list->room) {
        size_t room = list->room ? 2 * list->room : 64;
        void *more =
            ae_resize(list->euler, list->room, room, sizeof *list->euler);
        if (!more)
            return ae_fail(err, AE_EMEM, "angles: out of memory");
        list->euler = more;
        list->room = room;
    }
    memcpy(list->euler[list->n++], e, 3 * sizeof *e);
    return AE_OK;
}

/* A number, and what comes after it; NULL when there is none. */
static const char *number(const char *at, double *x)
{
    const char *end = ae_parse_real(at, at + strlen(at), x);
    return end && isfinite(*x) ? end : NULL;
}

/* Does the text hold nothing but numbers joined by ',' and ':'? */
static int is_list(const char *text)
{
    for (double x;; text++) {
        if (!(text = number(text, &x)))
            return 0;
        if (!*text)
            return 1;
        if (*text != ',' && *text != ':')
            return 0;
    }
}

/* One item of a list: a number, or first:step:last. */
static int read_item(
    struct list *list, const char *spec, const char **at, struct ae_error *err)
{
    double v[3];
    int k = 0;
    for (;; (*at)++) {
        *at = number(*at, &v[k++]);
        if (**at != ':' || k == 3)
            break;
    }
    char quoted[340];
    if (k == 2 || **at == ':')
        return ae_fail(err, AE_EUSAGE,
            "angles '%s': want a range as first:step:last",
            ae_quote(quoted, spec));
    double steps = k == 1 ? 0 : floor((v[2] - v[0]) / v[1] + 1e-6);
    if (k == 3 && (v[1] == 0 || !(steps >= 0)))
        return ae_fail(err, AE_EUSAGE,
            "angles '%s': the step %g does not lead from %g to %g",
            ae_quote(quoted, spec), v[1], v[0], v[2]);
    if (steps >= MAX_ANGLES)
        return ae_fail(err, AE_EUSAGE, "angles '%s': more than %d angles",
            ae_quote(quoted, spec), MAX_ANGLES);
    for (size_t i = 0; i <= (size_t)steps; i++) {
        const double e[3] = {0, k == 1 ? v[0] : v[0] + (double)i * v[1], 0};
        if (fabs(e[1]) > 360)
            return ae_fail(err, AE_EUSAGE,
                "angles '%s': %g lies outside -360 ... 360 degrees",
                ae_quote(quoted, spec), e[1]);
        int code = append(list, e, err);
        if (code)
            return code;
    }
    return AE_OK;
}

static int read_list(struct list *list, const char *spec, struct ae_error *err)
{
    for (const char *at = spec;; at++) {
        int code = read_item(list, spec, &at, err);
        if (code || !*at)
            return code;
    }
}

/* Numbers of a line up to its comment; their count, 4 when there are more
 * than three, -1 when something else stands there. */
static int read_row(const char *at, double v[3])
{
    int k = 0;
    for (;;) {
        at += strspn(at, " \t\r\n,");
        if (!*at || *at == '#')
            return k;
        double x;
        if (!(at = number(at, &x)) || (*at && !strchr(" \t\r\n,#", *at)))
            return -1;
        if (k == 3)
            return 4;
        v[k++] = x;
    }
}

static int read_rows(
    struct list *list, FILE *file, const char *path, struct ae_error *err)
{
    char line[MAX_LINE];
    int columns = 0;
    for (size_t row = 1; fgets(line, sizeof line, file); row++) {
        double v[3];
        int k = strlen(line) == sizeof line - 1 ? -1 : read_row(line, v);
        if (k == 0)
            continue;
        if ((k != 1 && k != 3) || (columns && k != columns))
            return ae_fail(err, AE_EDATA, "%s: line %zu: want %s", path, row,
                columns == 1   ? "one angle, as in the lines before"
                : columns == 3 ? "three angles, as in the lines before"
                               : "one angle or three (phi theta psi)");
        columns = k;
        const double e[3] = {
            k == 3 ? v[0] : 0, k == 3 ? v[1] : v[0], k == 3 ? v[2] : 0};
        for (int i = 0; i < 3; i++)
            if (fabs(e[i]) > 360)
                return ae_fail(err, AE_EDATA,
                    "%s: line %zu: %g lies outside -360 ... 360 degrees", path,
                    row, e[i]);
        int code = append(list, e, err);
        if (code)
            return code;
    }
    if (ferror(file))
        return ae_fail(err, AE_ESYS, "%s: %s", path, strerror(errno));
    if (!list->n)
        return ae_fail(err, AE_EDATA, "%s: no angles in this file", path);
    return AE_OK;
}

/* A table of one or three columns in a MATLAB, HDF5 or NumPy file. */
static int read_array(struct list *list, struct ae_array *a,
    struct ae_source *source, const char *var, struct ae_error *err)
{
    struct ae_format_choice choice = {
        .var = var, .raw = "", .rank = 2, .wide = 1};
    int code = ae_format_open(a, source, &choice, err);
    if (!code)
        code = ae_array_next(a, err);
    if (code)
        return code;
    /* MATLAB stores columns, NumPy rows */
    int by_rows = !strcmp(a->format, "NPY") && !a->reversed;
    size_t rows = a->n[by_rows], columns = a->n[!by_rows];
    if (rows == 1 && columns != 3) {
        rows = columns;
        columns = 1;
        by_rows = 1;
    }
    if (columns != 1 && columns != 3)
        return ae_fail(err, AE_EDATA,
            "%s%s: %zu columns; want 1 (theta) or 3 (phi theta psi)", a->name,
            a->part, columns);
    for (size_t i = 0; !code && i < rows; i++) {
        double e[3] = {0};
        for (size_t c = 0; c < columns; c++) {
            double angle = a->real[by_rows ? i * columns + c : c * rows + i];
            if (fabs(angle) > 360)
                return ae_fail(err, AE_EDATA,
                    "%s%s: angle %g of image %zu; want -360 to 360 degrees",
                    a->name, a->part, angle, i);
            e[columns == 1 ? 1 : c] = angle;
        }
        code = append(list, e, err);
    }
    return code;
}

static int read_opened(struct list *list, FILE *opened, const char *path,
    const char *var, struct ae_error *err)
{
    struct ae_source source = {opened, path};
    struct ae_input in;
    int fd = -1, code = ae_input_open(&in, &source, err);
    int is_table = !code && ae_format_is_table(&in);
    if (!code) /* also a pipe is read from its first byte */
        code = ae_input_seekable(&in, &fd, err);
    ae_input_close(&in);
    if (code)
        return code;
    source.file = fdopen(fd, "rb");
    if (!source.file) {
        close(fd);
        return ae_fail(
            err, AE_ESYS, "%s: cannot open: %s", path, strerror(errno));
    }
    if (is_table) {
        struct ae_array a = {0};
        code = read_array(list, &a, &source, var, err);
        ae_array_close(&a);
    } else if (*var)
        code = ae_fail(err, AE_EUSAGE,
            "%s: a text file has no variable '%.40s'; it is for MATLAB, HDF5 "
            "and NumPy files",
            path, var);
    else
        code = read_rows(list, source.file, path, err);
    fclose(source.file);
    return code;
}

static int read_file(
    struct list *list, const char *path, const char *var, struct ae_error *err)
{
    char quoted[340];
    FILE *file = *path ? fopen(path, "rb") : NULL;
    if (!file)
        return ae_fail(err, *path ? AE_ESYS : AE_EUSAGE,
            "angles '%s': no such file, list or range; "
            "want FILE, -30,0,30 or -70:3.5:70",
            ae_quote(quoted, path));
    int code = read_opened(list, file, ae_quote(quoted, path), var, err);
    fclose(file);
    return code;
}

int ae_angles_read(
    const char *spec, double (**euler)[3], size_t *n, struct ae_error *err)
{
    return ae_angles_read_var(spec, "", euler, n, err);
}

int ae_angles_read_var(const char *spec, const char *var, double (**euler)[3],
    size_t *n, struct ae_error *err)
{
    struct list list = {0};
    int code = is_list(spec) && !*var ? read_list(&list, spec, err)
                                      : read_file(&list, spec, var, err);
    if (code) {
        free(list.euler);
        list = (struct list){0};
    }
    *euler = list.euler;
    *n = list.n;
    return code;
}
