/* SPDX-License-Identifier: BSD-2-Clause
 * voids - clusters of large empty Delaunay spheres inside a region.
 */
#ifndef AE_GEOM_VOIDS_H
#define AE_GEOM_VOIDS_H

#include <stddef.h>
#include "base/error.h"
#include "geom/delaunay.h"

/* angstrom: between the largest hole of cubic zirconia (2.55) and the sphere in
 * a vacancy (3.60) */
#define AE_VOIDS_RADIUS 3.19
#define AE_VOIDS_ALPHA  4.5 /* angstrom, the region around Zr atoms */

/* By volume, angstrom^3: below 45, to 125, to 4500, above. */
enum ae_void_class {
    AE_VOID_MINOR,
    AE_VOID_VACANCY,
    AE_VOID_NANO,
    AE_VOID_PORE,
    AE_VOID_CLASSES
};

struct ae_void {
    double volume; /* angstrom^3 */
    size_t ntet;
    double centroid[3];
    double rmax; /* largest circumradius, angstrom */
    int surface; /* touches the outside or the hull */
    enum ae_void_class class;
};

struct ae_voids {
    size_t n;
    struct ae_void *item; /* [n] by their first tetrahedron */
    size_t *of;           /* [mesh->n] void of a tetrahedron, or
                             AE_DELAUNAY_HULL */
    double region;        /* volume of the region, angstrom^3 */
    double empty;         /* of all void tetrahedra, in it */
};

/* Tetrahedra of the region (in[mesh->n]) with circumradius > radius, joined
 * through shared faces. Clusters below 1e-3 angstrom^3 are none. */
int ae_voids_find(const struct ae_delaunay *mesh, const double (*pos)[3],
    const unsigned char *in, double radius, struct ae_voids *voids,
    struct ae_error *err);
void ae_voids_clear(struct ae_voids *voids);

enum ae_void_class ae_void_class_of(double volume);
/* minor, vacancy, nano-pore, pore */
const char *ae_void_class_name(enum ae_void_class class);

struct ae_voids_rule {
    double radius;   /* angstrom */
    double limit[3]; /* angstrom^3, between the classes; the limit belongs to
                        the class above the first, below the others */
    int edges;       /* join through shared edges too, with the outside as
                        well: what then is open to it is no void */
};

/* The same by a rule, and largest first. */
int ae_voids_by(const struct ae_delaunay *mesh, const double (*pos)[3],
    const unsigned char *in, const struct ae_voids_rule *rule,
    struct ae_voids *voids, struct ae_error *err);

struct ae_void_shape {
    double axis[3][3];     /* rows: unit vectors, the longest extent first */
    double half[3];        /* half axes of the ellipsoid with the same second
                              moments, sqrt(5 l), angstrom */
    double length, radius; /* extent of the corners along axis[0], and of the
                              cylinder of that length and the void's volume */
    double area, contact;  /* of its boundary, and of its part to the outside,
                              angstrom^2 */
    size_t openings;       /* patches of the latter, joined through edges */
    size_t natom, *atom;   /* the atoms at its corners, ascending */
    double share;          /* sum over its corners of solid angle / 4 pi: what
                              part of these atoms lies inside, in atoms */
};

/* shape[voids->n], to be cleared. *solid_share: the same sum over the region's
 * other tetrahedra (NULL: not wanted). */
int ae_void_shapes(const struct ae_delaunay *mesh, const double (*pos)[3],
    const unsigned char *in, const struct ae_voids *voids,
    struct ae_void_shape *shape, double *solid_share, struct ae_error *err);
void ae_void_shapes_clear(struct ae_void_shape *shape, size_t n);

#endif
