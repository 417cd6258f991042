/* SPDX-License-Identifier: BSD-2-Clause
 * ply - triangle meshes: binary little-endian PLY (read: ascii and both endians).
 */
#ifndef AE_IO_PLY_H
#define AE_IO_PLY_H

#include <stdio.h>
#include "base/error.h"
#include "base/mesh.h"
#include "base/tool.h"

int ae_ply_read(struct ae_source *in, struct ae_mesh *mesh, struct ae_error *err);
int ae_ply_write(FILE *out, const struct ae_mesh *mesh, struct ae_error *err);

#endif
