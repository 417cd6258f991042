/* SPDX-License-Identifier: BSD-2-Clause
 * phantom - a particle of oxidised zirconium with known atoms.
 *
 *   outline   r(u) = R (1 + sum c_lm Y_lm(u)), l = 2 ... 4, 7 % r.m.s.
 *   core      fcc, polyhedron of {111} and {100} facets at 0.38 R
 *   oxide     grains of the Zr sublattice of cubic ZrO2, seams between them
 *   amorphous where f(x) > level; random sequential placement at 0.0289
 *             atoms/angstrom^3, then relaxed
 *   R  half the diameter (angstrom)   Y_lm  spherical harmonics
 *   f  Gaussian random field, correlation length 10 angstrom
 *
 * Voids: vacancies, nano-pores, one large pore. The level and the size of the
 * voids are steered until the shares asked for are met.
 *
 * Source: methods; statistics of the oxidised particles that atomic electron
 * tomography has shown.   Cost: O(N) for N atoms and round, up to 14 rounds.
 * reads: nothing       writes: extended XYZ; --truth: TSV, extended XYZ
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/atoms.h"
#include "base/tool.h"
#include "io/tsv.h"
#include "io/xyz.h"
#include "sim/phantom.h"

static double diameter, disorder, porosity, thermal, dmin;
static int core, with_oxygen;
static long grains, seed;
static const char *truth;
static const struct ae_opt opts[] = {
    AE_REAL(
        'd', "diameter", &diameter, "angstrom", "90", 25, 400, "mean diameter"),
    AE_CHOICE('c', "core", &core, "metal|none", "metal",
        "with a metal core, or oxide everywhere"),
    AE_INT('g', "grains", &grains, "N", "3", 1, 64, "grains of the oxide"),
    AE_REAL(0, "disorder", &disorder, "SHARE", "0.32", 0.05, 0.9,
        "share of the atoms with boo < 0.5"),
    AE_REAL(0, "porosity", &porosity, "SHARE", "0.17", 0, 0.4,
        "share of the voids in the volume"),
    AE_REAL(0, "thermal", &thermal, "angstrom", "0.13", 0, 0.5,
        "displacements, r.m.s. in 3-D"),
    AE_REAL(0, "dmin", &dmin, "angstrom", "2.6", 0.5, 3,
        "least distance of two Zr atoms"),
    AE_FLAG('O', "with-oxygen", &with_oxygen, "append the oxygen atoms"),
    AE_STR('T', "truth", &truth, "PREFIX", "",
        "write PREFIX-voids.tsv, PREFIX-oxygen.xyz and PREFIX-params.tsv"),
    AE_INT(0, "seed", &seed, "N", "1", 0, 9e15, "of the random numbers"),
    AE_END_OPTS,
};
static const struct ae_about about = {
    "phantom", "oxidised particle with known atoms", "", opts, .streams = 0};

static const char *const phase_name[] = {"core", "c-oxide", "a-oxide"};

static void set_row(struct ae_atoms *atoms, size_t i, const char *species,
    const double p[3], int phase, int grain)
{
    memcpy(atoms->pos[i], p, sizeof *atoms->pos);
    if (ae_atoms_set_text(ae_atoms_find(atoms, "species"), i, species) ||
        ae_atoms_set_text(ae_atoms_find(atoms, "phase"), i, phase_name[phase]))
        ae_die("out of memory for the atoms");
    ae_atoms_find(atoms, "grain")->integer[i] = grain;
}

/* The metal atoms (if wanted), then the oxygen atoms (if wanted). */
static void write_atoms(
    FILE *out, const struct ae_phantom *ph, int metal, int oxygen)
{
    struct ae_atoms atoms = {0};
    size_t first = metal ? ph->n : 0, more = oxygen ? ph->noxygen : 0;
    char text[64];
    ae_must(ae_atoms_new(&atoms, ae_err()));
    if (!ae_atoms_column(&atoms, "phase", 'S', 1, ae_err()) ||
        !ae_atoms_column(&atoms, "grain", 'I', 1, ae_err()))
        ae_die("out of memory for the columns");
    ae_must(ae_atoms_resize(&atoms, first + more, ae_err()));
    for (size_t i = 0; i < first; i++)
        set_row(&atoms, i, "Zr", ph->pos[i], ph->phase[i], ph->grain[i]);
    for (size_t i = 0; i < more; i++)
        set_row(&atoms, first + i, "O", ph->oxygen[i], ph->site[i], -1);
    snprintf(text, sizeof text, "%ld", seed);
    ae_must(ae_keys_set(&atoms.keys, "phantom_seed", text));
    ae_print_real(text, diameter);
    ae_must(ae_keys_set(&atoms.keys, "diameter", text));
    ae_history(&atoms.keys);
    ae_must(ae_xyz_write(out, &atoms, ae_err()));
    ae_atoms_clear(&atoms);
}

