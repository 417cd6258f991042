/* SPDX-License-Identifier: BSD-2-Clause
 * atom-edit - corrections of a model by hand, each with its reason.
 *
 * A script of operations (del, add, move, species, label) is read, checked and
 * applied as a whole; then pairs of atoms nearer than the minimum distance are
 * reported or, with --auto-close, resolved. The log says for each operation
 * what was there before and after, and why, and names the input by a checksum;
 * the history keeps operations and reasons, so that log and history repeat the
 * edition on the same input, byte for byte, and on no other.
 *
 * --suggest ranks the atoms by doubt instead: the mean over the columns at
 * hand (p_atom, p_exist, distance, else intensity, and always the shortest
 * distance to another atom) of the share of atoms that are less doubtful.
 *
 * Source: ours; published models are edited by hand without a record.
 * Cost: O(operations) for numbered atoms.
 * reads: extended XYZ, a script      writes: extended XYZ (--suggest: a script)
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "atoms/edit.h"
#include "atoms/match.h"
#include "base/history.h"
#include "base/mem.h"
#include "base/tool.h"
#include "io/tsv.h"
#include "io/xyz.h"

static const char *script_file, *edits, *checksum, *log_file;
static int no_reason, auto_close, suggest;
static double min_distance;
static long count;
static const struct ae_opt opts[] = {
    AE_STR('s', "script", &script_file, "FILE", "",
        "operations to apply, or the log of an earlier run"),
    AE_STR(0, "edits", &edits, "TEXT", "",
        "operations separated by ';', as the history has them"),
    AE_STR('l', "log", &log_file, "FILE", "",
        "write what was done: op, id, before, after, reason"),
    AE_STR(0, "checksum", &checksum, "HEX", "",
        "refuse an input with another checksum"),
    AE_FLAG(0, "no-reason", &no_reason, "accept operations without a reason"),
    AE_REAL('d', "min-distance", &min_distance, "angstrom", "2.0", 0, 100,
        "report pairs of atoms nearer than this"),
    AE_FLAG(0, "auto-close", &auto_close,
        "delete the weaker atom (by intensity) of each such pair"),
    AE_FLAG(0, "suggest", &suggest,
        "write a script of doubtful atoms, all commented out, and no atoms"),
    AE_INT(
        'n', "count", &count, "N", "50", 1, 1e9, "atoms that --suggest names"),
    AE_END_OPTS,
};
static const struct ae_about about = {"atom-edit",
    "corrections of a model by hand, with a record", "[FILE]", opts,
    .streams = 0};

/* Longest history entry: a shell takes arguments below 128 kB. */
enum { MAX_ENTRY = 100000 };
static const double shell_radius = 4.5; /* angstrom, first valley of g(r) */

static char *read_all(struct ae_source *in, size_t *length)
{
    size_t room = 0, n = 0, got;
    char *text = NULL;

    do {
        if (n == room) {
            char *more = ae_resize(text, room, 2 * room + 65536, 1);

            if (!more) {
                ae_die("%s: out of memory", in->name);
            }
            text = more;
            room = 2 * room + 65536;
        }
        got = fread(text + n, 1, room - n, in->file);
        n += got;
    } while (got);
    if (ferror(in->file)) {
        ae_die("%s: cannot be read", in->name);
    }
    *length = n;
    return text;
}

struct item {
    double value;
    size_t row;
};

static int by_value(const void *a, const void *b)
{
    const struct item *p = a, *q = b;

    return (p->value > q->value) - (p->value < q->value);
}

static int by_doubt(const void *a, const void *b)
{
    const struct item *p = a, *q = b;

    if (p->value != q->value) {
        return p->value > q->value ? -1 : 1;
    }
    return p->row < q->row ? -1 : 1;
}

/* Add to each doubt the share of atoms with a larger value (half of those
 * with the same one); 1/2 where the value is undefined. */
static void add_doubt(const double *value, size_t n, struct item *doubt)
{
    struct item *item = ae_alloc(n, sizeof *item);
    size_t m = 0;

    if (!item) {
        ae_die("out of memory for %zu atoms", n);
    }
    for (size_t i = 0; i < n; i++) {
        if (isnan(value[i])) {
            doubt[i].value += 0.5;
        } else {
            item[m++] = (struct item){value[i], i};
        }
    }
    qsort(item, m, sizeof *item, by_value);
    for (size_t first = 0, last; first < m; first = last) {
        for (last = first; last < m && item[last].value == item[first].value;) {
            last++;
        }
        for (size_t k = first; k < last; k++) {
            doubt[item[k].row].value +=
                1 - (double)(first + last) / (2.0 * (double)m);
        }
    }
    free(item);
}

