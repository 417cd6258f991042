#!/bin/sh
# order parameter: its histogram by phase, and a map of a slab
# needs: atoms-splat
# disordered below 0.5 (fcc is 1); the paper's particle has 32 % of such atoms
atoms-hist --column boo --bin 0.02 --by phase labelled.xyz -o fig-1b.tsv
tsv-plot --style bars --y count --title 'order parameter' fig-1b.tsv -o fig-1b.png
atoms-hist --column ordered --bin 1 labelled.xyz -o fig-1b-ordered.tsv
atoms-splat --column boo --sigma 2 --outside 0 labelled.xyz |
    vol-slice --thickness 4 --zoom 4 --scalebar -o fig-1b-map.png
