load helpers

frames() { printf 'NRRD0005\ntype: float\ndimension: 4\nsizes: %d %d %d 1\nencoding: ascii\nlabels: "x" "y" "frame" "tilt"\n\n' "$1" "$2" "$3"; cat; }
numbers() { tail -c "$1" "$2" | od -An -v -tf4 -w4; }
# waves of period 9 pixels at 10, 70, 130 degrees, n x n, scanned 3 times while
# drifting by (vx, vy) pixels per frame, g frame times from start to start
waves() {
    awk -v n="$1" -v vx="$2" -v vy="$3" -v g="$4" 'BEGIN { p = atan2(0, -1); for (w = 0; w < 3; w++) { c[w] = 2 * p / 9 * cos((10 + 60 * w) * p / 180); s[w] = 2 * p / 9 * sin((10 + 60 * w) * p / 180) }
        for (f = 0; f < 3; f++) for (y = 0; y < n; y++) for (x = 0; x < n; x++) { t = g * f + x / n / n + y / n; u = 0
            for (w = 0; w < 3; w++) u += cos(c[w] * (x - vx * t) + s[w] * (y - vy * t)); printf "%.8g\n", u } }' | frames "$1" "$1" 3
}
# r.m.s. difference of all three frames of n x n from waves at rest, as a share
# of their range, 20 pixels off the edges
off() {
    numbers $((12 * $2 * $2)) "$1" | awk -v n="$2" 'BEGIN { p = atan2(0, -1); for (w = 0; w < 3; w++) { c[w] = 2 * p / 9 * cos((10 + 60 * w) * p / 180); s[w] = 2 * p / 9 * sin((10 + 60 * w) * p / 180) } }
        { i = (NR - 1) % (n * n); x = i % n; y = int(i / n); if (x < 20 || y < 20 || x >= n - 20 || y >= n - 20) next
          u = 0; for (w = 0; w < 3; w++) u += cos(c[w] * x + s[w] * y); if (u < lo) lo = u; if (u > hi) hi = u; e += ($1 - u) ^ 2; m++ }
        END { print sqrt(e / m) / (hi - lo) }'
}

@test "a drifting lattice, velocity given: 1e-3 of the range by spline, 1e-2 by Keys" {
    waves 112 3 -2 1 > a
    drift-correct --velocity 3,-2 a > o; atmost "$(off o 112)" 1e-3
    drift-correct --velocity 3,-2 -i cubic a > o; atmost "$(off o 112)" 1e-2
    atleast "$(off a 112)" 0.17 # as they came; the first frame alone is off by 0.17
    drift-correct --velocity 3,2 a > o; atleast "$(off o 112)" 0.1
}

@test "the velocity of a drifting lattice to 0.02 pixels per frame, with fly-back" {
    waves 112 1.5 -1 1.1 > a
    drift-correct --flyback 0.1 -m 5 -r r a > o
    near "$(column r vx)" 1.5 0.02; near "$(column r vy)" -1 0.02
    near "$(column r shear_x)" "$(awk 'BEGIN { print 1.5 / 112 }')" 2e-4
    atmost "$(column r residual_px)" 0.02; atmost "$(off o 112)" 4e-3
    drift-correct -m 5 -r r a > o
    near "$(column r vx)" 1.65 0.02
    drift-correct -m 5 -r r --line-time 0.01 --frame-time 1.232 a > o
    near "$(column r vx)" 1.5 0.02
}

@test "--centre-time: the frames as in the middle of the sequence" {
    waves 112 3 -2 1 > a
    drift-correct --velocity 3,-2 a > o
    drift-correct --velocity 3,-2 --centre-time a > p
    # the middle is at 1.5 frame times: the content lies (4.5, -3) further on
    paste <(numbers 50176 o) <(numbers 50176 p) | awk '{ o[NR - 1] = $1; p[NR - 1] = $2 } END { for (y = 30; y < 80; y++) for (x = 30; x < 80; x++) {
        a = (o[y * 112 + x] + o[y * 112 + x + 1]) / 2; b = (p[(y - 3) * 112 + x + 4] + p[(y - 3) * 112 + x + 5]) / 2; c = p[(y - 3) * 112 + x + 5]; d = c - a; e += d * d; r += a * a } print sqrt(e / r); exit !(e / r < 0.01) }'
}

