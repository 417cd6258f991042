/* SPDX-License-Identifier: BSD-2-Clause
 * mesh - a triangle mesh.
 */
#ifndef AE_BASE_MESH_H
#define AE_BASE_MESH_H

#include <stddef.h>
#include <stdint.h>

struct ae_mesh {
	size_t nvertex;
	double (*vertex)[3];   /* [nvertex], angstrom */
	size_t nface;
	uint32_t (*face)[3];   /* [nface], vertex numbers, anticlockwise from outside */
};

void ae_mesh_clear(struct ae_mesh *mesh);

#endif
