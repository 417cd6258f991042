#!/bin/sh
# Fig. 2c-e: density and oxidation: by phase, against the distance from the core, one against the other
# needs: voronoi-rho surface-distance atoms-profile
surface-distance --from "$FROM" labelled.xyz -o distance.xyz
# metal 0.0385, oxide 0.029 atoms per cubic angstrom
for quantity in 'rho 0.001 0,0.06 atoms/A3' 'oxidation 0.05 -0.025,1.025 degree'; do
    # shellcheck disable=SC2086 # name, width of a bin, range, unit
    set -- $quantity
    # c: histograms by phase, and a table of means
    atoms-hist --column "$1" --by phase labelled.xyz -o "fig-2c-$1.tsv"
    atoms-hist --column "$1" --bin "$2" --range="$3" --by phase labelled.xyz -o "fig-2c-$1-histogram.tsv"
    phases=$(head -n 1 "fig-2c-$1-histogram.tsv" | cut -f 5- | tr '\t' ,)
    tsv-plot --y "$phases" --xlabel "$1 ($4)" --ylabel atoms "fig-2c-$1-histogram.tsv" -o "fig-2c-$1.png"
    # d: profiles across the interface
    atoms-profile --x distance --y "$1" --bin 2 distance.xyz -o "fig-2d-$1.tsv"
    tsv-plot --y mean --xlabel "$AXIS" --ylabel "$1 ($4)" "fig-2d-$1.tsv" -o "fig-2d-$1.png"
done
# e: do they follow each other? r and Spearman's rho by phase, mean of the one against the other
atoms-hist --x rho --y oxidation --corr --by phase labelled.xyz -o fig-2e.tsv
atoms-hist --x rho --y oxidation --bin 0.001,0.05 labelled.xyz -o fig-2e-plane.tsv
atoms-profile --x rho --y oxidation --bin 0.001 labelled.xyz -o fig-2e-mean.tsv
tsv-plot --style points --y mean --xlabel 'rho (atoms/A3)' --ylabel 'mean oxidation' fig-2e-mean.tsv -o fig-2e.png
# how much the degree depends on its thresholds, and on a precision of 28 pm
oxfill --sweep atoms.xyz -o fig-2c-sweep.tsv
oxfill --error 0.16 atoms.xyz | atoms-hist --column 'oxidation_hi - oxidation_lo' --bin 0.05 -o fig-2c-error.tsv
tsv-plot --style bars --y count --xrange 0,1 --xlabel 'width of the band of oxidation' --ylabel atoms fig-2c-error.tsv -o fig-2c-error.png
