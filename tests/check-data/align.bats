# Shifts and atoms of the shared phantoms from images that are displaced, and
# from raw frames. Limits: the shifts 0.15 px across and 0.1 px along, after
# a cos + b sin across and a constant along, which only move the object; atoms
# 15 pm without --against, 5.3 pm with (a plain numpy chain from raw frames:
# 5.3), under hard conditions 13 and 20 pm.
# shellcheck shell=bash
load ../helpers

setup() {
    [ -d "$DATA/phantom" ] || skip "no DATA"
}

# off REPORT TRUTH: r.m.s. of dx less a cos + b sin, of dy less a constant
off() {
    paste <(column "$1" angle) <(column "$1" dx_px) <(column "$1" dy_px) <(tail -n +2 "$2") | awk '
        { n++; c[n] = cos($1 * 0.01745329252); s[n] = sin($1 * 0.01745329252); x[n] = $2 - $7; y[n] = $3 - $8
          cc += c[n] * c[n]; ss += s[n] * s[n]; cs += c[n] * s[n]; xc += x[n] * c[n]; xs += x[n] * s[n]; my += y[n] }
        END { d = cc * ss - cs * cs; a = (xc * ss - xs * cs) / d; b = (xs * cc - xc * cs) / d
          for (i = 1; i <= n; i++) { ex += (x[i] - a * c[i] - b * s[i])^2; ey += (y[i] - my / n)^2 }
          print sqrt(ex / n), sqrt(ey / n) }'
}

told() { # told REPORT NAME: the shifts' errors
    read -r across along < <(off "$1" "$DATA/phantom/$2/shifts.tsv")
    echo "# $BATS_TEST_DESCRIPTION: shifts off by $across px across, $along px along" >&3
}

atoms() { # atoms TRUTH < tilts: traced and compared, m matched %, f false %, p pm
    resire -q --accelerate os -n 15 | peak-find -q | kmeans-trace -q >atoms.xyz
    atoms-compare -q --tolerance 0.9 atoms.xyz "$DATA/phantom/$1/atoms.xyz" >table
    value() { awk -F'\t' -v n="$1" '$1 == n { print $2 }' table; }
    m=$(value percent_0.9) p=$(value rmsd)
    f=$(awk -v f="$(value spurious)" -v n="$(head -1 atoms.xyz)" 'BEGIN { print 100 * f / n }')
    echo "# $BATS_TEST_DESCRIPTION: $m % matched, $f % false, $p pm" >&3
}

from_frames() { # from_frames NAME: prepared images in s, shifts in r, aligned in o
    for t in drift-correct frame-register bm3d-denoise; do command -v $t >/dev/null || skip "no $t"; done
    drift-correct -q --flyback 0.1 "$DATA/phantom/$1/frames.nrrd" | frame-register -q --noise-out n -o m
    bm3d-denoise -q --noise-from n m | background-subtract -q >s
    tilt-align -q --against --report r s >o
}

@test "small, displaced images, without --against" {
    background-subtract -q "$DATA/phantom/small/shifted.nrrd" | tilt-align -q --report r >o
    told r small
    atmost "$along" 0.1
    atoms small <o
    atleast "$m" 100; atmost "$f" 0; atmost "$p" 15
}

@test "small, displaced images, --against" {
    [ -n "$LONG" ] || skip "needs LONG=1 (2 minutes)"
    background-subtract -q "$DATA/phantom/small/shifted.nrrd" | tilt-align -q --against --report r >o
    told r small
    atmost "$across" 0.15; atmost "$along" 0.1
    atoms small <o
    atleast "$m" 100; atmost "$f" 0; atmost "$p" 5.3
}

@test "small, raw frames, --against" {
    [ -n "$LONG" ] || skip "needs LONG=1 (3 minutes)"
    from_frames small
    told r small
    atmost "$across" 0.15; atmost "$along" 0.1
    atoms small <o
    atleast "$m" 100; atmost "$f" 0; atmost "$p" 5.3
}

@test "small-hard, raw frames, --against" {
    [ -n "$LONG" ] || skip "needs LONG=1 (3 minutes)"
    from_frames small-hard
    told r small-hard
    atoms small <o
    atleast "$m" 99.7; atmost "$f" 0.3; atmost "$p" 13
}

@test "full-hard, raw frames, --against" {
    [ -n "$LONG" ] || skip "needs LONG=1 (20 minutes)"
    from_frames full-hard
    told r full-hard
    atoms full <o
    atleast "$m" 99; atmost "$f" 1; atmost "$p" 20
}
