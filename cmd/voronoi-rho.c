/* SPDX-License-Identifier: BSD-2-Clause
 * voronoi-rho - density, coordination and Voronoi index of every atom.
 *
 *   V_i = sum_j A_ij |r_ij| / 6           (angstrom^3) volume of the cell
 *   rho = omega_i / V'_i                  (1/angstrom^3), --voids weight
 *   rho = 1 / V_i                         --voids exclude, keep
 *   A_ij    area of the face between i and j (angstrom^2)
 *   V'_i    the part of the cell inside solid tetrahedra: those of the alpha
 *           region that are of no void
 *   omega_i their solid angle at i over 4 pi
 *
 * A face below --face-area of its cell's area is none. cn counts the faces
 * kept on both sides whose atoms are closer than the cutoff. The index
 * <n3 n4 n5 n6> counts the faces with 3 to 6 edges of the cell that the kept
 * neighbours alone make.
 *
 * Source: Sheng et al. 2006, 10.1038/nature04421 (index); Yang et al. 2021,
 * 10.1038/s41586-021-03354-0 (faces below 1 %); weighting: methods.
 * Cost: O(N log N) for N atoms.
 * reads: extended XYZ, any number of frames       writes: extended XYZ
 */
#include <math.h>
#include <stdlib.h>
#include "atoms/sites.h"
#include "base/tool.h"
#include "geom/voronoi.h"
#include "io/tsv.h"
#include "io/xyz.h"

static double face_area, cutoff, alpha, radius;
static int voids, one_sided, duplicates;
static const char *species, *faces;
static const struct ae_opt opts[] = {
    AE_REAL('f', "face-area", &face_area, "SHARE", "0.01", 0, 0.5,
        "a face below this share of the cell's area is none"),
    AE_REAL('r', "cutoff", &cutoff, "angstrom", "4.5", 0, 1e6,
        "atoms closer than this may be bonded"),
    AE_CHOICE(0, "voids", &voids, "weight|exclude|keep", "weight",
        "density by the solid part of the cell; none beside a void or at the "
        "surface; that of the whole cell beside a void, none at the surface"),
    AE_REAL('a', "alpha", &alpha, "angstrom", "4.5", 1e-3, 1e6,
        "largest circumradius in the region that the atoms fill"),
    AE_REAL(0, "radius", &radius, "angstrom", "3.19", 1e-3, 1e6,
        "tetrahedra of the region with a larger circumradius are voids"),
    AE_FLAG(0, "one-sided", &one_sided,
        "a bond needs a face that one of its atoms keeps, not both"),
    AE_STR(0, "faces", &faces, "FILE", "",
        "write the faces: i, j, area, distance, bond"),
    AE_STR(0, "species", &species, "LIST", "",
        "cells of these species (default: all but O beside a metal)"),
    AE_FLAG(0, "allow-duplicates", &duplicates,
        "drop atoms at the place of another"),
    AE_END_OPTS,
};
static const struct ae_about about = {"voronoi-rho",
    "density, coordination and Voronoi index of every atom", "[FILE]", opts,
    .streams = 0};

static void take_real(struct ae_atoms *atoms, const struct ae_sites *sites,
    const char *name, const double *value)
{
    struct ae_column *col = ae_atoms_column(atoms, name, 'R', 1, ae_err());
    ae_must(col ? AE_OK : ae_err()->code);
    for (size_t i = 0; i < atoms->n; i++)
        col->real[i] = NAN;
    for (size_t i = 0; i < sites->n; i++)
        col->real[sites->row[i]] = value[i];
}

