#!/bin/sh
# demo.sh [DIR]: a particle made on the spot, from its tilt series to its atoms.
#
# A disordered Zr/ZrO2 core-shell particle of 40 angstrom (phantom) is imaged at
# 41 tilts with shot, read-out and scan-line noise, reconstructed, traced, and
# compared with its own truth. Pictures and tables go to DIR (default: demo).
set -eu

dir=${1:-demo}
mkdir -p "$dir/pipe" "$dir/truth"
dir=$(cd "$dir" && pwd)
start=$(date +%s)

# what the microscope sees: the pipe below knows these two files and nothing else
phantom --diameter 40 --with-oxygen --truth "$dir/truth/truth" -o "$dir/truth/all.xyz"
atoms-select 'species == "Zr"' "$dir/truth/all.xyz" -o "$dir/truth/zr.xyz"
atoms-project --angles -70:3.5:70 --pixel 0.358 --relative-to Zr --per-area "$dir/truth/all.xyz" |
    add-noise --dose 3500 --fraction 0.03 --gain 16 --read-noise 8 --line-noise 20 |
    vol-export -q --angles-out "$dir/pipe/angles.tlt" "$dir/pipe/tilts.mrc"

# tilts in, atoms out
cd "$dir/pipe"
vol-import tilts.mrc -a angles.tlt -p 0.358 >tilts.nrrd
resire -v --accelerate os -n 15 --report r.tsv tilts.nrrd 2>resire.log >volume.nrrd
peak-find -v volume.nrrd 2>peaks.log >peaks.xyz
kmeans-trace -v --species Zr --report classes.tsv peaks.xyz 2>trace.log >atoms.xyz

# the history of the atoms, run on the files alone, gives the same atoms
aet-history --script atoms.xyz >again.sh
sh again.sh | cmp - atoms.xyz
cd - >/dev/null

# how good it is
atoms-compare "$dir/pipe/atoms.xyz" "$dir/truth/zr.xyz" --tolerance 0.9 -o "$dir/compare.tsv"
value() { awk -F'\t' -v name="$1" '$1 == name { print $2 }' "$dir/compare.tsv"; }
r1=$(awk 'END { print $2 }' "$dir/pipe/r.tsv")
memory=$(sed -n 's/.* \([0-9.]*\) MB peak$/\1/p' "$dir"/pipe/*.log | sort -n | tail -n 1)
{
    printf '#quantity\tvalue\tunit\n'
    printf 'atoms, true\t%s\t\n' "$(value reference)"
    printf 'matched at 0.9 A\t%s\t%%\n' "$(value percent_0.9)"
    printf 'spurious\t%s\t\n' "$(value spurious)"
    printf 'RMSD\t%s\tpm\n' "$(value rmsd)"
    printf 'R1\t%s\t\n' "$r1"
    printf 'seconds\t%s\ts\n' "$(($(date +%s) - start))"
    printf 'peak memory\t%s\tMB\n' "$memory"
} >"$dir/demo.tsv"

# pictures
vol-slice --sheet "$dir/pipe/tilts.nrrd" -o "$dir/tilts.png"
vol-slice --atoms "$dir/pipe/atoms.xyz" --thickness 3 --zoom 4 --scalebar "$dir/pipe/volume.nrrd" -o "$dir/slice.png"
atoms-hist --column intensity "$dir/pipe/peaks.xyz" |
    tsv-plot --style bars --y count --log y --title 'peaks: non-atoms and atoms' -o "$dir/intensity.png"
tsv-plot --x iteration --y R1 --title 'residual by iteration' "$dir/pipe/r.tsv" -o "$dir/residual.png"

column -t -s "$(printf '\t')" "$dir/demo.tsv" 2>/dev/null || cat "$dir/demo.tsv"
echo "pictures: $dir/tilts.png slice.png intensity.png residual.png"
