#!/bin/sh
# Fig. 1c-d: pair distribution functions of each phase, with the peaks of cubic ZrO2
# needs: pdf
pdf --by phase --rmax 15 labelled.xyz -o fig-1c.tsv
# marks: shells of the Zr of cubic ZrO2, a sqrt(k/2)
awk 'BEGIN { print "#position\tlabel"; for (k = 1; k < 9; k++) printf "%.3f\t%d\n", 5.092 * sqrt(k / 2), k }' >fig-1c-marks.tsv
curves=$(head -n 1 fig-1c.tsv | tr '\t' '\n' | grep '^g' | paste -s -d ,)
tsv-plot --y "$curves" --marks fig-1c-marks.tsv --ylabel g --title 'pair distribution' fig-1c.tsv -o fig-1c.png
# the first valley, 4.5 angstrom: cutoff of the first shell
pdf --valley labelled.xyz -o fig-1c-valley.txt
