load helpers

# numbers on stdin as frames of nx x ny, nf of them, one tilt: ascii NRRD
frames() { printf 'NRRD0005\ntype: float\ndimension: 4\nsizes: %d %d %d 1\nencoding: ascii\nlabels: "x" "y" "frame" "tilt"\n\n' "$1" "$2" "$3"; cat; }
numbers() { tail -c "$1" "$2" | od -An -v -tf4 -w4; }
# a lattice of three waves of period 9 pixels at 10, 70, 130 degrees, displaced
# by (0, 0), (3.3, -2.65), (-1.21, 3.87), plus noise of the given sigma
lattice() {
    awk -v s="$1" -v n=96 'BEGIN { srand(3); dx[1] = 3.3; dy[1] = -2.65; dx[2] = -1.21; dy[2] = 3.87; p = atan2(0, -1)
        for (f = 0; f < 3; f++) for (y = 0; y < n; y++) for (x = 0; x < n; x++) { v = 0
            for (w = 0; w < 3; w++) { a = (10 + 60 * w) * p / 180; v += cos(2 * p / 9 * (cos(a) * (x - dx[f]) + sin(a) * (y - dy[f]))) }
            if (s > 0) v += s * sqrt(-2 * log(1 - rand())) * cos(2 * p * rand()); printf "%.7g\n", v } }' | frames 96 96 3
}

@test "sign: a bright pixel that moved to larger indices is found there and moved back" {
    awk 'BEGIN { for (f = 0; f < 2; f++) for (i = 0; i < 1024; i++) print (i == (f ? 14 * 32 + 19 : 16 * 32 + 14)) }' | frames 32 32 2 > a
    frame-register --sub-pixel none -r r a > o
    [ "$(column r dx_px | xargs)" = "0 5" ]; [ "$(column r dy_px | xargs)" = "0 -2" ]
    numbers 4096 o | awk '$1 > 0 { print NR - 1, $1 }' > p
    [ "$(cat p)" = "526 1" ]
    frame-register -r r a > o
    near "$(column r dx_px | tail -1)" 5 1e-3; near "$(column r dy_px | tail -1)" -2 1e-3
}

@test "noise rolled by whole pixels in an empty border: exact" {
    awk 'BEGIN { srand(7); for (i = 0; i < 40; i++) for (j = 0; j < 28; j++) v[i, j] = rand(); X[1] = 4; Y[1] = -7; X[2] = -9; Y[2] = 3
        for (f = 0; f < 3; f++) for (y = 0; y < 48; y++) for (x = 0; x < 64; x++) print v[x - 12 - X[f], y - 10 - Y[f]] + 0 }' | frames 64 48 3 > a
    frame-register --sub-pixel none -r r a > o
    [ "$(column r dx_px | xargs)" = "0 4 -9" ]; [ "$(column r dy_px | xargs)" = "0 -7 3" ]
    near "$(column r score | tail -1)" 1 1e-6
    paste <(numbers 12288 o) <(awk '/^$/ { on = 1; next } on' a) | awk '{ if (NR <= 3072) { d = $1 - $2; if (d * d > 1e-12) exit 1 } }'
    frame-register -r r a > o
    near "$(column r dx_px | tail -1)" -9 1e-3; near "$(column r dy_px | tail -1)" 3 1e-3
}

@test "a lattice displaced by fractions, no noise: 0.01 px" {
    lattice 0 > a
    frame-register -m 5 -r r a > o
    near "$(column r dx_px | sed -n 2p)" 3.3 0.01; near "$(column r dy_px | sed -n 2p)" -2.65 0.01
    near "$(column r dx_px | sed -n 3p)" -1.21 0.01; near "$(column r dy_px | sed -n 3p)" 3.87 0.01
}

@test "the same with noise: within twice the Cramer-Rao bound on average" {
    # sigma sqrt 2/sqrt(sum (dI/dx)^2), sum = 96^2 (2 pi/9)^2 3/4 along x
    lattice 1 > a
    frame-register -m 5 -r r a > o
    bound=$(awk 'BEGIN { p = atan2(0, -1); print sqrt(2) / sqrt(96 * 96 * (2 * p / 9) ^ 2 * 3 / 4) }')
    awk -v b="$bound" '/^#/ { next } $2 == 1 { s += ($3 - 3.3) ^ 2 + ($4 + 2.65) ^ 2 } $2 == 2 { s += ($3 + 1.21) ^ 2 + ($4 - 3.87) ^ 2 }
        END { print sqrt(s / 4), b; exit !(sqrt(s / 4) < 2 * b) }' r
}

