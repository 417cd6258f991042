#!/bin/sh
# Fig. 3h-j: interface: sites of oxygen in the ideal one, metal (111) on oxide (002)
# both lie across z with [110] along x; the wedge between metal (11-1) and oxide
# (111), 70.529 - 54.736 degrees, is closed by bending; in the plane where they
# meet, n, both crystals get bonds of 3.45 angstrom
n=0,0.81649658,0.57735027
stretch() { # to bonds of 3.45 in the plane, from lattice constant $1
    awk -v a="$1" 'BEGIN { e = 3.45 * sqrt(2) / a - 1; printf "%.9g,%.9g,%.9g,%.9g,0,0", e, e / 3, 2 * e / 3, -sqrt(2) / 3 * e }'
}
crystal -s fcc-zr -S 90 --orient zone=1,1,1/1,-1,0 | particle --cut slab=0,0,1,1,45 |
    particle --bend 15.7931726,0.5 | particle --strain "$(stretch 4.666)" |
    particle --cut slab=$n,1,12 -o metal.xyz
crystal -s c-zro2 -S 70 --orient zone=0,0,1/1,1,0 | atoms-select 'species == "Zr"' |
    particle --strain "$(stretch 5.092)" | particle --cut slab=$n,-13,0.5 -o oxide.xyz
# filled sites around an atom, by layer: metal 0, interface 4, oxide 8
particle --join metal.xyz oxide.xyz | oxfill |
    atoms-select 'sqrt(x*x + (y+14.4)*(y+14.4) + (z-20.4)*(z-20.4)) < 11.5' -o fig-3h.xyz
atoms-hist --x 'floor((0.81649658*y + 0.57735027*z + 1.4) / 2.8)' --y nox --bin 1,1 --range -10,10,0,9 fig-3h.xyz |
    awk -F'\t' '/^#/ { print "#layer\tfilled\tatoms"; next } $3 > 0 { print $1 - 0.5 "\t" $2 - 0.5 "\t" $3 }' >fig-3h.tsv
tsv-plot --style points --y filled --xlabel 'layer: metal above 0, oxide below' --ylabel 'filled sites of 8' fig-3h.tsv -o fig-3h.png
