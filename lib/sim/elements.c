/* SPDX-License-Identifier: BSD-2-Clause */
#include "sim/elements.h"

#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "base/number.h"
#include "sim/scattering.h"

static const double rms_most = 9; /* angstrom: beyond it a crystal is no more */

/* Does a number for displacements end at `at`? */
static int is_rms(const char *at, const char *ends, double u)
{
    return at && (!*at || strchr(ends, *at)) && u >= 0 && u < rms_most;
}

/* The number of one element from "0.08" or "Zr=0.08,O=0.1". */
static int find_rms(
    const char *text, const char *symbol, double *u, struct ae_error *err)
{
    const size_t length = strlen(symbol);
    const char *end = text + strlen(text), *at;
    if (is_rms(ae_parse_real(text, end, u), "", *u))
        return AE_OK;
    for (at = text; at; at = strchr(at, ',')) {
        at += *at == ',';
        if (strncmp(at, symbol, length) || at[length] != '=')
            continue;
        if (is_rms(ae_parse_real(at + length + 1, end, u), ",", *u))
            return AE_OK;
        break;
    }
    return ae_fail(err, AE_EUSAGE,
        "--displacements: '%s': no number for %s; want 0.08 or Zr=0.08,O=0.1"
        " (angstrom)",
        text, symbol);
}

/* One element more. */
static int add_element(struct ae_elements *e, const char *name, int z,
    const char *displacements, struct ae_error *err)
{
    char quoted[340];
    if (!z)
        return ae_fail(err, AE_EDATA,
            "species '%s' is no element; want a symbol such as Zr",
            ae_quote(quoted, name));
    if (!ae_scattering_known(z))
        return ae_fail(
            err, AE_EDATA, "no scattering factor of %s is tabulated", name);
    e->z[e->n++] = z;
    return displacements ? find_rms(displacements, name, &e->rms[e->n - 1], err)
                         : AE_OK;
}

int ae_elements_read(struct ae_elements *e, struct ae_atoms *atoms,
    const char *displacements, struct ae_error *err)
{
    struct ae_column *species;
    size_t place[AE_ELEMENTS_MOST + 1] = {0}; /* of z in the list, from 1 */
    *e = (struct ae_elements){0};
    int code = ae_atoms_need(atoms, "species", 'S', 1, &species, err);
    if (code)
        return code;
    e->of = ae_alloc(atoms->n, sizeof *e->of);
    e->pos = ae_alloc(atoms->n, sizeof *e->pos);
    if (!e->of || !e->pos)
        code = ae_fail(err, AE_EMEM, "%zu atoms: out of memory", atoms->n);
    else
        memcpy(e->pos, atoms->pos, atoms->n * sizeof *e->pos);
    for (size_t i = 0; i < atoms->n && !code; i++) {
        const char *name = ae_atoms_text(species, i);
        const int z = ae_scattering_z(name);
        if (!z || !place[z])
            code = add_element(e, name, z, displacements, err);
        if (!code && !place[z])
            place[z] = e->n;
        e->of[i] = place[z] - 1;
    }
    if (code)
        ae_elements_clear(e);
    return code;
}

void ae_elements_clear(struct ae_elements *e)
{
    free(e->of);
    free(e->pos);
    *e = (struct ae_elements){0};
}
