load helpers

# ramp FRAMES GAIN READ OFFSET: 96 x 128, 20 to 210 along x over the offset,
# normal noise of variance GAIN m + READ^2, drawn by awk
ramp() {
    printf 'NRRD0004\ntype: float\ndimension: 3\nsizes: 96 128 %d\nencoding: ascii\n\n' "$1"
    awk -v f="$1" -v g="$2" -v r="$3" -v o="$4" 'BEGIN { srand(11); for (k = 0; k < f * 12288; k++) {
        m = 20 + 2 * (k % 96); s = sqrt(g * m + r * r)
        printf "%.4f\n", o + m + s * sqrt(-2 * log(1 - rand())) * cos(6.283185307 * rand()) } }'
}
# streaks FRAMES: a constant plus noise of rho 0.8 along lines, sigma 10
streaks() {
    printf 'NRRD0004\ntype: float\ndimension: 3\nsizes: 192 192 %d\nencoding: ascii\n\n' "$1"
    awk -v f="$1" 'BEGIN { srand(5); for (k = 0; k < f * 36864; k++) {
        e = sqrt(-2 * log(1 - rand())) * cos(6.283185307 * rand())
        x = k % 192 ? 0.8 * x + 0.6 * e : e; printf "%.4f\n", 100 + 10 * x } }'
}

@test "frames: gain and read noise of a line that is known" {
    ramp 6 2 9 0 > i
    noise-estimate --frames 6 --in-register i > o
    near "$(column o gain)" 2 0.08                         # 2 %: 12288 pixels of 5 degrees of freedom
    near "$(column o read_noise)" 9 1
    near "$(column o sigma)" "$(awk 'BEGIN { print sqrt(2 * 115 + 81) }')" 0.2
    [ "$(column o model)" = poisson ]
    noise-estimate --frames 6 --in-register --scale 0.55 i > p
    near "$(column p gain)" "$(column o gain | awk '{ print 0.55 * $1 }')" 1e-5
    near "$(column p read_noise)" "$(column o read_noise | awk '{ print 0.55 * $1 }')" 1e-4
}

@test "frames: the offset, known or found, and the line through it" {
    ramp 6 2 0 50 > i
    noise-estimate --frames 6 --in-register i > o
    near "$(column o offset)" 50 5
    noise-estimate --frames 6 --in-register --offset 50 i > o
    near "$(column o gain)" 2 0.08
    noise-estimate --frames 6 --in-register --offset 50 --method slope i > o
    near "$(column o gain)" 2 0.04
}

@test "one image: white noise, and noise that grows with the intensity" {
    ramp 1 0 12 0 > i; noise-estimate i > o
    near "$(column o sigma)" 12 1                          # 250 blocks around the bright side
    [ "$(column o model)" = white ]
    ramp 1 3 5 0 > i; noise-estimate i > o
    near "$(column o gain)" 3 0.3
    [ "$(column o model)" = poisson ]
}

@test "a noise file: mean and shape of the spectrum" {
    streaks 3 > i
    noise-estimate --frames 3 --in-register --noise-out n i > o
    [ "$(column o model)" = correlated ]
    near "$(column o sigma)" 10 0.2
    grep -aq '^noise_gain:=0$' n
    # 4096 sigma^2 on average; 0.36/(1.64 - 1.6 cos) along x, flat along y
    tail -c 16384 n | od -An -v -tf4 -w4 | awk '{ s += $1; c[(NR - 1) % 64] += $1 / 64 }
        END { print s / NR / 409600, c[32] / 409600, c[8] / 409600 }' > m
    read -r mean nyquist eighth < m
    near "$mean" 1 0.04
    near "$nyquist" 0.1111 0.01
    near "$eighth" 0.708 0.05                              # 0.36/(1.64 - 1.6 cos(pi/4))
    # a factor on the noise: its square on the spectrum, sigma and read noise times it
    noise-estimate --frames 3 --in-register --scale 2.5 --noise-out n2 i > p
    near "$(column p sigma)" "$(column o sigma | awk '{ print 2.5 * $1 }')" 1e-4
    near "$(sed -n 's/^noise_read:=//p' n2)" "$(sed -n 's/^noise_read:=//p' n | awk '{ print 2.5 * $1 }')" 1e-4
    paste <(tail -c 16384 n | od -An -v -tf4 -w4) <(tail -c 16384 n2 | od -An -v -tf4 -w4) | awk '{ r = $2 / $1 - 6.25; if (r < -1e-3 || r > 1e-3) exit 1 }'
}

