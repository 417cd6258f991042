/* SPDX-License-Identifier: BSD-2-Clause
 * summary - a nested list of named values for people, or as JSON for
 * programs.
 */
#ifndef AE_IO_SUMMARY_H
#define AE_IO_SUMMARY_H

#include <stddef.h>
#include <stdio.h>

struct ae_summary {
    FILE *out;
    int json, depth, filled; /* filled: the level has an entry already */
};

void ae_summary_begin(struct ae_summary *s, FILE *out, int json);
void ae_summary_end(struct ae_summary *s);

/* A named group; within a list the name is NULL. */
void ae_summary_open(struct ae_summary *s, const char *name);
void ae_summary_close(struct ae_summary *s);
void ae_summary_open_list(struct ae_summary *s, const char *name);
void ae_summary_close_list(struct ae_summary *s);

/* Blanks in a name become _ in JSON; unit may be "" and is not in the JSON.
 * NaN and inf are null there. */
void ae_summary_number(
    struct ae_summary *s, const char *name, double x, const char *unit);
void ae_summary_numbers(struct ae_summary *s, const char *name, const double *x,
    size_t n, const char *unit);
void ae_summary_text(struct ae_summary *s, const char *name, const char *text);

#endif
