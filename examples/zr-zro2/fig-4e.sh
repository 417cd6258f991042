#!/bin/sh
# vacancies per volume against the distance from the core
# negative: inside it. The length over which they become fewer, outside (where
# they do: rms is what is left of the density, in 1/A3)
void-find --write centres labelled.xyz -o centres.xyz
atoms-profile --density 'void_class == "vacancy"' --from "$FROM" --bin 3 centres.xyz -o fig-4e.tsv
tsv-plot --y density --title 'vacancies per volume' fig-4e.tsv -o fig-4e.png
atoms-profile --density 'void_class == "vacancy"' --from "$FROM" --bin 3 --fit centres.xyz -o fig-4e-fit.tsv