/* Distance to the nearest other atom, at most the radius of the first shell. */
static double *shortest(const struct ae_atoms *atoms)
{
    const double(*pos)[3] = (const double(*)[3])atoms->pos;
    double *least = ae_alloc(atoms->n, sizeof *least);
    struct ae_match_pair *pair;
    size_t n;

    if (!least) {
        ae_die("out of memory for %zu atoms", atoms->n);
    }
    ae_must(ae_match_pairs(
        pos, atoms->n, pos, atoms->n, shell_radius, &pair, &n, ae_err()));
    for (size_t i = 0; i < atoms->n; i++) {
        least[i] = shell_radius;
    }
    for (size_t k = 0; k < n; k++) {
        if (pair[k].a != pair[k].b) {
            least[pair[k].a] = fmin(least[pair[k].a], pair[k].distance);
        }
    }
    free(pair);
    return least;
}

static const struct ae_column *real_column(
    const struct ae_atoms *atoms, const char *name)
{
    const struct ae_column *col = ae_atoms_find(atoms, name);

    return col && col->type == 'R' && col->width == 1 ? col : NULL;
}

/* The columns that speak for or against an atom: small values are doubtful. */
static int evidence(const struct ae_atoms *atoms, const struct ae_column **col)
{
    static const char *const names[] = {"p_atom", "p_exist", "distance"};
    int n = 0;

    for (int k = 0; k < 3; k++) {
        if ((col[n] = real_column(atoms, names[k]))) {
            n++;
        }
    }
    if (!real_column(atoms, "p_atom") && !real_column(atoms, "p_exist") &&
        (col[n] = real_column(atoms, "intensity"))) {
        n++;
    }
    return n;
}

static void write_suggestions(const struct ae_atoms *atoms)
{
    const struct ae_column *col[4], *id = ae_atoms_find(atoms, "id");
    int ncol = evidence(atoms, col);
    struct item *doubt = ae_alloc(atoms->n, sizeof *doubt);
    double *least = shortest(atoms);

    if (!doubt) {
        ae_die("out of memory for %zu atoms", atoms->n);
    }
    for (size_t i = 0; i < atoms->n; i++) {
        doubt[i] = (struct item){0, i};
    }
    for (int c = 0; c < ncol; c++) {
        add_doubt(col[c]->real, atoms->n, doubt);
    }
    add_doubt(least, atoms->n, doubt);
    qsort(doubt, atoms->n, sizeof *doubt, by_doubt);
    fprintf(ae_out(),
        "# The most doubtful of %zu atoms first; take away the '# ' before "
        "'del' of those to delete.\n",
        atoms->n);
    for (size_t k = 0; k < atoms->n && k < (size_t)count; k++) {
        size_t i = doubt[k].row;

        fprintf(ae_out(), "# del id %lld # doubt %.3f: ",
            id ? (long long)id->integer[i] : (long long)i,
            doubt[k].value / (ncol + 1));
        for (int c = 0; c < ncol; c++) {
            fprintf(ae_out(), "%s %.4g, ", col[c]->name, col[c]->real[i]);
        }
        fprintf(ae_out(), "nearest atom at %.2f A, at %.3f %.3f %.3f\n",
            least[i], atoms->pos[i][0], atoms->pos[i][1], atoms->pos[i][2]);
    }
    free(doubt);
    free(least);
}

/* Apply all operations of a text; name: where it comes from. */
static void apply(struct ae_edit_state *state, const char *text, size_t length,
    int semicolons, const char *name, const char *sum)
{
    struct ae_edit_script script;
    struct ae_error err = {0};
    int code =
        ae_edit_parse(text, length, !no_reason, semicolons, &script, &err);

    if (!code && *script.checksum && strcmp(script.checksum, sum)) {
        ae_die("%s: the log belongs to an input with checksum %s, this one has "
               "%s; give the input it was made for",
            name, script.checksum, sum);
    }
    for (size_t k = 0; !code && k < script.n; k++) {
        code = ae_edit_apply(state, &script.edit[k], &err);
    }
    if (code) {
        ae_die("%s: %s", name, err.msg);
    }
    ae_edit_script_clear(&script);
}

