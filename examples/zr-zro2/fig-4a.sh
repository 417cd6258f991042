#!/bin/sh
# a slab of 5.3 angstrom with its voids
# needs: atoms-splat
atoms-splat --density --sigma 1.2 --outside 0 labelled.xyz |
    vol-slice --thickness 5.3 --zoom 4 --scalebar -o fig-4a.png
# the voids themselves: atoms that border one, by the class of the largest
atoms-hist --column 'void >= 0' --by phase bordered.xyz -o fig-4a.tsv
