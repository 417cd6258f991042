#!/bin/bash
# Core-seconds of the filters on surfaces and cells, text in and text out:
# lines "what value unit ratio-to-limit limit". Atoms: a jittered fcc ball.
top=$(cd "$(dirname "$0")/../.." && pwd)
build=${BUILD:-$top/build}
make -s -C "$top" BUILD="$build" "$build"/bin/{crystal,particle,alpha-shape,voronoi-rho,surface-distance,atoms-splat} >&2 || exit 1
PATH=$build/bin:$PATH
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

# measure NAME LIMIT COMMAND...
measure() {
    local name=$1 limit=$2
    shift 2
    command time -f '%U %S %e %M' -o "$dir/time" "$@" > "$dir/out" || exit 1
    read -r user system wall memory < "$dir/time"
    awk -v n="$name" -v u="$user" -v s="$system" -v w="$wall" -v m="$memory" -v l="$limit" 'BEGIN { t = u + s
        printf "%s time\t%.2f\tcore-s\t%s\t%s\n%s wall\t%.2f\ts\t-\t-\n%s memory\t%.0f\tMB\t-\t-\n", n, t, l ? sprintf("%.2f", t / l) : "-", l ? l : "-", n, w, n, m / 1024 }'
}

# radius of a ball of N atoms of 17.36 A^3
ball() { crystal -s fcc -a 4.11 -S "R$(awk -v n="$1" 'BEGIN { print (n * 17.357 * 0.2387324) ^ (1 / 3) }')" | particle -J 0.16; }

ball 15000 > "$dir/15k"
ball 100000 > "$dir/100k"
ball 1000000 > "$dir/1m"
measure "voronoi-rho 15,000" 0.5 voronoi-rho -j 1 "$dir/15k"
measure "voronoi-rho 100,000" 0 voronoi-rho -j 1 "$dir/100k"
measure "voronoi-rho 1,000,000" 0 voronoi-rho -j 1 "$dir/1m"
measure "alpha-shape 100,000" 0 alpha-shape -j 1 "$dir/100k"
measure "alpha-shape 1,000,000" 0 alpha-shape -j 1 "$dir/1m"
measure "surface-distance 100,000" 0 surface-distance -j 1 "$dir/100k"
measure "surface-distance 1,000,000" 10 surface-distance -j 1 "$dir/1m"
measure "surface-distance 1,000,000, 2 threads" 0 surface-distance -j 2 "$dir/1m"
measure "voronoi-rho 100,000, 2 threads" 0 voronoi-rho -j 2 "$dir/100k"
measure "atoms-splat 15,000" 0 atoms-splat -j 1 --column x "$dir/15k"
