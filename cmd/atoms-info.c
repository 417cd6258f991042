/* SPDX-License-Identifier: BSD-2-Clause
 * atoms-info - what a table of atoms holds: species, box, columns, keys.
 *
 *   nearest distance = min over i < j of |r_i - r_j|
 *   r  positions (angstrom)
 *
 * Source: none.   Cost: O(N) for N atoms, a cell list for the distance.
 * reads: extended XYZ, any number of frames
 * writes: text, or JSON (--json), one block a frame
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "atoms/nearpeaks.h"
#include "base/mem.h"
#include "base/tool.h"
#include "io/summary.h"
#include "io/xyz.h"

enum { WORDS_SHOWN = 20 };

static int json;
static const struct ae_opt opts[] = {
    AE_FLAG(0, "json", &json, "JSON for programs instead of lines"),
    AE_END_OPTS,
};
static const struct ae_about about = {
    "atoms-info", "summary of a table of atoms", "[FILE]", opts, .streams = 0};

static void find_box(
    const struct ae_atoms *atoms, double low[3], double high[3])
{
    for (int k = 0; k < 3; k++) {
        low[k] = high[k] = atoms->pos[0][k];
        for (size_t i = 1; i < atoms->n; i++) {
            low[k] = fmin(low[k], atoms->pos[i][k]);
            high[k] = fmax(high[k], atoms->pos[i][k]);
        }
    }
}

/* Smallest distance of two atoms: the reach, at first a bond's at most, doubles
 * until it finds a pair. */
static double nearest(const struct ae_atoms *atoms, const double size[3])
{
    size_t *start, *near;
    double volume = 1, best = INFINITY;
    for (int k = 0; k < 3; k++)
        volume *= fmax(size[k], 1);
    double reach = fmin(cbrt(volume / (double)atoms->n), 2);
    while (!(best < INFINITY)) {
        ae_must(ae_near_list((const double(*)[3])atoms->pos, atoms->n, reach,
            &start, &near, ae_err()));
        for (size_t i = 0; i < atoms->n; i++)
            for (size_t m = start[i]; m < start[i + 1]; m++) {
                const double *p = atoms->pos[i], *q = atoms->pos[near[m]];
                double dx = p[0] - q[0], dy = p[1] - q[1], dz = p[2] - q[2];
                best = fmin(best, sqrt(dx * dx + dy * dy + dz * dz));
            }
        free(start);
        free(near);
        reach *= 2;
    }
    return best;
}

static void print_words(struct ae_summary *s, const char *name,
    const struct ae_column *col, size_t n)
{
    size_t *count = ae_alloc(col->nword + 1, sizeof *count), shown = 0;
    if (!count)
        ae_die("out of memory for the words of a column");
    for (size_t i = 0; i < n * (size_t)col->width; i++)
        count[col->text[i]]++;
    ae_summary_open(s, name);
    for (uint32_t k = 0; k < col->nword; k++)
        if (count[k] && shown++ < WORDS_SHOWN)
            ae_summary_number(s, col->word[k], (double)count[k], "");
    if (shown > WORDS_SHOWN)
        ae_summary_number(s, "other words", (double)(shown - WORDS_SHOWN), "");
    ae_summary_close(s);
    free(count);
}

/* min, max, mean of component k; n and the number of undefined values. */
static void print_numbers(struct ae_summary *s, const char *name,
    const struct ae_column *col, size_t n, size_t k)
{
    double low = NAN, high = NAN, sum = 0, defined = 0;
    for (size_t i = 0; i < n; i++) {
        size_t at = i * (size_t)col->width + k;
        double x = col->real ? col->real[at] : (double)col->integer[at];
        if (isnan(x))
            continue;
        low = fmin(low, x); /* the number, where the other is NaN */
        high = fmax(high, x);
        sum += x;
        defined++;
    }
    ae_summary_open(s, name);
    ae_summary_number(s, "min", low, "");
    ae_summary_number(s, "max", high, "");
    ae_summary_number(s, "mean", sum / defined, "");
    if (defined < (double)n)
        ae_summary_number(s, "undefined", (double)n - defined, "");
    ae_summary_close(s);
}

static void print_column(
    struct ae_summary *s, const struct ae_column *col, size_t n)
{
    char name[120];
    if (col->type == 'S') {
        print_words(s, col->name, col, n);
        return;
    }
    for (int k = 0; k < col->width; k++) {
        if (col->width > 1)
            snprintf(name, sizeof name, "%.100s[%d]", col->name, k);
        else
            snprintf(name, sizeof name, "%.100s", col->name);
        print_numbers(s, name, col, n, (size_t)k);
    }
}

/* What a paper's table says of the model. */
static void print_geometry(struct ae_summary *s, const struct ae_atoms *atoms)
{
    double low[3], high[3], size[3];
    ae_summary_number(s, "atoms", (double)atoms->n, "");
    print_words(s, "species", ae_atoms_find(atoms, "species"), atoms->n);
    if (atoms->has_lattice)
        ae_summary_numbers(s, "lattice", atoms->lattice, 9, "angstrom");
    if (!atoms->n)
        return;
    find_box(atoms, low, high);
    for (int k = 0; k < 3; k++)
        size[k] = high[k] - low[k];
    ae_summary_numbers(s, "lowest", low, 3, "angstrom");
    ae_summary_numbers(s, "highest", high, 3, "angstrom");
    ae_summary_numbers(s, "extent", size, 3, "angstrom");
    if (atoms->n > 1)
        ae_summary_number(
            s, "nearest distance", nearest(atoms, size), "angstrom");
}

static void print_frame(struct ae_summary *s, const struct ae_atoms *atoms)
{
    if (json)
        ae_summary_open(s, NULL);
    print_geometry(s, atoms);
    ae_summary_open(s, "columns");
    for (int c = 0; c < atoms->ncol; c++)
        if (strcmp(atoms->col[c].name, "species") &&
            strcmp(atoms->col[c].name, "pos"))
            print_column(s, &atoms->col[c], atoms->n);
    ae_summary_close(s);
    if (atoms->keys.n) {
        ae_summary_open(s, "keys");
        for (size_t i = 0; i < atoms->keys.n; i++)
            ae_summary_text(
                s, atoms->keys.key[i].name, atoms->keys.key[i].value);
        ae_summary_close(s);
    }
    if (json)
        ae_summary_close(s);
}

int main(int argc, char **argv)
{
    struct ae_xyz *reader;
    struct ae_atoms atoms = {0};
    struct ae_summary summary;
    ae_begin(&about, argc, argv);
    ae_must(ae_xyz_open(&reader, ae_in(), ae_err()));
    ae_must(ae_xyz_next(reader, &atoms, ae_err()));
    ae_summary_begin(&summary, ae_out(), json);
    if (json)
        ae_summary_open_list(&summary, "frames");
    int code;
    do {
        print_frame(&summary, &atoms);
        code = ae_must(ae_xyz_next(reader, &atoms, ae_err()));
        if (code != AE_END && !json)
            putc('\n', ae_out());
    } while (code != AE_END);
    if (json)
        ae_summary_close_list(&summary);
    ae_summary_end(&summary);
    ae_xyz_free(reader);
    ae_atoms_clear(&atoms);
    return ae_end();
}
