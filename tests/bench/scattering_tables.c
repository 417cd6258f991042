/* SPDX-License-Identifier: BSD-2-Clause
 * scattering_tables WHAT - the largest relative difference of a table on stdin
 * from what the library says. WHAT: factors, columns q (1/angstrom) and f_e
 * (angstrom); potentials, columns r (angstrom) and V (V angstrom), both with a
 * line "# q f_O_A f_Zr_A ..." that names the elements; constants, columns
 * kilovolt, wavelength (angstrom) and sigma (rad / V angstrom). For
 * check-data. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "sim/microscope.h"
#include "sim/scattering.h"

enum { MOST = 32 };

/* h^2 / (2 pi m e), V angstrom^2: potential of a scattering amplitude (CODATA
 * 2014) */
static const double amplitude_to_potential = 47.877646;

static int elements(char *line, int z[MOST])
{
    int n = 0;
    strtok(line, "\t\n"); /* the first column */
    for (char *name; n < MOST && (name = strtok(NULL, "\t\n")); n++) {
        char symbol[8] = "";
        sscanf(name, "%*[^_]_%2[A-Za-z]", symbol);
        z[n] = ae_scattering_z(symbol);
    }
    return n;
}

int main(int argc, char **argv)
{
    const char *what = argc == 2 ? argv[1] : "";
    int is_constant = !strcmp(what, "constants"), z[MOST] = {0};
    int is_factor = !strcmp(what, "factors"), rows = 0;
    if (!is_constant && !is_factor && strcmp(what, "potentials") != 0)
        return fputs("usage: scattering_tables WHAT\n", stderr), 2;
    char line[1000];
    int columns = is_constant ? 2 : 0;
    double worst = 0;
    while (fgets(line, sizeof line, stdin)) {
        if (line[0] == '#') {
            columns = columns ? columns : elements(line, z);
            continue;
        }
        char *at = line;
        double x = strtod(at, &at);
        for (int i = 0; i < columns; i++) {
            double theirs = strtod(at, &at);
            double ours =
                is_constant
                    ? (i ? ae_microscope_sigma(x) : ae_microscope_wavelength(x))
                : is_factor
                    ? ae_scattering_fe(z[i], x)
                    : amplitude_to_potential * ae_scattering_projected(z[i], x);
            worst = fmax(worst, fabs(ours / theirs - 1));
        }
        rows++;
    }
    printf("%.3g\t%d\n", rows && columns ? worst : NAN, rows * columns);
    return 0;
}
