#!/bin/sh
# grain border: grains by orientation, a slab at the border of the largest
# needs: ptm grains surface-distance
ptm labelled.xyz | grains --report fig-4g-grains.tsv -o grains.xyz
# the largest grain, and how far every atom is from it
first=$(awk -F'\t' '/^#/ { sub(/^#/, ""); for (i = 1; i <= NF; i++) { sub(/ \(.*/, "", $i); at[$i] = i } next }
    $at["atoms"] > most { most = $at["atoms"]; g = $at["grain"] } END { print g }' fig-4g-grains.tsv)
[ -n "$first" ] || { echo 'fig-4g: no grain of 20 atoms'; exit 0; }
surface-distance --from "grain == $first" --column border grains.xyz -o border.xyz
# a slab of 5 angstrom at the border of that grain
atoms-select 'border > -3 && border < 2 && grain >= 0' border.xyz -o fig-4g.xyz
atoms-hist --column border --bin 2 --by phase border.xyz -o fig-4g.tsv
