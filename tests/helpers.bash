# Shared by every tests/*.bats: paths, number comparison, small inputs.
# shellcheck shell=bash
bats_require_minimum_version 1.5.0

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=${BUILD:-$top/build}
case $build in /*) ;; *) build=$top/$build ;; esac
PATH=$build/bin:$PATH
data=$top/tests/data
export LC_ALL=C
cd "$BATS_TEST_TMPDIR" || exit 1

# near A B TOL: |A - B| <= TOL, all three numbers (nan fails)
near() {
    awk -v a="$1" -v b="$2" -v t="$3" 'BEGIN {
        if (a !~ /^[-+0-9.eE]+$/ || b !~ /^[-+0-9.eE]+$/) { print "near: no number: " a " " b; exit 1 }
        d = a - b; if (d < 0) d = -d
        if (!(d <= t)) { printf "near: %s and %s differ by %g > %g\n", a, b, d, t; exit 1 } }'
}

# atmost A B, atleast A B: A <= B, A >= B
atmost() { awk -v a="$1" -v b="$2" 'BEGIN { if (!(a ~ /^[-+0-9.eE]+$/ && a + 0 <= b + 0)) { print "atmost: " a " > " b; exit 1 } }'; }
atleast() { awk -v a="$1" -v b="$2" 'BEGIN { if (!(a ~ /^[-+0-9.eE]+$/ && a + 0 >= b + 0)) { print "atleast: " a " < " b; exit 1 } }'; }

# column FILE NAME: the values of a TSV column, by its header name up to " ("
column() {
    awk -F'\t' -v want="$2" '
        /^#/ && !col { sub(/^# */, ""); for (i = 1; i <= NF; i++) { h = $i; sub(/ \(.*/, "", h); if (h == want) col = i } ; next }
        col { print $col } ' "$1"
}

# values FILE.xyz NAME [K]: component K (from 0) of a per-atom column
values() {
    awk -v want="$2" -v k="${3:-0}" '
        NR == 2 { match($0, /Properties=[^ ]+/); p = substr($0, RSTART + 11, RLENGTH - 11); m = split(p, f, ":")
            at = 1; for (i = 1; i <= m; i += 3) { if (f[i] == want) col = at + k; at += f[i + 2] } }
        NR > 2 && col { print $col }' "$1"
}

# oneline TEXT: exactly one line on stderr (for `run --separate-stderr`)
oneline() { [ "$(printf '%s\n' "$stderr" | wc -l)" -eq 1 ] && [ -n "$stderr" ]; }

# ASCII STL of a binary PLY of doubles
stl() {
    local head
    head=$(($(grep -a -b -o -m 1 end_header "$1" | cut -d: -f1) + 11))
    nv=$(grep -a -m 1 '^element vertex' "$1" | cut -d' ' -f3)
    { tail -c +$((head + 1)) "$1" | head -c $((24 * nv)) | od -An -v -w24 -t f8
      tail -c +$((head + 24 * nv + 1)) "$1" | od -An -v -w13 -t u1; } |
        awk -v nv="$nv" 'BEGIN { print "solid s" } NR <= nv { v[NR - 1] = $1 " " $2 " " $3; next }
            { print "facet normal 0 0 0\nouter loop"
              for (k = 0; k < 3; k++) print "vertex", v[$(2 + 4 * k) + 256 * $(3 + 4 * k) + 65536 * $(4 + 4 * k)]
              print "endloop\nendfacet" } END { print "endsolid s" }'
}
