/* SPDX-License-Identifier: BSD-2-Clause
 * inside - which atoms lie in the region that some of them fill.
 */
#ifndef AE_ATOMS_INSIDE_H
#define AE_ATOMS_INSIDE_H

#include "atoms/sites.h"
#include "base/atoms.h"
#include "base/error.h"
#include "geom/region.h"

/* in[atoms->n] becomes 1 for the atoms in the region of the sites: for a site
 * on its surface too. */
int ae_inside(const struct ae_region *region, const struct ae_sites *sites,
    const struct ae_atoms *atoms, unsigned char *in, struct ae_error *err);

#endif
