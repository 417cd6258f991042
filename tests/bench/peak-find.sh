#!/bin/bash
# Core-seconds and peak memory of peak-find on 300^3 voxels with 20,000 atoms:
# lines "what value unit ratio-to-limit limit". The second volume's noise makes
# a million candidates, nearly all rejected without a fit.
top=$(cd "$(dirname "$0")/../.." && pwd)
build=${BUILD:-$top/build}
make -s -C "$top" BUILD="$build" "$build/bench/peak_volume" "$build/bin/peak-find" >&2 || exit 1
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

# measure NAME LIMIT OPTIONS...
measure() {
    local name=$1 limit=$2
    shift 2
    command time -f '%U %S %M' -o "$dir/time" "$build/bin/peak-find" "$@" "$dir/volume" -o "$dir/atoms" || exit 1
    read -r user system memory < "$dir/time"
    awk -v n="$name" -v s="$(awk "BEGIN { print $user + $system }")" -v m="$memory" -v l="$limit" 'BEGIN {
        printf "%s time\t%.1f\tcore-s\t%s\t%s\n", n, s, l ? sprintf("%.2f", s / l) : "-", l ? l : "-"
        printf "%s memory\t%.2f\tGB\t%.2f\t1\n", n, m / 1048576, m / 1048576 }'
    printf '%s atoms\t%s\tatoms\t-\t-\n' "$name" "$(head -1 "$dir/atoms")"
}

"$build/bench/peak_volume" 300 20000 0 > "$dir/volume" || exit 1
measure "peak-find" 20
measure "peak-find --box 0.8" 20 --box 0.8
measure "peak-find --fit gauss" 20 --fit gauss
"$build/bench/peak_volume" 300 20000 0.02 > "$dir/volume" || exit 1
measure "peak-find, noise" 0
