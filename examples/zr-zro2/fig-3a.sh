#!/bin/sh
# interface of the particle: bond lengths and filled sites by distance from the core
# needs: surface-distance atoms-profile bonds
# needs a core
surface-distance --from "$FROM" labelled.xyz | bonds --cutoff 4.1 --write atoms -o bonded.xyz
for column in bond_mean nox; do
    atoms-profile --x distance --y $column --bin 1 --range -8,15 bonded.xyz -o fig-3a-$column.tsv
    tsv-plot --y mean --title "$column across the interface" fig-3a-$column.tsv -o fig-3a-$column.png
done
