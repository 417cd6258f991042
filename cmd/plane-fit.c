/* SPDX-License-Identifier: BSD-2-Clause
 * plane-fit - planes through atoms or through the layers of a grain, and the
 * angles between them.
 *
 *   n = eigenvector of the smallest eigenvalue of sum (r - c)(r - c)^T
 *   angle  = acos |n1 . n2|
 *   viewed = the same of the normals' projections along a direction
 *   c  centroid of the plane, or of each layer of a family
 *
 * With --layers the atoms of the selection are indexed on their lattice; a
 * layer is made of those of equal h n1 + k n2 + l n3, and the family has the
 * normal that fits all its layers.
 *
 * Source: methods (total least squares; lattice by marching shells).
 * Cost: O(N).
 * reads: extended XYZ, one frame      writes: TSV, a row for each plane
 */
#include <gsl/gsl_eigen.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "atoms/expr.h"
#include "atoms/sites.h"
#include "base/mem.h"
#include "base/tool.h"
#include "geom/ptm.h"
#include "geom/ptm_lattice.h"
#include "geom/ptm_turn.h"
#include "io/tsv.h"
#include "io/xyz.h"
#include "math/rotation.h"

#define PARTS 6 /* h n is a multiple of 1/6 */

static const char *chosen[2], *species, *lattice_path;
static struct ae_reals layers[2], towards, view;
static int allow;
static const struct ae_opt opts[] = {
    AE_STR('s', "select", &chosen[0], "EXPR", "",
        "the atoms of the first plane or grain; all"),
    AE_STR(0, "second", &chosen[1], "EXPR", "",
        "those of the second, compared with the first"),
    AE_REALS('l', "layers", &layers[0], "H,K,L", "", -99, 99,
        "the layers of these planes instead of one plane"),
    AE_REALS(0, "second-layers", &layers[1], "H,K,L", "", -99, 99,
        "those of the second; the same"),
    AE_REALS('t', "towards", &towards, "X,Y,Z", "0,0,1", -1e6, 1e6,
        "of planes equal by symmetry those whose normal is nearest to this"),
    AE_REALS(0, "view", &view, "X,Y,Z", "", -1e6, 1e6,
        "angles as seen along this direction too"),
    AE_STR(0, "lattice", &lattice_path, "FILE", "",
        "write the fitted lattices and their misorientation (TSV)"),
    AE_STR(0, "species", &species, "LIST", "",
        "atoms looked at; all, without O where there is a metal"),
    AE_FLAG(0, "allow-duplicates", &allow,
        "leave out an atom given twice instead of stopping"),
    AE_END_OPTS,
};
static const struct ae_about about = {"plane-fit",
    "planes, layers and the angles between them", "[FILE]", opts, .streams = 0};

static const char *const names[2] = {"first", "second"};

struct plane {
    size_t n;
    double centre[3], normal[3], rms, value[3]; /* value: ascending */
};

static double dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/* Smallest eigenvector of a covariance over n atoms. */
static void normal_of(double S[3][3], struct plane *plane)
{
    double data[9];
    memcpy(data, S, sizeof data);
    gsl_matrix_view m = gsl_matrix_view_array(data, 3, 3);
    gsl_matrix *vectors = gsl_matrix_alloc(3, 3);
    gsl_vector *values = gsl_vector_alloc(3);
    gsl_eigen_symmv_workspace *work = gsl_eigen_symmv_alloc(3);
    if (!vectors || !values || !work)
        ae_die("out of memory for a plane");
    gsl_eigen_symmv(&m.matrix, values, vectors, work);
    gsl_eigen_symmv_sort(values, vectors, GSL_EIGEN_SORT_VAL_ASC);
    for (size_t k = 0; k < 3; k++) {
        plane->normal[k] = gsl_matrix_get(vectors, k, 0);
        plane->value[k] = fmax(0, gsl_vector_get(values, k));
    }
    plane->rms = sqrt(plane->value[0] / (double)plane->n);
    double sign = dot(plane->normal, towards.v) < 0 ? -1 : 1;
    for (int k = 0; k < 3; k++)
        plane->normal[k] *= sign;
    gsl_eigen_symmv_free(work);
    gsl_vector_free(values);
    gsl_matrix_free(vectors);
}

/* Add the covariance of the atoms with this layer number about their
 * centroid (layer NULL: all) to S; their number, centroid in centre. */
static size_t add_layer(const double (*pos)[3], size_t n, const long *layer,
    long which, double S[3][3], double centre[3])
{
    size_t m = 0;
    centre[0] = centre[1] = centre[2] = 0;
    for (size_t i = 0; i < n; i++)
        if (!layer || layer[i] == which) {
            m++;
            for (int k = 0; k < 3; k++)
                centre[k] += pos[i][k];
        }
    for (int k = 0; k < 3; k++)
        centre[k] /= (double)m;
    for (size_t i = 0; i < n; i++)
        for (int k = 0; (!layer || layer[i] == which) && k < 9; k++)
            S[k / 3][k % 3] += (pos[i][k / 3] - centre[k / 3]) *
                               (pos[i][k % 3] - centre[k % 3]);
    return m;
}