@test "no drift: the input's bytes" {
    drift-correct --velocity 0,0 "$data/frame-register.in" > o
    paste <(numbers 24576 o) <(tail -c 6144 "$data/frame-register.in" | od -An -v -tu1 -w1) | awk '$1 != $2 { exit 1 }'
}

@test "tilt-jitter's drift comes back: the slope of the true offsets" {
    printf '4\nProperties=species:S:1:pos:R:3\nZr 3.1 -4 2\nZr -5.2 1.3 -3\nZr 1 6.1 0.4\nZr -2.2 -5.5 4.1\n' |
        atoms-project -a -50,10,44 -p 0.358 -s 72 --sigma 0.5 --relative-to Zr |
        tilt-jitter -s 3 -b 0.01 --truth t > f
    drift-correct --flyback 0.1 -r r f > o
    awk '/^#/ { next } { d[$1, $2] = $3; e[$1, $2] = $4 } $2 == 2 { print (d[$1, 2] - d[$1, 0]) / 2.2, (e[$1, 2] - e[$1, 0]) / 2.2 }' t-frames.tsv > want
    paste want <(column r vx) <(column r vy) | awk '{ s += ($1 - $3) ^ 2 + ($2 - $4) ^ 2 } END { print sqrt(s / NR / 2); exit !(sqrt(s / NR / 2) < 0.03) }'
}

@test "bad input: one line" {
    waves 24 0.1 0 1 > a
    awk '/^sizes/ { $4 = 1 } { print } ++n == 8 + 576 { exit }' a > one
    run -1 --separate-stderr drift-correct one; oneline; [[ $stderr == *"one frame per tilt tells no drift; give --velocity"* ]]
    drift-correct --velocity 0.5,0.2 one > o
    run -1 --separate-stderr drift-correct --velocity 1,13 a; oneline; [[ $stderr == *"pixels in a line"* ]]
    run -2 --separate-stderr drift-correct --velocity 1 a; oneline
    run -2 --separate-stderr drift-correct --frame-time 3 a; oneline
    run -2 --separate-stderr drift-correct --dwell 1 --line-time 3 a; oneline
    run -1 --separate-stderr drift-correct "$data/tilts.nrrd"; oneline
    awk 'BEGIN { srand(5); for (k = 0; k < 3; k++) for (i = 0; i < 1024; i++) { r = rand(); if (!k) s[i] = r; print k == 1 ? 7 : s[i] } }' | frames 32 32 3 > a
    run -1 --separate-stderr drift-correct a; oneline; [[ $stderr == *"tilt 0: frame 1 is 7 everywhere"* ]]
}

@test "bad input: frames that are saturated or show another place; counts below 0" {
    # three equal frames of 32 x 32, but for frame 1
    noise() { awk -v f="$1" 'BEGIN { srand(5); for (k = 0; k < 3; k++) for (i = 0; i < 1024; i++) { r = rand(); if (!k) s[i] = r; v = s[i]
        if (k == 1 && f == "top" && v > 0.8) v = 0.8; if (k == 1 && f == "gone") v = r; print f == "low" ? v - 5 : v } }' | frames 32 32 3; }
    noise top > a
    run -1 --separate-stderr drift-correct a; oneline; [[ $stderr == *"tilt 0: frame 1 is saturated"* ]]
    noise gone > a
    run -1 --separate-stderr drift-correct a; oneline; [[ $stderr == *"frame 1 has nothing in common"* ]]
    noise low > a
    drift-correct a > o # no drift and no unit of counts: an offset is no error
    paste <(numbers 12288 o) <(tail -3072 a) | awk '{ d = $1 - $2; if (d * d > 1e-10) exit 1 }'
}

@test "bad input: frames of a pixel, a line, 7 x 7" {
    for s in "1 1" "3 3" "1 40" "40 1" "7 7"; do
        seq $((3 * ${s/ / * })) | frames $s 3 > a
        run -1 --separate-stderr drift-correct a; oneline; [[ $stderr == *"want at least 8 x 8"* ]]; [ -z "$output" ]
        run -1 --separate-stderr drift-correct --velocity 0.1,0.1 a; oneline; [[ $stderr == *"want at least 8 x 8"* ]]
    done
}
