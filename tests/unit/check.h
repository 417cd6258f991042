/* SPDX-License-Identifier: BSD-2-Clause
 * check - the two assertions of the unit tests; main ends with return checked().
 */
#ifndef AE_TEST_CHECK_H
#define AE_TEST_CHECK_H

#include <math.h>
#include <stdio.h>

static int check_failed, check_count;

#define CHECK(cond) do { check_count++; if (!(cond)) { check_failed++; \
	printf("%s:%d: not so: %s\n", __FILE__, __LINE__, #cond); } } while (0)

/* |a - b| <= tol; nan fails */
#define NEAR(a, b, tol) do { double a_ = (a), b_ = (b); check_count++; \
	if (!(fabs(a_ - b_) <= (tol))) { check_failed++; \
	printf("%s:%d: %s = %.17g, want %.17g within %g\n", __FILE__, __LINE__, #a, a_, b_, (double)(tol)); } } while (0)

static inline int checked(void)
{
	printf("%d checks, %d failed\n", check_count, check_failed);
	return check_failed || !check_count;
}

#endif
