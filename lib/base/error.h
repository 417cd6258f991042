/* SPDX-License-Identifier: BSD-2-Clause
 * error - what went wrong, as a code and one line a user can act on.
 *
 * A library function returns AE_OK or one of the codes below and fills the
 * struct ae_error it was given; it never prints and never ends the process.
 */
#ifndef AE_BASE_ERROR_H
#define AE_BASE_ERROR_H

enum ae_code {
	AE_OK = 0,
	AE_EDATA,     /* the data are wrong or break off            (exit 1) */
	AE_ESYS,      /* a file could not be opened, read, written  (exit 1) */
	AE_EMEM,      /* memory or a size limit                     (exit 1) */
	AE_EUSAGE,    /* options that make no sense together        (exit 2) */
	AE_END        /* no error: a stream has no further item              */
};

struct ae_error {
	int code;
	char msg[400]; /* "where: what is wrong; what to do", no final stop */
};

/* Store code and message in *err (which may be NULL); returns code, so that
 * `return ae_fail(err, AE_EDATA, "...")` reads as one step. */
int ae_fail(struct ae_error *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The text as it may stand in a message: at most 80 bytes, control bytes
 * escaped as \xNN, in a buffer of the caller (at least 340 bytes). */
char *ae_quote(char out[340], const char *text);

#endif
