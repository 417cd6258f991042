#!/bin/sh
# Fig. 4b-d: volumes of the voids, vacancies by phase
# b: cubic root, so that vacancies (3.6 to 5) and pores fit one picture
awk -F'\t' 'BEGIN { print "#size (A)\tcount" } !/^#/ { n[int($4 ^ (1 / 3))]++ }
    END { for (k = 3; k < 40; k++) print k + 0.5 "\t" n[k] + 0 }' fig-4.tsv >fig-4b.tsv
tsv-plot --style bars --y count --xrange 2,25 --xlabel 'cubic root of the volume (A)' --ylabel voids fig-4b.tsv -o fig-4b.png
# c, d: number and volume of the vacancies by phase; the paper's are 8.4 % of the void volume
awk -F'\t' '/^#/ || $1 == "vacancy"' fig-4-summary.tsv >fig-4c.tsv
awk -F'\t' 'BEGIN { print "#phase\tnumber\tshare of the void volume (%)" }
    !/^#/ && $1 == "vacancy" { printf "%s\t%d\t%.2f\n", $2, $3, 100 * $5 }' fig-4-summary.tsv >fig-4d.tsv
# porosity: literal; without the small ones at the surface; corrected for the atoms around
awk -F'\t' '/^#/ || $1 ~ /^(region|all|counted)$/' fig-4-summary.tsv >fig-4b-porosity.tsv
