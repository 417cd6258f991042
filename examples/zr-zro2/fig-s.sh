#!/bin/sh
# supplement: coordination numbers and shortest bonds by phase
# needs: voronoi-rho
atoms-hist --column cn --bin 1 --by phase labelled.xyz -o fig-s-coordination.tsv
tsv-plot --style bars --y count --title 'coordination number' fig-s-coordination.tsv -o fig-s-coordination.png
