#!/bin/sh
# channelling.sh [DIR]: how sure a simulated signal is. Columns of c-ZrO2 along
# [100], 8.15 nm thick, are imaged with coarser and finer slices and pixels, in
# a larger cell, and with more and more phonon configurations;
# convergence.tsv says what each changes.
#
#   DETECTOR=40,200     ring, mrad       CONFIGURATIONS=16   of phonons
#   THICKNESS=16        cells of 5.09 angstrom along the beam
#
# At rest the columns channel too well and the first HOLZ ring shines: contrast
# is to be read from the rows with phonons. Takes some minutes.
set -eu
export LC_ALL=C
mkdir -p "${1:-demo/channelling}"
cd "${1:-demo/channelling}"
a=5.092 deep=${THICKNESS:-16} detector=${DETECTOR:-40,200}
height=$(awk "BEGIN { print $a * $deep }")

# columns CELLS OPTIONS...: signals of Zr (corners of the cell) and O columns
columns() {
    cells=$1
    shift
    # layers lie in the middle of their slices
    crystal --structure c-zro2 --a $a --cells "$cells,$cells,$deep" |
        awk -v shift="$(awk "BEGIN { print $a / 8 }")" -v side="$(awk "BEGIN { print $a * $cells }")" -v deep="$height" '
            NR < 3 { print; next }
            { for (i = 2; i < 4; i++) { $i %= side; $i += $i < -1e-6 ? side : 0 }
              $4 = ($4 + shift) % deep; $4 += $4 < 0 ? deep : 0; print }' >cell.xyz
    x=$(awk "BEGIN { print $a * int($cells / 2) }")
    multislice --quiet --cell "$(awk "BEGIN { print $a * $cells }"),$(awk "BEGIN { print $a * $cells }"),$height" \
        --detector "$detector" --scan "$x,$x,2,2,$(awk "BEGIN { print $a / 4 }")" \
        --report places.tsv "$@" cell.xyz -o places.nrrd
    awk '!/^#/ { n++; if (n % 4 == 1) zr += $4; if (n % 4 == 0) o += $4 } END { print 4 * zr / n, 4 * o / n }' places.tsv
}

# row WHAT "ZR O": with its change against the first row
row() {
    awk -v what="$1" -v now="$2" -v first="$first" 'BEGIN {
        split(first, f, " "); split(now, s, " ")
        printf "%s\t%.5g\t%.4g\t%.4f\t%+.2f\t%+.2f\n", what, s[1], s[2], s[2] / s[1], 100 * (s[1] / f[1] - 1), 100 * (s[2] / f[2] - 1) }'
}

pixel=0.031825 slice=2.546
first=$(columns 4 --pixel $pixel --slice $slice)
{
    printf '#case\tZr\tO\tO/Zr\tZr_change_%%\tO_change_%%\n'
    row "at rest, slices of a/2, pixel $pixel A, 4 x 4 cells" "$first"
    row "slices of a" "$(columns 4 --pixel $pixel --slice 5.092)"
    row "slices of a/4" "$(columns 4 --pixel $pixel --slice 1.273)"
    row "pixel 0.02546 A" "$(columns 4 --pixel 0.02546 --slice $slice)"
    row "3 x 3 cells" "$(columns 3 --pixel $pixel --slice $slice)"
    n=1
    while [ "$n" -le "${CONFIGURATIONS:-16}" ]; do
        columns 4 --pixel $pixel --slice $slice --phonons 1 --seed $n --displacements Zr=0.07958,O=0.10066
        n=$((n + 1))
    done | awk -v first="$first" '
        { zr += $1; o += $2; zz += $1 * $1; oo += $2 * $2; n++ }
        n >= 2 && n == 2 ^ int(log(n) / log(2) + 0.5) {
            split(first, f, " ")
            printf "%d phonon configurations: standard error %.1f %% (Zr), %.1f %% (O)\t%.5g\t%.4g\t%.4f\t%+.2f\t%+.2f\n", n,
                100 * sqrt((zz - zr * zr / n) / (n - 1) / n) / (zr / n), 100 * sqrt((oo - o * o / n) / (n - 1) / n) / (o / n),
                zr / n, o / n, o / zr, 100 * (zr / n / f[1] - 1), 100 * (o / n / f[2] - 1) }'
} >convergence.tsv
cat convergence.tsv
