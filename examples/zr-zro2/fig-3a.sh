#!/bin/sh
# Fig. 3a-b: interface of the particle: bond lengths and filled sites by distance from the core
# needs: surface-distance atoms-profile bonds
# needs a core
surface-distance --from "$FROM" labelled.xyz | bonds --cutoff 4.1 --write atoms -o bonded.xyz
# from about 3.3 angstrom in the metal to 3.6 in the oxide, from 0 sites to 8
for quantity in 'bond_mean mean bond (A)' 'nox filled sites'; do
    column=${quantity%% *}
    atoms-profile --x distance --y "$column" --bin 1 --range=-8,15 bonded.xyz -o "fig-3a-$column.tsv"
    tsv-plot --y mean --xlabel "$AXIS" --ylabel "${quantity#* }" "fig-3a-$column.tsv" -o "fig-3a-$column.png"
done
# 10-90 % width of the step of the bonds, where there is one
atoms-profile --x distance --y bond_mean --bin 1 --range=-8,15 --width bonded.xyz -o fig-3a-width.tsv ||
    echo 'fig-3a: no step of the bond lengths across the interface'
