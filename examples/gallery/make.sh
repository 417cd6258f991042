#!/bin/sh
# Remake the README's pictures in examples/gallery, from the demo's particle and
# from that of examples/zr-zro2.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$here/../demo.sh" "$work" >/dev/null

tilt-select --keep 8,18,28,38 "$work/pipe/tilts.nrrd" | vol-slice --sheet -o "$here/tilts.png"
vol-slice --atoms "$work/pipe/atoms.xyz" --thickness 3 --zoom 3 --scalebar "$work/pipe/volume.nrrd" -o "$here/slice.png"
atoms-hist --column intensity "$work/pipe/peaks.xyz" |
    tsv-plot --style bars --y count --log y --xlabel 'intensity' --title 'peaks: non-atoms and atoms' \
        --size 720,480 -o "$here/intensity.png"
tsv-plot --x iteration --y R1 --title 'residual by iteration' --size 720,480 "$work/pipe/r.tsv" -o "$here/residual.png"

"$here/../zr-zro2/run.sh" "$work/zr" >/dev/null
cp "$work/zr/fig-1c.png" "$here/pdf.png"
cp "$work/zr/fig-2a-oxidation.png" "$here/oxidation.png"
cp "$work/zr/fig-4a.png" "$here/voids.png"
find "$here" -name '*.png' -size +200k | grep . && { echo "a picture is larger than 200 kB" >&2; exit 1; }
exit 0
