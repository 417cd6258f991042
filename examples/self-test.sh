#!/bin/sh
# self-test.sh [MODEL.xyz [DIR]]: how far a traced model can be trusted.
#
# The oxygens that a tracing cannot see are filled in (oxfill), the model is
# imaged by multislice, noise is added, and the images go the way of the
# measured ones: reconstruction, tracing. What comes out is compared with what
# went in: certificate.tsv. Without a model, a phantom of 26 angstrom is made.
#
#   IMAGES=--fast       options of multislice: --fast (the default) is the quick
#                       model, without channelling; '' is the full calculation
#                       (hours), and the one to believe about the oxygen
#   ANGLES=-66:6:66     tilts       DETECTOR=40,100     ring, mrad
#   DOSE=1e5            electrons per square angstrom and image
#   MEASURED=frames.nrrd  raw frames of the measurement: pixel, electrons and
#                       noise are then those of the mean of each tilt's frames
#   PIPELINE='resire | peak-find | kmeans-trace --species Zr'     from images to
#                       atoms, as aet-history --script prints it; the volume and
#                       the peaks are kept where it writes volume.nrrd, peaks.xyz
# Sources: the self-consistency test of published atomic electron tomography.
set -eu
export LC_ALL=C

model=${1:-}
frames=${MEASURED:-}
[ -z "$frames" ] || frames=$(cd "$(dirname "$frames")" && pwd)/$(basename "$frames")
[ -z "$model" ] || model=$(cd "$(dirname "$model")" && pwd)/$(basename "$model")
mkdir -p "${2:-demo/self-test}"
cd "${2:-demo/self-test}"
if [ -n "$model" ]; then
    cp "$model" model.xyz
else
    phantom -q --diameter 26 -o model.xyz
fi

# Options of add-noise: the measured electrons per pixel of the particle, and
# the r.m.s. of what background and read-out add to them, both of the sum of a
# tilt's frames. Gain, offset and read noise are means over the tilts.
measured_noise() {
    noise-estimate -q "$frames" -o noise.tsv
    frame-register -q "$frames" -o mean.nrrd
    background-subtract -q mean.nrrd -o particle.nrrd
    n=$(vol-info --json mean.nrrd | sed -n 's/^ *"samples": \([0-9]*\).*/\1/p')
    for f in particle mean; do tail -c $((4 * n)) $f.nrrd | od -An -v -tf4 -w4 >$f.txt; done
    paste particle.txt mean.txt | awk '
        BEGIN { while ((getline line < "noise.tsv") > 0) if (line !~ /^#/) {
            split(line, f, "\t"); frames = f[2]; gain += f[3]; offset += f[5]; square += f[6] * f[6]; n++ }
            gain /= n; offset /= n; square /= n }
        $1 != 0 { signal += $1; under += $2 - $1; m++ }
        END { under = frames * (under / m - offset) / gain
            printf "--counts %.4g --read-noise %.4g\n", frames * signal / m / gain,
                sqrt((under > 0 ? under : 0) + frames * square / gain / gain) }'
    rm particle.txt mean.txt
}
if [ -n "$frames" ]; then
    noise=$(measured_noise)
    step=$(vol-info --json "$frames" | sed -n 's/^ *"pixel": \[\([0-9.]*\).*/\1/p')
else
    noise="--dose ${DOSE:-1e5}"
    step=0.36
fi

# model to images; a detector counts electrons, so images are electrons per probe
oxfill --add model.xyz -o oxide.xyz
# shellcheck disable=SC2086
multislice ${IMAGES---fast} --angles "${ANGLES:--66:6:66}" --detector "${DETECTOR:-40,100}" --step "$step" oxide.xyz |
    add-noise $noise >images.nrrd

# images to atoms
if [ -n "${PIPELINE:-}" ]; then
    sh -c "$PIPELINE" <images.nrrd >atoms.xyz
else
    resire --accelerate os -n 15 images.nrrd | tee volume.nrrd | peak-find | tee peaks.xyz |
        kmeans-trace --species Zr >atoms.xyz
fi

# atoms against the model
atoms-compare --tolerance 0.9 --matched matched.tsv atoms.xyz model.xyz -o compare.tsv
{
    printf '#quantity\tgroup\tvalue\tunit\n'
    awk -F'\t' '$1 ~ /^(reference|matched|missing|spurious|percent_0.9|rmsd|std_[xyz])$/ { print $1 "\tall\t" $2 "\t" $3 }' compare.tsv
    # by phase, where the model has one, and by depth along the beam at tilt 0
    awk -F'\t' '
        FNR == NR { if ($1 !~ /^#/) { found[$2] = 1; square[$2] = $3 * $3 } next }
        FNR == 2 { n = split(substr($0, index($0, "Properties=") + 11), p, /[: ]/); at = 1
            for (i = 1; i + 2 <= n && p[i + 2] ~ /^[0-9]+$/; i += 3) { if (p[i] == "phase") col = at; at += p[i + 2] } }
        FNR > 2 { split($0, f, " "); i = FNR - 3
            g = col ? f[col] : "-"; d = f[4] < -5 ? "below -5 A" : f[4] > 5 ? "above 5 A" : "within 5 A"
            all["phase " g]++; all["depth " d]++
            if (i in found) { got["phase " g]++; got["depth " d]++; sum["phase " g] += square[i]; sum["depth " d] += square[i] } }
        END { for (g in all) if (g != "phase -") {
            printf "percent_0.9\t%s\t%.4g\t%%\n", g, 100 * got[g] / all[g]
            if (got[g]) printf "rmsd0\t%s\t%.4g\tpm\n", g, 100 * sqrt(sum[g] / got[g]) } }' matched.tsv model.xyz | sort
} >certificate.tsv

# does oxygen show? the volume at its sites, at those of the metal, and outside
if [ -e volume.nrrd ]; then
    atoms-select -q 'species == "O"' oxide.xyz -o oxygen.xyz
    reach=$(awk 'NR > 2 { r = $2 * $2 + $3 * $3 + $4 * $4; if (r > most) most = r } END { print sqrt(most) }' oxide.xyz)
    square() { awk "BEGIN { print ($reach + $1) * ($reach + $1) }"; }
    crystal -s sc -a 3 --species Zr --size "$(awk "BEGIN { print 2 * $reach }")" |
        atoms-select -q "x*x + y*y + z*z > $(square 1) && x*x + z*z < $(square 3)" -o outside.xyz
    for sites in model oxygen outside; do # in any two classes: only the intensities matter
        kmeans-trace -q --force --keep -d 0.01 --local-radius 0 --volume volume.nrrd "$sites.xyz" 2>/dev/null |
            atoms-hist --column intensity --by species >"at-$sites.tsv"
        awk -F'\t' -v s="$sites" '!/^#/ { n += $2; sum += $2 * $4; square += $2 * ($5 * $5 + $4 * $4) }
            END { m = sum / n; printf "intensity\t%s sites\t%.6g\t\ndeviation\t%s sites\t%.6g\t\n", s, m, s, sqrt(square / n - m * m) }' "at-$sites.tsv"
    done >>certificate.tsv
    if [ -e peaks.xyz ]; then
        atoms-compare -q --tolerance 0.5 --start 0,0,0 peaks.xyz oxygen.xyz |
            awk -F'\t' '$1 == "recall" { printf "peaks within 0.5 A\toxygen sites\t%.4g\t%%\n", 100 * $2 }' >>certificate.tsv
    fi
fi

column -t -s "$(printf '\t')" certificate.tsv 2>/dev/null || cat certificate.tsv