static void check_plane(const struct plane *p, const char *name)
{
    if (!(p->value[1] > 1e-12 * p->value[2]))
        ae_die("the atoms of the %s selection lie on a line; want three "
               "that do not",
            name);
    if (p->value[1] - p->value[0] < 0.1 * p->value[1])
        ae_warn("the %s selection is no plane: its two smallest variances "
                "are equal within 10 %%",
            name);
}

/* Of the planes equal to hkl by symmetry those nearest to --towards. */
static void nearest_planes(const struct ae_ptm_lattice *l, double hkl[3])
{
    struct ae_ptm_group group;
    double normal[3], spacing, R[3][3], G[3][3], best[3] = {0}, most = -1;
    ae_ptm_group(l->type, &group);
    ae_quaternion_matrix(l->orientation, R);
    ae_ptm_lattice_planes(l, hkl, normal, &spacing);
    for (int g = 0; g < group.n; g++) {
        double crystal[3], turned[3], m[3];
        ae_quaternion_matrix(group.turn[g], G);
        for (int k = 0; k < 3; k++)
            crystal[k] =
                R[0][k] * normal[0] + R[1][k] * normal[1] + R[2][k] * normal[2];
        for (int k = 0; k < 3; k++)
            turned[k] = dot(G[k], crystal);
        for (int k = 0; k < 3; k++)
            m[k] = dot(R[k], turned);
        if (fabs(dot(m, towards.v)) > most + 1e-6) {
            most = fabs(dot(m, towards.v));
            memcpy(best, m, sizeof best);
        }
    }
    for (int k = 0; k < 3; k++)
        hkl[k] = round(dot(l->cell[k], best) / spacing);
}

static void viewed_along(const double v[3], const double n[3], double out[3])
{
    double along = dot(n, v) / dot(v, v), length;
    for (int k = 0; k < 3; k++)
        out[k] = n[k] - along * v[k];
    length = sqrt(dot(out, out));
    for (int k = 0; k < 3; k++)
        out[k] /= length;
}

/* Degrees, 0 ... 90; exact also where it is small. */
static double angle_between(const double a[3], const double b[3])
{
    double c[3] = {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2],
        a[0] * b[1] - a[1] * b[0]};
    return atan2(sqrt(dot(c, c)), fabs(dot(a, b))) * 45 / atan(1);
}

static void print_plane(const char *name, const char *layer,
    const struct plane *p, double spacing, const struct plane *first)
{
    double a[3], b[3], seen = NAN;
    if (view.n) {
        viewed_along(view.v, p->normal, a);
        viewed_along(view.v, first->normal, b);
        seen = angle_between(a, b);
    }
    ae_tsv_put(ae_out(), "ssdrrrrrrgrrr", name, layer, (long)p->n, p->centre[0],
        p->centre[1], p->centre[2], p->normal[0], p->normal[1], p->normal[2],
        p->rms, spacing, angle_between(p->normal, first->normal), seen);
}

/* The family of layers of a lattice, or the one plane; the rows of the layers
 * are printed after first is known. */
static void fit_layers(const double (*pos)[3], size_t n, const char *name,
    const struct ae_ptm_lattice *l, const double hkl[3], struct plane *family,
    struct plane *first)
{
    long *layer = ae_alloc(n, sizeof *layer), low = 0, high = 0;
    double S[3][3] = {{0}}, normal[3], spacing;
    size_t used = 0;
    if (!layer)
        ae_die("out of memory for the layers");
    for (size_t i = 0; i < n; i++) {
        int on = !isnan(l->index[i][0]);
        layer[i] = on ? lround(PARTS * dot(hkl, l->index[i])) : LONG_MIN;
        low = on && layer[i] < low ? layer[i] : low;
        high = on && layer[i] > high ? layer[i] : high;
    }
    memset(family, 0, sizeof *family);
    for (long k = low; k <= high; k++) {
        double centre[3];
        size_t m = add_layer(pos, n, layer, k, S, centre);
        for (int a = 0; m && a < 3; a++)
            family->centre[a] += (double)m * centre[a];
        family->n += m;
        used += m >= 3;
    }
    if (!used)
        ae_die("no layer of the %s selection has three atoms", name);
    for (int a = 0; a < 3; a++)
        family->centre[a] /= (double)family->n;
    normal_of(S, family);
    check_plane(family, name);
    ae_ptm_lattice_planes(l, hkl, normal, &spacing);
    first = first ? first : family;
    print_plane(name, "-", family, spacing, first);
    for (long k = low; k <= high; k++) {
        struct plane one = {0};
        double T[3][3] = {{0}};
        char number[32];
        one.n = add_layer(pos, n, layer, k, T, one.centre);
        if (one.n < 3)
            continue;
        normal_of(T, &one);
        if (!(one.value[1] > 1e-12 * one.value[2]))
            continue; /* a row of atoms */
        snprintf(number, sizeof number, "%g", (double)k / PARTS);
        print_plane(name, number, &one, spacing, first);
    }
    free(layer);
}

