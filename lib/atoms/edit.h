/* SPDX-License-Identifier: BSD-2-Clause
 * edit - corrections of a model by hand, each with its reason.
 *
 * A script has one operation per line, '#' and the reason behind it:
 *
 *   del id N              del near X Y Z R      (exactly one atom within R)
 *   add X Y Z SPECIES     move id N X Y Z
 *   species id N S        label id N L
 *
 * N is the value of the column id where there is one, else the row of the
 * input from 0; added atoms get the numbers after the last. A log that an
 * earlier run wrote (columns op, id, before, after, reason, tab-separated) is
 * a script as well; it names the input that it belongs to by a checksum.
 */
#ifndef AE_ATOMS_EDIT_H
#define AE_ATOMS_EDIT_H

#include <stddef.h>
#include <stdint.h>
#include "base/atoms.h"
#include "base/error.h"
#include "base/table.h"

enum ae_edit_op {
    AE_EDIT_DEL,
    AE_EDIT_DEL_NEAR,
    AE_EDIT_ADD,
    AE_EDIT_MOVE,
    AE_EDIT_SPECIES,
    AE_EDIT_LABEL
};

struct ae_edit {
    enum ae_edit_op op;
    long line; /* of the script, from 1 */
    int64_t id;
    double pos[3]; /* angstrom */
    double radius; /* angstrom, of del near */
    int64_t label;
    char *species; /* NULL where the operation has none */
    char *reason;  /* "" without one */
};

struct ae_edit_script {
    size_t n;
    struct ae_edit *edit;
    char checksum[17]; /* that a log names, "" for a script */
};

/* Everything is parsed before anything is done. need_reason: an operation
 * without reason is refused. semicolons: ';' ends an operation as well. */
int ae_edit_parse(const char *text, size_t length, int need_reason,
    int semicolons, struct ae_edit_script *script, struct ae_error *err);
void ae_edit_script_clear(struct ae_edit_script *script);

/* A model under edition. */
struct ae_edit_state {
    struct ae_atoms *atoms; /* not owned; deleted rows leave it at the end */
    size_t input;           /* atoms at the beginning */
    size_t room;
    int64_t *id;         /* [atoms->n] */
    unsigned char *gone; /* [atoms->n] */
    int64_t next;        /* number of the next atom added */
    struct ae_table log; /* op, id, before, after, reason */
};

int ae_edit_begin(
    struct ae_edit_state *state, struct ae_atoms *atoms, struct ae_error *err);
int ae_edit_apply(struct ae_edit_state *state, const struct ae_edit *edit,
    struct ae_error *err);

/* Pairs of atoms nearer than the distance (angstrom) now: their number, and the
 * ids and distance of the nearest pair. remove: the one with the smaller
 * intensity of each pair, nearest pairs first, is deleted and logged (no number
 * counts as the largest; equal ones: the later row goes). */
int ae_edit_close(struct ae_edit_state *state, double distance, int remove,
    size_t *pairs, int64_t nearest[2], double *least, struct ae_error *err);

/* Deleted rows leave the atoms. */
int ae_edit_finish(struct ae_edit_state *state, struct ae_error *err);
void ae_edit_clear(struct ae_edit_state *state);

/* The operations of the log as one text, "op # reason; op # reason"; the
 * caller's to free, NULL when memory is short. */
char *ae_edit_text(const struct ae_table *log);

/* 64-bit FNV-1a hash of all columns (not of the keys) as 16 hex digits. */
void ae_edit_checksum(const struct ae_atoms *atoms, char out[17]);

#endif