static void write_voids(FILE *out, const struct ae_phantom *ph)
{
    static const char *const kind[] = {
        "large-pore", "nano-pore", "vacancy1", "vacancy2", "unplanted"};
    ae_tsv_head(out, "kind\tx (A)\ty (A)\tz (A)\tatoms_removed\tvolume (A^3)\t"
                     "group");
    for (size_t i = 0; i < ph->nvoid; i++) {
        const struct ae_phantom_void *v = &ph->voids[i];
        ae_tsv_put(out, "srrrdrd", kind[v->kind], v->centre[0], v->centre[1],
            v->centre[2], (long)v->removed, v->volume, v->group);
    }
}

static void write_params(FILE *out, const struct ae_phantom *ph)
{
    size_t count[3] = {0, 0, 0};
    for (size_t i = 0; i < ph->n; i++)
        count[ph->phase[i]]++;
    ae_tsv_head(out, "name\tvalue\tunit");
    ae_tsv_put(out, "srs", "diameter", diameter, "A");
    ae_tsv_put(out, "sss", "core", core ? "none" : "metal", "-");
    ae_tsv_put(out, "sds", "grains", grains, "-");
    ae_tsv_put(out, "srs", "disorder_wanted", disorder, "-");
    ae_tsv_put(out, "srs", "porosity_wanted", porosity, "-");
    ae_tsv_put(out, "srs", "thermal", thermal, "A");
    ae_tsv_put(out, "srs", "dmin", dmin, "A");
    ae_tsv_put(out, "sds", "seed", seed, "-");
    ae_tsv_put(out, "sds", "zr_atoms", (long)ph->n, "-");
    for (int p = 0; p < 3; p++)
        ae_tsv_put(out, "sds", phase_name[p], (long)count[p], "-");
    ae_tsv_put(out, "sds", "o_atoms", (long)ph->noxygen, "-");
    ae_tsv_put(
        out, "srs", "o_per_zr", (double)ph->noxygen / (double)ph->n, "-");
    ae_tsv_put(out, "srs", "disordered", ph->disordered, "-");
    ae_tsv_put(out, "srs", "porosity", ph->porosity, "-");
    ae_tsv_put(out, "srs", "closest_pair", ph->closest, "A");
    ae_tsv_put(out, "sds", "vacancies", (long)ph->count[0], "-");
    ae_tsv_put(out, "sds", "nano_pores", (long)ph->count[1], "-");
    ae_tsv_put(out, "sds", "pores", (long)ph->count[2], "-");
    ae_tsv_put(out, "srs", "field_level", ph->level, "-");
    ae_tsv_put(out, "srs", "void_scale", ph->scale, "-");
    ae_tsv_put(out, "sds", "rounds", (long)ph->rounds, "-");
}

/* Shares: further off than this is worth a warning. */
static const double share_off = 0.04;

static void warn_missed(const struct ae_phantom *ph)
{
    if (fabs(ph->disordered - disorder) > share_off)
        ae_warn("disordered share %.3f instead of %g: this particle has no "
                "room for it; change --disorder, --grains or --diameter",
            ph->disordered, disorder);
    if (fabs(ph->porosity - porosity) > share_off)
        ae_warn("porosity %.3f instead of %g: this particle has no room for "
                "it; change --porosity or --diameter",
            ph->porosity, porosity);
}

static FILE *truth_file(const char *end)
{
    char path[4096];
    if (snprintf(path, sizeof path, "%s-%s", truth, end) >= (int)sizeof path)
        ae_usage("--truth: the name is too long");
    return ae_create(path);
}

int main(int argc, char **argv)
{
    struct ae_phantom ph;
    ae_begin(&about, argc, argv);
    const struct ae_phantom_settings settings = {.diameter = diameter,
        .disorder = disorder,
        .porosity = porosity,
        .thermal = thermal,
        .dmin = dmin,
        .metal = core == 0,
        .grains = (int)grains,
        .oxygen = with_oxygen || *truth,
        .seed = (uint64_t)seed};
    ae_must(ae_phantom_new(&ph, &settings, ae_err()));
    ae_say("%zu Zr, %zu O; disordered %.3f, porosity %.3f, closest pair %.3f "
           "angstrom, %d rounds",
        ph.n, ph.noxygen, ph.disordered, ph.porosity, ph.closest, ph.rounds);
    warn_missed(&ph);
    write_atoms(ae_out(), &ph, 1, with_oxygen);
    if (*truth) {
        write_atoms(truth_file("oxygen.xyz"), &ph, 0, 1);
        write_voids(truth_file("voids.tsv"), &ph);
        write_params(truth_file("params.tsv"), &ph);
    }
    ae_phantom_clear(&ph);
    return ae_end();
}
