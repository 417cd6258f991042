/* SPDX-License-Identifier: BSD-2-Clause
 * aet-history - print the chain of commands that made a stream
 *
 * Every filter appends one numbered key aetools_history_N to its output: name,
 * version, arguments. The keys travel from the raw frames through the volume
 * to the atoms; in order they are the pipeline. --script prints them as one
 * that a shell can run: the files of the first step stay operands, side inputs
 * stay with their options, everything else flows through the pipe, which is cut
 * before a command that names a file of an earlier one. A chain
 * whose first step read a stream is to be fed that stream on stdin.
 *
 * reads: NRRD or extended XYZ (the first frame)   writes: text
 */
#include <stdlib.h>
#include <string.h>
#include "base/history.h"
#include "base/mem.h"
#include "base/tool.h"
#include "io/nrrd.h"
#include "io/xyz.h"

static int script;
static const struct ae_opt opts[] = {
    AE_FLAG('s', "script", &script, "print a shell pipeline that runs"),
    AE_END_OPTS,
};
static const struct ae_about about = {"aet-history",
    "the chain of commands that made a stream", "[FILE]", opts, 0};

/* The keys of a volume stream; its images are read to the end, so that a file
 * that is cut or bad is not told as made by these commands. */
static int volume_keys(
    struct ae_source *in, struct ae_keys *keys, struct ae_error *err)
{
    struct ae_vol vol;
    struct ae_nrrd *reader;
    int code = ae_nrrd_open(&reader, in, 0, &vol, err);
    if (code)
        return code;
    float *image = ae_alloc(ae_vol_image(&vol), sizeof *image);
    if (!image)
        code = ae_fail(err, AE_EMEM, "%s: out of memory", in->name);
    ae_nrrd_allow_nan(reader);
    while (!code)
        code = ae_nrrd_next(reader, image, err);
    *keys = vol.keys;
    vol.keys = (struct ae_keys){0};
    free(image);
    ae_nrrd_free(reader);
    ae_vol_clear(&vol);
    return code == AE_END ? AE_OK : code;
}

/* The keys of the first frame of an atom stream, read whole. */
static int atom_keys(
    struct ae_source *in, struct ae_keys *keys, struct ae_error *err)
{
    struct ae_atoms atoms = {0};
    struct ae_xyz *reader;
    int code = ae_xyz_open(&reader, in, err);
    if (!code)
        code = ae_xyz_next(reader, &atoms, err);
    *keys = atoms.keys;
    atoms.keys = (struct ae_keys){0};
    ae_xyz_free(reader);
    ae_atoms_clear(&atoms);
    return code;
}

/* NRRD begins with its magic word. */
static int read_keys(
    struct ae_source *in, struct ae_keys *keys, struct ae_error *err)
{
    int first = getc(in->file);
    if (first != EOF)
        ungetc(first, in->file);
    return first == 'N' ? volume_keys(in, keys, err) : atom_keys(in, keys, err);
}

/* "tool version arguments" without the version. */
static void print_command(FILE *out, const char *entry)
{
    size_t tool = strcspn(entry, " ");
    const char *rest = entry + tool;
    if (*rest)
        rest += 1 + strcspn(rest + 1, " ");
    fprintf(out, "%.*s%s", (int)tool, entry, rest);
}

static int other_version(const char *entry)
{
    const char *version = entry + strcspn(entry, " ");
    version += *version == ' ';
    size_t n = strcspn(version, " ");
    return n != strlen(AE_VERSION) || strncmp(version, AE_VERSION, n);
}

/* The next word of a shell command, quotes kept: its length, *text moved to
 * its first character. */
static size_t next_word(const char **text)
{
    *text += strspn(*text, " ");
    size_t n = 0;
    for (int quoted = 0; (*text)[n] && ((*text)[n] != ' ' || quoted); n++)
        if ((*text)[n] == '\\' && !quoted && (*text)[n + 1])
            n++;
        else if ((*text)[n] == '\'')
            quoted = !quoted;
    return n;
}

/* Does the command have this word, which may be the name of a file? */
static int has_file(const char *command, const char *word, size_t length)
{
    char *end;
    strtod(word, &end);
    if (word[0] == '-' || end >= word + length)
        return 0;
    for (size_t n; (n = next_word(&command)) > 0; command += n)
        if (n == length && !strncmp(command, word, n))
            return 1;
    return 0;
}

/* Do two commands name one file? Then the first may write what the second
 * reads, and they cannot run at the same time. */
static int share_file(const char *first, const char *second)
{
    for (int i = 0; i < 2; i++) { /* tool and version */
        first += next_word(&first);
        second += next_word(&second);
    }
    for (size_t n; (n = next_word(&first)) > 0; first += n)
        if (has_file(second, first, n))
            return 1;
    return 0;
}

/* Must the pipe from command begin on be cut before command i? */
static int is_cut(const struct ae_keys *keys, int begin, int i)
{
    for (int k = begin; k < i; k++)
        if (share_file(ae_history_entry(keys, k), ae_history_entry(keys, i)))
            return 1;
    return 0;
}

static void print_script(FILE *out, const struct ae_keys *keys, int n)
{
    int begin = 1, cuts = 0;
    fputs("#!/bin/sh\n", out);
    for (int i = 1; i <= n; i++)
        if (other_version(ae_history_entry(keys, i)))
            fprintf(out, "# made by: %s\n", ae_history_entry(keys, i));
    for (int i = 1; i <= n; i++)
        if (is_cut(keys, begin, i)) {
            begin = i;
            cuts++;
        }
    if (cuts)
        fputs("set -e\nstep=$(mktemp -d)\ntrap 'rm -r \"$step\"' EXIT\n", out);
    begin = 1;
    cuts = 0;
    for (int i = 1; i <= n; i++) {
        const int cut = is_cut(keys, begin, i);
        if (cut) {
            fprintf(out, " >\"$step/%d\"\n", ++cuts);
            begin = i;
        } else if (i > 1)
            fputs(" \\\n  | ", out);
        print_command(out, ae_history_entry(keys, i));
        if (cut)
            fprintf(out, " <\"$step/%d\"", cuts);
    }
    fputc('\n', out);
}

int main(int argc, char **argv)
{
    struct ae_keys keys = {0};
    ae_begin(&about, argc, argv);
    struct ae_source *in = ae_in();
    ae_must(read_keys(in, &keys, ae_err()));
    int n = ae_history_count(&keys);
    if (script && !n)
        ae_die("%s: no history in it", in->name);
    if (script)
        print_script(ae_out(), &keys, n);
    for (int i = 1; i <= n && !script; i++)
        fprintf(ae_out(), "%s\n", ae_history_entry(&keys, i));
    ae_keys_clear(&keys);
    return ae_end();
}
