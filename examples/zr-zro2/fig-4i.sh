#!/bin/sh
# Fig. 4i: grain border: a slab across the border of the two largest grains
# needs: ptm grains surface-distance plane-fit atoms-splat
ptm labelled.xyz | grains --report fig-4i-grains.tsv -o grains.xyz
# the largest grain, and the largest of those that touch it
awk -F'\t' '/^#/ { sub(/^#/, ""); for (i = 1; i <= NF; i++) { sub(/ \(.*/, "", $i); at[$i] = i } next }
    { print $at["atoms"], $at["grain"], "," $at["touching"] }' fig-4i-grains.tsv | sort -gr >order
first=$(awk 'NR == 1 { print $2 }' order)
second=$(awk -v f="$first" 'NR > 1 && index($3, "," f ":") { print $2; exit }' order)
[ -n "$second" ] || { echo 'fig-4i: no two grains that touch'; exit 0; }
# atoms of the second next to the first: their plane is the border
surface-distance --from "grain == $first" --column border grains.xyz -o border.xyz
plane-fit --select "grain == $second && border < 5" border.xyz -o fig-4i-plane.tsv
atoms-hist --column border --bin 2 --by phase border.xyz -o fig-4i.tsv
# looking along the border, which lies across the picture
view=$(awk -F'\t' '/^#/ { sub(/^#/, ""); for (i = 1; i <= NF; i++) { sub(/ \(.*/, "", $i); at[$i] = i } next }
    { x = $at["nx"]; y = $at["ny"]; z = $at["nz"]
      along = z * z < 0.8 ? -y "," x ",0" : "0," (-z) "," y
      print "--normal", along, "--up", x "," y "," z, "--point", $at["x"] "," $at["y"] "," $at["z"]; exit }' fig-4i-plane.tsv)
# shellcheck disable=SC2086
atoms-splat --density --sigma 0.8 --grid 0.5 --outside 0 labelled.xyz |
    vol-slice $view --thickness 5.3 --percentile 5,99.9 --zoom 3 --scalebar -o fig-4i.png
