/* SPDX-License-Identifier: BSD-2-Clause
 * tool - what every filter's main does alike: begin, streams, end.
 *
 * Only cmd/ uses this. Common options of every tool: -h --help, --version,
 * -v --verbose, -q --quiet, -j --threads N, -o --output FILE, --no-history.
 */
#ifndef AE_BASE_TOOL_H
#define AE_BASE_TOOL_H

#include <stdio.h>
#include "base/error.h"
#include "base/keys.h"
#include "base/opt.h"

/* Where a stream comes from: an open file and its name for messages. */
struct ae_source {
	FILE *file;
	const char *name;        /* the path, or <stdin> */
};

/* Parse the command line into the table's variables (usage errors end with
 * exit 2), set the number of threads, silence GSL. */
void ae_begin(const struct ae_about *about, int argc, char **argv);

int ae_operands(void);               /* number of operands */
const char *ae_operand(int i);
int ae_given(const char *name);      /* was the option on the command line? */

/* The main input: the operand of a last "[FILE]" (alone or after others, as in
 * "EXPR [FILE]"), or stdin when there is none or it is "-".
 * Ends with exit 1 when it cannot be opened. */
struct ae_source *ae_in(void);
/* A further input by its path ("-" is stdin). Closed at ae_end. */
struct ae_source *ae_open(const char *path);

/* The main output, stdout or the -o file, and further outputs by their path.
 * Files are written beside and renamed by ae_end, all of them or none. */
FILE *ae_out(void);
/* The -o file's path, whose extension may choose a format; NULL for stdout. */
const char *ae_out_name(void);
FILE *ae_create(const char *path);

/* An error struct to pass on, and the end of the run when a call failed:
 * "tool: message", exit 2 for AE_EUSAGE, else 1. AE_OK and AE_END are returned. */
struct ae_error *ae_err(void);
int ae_must(int code);
void ae_die(const char *format, ...)
	__attribute__((format(printf, 1, 2), noreturn));       /* exit 1 */
void ae_usage(const char *format, ...)
	__attribute__((format(printf, 1, 2), noreturn));       /* exit 2 */

/* "tool: warning: ..." unless -q; "tool: ..." only with -v. */
void ae_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void ae_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
int ae_verbose(void);

/* A line "tool: what: done of total" on stderr, when that is a terminal, at
 * most 5 times a second; ae_end and messages erase it. */
void ae_progress(const char *what, double done, double total);

/* Append this run to the history in keys as the next aetools_history_N
 * (unless --no-history). Call once per output stream or frame. */
void ae_history(struct ae_keys *keys);

/* --dry-run: print the two numbers as TSV on stdout (bytes, cpu_seconds) and
 * leave. */
void ae_dry_run(double bytes, double cpu_seconds) __attribute__((noreturn));

/* Flush, check and close every output, rename files into place, with -v the
 * closing line (version, wall and CPU seconds, peak memory); the exit status. */
int ae_end(void);

#endif
