#!/bin/sh
# voids per volume against the distance from the core
# needs: surface-distance alpha-shape
# one atom V at every vacancy, one atom H per cubic angstrom of the particle
awk -F'\t' '!/^#/ && $2 == "vacancy" { print "V", $12, $13, $14, "void" }' fig-4.tsv >vacancies
{ wc -l <vacancies; echo 'Properties=species:S:1:pos:R:3:phase:S:1'; cat vacancies; } >vacancies.xyz
size=$(awk 'NR > 2 { for (k = 2; k < 5; k++) if ($k * $k > m) m = $k * $k } END { print 2 * int(sqrt(m)) + 2 }' atoms.xyz)
crystal --structure sc --a 1 --species H --size "$size" |
    particle --join vacancies.xyz --dmin 0 | particle --join labelled.xyz --dmin 0 |
    alpha-shape --species Zr --write inside | surface-distance --species Zr --from "$FROM" |
    atoms-select 'species != "Zr"' | atoms-hist --column distance --by species --bin 3 |
    awk -F'\t' 'BEGIN { print "#distance (A)\tvacancies\tvolume (A3)\tper_nm3 (1/nm3)" }
        /^#/ { for (i = 5; i <= NF; i++) at[$i] = i; next }
        at["V"] && $at["H"] > 100 { printf "%s\t%d\t%d\t%.4f\n", $1, $at["V"], $at["H"], 1000 * $at["V"] / $at["H"] }' >fig-4e.tsv
tsv-plot --y per_nm3 --title 'vacancies per volume' fig-4e.tsv -o fig-4e.png
