/* SPDX-License-Identifier: BSD-2-Clause */
#include "sim/scattering.h"

#include <string.h>
#include "check.h"

int main(void)
{
    /* f_e(0) as tabulated: a check of the transcription */
    NEAR(ae_scattering_fe(1, 0), 0.5297, 6e-5);   /* H */
    NEAR(ae_scattering_fe(6, 0), 2.5114, 6e-5);   /* C */
    NEAR(ae_scattering_fe(7, 0), 2.2188, 6e-5);   /* N */
    NEAR(ae_scattering_fe(8, 0), 1.9897, 6e-5);   /* O */
    NEAR(ae_scattering_fe(9, 0), 1.8050, 6e-5);   /* F */
    NEAR(ae_scattering_fe(13, 0), 5.8919, 6e-5);  /* Al */
    NEAR(ae_scattering_fe(14, 0), 5.8143, 6e-5);  /* Si */
    NEAR(ae_scattering_fe(22, 0), 8.7400, 6e-5);  /* Ti */
    NEAR(ae_scattering_fe(24, 0), 6.9684, 6e-5);  /* Cr */
    NEAR(ae_scattering_fe(25, 0), 7.4754, 6e-5);  /* Mn */
    NEAR(ae_scattering_fe(26, 0), 7.1632, 6e-5);  /* Fe */
    NEAR(ae_scattering_fe(27, 0), 6.8529, 6e-5);  /* Co */
    NEAR(ae_scattering_fe(28, 0), 6.5572, 6e-5);  /* Ni */
    NEAR(ae_scattering_fe(29, 0), 5.5807, 6e-5);  /* Cu */
    NEAR(ae_scattering_fe(32, 0), 7.3827, 6e-5);  /* Ge */
    NEAR(ae_scattering_fe(39, 0), 12.6753, 6e-5); /* Y */
    NEAR(ae_scattering_fe(40, 0), 12.1895, 6e-5); /* Zr */
    NEAR(ae_scattering_fe(41, 0), 10.7160, 6e-5); /* Nb */
    NEAR(ae_scattering_fe(42, 0), 10.2895, 6e-5); /* Mo */
    NEAR(ae_scattering_fe(44, 0), 9.5556, 6e-5);  /* Ru */
    NEAR(ae_scattering_fe(45, 0), 9.2400, 6e-5);  /* Rh */
    NEAR(ae_scattering_fe(46, 0), 7.5846, 6e-5);  /* Pd */
    NEAR(ae_scattering_fe(47, 0), 8.6723, 6e-5);  /* Ag */
    NEAR(ae_scattering_fe(50, 0), 10.8600, 6e-5); /* Sn */
    NEAR(ae_scattering_fe(58, 0), 17.3669, 6e-5); /* Ce */
    NEAR(ae_scattering_fe(72, 0), 13.0475, 6e-5); /* Hf */
    NEAR(ae_scattering_fe(73, 0), 12.7403, 6e-5); /* Ta */
    NEAR(ae_scattering_fe(74, 0), 12.4822, 6e-5); /* W */
    NEAR(ae_scattering_fe(77, 0), 11.6433, 6e-5); /* Ir */
    NEAR(ae_scattering_fe(78, 0), 10.8066, 6e-5); /* Pt */
    NEAR(ae_scattering_fe(79, 0), 10.5534, 6e-5); /* Au */
    /* zirconium over the table's range */
    NEAR(ae_scattering_fe(40, 0.1), 11.0249, 6e-5);
    NEAR(ae_scattering_fe(40, 0.25), 7.6122, 6e-5);
    NEAR(ae_scattering_fe(40, 0.5), 4.1630, 6e-5);
    NEAR(ae_scattering_fe(40, 1), 1.8294, 6e-5);
    NEAR(ae_scattering_fe(40, 2), 0.67273, 6e-6);
    /* far out the atom is a bare nucleus of charge Z:
     * f_e -> Z / (2 pi^2 a0 q^2), a0 = 0.529177 angstrom (Mott-Bethe) */
    const int z[] = {8, 14, 40, 78};
    for (int i = 0; i < 4; i++)
        NEAR(ae_scattering_fe(z[i], 12) * 144 * 2 * 9.869604401 * 0.529177,
            z[i], 0.06 * z[i]);
    NEAR(ae_scattering_fe(2, 1), 0, 0);
    CHECK(!ae_scattering_known(2) && ae_scattering_known(40));
    CHECK(ae_scattering_z("H") == 1 && ae_scattering_z("Zr") == 40);
    CHECK(ae_scattering_z("U") == 92 && ae_scattering_z("Og") == 118);
    CHECK(!ae_scattering_z("zr") && !ae_scattering_z("") &&
          !ae_scattering_z("X"));
    for (int n = 1; n <= 118; n++)
        CHECK(ae_scattering_z(ae_scattering_symbol(n)) == n);
    CHECK(!ae_scattering_symbol(0) && !ae_scattering_symbol(119));
    return checked();
}
