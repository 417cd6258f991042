#!/bin/sh
# Fig. 1b: order parameter: a map of a slab, its histogram by phase
# needs: atoms-splat
# disordered below 0.5 (fcc is 1); the paper's particle has 32 % of such atoms
atoms-splat --column boo --sigma 2 --grid 0.5 --outside 0 labelled.xyz |
    vol-slice --thickness 4 --zoom 5 --scalebar -o fig-1b-map.png
atoms-hist --column boo --bin 0.02 --by phase labelled.xyz -o fig-1b.tsv
phases=$(head -n 1 fig-1b.tsv | cut -f 5- | tr '\t' ,)
tsv-plot --y "$phases" --xlabel 'order parameter' --ylabel atoms fig-1b.tsv -o fig-1b.png
atoms-hist --column ordered --bin 1 labelled.xyz -o fig-1b-ordered.tsv
