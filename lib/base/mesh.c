/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/mesh.h"

#include <stdlib.h>

void ae_mesh_clear(struct ae_mesh *mesh)
{
    free(mesh->vertex);
    free(mesh->face);
    *mesh = (struct ae_mesh){0};
}
