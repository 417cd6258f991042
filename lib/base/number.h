/* SPDX-License-Identifier: BSD-2-Clause
 * number - doubles as text, both ways, exact and fast.
 */
#ifndef AE_BASE_NUMBER_H
#define AE_BASE_NUMBER_H

/* Shortest decimal text of x that reads back equal ("nan", "inf" allowed);
 * returns its length; out holds at least 32 bytes. */
int ae_print_real(char *out, double x);
/* A number from text[0..end): returns the byte after it, NULL if it is none. */
const char *ae_parse_real(const char *text, const char *end, double *x);

#endif