static void close_pairs(struct ae_edit_state *state)
{
    int64_t nearest[2];
    double least;
    size_t pairs;

    ae_must(ae_edit_close(
        state, min_distance, auto_close, &pairs, nearest, &least, ae_err()));
    if (pairs && !auto_close) {
        ae_warn("%zu pair%s nearer than %g angstrom, the nearest %lld and %lld "
                "(%.3f); --auto-close deletes the weaker atoms",
            pairs, pairs == 1 ? "" : "s", min_distance, (long long)nearest[0],
            (long long)nearest[1], least);
    }
}

static void write_log(const struct ae_edit_state *state, const char *sum)
{
    FILE *out = *log_file ? ae_create(log_file) : NULL;
    static const char *const ops[] = {"del", "add", "move", "species", "label"};
    size_t n[5] = {0}, total = state->log.nrow;
    double percent = state->input ? 100 / (double)state->input : NAN;

    for (size_t r = 0; r < total; r++) {
        for (int k = 0; k < 5; k++) {
            n[k] += !strcmp(ae_table_text(&state->log, r, 0), ops[k]);
        }
    }
    ae_say("%zu atoms: %zu deleted (%.2f %%), %zu added (%.2f %%), %zu moved, "
           "%zu species and %zu labels set",
        state->input, n[0], percent * (double)n[0], n[1],
        percent * (double)n[1], n[2], n[3], n[4]);
    if (!out) {
        return;
    }
    fprintf(out, "# atom-edit log of an input of %zu atoms, checksum %s\n",
        state->input, sum);
    fprintf(out,
        "# %zu deleted (%.2f %%), %zu added (%.2f %%), %zu moved, %zu species "
        "and %zu labels set\n",
        n[0], percent * (double)n[0], n[1], percent * (double)n[1], n[2], n[3],
        n[4]);
    ae_must(ae_tsv_write(out, &state->log, ae_err()));
}

/* The history holds the operations themselves, whatever file or option they
 * came from; an edition too long for a command line is named by its file. */
static void add_history(
    struct ae_keys *keys, const struct ae_table *log, const char *sum)
{
    static char entry[MAX_ENTRY];
    char *text = ae_edit_text(log);
    int bad;

    if (!text) {
        ae_die("out of memory for the history");
    }
    bad = ae_shell_quote(entry, sizeof entry, "atom-edit") ||
          ae_shell_quote(entry, sizeof entry, AE_VERSION) ||
          ae_shell_quote(entry, sizeof entry, "--checksum") ||
          ae_shell_quote(entry, sizeof entry, sum) ||
          (no_reason && ae_shell_quote(entry, sizeof entry, "--no-reason")) ||
          ae_shell_quote(entry, sizeof entry, "--edits") ||
          ae_shell_quote(entry, sizeof entry, text);
    if (!bad && ae_operands() == 1 && !ae_history_count(keys)) {
        bad = ae_shell_quote(entry, sizeof entry, ae_operand(0));
    }
    free(text);
    if (bad) {
        ae_history(keys);
    } else if (!ae_given("no-history") && ae_history_append(keys, entry)) {
        ae_die("out of memory for the history");
    }
}

int main(int argc, char **argv)
{
    struct ae_atoms atoms = {0};
    struct ae_edit_state state = {0};
    char sum[17];

    ae_begin(&about, argc, argv);
    ae_must(ae_xyz_read(ae_in(), &atoms, ae_err()));
    ae_edit_checksum(&atoms, sum);
    if (*checksum && strcmp(checksum, sum)) {
        ae_die("the input has checksum %s, not %s; give the input that the "
               "edition was made for",
            sum, checksum);
    }
    ae_must(ae_edit_begin(&state, &atoms, ae_err()));
    if (suggest) {
        write_suggestions(&atoms);
    } else {
        if (*script_file) {
            size_t length;
            char *text = read_all(ae_open(script_file), &length);

            apply(&state, text, length, 0, script_file, sum);
            free(text);
        }
        apply(&state, edits, strlen(edits), 1, "--edits", sum);
        close_pairs(&state);
        ae_must(ae_edit_finish(&state, ae_err()));
        write_log(&state, sum);
        add_history(&atoms.keys, &state.log, sum);
        ae_must(ae_xyz_write(ae_out(), &atoms, ae_err()));
    }
    ae_edit_clear(&state);
    ae_atoms_clear(&atoms);
    return ae_end();
}
