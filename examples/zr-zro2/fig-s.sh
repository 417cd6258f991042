#!/bin/sh
# Supplement: coordination numbers and bond lengths by phase
# needs: voronoi-rho bonds
atoms-hist --column cn --bin 1 --range=-0.5,18.5 --by phase labelled.xyz -o fig-s-coordination.tsv
phases=$(head -n 1 fig-s-coordination.tsv | cut -f 5- | tr '\t' ,)
tsv-plot --y "$phases" --xlabel 'coordination number' --ylabel atoms fig-s-coordination.tsv -o fig-s-coordination.png
# most populated: 3.3 angstrom in the metal, 3.6 in c-oxide, 3.45 in a-oxide
bonds --by phase labelled.xyz -o fig-s-bonds.tsv
bonds --by phase --write histogram labelled.xyz -o fig-s-lengths.tsv
tsv-plot --xrange 2.5,4.5 --ylabel bonds --title 'bond lengths' fig-s-lengths.tsv -o fig-s-lengths.png
