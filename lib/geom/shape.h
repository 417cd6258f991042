/* SPDX-License-Identifier: BSD-2-Clause
 * shape - solids around the origin that a crystal is cut to.
 */
#ifndef AE_GEOM_SHAPE_H
#define AE_GEOM_SHAPE_H

enum { AE_SHAPE_FACETS = 64 };

enum ae_shape_kind {
    AE_SHAPE_WHOLE,
    AE_SHAPE_ELLIPSOID,
    AE_SHAPE_BOX,
    AE_SHAPE_SLAB,
    AE_SHAPE_WULFF
};

struct ae_shape {
    enum ae_shape_kind kind;
    int n;                        /* families of facets */
    double v[AE_SHAPE_FACETS][5]; /* angstrom: half axes; edges; normal and
                                     bounds; sorted normal and distance */
};

/* sphere=R, ellipsoid=A,B,C (half axes), box=X,Y,Z (edges), slab=NX,NY,NZ,D0,D1
 * or wulff=H,K,L,D/... (all faces of these cubic families); "" is all of
 * space. 1, or 0 when text is none of these. */
int ae_shape_read(struct ae_shape *shape, const char *text);

/* Is p (angstrom) inside? An atom on the surface is; boxes and slabs are half
 * open. */
int ae_shape_inside(const struct ae_shape *shape, const double p[3]);

#endif
