#!/bin/sh
# Fig. 2a-b: maps of density and oxidation
# needs: atoms-splat
for column in rho oxidation; do
    atoms-splat --column $column --sigma 2 --grid 0.5 --outside 0 labelled.xyz -o fig-2a-$column.nrrd
    vol-slice --thickness 2.4 --zoom 5 --scalebar fig-2a-$column.nrrd -o fig-2a-$column.png
done
# where half of the sites are filled: the border of the metal, smooth
isosurface --level 0.5 fig-2a-oxidation.nrrd | mesh-smooth --method taubin --report fig-2a-border.tsv -o fig-2a-border.ply
