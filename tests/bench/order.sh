#!/bin/bash
# Core-seconds and peak memory of boo, pdf, bonds and phase-label, text in and
# text out on one thread, on 1e4 to 1e6 jittered fcc atoms in order and in
# random order: lines "what value unit ratio-to-limit limit"; and what a
# second thread is worth (wall seconds of one thread over those of two).
top=$(cd "$(dirname "$0")/../.." && pwd)
build=${BUILD:-$top/build}
tools="boo pdf bonds phase-label crystal particle"
# shellcheck disable=SC2046,SC2086
make -s -C "$top" BUILD="$build" "$build/bench/cells" $(printf " $build/bin/%s" $tools) >&2 || exit 1
PATH=$build/bin:$PATH
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

# measure NAME LIMIT MEGABYTES COMMAND...
measure() {
    local name=$1 limit=$2 megabytes=$3
    shift 3
    command time -f '%U %S %M' -o "$dir/time" "$@" > "$dir/out" || exit 1
    read -r user system memory < "$dir/time"
    awk -v n="$name" -v s="$(awk "BEGIN { print $user + $system }")" -v m="$memory" -v l="$limit" -v k="$megabytes" 'BEGIN {
        printf "%s time\t%.2f\tcore-s\t%s\t%s\n", n, s, l ? sprintf("%.2f", s / l) : "-", l ? l : "-"
        m *= 1024 / 1e6
        printf "%s memory\t%.0f\tMB\t%s\t%s\n", n, m, k ? sprintf("%.2f", m / k) : "-", k ? k : "-" }'
}

# wall COMMAND...: seconds
wall() { command time -f %e -o "$dir/wall" "$@" > "$dir/out" && cat "$dir/wall"; }

for cells in 14 29 63; do # 10,976, 97,556 and 1,000,188 atoms
    crystal --structure fcc --a 5.092 --cells $cells,$cells,$cells | particle --jitter 0.16 > "$dir/atoms"
    n=$(head -n 1 "$dir/atoms") limit=0 megabytes=0 second=0
    [ "$cells" -lt 63 ] || { limit=4 megabytes=400 second=2; }
    measure "boo $n" $limit $megabytes boo -j1 "$dir/atoms"
    measure "pdf to 12 A $n" $second 0 pdf -j1 --rmax 12 --norm bulk "$dir/atoms"
done
boo "$dir/atoms" > "$dir/boo"
measure "phase-label $n" 0 0 phase-label -j1 "$dir/boo"
measure "bonds $n" 0 0 bonds -j1 "$dir/atoms"
for tool in "boo" "pdf --rmax 12 --norm bulk"; do
    # shellcheck disable=SC2046,SC2086
    awk -v t="${tool%% *}" -v a="$(wall $tool -j1 "$dir/atoms")" -v b="$(wall $tool -j2 "$dir/atoms")" 'BEGIN {
        printf "%s, two threads\t%.2f\ttimes\t%.2f\t1.7\n", t, a / b, 1.7 / (a / b) }'
done
{ head -n 2 "$dir/atoms"; tail -n +3 "$dir/atoms" | shuf --random-source="$dir/atoms"; } > "$dir/random"
measure "boo $n, random order" 4 400 boo -j1 "$dir/random"
measure "pdf to 12 A $n, random order" 2 0 pdf -j1 --rmax 12 --norm bulk "$dir/random"
OMP_NUM_THREADS=1 "$build/bench/cells" 1000000 1
OMP_NUM_THREADS=1 "$build/bench/cells" 1000000 1 1 | sed 's/^/far atom: /'
