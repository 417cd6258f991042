#!/bin/sh
# Fig. 4e: vacancies per volume against the distance from the core
# needs: atoms-profile
void-find --write centres labelled.xyz -o centres.xyz
atoms-profile --density 'void_class == "vacancy"' --from "$FROM" --bin 3 centres.xyz -o fig-4e.tsv
# with the error of counting above and below
awk -F'\t' -v OFS='\t' '/^#/ { print "#distance (A)", "density", "density - error", "density + error"; next }
    { print $1, $2, $2 - $3, $2 + $3 }' fig-4e.tsv >fig-4e-band.tsv
tsv-plot --xlabel "$AXIS" --ylabel 'vacancies per A3' fig-4e-band.tsv -o fig-4e.png
# and all of them within 15 angstrom, as a share
awk -F'\t' '!/^#/ { all += $4; if ($1 < 15) near += $4 }
    END { print "#quantity\tvalue"; print "vacancies\t" all; printf "within 15 A (%%)\t%.1f\n", all ? 100 * near / all : 0 }' fig-4e.tsv >fig-4e-near.tsv
