#!/bin/sh
# Fig. 4a: voids, and a slab of 5.3 angstrom through them
# needs: atoms-splat
void-find --summary fig-4-summary.tsv --mesh fig-4-voids.ply --atoms bordered.xyz labelled.xyz -o fig-4.tsv
atoms-splat --density --sigma 1.2 --grid 0.5 --outside 0 labelled.xyz |
    vol-slice --thickness 5.3 --zoom 5 --scalebar -o fig-4a.png
# atoms that border a void, by phase
atoms-hist --column 'void >= 0' --by phase bordered.xyz -o fig-4a.tsv
