#!/bin/sh
# Fig. 2f: a cut-out of 25 angstrom at the border of the core, atoms on the map of oxidation
# needs: atoms-splat surface-distance
# around the atom of the core's surface that is farthest along x within 5
# angstrom of the axis; without a core around the centre
at=0,0,0
[ -z "$FROM" ] || at=$(atoms-select 'distance > -1 && distance < 1' distance.xyz |
    awk 'NR > 2 && ($3 * $3 + $4 * $4 < 25) && (!n++ || $2 > x) { x = $2; p = $2 "," $3 "," $4 } END { print n ? p : "0,0,0" }')
box=$(echo "$at" | awk -F, '{ printf "max(abs(x - %s), max(abs(y - %s), abs(z - %s)))", $1, $2, $3 }' | sed 's/- -/+ /g')
atoms-select "$box < 12.5" labelled.xyz -o fig-2f.xyz
# the map also knows the atoms next to those of the cut-out
atoms-select "$box < 18" labelled.xyz |
    atoms-splat --column oxidation --sigma 2 --grid 0.5 --outside 0 |
    vol-slice --at "${at##*,}" --thickness 2.4 --zoom 8 --scalebar --atoms fig-2f.xyz -o fig-2f.png
