/* SPDX-License-Identifier: BSD-2-Clause */
#include "geom/shape.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int numbers(const char **text, double *v, int want)
{
    for (int i = 0; i < want; i++) {
        char *end;
        if (i && *(*text)++ != ',')
            return 0;
        v[i] = strtod(*text, &end);
        if (end == *text || !isfinite(v[i]))
            return 0;
        *text = end;
    }
    return 1;
}

static int starts(const char **text, const char *word)
{
    size_t n = strlen(word);
    if (strncmp(*text, word, n) != 0)
        return 0;
    *text += n;
    return 1;
}

static int unit(double *v)
{
    double length = sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
    for (int k = 0; k < 3 && length > 0; k++)
        v[k] /= length;
    return length > 0;
}

static int falling(const void *p, const void *q)
{
    double a = *(const double *)p, b = *(const double *)q;
    return a > b ? -1 : a < b;
}

/* The sizes of v by magnitude: the largest product of a family of cubic
 * directions with x is that of their sorted magnitudes. */
static void sort_sizes(const double *v, double out[3])
{
    for (int k = 0; k < 3; k++)
        out[k] = fabs(v[k]);
    qsort(out, 3, sizeof *out, falling);
}

static int wulff(struct ae_shape *s, const char **text)
{
    s->kind = AE_SHAPE_WULFF;
    do {
        double v[4], *f = s->v[s->n];
        if (s->n == AE_SHAPE_FACETS || !numbers(text, v, 4) || !unit(v) ||
            !(v[3] > 0))
            return 0;
        sort_sizes(v, f);
        f[3] = v[3];
        s->n++;
    } while (**text == '/' && (*text)++);
    return 1;
}

int ae_shape_read(struct ae_shape *s, const char *text)
{
    *s = (struct ae_shape){.kind = AE_SHAPE_WHOLE};
    double *v = s->v[0];
    int good = 0;
    if (!*text)
        return 1;
    if (starts(&text, "sphere=")) {
        s->kind = AE_SHAPE_ELLIPSOID;
        good = numbers(&text, v, 1) && v[0] > 0;
        v[1] = v[2] = v[0];
    } else if (starts(&text, "ellipsoid=") || starts(&text, "box=")) {
        s->kind = text[-2] == 'x' ? AE_SHAPE_BOX : AE_SHAPE_ELLIPSOID;
        good = numbers(&text, v, 3) && v[0] > 0 && v[1] > 0 && v[2] > 0;
    } else if (starts(&text, "slab=")) {
        s->kind = AE_SHAPE_SLAB;
        good = numbers(&text, v, 5) && unit(v) && v[3] < v[4];
    } else if (starts(&text, "wulff="))
        good = wulff(s, &text);
    return good && !*text;
}

int ae_shape_inside(const struct ae_shape *s, const double p[3])
{
    const double tol = 1e-9; /* angstrom: an atom on the surface is in */
    const double *v = s->v[0];
    double sum = 0, sorted[3];
    switch (s->kind) {
    case AE_SHAPE_ELLIPSOID:
        for (int k = 0; k < 3; k++)
            sum += p[k] / v[k] * (p[k] / v[k]);
        return sqrt(sum) <= 1 + tol / fmin(fmin(v[0], v[1]), v[2]);
    case AE_SHAPE_BOX:
        for (int k = 0; k < 3; k++)
            if (p[k] < -v[k] / 2 - tol || p[k] >= v[k] / 2 - tol)
                return 0;
        return 1;
    case AE_SHAPE_SLAB:
        sum = v[0] * p[0] + v[1] * p[1] + v[2] * p[2];
        return sum >= v[3] - tol && sum < v[4] - tol;
    case AE_SHAPE_WULFF:
        sort_sizes(p, sorted);
        for (int i = 0; i < s->n; i++, v += 5)
            if (v[0] * sorted[0] + v[1] * sorted[1] + v[2] * sorted[2] >
                v[3] + tol)
                return 0;
        return 1;
    default:
        return 1;
    }
}
