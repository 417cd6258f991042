#!/bin/sh
# demo.sh [DIR]: a particle made on the spot, from its raw frames to its atoms.
#
# A disordered Zr/ZrO2 core-shell particle of 40 angstrom (phantom) is imaged at
# 47 tilts, three drifting frames each, shifted, on a support film, with shot,
# read-out and scan-line noise; the frames are registered, averaged, denoised,
# cleared of the film and aligned, the particle is reconstructed and traced, and
# its atoms compared with their truth. Tables and one picture for each step go
# to DIR (default: demo).
set -eu

dir=${1:-demo}
mkdir -p "$dir/pipe" "$dir/truth"
dir=$(cd "$dir" && pwd)
start=$(date +%s)

# what the microscope sees: the pipe below knows these two files and nothing else
phantom --diameter 40 --with-oxygen --truth "$dir/truth/truth" -o "$dir/truth/all.xyz"
atoms-select 'species == "Zr"' "$dir/truth/all.xyz" -o "$dir/truth/zr.xyz"
atoms-project --angles -69:3:69 --pixel 0.179 --size 352 --relative-to Zr --per-area "$dir/truth/all.xyz" |
    tilt-jitter --fine 2 --frames 3 --truth "$dir/truth/tilts" |
    add-noise --dose 3300 --fraction 0.03 --gain 16 --offset 200 --read-noise 8 --line-noise 20 |
    vol-export -q --angles-out "$dir/pipe/angles.tlt" "$dir/pipe/frames.mrc"

# raw frames in, atoms out; one pipe would do, the files are for the pictures
cd "$dir/pipe"
vol-import frames.mrc -a angles.tlt -p 0.358 --frames 3 >frames.nrrd
drift-correct -v --flyback 0.1 frames.nrrd 2>drift.log >steady.nrrd
frame-register -v --offset 200 --noise-out noise.nrrd steady.nrrd 2>register.log >mean.nrrd
bm3d-denoise -v --noise-from noise.nrrd mean.nrrd 2>denoise.log >clean.nrrd
background-subtract -v clean.nrrd 2>background.log >particle.nrrd
tilt-align -v --against --groups 4 --report shifts.tsv particle.nrrd 2>align.log >tilts.nrrd
resire -v --accelerate os -n 15 --report r.tsv tilts.nrrd 2>resire.log >volume.nrrd
peak-find -v volume.nrrd 2>peaks.log >peaks.xyz
kmeans-trace -v --species Zr --report classes.tsv peaks.xyz 2>trace.log >atoms.xyz

# the history of the atoms, run where the two files are alone, gives the same
aet-history --script atoms.xyz >again.sh
mkdir -p again
cp frames.mrc angles.tlt again
(cd again && sh ../again.sh) | cmp - atoms.xyz
cd - >/dev/null

# how good it is
atoms-compare "$dir/pipe/atoms.xyz" "$dir/truth/zr.xyz" --tolerance 0.9 --fit shift -o "$dir/compare.tsv"
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

# one picture of each step, which is what the next begins with
cd "$dir/pipe"
few() { tilt-select --keep 0,8,23,38,46 "$1" | vol-slice --sheet; }
tilt-select --keep 23 frames.nrrd | vol-slice --sheet -o "$dir/1-frames.png"
tilt-select --keep 23 steady.nrrd | vol-slice --sheet -o "$dir/2-without-drift.png"
few mean.nrrd >"$dir/3-averages.png"
few clean.nrrd >"$dir/4-denoised.png"
few particle.nrrd >"$dir/5-without-background.png"
few tilts.nrrd >"$dir/6-aligned.png"
tsv-plot --x iteration --y R1 --title 'residual by iteration' r.tsv -o "$dir/7-residual.png"
vol-slice --thickness 3 --zoom 4 --scalebar volume.nrrd -o "$dir/8-volume.png"
atoms-hist --column intensity peaks.xyz |
    tsv-plot --style bars --y count --log y --title 'peaks: non-atoms and atoms' -o "$dir/9-peaks.png"
vol-slice --atoms atoms.xyz --thickness 3 --zoom 4 --scalebar volume.nrrd -o "$dir/10-atoms.png"

column -t -s "$(printf '\t')" "$dir/demo.tsv" 2>/dev/null || cat "$dir/demo.tsv"
echo "pictures: $dir/1-frames.png to 10-atoms.png"
