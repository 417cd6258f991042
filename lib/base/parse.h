/* SPDX-License-Identifier: BSD-2-Clause
 * parse - the command line against an option table (private to base and its
 * unit tests; filters use tool.h).
 */
#ifndef AE_BASE_PARSE_H
#define AE_BASE_PARSE_H

#include <stdio.h>
#include "base/error.h"
#include "base/opt.h"

struct ae_given {             /* one option as it was given */
    const struct ae_opt *opt;
    const char *value;        /* NULL for a flag */
};

struct ae_command {
    struct ae_given *given;   /* [ngiven], in order */
    int ngiven;
    const char **operand;     /* [noperand] */
    int noperand;
};

/* Set every variable of the tables to its default, then to what argv says.
 * own and common are two tables searched in this order. Required options and
 * the number of operands are checked by ae_parse_complete. */
int ae_parse(const struct ae_opt *own, const struct ae_opt *common, int argc,
    char **argv, struct ae_command *command, struct ae_error *err);
int ae_parse_complete(const struct ae_about *about,
    const struct ae_command *command, struct ae_error *err);
void ae_command_clear(struct ae_command *command);

/* Set one option's variable from a text; strict: the whole text, finite, in
 * range. */
int ae_opt_set(const struct ae_opt *opt, const char *text,
    struct ae_error *err);

void ae_print_help(FILE *out, const struct ae_about *about,
    const struct ae_opt *common);
/* Tab-separated rows: "tool name summary operands streams", then for each
 * option "own|common type letter name unit default low high choices help". */
void ae_print_opt_table(FILE *out, const struct ae_about *about,
    const struct ae_opt *common);

#endif
