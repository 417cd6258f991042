# fsc: closed forms of the shell correlation.
# shellcheck shell=bash disable=SC2154
load helpers

# volume NX NY NZ SEED FREQ: ascii NRRD of noise (Park-Miller) plus a wave of
# FREQ periods along x
volume() {
    printf 'NRRD0005\ntype: float\ndimension: 3\nsizes: %d %d %d\nspacings: 0.4 0.4 0.4\nunits: "A" "A" "A"\nencoding: ascii\n\n' "$1" "$2" "$3"
    awk -v nx="$1" -v ny="$2" -v nz="$3" -v s="$4" -v f="$5" -v amp="${6:-1}" 'BEGIN {
        for (z = 0; z < nz; z++) for (y = 0; y < ny; y++) for (x = 0; x < nx; x++) {
            v = 0; for (i = 0; i < 4; i++) { s = (s * 16807) % 2147483647; v += s / 2147483647 - 0.5 }
            printf "%.6f\n", amp * v + (f ? 10 * cos(6.283185307179586 * f * x / nx) : 0) } }'
}

@test "fsc: a volume with itself is 1 exactly, with its negative -1" {
    fsc "$data/volume.nrrd" "$data/volume.nrrd" >out
    [ "$(column out fsc | sort -u)" = 1 ]
    [ "$(column out shell | tail -n 1)" = 4 ]
    volume 11 10 9 5 0 >a
    volume 11 10 9 5 0 -1 >b
    fsc a b >out
    [ "$(column out fsc | sort -u)" = -1 ]
}

@test "fsc: shells are those of the longest axis, their counts by hand" {
    volume 8 8 8 3 0 >a
    fsc a a >out
    # points of the 8^3 grid of frequencies -4..3 by rounded distance
    awk 'BEGIN { for (x = -4; x < 4; x++) for (y = -4; y < 4; y++) for (z = -4; z < 4; z++) n[int(sqrt(x*x + y*y + z*z) + 0.5)]++
        for (i = 0; i <= 4; i++) print n[i] }' >want
    column out n | cmp - want
    near "$(column out q | tail -n 1)" 1.25 1e-12
    volume 7 11 5 3 0 >b
    fsc b b >out
    [ "$(column out shell | wc -l)" -eq 6 ]
    near "$(column out q | sed -n 2p)" 0.2272727272727 1e-12
}

@test "fsc: scale does not matter, and neither does the order" {
    volume 12 9 10 21 0 >a
    volume 12 9 10 21 0 7.3 >scaled
    fsc a scaled | sed 1d | while read -r _ _ f _; do near "$f" 1 1e-6; done
    volume 12 9 10 22 2 >b
    fsc a b >ab
    fsc b a >ba
    cmp ab ba
}

@test "fsc: independent noise is 0 within 1/sqrt(n)" {
    volume 24 24 24 101 0 >a
    volume 24 24 24 90807 0 >b
    fsc a b >out
    # z = fsc sqrt(n) has mean 0 and variance 1 over the 11 shells 2 ... 12
    z2=$(awk '!/^#/ && $1 >= 2 { s += $3 * $3 * $4; n++ } END { print s / n }' out)
    atleast "$z2" 0.3
    atmost "$z2" 2.2
}

@test "fsc: a common wave is found in its shell alone" {
    volume 24 16 20 101 5 >a
    volume 24 16 20 90807 5 >b
    fsc a b >out
    atleast "$(column out fsc | sed -n 6p)" 0.95
    for s in 3 4 5 7 8 9; do
        atmost "$(column out fsc | sed -n "${s}p")" 0.5
    done
}

@test "fsc: -v names the resolution, between shells" {
    # two shells at 1, then noise: made of the wave's shell against nothing
    volume 24 16 20 101 1 >a
    volume 24 16 20 90807 1 >b
    run -0 --separate-stderr fsc -v a b
    fsc a b >out
    # the first crossing of 0.5, by awk
    want=$(awk '!/^#/ { if ($1 > 0 && p >= 0.5 && $3 < 0.5) { print 1 / (q + (p - 0.5) / (p - $3) * ($2 - q)); exit } p = $3; q = $2 }' out)
    got=$(sed -n 's/^fsc: falls below 0.5 at \([0-9.]*\) angstrom$/\1/p' <<<"$stderr")
    near "$got" "$want" 0.001
    run -0 --separate-stderr fsc -v a a
    [[ $stderr == *"does not fall below 0.143 before 0.8 angstrom"* ]]
}