static void print_lattice(FILE *out, const char *name,
    const struct ae_ptm_lattice *l, const struct ae_ptm_lattice *first)
{
    struct ae_ptm_group group;
    ae_ptm_group(l->type, &group);
    int same = (l->type == AE_PTM_HCP) == (first->type == AE_PTM_HCP);
    ae_tsv_put(out, "ssddrrrrrrggggrr", name, ae_ptm_name(l->type), (long)l->n,
        (long)l->indexed, l->edge[0], l->edge[1], l->edge[2], l->angle[0],
        l->angle[1], l->angle[2], l->orientation[0], l->orientation[1],
        l->orientation[2], l->orientation[3], l->rms,
        same ? ae_ptm_misorientation(&group, first->orientation, l->orientation)
             : NAN);
}

/* The places of the selected sites. */
static double (*pick(const struct ae_atoms *atoms, const struct ae_sites *sites,
    const char *expression, const char *name, size_t *n))[3]
{
    unsigned char *keep = ae_alloc(atoms->n, 1);
    double(*pos)[3] = ae_alloc(sites->n, sizeof *pos);
    if (!keep || !pos)
        ae_die("out of memory for a selection");
    if (*expression)
        ae_must(ae_expr_mask(expression, atoms, keep, ae_err()));
    else
        memset(keep, 1, atoms->n);
    *n = 0;
    for (size_t i = 0; i < sites->n; i++)
        if (keep[sites->row[i]])
            memcpy(pos[(*n)++], sites->pos[i], sizeof *pos);
    free(keep);
    if (*n < 3)
        ae_die("the %s selection has %zu atoms; want at least 3", name, *n);
    return pos;
}

static void fit_all(const struct ae_atoms *atoms)
{
    struct ae_sites sites = {0};
    struct ae_ptm_lattice lattice[2] = {{0}};
    struct plane plane[2];
    FILE *out = *lattice_path ? ae_create(lattice_path) : NULL;
    ae_must(ae_sites_new(&sites, atoms, species, allow, ae_err()));
    ae_tsv_head(ae_out(), "plane\tlayer\tatoms\tx (A)\ty (A)\tz (A)\tnx\tny\t"
                          "nz\trms (A)\tspacing (A)\tangle (degrees)\t"
                          "viewed (degrees)");
    if (out)
        ae_tsv_head(out, "lattice\ttype\tatoms\tindexed\ta (A)\tb (A)\tc (A)\t"
                         "alpha (degrees)\tbeta (degrees)\tgamma (degrees)\t"
                         "qw\tqx\tqy\tqz\trms (A)\tmisorientation (degrees)");
    for (int k = 0; k < (*chosen[1] ? 2 : 1); k++) {
        size_t n;
        double(*pos)[3] = pick(atoms, &sites, chosen[k], names[k], &n);
        const double(*r)[3] = (const double(*)[3])pos;
        const struct ae_reals *hkl = layers[k].n ? &layers[k] : &layers[0];
        if (layers[0].n || out)
            ae_must(ae_ptm_lattice(r, n, &lattice[k], ae_err()));
        if (layers[0].n) {
            double h[3] = {hkl->v[0], hkl->v[1], hkl->v[2]};
            nearest_planes(&lattice[k], h);
            ae_say("%s: planes %g %g %g", names[k], h[0], h[1], h[2]);
            fit_layers(r, n, names[k], &lattice[k], h, &plane[k],
                k ? &plane[0] : NULL);
        } else {
            double S[3][3] = {{0}};
            plane[k].n = add_layer(r, n, NULL, 0, S, plane[k].centre);
            normal_of(S, &plane[k]);
            check_plane(&plane[k], names[k]);
            print_plane(names[k], "-", &plane[k], NAN, &plane[0]);
        }
        if (out)
            print_lattice(out, names[k], &lattice[k], &lattice[0]);
        free(pos);
    }
    ae_ptm_lattice_clear(&lattice[0]);
    ae_ptm_lattice_clear(&lattice[1]);
    ae_sites_clear(&sites);
}

/* Three numbers, not all 0, or none. */
static void check_three(const struct ae_reals *r, const char *name)
{
    if (r->n && (r->n != 3 || !(dot(r->v, r->v) > 0)))
        ae_usage("--%s: want three numbers, not all 0", name);
}

int main(int argc, char **argv)
{
    struct ae_atoms atoms = {0};
    ae_begin(&about, argc, argv);
    check_three(&layers[0], "layers");
    check_three(&layers[1], "second-layers");
    check_three(&towards, "towards");
    check_three(&view, "view");
    if (layers[1].n && (!layers[0].n || !*chosen[1]))
        ae_usage("--second-layers wants --layers and --second");
    for (int k = 0; k < 6; k++)
        if (layers[k / 3].n &&
            layers[k / 3].v[k % 3] != round(layers[k / 3].v[k % 3]))
            ae_usage("--layers: want whole numbers");
    ae_must(ae_xyz_read(ae_in(), &atoms, ae_err()));
    fit_all(&atoms);
    ae_atoms_clear(&atoms);
    return ae_end();
}
