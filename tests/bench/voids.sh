#!/bin/bash
# Core-seconds and peak memory of void-find and oxfill on 100,000 atoms of
# cubic ZrO2 with displacements of 0.16 angstrom per axis and 2 % vacancies:
# lines "what value unit ratio-to-limit limit".
top=$(cd "$(dirname "$0")/../.." && pwd)
build=${BUILD:-$top/build}
make -s -C "$top" BUILD="$build" "$build/bin/"{crystal,particle,void-find,oxfill} >&2 || exit 1
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

"$build/bin/crystal" -s fcc --a 5.092 -S 150 | "$build/bin/particle" -n 2000 -J 0.16 >"$dir/atoms" || exit 1
printf 'atoms\t%s\tatoms\t-\t-\n' "$(head -1 "$dir/atoms")"
for tool in void-find oxfill; do
    command time -f '%U %S %M' -o "$dir/time" "$build/bin/$tool" -q "$dir/atoms" >"$dir/out" || exit 1
    read -r user system memory <"$dir/time"
    awk -v n="$tool" -v s="$(awk "BEGIN { print $user + $system }")" -v m="$memory" 'BEGIN {
        printf "%s time\t%.2f\tcore-s\t%.2f\t6\n", n, s, s / 6
        printf "%s memory\t%.2f\tGB\t%.2f\t1\n", n, m / 1048576, m / 1048576 }'
done