@test "the table of tilt-jitter comes back; frame 0 stays where it is" {
    printf '4\nProperties=species:S:1:pos:R:3\nZr 3.1 -4 2\nZr -5.2 1.3 -3\nZr 1 6.1 0.4\nZr -2.2 -5.5 4.1\n' |
        atoms-project -a -50,10,44 -p 0.358 -s 72 --sigma 0.5 --relative-to Zr |
        tilt-jitter -s 3 -b 0.01 --truth t > f
    frame-register -r r f > o
    paste <(tail -n +2 t-frames.tsv) <(tail -n +2 r) | awk '$2 == 0 { x = $3; y = $4 } { e = $9 - ($3 - x); g = $10 - ($4 - y); s += e * e + g * g }
        END { print sqrt(s / NR); exit !(sqrt(s / NR) < 0.05) }'
    near "$(grep -a '^sizes' o | cut -d' ' -f 4)" 3 0
    grep -aq '^tilt_angles:=-50 10 44$' o
}

@test "pixels that a frame lacks are not averaged" {
    awk 'BEGIN { srand(2); for (i = 0; i < 4000; i++) v[i] = 100 * rand(); for (f = 0; f < 2; f++) for (y = 0; y < 32; y++) for (x = 0; x < 40; x++) print v[(x + 60 - 6 * f) * 40 + y] }' | frames 40 32 2 > a
    frame-register --sub-pixel none --coarse-sigma 0 a > o
    cmp <(tail -c 5120 o) <(awk '/^$/ { on = 1; next } on' a | head -1280 | frames 40 32 1 | frame-register -q | tail -c 5120)
}

# hills of 20..120 counts, noise of variance 4 (count - 10) + 25, 3 frames, the
# later ones displaced by (1.5, -2) and (3, -4) pixels; correlated along lines
# when asked
counts() {
    awk -v c="$1" 'function normal() { return sqrt(-2 * log(1 - rand())) * cos(p * rand()) } BEGIN { srand(9); p = 2 * atan2(0, -1)
        for (f = 0; f < 3; f++) for (y = 0; y < 112; y++) for (x = 0; x < 120; x++) { u = x - 1.5 * f; v = y + 2 * f; m = 70 + 50 * sin(u / 9 + v / 23) * cos(v / 11 - u / 31)
            n = normal(); r = c * r + sqrt(1 - c * c) * normal(); printf "%.6g\n", m + sqrt(4 * (m - 10)) * n + 5 * r } }' | frames 120 112 3 | sed 's/^encoding/detector_offset:=10\n&/'
}

@test "--noise-out: gain, read noise and spectrum of the average" {
    counts 0 > a
    frame-register --noise-out n a > o
    near "$(sed -n 's/^noise_gain:=//p' n)" 1.3333 0.12
    near "$(sed -n 's/^noise_read:=//p' n)" 2.887 1
    near "$(sed -n 's/^noise_offset:=//p' n)" 10 0
    grep -aq '^sizes: 64 64$' n
    numbers 16384 n | awk '{ s += $1 } END { print s / NR / 4096 }' > m
    near "$(cat m)" 1 0.06
    frame-register -r r a > p; cmp <(tail -c 53760 o) <(tail -c 53760 p)
    # noise that does not grow with the counts: gain 0, the power in counts^2
    awk 'BEGIN { srand(4); p = 2 * atan2(0, -1); for (f = 0; f < 3; f++) for (y = 0; y < 112; y++) for (x = 0; x < 120; x++)
        print 70 + 50 * sin(x / 9 + y / 23) * cos(y / 11 - x / 31) + 6 * sqrt(-2 * log(1 - rand())) * cos(p * rand()) }' | frames 120 112 3 | frame-register --noise-out n > o
    near "$(sed -n 's/^noise_gain:=//p' n)" 0 0; near "$(sed -n 's/^noise_read:=//p' n)" 3.464 0.07
    numbers 16384 n | awk '{ s += $1 } END { print sqrt(s / NR / 4096) }' > m
    near "$(cat m)" 3.464 0.1
}

