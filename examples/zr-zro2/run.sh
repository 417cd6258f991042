#!/bin/sh
# run.sh [DIR]: the computed figures of an oxidised nanoparticle, in order.
#
# The particle is a simulated one, made on the spot (60 angstrom, metal core,
# three grains of oxide, amorphous oxide, pores, vacancies), or yours:
#
#   DATA=model.xyz run.sh                       atoms, with a column phase or not
#   DATA=tilts.nrrd run.sh                      aligned tilts with their angles
#   DATA=tilts.mrc ANGLES=a.tlt PIXEL=0.343 run.sh     what vol-import reads
#   DIAMETER=40 CORE=none run.sh                another simulated one
#
# Every fig-*.sh is a pipeline or a few, run in DIR (default: demo/zr-zro2), that
# reads labelled.xyz and leaves tables (TSV), surfaces (PLY) and pictures (PNG)
# under the name of its figure. "# needs:" names what it needs beyond the core tools.
set -eu
export LC_ALL=C

here=$(cd "$(dirname "$0")" && pwd)
for file in ${DATA:+DATA} ${ANGLES:+ANGLES}; do # full names, before the cd
    path=
    eval "path=\$$file"
    [ -e "$path" ] || { echo "run.sh: $file=$path: no such file" >&2; exit 1; }
    eval "$file=\$(cd \"\$(dirname \"\$path\")\" && pwd)/\$(basename \"\$path\")"
done
mkdir -p "${1:-demo/zr-zro2}"
cd "${1:-demo/zr-zro2}"

. "$here/atoms.sh"

# distances are from the metal core, or, without one, from the outer surface
FROM='phase == "core"'
AXIS='distance from the core (A)'
if [ "$(atoms-select --count "$FROM" labelled.xyz)" -lt 5 ]; then
    FROM=
    AXIS='distance from the surface (A), negative inside'
fi
export FROM AXIS

for figure in "$here"/fig-*.sh; do
    name=$(basename "$figure" .sh)
    missing=
    for tool in $(sed -n 's/^# needs: //p' "$figure"); do
        command -v "$tool" >/dev/null || missing="$missing $tool"
    done
    if grep -q '^# needs a core' "$figure" && [ -z "$FROM" ]; then
        echo "$name: left out, there is no metal core"
    elif [ -n "$missing" ]; then
        echo "$name: left out, there is no$missing"
    else
        sed -n '2s/^# //p' "$figure"
        sh -eu "$figure"
    fi
done
echo "tables, surfaces and pictures: $(pwd)"
