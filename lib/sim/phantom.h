/* SPDX-License-Identifier: BSD-2-Clause
 * phantom - an oxidised metal particle with known atoms: core, grains,
 * amorphous oxide, voids; its statistics are steered to those asked for.
 */
#ifndef AE_SIM_PHANTOM_H
#define AE_SIM_PHANTOM_H

#include <stddef.h>
#include <stdint.h>
#include "base/error.h"

struct ae_phantom_settings {
    double diameter; /* angstrom, at least 25 */
    double disorder; /* share of the atoms with boo < 0.5 */
    double porosity; /* volume of the voids over that of the region */
    double thermal;  /* displacements, angstrom r.m.s. in 3-D */
    double dmin;     /* least distance of two metal atoms, angstrom */
    int metal;       /* with a metal core */
    int grains;      /* of the oxide */
    int oxygen;      /* place the oxygen atoms too */
    uint64_t seed;
};

enum ae_phantom_phase {
    AE_PHANTOM_CORE,
    AE_PHANTOM_CRYSTAL,
    AE_PHANTOM_AMORPHOUS
};
enum ae_phantom_kind {
    AE_PHANTOM_PORE,
    AE_PHANTOM_NANO,
    AE_PHANTOM_VACANCY,
    AE_PHANTOM_PAIR,     /* two neighbouring vacancies */
    AE_PHANTOM_UNPLANTED /* a gap of at least 45 angstrom^3 that came by itself */
};

struct ae_phantom_void {
    enum ae_phantom_kind kind;
    double centre[3];
    size_t removed; /* atoms */
    double volume;  /* of its group, angstrom^3; NaN: none, or open */
    long group;     /* -1: none */
};

struct ae_phantom {
    size_t n;
    double (*pos)[3]; /* metal atoms, angstrom */
    int *grain;       /* 0 core, 1 ... oxide grains, -1 amorphous */
    unsigned char *phase;
    size_t noxygen;
    double (*oxygen)[3];
    unsigned char *site; /* phase around each oxygen atom */
    size_t nvoid, void_room;
    struct ae_phantom_void *voids;
    /* measured */
    double disordered, porosity, closest;
    size_t count[3]; /* voids: vacancies, nano-pores, pores by volume */
    /* settings found: level of the disorder's field, scale of the voids, and
     * the rounds it took */
    double level, scale;
    int rounds;
};

/* The same for any number of threads. AE_EUSAGE: the settings make no sense;
 * AE_EDATA: they cannot be met. */
int ae_phantom_new(struct ae_phantom *phantom,
    const struct ae_phantom_settings *settings, struct ae_error *err);
void ae_phantom_clear(struct ae_phantom *phantom);

#endif
