#!/bin/bash
# Core-seconds and peak memory of bm3d-denoise per image of 512 x 512 pixels:
# a particle with noise of sigma 25, four images. Lines "what value unit
# ratio-to-limit limit". The last ones: the same with ten times as many images
# over the memory of four.
top=$(cd "$(dirname "$0")/../.." && pwd)
build=${BUILD:-$top/build}
make -s -C "$top" BUILD="$build" "$build"/bin/{bm3d-denoise,add-noise,atoms-project,tilt-select} "$build/bench/bm3d" >&2 || exit 1
PATH=$build/bin:$PATH
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

# stack N: N images of the fixture's atoms, 512 x 512, brightest pixel near 200
stack() {
    printf '%s\n' $(seq 0 $(($1 - 1))) > "$dir/angles.tlt"
    atoms-project -a "$dir/angles.tlt" -p 0.1 -s 512 --relative-to Zr "$top/tests/data/atoms-project.in" |
        add-noise --read-noise 25
}

# measure NAME SECONDS IMAGES FILE OPTIONS...
measure() {
    local name=$1 limit=$2 images=$3 file=$4
    shift 4
    command time -f '%U %S %M' -o "$dir/time" bm3d-denoise -q -j 1 "$@" "$file" -o "$dir/out" || exit 1
    read -r user system memory < "$dir/time"
    awk -v n="$name" -v s="$user" -v t="$system" -v k="$images" -v m="$memory" -v l="$limit" 'BEGIN {
        s = (s + t) / k
        printf "%s time\t%.3f\tcore-s/image\t%.2f\t%s\n", n, s, s / l, l
        printf "%s memory\t%.1f\tMB\t%.2f\t100\n", n, m / 1024, m / 102400 }'
}

stack 4 > "$dir/four"
{
    printf 'NRRD0004\ntype: float\ndimension: 2\nsizes: 64 64\nencoding: ascii\n\n'
    awk 'BEGIN { p = atan2(0, -1) / 32; for (y = 0; y < 64; y++) for (x = 0; x < 64; x++)
        print 4096 * 625 * 0.64 / (1.36 - 1.2 * cos(p * x)) }'
} > "$dir/psd"
measure "bm3d-denoise white" 1 4 "$dir/four" --noise white --sigma 25
measure "bm3d-denoise correlated" 2 4 "$dir/four" --psd "$dir/psd"
measure "bm3d-denoise fast" 0.2 4 "$dir/four" --noise white --sigma 25 --profile fast
small=$memory
stack 40 > "$dir/forty"
measure "bm3d-denoise fast, 40 images" 0.2 40 "$dir/forty" --noise white --sigma 25 --profile fast
awk -v a="$small" -v b="$memory" 'BEGIN { printf "bm3d-denoise memory of 40 images over 4\t%.2f\t-\t%.2f\t1.2\n", b / a, b / a / 1.2 }'
# pixels a second of each profile beside the peak of multiply-adds
"$build/bench/bm3d"
