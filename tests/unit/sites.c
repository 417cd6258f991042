/* SPDX-License-Identifier: BSD-2-Clause
 * sites - which atoms a geometry filter works on. */
#include "atoms/sites.h"
#include <string.h>
#include "check.h"

static void add(struct ae_atoms *atoms, const char *species, double x, double y)
{
    CHECK(ae_atoms_resize(atoms, atoms->n + 1, NULL) == 0);
    struct ae_column *col = ae_atoms_find(atoms, "species");
    CHECK(ae_atoms_set_text(col, atoms->n - 1, species) == 0);
    atoms->pos[atoms->n - 1][0] = x;
    atoms->pos[atoms->n - 1][1] = y;
}

int main(void)
{
    struct ae_atoms atoms = {0};
    struct ae_sites s;
    struct ae_error err = {0};
    CHECK(ae_sites_metal("Zr") && !ae_sites_metal("O") && !ae_sites_metal("X"));
    CHECK(ae_atoms_new(&atoms, NULL) == 0);
    CHECK(ae_sites_new(&s, &atoms, "Zr", 0, &err) == 0 && s.n == 0);
    ae_sites_clear(&s);
    add(&atoms, "O", 0, 0);
    add(&atoms, "O", 3, 0);
    CHECK(ae_sites_new(&s, &atoms, "", 0, &err) == 0);
    CHECK(s.n == 2 && s.others == 0 && !s.oxygen);
    ae_sites_clear(&s);
    add(&atoms, "Zr", 5, -1.004); /* its twin is two cells up */
    add(&atoms, "Hf", 7, 0);
    CHECK(ae_sites_new(&s, &atoms, "", 0, &err) == 0);
    CHECK(s.n == 2 && s.row[0] == 2 && s.others == 2 && s.oxygen);
    NEAR(s.pos[1][0], 7, 0);
    ae_sites_clear(&s);
    CHECK(ae_sites_new(&s, &atoms, "O,Hf", 0, &err) == 0);
    CHECK(s.n == 3 && s.row[2] == 3);
    ae_sites_clear(&s);
    CHECK(ae_sites_new(&s, &atoms, "O,Ti", 0, &err) == AE_EDATA);
    CHECK(strstr(err.msg, "'Ti'") != NULL);
    add(&atoms, "Zr", 4.998, -0.997);
    CHECK(ae_sites_new(&s, &atoms, "", 0, &err) == AE_EDATA);
    CHECK(strstr(err.msg, "atoms 2 and 4") != NULL);
    CHECK(ae_sites_new(&s, &atoms, "", 1, &err) == 0);
    CHECK(s.n == 2 && s.dropped == 1);
    ae_sites_clear(&s);
    add(&atoms, "Zr", 4.98, -0.98);
    CHECK(ae_sites_new(&s, &atoms, "", 1, &err) == 0 && s.n == 3);
    ae_sites_clear(&s);
    ae_atoms_clear(&atoms);
    return checked();
}
