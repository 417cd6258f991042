#!/bin/bash
# Core-seconds of the filters on surfaces and cells, text in and text out:
# lines "what value unit ratio-to-limit limit". Atoms: a jittered fcc ball.
top=$(cd "$(dirname "$0")/../.." && pwd)
build=${BUILD:-$top/build}
make -s -C "$top" BUILD="$build" "$build"/bin/{crystal,particle,alpha-shape,voronoi-rho,surface-distance,atoms-splat} >&2 || exit 1
PATH=$build/bin:$PATH
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

# measure NAME LIMIT COMMAND...: the least of two runs; leaves core and wall seconds
measure() {
    local name=$1 limit=$2 user system elapsed memory
    shift 2
    core=1e9 wall=1e9
    for _ in 1 2; do
        OMP_WAIT_POLICY=passive command time -f '%U %S %e %M' -o "$dir/time" "$@" > "$dir/out" || exit 1
        read -r user system elapsed memory < "$dir/time"
        core=$(awk "BEGIN { t = $user + $system; print t < $core ? t : $core }")
        wall=$(awk "BEGIN { print $elapsed < $wall ? $elapsed : $wall }")
    done
    awk -v n="$name" -v t="$core" -v w="$wall" -v m="$memory" -v l="$limit" 'BEGIN {
        printf "%s time\t%.2f\tcore-s\t%s\t%s\n%s wall\t%.2f\ts\t-\t-\n%s memory\t%.0f\tMB\t-\t-\n", n, t, l ? sprintf("%.2f", t / l) : "-", l ? l : "-", n, w, n, m / 1024 }'
}

# grows TOOL LIMIT: 1e4, 1e5, 1e6 atoms, core-s at most LIMIT for the last, and
# how much more than 100 times as long as the first it takes; 1e5 by two threads
grows() {
    local tool=$1 limit=$2 few one
    measure "$tool 10,000" 0 "$tool" -j 1 "$dir/10k"
    few=$core
    measure "$tool 100,000" 0 "$tool" -j 1 "$dir/100k"
    one=$wall
    measure "$tool 100,000, 2 threads" 0 "$tool" -j 2 "$dir/100k"
    gain "$tool 100,000" "$one" "$wall"
    measure "$tool 1,000,000" "$limit" "$tool" -j 1 "$dir/1m"
    awk -v n="$tool" -v a="$few" -v b="$core" 'BEGIN { printf "%s growth\t%.2f\ttimes linear\t-\t-\n", n, b / a / 100 }'
}

# gain NAME WALL1 WALL2: the ratio to the limit is over 1 when that is missed
gain() {
    awk -v n="$1" -v a="$2" -v b="$3" 'BEGIN { printf "%s gain of 2 threads\t%.2f\ttimes\t%.2f\t1.7\n", n, a / b, 1.7 * b / a }'
}

# radius of a ball of N atoms of 17.36 A^3
ball() { crystal -s fcc -a 4.11 -S "R$(awk -v n="$1" 'BEGIN { print (n * 17.357 * 0.2387324) ^ (1 / 3) }')" | particle -J 0.16; }

ball 10000 > "$dir/10k"
ball 15000 > "$dir/15k"
ball 100000 > "$dir/100k"
ball 1000000 > "$dir/1m"
measure "voronoi-rho 15,000" 0.5 voronoi-rho -j 1 "$dir/15k"
one=$wall
measure "voronoi-rho 15,000, 2 threads" 0 voronoi-rho -j 2 "$dir/15k"
gain "voronoi-rho 15,000" "$one" "$wall"
grows voronoi-rho 0
grows surface-distance 10
one=$wall
measure "surface-distance 1,000,000, 2 threads" 0 surface-distance -j 2 "$dir/1m"
gain "surface-distance 1,000,000" "$one" "$wall"
measure "alpha-shape 100,000" 0 alpha-shape -j 1 "$dir/100k"
measure "alpha-shape 1,000,000" 0 alpha-shape -j 1 "$dir/1m"
measure "atoms-splat 15,000" 0 atoms-splat -j 1 --column x "$dir/15k"