@test "fsc: a mask leaves out what differs outside" {
    # equal inside 3 voxels of the centre, not outside
    printf 'NRRD0005\ntype: float\ndimension: 3\nsizes: 13 13 13\nspacings: 0.4 0.4 0.4\nunits: "A" "A" "A"\nencoding: ascii\n\n' >top.txt
    for seed in 7 8; do
        { cat top.txt; awk -v s="$seed" 'BEGIN { t = 5; for (z = -6; z < 7; z++) for (y = -6; y < 7; y++) for (x = -6; x < 7; x++) {
            t = (t * 16807) % 2147483647; s = (s * 48271) % 2147483647
            print (x*x + y*y + z*z < 9 ? t : s) / 2147483647 } }'; } >v$seed
    done
    fsc v7 v8 >plain
    atmost "$(column plain fsc | tail -n 1)" 0.9
    fsc --mask sphere --radius 1.2 v7 v8 | sed 1d | while read -r _ _ f _; do near "$f" 1 1e-9; done
    # the sphere as a file: a hard one is the same as --edge 0
    { cat top.txt; awk 'BEGIN { for (z = -6; z < 7; z++) for (y = -6; y < 7; y++) for (x = -6; x < 7; x++) print x*x + y*y + z*z < 9 }'; } >ball
    volume 13 13 13 99 0 >w
    fsc --mask ball v7 w >file
    fsc --mask sphere --radius 1.2 --edge 0 v7 w | cmp - file
}

@test "fsc: the sphere's edge is half a cosine" {
    # a plane wave under the mask keeps its mean: sum w / sum w^2 in shell 0 by
    # comparing a constant volume with the mask as the other operand
    n=15
    printf 'NRRD0005\ntype: float\ndimension: 3\nsizes: %d %d %d\nspacings: 1 1 1\nunits: "A" "A" "A"\nencoding: ascii\n\n' $n $n $n >top.txt
    { cat top.txt; awk -v n=$n 'BEGIN { for (i = 0; i < n * n * n; i++) print 2.5 }'; } >flat
    { cat top.txt; awk -v n=$n -v R=6.3 -v e=0.4 'BEGIN { c = int(n / 2); for (z = 0; z < n; z++) for (y = 0; y < n; y++) for (x = 0; x < n; x++) {
        d = sqrt((x-c)^2 + (y-c)^2 + (z-c)^2) / R
        w = 0.5 + 0.5 * cos(3.14159265358979 * (d - 1 + e) / e); if (d >= 1) w = 0; if (d <= 1 - e) w = 1; print w } }'; } >weights
    fsc --mask weights flat flat >a
    fsc --mask sphere --radius 6.3 --edge 0.4 flat flat >b
    cmp a b
    # and not that of another edge: cross terms with a third volume differ
    volume 15 15 15 9 0 | sed 's/^spacings.*/spacings: 1 1 1/' >v
    fsc --mask weights flat v >a
    fsc --mask sphere --radius 6.3 --edge 0.4 flat v >b
    paste a b | sed 1d | while read -r _ _ f _ _ _ g _; do near "$f" "$g" 1e-5; done
}

@test "fsc: what cannot be compared" {
    volume 4 5 6 3 0 >a
    volume 4 6 5 3 0 >b
    run -1 --separate-stderr fsc a b
    oneline
    [[ $stderr == *"b: sizes 4 6 5 differ from 4 5 6"* ]]
    sed 's/^spacings.*/spacings: 0.5 0.5 0.5/' a >c
    run -1 --separate-stderr fsc a c
    [[ $stderr == *"c: step 0.5 differs from 0.4 angstrom"* ]]
    fsc --pixel 0.4 a c >out
    grep -v -e ^spacings -e ^units a >plain
    run -1 --separate-stderr fsc plain plain
    oneline
    [[ $stderr == *"--pixel"* ]]
    run -1 --separate-stderr fsc --mask b a a
    [[ $stderr == *"b: sizes"* ]]
    run -1 --separate-stderr fsc "$data/six-tilts.nrrd" a
    oneline
    run -2 --separate-stderr fsc a
    [[ $stderr == *"want operands: A B"* ]]
    run -2 --separate-stderr fsc --radius 3 a a
    [[ $stderr == *"--mask sphere"* ]]
}
