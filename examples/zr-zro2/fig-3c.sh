#!/bin/sh
# Fig. 3c-g: planes: the ideal wedge, and the layers of the core against those of the oxide
# needs: ptm grains plane-fit
# metal (11-1) and oxide (111), both crystals with [110] along x: 15.793 degrees
crystal -s fcc-zr -S 40 --orient zone=1,1,1/1,-1,0 | particle --cut slab=0,0,1,1,15 -o metal.xyz
crystal -s c-zro2 -S 40 --orient zone=0,0,1/1,1,0 | atoms-select 'species == "Zr"' |
    particle --cut slab=0,0,1,-15,0.5 | particle --join metal.xyz |
    plane-fit --select 'z > 0.7' --second 'z < 0.7' --layers 1,1,1 --towards 0,0.8165,0.5774 --view 1,0,0 |
    awk -F'\t' '/^#/ || $2 == "-"' >fig-3c-ideal.tsv
# (111) of the core's grain, the one of the shortest bonds, and (200) of each
# other grain: spacings (ideal 2.694 and 2.546 angstrom) and the angle between
ptm labelled.xyz | grains --report fig-3c-grains.tsv -o grains.xyz
awk -F'\t' '/^#/ { sub(/^#/, ""); for (i = 1; i <= NF; i++) { sub(/ \(.*/, "", $i); at[$i] = i } next }
    { print $at["ptm_dist"], $at["grain"] }' fig-3c-grains.tsv | sort -g >order
core=$(awk 'NR == 1 && $1 < 3.45 { print $2 }' order)
: >fig-3c.tsv
lines=0
for grain in $(awk 'NR > 1 { print $2 }' order); do
    [ -n "$core" ] || break
    plane-fit --select "grain == $core" --layers 1,1,1 --second "grain == $grain" --second-layers 2,0,0 grains.xyz |
        awk -F'\t' -v g="$grain" -v OFS='\t' -v old="$lines" '/^#/ && !old { sub(/^#/, ""); print "#grain", $0 } $2 == "-" { print g, $0 }' >>fig-3c.tsv
    lines=1
done
[ -s fig-3c.tsv ] || echo 'fig-3c: no core and oxide grain of 20 atoms each; the ideal wedge alone'
