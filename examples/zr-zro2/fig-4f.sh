#!/bin/sh
# Fig. 4f-h: surfaces of the pores
# smooth, for looking at (any program that reads PLY); volumes are those of the rough ones
mesh-smooth --method taubin --report fig-4f.tsv fig-4-voids.ply -o fig-4f.ply
# how long and how thin: pores alone, the largest first
awk -F'\t' '/^#/ { for (i = 1; i <= NF; i++) at[$i] = i }
    /^#/ || $2 ~ /pore/ { print $1 "\t" $2 "\t" $at["volume (A3)"] "\t" $at["length (A)"] "\t" $at["radius (A)"] "\t" $at["ratio"] "\t" $at["openings"] }' fig-4.tsv >fig-4f-shape.tsv
