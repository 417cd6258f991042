#!/bin/bash
# boo, pdf, bonds, phase-label, ptm and grains, text in and text out, on 1e4 to
# 1e6 jittered fcc atoms: core-seconds and peak memory on one thread, in order
# and in random order; how the seconds grow (1 is in step with the atoms); and
# what a second thread is worth (the least wall seconds of three runs on one
# over those on two, which wants an idle machine).
# Lines "what value unit ratio-to-limit limit".
top=$(cd "$(dirname "$0")/../.." && pwd)
build=${BUILD:-$top/build}
tools="boo pdf bonds phase-label ptm grains crystal particle"
# shellcheck disable=SC2046,SC2086
make -s -C "$top" BUILD="$build" "$build/bench/cells" $(printf " $build/bin/%s" $tools) >&2 || exit 1
PATH=$build/bin:$PATH
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

# row WHAT VALUE UNIT LIMIT(0: none)
row() { awk -v w="$1" -v x="$2" -v u="$3" -v l="$4" 'BEGIN { printf "%s\t%.2f\t%s\t%s\t%s\n", w, x, u, l ? sprintf("%.2f", x / l) : "-", l ? l : "-" }'; }

# measure NAME LIMIT MEGABYTES COMMAND...: its seconds in $seconds
measure() {
    local name=$1 limit=$2 megabytes=$3
    shift 3
    command time -f '%U %S %M' -o "$dir/time" "$@" > "$dir/out" || exit 1
    read -r user system memory < "$dir/time"
    seconds=$(awk "BEGIN { print $user + $system }")
    row "$name time" "$seconds" core-s "$limit"
    row "$name memory" "$(awk "BEGIN { print $memory * 1024 / 1e6 }")" MB "$megabytes"
}

# two NAME COMMAND...: the tool on one and on two threads
two() {
    local name=$1
    shift
    for _ in 1 2 3; do
        for j in 1 2; do
            command time -f "$j %e" -a -o "$dir/wall" "$@" -j "$j" > "$dir/out" || exit 1
        done
    done
    awk -v n="$name" '!($1 in t) || $2 < t[$1] { t[$1] = $2 } END { s = t[1] / t[2]; printf "%s, two threads\t%.2f\ttimes\t%.2f\t1.7\n", n, s, 1.7 / s }' "$dir/wall"
    rm "$dir/wall"
}

# all N: every tool on the file atoms, their seconds as lines "tool N seconds" in $dir/grown
all() {
    local n=$1 of=(0 0 0 0 0)
    [ "$n" -lt 1000000 ] || of=(4 400 2 5 7)
    measure "boo $n" "${of[0]}" "${of[1]}" boo -j1 "$dir/atoms"
    echo "boo $n $seconds" >> "$dir/grown"
    measure "pdf to 12 A $n" "${of[2]}" 0 pdf -j1 --rmax 12 --norm bulk "$dir/atoms"
    echo "pdf $n $seconds" >> "$dir/grown"
    measure "ptm $n" "${of[3]}" 0 ptm -j1 "$dir/atoms"
    echo "ptm $n $seconds" >> "$dir/grown"
    mv "$dir/out" "$dir/ptm"
    measure "grains after it $n" "${of[4]}" 0 grains -j1 "$dir/ptm"
    echo "grains $n $seconds" >> "$dir/grown"
}

for cells in 14 29 63; do # 10,976, 97,556 and 1,000,188 atoms
    crystal --structure fcc --a 5.092 --cells $cells,$cells,$cells | particle --jitter 0.16 > "$dir/atoms"
    all "$(head -n 1 "$dir/atoms")"
done
awk '$1 in last && last[$1] > 0 { printf "%s, seconds per atom %d over %d\t%.2f\ttimes\t-\t-\n", $1, $2, n[$1], $3 / $2 / (last[$1] / n[$1]) }
    { last[$1] = $3; n[$1] = $2 }' "$dir/grown"
n=$(head -n 1 "$dir/atoms")
two boo boo "$dir/atoms"
two pdf pdf --rmax 12 --norm bulk "$dir/atoms"
two ptm ptm "$dir/atoms"
two grains grains "$dir/ptm"
boo "$dir/atoms" > "$dir/boo"
measure "phase-label $n" 0 0 phase-label -j1 "$dir/boo"
measure "bonds $n" 0 0 bonds -j1 "$dir/atoms"
{ head -n 2 "$dir/atoms"; tail -n +3 "$dir/atoms" | shuf --random-source="$dir/atoms"; } > "$dir/random"
measure "boo $n, random order" 4 400 boo -j1 "$dir/random"
measure "pdf to 12 A $n, random order" 2 0 pdf -j1 --rmax 12 --norm bulk "$dir/random"
measure "pdf to 12 A $n, open, region" 0 0 pdf -j1 --rmax 12 --open "$dir/atoms"
measure "ptm $n, random order" 5 0 ptm -j1 "$dir/random"
mv "$dir/out" "$dir/ptm"
measure "grains after it $n, random order" 7 0 grains -j1 "$dir/ptm"
OMP_NUM_THREADS=1 "$build/bench/cells" 1000000 1
OMP_NUM_THREADS=1 "$build/bench/cells" 1000000 1 1 | sed 's/^/far atom: /'
