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
