/* SPDX-License-Identifier: BSD-2-Clause
 * rings - the detectors of a run, from their descriptions: rings of angles,
 * and rings cut into quadrants, and the images that are made of each.
 *
 *   IN,OUT        a ring, mrad: one detector, one image
 *   dpc:IN,OUT    four detectors, the quadrants of the ring; two images, the
 *                 components of the differential phase contrast, or one, its
 *                 integral
 */
#ifndef AE_SIM_RINGS_H
#define AE_SIM_RINGS_H

#include <stddef.h>
#include "base/error.h"
#include "sim/microscope.h"

enum { AE_RINGS_MOST = 16 };

struct ae_ring {
    size_t first;  /* its first detector */
    int dpc;       /* quadrants */
    size_t planes; /* images */
    char *path;    /* NULL: the main output */
};

struct ae_rings {
    struct ae_ring ring[AE_RINGS_MOST];
    size_t n, planes; /* planes of all rings */
    struct ae_detector detector[4 * AE_RINGS_MOST];
    size_t detectors;
};

/* main: one description; also: FILE=IN,OUT;FILE=... or "". AE_EUSAGE where
 * they do not read, or when dpc is to be integrated and no ring has
 * quadrants. */
int ae_rings_read(struct ae_rings *rings, const char *main, const char *also,
    int integrate, struct ae_error *err);
void ae_rings_clear(struct ae_rings *rings);

#endif