@test "frames that moved by whole pixels are put in register" {
    { printf 'NRRD0004\ntype: float\ndimension: 3\nsizes: 96 96 3\nencoding: ascii\n\n'
      awk 'BEGIN { srand(2); for (f = 0; f < 3; f++) for (y = 0; y < 96; y++) for (x = 0; x < 96; x++) {
        a = x - 50 - 3 * f; b = y - 48 + 2 * f; m = 100 + 400 * exp(-(a * a + b * b) / 160) + 200 * exp(-((a - 18)^2 + (b - 9)^2) / 50)
        printf "%.3f\n", m + 5 * sqrt(-2 * log(1 - rand())) * cos(6.283185307 * rand()) } }'; } > i
    noise-estimate --frames 3 i > o; near "$(column o sigma)" 5 0.15
    noise-estimate --frames 3 --in-register i > o; atleast "$(column o sigma)" 10
}

@test "bad input: frames that do not divide, slope of single images, blank frames" {
    ramp 3 1 1 0 > i
    run -1 --separate-stderr noise-estimate --frames 2 i; oneline; [[ $stderr == *"no multiple"* ]]
    run -2 --separate-stderr noise-estimate --method slope i; oneline
    { printf 'NRRD0004\ntype: float\ndimension: 3\nsizes: 64 64 2\nencoding: ascii\n\n'; yes 7 | head -8192; } > b
    run -1 --separate-stderr noise-estimate --frames 2 b; oneline; [[ $stderr == *everywhere* ]]
    run -0 noise-estimate b
}

@test "frames that are saturated; one frame; an offset that makes counts negative" {
    noise() { awk -v f="$1" 'BEGIN { srand(5); for (k = 0; k < 3; k++) for (i = 0; i < 1024; i++) { if (!k) s[i] = rand()
        v = s[i]; print (k == 1 && f == "top" && v > 0.8 ? 0.8 : v) } }'; }
    { printf 'NRRD0004\ntype: float\ndimension: 4\nsizes: 32 32 3 1\nencoding: ascii\nlabels: "x" "y" "frame" "tilt"\n\n'; noise top; } > s
    run -1 --separate-stderr noise-estimate s; oneline; [[ $stderr == *"frame 1 is saturated"* ]]
    ramp 1 1 3 0 > i
    noise-estimate i > a
    noise-estimate --frames 1 i > b # one frame: an image alone
    cmp a b
    ramp 1 1 3 -500 > j
    noise-estimate j > c
    near "$(awk 'NR == 2 { print $3 }' c)" "$(awk 'NR == 2 { print $3 }' a)" 0.001
}

@test "images too small to hold noise; frames with negative counts" {
    for s in "1 1" "3 3" "1 40" "40 1"; do
        { printf 'NRRD0004\ntype: float\ndimension: 3\nsizes: %s 3\nencoding: ascii\n\n' "$s"; seq $((3 * ${s/ / * })); } > i
        run -1 --separate-stderr noise-estimate i; oneline; [[ $stderr == *"want at least 4 x 4"* ]]; [ -z "$output" ]
        run -1 --separate-stderr noise-estimate --frames 3 i; oneline; [[ $stderr == *"want at least 4 x 4"* ]]
    done
    # a ramp of electrons, 700 below 0: with the offset the gain is right, without it is told
    ramp 9 2 3 -700 > i
    run -0 --separate-stderr noise-estimate --frames 9 --in-register --offset -700 i
    [ -z "$stderr" ]; near "$(awk 'NR == 2 { print $3 }' <<< "$output")" 2 0.1
    run -0 --separate-stderr noise-estimate --frames 9 --in-register --offset 0 i
    oneline; [[ $stderr == *"below the offset 0"* ]]
}
