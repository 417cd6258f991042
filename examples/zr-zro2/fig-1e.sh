#!/bin/sh
# phases: number of atoms, order and bonds of each
# needs: ptm
atoms-hist --column boo --by phase labelled.xyz -o fig-1e.tsv
# local structure by templates (0 none, 1 fcc, 2 hcp, 3 bcc), by phase
ptm labelled.xyz | atoms-hist --column ptm_type --bin 1 --by phase -o fig-1e-templates.tsv
tsv-plot --style bars --y count --title 'templates: none, fcc, hcp, bcc' fig-1e-templates.tsv -o fig-1e.png
