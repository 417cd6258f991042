#!/bin/bash
# A particle's scan by each method: core-seconds for a probe, memory, and the
# full calculation against FFTW's own transforms of the same size and number:
# lines "what value unit ratio-to-limit limit". A file of atoms may be given.
top=$(cd "$(dirname "$0")/../.." && pwd)
build=${BUILD:-$top/build}
make -s -C "$top" BUILD="$build" "$build/bench/fftpair" "$build/bin/multislice" "$build/bin/phantom" >&2 || exit 1
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
atoms=${1:-$dir/atoms}
[ -n "$1" ] || "$build/bin/phantom" --diameter 40 --seed 1 > "$atoms" || exit 1

# measure NAME OPTIONS...: sets seconds
measure() {
    local name=$1
    shift
    command time -f '%U %S %M' -o "$dir/time" "$build/bin/multislice" -a 0 -d 40,65 -p 0.096 --step 0.36 "$@" "$atoms" -o "$dir/out" || exit 1
    read -r user system memory < "$dir/time"
    seconds=$(awk "BEGIN { print $user + $system }")
    printf '%s time\t%.2f\tcore-s\t-\t-\n%s memory\t%.3f\tGB\t-\t-\n' "$name" "$seconds" "$name" "$(awk "BEGIN { print $memory / 1048576 }")"
}

measure "multislice, a window for each probe" -s 32
measure "multislice --full, 1 probe" -s 1 --full
one=$seconds
"$build/bin/multislice" -a 0 -d 40,65 -p 0.096 --step 0.36 -s 4 --full -v "$atoms" -o "$dir/out" 2> "$dir/said"
measure "multislice --full, 65 probes" -s 65,1 --full
n=$(sed -n 's/.* image 0: \([0-9]*\) x .*/\1/p' "$dir/said")
slices=$(sed -n 's/.* angstrom, \([0-9]*\) slices.*/\1/p' "$dir/said")
pair=$("$build/bench/fftpair" "$n") || exit 1
awk -v s="$seconds" -v o="$one" -v p="$pair" -v z="$slices" 'BEGIN { r = (s - o) / 64 / z / p
    printf "slice of the whole cell\t%.3g\tcore-s\t%.2f\t%.3g (1.3 pairs of transforms)\n", (s - o) / 64 / z, r / 1.3, 1.3 * p }'
measure "multislice --method prism" -s 32 --method prism
measure "multislice --fast" -s 32 --fast