@test "--noise-out: the first tilt gauges the spectrum, all tilts its scale" {
    # noise of variance 4 m in the first tilt, m in the three others: its line
    # makes their differences half as large, to which the spectrum owes its scale
    awk 'function normal() { return sqrt(-2 * log(1 - rand())) * cos(p * rand()) } BEGIN { srand(12); p = 2 * atan2(0, -1)
        print "NRRD0005\ntype: float\ndimension: 4\nsizes: 96 96 2 4\nencoding: ascii\nlabels: \"x\" \"y\" \"frame\" \"tilt\"\ndetector_offset:=0\n"
        for (k = 0; k < 4; k++) for (f = 0; f < 2; f++) for (y = 0; y < 96; y++) for (x = 0; x < 96; x++) {
            m = 150 + 120 * sin(x / 9 + y / 23) * cos(y / 11 - x / 31); printf "%.6g\n", m + sqrt((k ? 1 : 4) * m) * normal() } }' > a
    frame-register --noise-out n a > o
    gain=$(sed -n 's/^noise_gain:=//p' n)
    # mean of 1 and three times 1/4, times 4 over the gain of a frame
    numbers 16384 n | awk -v g="$gain" '{ s += $1 } END { print s / NR / 4096 / ((1 + 3 / 4) / 4 * 4 / (2 * g)) }' > m
    near "$(cat m)" 1 0.1
}

@test "--noise-out: an offset that is not known is told to be a guess" {
    counts 0 | sed '/^detector_offset/d' > a
    run -0 --separate-stderr frame-register --noise-out n -o o a; oneline
    [[ $stderr == *"cannot be told apart"*"give --offset"* ]]
    near "$(sed -n 's/^noise_gain:=//p' n)" 1.3333 0.12
    near "$(sed -n 's/^noise_offset:=//p' n)" 3.75 3         # (4 10 - 25)/4
    near "$(sed -n 's/^noise_read:=//p' n)" 0 0
    run -0 --separate-stderr frame-register --offset 10 --noise-out n -o o a; [ -z "$stderr" ]
    near "$(sed -n 's/^noise_offset:=//p' n)" 10 0
    near "$(sed -n 's/^noise_read:=//p' n)" 2.887 1
    # the option rules over the key
    counts 0 | frame-register --offset 9 --noise-out n > o; near "$(sed -n 's/^noise_offset:=//p' n)" 9 0
}

@test "--noise-out: noise along scan lines shows in the spectrum" {
    counts 0.9 > a
    frame-register --noise-out n a > o
    numbers 16384 n | awk '{ k = (NR - 1) % 64; if (k < 3 || k > 61) { a += $1; m++ } else if (k > 24 && k < 40) { b += $1; q++ } } END { print a / m / (b / q) }' > m
    atleast "$(cat m)" 1.5
}

@test "bad input: one line that names tilt and frame" {
    noise() { awk -v f="$1" -v n=1024 'BEGIN { srand(5); for (k = 0; k < 3; k++) for (i = 0; i < n; i++) { r = rand(); if (!k) s[i] = r; v = s[i]
        if (k == 1 && f == "blank") v = 7; if (k == 1 && f == "top" && v > 0.8) v = 0.8; if (k == 1 && f == "gone") v = r; print v } }'; }
    noise blank | frames 32 32 3 > a
    run -1 --separate-stderr frame-register a; oneline; [[ $stderr == *"tilt 0: frame 1 is 7 everywhere"* ]]
    noise top | frames 32 32 3 > a
    run -1 --separate-stderr frame-register a; oneline; [[ $stderr == *"frame 1 is saturated"* ]]
    noise gone | frames 32 32 3 > a
    run -1 --separate-stderr frame-register a; oneline; [[ $stderr == *"frame 1"* ]]
    noise ok | head -1024 | frames 32 32 1 > a
    frame-register a > o 2> err
    [ "$(wc -l < err)" -eq 1 ]; grep -q "one frame per tilt" err
    cmp <(tail -c 4096 o) <(frame-register -q -k a | tail -c 4096)
    paste <(numbers 4096 o) <(awk '/^$/ { on = 1; next } on' a) | awk '{ d = $1 - $2; if (d * d > 1e-10) exit 1 }'
    run -1 --separate-stderr frame-register --noise-out n -q a; oneline; [ ! -e n ]
    run -1 --separate-stderr frame-register "$data/tilts.nrrd"; oneline; [[ $stderr == *"want raw frames"* ]]
    noise ok | awk '{ print $1 - 5 }' | frames 32 32 3 > a
    run -0 --separate-stderr frame-register a; oneline; [[ $stderr == *"below 0"* ]]
    printf '%s\n' 1 2 3 4 5 6 7 8 | frames 2 2 2 > a
    run -1 --separate-stderr frame-register a; oneline; [[ $stderr == *"8"* ]]
}

@test "bad input: frames of a pixel, a line, 7 x 7" {
    for s in "1 1" "3 3" "1 40" "40 1" "7 7"; do
        seq $((3 * ${s/ / * })) | frames $s 3 > a
        run -1 --separate-stderr frame-register a; oneline; [[ $stderr == *"want at least 8 x 8"* ]]; [ -z "$output" ]
    done
}
