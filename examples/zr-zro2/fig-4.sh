#!/bin/sh
# voids: volumes, classes, vacancies by phase, surfaces of the pores
void-find --summary fig-4-summary.tsv --mesh fig-4-voids.ply --atoms bordered.xyz labelled.xyz -o fig-4.tsv
# b: volumes, cubic root so that vacancies and pores fit one picture
awk -F'\t' 'BEGIN { print "#size (A)\tcount" } !/^#/ { n[int($4 ^ (1 / 3))]++ }
    END { for (k = 3; k < 40; k++) print k + 0.5 "\t" n[k] + 0 }' fig-4.tsv >fig-4b.tsv
tsv-plot --style bars --title 'cubic root of the volume' fig-4b.tsv -o fig-4b.png
# c, d: count, volume and share by class and phase
awk -F'\t' '/^#/ || $1 == "vacancy"' fig-4-summary.tsv >fig-4c.tsv
# f: the surfaces, smooth for looking at
mesh-smooth --method taubin --report fig-4f.tsv fig-4-voids.ply -o fig-4f.ply
# literal, and without the small ones at the surface
awk -F'\t' '/^#/ || $1 ~ /^(region|all|counted)$/' fig-4-summary.tsv >fig-4-porosity.tsv
