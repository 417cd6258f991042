# wbp: the disc of known density, weights, orientation.
# shellcheck shell=bash disable=SC2154
load helpers

# stack NX NY "ANGLES": the header of an ascii stack
stack() {
    # shellcheck disable=SC2086
    set -- "$1" "$2" $3
    printf 'NRRD0005\ntype: float\ndimension: 3\nsizes: %d %d %d\nencoding: ascii\nspacings: 0.4 0.4 nan\nunits: "angstrom" "angstrom" ""\nlabels: "x" "y" "tilt"\ntilt_angles:=%s\n\n' "$1" "$2" $(($# - 2)) "$(shift 2; echo "$*")"
}

# disc N R X0 Z0 "ANGLES": one row of chords 2 sqrt(R^2 - (u - u0)^2) per angle
disc() {
    stack "$1" 1 "$5"
    awk -v n="$1" -v R="$2" -v x0="$3" -v z0="$4" -v list="$5" 'BEGIN { m = split(list, a, " ")
        for (k = 1; k <= m; k++) { t = a[k] * 3.14159265358979 / 180; u0 = x0 * cos(t) - z0 * sin(t)
            for (i = 0; i < n; i++) { d = i - int(n / 2) - u0; printf "%.7g\n", d * d < R * R ? 2 * sqrt(R * R - d * d) : 0 } } }'
}

# floats FILE N: the last N samples, one a line
floats() { tail -c $(($2 * 4)) "$1" | od -An -v -t f4 -w4 | tr -d ' '; }

# slice FILE N NZ: x z value of every voxel (one row y)
slice() { floats "$1" $(($2 * $3)) | awk -v n="$2" -v m="$3" '{ i = NR - 1; print i % n - int(n / 2), int(i / n) - int(m / 2), $1 }'; }

# zone X0 Z0 A B: mean, standard deviation and number at A <= r < B
zone() { awk -v x0="$1" -v z0="$2" -v a="$3" -v b="$4" '{ r = sqrt(($1 - x0)^2 + ($2 - z0)^2); if (r >= a && r < b) { n++; s += $3; q += $3 * $3 } }
    END { s /= n; print s, sqrt(q / n - s * s), n }'; }

@test "wbp: a disc of radius 20 from 180 angles is 1 inside, 0 outside" {
    disc 128 20 0 0 "$(seq -s ' ' 0 179)" >tilts
    wbp --window ramlak tilts >v
    slice v 128 128 >s
    read -r mean std _ < <(zone 0 0 0 16 <s)
    near "$mean" 1.0045 0.002 # an independent program: 1.0045, 0.0026
    atmost "$std" 0.004
    read -r mean std _ < <(zone 0 0 26 50 <s)
    near "$mean" 0 0.002
    wbp tilts >v # Hann: the same inside, smoother
    slice v 128 128 >s
    read -r mean std _ < <(zone 0 0 0 16 <s)
    near "$mean" 1 0.01
}

@test "wbp: the sense of the angles: a disc off the centre stays where it is" {
    disc 96 11.3 13.5 -17 "$(seq -s ' ' -89.25 1.5 89.25)" >tilts
    wbp --window ramlak tilts >v
    slice v 96 96 >s
    read -r mean _ < <(zone 13.5 -17 0 8 <s)
    near "$mean" 1 0.01
    read -r mean _ < <(zone 13.5 17 0 8 <s) # its mirror image in z
    near "$mean" 0 0.01
}

@test "wbp: the density does not depend on the spacing of the angles" {
    # twice as dense on one side: the weights make up for it
    disc 96 14 5 3 "$(seq -s ' ' -89 2 0; seq -s ' ' 0 1 89)" >tilts
    sed -i ':a; /^tilt_angles/{N;s/\n\([-0-9]\)/ \1/;ta}' tilts
    wbp --window ramlak tilts >v
    slice v 96 96 | zone 5 3 0 10 >z
    read -r mean _ <z
    near "$mean" 1 0.012
    # order of the images: the same bytes in reverse order of angle
    disc 96 14 5 3 "0 10 20 30" >a
    wbp a >va
    disc 96 14 5 3 "30 10 0 20" >b
    wbp b >vb
    floats va 9216 >ta
    floats vb 9216 | paste ta - | awk '{ d = $1 - $2; if (d < 0) d = -d; if (d > m) m = d } END { print m }' >d
    atmost "$(cat d)" 1e-6
}

@test "wbp: the angular weights, by hand" {
    # one image at a time is not 0: the centre voxel is its weight times h(0) b
    want=(10 15 25 30) # half the gaps of 0 10 30 60 on both sides, degrees
    for k in 0 1 2 3; do
        { stack 3 1 "0 10 30 60"; awk -v k=$k 'BEGIN { for (j = 0; j < 4; j++) print 0, 4 * (j == k), 0 }'; } >tilts
        wbp --window ramlak tilts >v
        near "$(floats v 9 | sed -n 5p)" "$(awk -v w="${want[k]}" 'BEGIN { printf "%.9g", w * 3.14159265358979 / 180 }')" 1e-6
    done
}

@test "wbp: one row is filtered as the convolution written out" {
    # one image at 0 degrees stands for all angles: V = pi q(x) for every z
    { stack 9 2 0; echo 0 0 1.5 0 0 0 -2 0 .25 1 1 1 1 1 1 1 1 1; } >tilts
    wbp --window ramlak --thickness 1.2 tilts >v
    grep -a '^sizes: 9 2 3$' v
    floats v 54 >got
    awk 'BEGIN { pi = 3.14159265358979; m = split("0 0 1.5 0 0 0 -2 0 .25 1 1 1 1 1 1 1 1 1", p, " ")
        for (z = 0; z < 3; z++) for (y = 0; y < 2; y++) for (x = 0; x < 9; x++) { q = 0
            for (i = 0; i < 9; i++) { n = x - i; h = n == 0 ? 0.25 : n % 2 ? -1 / (pi * n)^2 : 0; q += h * p[9 * y + i + 1] }
            printf "%.9g\n", pi * q } }' >want
    paste got want | while read -r a b; do near "$a" "$b" 1e-6; done
}

@test "wbp: --window hann is the ramp's response at the cut-off halved twice" {
    # a wave of 1/8 per pixel far from the ends: ramp |nu|, window by --cutoff
    { stack 240 1 0; awk 'BEGIN { for (i = 0; i < 240; i++) printf "%.7g\n", cos(3.14159265358979 / 4 * (i - 120)) * exp(-(i - 120)^2 / 1800) }'; } >tilts
    gain() { wbp --thickness 0.4 "$@" tilts >v; floats v 240 | sed -n 121p; }
    ram=$(gain --window ramlak)
    near "$ram" "$(awk 'BEGIN { print 3.14159265 / 8 }')" 0.003
    hann=$(gain)
    near "$(awk -v a="$hann" -v b="$ram" 'BEGIN { print a / b }')" 0.853553 0.003
    half=$(gain --cutoff 0.25)
    near "$(awk -v a="$half" -v b="$ram" 'BEGIN { print a / b }')" 0.5 0.01
    near "$(gain --window ramlak --cutoff 0.1)" 0 0.002
}

@test "wbp: --clip0 drops negative values and nothing else" {
    disc 32 6 2 0 "-60 -30 0 30 60" >tilts
    wbp tilts >v
    floats v 1024 >a
    wbp --clip0 tilts >v
    floats v 1024 >b
    atmost "$(sort -g a | head -n 1)" -0.01
    paste a b | awk '{ w = $1 > 0 ? $1 : 0; if (w != $2) exit 1 }'
}

@test "wbp: general orientations: phi turns the particle about z" {
    # a point at x = 6, y = 0 under phi = 90 (all theta) is seen at v = -6
    { stack 17 17 "-60 -30 0 30 60" | sed 's/^tilt_angles.*/euler_angles:=90 -60 0; 90 -30 0; 90 0 0; 90 30 0; 90 60 0/'
        awk 'BEGIN { for (k = 0; k < 5; k++) for (v = -8; v < 9; v++) for (u = -8; u < 9; u++) print (u == 0 && v == -6) }'; } >tilts
    wbp tilts >vol
    floats vol 4913 | awk '$1 > m { m = $1; i = NR - 1 } END { print i % 17 - 8, int(i / 17) % 17 - 8, int(i / 289) - 8 }' >at.txt
    [ "$(cat at.txt)" = "6 0 0" ]
}

@test "wbp: what it refuses" {
    run -1 --separate-stderr wbp "$data/volume.nrrd"
    oneline
    stack 4 3 "1 2" | sed '/tilt_angles/d' >plain
    seq 24 >>plain
    run -1 --separate-stderr wbp plain
    oneline
    [ -z "$output" ]
    run -2 --separate-stderr wbp --cutoff 0.6 "$data/six-tilts.nrrd"
    [[ $stderr == *--cutoff* ]]
}
