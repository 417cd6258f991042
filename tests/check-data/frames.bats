load ../helpers

setup() { [ -d "$DATA/phantom/small" ] || skip "no DATA"; }

# r.m.s. and largest error of the pair shifts: shifts TRUTH REPORT
shifts() {
    awk 'FNR == NR { if (FNR > 1) { X[$1, $2] = $3; Y[$1, $2] = $4 } next } /^#/ { next } { x[$1, $2] = $3; y[$1, $2] = $4; if ($1 > K) K = $1; if ($2 > F) F = $2 }
        END { for (k = 0; k <= K; k++) for (a = 0; a < F; a++) for (b = a + 1; b <= F; b++) { n++
                e = x[k, b] - x[k, a] - X[k, b] + X[k, a]; g = y[k, b] - y[k, a] - Y[k, b] + Y[k, a]; s += e * e; t += g * g
                if (e < 0) e = -e; if (g < 0) g = -g; if (e > m) m = e; if (g > m) m = g }
            print sqrt(s / n), sqrt(t / n), m, n }' "$1" "$2"
}

@test "frame-register: pair shifts of the small phantom's frames, and their noise" {
    d=$DATA/phantom/small
    frame-register -r r --noise-out n "$d/frames.nrrd" > o
    shifts "$d/frames.tsv" r > e; read -r x y m n < e
    gain=$(sed -n 's/^noise_gain:=//p' n) read=$(sed -n 's/^noise_read:=//p' n)
    echo "# frame-register, small: r.m.s. $x $y px, largest $m, $n pairs; noise of the average: gain $gain (5.333), read $read (12.44)" >&3
    atmost "$x" 0.033; atmost "$y" 0.049; atmost "$m" 1; near "$n" 141 0
    near "$gain" 5.333 0.16; near "$read" 12.44 0.7
}

@test "frame-register: the same at a third of the dose" {
    d=$DATA/phantom/small-hard
    frame-register -r r "$d/frames.nrrd" > o
    shifts "$d/frames.tsv" r > e; read -r x y m n < e
    echo "# frame-register, small-hard: r.m.s. $x $y px, largest $m, $n pairs" >&3
    atmost "$x" 0.19; atmost "$y" 0.25; atmost "$m" 1; near "$n" 141 0
}

@test "drift-correct: drift of the small phantom's frames" {
    d=$DATA/phantom/small
    drift-correct --flyback 0.1 -r r "$d/frames.nrrd" > o
    awk 'FNR == NR { if (FNR > 1) { X[$1, $2] = $3; Y[$1, $2] = $4; V[$1] = $5; W[$1] = $6 } next } /^#/ { next }
        { s += ($2 - (X[$1, 2] - X[$1, 0]) / 2.2) ^ 2 + ($3 - (Y[$1, 2] - Y[$1, 0]) / 2.2) ^ 2; t += ($2 - V[$1]) ^ 2 + ($3 - W[$1]) ^ 2; n++ }
        END { print sqrt(s / n / 2), sqrt(t / n / 2) }' "$d/frames.tsv" r > e
    read -r slope true < e
    echo "# drift-correct, small: $slope px per frame r.m.s. from the slope of the true offsets, $true from the drift" >&3
    atmost "$slope" 0.05; atmost "$true" 0.2
}
