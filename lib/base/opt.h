/* SPDX-License-Identifier: BSD-2-Clause
 * opt - the option table: one row describes an option once, for parsing,
 * --help, --opt-table (completions, man-page test, README) and the history.
 *
 * Defaults are text and go through the same parser as the user's value, so
 * help cannot lie; a NULL default means that the option is required, "" that
 * nothing is set (STR: "", REALS: n = 0; not for REAL, INT and CHOICE).
 * What follows an option is its value, even -30; -x V, -xV, --xyz V, --xyz=V;
 * "--" ends the options, which may stand before or after operands.
 */
#ifndef AE_BASE_OPT_H
#define AE_BASE_OPT_H

#include <stddef.h>
#include <stdint.h>

enum ae_opt_type { AE_OPT_END, AE_OPT_FLAG, AE_OPT_INT, AE_OPT_REAL, AE_OPT_STR,
	AE_OPT_CHOICE, AE_OPT_REALS };

#define AE_REALS_MAX 64
struct ae_reals {            /* a short list of numbers, "1,2.5,3" */
	int n;
	double v[AE_REALS_MAX];
};

struct ae_opt {
	enum ae_opt_type type;
	int letter;              /* 'r' for -r, 0 for none */
	const char *name;        /* long name, always */
	void *value;             /* int*, long*, double*, const char**, int*, struct ae_reals* */
	const char *unit;        /* metavariable: angstrom, degrees, FILE, EXPR, ... */
	const char *preset;      /* default, as text */
	double low, high;        /* range of the number(s), ends included */
	const char *choices;     /* CHOICE: "linear|spline"; value = 0, 1, ... */
	const char *help;        /* lower case, no final stop */
};

/* FLAG: int, 0 or 1.  INT: long.  REAL: double.  STR: const char *.
 * CHOICE: int, index into choices.  REALS: struct ae_reals, low and high hold
 * for each number; how many are wanted is the tool's to check. */
#define AE_FLAG(letter, name, value, help) \
	{ AE_OPT_FLAG, letter, name, value, "", "", 0, 0, NULL, help }
#define AE_INT(letter, name, value, unit, preset, low, high, help) \
	{ AE_OPT_INT, letter, name, value, unit, preset, low, high, NULL, help }
#define AE_REAL(letter, name, value, unit, preset, low, high, help) \
	{ AE_OPT_REAL, letter, name, value, unit, preset, low, high, NULL, help }
#define AE_STR(letter, name, value, unit, preset, help) \
	{ AE_OPT_STR, letter, name, value, unit, preset, 0, 0, NULL, help }
#define AE_CHOICE(letter, name, value, choices, preset, help) \
	{ AE_OPT_CHOICE, letter, name, value, choices, preset, 0, 0, choices, help }
#define AE_REALS(letter, name, value, unit, preset, low, high, help) \
	{ AE_OPT_REALS, letter, name, value, unit, preset, low, high, NULL, help }
#define AE_END_OPTS { AE_OPT_END, 0, NULL, NULL, NULL, NULL, 0, 0, NULL, NULL }

struct ae_about {
	const char *name;        /* pdf */
	const char *summary;     /* pair distribution function */
	const char *operands;    /* "" none (a source), "[FILE]" the main stream,
	                            "FILE...", "A B" two equal inputs */
	const struct ae_opt *opts;
	int streams;             /* 1: works image by image (or atom by atom), its
	                            memory does not grow with their number */
};

#endif
