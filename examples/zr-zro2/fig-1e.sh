#!/bin/sh
# Fig. 1e-f: phases: a map of a slab, number and order of the atoms, local structure
# needs: atoms-splat ptm
# white the metal, light grey the crystalline oxide, dark grey the amorphous one
atoms-splat --column '0.3 + 0.7 * (phase == "core") + 0.4 * (phase == "c-oxide")' --sigma 1.5 --grid 0.5 --outside 0 labelled.xyz |
    vol-slice --thickness 4 --zoom 5 --scalebar -o fig-1e-map.png
atoms-hist --column boo --by phase labelled.xyz -o fig-1e.tsv
# templates: 0 none, 1 fcc, 2 hcp, 3 bcc
ptm labelled.xyz | atoms-hist --column ptm_type --bin 1 --range=-0.5,3.5 --by phase -o fig-1e-templates.tsv
tsv-plot --style bars --y count --xlabel 'template: 0 none, 1 fcc, 2 hcp, 3 bcc' --ylabel atoms fig-1e-templates.tsv -o fig-1e.png
