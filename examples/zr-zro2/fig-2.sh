#!/bin/sh
# density and oxidation: by phase, against the distance from the core, one against the other
# needs: voronoi-rho surface-distance atoms-profile
surface-distance --from "$FROM" labelled.xyz -o distance.xyz
# b, c: histograms by phase (metal 0.0385, oxide 0.029 atoms per cubic angstrom)
for column in rho oxidation; do
    atoms-hist --column $column --by phase labelled.xyz -o fig-2-$column.tsv
    atoms-profile --x distance --y $column --bin 2 distance.xyz -o fig-2-$column-profile.tsv
    tsv-plot --y mean --title "$column against distance" fig-2-$column-profile.tsv -o fig-2-$column-profile.png
done
# e: do they follow each other?
atoms-hist --x rho --y oxidation --corr --by phase labelled.xyz -o fig-2-correlation.tsv
atoms-hist --x rho --y oxidation --bin 0.001,0.05 labelled.xyz -o fig-2-plane.tsv
# how much the degree depends on its thresholds, and on a precision of 28 pm
oxfill --sweep atoms.xyz -o fig-2-sweep.tsv
oxfill --error 0.16 atoms.xyz | atoms-hist --column 'oxidation_hi - oxidation_lo' --bin 0.05 -o fig-2-error.tsv
tsv-plot --style bars --y count --title 'width of the band of oxidation' fig-2-error.tsv -o fig-2-error.png
