#!/bin/sh
# a slab of 5.3 angstrom with its voids
# needs: atoms-splat
atoms-splat --density --sigma 1.2 labelled.xyz |
    vol-slice --thickness 5.3 --zoom 4 --scalebar -o fig-4a.png