static void take_columns(struct ae_atoms *atoms, const struct ae_sites *sites,
    const struct ae_voronoi *cells)
{
    take_real(atoms, sites, "voronoi_volume", cells->volume);
    take_real(atoms, sites, "rho", cells->rho);
    take_real(atoms, sites, "cn", cells->cn);
    take_real(atoms, sites, "nface", cells->nface);
    struct ae_column *flag = ae_atoms_column(atoms, "vflag", 'I', 1, ae_err());
    ae_must(flag ? AE_OK : ae_err()->code);
    for (size_t i = 0; i < atoms->n; i++)
        flag->integer[i] = -1; /* no cell: another species */
    for (size_t i = 0; i < sites->n; i++)
        flag->integer[sites->row[i]] = cells->flag[i];
    struct ae_column *index =
        ae_atoms_column(atoms, "voronoi_index", 'I', 4, ae_err());
    ae_must(index ? AE_OK : ae_err()->code);
    for (size_t i = 0; i < 4 * atoms->n; i++)
        index->integer[i] = 0;
    for (size_t i = 0; i < sites->n; i++)
        for (size_t k = 0; k < 4; k++)
            index->integer[4 * sites->row[i] + k] = cells->index[i][k];
}

/* Rows are counted from 0, as in the expressions of atoms-select. */
static void write_faces(FILE *out, size_t frame, const struct ae_sites *sites,
    const struct ae_voronoi *cells)
{
    for (size_t i = 0; i < cells->n; i++)
        for (size_t f = cells->start[i]; f < cells->start[i + 1]; f++) {
            const struct ae_voronoi_face *face = &cells->face[f];
            ae_tsv_put(out, "dddrrd", (long)frame, (long)sites->row[i],
                (long)sites->row[face->j], face->area, face->distance,
                (long)face->bond);
        }
}

static void say(const struct ae_sites *sites, const struct ae_voronoi *cells)
{
    size_t count[4] = {0};
    if (sites->dropped)
        ae_warn(
            "%zu atoms at the place of another have no cell", sites->dropped);
    if (sites->oxygen)
        ae_say("%zu O atoms have no cell", sites->others);
    for (size_t i = 0; i < cells->n; i++)
        count[cells->flag[i]]++;
    ae_say("%zu cells: %zu unbounded, %zu leave the region, %zu border a void",
        cells->n, count[AE_VORONOI_UNBOUNDED], count[AE_VORONOI_LEAVES],
        count[AE_VORONOI_BORDERS]);
}

static void one_frame(struct ae_atoms *atoms, size_t frame, FILE *list)
{
    struct ae_sites sites;
    struct ae_voronoi cells = {0};
    const struct ae_voronoi_settings settings = {.face_area = face_area,
        .cutoff = cutoff,
        .one_sided = one_sided,
        .voids = (enum ae_voronoi_voids)voids,
        .alpha = alpha,
        .radius = radius,
        .list = list != NULL,
        .lattice = atoms->has_lattice ? atoms->lattice : NULL,
        .pbc = atoms->pbc};
    ae_must(ae_sites_new(&sites, atoms, species, duplicates, ae_err()));
    if (atoms->n) /* an empty frame passes */
        ae_must(ae_voronoi_new(&cells, (const double(*)[3])sites.pos, sites.n,
            &settings, ae_err()));
    say(&sites, &cells);
    take_columns(atoms, &sites, &cells);
    if (list && cells.n)
        write_faces(list, frame, &sites, &cells);
    ae_sites_clear(&sites);
    ae_voronoi_clear(&cells);
}

int main(int argc, char **argv)
{
    struct ae_atoms atoms = {0};
    struct ae_xyz *reader;
    ae_begin(&about, argc, argv);
    ae_must(ae_xyz_open(&reader, ae_in(), ae_err()));
    FILE *list = *faces ? ae_create(faces) : NULL;
    if (list)
        ae_tsv_head(list, "frame\ti\tj\tarea (A2)\tdistance (A)\tbond");
    for (size_t frame = 0;
         ae_must(ae_xyz_next(reader, &atoms, ae_err())) != AE_END; frame++) {
        one_frame(&atoms, frame, list);
        ae_history(&atoms.keys);
        ae_must(ae_xyz_write(ae_out(), &atoms, ae_err()));
    }
    ae_xyz_free(reader);
    ae_atoms_clear(&atoms);
    return ae_end();
}
