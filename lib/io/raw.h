/* SPDX-License-Identifier: BSD-2-Clause
 * raw - plain samples without a header, described by the user.
 */
#ifndef AE_IO_RAW_H
#define AE_IO_RAW_H

#include "io/array.h"

/* spec: TYPE[-be],NX,NY[,NZ[,NF]], fastest axis first; TYPE int8 ... uint64,
 * float16 ... float64, little endian unless -be. Without NZ the number of
 * images follows from the length of the file. skip bytes come before. The
 * length must fit exactly. A bad spec is AE_EUSAGE. */
int ae_raw_open(struct ae_array *array, const char *spec, size_t skip,
    struct ae_error *err);

#endif
