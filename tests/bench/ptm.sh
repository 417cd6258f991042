#!/bin/bash
# Core-seconds and memory of ptm, and of grains with ptm, on 1e6 jittered
# atoms, text in and out: lines "what value unit ratio-to-limit limit".
top=$(cd "$(dirname "$0")/../.." && pwd)
build=${BUILD:-$top/build}
bin=$build/bin
make -s -C "$top" BUILD="$build" "$bin/ptm" "$bin/crystal" "$bin/particle" "$bin/grains" >&2 || exit 1
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

# measure NAME LIMIT COMMAND...
measure() {
    local name=$1 limit=$2
    shift 2
    command time -f '%U %S %M' -o "$dir/time" "$@" || exit 1
    read -r user system memory < "$dir/time"
    awk -v n="$name" -v s="$(awk "BEGIN { print $user + $system }")" -v m="$memory" -v l="$limit" 'BEGIN {
        printf "%s time\t%.1f\tcore-s\t%s\t%s\n", n, s, l ? sprintf("%.2f", s / l) : "-", l ? l : "-"
        printf "%s memory\t%.0f\tMB\t-\t-\n", n, m / 1024 }'
}

"$bin/crystal" --structure fcc-zr --size 293.5 | "$bin/particle" --jitter 0.1 -o "$dir/fcc" || exit 1
measure "ptm, fcc, jitter 0.03 of the bond" 5 "$bin/ptm" -j 1 "$dir/fcc" -o "$dir/out"
measure "grains after it" 7 "$bin/grains" -j 1 "$dir/out" -o "$dir/grains"
shuf --random-source="$dir/fcc" <(tail -n +3 "$dir/fcc") | cat <(head -n 2 "$dir/fcc") - > "$dir/random"
measure "ptm, the same in random order" 5 "$bin/ptm" -j 1 "$dir/random" -o "$dir/out"
"$bin/crystal" --structure fcc-zr --size 293.5 | "$bin/particle" --jitter 0.16 -o "$dir/fcc" || exit 1
measure "ptm, fcc, jitter 0.05 of the bond" 5 "$bin/ptm" -j 1 "$dir/fcc" -o "$dir/out"
"$bin/crystal" --structure bcc-zr --size 286.4 | "$bin/particle" --jitter 0.16 -o "$dir/bcc" || exit 1
measure "ptm, bcc, jitter 0.05 of the bond" 0 "$bin/ptm" -j 1 "$dir/bcc" -o "$dir/out"
